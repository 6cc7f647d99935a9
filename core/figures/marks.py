"""How agents are told apart in every figure and sentence: colour, shape, and name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.agents.registry import AGENTS, BOUND
from core.figures.style import Style


def agent_colour(style: Style, agent: str) -> str:
    """The agent's colour, the same in every figure."""
    look = AGENTS[agent].look
    return look.dark if style.theme == "dark" else look.light


def agent_shape(agent: str) -> str:
    """The agent's shape, the same in every figure."""
    return AGENTS[agent].look.marker


def agent_tint(style: Style, agents: Sequence[str], legend: dict[str, Any] | None = None) -> dict[str, Any]:
    """The colour channel of field `agent`, which holds names in the reader's language."""
    return {
        "field": "agent",
        "type": "nominal",
        "legend": legend,
        "scale": {
            "domain": [agent_name(style, agent) for agent in agents],
            "range": [agent_colour(style, agent) for agent in agents],
        },
    }


def agent_name(style: Style, agent: str) -> str:
    """The agent's name in the reader's language."""
    return style.text(f"agents.{agent}.name")


def agent_names(style: Style, agents: Iterable[str]) -> NDArray[np.str_]:
    """A column of names in the reader's language."""
    return np.array([agent_name(style, agent) for agent in agents], dtype=str)


def not_knowing(key: str, shown: Collection[str], style: Style) -> str:
    """Words for a sentence about agents without foresight, where the best plan is shown beside them; else none."""
    return style.text(f"names.{key}") if BOUND in shown else ""


def together(agents: Sequence[str], style: Style) -> str:
    """Agents in one breath: three names at most, then how many more."""
    return in_one_breath([agent_name(style, agent) for agent in agents], style)


def in_one_breath(names: Sequence[str], style: Style) -> str:
    """Three names at most, then how many more."""
    if len(names) < 2:
        return "".join(names)
    values = dict(zip(("first", "second", "third"), names, strict=False))
    if len(names) == 2:
        return style.text("names.two", **values)
    if len(names) == 3:
        return style.text("names.three", **values)
    return style.text("names.more", count=len(names) - 3, **values)
