"""Sweeps, fronts and break-even points as figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from core.accounts.indicators import INDICATORS
from core.agents.registry import BOUND
from core.figures.compare import agent_name, agent_scale, agent_shape, not_knowing, together
from core.figures.figure import Figure, specification, table, tip
from core.figures.heat import diverging
from core.figures.robustness import factor, indicator_title, written
from core.figures.style import Style, number
from core.studies.tradeoff import LEAST_GAIN_EUR, Price, crossing, outer_edge

HEIGHT_PX = 320


LETTERS_PX = 140
"""Width of an agent's name in a legend, with its mark."""


def _marks(style: Style, agents: Sequence[str]) -> dict[str, Any]:
    """Colour and shape of each agent, with one legend for both."""
    names = [agent_name(style, agent) for agent in agents]
    legend = {
        "title": None, "symbolSize": 70, "symbolOpacity": 1, "columns": {"expr": f"max(2, floor(width / {LETTERS_PX}))"}
    }  # fmt: skip
    own = {"field": "agent", "type": "nominal", "legend": legend}
    return {
        "color": {**own, "scale": agent_scale(style, agents)},
        "shape": {**own, "scale": {"domain": names, "range": [agent_shape(agent) for agent in agents]}},
    }


def _now(x: dict[str, Any], style: Style) -> dict[str, Any]:
    """The scenario's own value."""
    return {
        "data": {"name": "now"},
        "mark": {"type": "rule", "color": style.colours.muted, "strokeDash": [3, 3]},
        "encoding": {"x": {**x, "field": "x"}},
    }


def _bands(
    x: dict[str, Any], y: dict[str, Any], agents: Sequence[str], tooltip: list[dict[str, Any]], style: Style
) -> list[dict[str, Any]]:
    """A line an agent with its band and points; a click in the legend leaves only that agent bright."""
    marks = _marks(style, agents)
    tint = {"color": marks["color"]}

    def opacity(full: float) -> dict[str, Any]:
        return {"opacity": {"condition": {"param": "chosen", "value": full}, "value": 0.12 * full}}

    # Bands of many agents lie upon each other: together they are never darker than those of three.
    band = 0.14 * min(1.0, 3 / max(1, len(agents)))
    return [
        {
            "mark": "area",
            "encoding": {
                "x": x, "y": {**y, "field": "low", "stack": None}, "y2": {"field": "high"}, **tint, **opacity(band),
            },
        },
        {"mark": {"type": "line", "strokeWidth": 2.25}, "encoding": {"x": x, "y": y, **tint, **opacity(1.0)}},
        {
            "params": [{"name": "chosen", "select": {"type": "point", "fields": ["agent"]}, "bind": "legend"}],
            "mark": {"type": "point", "filled": True, "size": 50},
            "encoding": {"x": x, "y": y, **marks, **opacity(1.0), "tooltip": tooltip},
        },
    ]  # fmt: skip


def _x(field: str, title: str, **scale: Any) -> dict[str, Any]:
    return {
        "field": field, "type": "quantitative", "scale": {"zero": False, "nice": False, **scale},
        "axis": {"title": title, "grid": False, "format": ",.10~g", "tickCount": {"expr": "ceil(width / 80)"}},
    }  # fmt: skip


def _y(field: str, title: str) -> dict[str, Any]:
    return {
        "field": field, "type": "quantitative", "scale": {"zero": False, "nice": True},
        "axis": {"title": title, "grid": True, "tickCount": 6, "format": ",.10~g"},
    }  # fmt: skip


def _names(style: Style, agents: pd.Series) -> Any:
    return np.array([agent_name(style, name) for name in agents], dtype=str)


# --- sweeps -----------------------------------------------------------------------------------------------------------
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
    x, y = _x(field, title), _y("mean", what)
    tooltip = [
        tip("agent", label("axis.agent")), tip(field, title, ",.4~g"), tip("mean", what, ",.2f"),
        tip("low", label("tip.least"), ",.2f"), tip("high", label("tip.most"), ",.2f"),
    ]  # fmt: skip
    layers = [*_bands(x, y, agents, tooltip, style), _now(x, style)]
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
                agent=_names(style, found["agent"]),
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
    tones = diverging(style)

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
                    "scale": {
                        "domain": [-edge, -edge / 4, 0, edge / 4, edge], "range": tones, "interpolate": "rgb",
                        "clamp": True,
                    },
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


# --- fronts -----------------------------------------------------------------------------------------------------------
CLOSE_EUR = 0.5
"""A plan this close to the best for a stakeholder is called close."""


def mean_of(n: int, style: Style) -> str:
    """Of how many draws of cars a figure is the mean."""
    return style.text("names.mean_of" if n > 1 else "names.one_draw", n=n)


