"""Decomposition by car of days on which doing both at once would pay: a proven bound, and schedules that never do.

Alone, a car's best schedule is found exactly by dynamic programming: the value of the energy in its battery is a
piecewise linear function, followed backwards from its departure. What couples cars (transformers, the peak, the
set-point, shared stations) is a linear program. Hence, for any prices of what couples them, the cars' best schedules
under these prices bound the optimum (Lagrangian relaxation). `relax` finds the prices with the lowest bound by column
generation: a small program mixes the schedules found so far, and its prices ask the cars for the next ones.

The mixture tells how much power the cars take together, but mixes directions. `sweep` finds schedules near it: in turns
each car answers the others' load. Limits are soft at first, so that cars can make way for each other, then harden.

Importing this module imports numba, so it is imported on first use. Compiled code is cached on disk, where
`core.compiled` decided; everything that is compiled lives here.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import block_array, coo_array, csc_array, csr_array, hstack

from core.compiled import compiled
from core.errors import SolverError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 24
"""Rounds of column generation at most; at 25 stations the bound then moves by less than 0.01 EUR."""

STEADY = 0.3
"""Weight of the prices of the best bound in the next prices; the rest is the small program's (in-out stabilisation)."""

EXACTLY_EUR, ROUGHLY_EUR = 1e-5, 3e-3
"""Breakpoints that matter less are left out of value functions, upwards, so that bounds stay bounds."""

HAIR = 1e-3
"""Distance over which slopes are measured, in units of that between two breakpoints."""

SAME_KWH = 1e-9
"""Energies this near are one."""


class Cars(NamedTuple):
    """Cars [cars]; energies in kWh, those of one step where they limit a step. Stays are numbered car by car."""

    start: Ints
    """First stay."""
    length: Ints
    """Number of stays."""
    first_step: Ints
    energy: Floats
    """At arrival."""
    wanted: Floats
    capacity: Floats
    min_energy: Floats
    charge_limit: Floats
    discharge_limit: Floats
    taper: Floats
    """Largest share of the missing energy that one step can store."""
    full: Floats
    """Energy up to which this missing energy counts; the capacity or a little more."""
    transformer: Ints
    station: Ints
    full_station: Floats
    """Energy of one step at the station's full current."""
    unmet_value: float
    """EUR lost per kWh short of `wanted`."""


class Meters(NamedTuple):
    """What the load of all cars together costs: meters are the transformers and, last, the whole site."""

    marks: Floats
    """[meters, steps, marks] kWh per step: loads at which the marginal cost rises."""
    rises: Floats
    """[meters, steps, marks] EUR/kWh: by how much."""
    floor: Floats
    """[meters, steps] EUR/kWh: marginal cost below all marks."""


@dataclass(frozen=True, slots=True)
class Coupling:
    """What couples cars: `charge @ charged + discharge @ discharged + slack @ slacks <= most`, at a cost of slacks."""

    charge: csr_array
    discharge: csr_array
    """[rows, stays]"""
    slack: csr_array
    """[rows, slacks]"""
    most: Floats
    slack_cost: Floats
    slack_low: Floats
    slack_high: Floats
    """Finite."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The mixture of schedules that is best for all cars together."""

    bound: float
    """Proven upper bound, EUR."""
    net: Floats
    """[stays] kWh charged less discharged, mixed."""
    slack: Floats
    prices: Floats
    """[rows] EUR per unit of each row, >= 0."""


