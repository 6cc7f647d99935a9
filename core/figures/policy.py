"""A slice of an agent's policy: what it does with one car, by price, battery and time left."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.figures.channels import tip
from core.figures.figure import Figure, specification, table
from core.figures.findings import Finding
from core.figures.marks import agent_name
from core.figures.style import Style, diverging_scale
from core.scenario import STEP_HOURS

HEIGHT_PX = 170
HEAD_PX = 18
"""Above the cells, for the time left."""

GAP = 0.12
"""Between panels, in panels."""

LEAST_SHARE: Final = 0.05
"""Less of full power counts as doing nothing."""

DIFFERENT: Final = 0.25
"""Two agents act differently where their powers differ by more than this share of full power."""


def policy_slice(found: pd.DataFrame, agent: str, style: Style) -> Figure:
    """One map for each time left: price now along, battery up, colour what the agent does.

    Parameters
    ----------
    found : DataFrame
        Of `core.studies.policy_slice.policy_slice`, not empty.
    agent : str
    style : Style

    Returns
    -------
    Figure
        Data `cells`, a row a combination, `panels` and `even`, where the price is the later one.
    """
    colour, label = style.colours, style.text
    times = sorted(found["steps_left"].unique())
    ratios, socs = (np.sort(found[name].unique()) for name in ("price_ratio", "soc_frac"))
    low, high = _edges(ratios), _edges(socs)
    panel = found["steps_left"].map({n: i for i, n in enumerate(times)}).to_numpy()
    width = low[-1] - low[0]
    begin = panel * (1 + GAP)

    def along(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
        out: NDArray[np.float64] = (ratio - low[0]) / width
        return out

    column = np.searchsorted(ratios, found["price_ratio"].to_numpy())
    row = np.searchsorted(socs, found["soc_frac"].to_numpy())
    starts = np.arange(len(times)) * (1 + GAP)
    ticks = np.array([0.5, 1.0, 1.5])
    ticks = ticks[(ticks > low[0]) & (ticks < low[-1])]
    places = (starts[:, None] + along(ticks)[None, :]).ravel()
    lines = [f"{100 * tick:.0f}" for _ in times for tick in ticks]
    domain = [0.0, float(starts[-1] + 1)]
    x = {
        "field": "x0", "type": "quantitative", "scale": {"domain": domain, "nice": False, "zero": False},
        "axis": {
            "title": label("axis.price_ratio"), "values": places.round(6).tolist(), "grid": False,
            "labelExpr": f"{lines!r}[indexof({places.round(6).tolist()!r}, datum.value)]",
        },
    }  # fmt: skip
    y = {
        "field": "y0", "type": "quantitative",
        "scale": {"domain": [0, 100 * high[-1]], "range": [HEAD_PX + HEIGHT_PX, HEAD_PX], "nice": False},
        "axis": {"title": label("axis.soc"), "values": [0, 50, 100], "grid": False},
    }  # fmt: skip
    layers: list[dict[str, Any]] = [
        {
            # Neighbours overlap by a hair, so that no seam shows between them.
            "mark": {"type": "rect", "clip": True, "x2Offset": 0.5, "yOffset": 0.5},
            "encoding": {
                "x": x, "x2": {"field": "x1"}, "y": y, "y2": {"field": "y1"},
                "color": {
                    "field": "power", "type": "quantitative", "scale": diverging_scale(100, style, clamp=True),
                    "legend": {
                        "title": label("axis.power_share"), "orient": "bottom", "type": "symbol",
                        "symbolType": "square", "symbolSize": 110, "symbolStrokeWidth": 0,
                        "values": [-100, -50, 0, 50, 100], "titleOrient": "left",
                        "labelExpr": "(datum.value > 0 ? '+' : '') + format(datum.value, '.0f')",
                    },
                },
                "tooltip": [
                    tip("hours", label("axis.hours_left"), ",.2~f"), tip("ratio", label("axis.price_ratio"), ",.0f"),
                    tip("soc", label("axis.soc"), ",.0f"), tip("power", label("axis.power_share"), "+,.0f"),
                ],
            },
        },
        {
            "data": {"name": "even"},
            "mark": {"type": "rule", "color": colour.text, "strokeDash": [2, 3], "opacity": 0.6},
            "encoding": {"x": {**x, "field": "x"}, "y": {"value": HEAD_PX}, "y2": {"value": HEAD_PX + HEIGHT_PX}},
        },
        {
            "data": {"name": "panels"},
            "mark": {"type": "rule", "color": colour.text, "strokeWidth": 1.25},
            "encoding": {"x": x, "x2": {"field": "x1"}, "y": {**y, "field": "wanted"}},
        },
        {
            "data": {"name": "panels"},
            "mark": {"type": "text", "baseline": "top", "fontSize": 11, "color": colour.text},
            "encoding": {"x": {**x, "field": "middle"}, "y": {"value": 0}, "text": {"field": "name"}},
        },
    ]  # fmt: skip
    finding = what_it_does(found, agent, style)
    title = label(finding.key, **finding.values)
    hours = found["steps_left"].to_numpy(dtype=float) * STEP_HOURS
    wanted = float(found["wanted_frac"].iloc[0])
    return Figure(
        title=title,
        subtitle=label("figure.policy_slice.reading"),
        alt=label("figure.policy_slice.alt", finding=title),
        spec=specification(style, HEAD_PX + HEIGHT_PX, layers, data={"name": "cells"}),
        data={
            "cells": table(
                x0=(begin + along(low[column])).round(6), x1=(begin + along(low[column + 1])).round(6),
                y0=(100 * high[row]).round(4), y1=(100 * high[row + 1]).round(4), hours=hours,
                ratio=100 * found["price_ratio"].to_numpy(), soc=100 * found["soc_frac"].to_numpy(),
                power=(100 * found["power_frac"].to_numpy()).round(2) + 0.0,
            ),
            "even": table(x=(starts + along(np.ones(1))).round(6)),
            "panels": table(
                x0=starts, x1=starts + 1, middle=starts + 0.5, wanted=np.full(len(times), 100 * wanted).round(4),
                name=np.array([label("figure.policy_slice.panel", hours=n * STEP_HOURS) for n in times], dtype=str),
            ),
        },
    )  # fmt: skip


def _edges(middles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Borders of cells around their middles."""
    inner = (middles[1:] + middles[:-1]) / 2
    return np.concatenate([[2 * middles[0] - inner[0]], inner, [2 * middles[-1] - inner[-1]]])


