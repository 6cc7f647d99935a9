"""The coordinated plan behind the learned agents, compiled: exchanges along each car's stay under congestion prices.

Importing this module imports numba, so `plan` does it on first use. Compiled code is cached on disk,
where `core.compiled` decided; everything that is compiled lives here. `replan` and `observe` are what is called from
outside; `update_plans` and `observe_ports` do the work.

A row is a plugged-in car or a group of expected guests. Its plan is the energy x_t that it stores in each step [kWh],
> 0 charges. What a further kWh costs in step t (EUR of the objective) is the price of charging (or what discharging
would have gained) plus the congestion price of its transformer and of the site at the load planned by all rows.
An exchange moves energy from one step to another, or to or from what is left at departure, where that gains; it is
limited by power, battery and taper, and stops where the two steps' congestion prices meet. Rows take turns. Since
congestion prices rise steadily towards a limit instead of jumping at it, exchanges of single cars lead to a plan that
is nearly best for the site, and cars that could as well charge elsewhere make way for those that cannot.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.compiled import compiled, inlined

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Singles = NDArray[np.float32]
Plain = tuple[Any, ...]

STEP_HOURS = 0.25
STEPS_AN_HOUR = 4
RAMP = 5.0
"""Over how many times the limit its congestion price rises from nothing to the full price. Wide: along a steep ramp
cars make way for each other by hundredths of a kWh only. `settle_tolls` lets loads stop at the limit all the same."""
TRACKING_RAMP = 0.1
"""The same around a set-point, on either side, as a share of it."""
PEAK_RAMP = 1.0
"""The same at the ceiling that all power is to stay below, as a share of the power of all rows."""
LEVELS = 24
"""Levels of energy from the least to what is wanted, in `best_path`."""
FRACTIONS = (1.0, 0.5, 0.2)
"""Of the most that a step can store or give: amounts that `best_path` looks at for all levels."""
FINE = 8
"""Amounts on either side that it looks at on the way forwards."""
LEAST_GAIN = 2e-5
"""EUR/kWh: an exchange that gains less is not made."""
LEAST_KWH = 1e-3
"""Smaller exchanges are not made."""
SETTLED = 1e-3
"""EUR/kWh: congestion prices that change less from one turn to the next have settled."""
ENOUGH_KWH = 0.05
"""Who will lack no more than this counts as served."""
LEAST_GUESTS = 0.05
"""Hours in which fewer cars than this are expected are left out."""


# --- what is handed in, by what it is about ---------------------------------------------------------------------------
# Arrays begin with the axis of worlds, so that threads can share them; only `Layout` is the same for all worlds.
class Effort(NamedTuple):
    """How long to look for better plans."""

    sweeps: int
    """Turns that all rows take."""
    moves: int
    """Exchanges of a row in one turn."""
    first_sweeps: int
    """Turns in which a world is seen first."""
    paths: int
    """2: look for the best path of every car in every other turn; 1: of cars only that have just come or may cycle."""


class Layout(NamedTuple):
    """How ports hang together."""

    ports_per_station: int
    transformer: Ints
    """[ports]"""


class Cars(NamedTuple):
    """Plugged-in cars, [worlds, ports], as in `core.agents.base.FleetView`."""

    connected: Bools
    steps_left: Ints
    energy: Floats
    capacity: Floats
    wanted: Floats
    min_energy: Floats
    charge_kw: Floats
    discharge_kw: Floats
    taper: Floats
    full_kw: Floats
    """Power at the battery of the station's full current."""


class Limits(NamedTuple):
    """What power is measured against, kW."""

    upper: Floats
    """[worlds, transformers, steps], `lower` and `base` likewise."""
    lower: Floats
    base: Floats
    """Other load less PV."""
    setpoint: Floats
    """[worlds, steps], or no steps at all."""


class Prices(NamedTuple):
    """EUR of the objective."""

    charge_cost: Floats
    """[worlds, steps] per kWh."""
    discharge_gain: Floats
    """[worlds, steps] per kWh."""
    unmet: Floats
    """[worlds] per kWh, like the two after it."""
    overload: Floats
    deviation: Floats
    peak: Floats
    """[worlds] per kW."""


class Arrivals(NamedTuple):
    """Statistics of cars to come, [worlds, steps]."""

    rate: Floats
    """Arrivals per free port."""
    need: Floats
    """kWh that such a car wants."""
    stay: Floats
    """Steps that it stays."""
    charge_kw: Floats
    """[worlds]"""


class Memory(NamedTuple):
    """What is kept from step to step. Updated."""

    plan: Floats
    """[worlds, rows, steps] kWh; rows are the ports, then guests by transformer and hour."""
    departure: Ints
    """[worlds, ports]: last step of the car that the plan is for, -1 for none."""
    guests: Floats
    """[worlds, rows - ports]: number of cars that each group of guests was planned for."""
    peak: Floats
    """[worlds] kW: highest power of all cars up to now; given."""
    ceiling: Floats
    """[worlds] kW: the highest that is planned for; negative means that the world was not seen before."""
    up_toll: Floats
    """[worlds, transformers, steps]: share of the full price with the load at the limit, `down_toll` likewise at the
    lower one."""
    down_toll: Floats
    aim_toll: Floats
    """[worlds, steps]: the same for the set-point, -1 to 1."""
    peak_toll: Floats
    """[worlds, steps]: the step's share of the peak's price."""


class Outlook(NamedTuple):
    """What the plan implies. Written."""

    load: Floats
    """[worlds, transformers, steps] kW."""
    site: Floats
    """[worlds, steps] kW of all cars."""
    price: Floats
    """[worlds, transformers, steps]: congestion price [EUR/kWh]."""
    guests: Floats
    """[worlds, transformers, steps] kW of expected guests."""


class Scales(NamedTuple):
    """What observations are measured in."""

    money: Floats
    """[worlds] EUR/kWh."""
    common: Floats
    """[worlds, columns that all ports of a world share]."""


# --- one world at work ------------------------------------------------------------------------------------------------
class Rows(NamedTuple):
    """The rows of the world in hand, [rows]."""

    begin: Ints
    """First step in which the row can act, and last."""
    end: Ints
    start_kwh: Floats
    """Energy before the first step, and bounds, at departure wanted and least."""
    full_kwh: Floats
    wish: Floats
    floor: Floats
    most_up: Floats
    """kWh that a step can store, and give, at most."""
    most_down: Floats
    kappa: Floats
    """Share of the missing energy that a step can store at most."""
    share: Floats
    """Share of its station's current that a kWh in one step takes; 0 for guests."""
    place: Ints
    """Transformer."""
    fresh: Bools
    """Whether it has no plan yet."""
    active: Ints
    """The rows that there are, in the order of their turns."""


