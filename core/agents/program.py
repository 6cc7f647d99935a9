"""The linear program behind `best` and `mpc`: the objective over known cars and steps, solved by HiGHS through SciPy.

No licence and no size limit. Variables are the energy that each car charges and discharges in each step in which it
may act, and the energy left in its battery; slacks carry unmet energy, overload and deviation, an epigraph the peak.
Every constraint is implied by EV2Gym's physics (docs/engines.md), with efficiencies at their best current, so that the
optimum bounds whatever the simulator allows. EV2Gym's rounding of the battery's energy up to 0.01 kWh is the one gift
that physics does not cover; `rounding=True` adds exactly that.

An action charges or discharges, never both. Where doing both would pay (a V2G price above the charge price with the
drivers weighing more, say), binaries enforce it, and the bound is the solver's proven one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import coo_array

from core.battery import ROUNDING_KWH
from core.errors import SolverError
from core.scenario import STEP_HOURS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KW_PER_KWH = 1 / STEP_HOURS
"""Mean power of one kWh in one step."""

EASE_KWH = 0.002
"""The taper counts from this much above the capacity. A battery that tapers is never quite full; programs that bring it
ever nearer, step by step, are so badly conditioned that HiGHS breaks constraints by Wh. EV2Gym's rounding fills it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is known: cars (arrays [cars]) and steps (arrays [steps] or [transformers, steps]), counted from 0.

    Energies in kWh (per step where they limit a step), power in kW, values and prices in EUR of the objective.
    """

    first_step: Ints
    last_step: Ints
    """A car acts from `first_step` to `last_step`, both included."""
    energy: Floats
    """Energy at the beginning of `first_step`."""
    wanted: Floats
    """Energy wanted at the end of `last_step`."""
    capacity: Floats
    min_energy: Floats
    charge_limit: Floats
    discharge_limit: Floats
    taper: Floats
    """Largest share of the missing energy that one step can store (1: no taper)."""
    station: Ints
    transformer: Ints
    full_station: Floats
    """Energy that the station's full current would store in one step, at the car's best efficiency."""
    charge_value: Floats
    discharge_value: Floats
    """[steps] EUR per kWh."""
    unmet_value: float
    """EUR lost per kWh that is short of `wanted`."""
    base_load: Floats
    upper_limit: Floats
    lower_limit: Floats
    """[transformers, steps]"""
    overload_value: float
    """EUR lost per kWh beyond a limit."""
    setpoint: Floats | None
    deviation_value: float
    peak_value: float
    """EUR lost per kW of the highest power of all cars together."""
    peak_so_far: float = 0.0
    exclusive_steps: int | None = None
    """Enforce exclusivity with binaries in this many first steps only (None: in all)."""


@dataclass(frozen=True, slots=True)
class Solution:
    """An optimal schedule; arrays over stays, the (car, step) pairs in which a car may act, car by car."""

    car: Ints
    step: Ints
    charged: Floats
    discharged: Floats
    energy: Floats
    """Energy at the end of the step."""
    value: float
    """EUR of the schedule."""
    bound: float
    """Proven upper bound on `value`."""
    binaries: int


class _Rows:
    """Collects the rows of a sparse constraint matrix, block by block."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, Ints, Floats]] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self.count = 0

    def add(self, n: int, entries: Sequence[tuple[Any, Any, Any]], low: Any, high: Any) -> None:
        """Add `n` rows; `entries` are (row within the block, column, coefficient), each broadcast together."""
        for entry in entries:
            row, column, value = (part.ravel() for part in np.broadcast_arrays(*entry))
            self._parts.append((row + self.count, column, value.astype(np.float64)))
        self._low.append(np.broadcast_to(np.asarray(low, dtype=np.float64), (n,)))
        self._high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), (n,)))
        self.count += n

    def constraint(self, columns: int) -> LinearConstraint:
        row, column, value = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        matrix = coo_array((value, (row, column)), shape=(self.count, columns)).tocsc()
        return LinearConstraint(matrix, np.concatenate(self._low), np.concatenate(self._high))


class _Columns:
    """Collects the columns: cost and bounds."""

    def __init__(self) -> None:
        self._cost: list[Floats] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self.count = 0

    def add(self, n: int, cost: Any, low: Any = 0.0, high: Any = np.inf) -> Ints:
        """Add `n` columns and give their numbers."""
        for parts, value in ((self._cost, cost), (self._low, low), (self._high, high)):
            parts.append(np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)))
        self.count += n
        return np.arange(self.count - n, self.count)

    def cost(self) -> Floats:
        return np.concatenate(self._cost)

    def bounds(self) -> tuple[Floats, Floats]:
        return np.concatenate(self._low), np.concatenate(self._high)


