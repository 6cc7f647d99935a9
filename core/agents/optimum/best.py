"""`best`: the perfect-foresight optimum of the scenario's own objective, and the bound nobody can beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.agents.base import Agent, FleetView, Floats, Ints
from core.agents.optimum.program import Problem, solve_program
from core.scenario import STEP_HOURS
from core.world import World
from core.world.battery import ACTION_DECIMALS, ROUNDING_KWH, car_limits, kw_per_ampere

SLACK_KWH = 2 * ROUNDING_KWH
"""How far a battery may be from its plan where that spares a worse step."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An optimal schedule."""

    energy_kwh: Floats
    """[ports, steps]: energy in the battery at the end of each step, NaN at empty ports."""
    objective_eur: float
    """J of the plan itself."""
    bound_eur: float
    """Proven upper bound on J; equals `objective_eur` unless binaries left a gap."""
    binaries: int

    @property
    def gap_eur(self) -> float:
        """What the solver leaves open."""
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
    target = np.full((world.scenario.n_ports, world.n_steps), np.nan)
    if not len(s):
        constant = _grid_constant(world, np.arange(world.n_steps))
        return Plan(target, constant, constant, 0)
    solution = solve_program(_problem(world))
    # Steps in which no car is plugged in anywhere cost the same whatever the plan.
    constant = _grid_constant(world, np.setdiff1d(np.arange(world.n_steps), solution.step))
    target[s.port[solution.car], solution.step] = solution.energy
    return Plan(target, solution.value + constant, solution.bound + constant, solution.binaries)


def _problem(world: World) -> Problem:
    scenario, s, objective, limits = world.scenario, world.sessions, Objective.of(world), car_limits(world)
    return Problem(
        first_step=s.arrival_step,
        last_step=s.departure_step,
        energy=s.arrival_energy_kwh,
        wanted=s.wanted_energy_kwh,
        capacity=s.capacity_kwh,
        min_energy=s.min_energy_kwh,
        charge_limit=limits.charge_kw * STEP_HOURS,
        discharge_limit=limits.discharge_kw * STEP_HOURS,
        taper=limits.taper,
        station=s.station,
        transformer=world.station_transformer[s.station],
        full_station=limits.best_efficiency * scenario.charger_current_a * kw_per_ampere(scenario) * STEP_HOURS,
        charge_value=objective.charge_value,
        discharge_value=objective.discharge_value,
        unmet_value=objective.w_user * objective.unmet_price,
        base_load=world.base_load_kw,
        upper_limit=world.limit_kw,
        lower_limit=world.lower_limit_kw,
        overload_value=objective.w_grid * objective.overload_price,
        setpoint=world.setpoint_kw,
        deviation_value=objective.w_grid * objective.deviation_price,
        peak_value=objective.w_provider * objective.demand_price,
    )


def _grid_constant(world: World, steps: Ints) -> float:
    """J's part that no agent can change: overload and deviation in `steps` without cars."""
    objective = Objective.of(world)
    base = world.base_load_kw[:, steps]
    over = np.maximum(0.0, np.maximum(base - world.limit_kw[:, steps], world.lower_limit_kw[:, steps] - base)).sum()
    deviation = 0.0 if world.setpoint_kw is None else float(np.abs(world.setpoint_kw[steps]).sum())
    cost = objective.overload_price * float(over) + objective.deviation_price * deviation
    return -objective.w_grid * cost * STEP_HOURS


class Best(Agent):
    """Executes `solve`'s plan: each car's battery is steered to the energy planned for the end of the step."""

    name: ClassVar[str] = "best"
    foresight: ClassVar[bool] = True

    def prepare(self, worlds: Sequence[World]) -> None:
        plans = [solve(world) for world in worlds]
        self._target = np.stack([plan.energy_kwh for plan in plans])
        self._pays = np.stack([_charging_pays(world) for world in worlds])
        self.bound_eur = sum(plan.bound_eur for plan in plans)
        self.bound_gap_eur = sum(plan.gap_eur for plan in plans)

    def act(self, view: FleetView) -> Floats:
        target = self._target[:, :, view.step]
        flat = np.ptp(view.efficiency, axis=1)[view.model] == 0
        # EV2Gym rounds the battery's energy up to the next multiple. That is a gift where energy costs money, but takes
        # up room where charging pays: there the target is just below a multiple, so that nothing is left to round.
        hair = STEP_HOURS * view.charger_current_a * view.kw_per_ampere * 10.0**-ACTION_DECIMALS
        just_below = np.floor(target / ROUNDING_KWH + 1e-6) * ROUNDING_KWH - hair
        tidy = self._pays[:, view.step, None] & (flat | (target - view.energy_kwh < view.most_kwh * (1 - 1e-6)))
        missing = np.where(view.connected, np.where(tidy, just_below, target) - view.energy_kwh, 0.0)
        # Just below full power many cars' efficiency falls by a step: rather all of it, and a little less later.
        most, least = view.most_kwh, -view.discharge_kw * STEP_HOURS
        nearly = ~flat & (np.abs(missing) > SLACK_KWH)
        # Where the taper limits, full current has the best efficiency, and so the fastest taper. But ports share it.
        all_of_it = view.charge_kw * STEP_HOURS if view.ports_per_station == 1 else most
        missing = np.where(nearly & (missing > most - SLACK_KWH), all_of_it, missing)
        missing = np.where(nearly & (missing < least + SLACK_KWH), least, missing)
        # A small surplus is not worth discharging: that would only collect more of the rounding.
        return view.action_for(np.where((missing < 0) & (missing > -2 * SLACK_KWH), 0.0, missing) / STEP_HOURS)


def _charging_pays(world: World) -> NDArray[np.bool_]:
    """[steps]: where J gains by charging more, other things equal, at least while power is below its set-point."""
    objective = Objective.of(world)
    tracking = 0.0 if world.setpoint_kw is None else objective.w_grid * objective.deviation_price
    return objective.charge_value + tracking > 0
