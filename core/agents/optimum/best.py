"""`best`: the perfect-foresight optimum of the scenario's own objective, and the bound nobody can beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.accounts.objective import Objective
from core.agents.base import Agent, FleetView, Floats, Ints
from core.agents.optimum.execute import SAME_KWH, follow, most_load
from core.agents.optimum.problem import Problem, Values
from core.agents.optimum.schedule import best_schedule
from core.errors import SolverError
from core.scenario import STEP_HOURS
from core.world import World
from core.world.battery import ROUNDING_KWH, car_limits, kw_per_ampere, on_grid, on_grid_below

BEHIND_KWH = 0.025
"""A battery further behind its plan lets the rest of the day be planned anew, but not within `AGAIN_STEPS`."""

AGAIN_STEPS = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """An optimal schedule."""

    energy_kwh: Floats
    """[ports, steps]: energy in the battery at the end of each step, NaN at empty ports."""
    change_kwh: Floats
    """[ports, steps]: what each step adds to it; 0 at empty ports."""
    objective_eur: float
    """J of the plan itself."""
    bound_eur: float
    """Proven upper bound on J."""
    binaries: int

    @property
    def gap_eur(self) -> float:
        """What that leaves open: rounding that might help where power or taper bind, and what binaries left."""
        return self.bound_eur - self.objective_eur


def solve(world: World) -> Plan:
    """The best schedule for `world`, knowing everything.

    Parameters
    ----------
    world : World

    Returns
    -------
    Plan

    Raises
    ------
    SolverError
        When HiGHS finds no plan.
    """
    s = world.sessions
    energy = np.full((world.scenario.n_ports, world.n_steps), np.nan)
    change = np.zeros(energy.shape)
    if not len(s):
        constant = grid_constant(world, np.arange(world.n_steps))
        return Plan(energy, change, constant, constant, 0)
    solution = best_schedule(problem_of(world))
    # Steps in which no car is plugged in anywhere cost the same whatever the plan.
    constant = grid_constant(world, np.setdiff1d(np.arange(world.n_steps), solution.step))
    energy[s.port[solution.car], solution.step] = solution.energy
    change[s.port[solution.car], solution.step] = solution.charged - solution.discharged
    # Adding nought makes a negative zero one.
    return Plan(energy, change, solution.value + constant + 0.0, solution.bound + constant + 0.0, solution.binaries)


def problem_of(world: World, step: int = 0, energy_kwh: Floats | None = None, peak_kw: float = 0.0) -> Problem:
    """The program of a day, or of what is left of it from `step` on.

    `energy_kwh` [ports] is then in the batteries of the cars that are there, and `peak_kw` was the peak before.
    """
    scenario, s, limits = world.scenario, world.sessions, car_limits(world)
    cars = np.flatnonzero(s.departure_step >= step)
    energy = s.arrival_energy_kwh[cars]
    if energy_kwh is not None:
        energy = np.where(s.arrival_step[cars] < step, energy_kwh[s.port[cars]], energy)
    charge = limits.charge_kw[cars] * STEP_HOURS
    return Problem(
        first_step=np.maximum(s.arrival_step[cars], step) - step,
        last_step=s.departure_step[cars] - step,
        energy=on_grid(energy),
        wanted=s.wanted_energy_kwh[cars],
        capacity=s.capacity_kwh[cars],
        min_energy=s.min_energy_kwh[cars],
        charge_limit=on_grid(charge),
        # Where that is a multiple already, EV2Gym's arithmetic may still lift it to the next one.
        # The first step of a battery counts from the grid above it, but its power from where it was.
        discharge_bump=np.where(on_grid_below(energy) < on_grid(energy), ROUNDING_KWH, 0.0),
        charge_bump=np.where(on_grid_below(charge) == on_grid(charge), ROUNDING_KWH, 0.0),
        discharge_limit=on_grid_below(limits.discharge_kw[cars] * STEP_HOURS),
        taper=limits.taper[cars],
        station=s.station[cars],
        transformer=world.station_transformer[s.station[cars]],
        full_station=limits.best_efficiency[cars] * scenario.charger_current_a * kw_per_ampere(scenario) * STEP_HOURS,
        values=Values.of(Objective.of(world).in_steps(slice(step, None))),
        base_load=world.base_load_kw[:, step:],
        upper_limit=world.limit_kw[:, step:],
        lower_limit=world.lower_limit_kw[:, step:],
        setpoint=None if world.setpoint_kw is None else world.setpoint_kw[step:],
        peak_so_far=peak_kw,
    )


def grid_constant(world: World, steps: Ints) -> float:
    """J's part that no agent can change: overload and deviation in `steps` without cars."""
    objective = Objective.of(world)
    base = world.base_load_kw[:, steps]
    over = np.maximum(0.0, np.maximum(base - world.limit_kw[:, steps], world.lower_limit_kw[:, steps] - base)).sum()
    deviation = 0.0 if world.setpoint_kw is None else float(np.abs(world.setpoint_kw[steps]).sum())
    cost = objective.overload_price * float(over) + objective.deviation_price * deviation
    return -objective.w_grid * cost * STEP_HOURS


