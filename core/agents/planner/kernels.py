"""The coordinated plan behind the learned agents, compiled: exchanges along each car's stay under congestion prices.

Importing this module imports numba, so `plan` does it on first use. Compiled code is cached on disk,
where `core.compiled` decided; everything that is compiled lives here.

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

import numpy as np
from numpy.typing import NDArray

from core.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

STEP_HOURS = 0.25
STEPS_AN_HOUR = 4
RAMP = 0.08
"""Share of a limit over which its congestion price rises from nothing to the full price."""
TRACKING_RAMP = 0.03
"""The same around a set-point, on either side."""
LEAST_GAIN = 2e-4
"""EUR/kWh: an exchange that gains less is not made."""
LEAST_KWH = 1e-3
"""Smaller exchanges are not made."""
LEAST_GUESTS = 0.05
"""Hours in which fewer cars than this are expected are left out."""


@compiled
def ramp(load: float, limit: float, width: float) -> float:
    """0 below `limit` - `width`, 1 from `limit` on, rising with the fourth power between."""
    x = (load - limit + width) / width
    x = min(max(x, 0.0), 1.0)
    x = x * x
    return x * x


@compiled
def sixteenth(x: float) -> float:
    """The sixteenth power of `x`, 0 below 0: how much a step's power counts for the peak (see `replan`)."""
    x = min(max(x, 0.0), 1.5)
    x = x * x
    x = x * x
    x = x * x
    return x * x


@compiled
def congestion(load: float, upper: float, lower: float, price: float) -> float:
    """EUR/kWh that one kWh more costs a transformer at `load` kW; negative near the limit for feeding back."""
    if price <= 0.0:
        return 0.0
    up = ramp(load, upper, RAMP * max(abs(upper), 1.0))
    down = ramp(-load, -lower, RAMP * max(abs(lower), 1.0))
    return price * (up - down)


