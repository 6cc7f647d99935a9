"""A `Problem` as a linear program.

Variables are the energy that each car charges and discharges in each step in which it may act, and the energy left in
its battery; slacks carry unmet energy, overload and deviation, an epigraph the peak. Every constraint is implied by
EV2Gym's physics (docs/engines.md), with efficiencies at their best current, so that the optimum bounds whatever the
simulator allows. EV2Gym's rounding of the battery's energy up to 0.01 kWh is counted and billed as charging
(`core.world.battery.on_grid`), so here it only lets a step store up to 0.01 kWh more than power or taper would. The
schedule counts on the mean of that where it cannot know; the bound allows for all of it (`LinearProgram.bound`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.agents.optimum.linear_program import Columns, LinearProgram, Once, Rows
from core.agents.optimum.problem import Problem, Ties
from core.scenario import STEP_HOURS
from core.world.battery import ROUNDING_KWH

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KW_PER_KWH = 1 / STEP_HOURS
"""Mean power of one kWh in one step."""

MEAN_ROUNDING_KWH = ROUNDING_KWH / 2
"""What EV2Gym's rounding adds on average to a step whose energy may be anything."""


IDLE_KWH = 1e-7
"""Less than this in a step counts as nothing."""


@dataclass(frozen=True, slots=True)
class Grid:
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


@dataclass(frozen=True, slots=True)
class Formulation:
    """The program, and where things stand in it; stays are the (car, step) pairs in which a car may act, car by car."""

    program: LinearProgram
    car: Ints
    step: Ints
    """[stays]"""
    charge: Ints
    discharge: Ints
    energy: Ints
    """Columns, [stays]; `energy` is that at the end of the step."""
    exclusive: Ints
    """Stays in which a car could do both at once, and doing so would pay."""
    binaries: Ints
    """Columns, [exclusive] or none: 1 to charge, 0 to discharge."""
    own_at_most: int
    own_equal: int
    own_columns: int
    """Number of rows and columns, the first ones, that concern one car each."""
    grid: Grid

    def net(self, x: Floats) -> Floats:
        """[stays] kWh charged less discharged in a solution `x` of the program."""
        return x[self.charge] - x[self.discharge]

    def does_both(self, x: Floats) -> bool:
        """Whether a car charges and discharges at once where that pays."""
        return bool(((x[self.charge] > IDLE_KWH) & (x[self.discharge] > IDLE_KWH))[self.exclusive].any())

    def directed(self, net: Floats) -> LinearProgram:
        """The program where cars, in `exclusive` stays, may only charge if `net` [stays] is above 0, else discharge."""
        charges = net[self.exclusive] > 0
        return self.program.without(
            np.concatenate([self.charge[self.exclusive[~charges]], self.discharge[self.exclusive[charges]]])
        )


def formulate(problem: Problem) -> Formulation:
    """Write a problem, with at least one car, as a linear program.

    Where doing both at once would pay, a car may at most divide the step between the two. Where the problem names its
    `exclusive_steps`, there are binaries to rule that out in them.
    """
    p = problem
    cars = len(p.energy)
    length = p.last_step - p.first_step + 1
    end = np.cumsum(length)
    n = int(end[-1])
    car = np.repeat(np.arange(cars), length)
    within = np.arange(n) - np.repeat(end - length, length)
    step, first, last, at = p.first_step[car] + within, within == 0, end - 1, np.arange(n)

    columns, equal, at_most = Columns(), Rows(), Rows()
    nothing = np.zeros(len(p.values.charge))
    ties = p.values.ties or Ties(nothing, nothing, 0.0)
    taper, capacity = p.taper[car], p.capacity[car]
    limit, bump = p.charge_limit[car], np.broadcast_to(p.charge_bump, (cars,))[car]
    first_most = np.where(first, taper * np.maximum(0.0, capacity - p.energy[car]), np.inf)
    charge_most = np.minimum(limit, first_most + MEAN_ROUNDING_KWH)
    charge_ease = np.minimum(limit + bump, first_most + ROUNDING_KWH) - charge_most
    discharge_most = p.discharge_limit[car]
    once = np.broadcast_to(p.discharge_bump, (cars,))[car] * (discharge_most > 0)
    least = np.minimum(p.min_energy, p.energy)
    charge = columns.add(n, -p.values.charge[step], 0.0, charge_most, charge_ease, -ties.charge_value[step])
    discharge = columns.add(n, -p.values.discharge[step], 0.0, discharge_most, 0.0, -ties.discharge_value[step])
    extra = Once(discharge, car, once)
    energy = columns.add(n, 0.0, least[car], np.maximum(p.capacity, p.energy)[car])
    unmet = columns.add(cars, p.values.unmet, 0.0, np.maximum(0.0, p.wanted - least), 0.0, ties.unmet_value)

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

    both = p.values.both_pay
    if p.exclusive_steps is not None:
        both = both & (np.arange(len(both)) < p.exclusive_steps)
    exclusive = np.flatnonzero(both[step] & (discharge_most > 0) & (charge_most > 0))
    # 1 to charge, 0 to discharge.
    binaries = columns.add(0 if p.exclusive_steps is None else len(exclusive), 0.0, 0.0, 1.0)
    which = np.arange(len(exclusive))
    charge_part = (which, charge[exclusive], 1 / charge_most[exclusive])
    discharge_part = (which, discharge[exclusive], 1 / discharge_most[exclusive])
    part_ease, once_ease = charge_ease[exclusive] / charge_most[exclusive], once[exclusive] / discharge_most[exclusive]
    if len(binaries):
        at_most.add(len(exclusive), [charge_part, (which, binaries, -1.0)], 0.0, part_ease)
        at_most.add(len(exclusive), [discharge_part, (which, binaries, 1.0)], 1.0, once_ease)
    else:  # part of the step for one, part for the other
        at_most.add(len(exclusive), [charge_part, discharge_part], 1.0, np.maximum(part_ease, once_ease))
    # A battery takes no more than it had room for, and gives no more than it held, before the step.
    room = exclusive[~first[exclusive]]
    which = np.arange(len(room))
    before = energy[room - 1]
    at_most.add(len(room), [(which, charge[room], 1.0), (which, before, 1.0)], capacity[room])
    at_most.add(len(room), [(which, discharge[room], 1.0), (which, before, -1.0)], -least[car[room]])

    own_at_most, own_equal, own_columns = at_most.count, equal.count, columns.count
    _share_stations(at_most, p, car, step, charge, discharge, once)
    grid = _add_grid(at_most, equal, columns, p, p.transformer[car], step, charge, discharge)

    cost, low, high, ease, tie_cost = columns.finish()
    rows = at_most.finish(columns.count), equal.finish(columns.count)
    return Formulation(
        program=LinearProgram(cost, low, high, ease, tie_cost, *rows, extra),
        car=car,
        step=step,
        charge=charge,
        discharge=discharge,
        energy=energy,
        exclusive=exclusive,
        binaries=binaries,
        own_at_most=own_at_most,
        own_equal=own_equal,
        own_columns=own_columns,
        grid=grid,
    )


