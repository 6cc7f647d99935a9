"""What keeps agents from the bound: how much of it each thing that they cannot know costs, and what is left.

`mpc` runs again on the same scenarios with one thing after the other revealed (`Revealed`): all cars that will come, all
demand-response events, load and solar power. What each brings is what not knowing it costs. With all revealed, only
physics is left between it and the bound: EV2Gym's rounding and efficiencies, which the bound relaxes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.agents.base import FleetView
from core.agents.mpc import Coming, ModelPredictiveControl
from core.scenario import STEP_HOURS
from core.world import World
from core.world.battery import car_limits, kw_per_ampere, on_grid

Floats = NDArray[np.float64]

KINDS = ("arrivals", "events", "load")
"""What can be revealed: cars to come, demand-response events, and load less solar power."""


class Revealed(ModelPredictiveControl):
    """`mpc` that knows things which nobody can know.

    Parameters
    ----------
    kinds : collection of str
        Some of `KINDS`.
    """

    name: ClassVar[str] = "revealed"
    foresight: ClassVar[bool] = True

    def __init__(self, kinds: Collection[str]) -> None:
        super().__init__()
        self._kinds = frozenset(kinds)

    def prepare(self, worlds: Sequence[World]) -> None:
        super().prepare(worlds)
        self._worlds = worlds

    def outlook(self, view: FleetView, world: int, steps: slice) -> tuple[Floats, Floats]:
        base, upper = super().outlook(view, world, steps)
        real = self._worlds[world]
        if "events" in self._kinds:
            upper = real.limit_kw[:, steps]
        if "load" in self._kinds:
            base = real.base_load_kw[:, steps]
        return base, upper

    def coming(self, view: FleetView, world: int, steps: slice) -> Coming:
        if "arrivals" not in self._kinds:
            return super().coming(view, world, steps)
        real = self._worlds[world]
        s, limits = real.sessions, car_limits(real)
        cars = np.flatnonzero((s.arrival_step > steps.start) & (s.arrival_step < steps.stop))
        last = np.minimum(s.departure_step[cars], steps.stop - 1)
        after = (s.departure_step[cars] - last) * limits.charge_kw[cars] * STEP_HOURS
        current = real.scenario.charger_current_a * kw_per_ampere(real.scenario)
        return Coming(
            first_step=s.arrival_step[cars] - steps.start,
            last_step=last - steps.start,
            energy=on_grid(s.arrival_energy_kwh[cars]),
            wanted=s.wanted_energy_kwh[cars] - after,
            capacity=s.capacity_kwh[cars],
            min_energy=s.min_energy_kwh[cars],
            charge_limit=limits.charge_kw[cars] * STEP_HOURS,
            discharge_limit=limits.discharge_kw[cars] * STEP_HOURS,
            taper=limits.taper[cars],
            station=s.station[cars],
            transformer=real.station_transformer[s.station[cars]],
            full_station=limits.best_efficiency[cars] * current * STEP_HOURS,
        )
