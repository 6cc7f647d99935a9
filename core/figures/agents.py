"""Measured quality of agents: captured shares, weak spots, and learning curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from core.agents.learned import NAMES
from core.agents.registry import AGENTS, BOUND
from core.figures.channels import AS_MANY_AS_FIT, quantity, rule_at, tip
from core.figures.figure import Figure, specification, table
from core.figures.marks import agent_name, agent_names
from core.figures.style import Style, number
from core.studies.shipped_quality import best_learned, known, ranked

Kind = Literal["learned", "planned", "heuristic", "baseline"]
Where = Literal["held_out", "stock"]

PLAN = "plan"
"""The coordinated plan alone: a learned agent that always answers 0."""

BASELINE = "whole_site"

ROW_PX = 24
CELL_PX = 22

LEAST_SCENARIOS = 10
"""A share over fewer scenarios says little: such groups are shown, but never called weak."""


def kind_of(agent: str) -> Kind:
    """What sort of agent this is."""
    if agent in NAMES:
        return "learned"
    if agent == PLAN or (agent in AGENTS and AGENTS[agent].kind == "optimiser"):
        return "planned"
    return "baseline" if agent == BASELINE else "heuristic"


def short_name(style: Style, agent: str) -> str:
    """The agent's name, a learned one's being its algorithm's."""
    if agent not in NAMES:
        return agent_name(style, agent)
    return "RecurrentPPO" if agent == "recurrentppo" else agent.upper()


def percent(share: float) -> str:
    """A share in per cent, to a tenth."""
    return f"{_tenths(share)}\N{NO-BREAK SPACE}%"


def between(low: float, high: float) -> str:
    """An interval of shares: ``94.0 … 96.5 %``."""
    return f"{_tenths(low)} … {percent(high)}"


def interval(found: Mapping[str, Any]) -> str:
    """The interval of an agent's captured share; nothing where it is not known, or has no length."""
    if not (known(found.get("captured_low")) and known(found.get("captured_high"))):
        return ""
    low, high = float(found["captured_low"]), float(found["captured_high"])
    return between(low, high) if high - low > 1e-9 else ""


def _tenths(share: float) -> str:
    return number(100 * share, 1)


