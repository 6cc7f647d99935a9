"""Where agents capture little: their shares by group of scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from core.agents.registry import BOUND
from core.figures.agents.names import (
    between,
    is_learned,
    kind_of,
    short_name,
)
from core.figures.channels import tip
from core.figures.figure import Figure, specification, table
from core.figures.marks import agent_names
from core.figures.style import Style
from core.studies.shipped_quality import known, ranked

CELL_PX = 22

LEAST_SCENARIOS = 10
"""A share over fewer scenarios says little: such groups are shown, but never called weak."""


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


def extremes(section: Mapping[str, Any], agent: str, most: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Groups with enough scenarios in which an agent captures least, the weakest first, and most, the strongest first.

    At most `most` of each; no group is in both.
    """
    rows = by_group(section)
    mine = rows[(rows["agent"] == agent) & (rows["n"] >= LEAST_SCENARIOS)].sort_values("captured", kind="stable")
    n = min(most, len(mine) // 2 or len(mine))
    return mine.head(n), mine.iloc[n:].tail(n).iloc[::-1]


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
    agents = section["agents"]
    order = [name for name in ranked(agents) if kind_of(agents, name) != "heuristic" and name != BOUND]
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
    title = _weak_spot(rows[[is_learned(agents, name) for name in rows["agent"]]], style)
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
    """Where these agents capture least."""
    mine = rows[rows["n"] >= LEAST_SCENARIOS]
    if mine.empty:
        return style.text("finding.group_map_few", least=LEAST_SCENARIOS)
    means = mine.groupby(["kind", "group"], sort=False)["captured"].agg(["mean", "min", "max"]).sort_values("mean")
    kind, group = means.index[0]
    span = between(float(means["min"].iloc[0]), float(means["max"].iloc[0]))
    return style.text("finding.group_map", group=group_name(style, kind, group), interval=span)