class Best(Agent):
    """Executes `solve`'s plan: each car's battery is steered to the energy planned for the end of the step.

    Where efficiency, taper or shared current have let a battery fall behind, what is left of the day is planned anew.
    """

    name: ClassVar[str] = "best"
    foresight: ClassVar[bool] = True

    def prepare(self, worlds: Sequence[World]) -> None:
        plans = [solve(world) for world in worlds]
        self._worlds = worlds
        self._target = np.stack([plan.energy_kwh for plan in plans])
        self._change = np.stack([plan.change_kwh for plan in plans])
        self._most = np.stack([_most_load(w, plan.change_kwh) for w, plan in zip(worlds, plans, strict=True)])
        self._again = np.array(
            [0 if plan.binaries == 0 else world.n_steps for world, plan in zip(worlds, plans, strict=True)]
        )
        self._peak_kw = np.zeros(len(worlds))
        self.bound_eur = np.array([plan.bound_eur for plan in plans])
        self.bound_gap_eur = np.array([plan.gap_eur for plan in plans])

    def _plan_again(self, view: FleetView) -> None:
        """Mend the plans of worlds in which a battery has fallen behind."""
        if view.step == 0:
            return
        before = self._target[:, :, view.step - 1]
        behind = np.where(view.connected & (view.steps_left > 0), np.nan_to_num(before - view.energy_kwh), 0.0)
        for i in np.flatnonzero((behind.max(axis=1) > BEHIND_KWH) & (view.step >= self._again)):
            world, s = self._worlds[int(i)], self._worlds[int(i)].sessions
            try:
                solution = best_schedule(problem_of(world, view.step, view.energy_kwh[i], float(self._peak_kw[i])))
            except SolverError:
                continue
            port, step = s.port[np.flatnonzero(s.departure_step >= view.step)[solution.car]], solution.step + view.step
            self._target[i][port, step] = solution.energy
            self._change[i][port, step] = solution.charged - solution.discharged
            self._most[i] = _most_load(world, self._change[i])
            self._again[i] = view.step + AGAIN_STEPS

    def act(self, view: FleetView) -> Floats:
        self._plan_again(view)
        here = view.connected
        planned = np.where(here, self._change[:, :, view.step], 0.0)
        following = self._change[:, :, min(view.step + 1, view.n_steps - 1)]
        missing = np.where(here, self._target[:, :, view.step] - on_grid(view.energy_kwh), 0.0)
        actions, change = follow(view, missing, planned, following, self._most[:, :, view.step])
        self._peak_kw = np.maximum(self._peak_kw, change.sum(axis=1) / STEP_HOURS)
        return actions


def _most_load(world: World, change_kwh: Floats) -> Floats:
    """[transformers, steps] kWh: `most_load` of a plan that changes batteries by `change_kwh` [ports, steps]."""
    objective = Objective.of(world)
    of_port = np.repeat(world.station_transformer, world.scenario.ports_per_station)
    cars, moving = (np.zeros(world.base_load_kw.shape) for _ in range(2))
    np.add.at(cars, of_port, change_kwh)
    np.add.at(moving, of_port, np.abs(change_kwh) > SAME_KWH)
    room = (world.limit_kw - world.base_load_kw) * STEP_HOURS
    return most_load(
        cars,
        moving,
        room_kwh=room if objective.overload_value > 0 else None,
        peak_kwh=float(cars.sum(axis=0).max()) if objective.peak_value / STEP_HOURS > objective.unmet_value else None,
        setpoint=world.setpoint_kw is not None and objective.deviation_value > 0,
    )