def solve_program(
    problem: Problem, *, rounding: bool = False, seconds: float = 1.5, relative_gap: float = 1e-3
) -> Solution:
    """The best schedule.

    Parameters
    ----------
    problem : Problem
        With at least one car.
    rounding : bool
        Give every car up to 0.01 kWh for free in every step, as EV2Gym's rounding may.
    seconds : float
        Time HiGHS may search where binaries are needed [s].
    relative_gap : float
        The search ends when its bound is this near.

    Returns
    -------
    Solution

    Raises
    ------
    SolverError
        When HiGHS finds no schedule (there always is one: doing nothing).
    """
    p = problem
    cars = len(p.energy)
    length = p.last_step - p.first_step + 1
    end = np.cumsum(length)
    n = int(end[-1])
    car = np.repeat(np.arange(cars), length)
    within = np.arange(n) - np.repeat(end - length, length)
    step, first, last, at = p.first_step[car] + within, within == 0, end - 1, np.arange(n)

    columns, rows = _Columns(), _Rows()
    taper, capacity = p.taper[car], p.capacity[car]
    first_most = np.where(first, taper * np.maximum(0.0, capacity - p.energy[car]), np.inf)
    charge_most = np.minimum(p.charge_limit[car], first_most)
    discharge_most = p.discharge_limit[car]
    if rounding:
        # A battery filled beyond its capacity by the rounding gives the excess back when it is charged again.
        discharge_most = np.maximum(
            discharge_most, np.where(np.round(capacity * 100) == capacity * 100, 0.0, ROUNDING_KWH)
        )
    charge = columns.add(n, -p.charge_value[step], 0.0, charge_most)
    discharge = columns.add(n, -p.discharge_value[step], 0.0, discharge_most)
    energy = columns.add(n, 0.0, np.minimum(p.min_energy, p.energy)[car], np.maximum(p.capacity, p.energy)[car])
    unmet = columns.add(cars, p.unmet_value)

    later = np.flatnonzero(~first)
    start = np.where(first, p.energy[car], 0.0)
    rows.add(
        n,
        [(at, energy, 1.0), (at, charge, -1.0), (at, discharge, 1.0), (later, energy[later - 1], -1.0)],
        start,
        start + (ROUNDING_KWH if rounding else 0.0),
    )
    slow = np.flatnonzero((taper < 1) & ~first)
    which = np.arange(len(slow))
    rows.add(
        len(slow),
        [(which, charge[slow], 1.0), (which, energy[slow - 1], taper[slow])],
        -np.inf,
        (taper * (capacity + EASE_KWH))[slow],
    )
    rows.add(cars, [(np.arange(cars), unmet, 1.0), (np.arange(cars), energy[last], 1.0)], p.wanted, np.inf)
    _share_stations(rows, p, car, step, charge, discharge)
    _add_grid(rows, columns, p, p.transformer[car], step, charge, discharge)

    both = p.charge_value + p.discharge_value > 1e-12
    if p.exclusive_steps is not None:
        both = both & (np.arange(len(both)) < p.exclusive_steps)
    exclusive = np.flatnonzero(both[step] & (discharge_most > 0) & (charge_most > 0))
    charging = columns.add(len(exclusive), 0.0, 0.0, 1.0)  # 1 where the car may charge, 0 where it may discharge
    if len(exclusive):
        which = np.arange(len(exclusive))
        most = charge_most[exclusive]
        rows.add(len(exclusive), [(which, charge[exclusive], 1.0), (which, charging, -most)], -np.inf, 0.0)
        most = discharge_most[exclusive]
        rows.add(len(exclusive), [(which, discharge[exclusive], 1.0), (which, charging, most)], -np.inf, most)
        # A battery takes no more than it had room for, and gives no more than it held, before the step.
        room = exclusive[~first[exclusive]]
        which = np.arange(len(room))
        before = energy[room - 1]
        rows.add(len(room), [(which, charge[room], 1.0), (which, before, 1.0)], -np.inf, capacity[room])
        rows.add(len(room), [(which, discharge[room], 1.0), (which, before, -1.0)], -np.inf, -p.min_energy[car[room]])
    low, high = columns.bounds()
    program = _Program(columns.cost(), low, high, rows.constraint(columns.count))
    best = program.solve()
    bound = -float(best.fun)
    if len(exclusive):
        turns = _Turns(
            charging,
            charge[exclusive],
            discharge[exclusive],
            charge_most[exclusive],
            discharge_most[exclusive],
            car[exclusive],
        )
        best, bound = _make_exclusive(program, best, turns, seconds, relative_gap)
    x = best.x
    charged, discharged = x[charge], x[discharge]
    netted = np.where(both[step], 0.0, np.minimum(charged, discharged))  # never pays, but may tie
    value = -float(best.fun)
    return Solution(
        car, step, charged - netted, discharged - netted, x[energy], value, max(bound, value), len(exclusive)
    )