def weight_front(rows: pd.DataFrame, axes: tuple[str, str], style: Style) -> Figure:
    """One stakeholder's money against another's under every weighting, and the outer edge of all points.

    The edge is that of everything drawn: the best plan is best for the weighted sum of three, so that in two of them
    alone another agent can lie a little outside of its points.

    Parameters
    ----------
    rows : DataFrame
        Of `core.studies.tradeoff.weight_front`; every agent under the same weightings with the same seeds. Days without
        cars are left out.
    axes : (str, str)
        Indicators along and up.
    style : Style

    Returns
    -------
    Figure
        Data `points` (a row an agent and weighting) and `frontier`.
    """
    label, colour = style.text, style.colours
    weights = ["w_user", "w_provider", "w_grid"]
    rows = rows[rows["cars"] > 0]
    points = rows.groupby(["agent", *weights, "own"], sort=False)
    means = points[list(dict.fromkeys(axes))].mean().reset_index()
    n = int(points.size().max()) if len(rows) else 0
    agents = list(dict.fromkeys(rows["agent"]))
    x_of, y_of = (means[name].to_numpy() * style.rate for name in axes)
    edge = outer_edge(x_of, y_of)
    titles = [indicator_title(name, style) for name in axes]
    color = _marks(style, agents)["color"]
    color["legend"] = {**color["legend"], "symbolType": "circle"}
    x = {
        **_x("x", titles[0], nice=True, padding=10),
        "axis": {"title": titles[0], "grid": True, "tickCount": 8, "format": ",.10~g"},
    }
    y = {**_y("y", titles[1])}
    y["scale"] = {"zero": False, "nice": True, "padding": 10}
    layers: list[dict[str, Any]] = [
        {
            "data": {"name": "frontier"},
            "mark": {"type": "line", "color": colour.text, "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y, "order": {"field": "x", "type": "quantitative"}},
        },
        {
            "mark": {"type": "point", "filled": True, "opacity": 0.85},
            "encoding": {
                "x": x,
                "y": y,
                "color": color,
                "shape": {
                    "field": "own", "type": "nominal", "legend": None,
                    "scale": {"domain": [0, 1], "range": ["circle", "diamond"]},
                },
                "size": {"condition": {"test": "datum.own == 1", "value": 170}, "value": 55},
                "tooltip": [
                    tip("agent", label("axis.agent")), tip("weights", label("tip.weights")),
                    tip("x", titles[0], ",.2f"), tip("y", titles[1], ",.2f"),
                ],
            },
        },
    ]  # fmt: skip
    # How far each point of the edge stays below the best for either; the point that is closest to both.
    short = [(v[edge].max() - v[edge]) / style.rate for v in (x_of, y_of)] if len(edge) else [np.zeros(1)] * 2
    middle = int(np.maximum(*short).argmin())
    free = max(short[0][middle], short[1][middle]) < CLOSE_EUR
    amounts = [float(s[middle] if free else s.max()) for s in short]
    title = label(
        "finding.front_free" if free else "finding.front",
        one=label(f"indicator.{axes[0]}"), other=label(f"indicator.{axes[1]}"), mean=mean_of(n, style),
        first=style.money(amounts[0]), second=style.money(amounts[1]),
    )  # fmt: skip
    weight_words = [f"{u:.2g} / {p:.2g} / {g:.2g}" for u, p, g in means[weights].to_numpy()]
    return Figure(
        title=title,
        subtitle=label("figure.weight_front.reading"),
        alt=label("figure.weight_front.alt", finding=title),
        spec=specification(style, HEIGHT_PX, layers, data={"name": "points"}),
        data={
            "points": table(
                agent=_names(style, means["agent"]), x=x_of.round(4), y=y_of.round(4),
                own=means["own"].to_numpy(dtype=bool), weights=np.array(weight_words, dtype=str),
            ),
            "frontier": table(x=x_of[edge].round(4), y=y_of[edge].round(4)),
        },
    )  # fmt: skip


# --- break-even -------------------------------------------------------------------------------------------------------
def break_even(found: pd.DataFrame, price: Price, title: str, now: float, style: Style) -> Figure:
    """What V2G gains the drivers at each price, by agent, and where that begins to be something.

    Parameters
    ----------
    found : DataFrame
        Of `core.studies.tradeoff.gains`.
    price, title : str
        The field, and its name with its unit.
    now : float
        The scenario's own price.
    style : Style

    Returns
    -------
    Figure
        Data `lines` (a row an agent and price) and `points` (a row an agent with a break-even).
    """
    label, colour, rate = style.text, style.colours, style.rate
    agents = list(dict.fromkeys(found["agent"]))
    found = found.sort_values(price)
    what = label("axis.v2g_gain", currency=style.currency)
    x, y = _x(price, title), _y("mean", what)
    y["scale"] = {"zero": True, "nice": True}
    points = {agent: at for agent in agents if isinstance(at := pays(found, price, agent), float)}
    tooltip = [
        tip("agent", label("axis.agent")), tip(price, title, ",.4~g"), tip("mean", what, "+,.2f"),
        tip("given", label("tip.discharged"), ",.1f"),
    ]  # fmt: skip
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "color": colour.muted},
            "encoding": {"y": {"datum": 0}},
        },
        *_bands(x, y, agents, tooltip, style),
        {
            "data": {"name": "points"},
            "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 160, "opacity": 1,
                     "stroke": colour.background, "strokeWidth": 1.5},
            "encoding": {
                "x": {**x, "field": "x"}, "y": {"datum": 0}, "color": _marks(style, agents)["color"],
                "tooltip": [tip("agent", label("axis.agent")), tip("x", label("tip.break_even"), ",.3f")],
            },
        },
        _now(x, style),
    ]  # fmt: skip
    said = gain_now(found, price, now, style) or break_even_words(found, price, style)
    return Figure(
        title=said,
        subtitle=label("figure.break_even.reading"),
        hint=label("figure.break_even.hint"),
        alt=label("figure.break_even.alt", finding=said),
        spec=specification(style, HEIGHT_PX, layers, data={"name": "lines"}),
        data={
            "lines": table(
                agent=_names(style, found["agent"]), **{price: found[price].to_numpy(dtype=float)},
                mean=(found["mean"].to_numpy() * rate).round(4), low=(found["low"].to_numpy() * rate).round(4),
                high=(found["high"].to_numpy() * rate).round(4), given=found["discharged_kwh"].to_numpy().round(3),
            ),
            "points": table(
                agent=_names(style, pd.Series(list(points), dtype=object)),
                x=np.array(list(points.values()), dtype=float),
            ),
            "now": table(x=np.array([now], dtype=float)),
        },
    )  # fmt: skip


