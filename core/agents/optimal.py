"""`best`: the perfect-foresight optimum of the scenario's own objective, and the bound nobody can beat.

A sparse (mixed-integer) linear program over the energy that each car charges and discharges in each step of its stay,
solved by HiGHS through SciPy: no licence and no size limit. The plan is then executed in the simulator like any other
agent's, tracking the planned energy of every battery.

Why its optimum bounds every agent: each constraint is implied by EV2Gym's physics (docs/engines.md), with efficiencies
taken at their best current. EV2Gym's rounding of the battery's energy up to 0.01 kWh is the one gift that physics does
not cover; `rounding=True` adds exactly that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from core.agents.base import Agent, FleetView, Floats, Ints
from core.battery import ROUNDING_KWH, CarLimits, car_limits, kw_per_ampere
from core.errors import SolverError
from core.objective import Objective
from core.scenario import STEP_HOURS
from core.world import World

MIP_SECONDS = 2.0
"""Time HiGHS may take where binaries are needed; what it leaves open is reported as `gap_eur`."""

MIP_RELATIVE_GAP = 1e-3


@dataclass(frozen=True, slots=True)
class Plan:
    """An optimal schedule.

    `energy_kwh` is [ports, steps], energy in the battery at the end of each step, NaN at empty ports.
    """

    energy_kwh: Floats
    objective_eur: float
    """J of the plan itself."""
    bound_eur: float
    """Proven upper bound on J; equals `objective_eur` unless binaries left a gap."""
    binaries: int

    @property
    def gap_eur(self) -> float:
        """What the solver leaves open."""
        return self.bound_eur - self.objective_eur


class _Rows:
    """Collects the rows of a sparse constraint matrix, block by block."""

    def __init__(self) -> None:
        self._row: list[Ints] = []
        self._column: list[Ints] = []
        self._value: list[Floats] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self.count = 0

    def add(self, n: int, entries: Sequence[tuple[Any, Any, Any]], low: Any, high: Any) -> None:
        """Add `n` rows; `entries` are (row within the block, column, coefficient), each broadcast together."""
        for row, column, value in entries:
            row, column, value = np.broadcast_arrays(row, column, value)
            self._row.append(row.ravel() + self.count)
            self._column.append(column.ravel())
            self._value.append(value.ravel().astype(np.float64))
        self._low.append(np.broadcast_to(np.asarray(low, dtype=np.float64), (n,)))
        self._high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), (n,)))
        self.count += n

    def constraint(self, columns: int) -> LinearConstraint:
        matrix = coo_array(
            (np.concatenate(self._value), (np.concatenate(self._row), np.concatenate(self._column))),
            shape=(self.count, columns),
        ).tocsc()
        return LinearConstraint(matrix, np.concatenate(self._low), np.concatenate(self._high))


@dataclass(frozen=True, slots=True)
class _Stays:
    """Every (session, step) in which a car may act, session by session: arrays [stays]."""

    session: Ints
    step: Ints
    first: NDArray[np.bool_]
    last: Ints  # [sessions]: index of each session's last stay


def _stays(world: World) -> _Stays:
    s = world.sessions
    length = s.departure_step - s.arrival_step + 1
    end = np.cumsum(length)
    session = np.repeat(np.arange(len(s)), length)
    within = np.arange(int(length.sum())) - np.repeat(end - length, length)
    return _Stays(session, s.arrival_step[session] + within, within == 0, end - 1)


def solve(world: World, *, rounding: bool = False) -> Plan:
    """The best schedule for `world`, knowing everything.

    Parameters
    ----------
    world : World
    rounding : bool
        Give every car up to 0.01 kWh for free in every step, as EV2Gym's rounding may: the bound that no agent in the
        simulator can beat. The plan itself is then not executable.

    Returns
    -------
    Plan

    Raises
    ------
    SolverError
        When HiGHS finds no plan (the program always has one: doing nothing).
    """
    objective, limits = Objective.of(world), car_limits(world)
    scenario, s = world.scenario, world.sessions
    if not len(s):
        constant = _grid_constant(world, objective, np.arange(world.n_steps))
        return Plan(np.full((scenario.n_ports, world.n_steps), np.nan), constant, constant, 0)

    stays = _stays(world)
    n, cars = len(stays.step), len(s)
    # Columns: charged, discharged and remaining energy per stay, then unmet energy per car, then slacks.
    charge, discharge, energy, unmet = np.arange(n), n + np.arange(n), 2 * n + np.arange(n), 3 * n + np.arange(cars)
    columns = 3 * n + cars
    per_stay = stays.session
    capacity = s.capacity_kwh[per_stay]
    lower = np.zeros(columns)
    upper = np.full(columns, np.inf)
    upper[charge] = limits.charge_kw[per_stay] * STEP_HOURS
    upper[discharge] = limits.discharge_kw[per_stay] * STEP_HOURS
    lower[energy] = np.minimum(s.min_energy_kwh, s.arrival_energy_kwh)[per_stay]
    upper[energy] = capacity
    cost = np.zeros(columns)
    cost[charge] = -objective.charge_value[stays.step]
    cost[discharge] = -objective.discharge_value[stays.step]
    cost[unmet] = objective.w_user * objective.unmet_price

    rows = _Rows()
    at = np.arange(n)
    later = np.flatnonzero(~stays.first)
    # Energy balance; EV2Gym's rounding may add a little.
    arrived = np.where(stays.first, s.arrival_energy_kwh[per_stay], 0.0)
    rows.add(
        n,
        [(at, energy, 1.0), (at, charge, -1.0), (at, discharge, 1.0), (later, energy[later - 1], -1.0)],
        arrived,
        arrived + (ROUNDING_KWH if rounding else 0.0),
    )
    # Taper: charged <= taper * (capacity - energy before).
    taper = limits.taper[per_stay]
    slow = np.flatnonzero((taper < 1) & ~stays.first)
    rows.add(
        len(slow),
        [(np.arange(len(slow)), charge[slow], 1.0), (np.arange(len(slow)), energy[slow - 1], taper[slow])],
        -np.inf,
        (taper * capacity)[slow],
    )
    first = stays.first
    upper[charge[first]] = np.minimum(
        upper[charge[first]], taper[first] * np.maximum(0.0, capacity[first] - s.arrival_energy_kwh)
    )
    rows.add(
        cars, [(np.arange(cars), unmet, 1.0), (np.arange(cars), energy[stays.last], 1.0)], s.wanted_energy_kwh, np.inf
    )
    _share_stations(rows, world, limits, stays, charge, discharge)

    slack_cost, columns = _add_grid(rows, world, objective, limits, stays, charge, discharge, columns)
    integrality = None
    binaries = 0
    exclusive = np.flatnonzero(objective.both_pay[stays.step] & (upper[discharge] > 0))
    lower_extra, upper_extra = np.zeros(len(slack_cost)), np.full(len(slack_cost), np.inf)
    if len(exclusive):
        # charging[k] is 1 where the car may charge and 0 where it may discharge.
        binaries = len(exclusive)
        charging, rank = columns + np.arange(binaries), np.arange(binaries)
        columns += binaries
        rows.add(binaries, [(rank, charge[exclusive], 1.0), (rank, charging, -upper[charge[exclusive]])], -np.inf, 0.0)
        most = upper[discharge[exclusive]]
        rows.add(binaries, [(rank, discharge[exclusive], 1.0), (rank, charging, most)], -np.inf, most)
        slack_cost = np.concatenate([slack_cost, np.zeros(binaries)])
        lower_extra = np.concatenate([lower_extra, np.zeros(binaries)])
        upper_extra = np.concatenate([upper_extra, np.ones(binaries)])
        integrality = np.zeros(columns)
        integrality[charging] = 1
    result = milp(
        np.concatenate([cost, slack_cost]),
        integrality=integrality,
        bounds=Bounds(np.concatenate([lower, lower_extra]), np.concatenate([upper, upper_extra])),
        constraints=rows.constraint(columns),
        options={"time_limit": MIP_SECONDS, "mip_rel_gap": MIP_RELATIVE_GAP} if binaries else {},
    )
    if result.x is None:
        raise SolverError(f"HiGHS found no plan: {result.message}")
    constant = _grid_constant(world, objective, _untouched_steps(world, stays))
    planned = -float(result.fun) + constant
    proven = -float(result.mip_dual_bound) + constant if binaries else planned
    target = np.full((scenario.n_ports, world.n_steps), np.nan)
    target[s.port[per_stay], stays.step] = result.x[energy]
    return Plan(target, planned, max(planned, proven), binaries)


def _share_stations(
    rows: _Rows, world: World, limits: CarLimits, stays: _Stays, charge: Ints, discharge: Ints
) -> None:
    """Cars at one station share its current: the shares they need add up to at most 1, each way."""
    scenario = world.scenario
    if scenario.ports_per_station == 1:
        return
    group = world.sessions.station[stays.session] * world.n_steps + stays.step
    _, row, size = np.unique(group, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(size[row] > 1)
    if not len(shared):
        return
    _, row = np.unique(row[shared], return_inverse=True)
    # Energy that the station's full current stores in one step, at the car's best efficiency.
    full = limits.best_efficiency * scenario.charger_current_a * kw_per_ampere(scenario) * STEP_HOURS
    share = 1 / full[stays.session[shared]]
    for columns in (charge, discharge):
        rows.add(int(row.max()) + 1, [(row, columns[shared], share)], -np.inf, 1.0)


def _untouched_steps(world: World, stays: _Stays) -> Ints:
    """Steps in which no car is plugged in anywhere."""
    return np.setdiff1d(np.arange(world.n_steps), stays.step)


def _grid_constant(world: World, objective: Objective, steps: Ints) -> float:
    """J's part that no agent can change: overload and deviation in `steps` without cars."""
    base = world.base_load_kw[:, steps]
    over = np.maximum(0.0, np.maximum(base - world.limit_kw[:, steps], world.lower_limit_kw[:, steps] - base)).sum()
    deviation = 0.0 if world.setpoint_kw is None else float(np.abs(world.setpoint_kw[steps]).sum())
    cost = objective.overload_price * float(over) + objective.deviation_price * deviation
    return -objective.w_grid * cost * STEP_HOURS


