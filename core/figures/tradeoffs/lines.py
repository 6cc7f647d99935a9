"""What figures of sweeps, fronts and break-even points share: agents as lines with bands, and a common height."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.figures.marks import agent_name, agent_shape, agent_tint
from core.figures.style import Style

HEIGHT_PX = 320

LETTERS_PX = 140
"""Width of an agent's name in a legend, with its mark."""


def marks(style: Style, agents: Sequence[str]) -> dict[str, Any]:
    """Colour and shape of each agent, with one legend for both."""
    names = [agent_name(style, agent) for agent in agents]
    legend = {
        "title": None, "symbolSize": 70, "symbolOpacity": 1, "columns": {"expr": f"max(2, floor(width / {LETTERS_PX}))"}
    }  # fmt: skip
    return {
        "color": agent_tint(style, agents, legend),
        "shape": {
            "field": "agent", "type": "nominal", "legend": legend,
            "scale": {"domain": names, "range": [agent_shape(agent) for agent in agents]},
        },
    }  # fmt: skip


def own_value(x: dict[str, Any], style: Style) -> dict[str, Any]:
    """A line at the scenario's own value, from data `now`."""
    return {
        "data": {"name": "now"},
        "mark": {"type": "rule", "color": style.colours.muted, "strokeDash": [3, 3]},
        "encoding": {"x": {**x, "field": "x"}},
    }


def bands(
    x: dict[str, Any], y: dict[str, Any], agents: Sequence[str], tooltip: list[dict[str, Any]], style: Style
) -> list[dict[str, Any]]:
    """A line an agent with its band and points; a click in the legend leaves only that agent bright."""
    looks = marks(style, agents)
    tint = {"color": looks["color"]}

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
            "encoding": {"x": x, "y": y, **looks, **opacity(1.0), "tooltip": tooltip},
        },
    ]  # fmt: skip


def mean_of(n: int, style: Style) -> str:
    """Of how many draws of cars a figure is the mean."""
    return style.text("names.mean_of" if n > 1 else "names.one_draw", n=n)