class Row(NamedTuple):
    """One row: numbers only, which cost nothing to hand on."""

    begin: int
    end: int
    full_kwh: float
    wish: float
    floor: float
    most_up: float
    most_down: float
    kappa: float
    share: float
    shared: bool
    """Whether it has a station whose current others share."""


class Tariff(NamedTuple):
    """Prices of the world in hand, as in `Prices`; 0 for the deviation where there is no set-point."""

    unmet: float
    overload: float
    deviation: float
    peak: float


class Ramps(NamedTuple):
    """Over how many kW congestion prices rise from nothing to their height."""

    limit: float
    aim: float
    peak: float


class Exchange(NamedTuple):
    """Energy moved from the step `down_at` to the step `up_at`, either -1 for what is left at departure."""

    gain: float
    """EUR/kWh"""
    up_at: int
    down_at: int
    room_kwh: float
    """Most that can be moved; gains may end before."""
    passed: float
    """Share of what is stored in `up_at` that tapers on the way let through."""
    later: bool
    """Whether energy is made good after it was given, along `refill_at`."""


# --- prices of congestion --------------------------------------------------------------------------------------------
@inlined
def cut(x: float, low: float, high: float) -> float:
    """`x` between `low` and `high`."""
    return min(max(x, low), high)


@inlined
def marginal_price(
    load: float, up_from: float, down_from: float, site: float, aim: float, peak_at: float, ramps: Ramps,
    tariff: Tariff,
) -> float:  # fmt: skip
    """EUR/kWh that one kWh more costs a transformer at `load` and the site of cars at `site` [kW]."""
    price = 0.0
    if tariff.overload > 0.0:
        price += tariff.overload * (
            cut((load - up_from) / ramps.limit, 0.0, 1.0) - cut((down_from - load) / ramps.limit, 0.0, 1.0)
        )
    if tariff.deviation > 0.0:
        price += tariff.deviation * cut((site - aim) / ramps.aim, -1.0, 1.0)
    if tariff.peak > 0.0:
        price += tariff.peak / STEP_HOURS * cut((site - peak_at) / ramps.peak, 0.0, 1.0)
    return price


@compiled
def expect(
    step: int, connected: Bools, steps_left: Ints, transformer: Ints, rate: Floats, stay: Floats, coming: Floats
) -> None:
    """How many cars statistics expect to come after `step` at each transformer, in each step.

    Ports are free now, or become so when their car leaves; a free port takes `rate` cars in a step, which stay for
    `stay` steps and then leave it free again.

    Parameters
    ----------
    step : int
    connected, steps_left, transformer : array
        [ports].
    rate, stay : array
        [steps]: arrivals per free port, and the mean number of steps that they stay.
    coming : array
        [transformers, steps]: written, from `step` on.
    """
    n_transformers, n_steps = coming.shape
    opening = np.zeros((n_transformers, n_steps + 1))
    for p in range(len(connected)):
        opening[transformer[p], min(step + steps_left[p], n_steps) if connected[p] else step] += 1.0
    for m in range(n_transformers):
        free = opening[m, step]
        coming[m, step] = 0.0
        for t in range(step + 1, n_steps):
            free += opening[m, t]
            coming[m, t] = rate[t] * free
            free -= coming[m, t]
            opening[m, min(t + max(int(stay[t] + 0.5), 1), n_steps)] += coming[m, t]


@compiled
def car_rows(w: int, step: int, layout: Layout, cars: Cars, memory: Memory, rows: Rows) -> int:
    """Fill in the rows of plugged-in cars, and forget the plans of those that left; the number of rows."""
    n_steps = memory.plan.shape[2]
    n_active = 0
    for p in range(cars.connected.shape[1]):
        if not cars.connected[w, p]:
            memory.departure[w, p] = -1
            continue
        last = min(step + cars.steps_left[w, p] - 1, n_steps - 1)
        rows.place[p] = layout.transformer[p]
        rows.begin[p], rows.end[p] = step, last
        rows.fresh[p] = memory.departure[w, p] != last
        if rows.fresh[p]:
            memory.departure[w, p] = last
            memory.plan[w, p, step : last + 1] = 0.0
        rows.start_kwh[p], rows.full_kwh[p] = cars.energy[w, p], cars.capacity[w, p]
        rows.wish[p] = cars.wanted[w, p]
        rows.floor[p] = min(cars.min_energy[w, p], cars.energy[w, p])
        rows.most_up[p], rows.most_down[p] = cars.charge_kw[w, p] * STEP_HOURS, cars.discharge_kw[w, p] * STEP_HOURS
        rows.kappa[p] = cars.taper[w, p]
        rows.share[p] = 1.0 / max(cars.full_kw[w, p] * STEP_HOURS, 1e-9)
        rows.active[n_active] = p
        n_active += 1
    return n_active


