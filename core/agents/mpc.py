"""`mpc`: plans anew in every step with what is known then, and does the first step of the plan.

It knows the cars that are plugged in, known and expected prices, announced limits, forecasts of load and PV, and the
statistics of arrivals; never a car that has not come. The program is the optimum's (`core.agents.optimum.schedule`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.agents.base import Agent, FleetView, Floats, Ints
from core.agents.info import AgentInfo, Look
from core.agents.optimum.execute import carry_out
from core.agents.optimum.problem import Problem, Values
from core.agents.optimum.schedule import best_schedule
from core.scenario import STEP_HOURS
from core.world import World
from core.world.battery import on_grid

HORIZON_STEPS = 96
"""Default horizon: a day, beyond nearly every stay."""


STEPS_AN_HOUR = round(1 / STEP_HOURS)

LEAST_GUESTS = 0.05
"""Hours in which fewer cars than this are expected are left out of the plan."""


@dataclass(frozen=True, slots=True)
class Coming:
    """Cars that have not come, as the plan takes them: arrays [cars], as in `Problem`, steps counted from now."""

    first_step: Ints
    last_step: Ints
    energy: Floats
    wanted: Floats
    capacity: Floats
    min_energy: Floats
    charge_limit: Floats
    discharge_limit: Floats
    taper: Floats
    station: Ints
    transformer: Ints
    full_station: Floats


class ModelPredictiveControl(Agent):
    """Receding-horizon optimum.

    Parameters
    ----------
    horizon_steps : int
        How many steps ahead it plans, this one included. What a car wants after the horizon is reduced by what it
        could still charge until it leaves.
    """

    name: ClassVar[str] = "mpc"

    def __init__(self, horizon_steps: int = HORIZON_STEPS) -> None:
        if horizon_steps < 1:
            raise ValueError("horizon_steps: must be at least 1")
        self._horizon = horizon_steps

    def prepare(self, worlds: Sequence[World]) -> None:
        self._peak_kw = np.zeros(len(worlds))

    def act(self, view: FleetView) -> Floats:
        planned, following = np.zeros((2, *view.energy_kwh.shape))
        for world in range(len(planned)):
            ports = np.flatnonzero(view.connected[world])
            if len(ports):
                planned[world, ports], following[world, ports] = self._plan(view, world, ports)
        actions, change = carry_out(view, planned, following, self._peak_kw)
        self._peak_kw = np.maximum(self._peak_kw, change.sum(axis=1) / STEP_HOURS)
        return actions

    def _plan(self, view: FleetView, world: int, ports: np.ndarray) -> tuple[Floats, Floats]:
        """[len(ports)] kWh: what the best plan adds in its first and in its second step."""
        now = view.step
        steps = slice(now, min(view.n_steps, now + self._horizon))
        left = view.steps_left[world, ports]
        last = np.minimum(left, steps.stop - now) - 1
        after = (left - 1 - last) * view.charge_kw[world, ports] * STEP_HOURS
        values = Values.of(view.objective.of_world(world).in_steps(steps))
        best_efficiency = view.efficiency[view.model[world, ports], : round(view.charger_current_a) + 1].max(axis=1)
        guests = self.coming(view, world, steps)
        base_load, upper_limit = self.outlook(view, world, steps)

        def cars(known: Any, expected: Any) -> Any:
            return np.concatenate([known, expected])

        solution = best_schedule(
            Problem(
                first_step=cars(np.zeros(len(ports), dtype=np.int64), guests.first_step),
                last_step=cars(last, guests.last_step),
                energy=cars(on_grid(view.energy_kwh[world, ports]), guests.energy),
                wanted=cars(view.wanted_kwh[world, ports] - after, guests.wanted),
                capacity=cars(view.capacity_kwh[world, ports], guests.capacity),
                min_energy=cars(view.min_energy_kwh[world, ports], guests.min_energy),
                charge_limit=cars(view.charge_kw[world, ports] * STEP_HOURS, guests.charge_limit),
                discharge_limit=cars(view.discharge_kw[world, ports] * STEP_HOURS, guests.discharge_limit),
                taper=cars(view.taper[world, ports], guests.taper),
                station=cars(ports // view.ports_per_station, guests.station),
                transformer=cars(view.transformer_of_port[ports], guests.transformer),
                full_station=cars(
                    best_efficiency * view.charger_current_a * view.kw_per_ampere * STEP_HOURS, guests.full_station
                ),
                values=values,
                base_load=base_load,
                upper_limit=upper_limit,
                lower_limit=view.lower_limit_kw[world, :, steps],
                setpoint=None if view.setpoint_kw is None else view.setpoint_kw[world, steps],
                peak_so_far=float(self._peak_kw[world]),
                exclusive_steps=1,
            )
        )
        known, change = solution.car < len(ports), solution.charged - solution.discharged
        steps_of_plan = np.zeros((2, len(ports)))
        for step in range(2):
            chosen = known & (solution.step == step)
            steps_of_plan[step, solution.car[chosen]] = change[chosen]
        return steps_of_plan[0], steps_of_plan[1]

    def outlook(self, view: FleetView, world: int, steps: slice) -> tuple[Floats, Floats]:
        """Other load less PV, and upper limits, as expected in `steps`: both [transformers, steps] kW."""
        return view.base_load_kw[world, :, steps], view.limit_forecast_kw[world, :, steps]

    def coming(self, view: FleetView, world: int, steps: slice) -> Coming:
        """Cars that statistics expect, gathered by the hour of arrival and transformer; they only charge.

        Without them the plan would sell energy now that all cars of the afternoon cannot buy back together.
        """
        from core.agents.planner.kernels import expect  # numba, on first use

        n_transformers, n_steps = view.limit_kw.shape[1:]
        stay_steps, need_kwh = view.arrival_stay_steps[world], view.arrival_need_kwh[world]
        coming = np.zeros((n_transformers, n_steps))
        expect(
            view.step, view.connected[world], view.steps_left[world], view.transformer_of_port,
            view.arrival_rate[world], stay_steps, coming,
        )  # fmt: skip
        hours = -(-(steps.stop - steps.start - 1) // STEPS_AN_HOUR)
        padded = np.zeros((3, n_transformers, hours * STEPS_AN_HOUR))
        window = slice(steps.start + 1, steps.stop)
        padded[:, :, : steps.stop - steps.start - 1] = (
            coming[:, window], coming[:, window] * need_kwh[window], coming[:, window] * stay_steps[window],
        )  # fmt: skip
        number, need, stay = padded.reshape(3, n_transformers, hours, STEPS_AN_HOUR).sum(axis=3)
        transformer, hour = np.nonzero(number > LEAST_GUESTS)
        number, need, stay = number[transformer, hour], need[transformer, hour], stay[transformer, hour]
        first = 1 + hour * STEPS_AN_HOUR + STEPS_AN_HOUR // 2
        last = np.minimum(first + np.round(stay / number).astype(np.int64) - 1, steps.stop - steps.start - 1)
        limit = number * view.arrival_charge_kw[world] * STEP_HOURS
        keep = last >= first
        most = limit * (last - first + 1)
        n = int(keep.sum())
        need, nothing, ones = np.minimum(need, most)[keep], np.zeros(n), np.ones(n)
        return Coming(
            first_step=first[keep],
            last_step=last[keep],
            energy=nothing,
            wanted=need,
            capacity=need,
            min_energy=nothing,
            charge_limit=limit[keep],
            discharge_limit=nothing,
            taper=ones,
            # Stations of their own: where they will plug in is not known.
            station=len(view.transformer_of_port) + np.arange(n),
            transformer=transformer[keep],
            full_station=ones,
        )


AGENTS = (
    AgentInfo(
        "mpc", "optimiser", ModelPredictiveControl, Look("#0072B2", "#56B4E9", "square"), plans_every_step=True, place=1
    ),
)
