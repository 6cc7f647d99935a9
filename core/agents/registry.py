"""All agents by name: the one list that pages, command line and tests read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.agents import learned
from core.agents.base import Agent
from core.agents.heuristics import AsFastAsPossible, AsLateAsPossible, Cheapest, RoundRobin
from core.agents.mpc import ModelPredictiveControl
from core.agents.optimum.best import Best
from core.errors import AgentError

Kind = Literal["heuristic", "optimiser", "learned"]

REFERENCE = "afap"
"""Plug and charge: what everything is compared with."""


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """One entry of the registry."""

    name: str
    kind: Kind
    make: Callable[[], Agent]


AGENTS: dict[str, AgentInfo] = {
    info.name: info
    for info in (
        AgentInfo("afap", "heuristic", AsFastAsPossible),
        AgentInfo("alap", "heuristic", AsLateAsPossible),
        AgentInfo("rr", "heuristic", RoundRobin),
        AgentInfo("cheapest", "heuristic", Cheapest),
        AgentInfo("mpc", "optimiser", ModelPredictiveControl),
        AgentInfo("best", "optimiser", Best),
        *(AgentInfo(name, "learned", learned.maker(name)) for name in learned.available()),
    )
}


def make_agent(name: str) -> Agent:
    """A fresh agent for one run. Raises `AgentError` for an unknown name or a damaged file of a learned agent."""
    if name not in AGENTS:
        raise AgentError(name[:40], "there is no such agent; choose from " + ", ".join(AGENTS))
    return AGENTS[name].make()
