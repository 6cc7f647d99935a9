"""An indicator over one field of the scenario, or two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.accounts.indicators import INDICATORS
from core.agents.registry import BOUND
from core.figures.channels import AS_MANY_AS_FIT, quantity, tip
from core.figures.figure import Figure, specification, table
from core.figures.indicators import factor, indicator_title, written
from core.figures.marks import agent_name, agent_names, not_knowing
from core.figures.style import Style, diverging_scale, number
from core.figures.tradeoffs.lines import HEIGHT_PX, bands, own_value


def sweep_lines(rows: pd.DataFrame, field: str, title: str, now: float, indicator: str, style: Style) -> Figure:
    """An indicator over one field: the mean of the seeds as a line, their least and largest as a band.

    Parameters
    ----------
    rows : DataFrame
        A row a scenario and agent, with a column named `field`.
    field, title : str
        The field, and its name with its unit in the reader's language.
    now : float
        The scenario's own value.
    indicator : str
    style : Style

    Returns
    -------
    Figure
        Data `lines`, a row an agent and value.
    """
    label, times = style.text, factor(indicator, style)
    found = (
        rows.groupby(["agent", field], sort=False)[indicator]
        .agg(["mean", "min", "max"])
        .reset_index()
        .sort_values(field)
    )
    agents = [name for name in dict.fromkeys(rows["agent"])]
    what = indicator_title(indicator, style)
    x, y = quantity(field, title, ticks=AS_MANY_AS_FIT, grid=False, nice=False), quantity("mean", what)
    tooltip = [
        tip("agent", label("axis.agent")), tip(field, title, ",.4~g"), tip("mean", what, ",.2f"),
        tip("low", label("tip.least"), ",.2f"), tip("high", label("tip.most"), ",.2f"),
    ]  # fmt: skip
    layers = [*bands(x, y, agents, tooltip, style), own_value(x, style)]
    said = _leaders(found, field, now, indicator, style)
    low, high = float(found[field].min()), float(found[field].max())
    return Figure(
        title=said,
        subtitle=label("figure.sweep_lines.reading"),
        hint=label("figure.sweep_lines.hint"),
        alt=label("figure.sweep_lines.alt", finding=said),
        spec=specification(style, HEIGHT_PX, layers, data={"name": "lines"}),
        data={
            "lines": table(
                agent=agent_names(style, found["agent"]),
                **{field: found[field].to_numpy(dtype=float)},
                mean=(found["mean"].to_numpy() * times).round(4),
                low=(found["min"].to_numpy() * times).round(4),
                high=(found["max"].to_numpy() * times).round(4),
            ),
            "now": table(x=np.array([now] if low <= now <= high else [], dtype=float)),
        },
    )  # fmt: skip


def _leaders(found: pd.DataFrame, field: str, now: float, indicator: str, style: Style) -> str:
    """Who is best without foresight, from which value on."""
    label, sign = style.text, INDICATORS[indicator].better or 1
    wide = found[found["agent"] != BOUND].pivot(index=field, columns="agent", values="mean").dropna()
    what, shown = label(f"indicator.{indicator}"), set(found["agent"])
    among = not_knowing("able_after", shown, style)
    if wide.empty or wide.shape[1] < 2:
        low, high = found["mean"].min(), found["mean"].max()
        return label(
            "finding.sweep_range", what=what, low=written(float(low), indicator, style),
            high=written(float(high), indicator, style),
        )  # fmt: skip
    if (wide.max(axis=1) - wide.min(axis=1)).max() < 1e-9:
        return label("finding.sweep_alike", what=what, among=not_knowing("able_all", shown, style))
    best = (wide * sign).idxmax(axis=1)
    names = [agent_name(style, str(name)) for name in best]
    turns = [i for i in range(1, len(names)) if names[i] != names[i - 1]]
    if not turns:
        return label("finding.sweep_one_leads", agent=names[0], what=what, among=among)
    if len(turns) == 1:
        return label(
            "finding.sweep_lead_changes",
            agent=names[0],
            other=names[-1],
            at=number(wide.index[turns[0]]),
            what=what,
            among=among,
        )
    near = int(np.abs(wide.index.to_numpy(dtype=float) - now).argmin())
    at = number(wide.index[near])
    return label("finding.sweep_many_leads", count=len(turns), what=what, agent=names[near], at=at, among=among)


def sweep_map(
    rows: pd.DataFrame, agent: str, reference: str, fields: tuple[str, str], titles: tuple[str, str],
    indicator: str, most: float, style: Style,
) -> Figure:  # fmt: skip
    """Difference of an agent to the reference over two fields.

    Parameters
    ----------
    rows : DataFrame
    agent, reference : str
    fields, titles : (str, str)
        Along and up, and their names.
    indicator : str
    most : float
        Largest difference of any agent, in the indicator's own unit: one scale for all maps.
    style : Style

    Returns
    -------
    Figure
        Data `cells`, a row a pair of values.
    """
    label, times = style.text, factor(indicator, style)
    cells = differences(rows, agent, reference, fields, indicator)
    sign = INDICATORS[indicator].better or 1
    xs, ys = (sorted(set(cells[field])) for field in fields)
    what = indicator_title(indicator, style)
    edge = max(most * times, 1e-9)

    def axis(field: str, title: str, values: list[Any]) -> dict[str, Any]:
        thin = max(1, len(values) // 6)
        return {
            "field": field, "type": "ordinal", "sort": values,
            "axis": {"title": title, "values": values[::thin], "labelAngle": 0, "grid": False, "labelExpr":
                     "format(datum.value, ',.4~r')"},
        }  # fmt: skip

    layers = [
        {
            "mark": {"type": "rect"},
            "encoding": {
                "x": axis("x", titles[0], xs),
                "y": axis("y", titles[1], ys[::-1]),
                "color": {
                    "field": "good", "type": "quantitative", "legend": None,
                    "scale": diverging_scale(edge, style, clamp=True),
                },
                "tooltip": [
                    tip("x", titles[0], ",.4~g"), tip("y", titles[1], ",.4~g"),
                    tip("difference", label("tip.difference"), "+,.2f"), tip("value", what, ",.2f"),
                ],
            },
        }
    ]  # fmt: skip
    better = float((cells["difference"] * sign > 1e-9).mean()) if len(cells) else 0.0
    title = label("finding.map_better", agent=agent_name(style, agent), share=f"{better:.0%}",
                  base=agent_name(style, reference))  # fmt: skip
    return Figure(
        title=title,
        subtitle="",
        alt=label("figure.sweep_map.alt", finding=title),
        spec=specification(style, 230, layers, data={"name": "cells"}),
        data={
            "cells": table(
                x=cells[fields[0]].to_numpy(dtype=float), y=cells[fields[1]].to_numpy(dtype=float),
                difference=(cells["difference"].to_numpy() * times).round(4),
                good=(cells["difference"].to_numpy() * times * sign).round(4),
                value=(cells["value"].to_numpy() * times).round(4),
            )
        },
    )  # fmt: skip


def differences(rows: pd.DataFrame, agent: str, reference: str, fields: Sequence[str], indicator: str) -> pd.DataFrame:
    """Mean of the agent and its difference to the reference for each pair of values that both have met."""
    means = rows.groupby(["agent", *fields], sort=False)[indicator].mean()
    have = set(rows["agent"])
    if agent not in have or reference not in have:
        return pd.DataFrame({**{field: [] for field in fields}, "value": [], "difference": []})
    mine, base = means.loc[agent], means.loc[reference]
    both = mine.index.intersection(base.index)
    out: pd.DataFrame = both.to_frame(index=False)
    out.columns = list(fields)
    out["value"] = mine.loc[both].to_numpy()
    out["difference"] = out["value"] - base.loc[both].to_numpy()
    return out
