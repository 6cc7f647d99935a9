"""Captured shares of all agents, beside planning without learning."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from core.agents.info import Family
from core.agents.registry import BOUND
from core.figures.agents.names import (
    BASELINE,
    PLAN,
    between,
    kind_of,
    percent,
    short_name,
)
from core.figures.channels import quantity, rule_at, tip
from core.figures.figure import Figure, specification, table
from core.figures.marks import agent_name, agent_names
from core.figures.style import Style, number
from core.studies.shipped_quality import best_learned, known, paired, ranked

Where = Literal["held_out", "stock"]

ROW_PX = 24

CLOSE: tuple[Family, ...] = ("planner_corrected", "shared_port", "optimiser")
"""Families that the axis has to tell apart."""


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
    families = [family for family in _tints(style) if any(kind_of(agents, name) == family for name in names)]
    words = [label(f"families.{family}") for family in families]
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
        "scale": {"domain": words, "range": [_tints(style)[family] for family in families]},
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
                kind=np.array([label(f"families.{kind_of(agents, name)}") for name in names], dtype=str),
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
    close = [name for name in names if kind_of(agents, name) in CLOSE] or list(names)
    lows = [_share(agents[name], "captured_low") for name in close]
    highs = [_share(agents[name], "captured_high") for name in close]
    # The reference captures nothing, and all can be read against it where the learned agents do little better.
    least = math.floor(min([*lows, 0.98]) * 50 - 0.5) / 50
    return 100 * least, max(100.5, 100 * max([*highs, 0.0]) + 0.2)


def _tints(style: Style) -> dict[Family, str]:
    """One colour a family."""
    colour = style.colours
    return {
        "planner_corrected": colour.charge,
        "shared_port": colour.drivers,
        "whole_site": colour.discharge,
        "optimiser": colour.text,
        "heuristic": colour.muted,
        "own": colour.provider,
    }


def headline(section: Mapping[str, Any], where: Where, style: Style) -> str:
    """Which learned agent captures most, beside planning without learning."""
    label, agents = style.text, section["agents"]
    best = best_learned(agents)
    if best is None:
        return label("finding.captured_unlearned", where=label(f"learned.on_{where}", n=section["n"]))
    figures, correction = agents[best], _correction(section, best, style)
    others = [name for name in ("mpc", PLAN, BASELINE) if name in ranked(agents)]
    said = label(
        "finding.captured_beside" if others else "finding.captured",
        where=label(f"learned.on_{where}", n=section["n"]),
        agent=short_name(style, best), share=percent(figures["captured"]),
        interval=between(_share(figures, "captured_low"), _share(figures, "captured_high")),
        others=", ".join(f"{agent_name(style, name)} {percent(agents[name]['captured'])}" for name in others),
    )  # fmt: skip
    return f"{correction}: {said}" if correction else said


def _correction(section: Mapping[str, Any], name: str, style: Style) -> str:
    """What an agent's learned correction adds to the plan that it corrects, on the same scenarios; empty if unknown."""
    found = paired(section, name, PLAN)
    if found is None or kind_of(section["agents"], name) != "planner_corrected":
        return ""
    mean, low, high = found
    key = "nothing" if low <= 0 <= high else "adds" if mean > 0 else "costs"
    points = {
        part: number(100 * (abs(value) if key != "nothing" and part == "mean" else value), 2, signed=part != "mean")
        for part, value in (("mean", mean), ("low", low), ("high", high))
    }
    return style.text(f"finding.correction_{key}", **points)
