"""The linear program behind `best` and `mpc`: the objective over known cars and steps, solved by HiGHS through SciPy.

No licence and no size limit. Variables are the energy that each car charges and discharges in each step in which it
may act, and the energy left in its battery; slacks carry unmet energy, overload and deviation, an epigraph the peak.
Every constraint is implied by EV2Gym's physics (docs/engines.md), with efficiencies at their best current, so that the
optimum bounds whatever the simulator allows. EV2Gym's rounding of the battery's energy up to 0.01 kWh is counted and
billed as charging (`core.accounts.trace`), so here it only lets a step store up to 0.01 kWh more than power or
taper would. The schedule counts on the mean of that where it cannot know; the bound allows for all of it: it is the
Lagrangian of the program with every such limit eased, at the program's own dual prices, and so holds whatever the
solver's tolerances are.

An action charges or discharges, never both. Where doing both would pay (a V2G price above the charge price with the
drivers weighing more, say), `exclusive` finds the directions and proves a bound; given directions, the
program is linear again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp
from scipy.sparse import coo_array, csr_array, vstack

from core.errors import SolverError
from core.scenario import STEP_HOURS
from core.world.battery import ROUNDING_KWH

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KW_PER_KWH = 1 / STEP_HOURS
"""Mean power of one kWh in one step."""


TIE = 1e-5
"""Weight of what breaks ties: too little to move what the objective decides, enough for the solver to see."""


@dataclass(frozen=True, slots=True)
class Ties:
    """What decides among schedules of equal value: EUR per kWh charged and discharged [steps], and lost per kWh short.

    Where drivers do not count, their profit does; where it costs nothing to charge and discharge in turns, the schedule
    that does it less. Without it the solver's choice would be any, empty cars or a hundred reversals among them.
    """

    charge_value: Floats
    discharge_value: Floats
    unmet_value: float

    @classmethod
    def of(
        cls,
        charge_value: Floats,
        discharge_value: Floats,
        *,
        w_user: float,
        buy: Floats,
        sell: Floats,
        wear_price: float,
        unmet_price: float,
    ) -> Ties | None:
        """For an objective's values [steps] EUR/kWh and the drivers' prices; None where there are no such ties."""
        turns = TIE if (charge_value + discharge_value).max() > -10 * TIE else 0.0
        drivers = TIE if w_user == 0 else 0.0
        if not (turns or drivers):
            return None
        return cls(-drivers * buy, drivers * (sell - wear_price) - turns, drivers * unmet_price)


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
    """What a step can add to and take from the battery, rounding included."""
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
    ties: Ties | None = None
    charge_bump: Floats | float = 0.0
    """What arithmetic may now and then add to `charge_limit`: the bound allows for it, the schedule does not use it."""
    exclusive_steps: int | None = None
    """Enforce exclusivity in this many first steps only, with binaries (None: in all, with `exclusive`)."""


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
        self._side: list[Floats] = []
        self._ease: list[Floats] = []
        self.count = 0

    def add(self, n: int, entries: Sequence[tuple[Any, Any, Any]], side: Any, ease: Any = 0.0) -> Ints:
        """Add `n` rows and give their numbers; `entries` are (row within the block, column, coefficient).

        The bound allows each row's right-hand `side` to be larger by `ease`.
        """
        for entry in entries:
            row, column, value = (part.ravel() for part in np.broadcast_arrays(*entry))
            self._parts.append((row + self.count, column, value.astype(np.float64)))
        for parts, value in ((self._side, side), (self._ease, ease)):
            parts.append(np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)))
        self.count += n
        return np.arange(self.count - n, self.count)

    def finish(self, columns: int) -> _Side:
        row, column, value = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        matrix = coo_array((value, (row, column)), shape=(self.count, columns)).tocsr()
        return _Side(matrix, np.concatenate(self._side), np.concatenate(self._ease))


class _Columns:
    """Collects the columns: cost, bounds, by how much the bound allows the upper one to be passed, and ties' cost."""

    def __init__(self) -> None:
        self._parts: list[tuple[Floats, ...]] = []
        self.count = 0

    def add(self, n: int, cost: Any, low: Any = 0.0, high: Any = np.inf, ease: Any = 0.0, tie_cost: Any = 0.0) -> Ints:
        """Add `n` columns and give their numbers."""
        values = (np.asarray(value, dtype=np.float64) for value in (cost, low, high, ease, tie_cost))
        self._parts.append(tuple(np.broadcast_to(value, (n,)) for value in values))
        self.count += n
        return np.arange(self.count - n, self.count)

    def finish(self) -> tuple[Floats, ...]:
        return tuple(np.concatenate(parts) for parts in zip(*self._parts, strict=True))