def what_it_does(found: pd.DataFrame, agent: str, style: Style) -> Finding:
    """Up to which price it charges and from which it discharges, with a half-full battery and the most time left."""
    most = int(found["steps_left"].max())
    socs = found["soc_frac"].unique()
    half = float(socs[np.abs(socs - 0.5).argmin()])
    row = found[(found["steps_left"] == most) & (found["soc_frac"] == half)].sort_values("price_ratio")
    ratio, power = row["price_ratio"].to_numpy(), row["power_frac"].to_numpy()
    values: dict[str, str | float] = {
        "agent": agent_name(style, agent), "hours": most * STEP_HOURS, "soc": f"{100 * half:.0f}",
        "low": f"{100 * ratio[0]:.0f}", "high": f"{100 * ratio[-1]:.0f}",
    }  # fmt: skip
    charges, gives = power > LEAST_SHARE, power < -LEAST_SHARE
    if np.any(np.diff(power) > LEAST_SHARE):
        return Finding("finding.policy_uneven", values)
    values |= {name: f"{100 * r:.0f}" for name, r in _turns(ratio, charges, gives).items()}
    if charges.all():
        return Finding("finding.policy_always", values)
    if gives.any():
        return Finding("finding.policy_both" if charges.any() else "finding.policy_gives", values)
    return Finding("finding.policy_charges" if charges.any() else "finding.policy_rests", values)


def _turns(ratio: NDArray[np.float64], charges: NDArray[np.bool_], gives: NDArray[np.bool_]) -> dict[str, float]:
    """The highest price at which it charges, and the lowest at which it discharges."""
    out = {}
    if charges.any():
        out["until"] = float(ratio[charges][-1])
    if gives.any():
        out["from"] = float(ratio[gives][0])
    return out


def how_they_differ(one: pd.DataFrame, other: pd.DataFrame, agents: tuple[str, str], style: Style) -> str:
    """At how many of the points two agents act differently, and with how much time left most of those are."""
    apart = (one["power_frac"] - other["power_frac"]).abs().to_numpy() > DIFFERENT
    values = {"one": agent_name(style, agents[0]), "other": agent_name(style, agents[1])}
    if not apart.any():
        return style.text("finding.policies_alike", share=f"{100 * DIFFERENT:.0f}", **values)
    left = one["steps_left"].to_numpy()
    counts = {int(n): float(apart[left == n].mean()) for n in np.unique(left)}
    most = max(counts, key=counts.__getitem__)
    return style.text(
        "finding.policies_differ", share=f"{100 * DIFFERENT:.0f}", points=f"{100 * apart.mean():.0f}",
        hours=most * STEP_HOURS, most=f"{100 * counts[most]:.0f}", **values,
    )  # fmt: skip