# --- captured ---------------------------------------------------------------------------------------------------------
def captured(section: Mapping[str, Any], where: Where, style: Style) -> Figure:
    """Captured share of each agent with its 95 % interval.

    Parameters
    ----------
    section : mapping
        `agents` and `n`, as in `core.studies.shipped_quality`.
    where : {"held_out", "stock"}
        The section's name.
    style : Style

    Returns
    -------
    Figure
        Data `agents`, a row an agent.

    Notes
    -----
    The axis spans what learned and planning agents capture, between which it has to tell; agents far below stand at its
    left edge as triangles, their share beside the name.
    """
    colour, label = style.colours, style.text
    agents = section["agents"]
    names = [name for name in ranked(agents) if name != BOUND]
    least, most = _span(agents, names)
    kinds: list[Kind] = [kind for kind in _tints(style) if any(kind_of(name) == kind for name in names)]
    words = [label(f"learned.kind_{kind}") for kind in kinds]
    lines = [f"{short_name(style, name)}  {percent(agents[name]['captured'])}" for name in names]
    n = max(1, len(names))
    x = quantity("captured", label("axis.captured"), ticks=5, domain=[least, most], nice=False)
    y = {
        "field": "y", "type": "quantitative",
        "scale": {"domain": [-0.5, n - 0.5], "range": [0, n * ROW_PX], "zero": False, "nice": False},
        "axis": {
            "title": None, "values": list(range(len(names))), "labelExpr": f"{lines!r}[datum.value]", "orient": "left",
            "labelLimit": 220, "grid": False, "labelColor": colour.text, "labelOverlap": False, "labelPadding": 9,
        },
    }  # fmt: skip
    tint = {
        "field": "kind", "type": "nominal",
        "scale": {"domain": words, "range": [_tints(style)[kind] for kind in kinds]},
        "legend": {"title": None, "symbolType": "circle", "symbolOpacity": 1,
                   "columns": {"expr": "width < 420 ? 2 : 0"}},
    }  # fmt: skip
    tooltip = [
        tip("agent", label("axis.agent")), tip("exact", label("axis.captured"), ",.2f"),
        tip("exact_low", label("tip.low"), ",.2f"), tip("exact_high", label("tip.high"), ",.2f"),
    ]  # fmt: skip
    layers: list[dict[str, Any]] = [
        rule_at("x", 100, colour.text),
        {
            "transform": [{"filter": "datum.inside == 1"}],
            "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.55, "clip": True},
            "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y, "color": tint},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 75, "opacity": 1},
            "encoding": {
                "x": x, "y": y, "color": tint, "tooltip": tooltip,
                "shape": {
                    "field": "inside", "type": "nominal", "legend": None,
                    "scale": {"domain": [0, 1], "range": ["triangle-left", "circle"]},
                },
            },
        },
    ]  # fmt: skip
    exact = {key: np.array([_share(agents[name], key) for name in names], dtype=float) * 100 for key in _INTERVAL}
    title = headline(section, where, style)
    return Figure(
        title=title,
        subtitle=label("figure.captured.reading"),
        alt=label("figure.captured.alt", finding=title),
        spec=specification(style, n * ROW_PX, layers, data={"name": "agents"}),
        data={
            "agents": table(
                agent=agent_names(style, names),
                kind=np.array([label(f"learned.kind_{kind_of(name)}") for name in names], dtype=str),
                y=np.arange(len(names), dtype=float),
                inside=exact["captured"] >= least,
                **{key.replace("captured_", ""): exact[key].clip(least, most).round(4) for key in _INTERVAL},
                **{key.replace("captured", "exact"): exact[key].round(4) for key in _INTERVAL},
            )
        },
    )  # fmt: skip


_INTERVAL = ("captured", "captured_low", "captured_high")


def _share(figures: Mapping[str, Any], key: str) -> float:
    """A bound of an interval; where it is not known, the interval has no length."""
    return float(figures[key] if known(figures.get(key)) else figures["captured"])