def solve_program(problem: Problem, *, seconds: float = 20.0, relative_gap: float = 1e-3) -> Solution:
    """The best schedule.

    Parameters
    ----------
    problem : Problem
        With at least one car.
    seconds : float
        Where doing both would pay, the search ends after this time [s]: a safety net for very large sites. All others'
        results depend on the problem alone.
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

    columns, equal, at_most = _Columns(), _Rows(), _Rows()
    nothing = np.zeros(len(p.charge_value))
    ties = p.ties or Ties(nothing, nothing, 0.0)
    taper, capacity = p.taper[car], p.capacity[car]
    limit, bump = p.charge_limit[car], np.broadcast_to(p.charge_bump, (cars,))[car]
    first_most = np.where(first, taper * np.maximum(0.0, capacity - p.energy[car]), np.inf)
    charge_most = np.minimum(limit, first_most + MEAN_ROUNDING_KWH)
    charge_ease = np.minimum(limit + bump, first_most + ROUNDING_KWH) - charge_most
    discharge_most = p.discharge_limit[car]
    least = np.minimum(p.min_energy, p.energy)
    charge = columns.add(n, -p.charge_value[step], 0.0, charge_most, charge_ease, -ties.charge_value[step])
    discharge = columns.add(n, -p.discharge_value[step], 0.0, discharge_most, 0.0, -ties.discharge_value[step])
    energy = columns.add(n, 0.0, least[car], np.maximum(p.capacity, p.energy)[car])
    unmet = columns.add(cars, p.unmet_value, 0.0, np.maximum(0.0, p.wanted - least), 0.0, ties.unmet_value)

    later = np.flatnonzero(~first)
    equal.add(
        n,
        [(at, energy, 1.0), (at, charge, -1.0), (at, discharge, 1.0), (later, energy[later - 1], -1.0)],
        np.where(first, p.energy[car], 0.0),
    )
    slow = np.flatnonzero((taper < 1) & ~first)
    which = np.arange(len(slow))
    at_most.add(
        len(slow),
        [(which, charge[slow], 1.0), (which, energy[slow - 1], taper[slow])],
        (taper * capacity)[slow] + MEAN_ROUNDING_KWH,
        ROUNDING_KWH - MEAN_ROUNDING_KWH,
    )
    at_most.add(cars, [(np.arange(cars), unmet, -1.0), (np.arange(cars), energy[last], -1.0)], -p.wanted)

    both = p.charge_value + p.discharge_value > 1e-12
    if p.exclusive_steps is not None:
        both = both & (np.arange(len(both)) < p.exclusive_steps)
    exclusive = np.flatnonzero(both[step] & (discharge_most > 0) & (charge_most > 0))
    searched = p.exclusive_steps is not None
    binaries = columns.add(len(exclusive) if searched else 0, 0.0, 0.0, 1.0)  # 1 to charge, 0 to discharge
    if len(exclusive):
        which = np.arange(len(exclusive))
        charge_part = (which, charge[exclusive], 1 / charge_most[exclusive])
        discharge_part = (which, discharge[exclusive], 1 / discharge_most[exclusive])
        part_ease = charge_ease[exclusive] / charge_most[exclusive]
        if searched:
            at_most.add(len(exclusive), [charge_part, (which, binaries, -1.0)], 0.0, part_ease)
            at_most.add(len(exclusive), [discharge_part, (which, binaries, 1.0)], 1.0)
        else:  # part of the step for one, part for the other
            at_most.add(len(exclusive), [charge_part, discharge_part], 1.0, part_ease)
        # A battery takes no more than it had room for, and gives no more than it held, before the step.
        room = exclusive[~first[exclusive]]
        which = np.arange(len(room))
        before = energy[room - 1]
        at_most.add(len(room), [(which, charge[room], 1.0), (which, before, 1.0)], capacity[room])
        at_most.add(len(room), [(which, discharge[room], 1.0), (which, before, -1.0)], -least[car[room]])
    own = (at_most.count, equal.count, columns.count)
    _share_stations(at_most, p, car, step, charge, discharge)
    grid = _add_grid(at_most, equal, columns, p, p.transformer[car], step, charge, discharge)

    cost, low, high, ease, tie_cost = columns.finish()
    rows = at_most.finish(columns.count), equal.finish(columns.count)
    program = _Program(cost, low, high, ease, tie_cost, *rows, charge, discharge)
    best = program.solve(ties=searched)
    bound = program.bound(best)
    if p.ties is not None and not searched:
        best = program.solve(ties=True)
    if ((best.x[charge] > IDLE_KWH) & (best.x[discharge] > IDLE_KWH))[exclusive].any():
        if searched:
            try:
                best = program.search(binaries, relative_gap)
            except SolverError:  # HiGHS gives up now and then: each car then goes the way that it mostly goes
                best = program.directed(exclusive, best.x[charge] - best.x[discharge]).solve(ties=True)
        else:
            best, bound = _make_exclusive(p, program, exclusive, grid, own, bound, relative_gap, seconds)
    x = best.x
    charged, discharged = x[charge], x[discharge]
    netted = np.where(both[step], 0.0, np.minimum(charged, discharged))  # never pays, but may tie
    value = -float(program.cost @ x)
    return Solution(
        car, step, charged - netted, discharged - netted, x[energy], value, max(bound, value), len(exclusive)
    )


IDLE_KWH = 1e-7
"""Less than this in a step counts as nothing."""

MEAN_ROUNDING_KWH = ROUNDING_KWH / 2
"""What EV2Gym's rounding adds on average to a step whose energy may be anything."""


