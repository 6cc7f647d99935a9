"""What is said of an agent: its family, its looks, what it ignores and which sites it serves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

from core.agents.base import Agent
from core.scenario import Scenario

LearnedFamily = Literal["planner_corrected", "shared_port", "whole_site"]

Family = Literal["heuristic", "optimiser", "planner_corrected", "shared_port", "whole_site", "own"]
"""Simple rules; plans; learned to correct a plan, for any port from nothing, or for one whole site; anybody's own."""

LEARNED: Final[tuple[LearnedFamily, ...]] = get_args(LearnedFamily)
FAMILIES: Final[tuple[Family, ...]] = get_args(Family)


class Look(NamedTuple):
    """How an agent is told from others in every figure; no two agents share colour and marker."""

    light: str
    """Its colour in the light theme, #RRGGBB."""
    dark: str
    """The same in the dark theme."""
    marker: str
    """Vega-Lite's name of a shape, or an SVG path: circles for simple rules, squares for plans, others for learned
    and own ones."""


@dataclass(frozen=True, slots=True)
class AgentInfo:
    """One entry of the registry; every module of this room lists its own as ``AGENTS``."""

    name: str
    family: Family
    make: Callable[[], Agent]
    """Makes a fresh one for a run."""
    look: Look
    blind_to_weights: bool = False
    """Whether it never looks at the objective: changed weights or prices of the objective leave its trace alone."""
    plans_every_step: bool = False
    """Whether it solves a linear program at every step: a day takes seconds, so pages show everything else first."""
    slow_above_ports: float = math.inf
    """On sites with more ports than this a day takes seconds, too."""
    place: int = 100
    """Order among agents of its family; newcomers come last, by name."""
    algorithm: str = ""
    """What a learned one learned by, in small letters: ``ppo``."""
    reward: str = ""
    """What a whole-site one was rewarded for: a name of `core.rewards.REWARDS`, or ``objective``."""
    ports: tuple[int, ...] = ()
    """Numbers of ports of the sites that it was trained for, where it serves no others."""
    title: str = ""
    """What pages call it, in every language; of an own agent, which has no words in the catalogues."""
    description: str = ""
    """A sentence on what it does, likewise."""
    source: str = ""
    """Hash of an own agent's code, so that results of an earlier one are not taken for its."""

    @property
    def learned(self) -> bool:
        """Whether it is of one of the learned families."""
        return self.family in LEARNED

    def fits(self, scenario: Scenario) -> bool:
        """Whether it serves this scenario's site; where not, it was trained for sites with `ports` ports."""
        return not self.ports or scenario.n_ports in self.ports

    def is_slow(self, n_ports: int) -> bool:
        """Whether a day of a site with so many ports takes seconds."""
        return self.plans_every_step or n_ports > self.slow_above_ports