@compiled
def guest_rows(
    w: int, step: int, layout: Layout, cars: Cars, arrivals: Arrivals, memory: Memory, coming: Floats, rows: Rows, n:
    int,
) -> int:  # fmt: skip
    """Append the rows of expected guests, by hour of arrival and transformer, to `n` others; the number of all."""
    n_transformers, n_steps = coming.shape
    ports = cars.connected.shape[1]
    hours = (memory.plan.shape[1] - ports) // n_transformers
    need, stay = arrivals.need[w], arrivals.stay[w]
    plan, guests = memory.plan[w], memory.guests[w]
    expect(step, cars.connected[w], cars.steps_left[w], layout.transformer, arrivals.rate[w], stay, coming)
    for h in range(hours):
        from_step = max(h * STEPS_AN_HOUR + STEPS_AN_HOUR // 2, step + 1)
        for m in range(n_transformers):
            g = m * hours + h
            r = ports + g
            number = need_sum = stay_sum = 0.0
            for t in range(max(h * STEPS_AN_HOUR, step + 1), min((h + 1) * STEPS_AN_HOUR, n_steps)):
                number += coming[m, t]
                need_sum += coming[m, t] * need[t]
                stay_sum += coming[m, t] * stay[t]
            if number <= LEAST_GUESTS or from_step >= n_steps:
                guests[g] = 0.0
                continue
            last = min(from_step + int(stay_sum / number + 0.5) - 1, n_steps - 1)
            if last < from_step:
                guests[g] = 0.0
                continue
            rows.fresh[r] = guests[g] <= 0.0
            scale = 0.0 if rows.fresh[r] else number / guests[g]
            plan[r, step:from_step] = 0.0
            for t in range(from_step, last + 1):
                plan[r, t] *= scale
            plan[r, last + 1 : n_steps] = 0.0
            guests[g] = number
            rows.place[r] = m
            rows.begin[r], rows.end[r] = from_step, last
            rows.most_up[r], rows.most_down[r] = number * arrivals.charge_kw[w] * STEP_HOURS, 0.0
            rows.kappa[r], rows.share[r] = 1.0, 0.0
            rows.start_kwh[r], rows.floor[r] = 0.0, 0.0
            rows.wish[r] = min(need_sum, rows.most_up[r] * (last - from_step + 1))
            rows.full_kwh[r] = rows.wish[r]
            rows.active[n] = r
            n += 1
    return n


@compiled
def make_possible(
    step: int, layout: Layout, rows: Rows, n: int, plan: Floats, used_up: Floats, used_down: Floats, load: Floats, site:
    Floats,
) -> None:  # fmt: skip
    """Cut what is planned to what is possible from here, and add it up: for one world, arrays without its axis."""
    ports = len(layout.transformer)
    shared = layout.ports_per_station > 1
    site[step:] = 0.0
    if shared:
        used_up[:, step:] = 0.0
        used_down[:, step:] = 0.0
    for k in range(n):
        r = rows.active[k]
        m = rows.place[r]
        full, floor, kappa, share = rows.full_kwh[r], rows.floor[r], rows.kappa[r], rows.share[r]
        most_up, most_down = rows.most_up[r], rows.most_down[r]
        s = r // layout.ports_per_station
        now = rows.start_kwh[r]
        for t in range(rows.begin[r], rows.end[r] + 1):
            x = plan[r, t]
            room = max(full - now, 0.0)
            x = min(x, most_up, kappa * room)
            x = max(x, -most_down, floor - now)
            if shared and r < ports:
                if x > 0.0:
                    x = min(x, max(0.0, 1.0 - used_up[s, t]) / share)
                    used_up[s, t] += x * share
                elif x < 0.0:
                    x = max(x, -max(0.0, 1.0 - used_down[s, t]) / share)
                    used_down[s, t] -= x * share
            plan[r, t] = x
            now += x
            load[m, t] += x / STEP_HOURS
            site[t] += x / STEP_HOURS


@compiled
def in_order_of_departure(rows: Rows, n: int, ports: int) -> None:
    """Let cars take turns in the order in which they leave, guests after them; the first `n` of `rows.active`."""
    for k in range(1, n):
        r = rows.active[k]
        if r >= ports:
            break
        at = k
        while at > 0 and rows.end[rows.active[at - 1]] > rows.end[r]:
            rows.active[at] = rows.active[at - 1]
            at -= 1
        rows.active[at] = r


@compiled
def make_way(
    ports_per_station: int, rows: Rows, n: int, ports: int, connected: Bools, plan: Floats, used_up: Floats, used_down:
    Floats, load: Floats, site: Floats,
) -> None:  # fmt: skip
    """Forget the plans of those who leave later than a car at their station that their current would leave unserved.

    Exchanges of single cars cannot pass current from one to another where a station has none left. Arrays without the
    axis of worlds; all but `rows.active` are brought up to date.
    """
    for k in range(n):
        r = rows.active[k]
        if r >= ports:
            break
        s = r // ports_per_station
        energy, full = rows.start_kwh[r], False
        for t in range(rows.begin[r], rows.end[r] + 1):
            energy += plan[r, t]
            full = full or used_up[s, t] > 0.999
        if not full or energy >= rows.wish[r] - ENOUGH_KWH:
            continue
        for q in range(s * ports_per_station, (s + 1) * ports_per_station):
            if not connected[q] or rows.end[q] <= rows.end[r]:
                continue
            rows.fresh[q] = True
            for t in range(rows.begin[q], rows.end[q] + 1):
                x = plan[q, t]
                used_up[s, t] -= max(x, 0.0) * rows.share[q]
                used_down[s, t] -= max(-x, 0.0) * rows.share[q]
                load[rows.place[q], t] -= x / STEP_HOURS
                site[t] -= x / STEP_HOURS
                plan[q, t] = 0.0


@compiled
def settle_peak(step: int, peak: float, ramp: float, site: Floats, toll: Floats, peak_at: Floats) -> float:
    """The ceiling [kW] and its tolls: shares of the peak's price that add up to 1, or to less below what was before.

    Written: `toll` [steps], the share of each step, and `peak_at` [steps], where its price begins [kW].
    """
    low, high = peak, peak
    for t in range(step, len(site)):
        high = max(high, site[t] + toll[t] * ramp)
    total = 0.0
    for t in range(step, len(site)):
        total += max((site[t] - low) / ramp + toll[t], 0.0)
    ceiling = low
    if total > 1.0:
        for _ in range(40):
            ceiling = 0.5 * (low + high)
            total = 0.0
            for t in range(step, len(site)):
                total += max((site[t] - ceiling) / ramp + toll[t], 0.0)
            if total > 1.0:
                low = ceiling
            else:
                high = ceiling
    for t in range(step, len(site)):
        toll[t] = min(max((site[t] - ceiling) / ramp + toll[t], 0.0), 1.0)
        peak_at[t] = ceiling - toll[t] * ramp
    return ceiling


# --- one row's exchanges ----------------------------------------------------------------------------------------------
# All of what follows is inlined into `replan`: handing arrays from function to function counts references, which costs
# more than the work. Arrays are [steps] of the row, its transformer, its station and its world.
@inlined
def price_refills(
    row: Row, unmet: float, plan: Floats, after: Floats, marginal: Floats, charge_cost: Floats, discharge_gain: Floats,
    used_up: Floats, refill: Floats, refill_at: Ints, refill_room: Floats,
) -> None:  # fmt: skip
    """What it costs to charge, after each step, a kWh that is missing then; where, and how much there is room for.

    Backwards from departure, where it is unmet energy or surplus. Where the taper binds, only its share can be made
    good. Written: `refill`, `refill_at` and `refill_room`, [steps + 1], at the step after.
    """
    begin, end = row.begin, row.end
    short = row.wish - after[end]
    refill[end + 1] = 0.0 if short < -LEAST_KWH else unmet
    refill_at[end + 1] = -1
    refill_room[end + 1] = -short if short < -LEAST_KWH else math.inf
    for t in range(end, begin, -1):
        x = plan[t]
        before = after[t] - x
        if after[t] - row.floor <= LEAST_KWH:
            refill[t + 1] = math.inf
        refill[t], refill_at[t] = refill[t + 1], refill_at[t + 1]
        refill_room[t] = min(refill_room[t + 1], after[t] - row.floor)
        if x >= 0.0:
            room = row.most_up - x
            if row.shared:
                room = min(room, (1.0 - used_up[t]) / row.share)
            spare = row.kappa * (row.full_kwh - before) - x
        else:
            room = -x
            spare = math.inf
        if room <= LEAST_KWH:
            continue
        cost = (charge_cost[t] if x >= 0.0 else discharge_gain[t]) + marginal[t]
        if spare > LEAST_KWH:
            if cost < refill[t + 1]:
                refill[t], refill_at[t], refill_room[t] = cost, t, min(room, spare)
        elif cost < refill[t + 1] and refill[t + 1] < math.inf:
            refill[t] = row.kappa * cost + (1.0 - row.kappa) * refill[t + 1]
            refill_at[t] = t
            refill_room[t] = min(room / row.kappa, refill_room[t + 1] / max(1.0 - row.kappa, 0.05))


@inlined
def best_exchange(
    row: Row, unmet: float, plan: Floats, after: Floats, marginal: Floats, charge_cost: Floats, discharge_gain: Floats,
    used_up: Floats, used_down: Floats, refill: Floats, refill_at: Ints, refill_room: Floats,
) -> Exchange:  # fmt: skip
    """The exchange that gains most per kWh; both steps -1 where none gains `LEAST_GAIN`. After `price_refills`."""
    kappa = row.kappa
    # The cheapest step to charge more in, of those from which energy can be carried up to here.
    cheap, cheap_at, cheap_room, arriving = math.inf, -1, 0.0, 1.0
    gain, up_at, down_at, room_kwh, passed = LEAST_GAIN, -1, -1, 0.0, 1.0
    later = False
    for t in range(row.begin, row.end + 1):
        x = plan[t]
        before = after[t] - x
        cost_up = (charge_cost[t] if x >= 0.0 else discharge_gain[t]) + marginal[t]
        cost_down = (charge_cost[t] if x > 0.0 else discharge_gain[t]) + marginal[t]
        if x >= 0.0:
            can_up = min(row.most_up, kappa * (row.full_kwh - before)) - x
            if row.shared:
                can_up = min(can_up, (1.0 - used_up[t]) / row.share)
        else:
            can_up = -x
        if x > 0.0:
            can_down = x
        else:
            can_down = row.most_down + x
            if row.shared:
                can_down = min(can_down, (1.0 - used_down[t]) / row.share)
        if cheap_at >= 0 and can_down > LEAST_KWH and cost_down - cheap > gain:
            gain, up_at, down_at, room_kwh = cost_down - cheap, cheap_at, t, min(cheap_room, can_down)
            passed, later = arriving, False
        if can_down > LEAST_KWH and after[t] - row.floor > LEAST_KWH and cost_down - refill[t + 1] > gain:
            gain, up_at, down_at = cost_down - refill[t + 1], refill_at[t + 1], t
            room_kwh = min(can_down, refill_room[t + 1], after[t] - row.floor)
            passed, later = 1.0, True
        # Carry on to the next step: the battery's bounds, and the taper of what is planned here.
        if cheap_at >= 0:
            if x > 0.0 and kappa < 1.0:
                spare = row.full_kwh - before - x / kappa
                if spare > LEAST_KWH:
                    cheap_room = min(cheap_room, spare)
                else:
                    # The taper takes its share: less is stored here, the rest is carried on.
                    rest = 1.0 - kappa
                    cheap = (cheap - kappa * cost_down) / rest
                    cheap_room = min(cheap_room, x / kappa) * rest
                    arriving *= rest
            if cheap_room <= LEAST_KWH:
                cheap, cheap_at = math.inf, -1
        if can_up > LEAST_KWH and cost_up < cheap:
            cheap, cheap_at, cheap_room, arriving = cost_up, t, can_up, 1.0
        cheap_room = min(cheap_room, row.full_kwh - after[t])
        if cheap_room <= LEAST_KWH:
            cheap, cheap_at = math.inf, -1
    # What is left at departure: short of the wish a kWh is worth the price of unmet energy.
    short = row.wish - after[row.end]
    worth, most = (unmet, short) if short > LEAST_KWH else (0.0, math.inf)
    if cheap_at >= 0 and worth - cheap > gain:
        gain, up_at, down_at, room_kwh = worth - cheap, cheap_at, -1, min(cheap_room, most)
        passed, later = arriving, False
    if later and up_at >= 0 and kappa < 1.0 and plan[up_at] >= 0.0:
        # Made good in a taper: this step takes its share.
        x = plan[up_at]
        if kappa * (row.full_kwh - after[up_at] + x) - x <= LEAST_KWH:
            passed = 1.0 / kappa
    return Exchange(gain, up_at, down_at, room_kwh, passed, later)


@inlined
def size_of(
    found: Exchange, tariff: Tariff, ramps: Ramps, peak_at: Floats, marginal: Floats, load: Floats, up_from: Floats,
    down_from: Floats, site: Floats, aim: Floats,
) -> float:  # fmt: skip
    """How much an exchange moves [kWh]: up to where congestion takes the gain away."""
    up_at, down_at, passed, room_kwh = found.up_at, found.down_at, found.passed, found.room_kwh
    fixed = found.gain
    if up_at >= 0:
        fixed += marginal[up_at] / passed
    if down_at >= 0:
        fixed -= marginal[down_at]
    low, size = 0.0, room_kwh
    for trial in range(10):
        left = fixed
        if up_at >= 0:
            more_kw = size / passed / STEP_HOURS
            price = marginal_price(
                load[up_at] + more_kw, up_from[up_at], down_from[up_at], site[up_at] + more_kw, aim[up_at],
                peak_at[up_at], ramps, tariff,
            )  # fmt: skip
            left -= price / passed
        if down_at >= 0:
            less_kw = size / STEP_HOURS
            left += marginal_price(
                load[down_at] - less_kw, up_from[down_at], down_from[down_at], site[down_at] - less_kw, aim[down_at],
                peak_at[down_at], ramps, tariff,
            )  # fmt: skip
        if left >= 0.0:
            low = size
            if trial == 0:
                break
            size = 0.5 * (size + room_kwh)
        else:
            room_kwh = size
            size = 0.5 * (low + size) if low > 0.0 else 0.25 * size
        if room_kwh - low < 0.1 * low:
            break
    return low


@inlined
def carry_out(
    found: Exchange, size: float, row: Row, tariff: Tariff, ramps: Ramps, peak_at: Floats, plan: Floats, after: Floats,
    marginal: Floats, used_up: Floats, used_down: Floats, refill_at: Ints, load: Floats, up_from: Floats,
    down_from: Floats, site: Floats, aim: Floats,
) -> None:  # fmt: skip
    """Move `size` kWh, let the taper take its share of the steps between, and bring loads and prices up to date."""
    up_at, down_at, passed, later = found.up_at, found.down_at, found.passed, found.later
    from_step = down_at if up_at < 0 else up_at if down_at < 0 else min(up_at, down_at)
    now = after[from_step] - plan[from_step]
    missing = size
    for t in range(from_step, row.end + 1):
        x = plan[t]
        new = x
        if t == up_at and not later:
            new += size / passed
        if t == down_at:
            new -= size
        if later and t > down_at and missing > 0.0 and refill_at[t] == t:
            room = row.most_up - new if new >= 0.0 else -new
            if row.shared and new >= 0.0:
                room = min(room, (1.0 - used_up[t]) / row.share)
            if new >= 0.0:
                room = min(room, row.kappa * (row.full_kwh - now) - new)
            room = max(min(room, missing), 0.0)
            new += room
            missing -= room
        if abs(new) < 1e-9:
            new = 0.0
        if new > 0.0:
            new = max(min(new, row.kappa * (row.full_kwh - now)), 0.0)
        now += new
        settled = t > up_at and t > down_at and (not later or missing <= 0.0)
        if settled and new == x and abs(now - after[t]) < 1e-12:
            break
        after[t] = now
        if new == x:
            continue
        plan[t] = new
        if row.shared:
            used_up[t] += (max(new, 0.0) - max(x, 0.0)) * row.share
            used_down[t] += (max(-new, 0.0) - max(-x, 0.0)) * row.share
        load[t] += (new - x) / STEP_HOURS
        site[t] += (new - x) / STEP_HOURS
        marginal[t] = marginal_price(load[t], up_from[t], down_from[t], site[t], aim[t], peak_at[t], ramps, tariff)


# --- one row's best path ----------------------------------------------------------------------------------------------
@inlined
def stage(
    x: float, t: int, load: Floats, up_from: Floats, down_from: Floats, site: Floats, aim: Floats, charge_cost: Floats,
    discharge_gain: Floats, ramps: Ramps, peak_at: Floats, tariff: Tariff,
) -> float:  # fmt: skip
    """EUR that storing `x` kWh in step `t` costs, on top of the load of all others."""
    if x == 0.0:
        return 0.0
    price = charge_cost[t] if x > 0.0 else discharge_gain[t]
    for k in range(2):
        more = (0.25 + 0.5 * k) * x / STEP_HOURS
        price += 0.5 * marginal_price(
            load[t] + more, up_from[t], down_from[t], site[t] + more, aim[t], peak_at[t], ramps, tariff
        )
    return float(price * x)


@inlined
def amounts_of(
    t: int, up: float, down: float, load: Floats, up_from: Floats, down_from: Floats, site: Floats, aim: Floats, ramps:
    Ramps, tariff: Tariff, amounts: Floats,
) -> int:  # fmt: skip
    """What a step may store, up to `up` kWh, or give, up to `down`: shares of that, and to where prices bend."""
    count = 0
    for k in range(len(FRACTIONS)):
        if up > LEAST_KWH:
            amounts[count] = FRACTIONS[k] * up
            count += 1
        if down > LEAST_KWH:
            amounts[count] = -FRACTIONS[k] * down
            count += 1
    for k in range(4):
        x = 0.0
        if k < 3 and tariff.overload > 0.0:
            bend = up_from[t] if k == 0 else up_from[t] + ramps.limit if k == 1 else down_from[t]
            x = (bend - load[t]) * STEP_HOURS
        elif k == 3 and tariff.deviation > 0.0:
            x = (aim[t] - site[t]) * STEP_HOURS
        if LEAST_KWH < x < up or LEAST_KWH < -x < down:
            amounts[count] = x
            count += 1
    return count


@compiled
def best_path(
    begin: int, end: int, start: float, floor: float, full: float, wish: float, most_up: float, most_down: float,
    kappa: float, share: float, plan: Floats, load: Floats, up_from: Floats, down_from: Floats, site: Floats, aim:
    Floats, used_up: Floats, used_down: Floats, charge_cost: Floats, discharge_gain: Floats, ramps: Ramps, peak_at:
    Floats, tariff: Tariff, value: Floats, costs: Floats, amounts: Floats,
) -> bool:  # fmt: skip
    """Replace a row's plan by the best path through its battery's energies, where that is better; whether it was.

    Dynamic programming over `LEVELS` energies and `amounts_of` each step, backwards, and forwards from the energy that
    the battery has, with finer amounts. Where charging and discharging in turns pays, exchanges alone are stuck: on the
    way from one to the other a step does nothing, which is worse than both.
    """
    top = max(wish, floor)
    h = (top - floor) / LEVELS if top - floor > 0.05 * (full - floor) else (full - floor) / LEVELS
    if h <= 1e-6:
        return False
    n = min(math.ceil((full - floor) / h - 1e-9) + 1, value.shape[1] - 1)
    # Without what the row itself does.
    old = 0.0
    now = start
    for t in range(begin, end + 1):
        x = plan[t]
        load[t] -= x / STEP_HOURS
        site[t] -= x / STEP_HOURS
        if share > 0.0:
            used_up[t] -= max(x, 0.0) * share
            used_down[t] -= max(-x, 0.0) * share
        old += stage(x, t, load, up_from, down_from, site, aim, charge_cost, discharge_gain, ramps, peak_at, tariff)
        now += x
    old += tariff.unmet * max(wish - now, 0.0)
    for j in range(n):
        value[end + 1, j] = tariff.unmet * max(wish - min(floor + j * h, full), 0.0)
    for t in range(end, begin - 1, -1):
        up, down = most_up, most_down
        if share > 0.0:
            up = min(up, max(1.0 - used_up[t], 0.0) / share)
            down = min(down, max(1.0 - used_down[t], 0.0) / share)
        count = amounts_of(t, up, down, load, up_from, down_from, site, aim, ramps, tariff, amounts)
        for k in range(count):
            x = amounts[k]
            costs[k] = (
                stage(x, t, load, up_from, down_from, site, aim, charge_cost, discharge_gain, ramps, peak_at, tariff)
                / x
            )
        for j in range(n):
            e = min(floor + j * h, full)
            best = value[t + 1, j]
            most = min(kappa, 1.0) * (full - e)
            for k in range(count):
                x = amounts[k]
                if x > 0.0:
                    x = min(x, most)
                else:
                    x = max(x, floor - e)
                at = (e + x - floor) / h
                i = min(int(at), n - 2)
                part = at - i
                cost = costs[k] * x + value[t + 1, i] + part * (value[t + 1, i + 1] - value[t + 1, i])
                best = min(best, cost)
            value[t, j] = best
    # Forwards; the path is kept behind the values.
    now = start
    new = 0.0
    for t in range(begin, end + 1):
        up, down = most_up, most_down
        if share > 0.0:
            up = min(up, max(1.0 - used_up[t], 0.0) / share)
            down = min(down, max(1.0 - used_down[t], 0.0) / share)
        up = max(min(up, kappa * (full - now)), 0.0)
        down = max(min(down, now - floor), 0.0)
        count = amounts_of(t, up, down, load, up_from, down_from, site, aim, ramps, tariff, amounts)
        for k in range(1, FINE):
            amounts[count], amounts[count + 1] = up * k / FINE, -down * k / FINE
            count += 2
        amounts[count] = 0.0
        best, chosen, paid = math.inf, 0.0, 0.0
        for k in range(count, -1, -1):
            x = amounts[k]
            at = (now + x - floor) / h
            i = max(min(int(at), n - 2), 0)
            part = at - i
            here = stage(x, t, load, up_from, down_from, site, aim, charge_cost, discharge_gain, ramps, peak_at, tariff)
            cost = here + value[t + 1, i] + part * (value[t + 1, i + 1] - value[t + 1, i])
            if cost < best - 1e-9:
                best, chosen, paid = cost, x, here
        new += paid
        value[t, n] = chosen
        now += chosen
    new += tariff.unmet * max(wish - now, 0.0)
    better = new < old - 1e-4
    for t in range(begin, end + 1):
        if better:
            plan[t] = value[t, n]
        x = plan[t]
        load[t] += x / STEP_HOURS
        site[t] += x / STEP_HOURS
        if share > 0.0:
            used_up[t] += max(x, 0.0) * share
            used_down[t] += max(-x, 0.0) * share
    return better


@compiled
def settle_tolls(
    w: int, step: int, tariff: Tariff, ramps: Ramps, limits: Limits, memory: Memory, outlook: Outlook, setpoint: Floats,
    up_from: Floats, down_from: Floats, aim: Floats, peak_at: Floats,
) -> tuple[float, float]:  # fmt: skip
    """Bring a world's tolls up to date with what is planned; the ceiling [kW], and by how much prices moved [EUR/kWh].

    With price p, ramp w and toll q, a kWh more costs p ((load - limit) / w + q), cut to 0..p. A toll becomes the share
    of the price at the planned load: it settles where the load is at the limit and the price is what keeps it there
    (the method of multipliers), so that no ramp is too wide. Written: where prices begin [kW].
    """
    n_transformers, n_steps = up_from.shape
    site = outlook.site[w]
    change = 0.0
    for m in range(n_transformers):
        for t in range(step, n_steps):
            load, upper, lower = outlook.load[w, m, t], limits.upper[w, m, t], limits.lower[w, m, t]
            up = min(max((load - upper) / ramps.limit + memory.up_toll[w, m, t], 0.0), 1.0)
            down = min(max((lower - load) / ramps.limit + memory.down_toll[w, m, t], 0.0), 1.0)
            change = max(change, tariff.overload * abs(up - memory.up_toll[w, m, t]))
            change = max(change, tariff.overload * abs(down - memory.down_toll[w, m, t]))
            memory.up_toll[w, m, t], memory.down_toll[w, m, t] = up, down
            up_from[m, t], down_from[m, t] = upper - up * ramps.limit, lower + down * ramps.limit
    if tariff.deviation > 0.0:
        for t in range(step, n_steps):
            toll = min(max((site[t] - setpoint[t]) / ramps.aim + memory.aim_toll[w, t], -1.0), 1.0)
            change = max(change, tariff.deviation * abs(toll - memory.aim_toll[w, t]))
            memory.aim_toll[w, t] = toll
            aim[t] = setpoint[t] - toll * ramps.aim
    ceiling = 1.0
    if tariff.peak > 0.0:
        ceiling = settle_peak(step, memory.peak[w], ramps.peak, site, memory.peak_toll[w], peak_at)
    return ceiling, change


@compiled
def update_plans(
    step: int, effort: Effort, layout: Layout, cars: Cars, limits: Limits, prices: Prices, arrivals: Arrivals, memory:
    Memory, outlook: Outlook,
) -> None:  # fmt: skip
    """Bring every world's plan up to date: `memory` is updated, `outlook` written from `step` on."""
    n_worlds, ports = cars.connected.shape
    n_rows, n_steps = memory.plan.shape[1:]
    n_transformers = limits.upper.shape[1]
    tracked = limits.setpoint.shape[1] > 0
    untracked = np.zeros(n_steps)
    rows = Rows(
        begin=np.zeros(n_rows, dtype=np.int64), end=np.full(n_rows, -1, dtype=np.int64), start_kwh=np.zeros(n_rows),
        full_kwh=np.zeros(n_rows), wish=np.zeros(n_rows), floor=np.zeros(n_rows), most_up=np.zeros(n_rows),
        most_down=np.zeros(n_rows), kappa=np.ones(n_rows), share=np.zeros(n_rows), place=np.zeros(n_rows,
        dtype=np.int64), fresh=np.zeros(n_rows, dtype=np.bool_), active=np.zeros(n_rows, dtype=np.int64),
    )  # fmt: skip
    after, marginal = np.zeros(n_steps), np.zeros(n_steps)
    refill, refill_at, refill_room = np.zeros(n_steps + 1), np.zeros(n_steps + 1, dtype=np.int64), np.zeros(n_steps + 1)
    coming = np.zeros((n_transformers, n_steps))
    value = np.zeros((n_steps + 1, 20 * LEVELS + 3))
    costs, amounts = np.zeros(2 * (len(FRACTIONS) + FINE) + 4), np.zeros(2 * (len(FRACTIONS) + FINE) + 4)
    up_from, down_from = np.zeros((n_transformers, n_steps)), np.zeros((n_transformers, n_steps))
    aim = np.zeros(n_steps)
    peak_at = np.zeros(n_steps)
    shared = layout.ports_per_station > 1
    station_used_up = np.zeros((ports // layout.ports_per_station if shared else 1, n_steps))
    station_used_down = np.zeros(station_used_up.shape)
    for w in range(n_worlds):
        if not cars.connected[w].any():  # nothing to decide, and what guests may do is planned when the first car comes
            memory.departure[w, :] = -1
            continue
        first_time = memory.ceiling[w] < 0.0
        tariff = Tariff(prices.unmet[w], prices.overload[w], prices.deviation[w] if tracked else 0.0, prices.peak[w])
        setpoint = limits.setpoint[w] if tracked else untracked
        charge_cost, discharge_gain, site = prices.charge_cost[w], prices.discharge_gain[w], outlook.site[w]
        for m in range(n_transformers):
            for t in range(step, n_steps):
                outlook.load[w, m, t] = limits.base[w, m, t]
                outlook.guests[w, m, t] = 0.0
        n = car_rows(w, step, layout, cars, memory, rows)
        n = guest_rows(w, step, layout, cars, arrivals, memory, coming, rows, n)
        if shared:
            in_order_of_departure(rows, n, ports)
        make_possible(step, layout, rows, n, memory.plan[w], station_used_up, station_used_down, outlook.load[w], site)
        if shared:
            make_way(
                layout.ports_per_station, rows, n, ports, cars.connected[w], memory.plan[w], station_used_up,
                station_used_down, outlook.load[w], site,
            )  # fmt: skip
        power = 0.0
        for k in range(n):
            power += rows.most_up[rows.active[k]] / STEP_HOURS
        ramps = Ramps(
            limit=RAMP * max(-limits.lower[w, 0, step], 1.0),
            aim=TRACKING_RAMP * max(setpoint[step], 0.2 * power, 1.0),
            peak=PEAK_RAMP * max(power, 1.0),
        )
        ceiling, change = settle_tolls(
            w, step, tariff, ramps, limits, memory, outlook, setpoint, up_from, down_from, aim, peak_at
        )
        # --- turns
        settled = False
        for turn in range(effort.first_sweeps if first_time else effort.sweeps):
            moved = False
            for k in range(n):
                r = rows.active[k]
                m = rows.place[r]
                guest = r >= ports
                station = r // layout.ports_per_station if shared and not guest else 0
                row = Row(
                    rows.begin[r], rows.end[r], rows.full_kwh[r], rows.wish[r], rows.floor[r], rows.most_up[r],
                    rows.most_down[r], rows.kappa[r], rows.share[r], shared and not guest,
                )  # fmt: skip
                plan, load, up_at, down_at = memory.plan[w, r], outlook.load[w, m], up_from[m], down_from[m]
                used_up, used_down = station_used_up[station], station_used_down[station]
                if not guest and turn % 2 == 0 and (rows.fresh[r] or row.most_down > 0.0):
                    both = (rows.fresh[r] and turn == 0) or effort.paths > 1
                    if not both:
                        for t in range(row.begin, row.end + 1):
                            both = both or discharge_gain[t] > charge_cost[t] + LEAST_GAIN
                    if both and best_path(
                        row.begin, row.end, rows.start_kwh[r], row.floor, row.full_kwh, row.wish, row.most_up,
                        row.most_down, row.kappa, row.share if row.shared else 0.0, plan, load, up_at, down_at, site,
                        aim, used_up, used_down, charge_cost, discharge_gain, ramps, peak_at, tariff, value, costs,
                        amounts,
                    ):  # fmt: skip
                        moved = True
                now = rows.start_kwh[r]
                for t in range(row.begin, row.end + 1):
                    now += plan[t]
                    after[t] = now
                    marginal[t] = marginal_price(
                        load[t], up_at[t], down_at[t], site[t], aim[t], peak_at[t], ramps, tariff
                    )
                for _ in range(effort.moves if (turn > 0 and not guest) or not rows.fresh[r] else 8 * effort.moves):
                    price_refills(
                        row, tariff.unmet, plan, after, marginal, charge_cost, discharge_gain, used_up, refill,
                        refill_at, refill_room,
                    )  # fmt: skip
                    found = best_exchange(
                        row, tariff.unmet, plan, after, marginal, charge_cost, discharge_gain, used_up, used_down,
                        refill, refill_at, refill_room,
                    )  # fmt: skip
                    if (found.up_at < 0 and found.down_at < 0) or found.room_kwh <= LEAST_KWH:
                        break
                    size = size_of(found, tariff, ramps, peak_at, marginal, load, up_at, down_at, site, aim)
                    if size <= LEAST_KWH:
                        break
                    moved = True
                    carry_out(
                        found, size, row, tariff, ramps, peak_at, plan, after, marginal, used_up, used_down, refill_at,
                        load, up_at, down_at, site, aim,
                    )  # fmt: skip
            if turn > 0 and not moved and settled:
                break
            ceiling, change = settle_tolls(
                w, step, tariff, ramps, limits, memory, outlook, setpoint, up_from, down_from, aim, peak_at
            )
            settled = change < SETTLED
        memory.ceiling[w] = ceiling
        # --- what others may want to know
        for m in range(n_transformers):
            for t in range(step, n_steps):
                outlook.price[w, m, t] = marginal_price(
                    outlook.load[w, m, t], up_from[m, t], down_from[m, t], site[t], aim[t], peak_at[t], ramps, tariff
                )
        for k in range(n):
            r = rows.active[k]
            if r >= ports:
                for t in range(rows.begin[r], rows.end[r] + 1):
                    outlook.guests[w, rows.place[r], t] += memory.plan[w, r, t] / STEP_HOURS


@compiled
def observe_ports(
    step: int, layout: Layout, cars: Cars, limits: Limits, prices: Prices, memory: Memory, outlook: Outlook, scales:
    Scales, lowest: Singles, highest: Singles, out: Singles, value: Floats,
) -> None:  # fmt: skip
    """What a policy sees of each port; the columns are `core.agents.learned.OBSERVATION`, in its order.

    Columns are cut to `lowest` and `highest`, [columns]. Written: `out` [worlds, ports, columns], 0 where no car is,
    and `value` [worlds, ports], the plan's value from here on in EUR of the objective, congestion apart.
    """
    connected, steps_left, energy, capacity, wanted = (
        cars.connected,
        cars.steps_left,
        cars.energy,
        cars.capacity,
        cars.wanted,
    )
    charge_kw, discharge_kw, taper, transformer = cars.charge_kw, cars.discharge_kw, cars.taper, layout.transformer
    charge_cost, discharge_gain, unmet_price = prices.charge_cost, prices.discharge_gain, prices.unmet
    limit, setpoint, common = limits.upper, limits.setpoint, scales.common
    plan, peak, ceiling = memory.plan, memory.peak, memory.ceiling
    load, site, price = outlook.load, outlook.site, outlook.price
    n_worlds, ports = connected.shape
    n_steps = plan.shape[2]
    tracked = setpoint.shape[1] > 0
    shared = common.shape[1]
    for w in range(n_worlds):
        money = scales.money[w]
        for p in range(ports):
            value[w, p] = 0.0
            if not connected[w, p]:
                out[w, p, :] = 0.0
                continue
            m = transformer[p]
            left = min(steps_left[w, p], n_steps - step)
            end = step + left
            full, give = charge_kw[w, p] * STEP_HOURS, discharge_kw[w, p] * STEP_HOURS
            size = max(full, give, 1e-6)
            missing = max(wanted[w, p] - energy[w, p], 0.0)
            needed = missing / max(full, 1e-6)
            room = min(full, taper[w, p] * max(capacity[w, p] - energy[w, p], 0.0))
            cost_now = charge_cost[w, step] + price[w, m, step]
            gain_now = discharge_gain[w, step] + price[w, m, step]
            low_cost, high_cost, best_gain = cost_now, cost_now, gain_now
            cheaper = dearer = 0.0
            bought = sold = worth = price_sum = 0.0
            fullest = 0.0
            hour = 0.0
            now = energy[w, p]
            for t in range(step, end):
                x = plan[w, p, t]
                now += x
                if x > 0.0:
                    bought += x
                    worth -= charge_cost[w, t] * x
                else:
                    sold -= x
                    worth -= discharge_gain[w, t] * x
                if t < step + STEPS_AN_HOUR:
                    hour += x
                cost, gain = charge_cost[w, t] + price[w, m, t], discharge_gain[w, t] + price[w, m, t]
                low_cost, high_cost, best_gain = min(low_cost, cost), max(high_cost, cost), max(best_gain, gain)
                cheaper += 1.0 if cost < cost_now - 1e-9 else 0.0
                dearer += 1.0 if gain > gain_now + 1e-9 else 0.0
                price_sum += price[w, m, t]
                fullest = max(fullest, load[w, m, t] / max(limit[w, m, t], 1.0))
            value[w, p] = worth - unmet_price[w] * max(wanted[w, p] - now, 0.0)
            guests = 0.0
            for t in range(step, min(step + 4 * STEPS_AN_HOUR, n_steps)):
                guests = max(guests, outlook.guests[w, m, t])
            bound = max(limit[w, m, step], 1.0)
            row = out[w, p]
            row[0] = energy[w, p] / capacity[w, p]
            row[1] = (wanted[w, p] - energy[w, p]) / capacity[w, p]
            row[2] = left / 96.0
            row[3] = (left - needed) / 96.0
            row[4] = min(needed / left, 2.0)
            row[5] = full / STEP_HOURS / 50.0
            row[6] = give / STEP_HOURS / 50.0
            row[7] = taper[w, p]
            row[8] = room / max(full, 1e-6)
            row[9] = plan[w, p, step] / size
            row[10] = plan[w, p, step + 1] / size if left > 1 else 0.0
            row[11] = hour / (size * STEPS_AN_HOUR)
            row[12] = bought / capacity[w, p]
            row[13] = sold / capacity[w, p]
            row[14] = min((cost_now - low_cost) / money, 3.0)
            row[15] = min((high_cost - cost_now) / money, 3.0)
            row[16] = min((best_gain - gain_now) / money, 3.0)
            row[17] = cheaper / left
            row[18] = dearer / left
            row[19] = 1.0 if cheaper < needed else 0.0
            row[20] = min(max(charge_cost[w, step] / money, -3.0), 3.0)
            row[21] = min(max(discharge_gain[w, step] / money, -3.0), 3.0)
            row[22] = min(max(price[w, m, step] / money, -3.0), 3.0)
            row[23] = min(max(price_sum / left / money, -3.0), 3.0)
            row[24] = min(max(load[w, m, step] / bound, -2.0), 2.0)
            row[25] = min(fullest, 2.0)
            row[26] = min(max((bound - load[w, m, step]) * STEP_HOURS / size, -1.0), 10.0) / 10.0
            row[27] = min(guests / bound, 2.0)
            row[28] = min(max(site[w, step] / max(ceiling[w], 1.0), -2.0), 2.0)
            row[29] = min(peak[w] / max(ceiling[w], 1.0), 2.0)
            row[30] = 0.0
            if tracked:
                row[30] = min(max((site[w, step] - setpoint[w, step]) / max(setpoint[w, step], 20.0), -2.0), 2.0)
            for k in range(shared):
                row[31 + k] = common[w, k]
            for k in range(len(row)):
                row[k] = min(max(row[k], lowest[k]), highest[k])


# --- the doors --------------------------------------------------------------------------------------------------------
# Groups come in as plain tuples, which numba takes in less than half the time that it needs for named ones.
@compiled
def replan(
    step: int, effort: Plain, layout: Plain, cars: Plain, limits: Plain, prices: Plain, arrivals: Plain, memory: Plain,
    outlook: Plain,
) -> None:  # fmt: skip
    """`update_plans` of plain tuples."""
    update_plans(
        step, Effort(*effort), Layout(*layout), Cars(*cars), Limits(*limits), Prices(*prices), Arrivals(*arrivals),
        Memory(*memory), Outlook(*outlook),
    )  # fmt: skip


@compiled
def observe(
    step: int, layout: Plain, cars: Plain, limits: Plain, prices: Plain, memory: Plain, outlook: Plain, scales: Plain,
    lowest: Singles, highest: Singles, out: Singles, value: Floats,
) -> None:  # fmt: skip
    """`observe_ports` of plain tuples."""
    observe_ports(
        step, Layout(*layout), Cars(*cars), Limits(*limits), Prices(*prices), Memory(*memory), Outlook(*outlook),
        Scales(*scales), lowest, highest, out, value,
    )  # fmt: skip
