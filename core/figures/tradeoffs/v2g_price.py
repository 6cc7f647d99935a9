"""At which prices V2G pays the drivers."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from core.agents.registry import BOUND
from core.figures.channels import AS_MANY_AS_FIT, quantity, rule_at, tip
from core.figures.figure import Figure, specification, table
from core.figures.marks import agent_name, agent_names, together
from core.figures.style import Style, number
from core.figures.tradeoffs.lines import HEIGHT_PX, bands, marks, mean_of, own_value
from core.studies.tradeoff import LEAST_GAIN_EUR, Price, crossing


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
    what = label("axis.v2g_gain", currency=style.unit)
    x = quantity(price, title, ticks=AS_MANY_AS_FIT, grid=False, nice=False)
    y = quantity("mean", what, zero=True)
    points = {agent: at for agent in agents if isinstance(at := pays(found, price, agent), float)}
    tooltip = [
        tip("agent", label("axis.agent")), tip(price, title, ",.4~g"), tip("mean", what, "+,.2f"),
        tip("given", label("tip.discharged"), ",.1f"),
    ]  # fmt: skip
    layers: list[dict[str, Any]] = [
        rule_at("y", 0, colour.muted),
        *bands(x, y, agents, tooltip, style),
        {
            "data": {"name": "points"},
            "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 160, "opacity": 1,
                     "stroke": colour.background, "strokeWidth": 1.5},
            "encoding": {
                "x": {**x, "field": "x"}, "y": {"datum": 0}, "color": marks(style, agents)["color"],
                "tooltip": [tip("agent", label("axis.agent")), tip("x", label("tip.break_even"), ",.3f")],
            },
        },
        own_value(x, style),
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
                agent=agent_names(style, found["agent"]), **{price: found[price].to_numpy(dtype=float)},
                mean=(found["mean"].to_numpy() * rate).round(4), low=(found["low"].to_numpy() * rate).round(4),
                high=(found["high"].to_numpy() * rate).round(4), given=found["discharged_kwh"].to_numpy().round(3),
            ),
            "points": table(
                agent=agent_names(style, points),
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
            return style.text(f"finding.pays_{price}", agent=name, at=at, mean=mean, currency=style.unit)
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