@dataclass(frozen=True, slots=True)
class _Side:
    """Rows ``matrix @ x``, their right-hand side, and by how much the bound allows that to be larger."""

    matrix: csr_array
    side: Floats
    ease: Floats


@dataclass(frozen=True, slots=True)
class _Program:
    """Minimise `cost` within bounds and constraints."""

    cost: Floats
    low: Floats
    high: Floats
    ease: Floats
    """By how much the bound allows `high` to be passed."""
    tie_cost: Floats
    """Added to `cost` in the search, and to neither the value nor the bound."""
    at_most: _Side
    equal: _Side
    charge: Ints
    discharge: Ints
    """Columns, [stays]."""

    def solve(self, *, ties: bool) -> OptimizeResult:
        """The optimum of the linear program, with `ties` broken or as it comes; `SolverError` when there is none."""
        result = linprog(
            self.cost + self.tie_cost if ties else self.cost,
            A_ub=self.at_most.matrix,
            b_ub=self.at_most.side,
            A_eq=self.equal.matrix,
            b_eq=self.equal.side,
            bounds=np.column_stack([self.low, self.high]),
            method="highs",
        )
        return _found(result)

    def search(self, binaries: Ints, relative_gap: float) -> OptimizeResult:
        """The optimum where some columns are binary. Raises `SolverError` when there is none."""
        integrality = np.zeros(len(self.cost))
        integrality[binaries] = 1
        result = milp(
            self.cost + self.tie_cost,
            integrality=integrality,
            bounds=Bounds(self.low, self.high),
            constraints=[
                LinearConstraint(self.at_most.matrix, -np.inf, self.at_most.side),
                LinearConstraint(self.equal.matrix, self.equal.side, self.equal.side),
            ],
            options={"mip_rel_gap": relative_gap},
        )
        return _found(result)

    def bound(self, optimum: OptimizeResult) -> float:
        """Upper bound on the value of every schedule within the eased limits, from the dual prices of `optimum`.

        It holds for any prices: each column is worth at most what its reduced cost makes of its own range.
        """
        price, equal_price = np.minimum(optimum.ineqlin.marginals, 0.0), optimum.eqlin.marginals
        reduced = self.cost - self.at_most.matrix.T @ price - self.equal.matrix.T @ equal_price
        columns = np.minimum(reduced * self.low, reduced * (self.high + self.ease)).sum()
        rows = price @ (self.at_most.side + self.at_most.ease) + equal_price @ self.equal.side
        return -float(columns + rows)

    def directed(self, stays: Ints, net: Floats) -> _Program:
        """The same where the cars, in some stays, may only charge if `net` [all stays] is above 0, else discharge."""
        high, charges = self.high.copy(), net[stays] > 0
        high[self.charge[stays[~charges]]] = 0.0
        high[self.discharge[stays[charges]]] = 0.0
        return replace(self, high=high)