def _share_stations(rows: Rows, p: Problem, car: Ints, step: Ints, charge: Ints, discharge: Ints, once: Floats) -> None:
    """Cars at one station share its current: the shares they need add up to at most 1, each way, rounding apart."""
    _, row, size = np.unique(p.station[car] * len(p.values.charge) + step, return_inverse=True, return_counts=True)
    shared = np.flatnonzero(size[row] > 1)
    if not len(shared):
        return
    _, row = np.unique(row[shared], return_inverse=True)
    share = 1 / p.full_station[car[shared]]
    rounding = np.bincount(row, share * MEAN_ROUNDING_KWH)
    rows.add(len(rounding), [(row, charge[shared], share)], 1.0 + rounding, rounding)
    rows.add(len(rounding), [(row, discharge[shared], share)], 1.0, np.bincount(row, share * once[shared]))


def _add_grid(
    at_most: Rows,
    equal: Rows,
    columns: Columns,
    p: Problem,
    transformer: Ints,
    step: Ints,
    charge: Ints,
    discharge: Ints,
) -> Grid:
    """Slacks for overload and deviation and the epigraph of the peak, in steps in which some car may act."""
    steps = np.unique(step)
    in_steps = np.searchsorted(steps, step)
    at = np.arange(len(steps))
    # Slacks hold whatever the bound allows cars: a limit of theirs that binds would be priced without being eased.
    cars_most = KW_PER_KWH * float((p.charge_limit + p.charge_bump + p.discharge_limit + p.discharge_bump).sum())
    upper = lower = tracked = peaks = peak = None
    if p.values.overload > 0:
        row = transformer * len(steps) + in_steps
        high, low = ((limit - p.base_load)[:, steps].ravel() for limit in (p.upper_limit, p.lower_limit))
        n = len(high)
        most = cars_most + np.maximum(np.abs(high), np.abs(low))
        over = columns.add(n, p.values.overload * STEP_HOURS, 0.0, most)
        power = [(row, charge, KW_PER_KWH), (row, discharge, -KW_PER_KWH)]
        upper = at_most.add(n, [*power, (np.arange(n), over, -1.0)], high).reshape(-1, len(steps))
        power = [(row, charge, -KW_PER_KWH), (row, discharge, KW_PER_KWH)]
        lower = at_most.add(n, [*power, (np.arange(n), over, -1.0)], -low).reshape(-1, len(steps))
    power = [(in_steps, charge, KW_PER_KWH), (in_steps, discharge, -KW_PER_KWH)]
    if p.setpoint is not None and p.values.deviation > 0:
        wanted = p.setpoint[steps]
        most = cars_most + np.abs(wanted)
        above = columns.add(len(steps), p.values.deviation * STEP_HOURS, 0.0, most)
        below = columns.add(len(steps), p.values.deviation * STEP_HOURS, 0.0, most)
        tracked = equal.add(len(steps), [*power, (at, above, -1.0), (at, below, 1.0)], wanted)
    if p.values.peak > 0:
        column = columns.add(1, p.values.peak, p.peak_so_far, max(p.peak_so_far, cars_most))
        peaks = at_most.add(len(steps), [*power, (at, column, -1.0)], 0.0)
        peak = int(column[0])
    return Grid(steps, upper, lower, tracked, peaks, peak)