# --- one car ---------------------------------------------------------------------------------------------------------
@compiled
def _best_next(
    e: float,
    x: Floats,
    v: Floats,
    low: Floats,
    high: Floats,
    slope: Floats,
    base: Floats,
    taper: float,
    full: float,
) -> tuple[float, float]:
    """The best value from energy `e` on, and the energy after the step that gives it.

    `v` is the value of having energy `x` after the step, linear in between. The step gains ``base + slope * change``
    where the change of energy lies in one of the pieces [low, high]; pieces meet, and none crosses 0.
    """
    n, last = len(x), len(x) - 1
    at = min(max(int(np.searchsorted(x, e, side="right")) - 1, 0), last - 1)
    best, after = v[at] + (v[at + 1] - v[at]) * (e - x[at]) / (x[at + 1] - x[at]), e
    room = taper * max(0.0, full - e)
    for k in range(len(low)):
        if low[k] >= room and low[k] > 0.0:
            break
        left = max(e + low[k], x[0])
        right = min(e + (min(high[k], room) if low[k] >= 0.0 else high[k]), x[last])
        if right < left:
            continue
        # The step's gain and the value after it are linear between breakpoints: the best lies at one, or at an end.
        q = at
        while q > 0 and x[q] > left:
            q -= 1
        while q < last - 1 and x[q + 1] <= left:
            q += 1
        value = v[q] + (v[q + 1] - v[q]) * (left - x[q]) / (x[q + 1] - x[q]) + base[k] + slope[k] * (left - e)
        if value > best:
            best, after = value, left
        q += 1
        while q < n and x[q] < right:
            value = v[q] + base[k] + slope[k] * (x[q] - e)
            if value > best:
                best, after = value, x[q]
            q += 1
        q = min(q, last) - 1
        value = v[q] + (v[q + 1] - v[q]) * (right - x[q]) / (x[q + 1] - x[q]) + base[k] + slope[k] * (right - e)
        if value > best:
            best, after = value, right
    return best, after


@compiled
def _values(
    energies: Floats,
    x: Floats,
    v: Floats,
    low: Floats,
    high: Floats,
    slope: Floats,
    base: Floats,
    taper: float,
    full: float,
) -> Floats:
    """The best values from each of `energies` on."""
    values = np.empty(len(energies))
    for k in range(len(energies)):
        values[k] = _best_next(energies[k], x, v, low, high, slope, base, taper, full)[0]
    return values


@compiled
def _breakpoints(x: Floats, low: Floats, high: Floats, taper: float, full: float, found: Floats) -> int:
    """Energies before a step between which its best value is convex, sorted into `found`; gives their number.

    There, the ends of all pieces stay between the same two breakpoints of the value after it, so that the best value is
    the largest of a few linear functions.
    """
    least, most, pieces = x[0], x[-1], len(low)
    top = high[pieces - 1] if pieces else 0.0
    found[0], found[1], count = least, most, 2
    for k in range(-1, pieces + 1):
        edge = 0.0 if k < 0 else (low[k] if k < pieces else top)
        if k >= 0 and edge == 0.0:
            continue
        tapered = full - edge / taper if edge > 0.0 else most  # the taper limits what is above this
        for energy in x:
            if least < energy - edge < tapered:
                found[count] = energy - edge
                count += 1
        if edge > 0.0 and least < tapered < most:
            found[count] = tapered
            count += 1
    if taper < 1.0 and top > 0.0:
        tapered = max(least, full - top / taper)
        for energy in x:
            before = (energy - taper * full) / (1.0 - taper)
            if tapered < before < most:
                found[count] = before
                count += 1
    found[:count].sort()
    kept = 1
    for k in range(1, count):
        if found[k] > found[kept - 1] + SAME_KWH:
            found[kept] = found[k]
            kept += 1
    found[kept - 1] = most
    return kept


@compiled
def _simplify(x: Floats, v: Floats, n: int, tolerance: float) -> int:
    """Leave out breakpoints that hardly matter, upwards: the function is nowhere lower then. Gives their number."""
    kept = 1
    for k in range(1, n):
        while kept > 1:
            share = (x[kept - 1] - x[kept - 2]) / (x[k] - x[kept - 2])
            chord = v[kept - 2] + (v[k] - v[kept - 2]) * share
            if not 0.0 <= chord - v[kept - 1] + 1e-12 <= tolerance:
                break
            kept -= 1
        x[kept], v[kept] = x[k], v[k]
        kept += 1
    return kept