def _add_grid(
    rows: _Rows,
    world: World,
    objective: Objective,
    limits: CarLimits,
    stays: _Stays,
    charge: Ints,
    discharge: Ints,
    columns: int,
) -> tuple[Floats, int]:
    """Slacks for overload and deviation and the epigraph of the peak: their costs, and the new number of columns."""
    costs: list[Floats] = []
    per_kw = 1 / STEP_HOURS

    def new_columns(n: int, price: float) -> Ints:
        nonlocal columns
        costs.append(np.full(n, price))
        columns += n
        return np.arange(columns - n, columns)

    transformer = world.station_transformer[world.sessions.station[stays.session]]
    steps = np.unique(stays.step)
    # Overload is priced for every transformer in every step with a car anywhere; other steps are a constant.
    group = transformer * world.n_steps + stays.step
    price = objective.w_grid * objective.overload_price * STEP_HOURS
    if price > 0:
        key = (np.arange(world.scenario.transformers)[:, None] * world.n_steps + steps).ravel()
        row = np.searchsorted(key, group)
        base = world.base_load_kw[:, steps].ravel()
        high, low = world.limit_kw[:, steps].ravel() - base, world.lower_limit_kw[:, steps].ravel() - base
        over = new_columns(len(key), price)
        at = np.arange(len(key))
        power = [(row, charge, per_kw), (row, discharge, -per_kw)]
        rows.add(len(key), [*power, (at, over, -1.0)], -np.inf, high)
        rows.add(len(key), [*power, (at, over, 1.0)], low, np.inf)
    row = np.searchsorted(steps, stays.step)
    power = [(row, charge, per_kw), (row, discharge, -per_kw)]
    at = np.arange(len(steps))
    price = objective.w_grid * objective.deviation_price * STEP_HOURS
    if world.setpoint_kw is not None and price > 0:
        wanted = world.setpoint_kw[steps]
        above, below = new_columns(len(steps), price), new_columns(len(steps), price)
        rows.add(len(steps), [*power, (at, above, -1.0), (at, below, 1.0)], wanted, wanted)
    price = objective.w_provider * objective.demand_price
    if price > 0:
        peak = new_columns(1, price)
        rows.add(len(steps), [*power, (at, peak, -1.0)], -np.inf, 0.0)
    return (np.concatenate(costs) if costs else np.zeros(0)), columns


class Best(Agent):
    """Executes `solve`'s plan: each car's battery is steered to the energy planned for the end of the step."""

    name: ClassVar[str] = "best"
    foresight: ClassVar[bool] = True

    def prepare(self, worlds: Sequence[World]) -> None:
        plans = [solve(world) for world in worlds]
        self._target = np.stack([plan.energy_kwh for plan in plans])
        self.bound_eur = sum(plan.bound_eur for plan in plans)
        self.bound_gap_eur = sum(plan.gap_eur for plan in plans)

    def act(self, view: FleetView) -> Floats:
        missing = np.where(view.connected, self._target[:, :, view.step] - view.energy_kwh, 0.0)
        # Differences within EV2Gym's rounding would only collect more of it.
        return view.action_for(np.where(np.abs(missing) < ROUNDING_KWH, 0.0, missing) / STEP_HOURS)
