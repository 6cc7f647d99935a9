"""Axes and other channels that figures share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.figures.style import Style
from core.scenario import STEP_MINUTES

STEP = np.timedelta64(STEP_MINUTES, "m")

PLAIN = ",.10~g"
"""Numbers on an axis: thousands apart, no more decimals than they have."""

AS_MANY_AS_FIT = {"expr": "ceil(width / 80)"}
"""Number of ticks along."""


def edges_of(times: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Begins of all steps, and the end of the last."""
    out: NDArray[np.datetime64] = np.append(times, times[-1] + STEP)
    return out


def clock(time: np.datetime64) -> str:
    """A time of day: ``08:15``."""
    return str(time.astype("datetime64[m]"))[-5:]


def time_axis(style: Style, **more: Any) -> dict[str, Any]:
    """An x axis of local time: hours, and the date where a day begins."""
    label = "utcFormat(datum.value, utchours(datum.value) == 0 && utcminutes(datum.value) == 0 ? '%m-%d' : '%H:%M')"
    return {"title": style.text("axis.time"), "labelExpr": label, "tickCount": {"expr": "ceil(width / 75)"}, **more}


def time_x(style: Style, field: str = "t", **axis: Any) -> dict[str, Any]:
    """The x channel of local time."""
    return {
        "field": field,
        "type": "temporal",
        "scale": {"type": "utc", "nice": False},
        "axis": time_axis(style, **axis),
    }


def quantity(
    field: str, title: str, *, ticks: int | dict[str, str] = 6, grid: bool = True, format_: str = PLAIN, **scale: Any
) -> dict[str, Any]:
    """A channel of numbers along or up: not from zero and to round numbers, unless `scale` says otherwise."""
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"zero": False, "nice": True, **scale},
        "axis": {"title": title, "grid": grid, "tickCount": ticks, "format": format_},
    }


def rule_at(channel: Literal["x", "y"], value: float, colour: str) -> dict[str, Any]:
    """A line across the figure."""
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": colour},
        "encoding": {channel: {"datum": value}},
    }


def named_rows(field: str, names: Sequence[str], height: int, style: Style) -> dict[str, Any]:
    """The y channel of rows one below another, named at the left; row `i` has its middle at `i`."""
    n = max(1, len(names))
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"domain": [-0.5, n - 0.5], "range": [0, height], "zero": False, "nice": False},
        "axis": {
            "title": None, "values": list(range(len(names))), "orient": "left", "grid": False, "labelLimit": 150,
            "labelColor": style.colours.text, "labelExpr": f"{json.dumps(list(names))}[datum.value]", "minExtent": 96,
            "labelOverlap": False,
        },
    }  # fmt: skip


def tip(field: str, title: str, format_: str | None = None) -> dict[str, Any]:
    """One line of a tooltip."""
    out = {"field": field, "title": title}
    if format_ is None:
        return {**out, "type": "nominal"}
    return {**out, "type": "quantitative", "format": format_}


def readout(
    x: dict[str, Any], style: Style, tooltip: Sequence[dict[str, Any]], *, bottom: Any = "height",
    step_ms: int = 60_000 * STEP_MINUTES,
) -> dict[str, Any]:  # fmt: skip
    """A layer that tells a step's figures wherever the pointer is in it, and shades the step.

    Parameters
    ----------
    x : dict
        Channel of field ``t``, at which steps begin.
    style : Style
    tooltip : sequence of dict
        What is told; field ``when`` is the step's time.
    bottom : optional
        How far down it reaches: that of the chart by default.
    step_ms : int
        Length of a step.
    """
    return {
        "transform": [
            {"calculate": f"datum.t + {step_ms}", "as": "t_end"},
            {"calculate": "utcFormat(datum.t, '%m-%d %H:%M')", "as": "when"},
        ],
        "mark": {"type": "rect", "fill": style.colours.text, "opacity": 0},
        "params": [{"name": "hover", "select": {"type": "point", "on": "pointerover", "clear": "pointerout"}}],
        "encoding": {
            "x": x, "x2": {"field": "t_end"}, "y": {"value": 0}, "y2": {"value": bottom},
            "opacity": {"condition": {"param": "hover", "empty": False, "value": 0.07}, "value": 0},
            "tooltip": list(tooltip),
        },
    }  # fmt: skip