@compiled
def _value_before(
    x: Floats,
    v: Floats,
    low: Floats,
    high: Floats,
    slope: Floats,
    base: Floats,
    taper: float,
    full: float,
    tolerance: float,
) -> tuple[Floats, Floats]:
    """The value function before a step from the one after it; where not exact, above it."""
    found = np.empty((len(low) + 3) * len(x) + len(low) + 4)
    n = _breakpoints(x, low, high, taper, full, found)
    z = found[:n]
    w = _values(z, x, v, low, high, slope, base, taper, full)
    middle = np.empty(n)
    for k in range(n - 1):
        middle[k] = (z[k] + z[k + 1]) / 2
    at_middle = _values(middle[: n - 1], x, v, low, high, slope, base, taper, full)
    # Where the value is not linear between two breakpoints, the slopes at both tell where two linear parts meet.
    bent, probe, count = np.empty(n, dtype=np.int64), np.empty(2 * n), 0
    for k in range(n - 1):
        if (w[k] + w[k + 1]) / 2 - at_middle[k] > tolerance:
            hair = HAIR * (z[k + 1] - z[k])
            bent[count], probe[2 * count], probe[2 * count + 1] = k, z[k] + hair, z[k + 1] - hair
            count += 1
    at_probe = _values(probe[: 2 * count], x, v, low, high, slope, base, taper, full)
    meet = np.empty(count)
    for j in range(count):
        k = bent[j]
        width = z[k + 1] - z[k]
        left, right = (at_probe[2 * j] - w[k]) / (HAIR * width), (w[k + 1] - at_probe[2 * j + 1]) / (HAIR * width)
        share = (w[k] - w[k + 1] + right * width) / ((right - left) * width)
        meet[j] = z[k] + min(max(share, HAIR), 1 - HAIR) * width
    at_meet = _values(meet, x, v, low, high, slope, base, taper, full)
    new_x, new_v = np.empty(n + count), np.empty(n + count)
    j = 0
    for k in range(n):
        new_x[k + j], new_v[k + j] = z[k], w[k]
        if j < count and bent[j] == k:
            new_x[k + j + 1], new_v[k + j + 1] = meet[j], at_meet[j]
            j += 1
    count = _simplify(new_x, new_v, n + count, tolerance)
    return new_x[:count], new_v[:count]


@compiled
def _best_schedule(
    cars: Cars,
    i: int,
    pieces: Ints,
    low: Floats,
    high: Floats,
    slope: Floats,
    base: Floats,
    tolerance: float,
    net: Floats,
) -> float:
    """Car `i`'s best schedule into `net` [its stays], and an upper bound on its value (tight but for `tolerance`)."""
    steps, taper, full = cars.length[i], cars.taper[i], cars.full[i]
    least, most = min(cars.min_energy[i], cars.energy[i]), max(cars.capacity[i], cars.energy[i])
    wanted = min(max(cars.wanted[i], least), most)
    x = np.array([least, wanted, most]) if least < wanted < most else np.array([least, most])
    v = -cars.unmet_value * np.maximum(0.0, cars.wanted[i] - x)
    all_x, all_v = np.empty(64 * steps), np.empty(64 * steps)
    begin = np.zeros(steps + 2, dtype=np.int64)  # value function after step t: begin[t + 1] .. begin[t]
    for t in range(steps - 1, -1, -1):
        begin[t] = begin[t + 1] + len(x)
        if begin[t] > len(all_x):
            all_x, all_v = np.concatenate((all_x, np.empty(len(all_x)))), np.concatenate((all_v, np.empty(len(all_v))))
        all_x[begin[t + 1] : begin[t]], all_v[begin[t + 1] : begin[t]] = x, v
        if t > 0:
            k = pieces[t]
            x, v = _value_before(x, v, low[t, :k], high[t, :k], slope[t, :k], base[t, :k], taper, full, tolerance)
    energy, bound = cars.energy[i], 0.0
    for t in range(steps):
        x, v, k = all_x[begin[t + 1] : begin[t]], all_v[begin[t + 1] : begin[t]], pieces[t]
        value, after = _best_next(energy, x, v, low[t, :k], high[t, :k], slope[t, :k], base[t, :k], taper, full)
        if t == 0:
            bound = value
        net[t], energy = after - energy, after
    return bound


