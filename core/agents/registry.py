"""All agents by name: the one list that pages, command line and tests read.

What is said of an agent elsewhere (its colour, whether its runs may be kept when weights change) stands in its entry:
a new agent is one entry here, and its words in the two locale files.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.agents import learned
from core.agents.base import Agent
from core.agents.heuristics import AsFastAsPossible, AsLateAsPossible, Cheapest, RoundRobin
from core.agents.mpc import ModelPredictiveControl
from core.agents.optimum.best import Best
from core.errors import AgentError

Kind = Literal["heuristic", "optimiser", "learned"]

REFERENCE = "afap"
"""Plug and charge: what everything is compared with."""

BOUND = "best"
"""The agent that knows the future: what nothing beats."""


class Look(NamedTuple):
    """How an agent is told from others in every figure; no two agents share a colour."""

    light: str
    """Its colour in the light theme, #RRGGBB."""
    dark: str
    """The same in the dark theme."""
    marker: str
    """Vega-Lite's name of a shape, or an SVG path: circles for simple rules, squares for plans, others for learned."""


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """One entry of the registry."""

    name: str
    kind: Kind
    make: Callable[[], Agent]
    """Makes a fresh one for a run."""
    look: Look
    blind_to_weights: bool = False
    """Whether it never looks at the objective: changed weights or prices of the objective leave its trace alone."""
    plans_every_step: bool = False
    """Whether it solves a linear program at every step: a day takes seconds, so pages show everything else first."""
    slow_above_ports: float = math.inf
    """On sites with more ports than this a day takes seconds, too."""

    def is_slow(self, n_ports: int) -> bool:
        """Whether a day of a site with so many ports takes seconds."""
        return self.plans_every_step or n_ports > self.slow_above_ports


_STAR = "M0,.5L.6,.8L.5,.1L1,-.3L.3,-.4L0,-1L-.3,-.4L-1,-.3L-.5,.1L-.6,.8L0,.5Z"
_PENTAGON = "M0,-1L.95,-.31L.59,.81L-.59,.81L-.95,-.31Z"
_HOURGLASS = "M-.8,-.9L.8,-.9L-.8,.9L.8,.9Z"

LEARNED_LOOKS: dict[str, Look] = {
    "a2c": Look("#009E73", "#35C79A", "triangle-up"),
    "ars": Look("#8E5AA8", "#C49BDB", "diamond"),
    "ddpg": Look("#CC3311", "#FF6B5E", "triangle-down"),
    "ppo": Look("#33AABB", "#7FDBE8", "cross"),
    "recurrentppo": Look("#AA4499", "#E08BD0", "triangle-right"),
    "sac": Look("#6B8E23", "#A8C860", _STAR),
    "td3": Look("#4455AA", "#8C9BE8", "triangle-left"),
    "tqc": Look("#B0627A", "#E8A0B4", _PENTAGON),
    "trpo": Look("#2E8B7A", "#7BD0C0", _HOURGLASS),
}
"""A shape each, too: nine more colours alone would be hard to tell apart. Those whose files exist are registered."""

AGENTS: dict[str, AgentInfo] = {
    info.name: info
    for info in (
        # Plug and charge is grey, the best plan the colour of text.
        AgentInfo("afap", "heuristic", AsFastAsPossible, Look("#6B7280", "#9CA3AF", "circle"), blind_to_weights=True),
        AgentInfo("alap", "heuristic", AsLateAsPossible, Look("#A67C52", "#C9A27A", "circle"), blind_to_weights=True),
        AgentInfo("rr", "heuristic", RoundRobin, Look("#9A6A00", "#E0B040", "circle"), blind_to_weights=True),
        AgentInfo("cheapest", "heuristic", Cheapest, Look("#D55E00", "#FF9A4D", "circle")),
        AgentInfo(
            "mpc", "optimiser", ModelPredictiveControl, Look("#0072B2", "#56B4E9", "square"), plans_every_step=True
        ),
        AgentInfo("best", "optimiser", Best, Look("#1F2933", "#E6EAEE", "square"), slow_above_ports=60),
        *(AgentInfo(name, "learned", learned.maker(name), LEARNED_LOOKS[name]) for name in learned.available()),
    )
}


def make_agent(name: str) -> Agent:
    """A fresh agent for one run. Raises `AgentError` for an unknown name or a damaged file of a learned agent."""
    if name not in AGENTS:
        raise AgentError(name[:40], "there is no such agent; choose from " + ", ".join(AGENTS))
    return AGENTS[name].make()