def _found(result: OptimizeResult) -> OptimizeResult:
    if result.x is None:
        raise SolverError(f"HiGHS found no schedule: {result.message}")
    return result


# --- exclusive directions --------------------------------------------------------------------------------------------
ATTEMPTS = 5
"""The first starts from the relaxation's mixture, the others, in other orders of cars, from the best so far."""

SOFTNESS = (4.0, 2.4, 1.6, 0.8, 0.4, 0.2, 0.0)
"""How far around a limit its price rises, sweep by sweep, in units of what the mean car can charge in one step.

Tuned on 21 days of 25 stations (weights, factors, ports, limits and loads varied): the gaps' mean and time together.
"""

AGAIN = SOFTNESS[3:]
"""The same in later attempts."""

RAMP = np.linspace(-1.0, 1.0, 5)
"""Where it rises, in units of the distance given by `SOFTNESS`."""


def _make_exclusive(
    p: Problem,
    program: _Program,
    exclusive: Ints,
    grid: _Grid,
    own: tuple[int, int, int],
    bound: float,
    relative_gap: float,
    seconds: float,
) -> tuple[OptimizeResult, float]:
    """The best schedule found that never does both, and the proven bound on all of them.

    `own` counts the program's first rows (at most, equal) and columns, which concern one car each.
    """
    from core.agents.optimum.exclusive import ROUGHLY_EUR, Cars, Coupling, relax, sweep

    rows, equal_rows, columns = own
    length = p.last_step - p.first_step + 1
    cars = Cars(
        start=np.cumsum(length) - length,
        length=length,
        first_step=p.first_step,
        energy=p.energy,
        wanted=p.wanted,
        capacity=p.capacity,
        min_energy=p.min_energy,
        charge_limit=p.charge_limit,
        discharge_limit=p.discharge_limit,
        taper=p.taper,
        full=p.capacity + MEAN_ROUNDING_KWH / p.taper,
        transformer=p.transformer,
        station=np.unique(p.station, return_inverse=True)[1],
        full_station=p.full_station,
        unmet_value=p.unmet_value,
    )
    eased = cars._replace(charge_limit=p.charge_limit + p.charge_bump, full=p.capacity + ROUNDING_KWH / p.taper)
    values = -program.cost[program.charge], -program.cost[program.discharge]
    searched = program.cost + program.tie_cost
    with_ties = -searched[program.charge], -searched[program.discharge]
    tracked = program.equal.matrix[equal_rows:]
    at_most = vstack([program.at_most.matrix[rows:], tracked, -tracked], format="csc")
    wanted = program.equal.side[equal_rows:]
    shared = program.at_most.side[rows:] + program.at_most.ease[rows:]
    relaxation = relax(
        eased,
        *values,
        Coupling(
            charge=at_most[:, program.charge].tocsr(),
            discharge=at_most[:, program.discharge].tocsr(),
            slack=at_most[:, columns:].tocsr(),
            most=np.concatenate([shared, wanted, -wanted]),
            slack_cost=program.cost[columns:],
            slack_low=program.low[columns:],
            slack_high=program.high[columns:],
        ),
        relative_gap * max(1.0, abs(bound)) / 10,
        seconds / 2,
    )
    until = time.perf_counter() + seconds / 2
    bound = min(bound, relaxation.bound)
    price, above, below = np.split(relaxation.prices * KW_PER_KWH, [len(shared), len(shared) + len(wanted)])
    price, equal_price = np.pad(price, (rows, 0)), np.pad(above - below, (equal_rows, 0))
    peak_kw = 0.0 if grid.peak is None else float(relaxation.slack[grid.peak - columns])
    # Never to discharge where doing both would pay is a schedule, too, and now and then the best.
    best = program.directed(exclusive, np.ones(len(program.charge))).solve(ties=True)
    for attempt in range(ATTEMPTS):
        order = np.random.default_rng(attempt).permutation(len(p.energy))
        net = relaxation.net.copy() if attempt == 0 else best.x[program.charge] - best.x[program.discharge]
        for softness in SOFTNESS if attempt == 0 else AGAIN:
            width = softness * float(p.charge_limit.mean())
            sweep(cars, order, *with_ties, _meters(p, grid, price, equal_price, peak_kw, width), ROUGHLY_EUR, net)
        found = program.directed(exclusive, net).solve(ties=True)
        if found.fun < best.fun:
            best = found
        if bound + best.fun <= relative_gap * max(1.0, abs(bound)) or time.perf_counter() > until:
            break
    return best, bound