def gain_now(found: pd.DataFrame, price: Price, now: float, style: Style) -> str | None:
    """What V2G gains the drivers a day at the scenario's own price, with whoever makes most of it without foresight."""
    top = _most_now(found, price, now)
    if top is None:
        return None
    gain, values = float(top["mean"]), {"agent": agent_name(style, str(top["agent"])), "mean": mean_of(top["n"], style)}
    printed = style.rounded(gain)
    if printed == 0:
        return style.text("finding.v2g_gains_nothing", **values)
    key = "finding.v2g_gains" if printed > 0 else "finding.v2g_costs"
    car = abs(gain) / float(top["cars"])
    return style.text(key, **values, gain=style.money(abs(gain)), car=style.money(car))


def gain_of_own_day(found: pd.DataFrame, price: Price, now: float, style: Style) -> str | None:
    """The same agent's figure for the scenario's own day alone, where `gain_now` is the mean of several."""
    top = _most_now(found, price, now)
    if top is None or top["n"] < 2 or not np.isfinite(top["own"]):
        return None
    amount = style.money(float(top["own"]), signed=True)
    return style.text("finding.v2g_own", agent=agent_name(style, str(top["agent"])), amount=amount)


def _most_now(found: pd.DataFrame, price: Price, now: float) -> pd.Series | None:
    here = found[np.isclose(found[price], now)]
    here = here[here["agent"] != BOUND] if (here["agent"] != BOUND).any() else here
    return None if here.empty else here.sort_values("mean", kind="stable").iloc[-1]


def break_even_words(found: pd.DataFrame, price: Price, style: Style) -> str:
    """At which prices V2G pays, with the agent for which it does at most of them; without foresight if any."""
    agents = list(dict.fromkeys(found["agent"]))
    kinds = {agent: pays(found, price, agent) for agent in agents}
    mean = mean_of(int(found["n"].max()), style)
    for some in ([agent for agent in agents if agent != BOUND], agents):
        always = [agent for agent in some if kinds[agent] == "always"]
        if always:
            return style.text("finding.pays_always", agents=together(always, style), mean=mean)
        points = {agent: at for agent, at in kinds.items() if agent in some and isinstance(at, float)}
        if points:
            agent = (min if price == "v2g_price_factor" else max)(points, key=lambda name: points[name])
            name, at = agent_name(style, agent), number(points[agent], 2)
            return style.text(f"finding.pays_{price}", agent=name, at=at, mean=mean)
    return style.text("finding.pays_partly" if "partly" in kinds.values() else "finding.pays_never", mean=mean)


Pays = float | Literal["always", "never", "partly"]


def pays(found: pd.DataFrame, price: str, agent: str) -> Pays:
    """Where V2G pays this agent's drivers: from (or up to) a price, at all of them, at none, or at some between."""
    mine = found[found["agent"] == agent].sort_values(price)
    gain = mine["mean"].to_numpy(dtype=float)
    if (gain > LEAST_GAIN_EUR).all():
        return "always"
    if not (gain > LEAST_GAIN_EUR).any():
        return "never"
    at = crossing(mine[price].to_numpy(dtype=float), gain, rising=price == "v2g_price_factor")
    return "partly" if at is None else at