# --- all cars --------------------------------------------------------------------------------------------------------
@compiled
def sweep(
    cars: Cars,
    order: Ints,
    charge_value: Floats,
    discharge_value: Floats,
    meters: Meters,
    tolerance: float,
    net: Floats,
) -> float:
    """In turns, every car answers the others' load with its best schedule; `net` [stays] is changed in place.

    Gives the sum over cars of upper bounds on what they gain by it [EUR], tight but for `tolerance` now and then;
    `charge_value` and `discharge_value`: [stays] EUR/kWh.
    """
    total = 0.0
    site, steps, n_marks = meters.marks.shape
    site -= 1
    load = np.zeros((site + 1, steps))
    used = np.zeros((2, cars.station.max() + 1, steps))  # share of each station's current, charging and discharging
    for i in range(len(cars.start)):
        for t in range(cars.length[i]):
            step, change = cars.first_step[i] + t, net[cars.start[i] + t]
            load[cars.transformer[i], step] += change
            load[site, step] += change
            used[0 if change > 0 else 1, cars.station[i], step] += abs(change) / cars.full_station[i]
    longest = cars.length.max()
    pieces, room = np.empty(longest, dtype=np.int64), np.empty(2)
    shape = (longest, 2 * n_marks + 2)
    low, high, slope, base = np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape)
    edges = np.empty(2 * n_marks + 3)
    rise_at, rises = np.empty(2 * n_marks), np.empty(2 * n_marks)
    for i in order:
        own, station, full = net[cars.start[i] : cars.start[i] + cars.length[i]], cars.station[i], cars.full_station[i]
        meter = (cars.transformer[i], site)
        for t in range(cars.length[i]):
            step = cars.first_step[i] + t
            for which in meter:
                load[which, step] -= own[t]
            used[0 if own[t] > 0 else 1, station, step] -= abs(own[t]) / full
            for way in range(2):
                limit = cars.charge_limit[i] if way == 0 else cars.discharge_limit[i]
                left = max(0.0, (1.0 - used[way, station, step]) * full)
                room[way] = min(limit, left) if used[way, station, step] > 1e-9 else limit
            # Marginal cost of the load, from full discharging upwards.
            marginal, n, count = 0.0, 3, 0
            edges[0], edges[1], edges[2] = -room[1], 0.0, room[0]
            for which in meter:
                marginal += meters.floor[which, step]
                for k in range(n_marks):
                    mark = meters.marks[which, step, k] - load[which, step]
                    if mark <= -room[1]:
                        marginal += meters.rises[which, step, k]
                    elif mark < room[0]:
                        edges[n], rise_at[count], rises[count] = mark, mark, meters.rises[which, step, k]
                        n, count = n + 1, count + 1
            edge = np.sort(edges[:n])
            gain, gain_at_rest, k = 0.0, 0.0, 0
            for q in range(n - 1):
                if edge[q + 1] - edge[q] > SAME_KWH:
                    here = marginal
                    for r in range(count):
                        if rise_at[r] <= edge[q] + SAME_KWH:
                            here += rises[r]
                    stay = cars.start[i] + t
                    value = charge_value[stay] if edge[q] >= 0.0 else -discharge_value[stay]
                    low[t, k], high[t, k], slope[t, k] = edge[q], edge[q + 1], value - here
                    base[t, k] = gain - slope[t, k] * edge[q]
                    gain += slope[t, k] * (edge[q + 1] - edge[q])
                    k += 1
                if edge[q + 1] == 0.0:
                    gain_at_rest = gain
            base[t, :k] -= gain_at_rest
            pieces[t] = k
        total += _best_schedule(cars, i, pieces, low, high, slope, base, tolerance, own)
        for t in range(cars.length[i]):
            step = cars.first_step[i] + t
            for which in meter:
                load[which, step] += own[t]
            used[0 if own[t] > 0 else 1, station, step] += abs(own[t]) / full
    return total