@dataclass(frozen=True, slots=True)
class _Program:
    """Minimise `cost` within bounds and constraints."""

    cost: Floats
    low: Floats
    high: Floats
    constraint: LinearConstraint

    def solve(self) -> OptimizeResult:
        """The optimum. Raises `SolverError` when there is none."""
        bounds = Bounds(self.low, self.high)
        result = milp(self.cost, bounds=bounds, constraints=self.constraint)
        if result.x is None:  # now and then HiGHS ends in a state it calls unknown; without presolve it does not
            result = milp(self.cost, bounds=bounds, constraints=self.constraint, options={"presolve": False})
        if result.x is None:
            raise SolverError(f"HiGHS found no schedule: {result.message}")
        return result

    def search(self, binary: Ints, seconds: float, relative_gap: float) -> OptimizeResult:
        """The best with some columns 0 or 1 that is found in time; `x` is None where nothing is."""
        integrality = np.zeros(len(self.cost))
        integrality[binary] = 1
        return milp(
            self.cost,
            integrality=integrality,
            bounds=Bounds(self.low, self.high),
            constraints=self.constraint,
            options={"time_limit": seconds, "mip_rel_gap": relative_gap},
        )

    def fixed(self, columns: Ints, values: Floats) -> _Program:
        """The same with `columns` fixed; NaN leaves one free."""
        low, high = self.low.copy(), self.high.copy()
        known = ~np.isnan(values)
        low[columns[known]] = high[columns[known]] = values[known]
        return _Program(self.cost, low, high, self.constraint)


@dataclass(frozen=True, slots=True)
class _Turns:
    """Stays in which charging and discharging at once would pay; arrays [such stays]."""

    charging: Ints
    """Column that is 1 where the car may charge and 0 where it may discharge."""
    charge: Ints
    discharge: Ints
    charge_most: Floats
    discharge_most: Floats
    car: Ints

    def shares(self, x: Floats) -> tuple[Floats, Floats]:
        """Parts of the step that a schedule spends charging and discharging."""
        return x[self.charge] / self.charge_most, x[self.discharge] / self.discharge_most

    def conflicts(self, x: Floats) -> NDArray[np.bool_]:
        """Where a schedule does both."""
        up, down = self.shares(x)
        return (up > IDLE) & (down > IDLE)

    def used(self, x: Floats) -> Floats:
        """1 where a schedule charges, 0 where it discharges, NaN where it does neither or both."""
        up, down = self.shares(x)
        only = np.where(up > IDLE, 1.0, np.where(down > IDLE, 0.0, np.nan))
        return np.where(self.conflicts(x), np.nan, only)

    def taken(self, x: Floats) -> Floats:
        """The same, where a schedule's conflicts are settled: what it does half and half is done in turns.

        Prices hold for an hour, so that a car which charges in one quarter and discharges in the next gains nearly
        as much. Every other car begins half a turn later, so that they balance each other.
        """
        directions = self.used(x)
        up, down = self.shares(x)
        owed: dict[int, float] = {}
        for k in np.flatnonzero(self.conflicts(x)).tolist():
            car = int(self.car[k])
            if car not in owed:
                owed[car] = 0.25 + 0.5 * (len(owed) % 2)
            owed[car] += up[k] / (up[k] + down[k])
            directions[k] = owed[car] >= 1
            owed[car] -= directions[k]
        return directions


IDLE = 1e-7
"""Share of a step's power that counts as none."""

ROUNDS = 4
"""How often, at most, directions are taken from the schedule before."""