def _span(agents: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> tuple[float, float]:
    """Axis from below the learned and planning agents to just beyond the best plan [%]."""
    close = [name for name in names if kind_of(name) in ("learned", "planned")] or list(names)
    lows = [_share(agents[name], "captured_low") for name in close]
    highs = [_share(agents[name], "captured_high") for name in close]
    # The reference captures nothing, and all can be read against it where the learned agents do little better.
    least = math.floor(min([*lows, 0.98]) * 50 - 0.5) / 50
    return 100 * least, max(100.5, 100 * max([*highs, 0.0]) + 0.2)


def _tints(style: Style) -> dict[Kind, str]:
    """One colour a kind of agent."""
    colour = style.colours
    return {
        "learned": colour.charge,
        "planned": colour.text,
        "heuristic": colour.muted,
        "baseline": colour.discharge,
    }


def headline(section: Mapping[str, Any], where: Where, style: Style) -> str:
    """Which learned agent captures most, beside planning without learning."""
    label, agents = style.text, section["agents"]
    best = best_learned(agents)
    if best is None:
        return label("finding.captured_unlearned", where=label(f"learned.on_{where}", n=section["n"]))
    figures = agents[best]
    others = [name for name in ("mpc", PLAN, BASELINE) if name in ranked(agents)]
    return label(
        "finding.captured_beside" if others else "finding.captured",
        where=label(f"learned.on_{where}", n=section["n"]),
        agent=short_name(style, best), share=percent(figures["captured"]),
        interval=between(_share(figures, "captured_low"), _share(figures, "captured_high")),
        others=", ".join(f"{agent_name(style, name)} {percent(agents[name]['captured'])}" for name in others),
    )  # fmt: skip


# --- groups -----------------------------------------------------------------------------------------------------------
def by_group(section: Mapping[str, Any]) -> pd.DataFrame:
    """Captured shares by group: a row a kind of group, group and agent, with the number of scenarios."""
    rows = [
        {"kind": kind, "group": group, "agent": agent, "captured": figures.get("captured"), "n": figures.get("n", 0)}
        for kind, groups in section.get("groups", {}).items()
        for group, agents in groups.items()
        for agent, figures in agents.items()
        if known(figures.get("captured"))
    ]
    return pd.DataFrame(rows, columns=["kind", "group", "agent", "captured", "n"])


def weakest(section: Mapping[str, Any], agent: str, most: int = 3) -> pd.DataFrame:
    """Groups in which an agent captures least, the weakest first, of those with enough scenarios."""
    rows = by_group(section)
    mine = rows[(rows["agent"] == agent) & (rows["n"] >= LEAST_SCENARIOS)]
    return mine.sort_values("captured", kind="stable").head(most)


def group_name(style: Style, kind: str, group: str) -> str:
    """A group's name in the reader's language."""
    return style.text(f"learned.group_{kind}_{group.replace(' ', '_')}")


def group_map(section: Mapping[str, Any], style: Style) -> Figure:
    """Captured share by group and agent; the deeper the orange, the more is left.

    Returns
    -------
    Figure
        Data `cells`, a row a group and agent. Simple rules, far below everywhere, and the best plan are left out.
    """
    colour, label = style.colours, style.text
    rows = by_group(section)
    order = [name for name in ranked(section["agents"]) if kind_of(name) != "heuristic" and name != BOUND]
    rows = rows[rows["agent"].isin(order)]
    groups = list(dict.fromkeys(zip(rows["kind"], rows["group"], strict=True)))
    counts = {(kind, group): int(n) for kind, group, n in rows[["kind", "group", "n"]].itertuples(index=False)}
    lines = {pair: f"{group_name(style, *pair)} ({counts[pair]})" for pair in groups}
    x = {
        "field": "short", "type": "ordinal", "sort": [short_name(style, name) for name in order],
        "axis": {"title": None, "labelAngle": -60, "labelLimit": 130, "grid": False, "labelOverlap": False,
                 "orient": "top", "labelColor": colour.text, "ticks": False, "domain": False},
    }  # fmt: skip
    y = {
        "field": "row", "type": "ordinal", "sort": list(lines.values()),
        "axis": {"title": None, "labelLimit": 190, "grid": False, "labelOverlap": False, "labelColor": colour.text},
    }  # fmt: skip
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rect", "stroke": colour.background, "strokeWidth": 1},
            "encoding": {
                "x": x, "y": y,
                "color": {
                    "field": "captured", "type": "quantitative", "legend": None,
                    "scale": {"domain": [70, 100], "range": [colour.discharge, colour.idle], "clamp": True,
                              "interpolate": "rgb"},
                },
                "tooltip": [
                    tip("agent", label("axis.agent")), tip("group", label("learned.group")),
                    tip("captured", label("axis.captured"), ",.1f"), tip("n", label("learned.scenarios"), ",d"),
                ],
            },
        },
        {
            "mark": {"type": "text", "fontSize": 10, "opacity": {"expr": "width < 480 ? 0 : 1"}, "tooltip": None},
            "encoding": {
                "x": x, "y": y,
                "text": {"field": "captured", "type": "quantitative", "format": ",.0f"},
                "color": {
                    "condition": {"test": "datum.captured < 80", "value": colour.background}, "value": colour.text
                },
            },
        },
    ]  # fmt: skip
    title = _weak_spot(rows, style)
    pairs = list(zip(rows["kind"], rows["group"], strict=True))
    return Figure(
        title=title,
        subtitle=label("figure.group_map.reading"),
        alt=label("figure.group_map.alt", finding=title),
        spec=specification(style, max(1, len(groups)) * CELL_PX, layers, data={"name": "cells"}),
        data={
            "cells": table(
                row=np.array([lines[pair] for pair in pairs], dtype=str),
                group=np.array([group_name(style, *pair) for pair in pairs], dtype=str),
                short=np.array([short_name(style, name) for name in rows["agent"]], dtype=str),
                agent=agent_names(style, rows["agent"]),
                captured=(rows["captured"].to_numpy(dtype=float) * 100).round(3),
                n=rows["n"].to_numpy(dtype=int),
            )
        },
    )  # fmt: skip


