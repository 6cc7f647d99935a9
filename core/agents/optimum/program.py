"""The linear program behind `best` and `mpc`: the objective over known cars and steps, solved by HiGHS through SciPy.

No licence and no size limit. Variables are the energy that each car charges and discharges in each step in which it
may act, and the energy left in its battery; slacks carry unmet energy, overload and deviation, an epigraph the peak.
Every constraint is implied by EV2Gym's physics (docs/engines.md), with efficiencies at their best current, so that the
optimum bounds whatever the simulator allows. EV2Gym's rounding of the battery's energy up to 0.01 kWh is counted and
billed as charging (`core.accounts.trace`), so here it only lets a step store 0.01 kWh more than its power would.

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
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import coo_array, vstack

from core.errors import SolverError
from core.scenario import STEP_HOURS
from core.world.battery import ROUNDING_KWH

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KW_PER_KWH = 1 / STEP_HOURS
"""Mean power of one kWh in one step."""

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
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self.count = 0

    def add(self, n: int, entries: Sequence[tuple[Any, Any, Any]], low: Any, high: Any) -> Ints:
        """Add `n` rows and give their numbers; `entries` are (row within the block, column, coefficient)."""
        for entry in entries:
            row, column, value = (part.ravel() for part in np.broadcast_arrays(*entry))
            self._parts.append((row + self.count, column, value.astype(np.float64)))
        self._low.append(np.broadcast_to(np.asarray(low, dtype=np.float64), (n,)))
        self._high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), (n,)))
        self.count += n
        return np.arange(self.count - n, self.count)

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

    columns, rows = _Columns(), _Rows()
    taper, capacity = p.taper[car], p.capacity[car]
    first_most = np.where(first, taper * np.maximum(0.0, capacity - p.energy[car]), np.inf)
    charge_most = np.minimum(p.charge_limit[car], first_most) + ROUNDING_KWH
    discharge_most = p.discharge_limit[car]
    least = np.minimum(p.min_energy, p.energy)
    charge = columns.add(n, -p.charge_value[step], 0.0, charge_most)
    discharge = columns.add(n, -p.discharge_value[step], 0.0, discharge_most)
    energy = columns.add(n, 0.0, least[car], np.maximum(p.capacity, p.energy)[car])
    unmet = columns.add(cars, p.unmet_value)

    later = np.flatnonzero(~first)
    start = np.where(first, p.energy[car], 0.0)
    rows.add(
        n,
        [(at, energy, 1.0), (at, charge, -1.0), (at, discharge, 1.0), (later, energy[later - 1], -1.0)],
        start,
        start,
    )
    slow = np.flatnonzero((taper < 1) & ~first)
    which = np.arange(len(slow))
    rows.add(
        len(slow),
        [(which, charge[slow], 1.0), (which, energy[slow - 1], taper[slow])],
        -np.inf,
        (taper * capacity + ROUNDING_KWH)[slow],
    )
    rows.add(cars, [(np.arange(cars), unmet, 1.0), (np.arange(cars), energy[last], 1.0)], p.wanted, np.inf)

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
        if searched:
            rows.add(len(exclusive), [charge_part, (which, binaries, -1.0)], -np.inf, 0.0)
            rows.add(len(exclusive), [discharge_part, (which, binaries, 1.0)], -np.inf, 1.0)
        else:  # part of the step for one, part for the other
            rows.add(len(exclusive), [charge_part, discharge_part], -np.inf, 1.0)
        # A battery takes no more than it had room for, and gives no more than it held, before the step.
        room = exclusive[~first[exclusive]]
        which = np.arange(len(room))
        before = energy[room - 1]
        rows.add(len(room), [(which, charge[room], 1.0), (which, before, 1.0)], -np.inf, capacity[room])
        rows.add(len(room), [(which, discharge[room], 1.0), (which, before, -1.0)], -np.inf, -least[car[room]])
    own_rows, own_columns = rows.count, columns.count
    _share_stations(rows, p, car, step, charge, discharge)
    grid = _add_grid(rows, columns, p, p.transformer[car], step, charge, discharge)

    low, high = columns.bounds()
    program = _Program(columns.cost(), low, high, rows.constraint(columns.count), charge, discharge)
    best = program.solve()
    bound = -float(best.fun)
    if ((best.x[charge] > IDLE_KWH) & (best.x[discharge] > IDLE_KWH))[exclusive].any():
        if searched:
            try:
                best = program.solve(binaries, relative_gap)
                bound = -float(best.mip_dual_bound)
            except SolverError:  # HiGHS gives up now and then: each car then goes the way that it mostly goes
                best = program.directed(exclusive, best.x[charge] - best.x[discharge]).solve()
        else:
            best, bound = _make_exclusive(
                p, program, exclusive, grid, (own_rows, own_columns), bound, relative_gap, seconds
            )
    x = best.x
    charged, discharged = x[charge], x[discharge]
    netted = np.where(both[step], 0.0, np.minimum(charged, discharged))  # never pays, but may tie
    value = -float(best.fun)
    return Solution(
        car, step, charged - netted, discharged - netted, x[energy], value, max(bound, value), len(exclusive)
    )


IDLE_KWH = 1e-7
"""Less than this in a step counts as nothing."""


@dataclass(frozen=True, slots=True)
class _Program:
    """Minimise `cost` within bounds and constraints."""

    cost: Floats
    low: Floats
    high: Floats
    constraint: LinearConstraint
    charge: Ints
    discharge: Ints
    """Columns, [stays]."""

    def solve(self, binaries: Ints | None = None, relative_gap: float = 0.0) -> OptimizeResult:
        """The optimum, where some columns may be binary. Raises `SolverError` when there is none."""
        integrality = np.zeros(len(self.cost))
        integrality[[] if binaries is None else binaries] = 1
        result = milp(
            self.cost,
            integrality=integrality,
            bounds=Bounds(self.low, self.high),
            constraints=self.constraint,
            options={"mip_rel_gap": relative_gap},
        )
        if result.x is None:
            raise SolverError(f"HiGHS found no schedule: {result.message}")
        return result

    def directed(self, stays: Ints, net: Floats) -> _Program:
        """The same where the cars, in some stays, may only charge if `net` [all stays] is above 0, else discharge."""
        high, charges = self.high.copy(), net[stays] > 0
        high[self.charge[stays[~charges]]] = 0.0
        high[self.discharge[stays[charges]]] = 0.0
        return replace(self, high=high)


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
    own: tuple[int, int],
    bound: float,
    relative_gap: float,
    seconds: float,
) -> tuple[OptimizeResult, float]:
    """The best schedule found that never does both, and the proven bound on all of them.

    `own` counts the program's first rows and columns, which concern one car each.
    """
    from core.agents.optimum.exclusive import ROUGHLY_EUR, Cars, Coupling, relax, sweep

    rows, columns = own
    length = p.last_step - p.first_step + 1
    cars = Cars(
        start=np.cumsum(length) - length,
        length=length,
        first_step=p.first_step,
        energy=p.energy,
        wanted=p.wanted,
        capacity=p.capacity,
        min_energy=p.min_energy,
        charge_limit=p.charge_limit + ROUNDING_KWH,
        discharge_limit=p.discharge_limit,
        taper=p.taper,
        full=p.capacity + ROUNDING_KWH / p.taper,
        transformer=p.transformer,
        station=np.unique(p.station, return_inverse=True)[1],
        full_station=p.full_station,
        unmet_value=p.unmet_value,
    )
    values = -program.cost[program.charge], -program.cost[program.discharge]
    shared = program.constraint.A.tocsr()[rows:]
    lower, upper = program.constraint.lb[rows:], program.constraint.ub[rows:]
    above, below = np.flatnonzero(np.isfinite(upper)), np.flatnonzero(np.isfinite(lower))
    at_most = vstack([shared[above], -shared[below]], format="csc")
    relaxation = relax(
        cars,
        *values,
        Coupling(
            charge=at_most[:, program.charge].tocsr(),
            discharge=at_most[:, program.discharge].tocsr(),
            slack=at_most[:, columns:].tocsr(),
            most=np.concatenate([upper[above], -lower[below]]),
            slack_cost=program.cost[columns:],
            slack_low=program.low[columns:],
            slack_high=program.high[columns:],
        ),
        relative_gap * max(1.0, abs(bound)) / 10,
        seconds / 2,
    )
    until = time.perf_counter() + seconds / 2
    bound = min(bound, relaxation.bound)
    row_price = np.zeros(len(upper))
    row_price[above] += relaxation.prices[: len(above)]
    row_price[below] -= relaxation.prices[len(above) :]
    price = np.zeros(program.constraint.A.shape[0])
    price[rows:] = row_price * KW_PER_KWH
    peak_kw = 0.0 if grid.peak is None else float(relaxation.slack[grid.peak - columns])
    best: OptimizeResult | None = None
    for attempt in range(ATTEMPTS):
        order = np.random.default_rng(attempt).permutation(len(p.energy))
        net = relaxation.net.copy() if best is None else best.x[program.charge] - best.x[program.discharge]
        for softness in SOFTNESS if best is None else AGAIN:
            width = softness * float(p.charge_limit.mean())
            sweep(cars, order, *values, _meters(p, grid, price, peak_kw, width), ROUGHLY_EUR, net)
        found = program.directed(exclusive, net).solve()
        if best is None or found.fun < best.fun:
            best = found
        if bound + best.fun <= relative_gap * max(1.0, abs(bound)) or time.perf_counter() > until:
            break
    assert best is not None
    return best, bound


def _meters(p: Problem, grid: _Grid, price: Floats, peak_kw: float, width: float) -> Any:
    """What load costs each transformer and the site where limits are soft: prices rise over `width` kWh to either side.

    `price` [rows] EUR/kWh is the marginal cost at the limit itself.
    """
    from core.agents.optimum.exclusive import Meters

    transformers, steps = p.base_load.shape
    marks = np.full((transformers + 1, steps, 2 * len(RAMP)), np.inf)
    rises, floor = np.zeros(marks.shape), np.zeros(marks.shape[:2])

    def soften(meter: Any, slot: int, at: Floats, low: float, rows: Ints, high: float) -> None:
        """The marginal cost is `low` well below the load `at` [..., steps of the grid], `high` well above it."""
        centre = np.clip(price[rows], low, high)[..., None]
        middle = (RAMP[1:] + RAMP[:-1]) / 2
        inner = centre + np.where(middle < 0, centre - low, high - centre) * middle
        slopes = np.concatenate([np.full_like(centre, low), inner, np.full_like(centre, high)], axis=-1)
        where = np.ix_(np.atleast_1d(meter), grid.steps, slot * len(RAMP) + np.arange(len(RAMP)))
        marks[where] = at[..., None] + width * RAMP
        rises[where] = np.diff(slopes, axis=-1)
        floor[np.ix_(np.atleast_1d(meter), grid.steps)] += low

    if grid.upper is not None and grid.lower is not None:
        meter = np.arange(transformers)
        for slot, limit, low, rows, high in (
            (0, p.upper_limit, 0.0, grid.upper, p.overload_value),
            (1, p.lower_limit, -p.overload_value, grid.lower, 0.0),
        ):
            soften(meter, slot, (limit - p.base_load)[:, grid.steps] * STEP_HOURS, low, rows, high)
    if grid.tracked is not None and p.setpoint is not None:
        value = p.deviation_value
        soften(transformers, 0, p.setpoint[grid.steps] * STEP_HOURS, -value, grid.tracked, value)
    if grid.peaks is not None:
        at = np.full(len(grid.steps), peak_kw * STEP_HOURS)
        soften(transformers, 1, at, 0.0, grid.peaks, p.peak_value * KW_PER_KWH)
    return Meters(marks, rises, floor)


# --- what couples cars -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Grid:
    """Where the grid's rows stand in the program; None where there are none."""

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
    for columns, rounding in ((charge, ROUNDING_KWH), (discharge, 0.0)):
        most = 1.0 + np.bincount(row, share * rounding)
        rows.add(len(most), [(row, columns[shared], share)], -np.inf, most)


