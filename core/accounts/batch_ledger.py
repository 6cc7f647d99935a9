"""Ledger totals of many worlds at once: arrays in, arrays out. A day's sums; `indicators` makes figures of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.accounts.indicators import Day, compute, period_of, period_sums
from core.accounts.objective import Objective
from core.accounts.peaks import spread
from core.scenario import STEP_HOURS
from core.world import World

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Flows:
    """Energy that the cars of many worlds exchanged, counted at the battery."""

    charged_kwh: Floats
    """[worlds, transformers, steps], >= 0."""
    discharged_kwh: Floats
    """[worlds, transformers, steps], >= 0."""
    departure_energy_kwh: Floats
    """[sessions] of all worlds, world after world."""
    rounding_kwh: Floats
    """[worlds]: what EV2Gym's rounding up added."""


class Books:
    """What it takes to price the energy of many worlds of one site; built once, used for any number of agents.

    Parameters
    ----------
    worlds : sequence of World
        Equal in stations, transformers and steps, and all or none with a set-point.
    """

    def __init__(self, worlds: Sequence[World]) -> None:
        self._objective = Objective.of_all(worlds)
        self._base = np.stack([world.base_load_kw for world in worlds])
        self._own_peak = self._base.sum(axis=1).max(axis=1)
        self._limit = np.stack([world.limit_kw for world in worlds])
        self._lower = np.stack([world.lower_limit_kw for world in worlds])
        setpoints = [world.setpoint_kw for world in worlds if world.setpoint_kw is not None]
        if setpoints and len(setpoints) != len(worlds):
            raise ValueError("worlds priced together must all have a set-point, or none")
        self._period = np.stack([period_of(world) for world in worlds])
        self._setpoint = np.stack(setpoints) if setpoints else None
        self._cars = np.array([len(world.sessions) for world in worlds])
        self._world = np.repeat(np.arange(len(worlds)), self._cars)
        self._capacity = np.concatenate([world.sessions.capacity_kwh for world in worlds])
        self._wanted = np.concatenate([world.sessions.wanted_energy_kwh for world in worlds])

    def totals(self, flows: Flows) -> dict[str, Floats]:
        """Every figure of `core.accounts.indicators.FIGURES` as an array [worlds].

        Parameters
        ----------
        flows : Flows
            Of the same worlds in the same order, after the whole day.
        """
        charged, discharged = flows.charged_kwh.sum(axis=1), flows.discharged_kwh.sum(axis=1)  # [worlds, steps]
        power = self._base + (flows.charged_kwh - flows.discharged_kwh) / STEP_HOURS
        over = np.maximum(0.0, np.maximum(power - self._limit, self._lower - power))
        cars_kw = (charged - discharged) / STEP_HOURS
        deviation = np.zeros(len(self._cars))
        if self._setpoint is not None:
            deviation = np.abs(cars_kw - self._setpoint).sum(axis=1) * STEP_HOURS
        departure = flows.departure_energy_kwh
        worst = np.ones(len(self._cars))
        np.minimum.at(worst, self._world, departure / self._wanted)
        o = self._objective
        day = Day(
            objective=o,
            energy_cost_eur=(charged * o.buy).sum(axis=1),
            v2g_revenue_eur=(discharged * o.sell).sum(axis=1),
            wholesale_cost_eur=((charged - discharged) * o.wholesale).sum(axis=1),
            charged_kwh=charged.sum(axis=1),
            discharged_kwh=discharged.sum(axis=1),
            rounding_kwh=flows.rounding_kwh.copy(),
            wanted_kwh=self._by_world(self._wanted),
            unmet_kwh=self._by_world(np.maximum(0.0, self._wanted - departure)),
            overload_kwh=over.sum(axis=(1, 2)) * STEP_HOURS,
            deviation_kwh=deviation,
            peak_kw=np.maximum(0.0, cars_kw.max(axis=1)),
            cars=self._cars.astype(np.float64),
            capacity_kwh=self._by_world(self._capacity),
            worst_ready_frac=worst,
            own_peak_kw=self._own_peak,
            **spread(power, over),
            **period_sums(self._period, charged - discharged, o.wholesale),
        )
        return compute(day)

    def _by_world(self, values: Floats) -> Floats:
        return np.bincount(self._world, weights=values, minlength=len(self._cars)).astype(np.float64)