def _weak_spot(rows: pd.DataFrame, style: Style) -> str:
    """Where the learned agents capture least."""
    mine = rows[rows["agent"].isin(NAMES) & (rows["n"] >= LEAST_SCENARIOS)]
    if mine.empty:
        return style.text("finding.group_map_few", least=LEAST_SCENARIOS)
    means = mine.groupby(["kind", "group"], sort=False)["captured"].agg(["mean", "min", "max"]).sort_values("mean")
    kind, group = means.index[0]
    span = between(float(means["min"].iloc[0]), float(means["max"].iloc[0]))
    return style.text("finding.group_map", group=group_name(style, kind, group), interval=span)


# --- learning ---------------------------------------------------------------------------------------------------------
def learning_curve(curve: pd.DataFrame, card: Mapping[str, Any], style: Style) -> Figure:
    """Captured share on validation scenarios while an agent learned, with the plan alone and the model that is shipped.

    Parameters
    ----------
    curve : DataFrame
        `curve.csv`: a row a validation.
    card : mapping
        `validation` of the model that is shipped, and `plan_alone`.
    style : Style

    Returns
    -------
    Figure
        Data `curve` (a row a validation), `shipped` and `plan` (a row each).
    """
    colour, label = style.colours, style.text
    shipped, alone = card["validation"], float(card["plan_alone"]["captured"])
    steps = label("axis.timesteps")
    x = quantity("timesteps", steps, ticks=AS_MANY_AS_FIT, grid=False, format_="~s", zero=True, nice=False)
    y = quantity("captured", label("axis.captured"), ticks=5, padding=8)
    tooltip = [
        tip("timesteps", steps, ",.0f"), tip("captured", label("axis.captured"), ",.2f"),
        tip("ready", f"{label('kpi.ready')} (%)", ",.2f"), tip("seconds", label("learned.seconds"), ",.0f"),
    ]  # fmt: skip
    layers: list[dict[str, Any]] = [
        {
            "data": {"name": "plan"},
            "mark": {"type": "rule", "color": colour.muted, "strokeDash": [5, 3], "strokeWidth": 1.5},
            "encoding": {"y": y},
        },
        {"mark": {"type": "line", "color": colour.charge, "strokeWidth": 2}, "encoding": {"x": x, "y": y}},
        {
            "mark": {"type": "point", "filled": True, "size": 36, "opacity": 1, "color": colour.charge},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        },
        {
            "data": {"name": "shipped"},
            "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 150, "opacity": 1,
                     "color": colour.charge, "stroke": colour.background, "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        },
    ]  # fmt: skip
    title = label(
        "finding.learning", steps=f"{shipped['timesteps']:,.0f}", share=percent(shipped["captured"]),
        plan=percent(alone),
    )  # fmt: skip

    def columns(rows: pd.DataFrame) -> Any:
        numbers = {name: rows[name].to_numpy(dtype=float) for name in ("timesteps", "seconds")}
        shares = {"captured": rows["captured"], "ready": rows["ready_frac"]}
        return table(**numbers, **{name: (v.to_numpy(dtype=float) * 100).round(4) for name, v in shares.items()})

    return Figure(
        title=title,
        subtitle=label("figure.learning_curve.reading"),
        alt=label("figure.learning_curve.alt", finding=title),
        spec=specification(style, 240, layers, data={"name": "curve"}),
        data={
            "curve": columns(curve),
            "shipped": columns(pd.DataFrame([shipped])),
            "plan": table(captured=np.array([100 * alone])),
        },
    )