@compiled
def site_price(load: float, ceiling: float, peak_price: float, setpoint: float, deviation_price: float) -> float:
    """EUR/kWh of the peak and of the deviation from the set-point, of one kWh more at a site's `load` of cars [kW]."""
    price = 0.0
    if peak_price > 0.0:
        price += peak_price / STEP_HOURS * sixteenth(load / ceiling)
    if deviation_price > 0.0:
        width = TRACKING_RAMP * max(setpoint, 20.0)
        price += deviation_price * min(max((load - setpoint) / width, -1.0), 1.0)
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
def replan(
    step: int,
    sweeps: int,
    moves: int,
    first_sweeps: int,
    # the fleet, [worlds, ports]
    connected: Bools,
    steps_left: Ints,
    energy: Floats,
    capacity: Floats,
    wanted: Floats,
    min_energy: Floats,
    charge_kw: Floats,
    discharge_kw: Floats,
    taper: Floats,
    full_kw: Floats,
    # the site
    ports_per_station: int,
    transformer: Ints,
    charge_cost: Floats,
    discharge_gain: Floats,
    unmet_price: Floats,
    overload_price: Floats,
    deviation_price: Floats,
    peak_price: Floats,
    limit: Floats,
    lower: Floats,
    base: Floats,
    setpoint: Floats,
    # statistics of arrivals, [worlds, steps] and [worlds]
    rate: Floats,
    need: Floats,
    stay: Floats,
    arrival_kw: Floats,
    # memory
    plan: Floats,
    departure: Ints,
    guests: Floats,
    peak: Floats,
    ceiling: Floats,
    # results
    load: Floats,
    site: Floats,
    price: Floats,
    tasks: Floats,
) -> None:
    """Bring every world's plan up to date.

    Parameters
    ----------
    step, sweeps, moves, first_sweeps : int
        Present step; turns that all rows take; exchanges of a row in one turn; turns where a peak is priced and the
        world is seen first.
    full_kw : array
        [worlds, ports]: power at the battery of the station's full current.
    charge_cost, discharge_gain : array
        [worlds, steps] EUR of the objective per kWh.
    unmet_price, overload_price, deviation_price, peak_price : array
        [worlds] EUR of the objective per kWh (peak: per kW).
    limit, lower, base : array
        [worlds, transformers, steps] kW.
    setpoint : array
        [worlds, steps] kW, or no steps at all.
    plan : array
        [worlds, rows, steps] kWh; rows are the ports, then guests by transformer and hour. Updated.
    departure : array
        [worlds, ports]: last step of the car that the plan is for, -1 for none. Updated.
    guests : array
        [worlds, rows - ports]: number of cars that each group of guests was planned for. Updated.
    peak, ceiling : array
        [worlds] kW: highest power of all cars up to now (given), and the highest that is planned for. The latter is
        updated; 0 means that the world was not seen before.
    load, site : array
        Written: [worlds, transformers, steps] and [worlds, steps], power that the plan implies [kW].
    price : array
        [worlds, transformers, steps]: written, the congestion price [EUR/kWh].
    tasks : array
        [worlds, 2, transformers, steps]: written, planned power of guests, and of cars with no step to spare [kW].
    """
    n_worlds, ports = connected.shape
    n_steps = plan.shape[2]
    rows = plan.shape[1]
    n_transformers = limit.shape[1]
    hours = (rows - ports) // n_transformers
    tracked = setpoint.shape[1] > 0
    begin = np.zeros(rows, dtype=np.int64)
    end = np.full(rows, -1, dtype=np.int64)
    start_kwh, full_kwh, wish, floor = np.zeros(rows), np.zeros(rows), np.zeros(rows), np.zeros(rows)
    most_up, most_down, kappa, share = np.zeros(rows), np.zeros(rows), np.ones(rows), np.zeros(rows)
    place = np.zeros(rows, dtype=np.int64)
    fresh = np.zeros(rows, dtype=np.bool_)
    after = np.zeros(n_steps)
    marginal = np.zeros(n_steps)
    refill = np.zeros(n_steps + 1)
    refill_at = np.zeros(n_steps + 1, dtype=np.int64)
    refill_room = np.zeros(n_steps + 1)
    n_stations = ports // ports_per_station
    shared = ports_per_station > 1
    used_up = np.zeros((n_stations if shared else 1, n_steps))
    used_down = np.zeros((n_stations if shared else 1, n_steps))
    coming = np.zeros((n_transformers, n_steps))
    active = np.zeros(rows, dtype=np.int64)
    for w in range(n_worlds):
        if not connected[w].any():  # nothing to decide, and what guests may do is planned when the first car comes
            departure[w, :] = -1
            continue
        first_time = ceiling[w] <= 0.0
        # --- rows: cars
        for m in range(n_transformers):
            for t in range(step, n_steps):
                load[w, m, t] = base[w, m, t]
                tasks[w, 0, m, t] = 0.0
                tasks[w, 1, m, t] = 0.0
        n_active = 0
        for p in range(ports):
            m = transformer[p]
            if not connected[w, p]:
                departure[w, p] = -1
                continue
            last = min(step + steps_left[w, p] - 1, n_steps - 1)
            place[p] = m
            begin[p], end[p] = step, last
            fresh[p] = departure[w, p] != last
            if fresh[p]:
                departure[w, p] = last
                plan[w, p, step : last + 1] = 0.0
            start_kwh[p], full_kwh[p], wish[p] = energy[w, p], capacity[w, p], wanted[w, p]
            floor[p] = min(min_energy[w, p], energy[w, p])
            most_up[p], most_down[p] = charge_kw[w, p] * STEP_HOURS, discharge_kw[w, p] * STEP_HOURS
            kappa[p] = taper[w, p]
            share[p] = 1.0 / max(full_kw[w, p] * STEP_HOURS, 1e-9)
            active[n_active] = p
            n_active += 1
        # --- rows: guests by hour of arrival
        expect(step, connected[w], steps_left[w], transformer, rate[w], stay[w], coming)
        for h in range(hours):
            from_step = max(h * STEPS_AN_HOUR + STEPS_AN_HOUR // 2, step + 1)
            for m in range(n_transformers):
                g = m * hours + h
                r = ports + g
                number = need_sum = stay_sum = 0.0
                for t in range(max(h * STEPS_AN_HOUR, step + 1), min((h + 1) * STEPS_AN_HOUR, n_steps)):
                    number += coming[m, t]
                    need_sum += coming[m, t] * need[w, t]
                    stay_sum += coming[m, t] * stay[w, t]
                if number <= LEAST_GUESTS or from_step >= n_steps:
                    guests[w, g] = 0.0
                    continue
                last = min(from_step + int(stay_sum / number + 0.5) - 1, n_steps - 1)
                if last < from_step:
                    guests[w, g] = 0.0
                    continue
                fresh[r] = guests[w, g] <= 0.0
                scale = 0.0 if fresh[r] else number / guests[w, g]
                plan[w, r, step:from_step] = 0.0
                for t in range(from_step, last + 1):
                    plan[w, r, t] *= scale
                plan[w, r, last + 1 : n_steps] = 0.0
                guests[w, g] = number
                place[r] = m
                begin[r], end[r] = from_step, last
                most_up[r], most_down[r], kappa[r], share[r] = number * arrival_kw[w] * STEP_HOURS, 0.0, 1.0, 0.0
                start_kwh[r], floor[r] = 0.0, 0.0
                wish[r] = min(need_sum, most_up[r] * (last - from_step + 1))
                full_kwh[r] = wish[r]
                active[n_active] = r
                n_active += 1
        # --- what is planned must be possible from here; add it up
        site[w, step:n_steps] = 0.0
        if shared:
            used_up[:, step:] = 0.0
            used_down[:, step:] = 0.0
        for k in range(n_active):
            r = active[k]
            m = place[r]
            now = start_kwh[r]
            for t in range(begin[r], end[r] + 1):
                x = plan[w, r, t]
                room = max(full_kwh[r] - now, 0.0)
                x = min(x, most_up[r], kappa[r] * room)
                x = max(x, -most_down[r], floor[r] - now)
                if shared and r < ports:
                    s = r // ports_per_station
                    if x > 0.0:
                        x = min(x, max(0.0, 1.0 - used_up[s, t]) / share[r])
                        used_up[s, t] += x * share[r]
                    elif x < 0.0:
                        x = max(x, -max(0.0, 1.0 - used_down[s, t]) / share[r])
                        used_down[s, t] -= x * share[r]
                plan[w, r, t] = x
                now += x
                load[w, m, t] += x / STEP_HOURS
                site[w, t] += x / STEP_HOURS
        # --- turns
        turns = first_sweeps if first_time else sweeps
        ceiling[w] = 1.0
        if peak_price[w] > 0.0:
            # The norm of order 17 over time stands for the peak: smooth, and little above it.
            scale = max(peak[w], 1.0)
            for t in range(step, n_steps):
                scale = max(scale, site[w, t])
            total = (peak[w] / scale) ** 17
            for t in range(step, n_steps):
                total += (max(site[w, t], 0.0) / scale) ** 17
            ceiling[w] = max(scale * total ** (1.0 / 17.0), 1.0)
        for turn in range(turns):
            moved = False
            for k in range(n_active):
                r = active[k]
                m = place[r]
                a, b = begin[r], end[r]
                now = start_kwh[r]
                for t in range(a, b + 1):
                    now += plan[w, r, t]
                    after[t] = now
                    marginal[t] = congestion(
                        load[w, m, t], limit[w, m, t], lower[w, m, t], overload_price[w]
                    ) + site_price(
                        site[w, t],
                        ceiling[w],
                        peak_price[w],
                        setpoint[w, t] if tracked else 0.0,
                        deviation_price[w] if tracked else 0.0,
                    )
                station = r // ports_per_station if r < ports else 0
                mine = shared and r < ports
                for _ in range(moves if (turn > 0 and r < ports) or not fresh[r] else 8 * moves):
                    # What it costs to charge, after each step, a kWh that is missing then: backwards from departure,
                    # where it is unmet energy or surplus. Where the taper binds, only its share can be made good.
                    short = wish[r] - after[b]
                    refill[b + 1] = 0.0 if short < -LEAST_KWH else unmet_price[w]
                    refill_at[b + 1] = -1
                    refill_room[b + 1] = -short if short < -LEAST_KWH else math.inf
                    for t in range(b, a, -1):
                        x = plan[w, r, t]
                        before = after[t] - x
                        if after[t] - floor[r] <= LEAST_KWH:
                            refill[t + 1] = math.inf
                        refill[t], refill_at[t] = refill[t + 1], refill_at[t + 1]
                        refill_room[t] = min(refill_room[t + 1], after[t] - floor[r])
                        if x >= 0.0:
                            room = most_up[r] - x
                            if mine:
                                room = min(room, (1.0 - used_up[station, t]) / share[r])
                            spare = kappa[r] * (full_kwh[r] - before) - x
                        else:
                            room = -x
                            spare = math.inf
                        if room <= LEAST_KWH:
                            continue
                        cost = (charge_cost[w, t] if x >= 0.0 else discharge_gain[w, t]) + marginal[t]
                        if spare > LEAST_KWH:
                            if cost < refill[t + 1]:
                                refill[t], refill_at[t], refill_room[t] = cost, t, min(room, spare)
                        elif cost < refill[t + 1] and refill[t + 1] < math.inf:
                            refill[t] = kappa[r] * cost + (1.0 - kappa[r]) * refill[t + 1]
                            refill_at[t] = t
                            refill_room[t] = min(room / kappa[r], refill_room[t + 1] / max(1.0 - kappa[r], 0.05))
                    # The cheapest step to charge more in, of those from which energy can be carried up to here.
                    cheap, cheap_at, cheap_room, arriving = math.inf, -1, 0.0, 1.0
                    gain, up_at, down_at, room_kwh, passed = LEAST_GAIN, -1, -1, 0.0, 1.0
                    later = False
                    for t in range(a, b + 1):
                        x = plan[w, r, t]
                        before = after[t] - x
                        cost_up = (charge_cost[w, t] if x >= 0.0 else discharge_gain[w, t]) + marginal[t]
                        cost_down = (charge_cost[w, t] if x > 0.0 else discharge_gain[w, t]) + marginal[t]
                        if x >= 0.0:
                            can_up = min(most_up[r], kappa[r] * (full_kwh[r] - before)) - x
                            if mine:
                                can_up = min(can_up, (1.0 - used_up[station, t]) / share[r])
                        else:
                            can_up = -x
                        if x > 0.0:
                            can_down = x
                        else:
                            can_down = most_down[r] + x
                            if mine:
                                can_down = min(can_down, (1.0 - used_down[station, t]) / share[r])
                        if cheap_at >= 0 and can_down > LEAST_KWH and cost_down - cheap > gain:
                            gain, up_at, down_at, room_kwh = cost_down - cheap, cheap_at, t, min(cheap_room, can_down)
                            passed, later = arriving, False
                        if (
                            can_down > LEAST_KWH
                            and after[t] - floor[r] > LEAST_KWH
                            and cost_down - refill[t + 1] > gain
                        ):
                            gain, up_at, down_at = cost_down - refill[t + 1], refill_at[t + 1], t
                            room_kwh = min(can_down, refill_room[t + 1], after[t] - floor[r])
                            passed, later = 1.0, True
                        # Carry on to the next step: the battery's bounds, and the taper of what is planned here.
                        if cheap_at >= 0:
                            if x > 0.0 and kappa[r] < 1.0:
                                spare = full_kwh[r] - before - x / kappa[r]
                                if spare > LEAST_KWH:
                                    cheap_room = min(cheap_room, spare)
                                else:
                                    # The taper takes its share: less is stored here, the rest is carried on.
                                    rest = 1.0 - kappa[r]
                                    cheap = (cheap - kappa[r] * cost_down) / rest
                                    cheap_room = min(cheap_room, x / kappa[r]) * rest
                                    arriving *= rest
                            if cheap_room <= LEAST_KWH:
                                cheap, cheap_at = math.inf, -1
                        if can_up > LEAST_KWH and cost_up < cheap:
                            cheap, cheap_at, cheap_room, arriving = cost_up, t, can_up, 1.0
                        cheap_room = min(cheap_room, full_kwh[r] - after[t])
                        if cheap_room <= LEAST_KWH:
                            cheap, cheap_at = math.inf, -1
                    # What is left at departure: short of the wish a kWh is worth the price of unmet energy.
                    worth, most = (unmet_price[w], short) if short > LEAST_KWH else (0.0, math.inf)
                    if cheap_at >= 0 and worth - cheap > gain:
                        gain, up_at, down_at, room_kwh = worth - cheap, cheap_at, -1, min(cheap_room, most)
                        passed, later = arriving, False
                    if up_at < 0 and down_at < 0:
                        break
                    if later and up_at >= 0 and kappa[r] < 1.0 and plan[w, r, up_at] >= 0.0:
                        # Made good in a taper: this step takes its share.
                        x = plan[w, r, up_at]
                        if kappa[r] * (full_kwh[r] - after[up_at] + x) - x <= LEAST_KWH:
                            passed = 1.0 / kappa[r]
                    # How much: up to where congestion takes the gain away.
                    if room_kwh <= LEAST_KWH:
                        break
                    fixed = gain
                    if up_at >= 0:
                        fixed += marginal[up_at] / passed
                    if down_at >= 0:
                        fixed -= marginal[down_at]
                    low, size = 0.0, room_kwh
                    for trial in range(10):
                        left = fixed
                        if up_at >= 0:
                            more_kw = size / passed / STEP_HOURS
                            later_price = congestion(
                                load[w, m, up_at] + more_kw, limit[w, m, up_at], lower[w, m, up_at], overload_price[w]
                            ) + site_price(
                                site[w, up_at] + more_kw,
                                ceiling[w],
                                peak_price[w],
                                setpoint[w, up_at] if tracked else 0.0,
                                deviation_price[w] if tracked else 0.0,
                            )
                            left -= later_price / passed
                        if down_at >= 0:
                            left += congestion(
                                load[w, m, down_at] - size / STEP_HOURS,
                                limit[w, m, down_at],
                                lower[w, m, down_at],
                                overload_price[w],
                            ) + site_price(
                                site[w, down_at] - size / STEP_HOURS,
                                ceiling[w],
                                peak_price[w],
                                setpoint[w, down_at] if tracked else 0.0,
                                deviation_price[w] if tracked else 0.0,
                            )
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
                    size = low
                    if size <= LEAST_KWH:
                        break
                    moved = True
                    # Carry it out, and let the taper take its share of the steps between.
                    from_step = down_at if up_at < 0 else up_at if down_at < 0 else min(up_at, down_at)
                    now = after[from_step] - plan[w, r, from_step]
                    missing = size
                    for t in range(from_step, b + 1):
                        x = plan[w, r, t]
                        new = x
                        if t == up_at and not later:
                            new += size / passed
                        if t == down_at:
                            new -= size
                        if later and t > down_at and missing > 0.0 and refill_at[t] == t:
                            room = most_up[r] - new if new >= 0.0 else -new
                            if mine and new >= 0.0:
                                room = min(room, (1.0 - used_up[station, t]) / share[r])
                            if new >= 0.0:
                                room = min(room, kappa[r] * (full_kwh[r] - now) - new)
                            room = max(min(room, missing), 0.0)
                            new += room
                            missing -= room
                        if abs(new) < 1e-9:
                            new = 0.0
                        if new > 0.0:
                            new = max(min(new, kappa[r] * (full_kwh[r] - now)), 0.0)
                        now += new
                        if (
                            t > up_at
                            and t > down_at
                            and (not later or missing <= 0.0)
                            and new == x
                            and abs(now - after[t]) < 1e-12
                        ):
                            break
                        after[t] = now
                        if new == x:
                            continue
                        plan[w, r, t] = new
                        if mine:
                            used_up[station, t] += (max(new, 0.0) - max(x, 0.0)) * share[r]
                            used_down[station, t] += (max(-new, 0.0) - max(-x, 0.0)) * share[r]
                        load[w, m, t] += (new - x) / STEP_HOURS
                        if peak_price[w] > 0.0:
                            was, becomes = site[w, t] / ceiling[w], (site[w, t] + (new - x) / STEP_HOURS) / ceiling[w]
                            was, becomes = max(was, 0.0), max(becomes, 0.0)
                            ratio = 1.0 + becomes * sixteenth(becomes) - was * sixteenth(was)
                            ceiling[w] = max(ceiling[w] * max(ratio, 1e-3) ** (1.0 / 17.0), 1.0)
                        site[w, t] += (new - x) / STEP_HOURS
                        marginal[t] = congestion(
                            load[w, m, t], limit[w, m, t], lower[w, m, t], overload_price[w]
                        ) + site_price(
                            site[w, t],
                            ceiling[w],
                            peak_price[w],
                            setpoint[w, t] if tracked else 0.0,
                            deviation_price[w] if tracked else 0.0,
                        )
            if not moved:
                break
        # --- what others may want to know
        for m in range(n_transformers):
            for t in range(step, n_steps):
                price[w, m, t] = congestion(
                    load[w, m, t], limit[w, m, t], lower[w, m, t], overload_price[w]
                ) + site_price(
                    site[w, t],
                    ceiling[w],
                    peak_price[w],
                    setpoint[w, t] if tracked else 0.0,
                    deviation_price[w] if tracked else 0.0,
                )
        for k in range(n_active):
            r = active[k]
            if r >= ports:
                for t in range(begin[r], end[r] + 1):
                    tasks[w, 0, place[r], t] += plan[w, r, t] / STEP_HOURS


@compiled
def observe(
    step: int,
    connected: Bools,
    steps_left: Ints,
    energy: Floats,
    capacity: Floats,
    wanted: Floats,
    min_energy: Floats,
    charge_kw: Floats,
    discharge_kw: Floats,
    taper: Floats,
    transformer: Ints,
    charge_cost: Floats,
    discharge_gain: Floats,
    unmet_price: Floats,
    scale: Floats,
    common: Floats,
    limit: Floats,
    setpoint: Floats,
    plan: Floats,
    peak: Floats,
    ceiling: Floats,
    load: Floats,
    site: Floats,
    price: Floats,
    tasks: Floats,
    lowest: NDArray[np.float32],
    highest: NDArray[np.float32],
    out: NDArray[np.float32],
    value: Floats,
) -> None:
    """What a policy sees of each port; the columns are `core.agents.learned.OBSERVATION`, in its order.

    `scale` is [worlds] EUR/kWh, `common` [worlds, columns that all ports of a world share]; `lowest` and `highest`
    [columns] are what columns are cut to. Written: `out`
    [worlds, ports, columns], 0 where no car is, and `value` [worlds, ports], the plan's value from here on in EUR of
    the objective, congestion apart.
    """
    n_worlds, ports = connected.shape
    n_steps = plan.shape[2]
    tracked = setpoint.shape[1] > 0
    shared = common.shape[1]
    for w in range(n_worlds):
        money = scale[w]
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
                guests = max(guests, tasks[w, 0, m, t])
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
