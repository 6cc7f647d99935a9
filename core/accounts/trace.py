"""What one agent did to one World: arrays, no objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trace:
    """Power, energy and actions per port and step; arrays are read-only.

    Counted at the battery (see docs/engines.md): power > 0 charges, and is what the battery gained in the step over the
    step's length. EV2Gym rounds the battery's energy up to 0.01 kWh after each step and counts its power without what
    that adds; here it counts like all other energy (`core.world.battery.on_grid`), so that rounding gives nobody
    anything.
    """

    agent: str
    power_kw: Floats
    """[ports, steps]: mean power over the step; `energy_kwh` at its end less that at its beginning, by its length."""
    energy_kwh: Floats
    """[ports, steps]: energy in the battery at the end of the step, NaN where no car is plugged in."""
    action: Floats
    """[ports, steps] in [-1, 1], as the agent gave it after sharing a station's current."""
    decision_ms: Floats
    """[steps]: time the agent took to decide; what it prepared beforehand counts in the first step."""
    simulation_ms: float
    """Time spent stepping the engine."""
    ev2gym_stats: Mapping[str, float]
    """EV2Gym's own end-of-episode statistics, unchanged; empty where the engine or an empty day gives none."""
    rounding_kwh: float = 0.0
    """What EV2Gym's rounding up added to all batteries."""
    bound_eur: float | None = None
    """Upper bound on the objective that the agent proved while planning (only `best`)."""
    bound_gap_eur: float = 0.0
    """What the solver's bound leaves open above its own plan (0 where the plan is proven optimal)."""