def _meters(p: Problem, grid: _Grid, price: Floats, equal_price: Floats, peak_kw: float, width: float) -> Any:
    """What load costs each transformer and the site where limits are soft: prices rise over `width` kWh to either side.

    `price` and `equal_price` [rows] EUR/kWh are what the limits themselves cost.
    """
    from core.agents.optimum.exclusive import Meters

    transformers, steps = p.base_load.shape
    marks = np.full((transformers + 1, steps, 2 * len(RAMP)), np.inf)
    rises, floor = np.zeros(marks.shape), np.zeros(marks.shape[:2])

    def soften(meter: Any, slot: int, at: Floats, low: float, cost: Floats, high: float) -> None:
        """The marginal cost is `low` well below the load `at` [..., steps of the grid], `cost` there, `high` above."""
        centre = np.clip(cost, low, high)[..., None]
        middle = (RAMP[1:] + RAMP[:-1]) / 2
        inner = centre + np.where(middle < 0, centre - low, high - centre) * middle
        slopes = np.concatenate([np.full_like(centre, low), inner, np.full_like(centre, high)], axis=-1)
        where = np.ix_(np.atleast_1d(meter), grid.steps, slot * len(RAMP) + np.arange(len(RAMP)))
        marks[where] = at[..., None] + width * RAMP
        rises[where] = np.diff(slopes, axis=-1)
        floor[np.ix_(np.atleast_1d(meter), grid.steps)] += low

    if grid.upper is not None and grid.lower is not None:
        meter = np.arange(transformers)
        for slot, limit, low, cost, high in (
            (0, p.upper_limit, 0.0, price[grid.upper], p.overload_value),
            (1, p.lower_limit, -p.overload_value, -price[grid.lower], 0.0),
        ):
            soften(meter, slot, (limit - p.base_load)[:, grid.steps] * STEP_HOURS, low, cost, high)
    if grid.tracked is not None and p.setpoint is not None:
        value = p.deviation_value
        soften(transformers, 0, p.setpoint[grid.steps] * STEP_HOURS, -value, equal_price[grid.tracked], value)
    if grid.peaks is not None:
        at = np.full(len(grid.steps), peak_kw * STEP_HOURS)
        soften(transformers, 1, at, 0.0, price[grid.peaks], p.peak_value * KW_PER_KWH)
    return Meters(marks, rises, floor)


