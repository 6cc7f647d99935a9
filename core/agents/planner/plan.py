"""The coordinated plan that learned agents start from: what every car should do so that the site as a whole gains most.

A plan for each plugged-in car over its stay, and for the guests that arrival statistics expect, brought up to date in
every step (`core.agents.planner.kernels` says how). It costs microseconds a car, needs no solver, and uses what `mpc`
may use: plugged-in cars, known and expected prices, announced limits, forecasts and statistics.
"""

from __future__ import annotations

import os
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from core.accounts.objective import Objective
from core.agents.base import Bools, FleetView, Floats, Ints
from core.scenario import STEP_HOURS
from core.threads import deal_out

if TYPE_CHECKING:
    from core.agents.planner.kernels import Arrivals, Cars, Effort, Layout, Limits, Memory, Outlook, Prices

SWEEPS = 8
"""Turns that each car takes to improve its plan in every step: plans are kept, so they go on improving."""
MOVES = 8
"""Exchanges of a car in one turn at most (eight times as many when it has just come)."""
FIRST_SWEEPS = 20
"""Turns at the beginning of a day, for the expected guests."""


NO_SETPOINT = np.empty((0, 0))
"""Stands for a set-point where there is none."""
PORTS_A_THREAD = 1000
"""Fewer ports are not worth a thread."""


def threads_for(view: FleetView) -> int:
    """How many threads share the worlds of a view."""
    return max(1, min(os.cpu_count() or 1, view.connected.size // PORTS_A_THREAD))


def of_worlds(group: tuple[Any, ...], begin: int, end: int) -> tuple[Any, ...]:
    """The worlds from `begin` to before `end` of a group of arrays, a plain tuple as kernels take it."""
    if begin == 0 and end == len(group[0]):
        return tuple(group)
    return tuple(array[begin:end] for array in group)


def _kernels() -> ModuleType:
    """The compiled part, imported on first use."""
    from core.agents.planner import kernels

    return kernels


class Planner:
    """Plans of all ports of some worlds, kept from step to step.

    Attributes
    ----------
    plan_kwh : array of float
        [worlds, rows, steps]: energy that each row stores in each step, > 0 charges; rows are ports, then guests.
    load_kw, price : array of float
        [worlds, transformers, steps]: power that the plan implies, other load included, and congestion price.
    site_kw : array of float
        [worlds, steps]: power of all cars.
    guests_kw : array of float
        [worlds, transformers, steps]: of the load, what expected guests draw.
    peak_kw, ceiling_kw : array of float
        [worlds]: highest power of all cars up to now, and that is planned for.
    arrived : array of bool
        [worlds, ports]: cars that the last `update` saw for the first time.
    """

    def __init__(self, *, sweeps: int = SWEEPS, moves: int = MOVES, paths: int = 1) -> None:
        self.kernels = _kernels()
        self._effort: Effort = self.kernels.Effort(sweeps, moves, FIRST_SWEEPS, paths)
        self._last_step = -1

    def _begin(self, view: FleetView) -> None:
        """What no step of a day changes, and plans to begin with."""
        kernels = self.kernels
        worlds, ports = view.connected.shape
        transformers, steps = view.limit_kw.shape[1:]
        groups = transformers * -(-steps // round(1 / STEP_HOURS))
        self.plan_kwh: Floats = np.zeros((worlds, ports + groups, steps))
        self._departure: Ints = np.full((worlds, ports), -1)
        self._guests: Floats = np.zeros((worlds, groups))
        self.peak_kw: Floats = np.zeros(worlds)
        self.ceiling_kw: Floats = np.full(worlds, -1.0)
        self.load_kw: Floats = np.zeros((worlds, transformers, steps))
        self.price: Floats = np.zeros((worlds, transformers, steps))
        self.site_kw: Floats = np.zeros((worlds, steps))
        self.guests_kw: Floats = np.zeros((worlds, transformers, steps))
        self._arrivals: Arrivals = kernels.Arrivals(
            view.arrival_rate, view.arrival_need_kwh, view.arrival_stay_steps, view.arrival_charge_kw
        )
        self.layout: Layout = kernels.Layout(view.ports_per_station, view.transformer_of_port)
        self.memory: Memory = kernels.Memory(
            self.plan_kwh, self._departure, self._guests, self.peak_kw, self.ceiling_kw,
            np.zeros(self.load_kw.shape), np.zeros(self.load_kw.shape),
            np.zeros(self.site_kw.shape), np.zeros(self.site_kw.shape),
        )  # fmt: skip
        self.outlook: Outlook = kernels.Outlook(self.load_kw, self.site_kw, self.price, self.guests_kw)
        self._best_efficiency: Floats = view.efficiency[:, : round(view.charger_current_a) + 1].max(axis=1)
        self._objective: Objective[Floats] | None = None

    def _read_prices(self, view: FleetView) -> None:
        """The objective's prices: the same all day where they are known ahead."""
        if view.objective is self._objective:
            return
        self._objective = objective = view.objective
        self.prices: Prices = self.kernels.Prices(
            charge_cost=-objective.charge_value,
            discharge_gain=objective.discharge_value,
            unmet=objective.unmet_value,
            overload=objective.overload_value,
            deviation=objective.deviation_value,
            peak=objective.peak_value,
        )

    def update(self, view: FleetView) -> Floats:
        """Bring the plan up to date; gives its first step, [worlds, ports] kW at the battery."""
        self._open(view)
        self._read_prices(view)
        before = self._departure.copy()
        kernels = self.kernels
        self.cars: Cars = kernels.Cars(
            connected=view.connected,
            steps_left=view.steps_left,
            energy=view.energy_kwh,
            capacity=view.capacity_kwh,
            wanted=view.wanted_kwh,
            min_energy=view.min_energy_kwh,
            charge_kw=view.charge_kw,
            discharge_kw=view.discharge_kw,
            taper=view.taper,
            full_kw=self._best_efficiency[view.model] * (view.charger_current_a * view.kw_per_ampere),
        )
        self.limits: Limits = kernels.Limits(
            upper=view.limit_forecast_kw,
            lower=view.lower_limit_kw,
            base=view.base_load_kw,
            setpoint=NO_SETPOINT if view.setpoint_kw is None else view.setpoint_kw,
        )
        worlds = (self.cars, self.limits, self.prices, self._arrivals, self.memory, self.outlook)

        def replan(begin: int, end: int) -> None:
            groups = (of_worlds(group, begin, end) for group in worlds)
            kernels.replan(view.step, tuple(self._effort), tuple(self.layout), *groups)

        deal_out(len(view.connected), threads_for(view), replan)
        ports = view.connected.shape[1]
        self.arrived: Bools = view.connected & (before != self._departure)
        return np.where(view.connected, self.plan_kwh[:, :ports, view.step] / STEP_HOURS, 0.0)

    def _open(self, view: FleetView) -> None:
        if view.step <= self._last_step or self._last_step < 0 or self.plan_kwh.shape[0] != len(view.connected):
            self._begin(view)
        self._last_step = view.step

    def rest(self, view: FleetView) -> None:
        """Instead of `update`, in a step in which no car is anywhere."""
        self._open(view)
        self._departure[:] = -1

    def note_power(self, power_kw: Floats) -> None:
        """Tell what was really asked for, [worlds, ports] kW, so that the peak is known."""
        np.maximum(self.peak_kw, power_kw.sum(axis=1), out=self.peak_kw)