# --- all cars together -----------------------------------------------------------------------------------------------
def relax(
    cars: Cars, charge_value: Floats, discharge_value: Floats, coupling: Coupling, tolerance: float, seconds: float
) -> Relaxation:
    """The bound and the mixture.

    Parameters
    ----------
    cars : Cars
    charge_value, discharge_value : array of float
        [stays] EUR/kWh.
    coupling : Coupling
    tolerance : float
        EUR; it ends when bound and mixture are this near, or after `ROUNDS`.
    seconds : float
        Of processor time, after which it ends in any case; compiling does not count.

    Raises
    ------
    SolverError
        When HiGHS finds no mixture (there always is one: doing nothing).
    """
    c, n, rows = coupling, len(charge_value), len(coupling.most)
    owner = np.repeat(np.arange(len(cars.start)), cars.length)
    stays = np.arange(n)
    apart = cars._replace(station=np.arange(len(cars.start)))
    meters, steps = int(cars.transformer.max()) + 2, int((cars.first_step + cars.length).max())
    free = Meters(np.zeros((meters, steps, 0)), np.zeros((meters, steps, 0)), np.zeros((meters, steps)))
    net = np.zeros(n)
    schedules: list[Floats] = []
    columns: list[csr_array] = []
    values: list[Floats] = []

    def keep(net: Floats) -> None:
        shape = (n, len(cars.start))
        charged, discharged = np.maximum(net, 0.0), np.maximum(-net, 0.0)
        used = c.charge @ coo_array((charged, (stays, owner)), shape).tocsc()
        schedules.append(net)
        columns.append(used + c.discharge @ coo_array((discharged, (stays, owner)), shape).tocsc())
        short = np.maximum(0.0, cars.wanted - cars.energy - np.bincount(owner, net))
        value = np.bincount(owner, charge_value * charged + discharge_value * discharged)
        values.append(value - cars.unmet_value * short)

    keep(net)
    prices, best_prices, bound, until = np.zeros(rows), np.zeros(rows), math.inf, math.inf
    while True:
        net = np.zeros(n)
        charge_gain, discharge_gain = charge_value - c.charge.T @ prices, discharge_value - c.discharge.T @ prices
        alone = sweep(apart, np.arange(len(cars.start)), charge_gain, discharge_gain, free, EXACTLY_EUR, net)
        until = min(until, time.thread_time() + seconds)
        slack_gain = -c.slack_cost - c.slack.T @ prices
        slack_part = np.maximum(slack_gain * c.slack_low, slack_gain * c.slack_high).sum()
        found = float(prices @ c.most + slack_part + alone)
        if found < bound:
            bound, best_prices = found, prices
        keep(net)
        rounds = len(columns)
        identity = csc_array(np.eye(len(cars.start)))
        mix = linprog(
            np.concatenate([-np.concatenate(values), c.slack_cost]),
            A_ub=hstack([*columns, c.slack], format="csc"),
            b_ub=c.most,
            A_eq=block_array([[identity] * rounds + [csc_array((len(cars.start), len(c.slack_cost)))]], format="csc"),
            b_eq=np.ones(len(cars.start)),
            bounds=np.column_stack(
                [
                    np.concatenate([np.zeros(rounds * len(cars.start)), c.slack_low]),
                    np.concatenate([np.full(rounds * len(cars.start), np.inf), c.slack_high]),
                ]
            ),
            method="highs",
        )
        if mix.x is None:
            raise SolverError(f"HiGHS found no mixture of schedules: {mix.message}")
        if bound + mix.fun <= tolerance or rounds > ROUNDS or time.thread_time() > until:
            break
        prices = STEADY * best_prices + (1 - STEADY) * np.maximum(0.0, -mix.ineqlin.marginals)
    share = mix.x[: rounds * len(cars.start)].reshape(rounds, -1)
    mixed = sum((part[owner] * schedule for part, schedule in zip(share, schedules, strict=True)), np.zeros(n))
    return Relaxation(bound, mixed, mix.x[rounds * len(cars.start) :], np.maximum(0.0, -mix.ineqlin.marginals))
