"""What is said of an agent: its kind, its looks, and what it ignores."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.agents.base import Agent

Kind = Literal["heuristic", "optimiser", "learned", "own"]


class Look(NamedTuple):
    """How an agent is told from others in every figure; no two agents share a colour."""

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
    place: int = 100
    """Order among agents of its kind; newcomers come last, by name."""
    title: str = ""
    """What pages call it, in every language; of an own agent, which has no words in the catalogues."""
    description: str = ""
    """A sentence on what it does, likewise."""
    source: str = ""
    """Hash of an own agent's code, so that results of an earlier one are not taken for its."""

    def is_slow(self, n_ports: int) -> bool:
        """Whether a day of a site with so many ports takes seconds."""
        return self.plans_every_step or n_ports > self.slow_above_ports
