"""Families of measured agents, and how their shares are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.agents.info import LEARNED, Family
from core.agents.learned import NAMES
from core.agents.looks import algorithm_title
from core.figures.marks import agent_name
from core.figures.style import Style, number
from core.studies.shipped_quality import family_in, known

PLAN = "plan"
"""The coordinated plan alone: a learned agent that always answers 0."""

BASELINE = "whole_site"


def kind_of(agents: Mapping[str, Mapping[str, Any]], name: str) -> Family:
    """The family of a measured agent; the plan alone is a plan, the baseline one for a whole site."""
    if name in (PLAN, BASELINE):
        return "optimiser" if name == PLAN else "whole_site"
    return family_in(agents, name) or "own"


def is_learned(agents: Mapping[str, Mapping[str, Any]], name: str) -> bool:
    """Whether it is a learned agent, the baseline not being counted as one."""
    return family_in(agents, name) in LEARNED


def short_name(style: Style, agent: str) -> str:
    """The agent's name, a learned one's being its algorithm's."""
    return algorithm_title(agent) if agent in NAMES else agent_name(style, agent)


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