def _settle(program: _Program, start: OptimizeResult, turns: _Turns) -> OptimizeResult:
    """A schedule that never does both, from the directions that another shows; idle stays are left open until used."""
    directions, trial = turns.taken(start.x), start
    while True:
        trial = program.fixed(turns.charging, directions).solve()
        conflicts = turns.conflicts(trial.x)
        if not conflicts.any():
            return trial
        directions = np.where(conflicts, turns.taken(trial.x), directions)


def _make_exclusive(
    program: _Program, relaxed: OptimizeResult, turns: _Turns, seconds: float, relative_gap: float
) -> tuple[OptimizeResult, float]:
    """From the relaxed schedule to one that never does both: the schedule and the proven bound on its value.

    Directions are fixed where a schedule shows them, in turns where it does both, and left open where the car idles;
    a few repetitions end in a good schedule. Where that leaves more than `relative_gap`, HiGHS searches: first among
    the stays on which that schedule and the relaxed one disagree, then everywhere, which also lowers the bound.
    """
    bound = -float(relaxed.fun)

    def near(result: OptimizeResult) -> bool:
        return bound + float(result.fun) <= relative_gap * max(1.0, abs(bound))

    if not turns.conflicts(relaxed.x).any():
        return relaxed, bound
    until = time.perf_counter() + seconds
    best = _settle(program, relaxed, turns)
    for _ in range(ROUNDS):
        if near(best):
            return best, bound
        if time.perf_counter() > until:
            break
        again = _settle(program, best, turns)  # idle stays are open again
        if again.fun >= best.fun - 1e-9:
            break
        best = again
    seconds = max(0.2 * seconds, until - time.perf_counter())
    agreed, wanted = turns.used(relaxed.x), turns.used(best.x)
    agreed[agreed != wanted] = np.nan
    for part, share in ((program.fixed(turns.charging, agreed), 0.4), (program, 0.6)):
        found = part.search(turns.charging, share * seconds, relative_gap)
        if found.x is not None and found.fun < best.fun:
            best = found
        if part is program and found.mip_dual_bound is not None and np.isfinite(found.mip_dual_bound):
            bound = min(bound, -float(found.mip_dual_bound))
    return best, bound


def _share_stations(rows: _Rows, p: Problem, car: Ints, step: Ints, charge: Ints, discharge: Ints) -> None:
    """Cars at one station share its current: the shares they need add up to at most 1, each way."""
    _, row, size = np.unique(p.station[car] * len(p.charge_value) + step, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(size[row] > 1)
    if not len(shared):
        return
    _, row = np.unique(row[shared], return_inverse=True)
    share = 1 / p.full_station[car[shared]]
    for columns in (charge, discharge):
        rows.add(int(row.max()) + 1, [(row, columns[shared], share)], -np.inf, 1.0)


def _add_grid(
    rows: _Rows, columns: _Columns, p: Problem, transformer: Ints, step: Ints, charge: Ints, discharge: Ints
) -> None:
    """Slacks for overload and deviation and the epigraph of the peak, in steps in which some car may act."""
    steps = np.unique(step)
    in_steps = np.searchsorted(steps, step)
    if p.overload_value > 0:
        row = transformer * len(steps) + in_steps
        base = p.base_load[:, steps].ravel()
        n = len(base)
        over = columns.add(n, p.overload_value * STEP_HOURS)
        power = [(row, charge, KW_PER_KWH), (row, discharge, -KW_PER_KWH)]
        rows.add(n, [*power, (np.arange(n), over, -1.0)], -np.inf, p.upper_limit[:, steps].ravel() - base)
        rows.add(n, [*power, (np.arange(n), over, 1.0)], p.lower_limit[:, steps].ravel() - base, np.inf)
    power = [(in_steps, charge, KW_PER_KWH), (in_steps, discharge, -KW_PER_KWH)]
    at = np.arange(len(steps))
    if p.setpoint is not None and p.deviation_value > 0:
        above = columns.add(len(steps), p.deviation_value * STEP_HOURS)
        below = columns.add(len(steps), p.deviation_value * STEP_HOURS)
        wanted = p.setpoint[steps]
        rows.add(len(steps), [*power, (at, above, -1.0), (at, below, 1.0)], wanted, wanted)
    if p.peak_value > 0:
        peak = columns.add(1, p.peak_value, p.peak_so_far)
        rows.add(len(steps), [*power, (at, peak, -1.0)], -np.inf, 0.0)