# --- what couples cars -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Grid:
    """Where the grid's rows stand in the program, `tracked` among the equal ones; None where there are none."""

    steps: Ints
    """Steps in which some car may act."""
    upper: Ints | None = None
    lower: Ints | None = None
    """[transformers, steps]"""
    tracked: Ints | None = None
    """[steps]"""
    peaks: Ints | None = None
    """[steps]"""
    peak: int | None = None
    """Column."""


def _share_stations(rows: _Rows, p: Problem, car: Ints, step: Ints, charge: Ints, discharge: Ints) -> None:
    """Cars at one station share its current: the shares they need add up to at most 1, each way, rounding apart."""
    _, row, size = np.unique(p.station[car] * len(p.charge_value) + step, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(size[row] > 1)
    if not len(shared):
        return
    _, row = np.unique(row[shared], return_inverse=True)
    share = 1 / p.full_station[car[shared]]
    rounding = np.bincount(row, share * MEAN_ROUNDING_KWH)
    rows.add(len(rounding), [(row, charge[shared], share)], 1.0 + rounding, rounding)
    rows.add(len(rounding), [(row, discharge[shared], share)], 1.0)


def _add_grid(
    at_most: _Rows,
    equal: _Rows,
    columns: _Columns,
    p: Problem,
    transformer: Ints,
    step: Ints,
    charge: Ints,
    discharge: Ints,
) -> _Grid:
    """Slacks for overload and deviation and the epigraph of the peak, in steps in which some car may act."""
    steps = np.unique(step)
    in_steps = np.searchsorted(steps, step)
    at = np.arange(len(steps))
    cars_most = KW_PER_KWH * float((p.charge_limit + p.discharge_limit).sum())
    upper = lower = tracked = peaks = peak = None
    if p.overload_value > 0:
        row = transformer * len(steps) + in_steps
        high, low = ((limit - p.base_load)[:, steps].ravel() for limit in (p.upper_limit, p.lower_limit))
        n = len(high)
        most = cars_most + np.maximum(np.abs(high), np.abs(low))
        over = columns.add(n, p.overload_value * STEP_HOURS, 0.0, most)
        power = [(row, charge, KW_PER_KWH), (row, discharge, -KW_PER_KWH)]
        upper = at_most.add(n, [*power, (np.arange(n), over, -1.0)], high).reshape(-1, len(steps))
        power = [(row, charge, -KW_PER_KWH), (row, discharge, KW_PER_KWH)]
        lower = at_most.add(n, [*power, (np.arange(n), over, -1.0)], -low).reshape(-1, len(steps))
    power = [(in_steps, charge, KW_PER_KWH), (in_steps, discharge, -KW_PER_KWH)]
    if p.setpoint is not None and p.deviation_value > 0:
        wanted = p.setpoint[steps]
        most = cars_most + np.abs(wanted)
        above = columns.add(len(steps), p.deviation_value * STEP_HOURS, 0.0, most)
        below = columns.add(len(steps), p.deviation_value * STEP_HOURS, 0.0, most)
        tracked = equal.add(len(steps), [*power, (at, above, -1.0), (at, below, 1.0)], wanted)
    if p.peak_value > 0:
        column = columns.add(1, p.peak_value, p.peak_so_far, max(p.peak_so_far, cars_most))
        peaks = at_most.add(len(steps), [*power, (at, column, -1.0)], 0.0)
        peak = int(column[0])
    return _Grid(steps, upper, lower, tracked, peaks, peak)