def _add_grid(
    rows: _Rows, columns: _Columns, p: Problem, transformer: Ints, step: Ints, charge: Ints, discharge: Ints
) -> _Grid:
    """Slacks for overload and deviation and the epigraph of the peak, in steps in which some car may act."""
    steps = np.unique(step)
    in_steps = np.searchsorted(steps, step)
    at = np.arange(len(steps))
    cars_most = KW_PER_KWH * float((p.charge_limit + p.discharge_limit + ROUNDING_KWH).sum())
    upper = lower = tracked = peaks = peak = None
    if p.overload_value > 0:
        row = transformer * len(steps) + in_steps
        high, low = ((limit - p.base_load)[:, steps].ravel() for limit in (p.upper_limit, p.lower_limit))
        n = len(high)
        most = cars_most + np.maximum(np.abs(high), np.abs(low))
        over = columns.add(n, p.overload_value * STEP_HOURS, 0.0, most)
        power = [(row, charge, KW_PER_KWH), (row, discharge, -KW_PER_KWH)]
        upper = rows.add(n, [*power, (np.arange(n), over, -1.0)], -np.inf, high).reshape(-1, len(steps))
        lower = rows.add(n, [*power, (np.arange(n), over, 1.0)], low, np.inf).reshape(-1, len(steps))
    power = [(in_steps, charge, KW_PER_KWH), (in_steps, discharge, -KW_PER_KWH)]
    if p.setpoint is not None and p.deviation_value > 0:
        wanted = p.setpoint[steps]
        most = cars_most + np.abs(wanted)
        above = columns.add(len(steps), p.deviation_value * STEP_HOURS, 0.0, most)
        below = columns.add(len(steps), p.deviation_value * STEP_HOURS, 0.0, most)
        tracked = rows.add(len(steps), [*power, (at, above, -1.0), (at, below, 1.0)], wanted, wanted)
    if p.peak_value > 0:
        column = columns.add(1, p.peak_value, p.peak_so_far, max(p.peak_so_far, cars_most))
        peaks = rows.add(len(steps), [*power, (at, column, -1.0)], -np.inf, 0.0)
        peak = int(column[0])
    return _Grid(steps, upper, lower, tracked, peaks, peak)
