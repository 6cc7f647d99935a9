"""What a shared-port policy sees of a car, and the market that clears at the policies' bids, compiled.

Nothing is planned: a policy sees the car, prices over its stay, and the others as a crowd. Importing this module
imports numba, so `observation` does it on first use. Arrays begin with the axis of worlds. `observe` and `clear` are
called from outside.
"""

from __future__ import annotations

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
SOON = 16
"""Steps that are soon."""
RAMP = 0.15
"""Share of a limit over which its price rises from nothing to all of it; the same around a set-point."""
SOFT = 0.08
"""Price scales over which a car's answer goes from nothing to full power, so that not all change at once."""
HALVINGS = 12
"""How often the interval is halved in which a car's price of stored energy is looked for."""
FIRST_ROUNDS = 12
"""How often cars answer each other's prices when a world is seen first, and in each step after that."""
ROUNDS = 2
MOST_TURNS = 1000
"""How often bids are taken at most; they end when nobody moves."""
LEAST_WEIGHT = 0.15
"""Of a new answer in the average."""


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


class Site(NamedTuple):
    """What cars share: kW, [worlds, transformers, steps] unless said otherwise."""

    upper: Floats
    lower: Floats
    base: Floats
    setpoint: Floats
    """[worlds, steps], or no steps at all."""
    peak: Floats
    """[worlds]: highest power of all cars up to now."""


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


class Crowd(NamedTuple):
    """What all cars together are expected to do. Updated."""

    load: Floats
    """[worlds, transformers, steps] kW of cars: the average of their answers to prices so far."""
    price: Floats
    """[worlds, transformers, steps] EUR/kWh: what a kWh more adds to shared costs at that load."""
    rounds: Ints
    """[worlds]: how many answers were averaged."""
    cap: Floats
    """[worlds] kW: the highest power up to now, or what cars and expected guests need even if they charge evenly."""


class Arrivals(NamedTuple):
    """Statistics of cars to come, [worlds, steps]."""

    rate: Floats
    need: Floats
    stay: Floats


class Scales(NamedTuple):
    """What observations are measured in."""

    money: Floats
    """[worlds] EUR/kWh."""
    common: Floats
    """[worlds, columns that all ports of a world share]."""


@inlined
def clipped(x: float, low: float, high: float) -> float:
    """`x`, at least `low` and at most `high`."""
    return min(max(x, low), high)


@inlined
def over(part: float, whole: float, most: float) -> float:
    """part / whole, cut to -most..most; where the whole is nothing, most with the sign of the part."""
    if whole <= 1e-9:
        return most if part > 1e-9 else 0.0
    return min(max(part / whole, -most), most)


@compiled
def spread_guests(
    step: int,
    connected: Bools,
    steps_left: Ints,
    transformer: Ints,
    rate: Floats,
    need: Floats,
    stay: Floats,
    out: Floats,
) -> None:
    """Power of expected guests, each charging evenly over its stay, added to `out` [transformers, steps] kW.

    Ports are free now, or become so when their car leaves; a guest leaves its port free again.
    """
    n_transformers, n_steps = out.shape
    opening = np.zeros((n_transformers, n_steps + 1))
    for p in range(len(connected)):
        opening[transformer[p], min(step + steps_left[p], n_steps) if connected[p] else step] += 1.0
    for m in range(n_transformers):
        free = opening[m, step]
        change = np.zeros(n_steps + 1)
        for t in range(step + 1, n_steps):
            free += opening[m, t]
            coming = rate[t] * free
            free -= coming
            steps = max(int(stay[t] + 0.5), 1)
            opening[m, min(t + steps, n_steps)] += coming
            power = coming * need[t] / (steps * STEP_HOURS)
            change[t] += power
            change[min(t + steps, n_steps)] -= power
        now = 0.0
        for t in range(step + 1, n_steps):
            now += change[t]
            out[m, t] += now


@inlined
def shared_price(
    load: float, upper: float, lower: float, site: float, ceiling: float, setpoint: float, overload: float, peak: float,
    deviation: float,
) -> float:  # fmt: skip
    """EUR/kWh that a kWh more costs a transformer at `load` kW and a site whose cars take `site` kW."""
    price = 0.0
    if overload > 0.0:
        width = RAMP * max(abs(upper), 1.0)
        price += overload * clipped((load - upper + width) / width, 0.0, 1.0)
        width = RAMP * max(abs(lower), 1.0)
        price -= overload * clipped((lower + width - load) / width, 0.0, 1.0)
    if peak > 0.0:
        x = clipped(site / ceiling, 0.0, 1.2)
        x = x * x
        x = x * x
        x = x * x
        price += peak / STEP_HOURS * x * x
    if deviation > 0.0:
        price += deviation * clipped((site - setpoint) / (RAMP * max(setpoint, 20.0)), -1.0, 1.0)
    return price


@inlined
def reserve(
    step: int, left: int, missing: float, full: float, give: float, cost: Floats, gain: Floats, price: Floats,
    unmet: float, soft: float,
) -> float:  # fmt: skip
    """The price of stored energy [EUR/kWh] at which a car, buying below and selling above, ends with what it wants."""
    low, high = 1e30, -1e30
    for t in range(step, step + left):
        low, high = min(low, cost[t] + price[t]), max(high, gain[t] + price[t], cost[t] + price[t])
    low, high = low - soft, max(high, unmet) + soft
    low = min(low, unmet)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        net = 0.0
        for t in range(step, step + left):
            net += full * clipped((middle - cost[t] - price[t]) / soft + 0.5, 0.0, 1.0)
            if give > 0.0:
                net -= give * clipped((gain[t] + price[t] - middle) / soft + 0.5, 0.0, 1.0)
        if net < missing:
            low = middle
        else:
            high = middle
    return min(0.5 * (low + high), unmet)


@compiled
def iterate_prices(
    w: int, step: int, transformer: Ints, cars: Cars, site: Site, prices: Prices, scales: Scales, guests: Floats,
    crowd: Crowd, answer: Floats, out: Floats,
) -> None:  # fmt: skip
    """Bring prices of a world up to date: all cars answer them, their average answer makes new ones (fictitious play).

    Written: `crowd`, and `out` [ports], each car's price of stored energy.
    """
    n_transformers, n_steps = answer.shape
    ports = cars.connected.shape[1]
    tracked = site.setpoint.shape[1] > 0
    load, price = crowd.load[w], crowd.price[w]
    soft = SOFT * scales.money[w]
    first = crowd.rounds[w] == 0
    for turn in range((FIRST_ROUNDS if first else ROUNDS) + 1):
        ceiling = crowd.cap[w]
        for t in range(step, n_steps):
            total = 0.0
            for m in range(n_transformers):
                total += load[m, t]
            for m in range(n_transformers):
                price[m, t] = shared_price(
                    load[m, t] + site.base[w, m, t], site.upper[w, m, t], site.lower[w, m, t], total, ceiling,
                    site.setpoint[w, t] if tracked else 0.0, prices.overload[w], prices.peak[w],
                    prices.deviation[w] if tracked else 0.0,
                )  # fmt: skip
        last = turn == (FIRST_ROUNDS if first else ROUNDS)
        for m in range(n_transformers):
            for t in range(step, n_steps):
                answer[m, t] = guests[m, t]
        for p in range(ports):
            if not cars.connected[w, p]:
                continue
            m = transformer[p]
            left = min(cars.steps_left[w, p], n_steps - step)
            full, give = cars.charge_kw[w, p] * STEP_HOURS, cars.discharge_kw[w, p] * STEP_HOURS
            missing = max(cars.wanted[w, p], cars.min_energy[w, p]) - cars.energy[w, p]
            cost, gain = prices.charge_cost[w], prices.discharge_gain[w]
            theta = reserve(step, left, missing, full, give, cost, gain, price[m], prices.unmet[w], soft)
            out[p] = theta
            if last:
                continue
            stock, most = cars.energy[w, p], cars.capacity[w, p]
            for t in range(step, step + left):
                x = full * clipped((theta - cost[t] - price[m, t]) / soft + 0.5, 0.0, 1.0)
                if give > 0.0:
                    x -= give * clipped((gain[t] + price[m, t] - theta) / soft + 0.5, 0.0, 1.0)
                x = clipped(x, cars.min_energy[w, p] - stock if stock > cars.min_energy[w, p] else 0.0, most - stock)
                stock += x
                answer[m, t] += x / STEP_HOURS
        if last:
            break
        crowd.rounds[w] += 1
        weight = max(1.0 / crowd.rounds[w], LEAST_WEIGHT)
        for m in range(n_transformers):
            for t in range(step, n_steps):
                load[m, t] += weight * (answer[m, t] - load[m, t])


@compiled
def observe_cars(
    step: int, ports_per_station: int, transformer: Ints, cars: Cars, site: Site, prices: Prices, arrivals: Arrivals,
    scales: Scales, crowd: Crowd, lowest: Singles, highest: Singles, out: Singles,
) -> None:  # fmt: skip
    """Columns of `observation.OBSERVATION`, in its order, for each car; 0 where none is."""
    n_worlds, ports = cars.connected.shape
    n_transformers, n_steps = site.upper.shape[1:]
    tracked = site.setpoint.shape[1] > 0
    n_common = scales.common.shape[1]
    theta = np.zeros(ports)
    ahead_tr, ahead_site, ahead_station = np.zeros(ports), np.zeros(ports), np.zeros(ports)
    ahead_give = np.zeros(ports)
    even, guests = np.zeros((n_transformers, n_steps)), np.zeros((n_transformers, n_steps))
    answer = np.zeros((n_transformers, n_steps))
    up_now, must_now = np.zeros(n_transformers), np.zeros(n_transformers)
    stations = (ports + ports_per_station - 1) // ports_per_station
    at_station = np.zeros(stations)
    running = np.zeros(n_transformers)
    merit, give_merit = np.empty(ports), np.empty(ports)
    for w in range(n_worlds):
        money = scales.money[w]
        cost, gain, unmet = prices.charge_cost[w], prices.discharge_gain[w], prices.unmet[w]
        here = 0
        for p in range(ports):
            here += cars.connected[w, p]
        if here == 0:
            out[w] = 0.0
            continue
        guests[:, step:] = 0.0
        spread_guests(
            step, cars.connected[w], cars.steps_left[w], transformer, arrivals.rate[w], arrivals.need[w],
            arrivals.stay[w], guests,
        )  # fmt: skip
        # --- all charging evenly
        even[:, step:] = guests[:, step:]
        up_now[:], must_now[:] = 0.0, 0.0
        merit[:], give_merit[:] = -1e30, -1e30
        for p in range(ports):
            if not cars.connected[w, p]:
                continue
            m = transformer[p]
            left = min(cars.steps_left[w, p], n_steps - step)
            full = max(cars.charge_kw[w, p] * STEP_HOURS, 1e-6)
            missing = max(cars.wanted[w, p] - cars.energy[w, p], 0.0)
            need = missing / full
            power = min(missing, full * left) / (left * STEP_HOURS)
            for t in range(step, step + left):
                even[m, t] += power
            up_now[m] += cars.charge_kw[w, p]
            if need > left - 1:
                must_now[m] += min(1.0, need - (left - 1)) * cars.charge_kw[w, p]
        crowd.cap[w] = max(site.peak[w], 1.0)
        for t in range(step, n_steps):
            total = 0.0
            for m in range(n_transformers):
                total += even[m, t]
            crowd.cap[w] = max(crowd.cap[w], total)
        iterate_prices(w, step, transformer, cars, site, prices, scales, guests, crowd, answer, theta)
        # --- the order of merit: who would lose most by waiting comes first
        for p in range(ports):
            if cars.connected[w, p]:
                merit[p] = (
                    theta[p] - cost[step] + 1e-6 * (cars.wanted[w, p] - cars.energy[w, p]) / cars.steps_left[w, p]
                )
                give_merit[p] = gain[step] - theta[p]
        running[:], at_station[:] = 0.0, 0.0
        all_of_site = 0.0
        for i in np.argsort(-merit):
            if not cars.connected[w, i]:
                continue
            m, s = transformer[i], i // ports_per_station
            ahead_tr[i], ahead_site[i], ahead_station[i] = running[m], all_of_site, at_station[s]
            x = 0.0
            if merit[i] > 0.0:
                room = max(cars.capacity[w, i] - cars.energy[w, i], 0.0)
                x = min(cars.charge_kw[w, i], cars.taper[w, i] * room / STEP_HOURS)
            running[m] += x
            all_of_site += x
            at_station[s] += x / max(cars.charge_kw[w, i], 1e-6)
        running[:] = 0.0
        for i in np.argsort(-give_merit):
            if not cars.connected[w, i]:
                continue
            m = transformer[i]
            ahead_give[i] = running[m]
            if give_merit[i] > 0.0:
                stock = max(cars.energy[w, i] - cars.min_energy[w, i], 0.0)
                running[m] += min(cars.discharge_kw[w, i], stock / STEP_HOURS)
        site_even = site_up = site_crowd = 0.0
        for m in range(n_transformers):
            site_even += even[m, step]
            site_up += up_now[m]
            site_crowd += crowd.load[w, m, step]
        peak = crowd.cap[w]
        for p in range(ports):
            row = out[w, p]
            if not cars.connected[w, p]:
                row[:] = 0.0
                continue
            m = transformer[p]
            left = min(cars.steps_left[w, p], n_steps - step)
            size = cars.capacity[w, p]
            charge, discharge = max(cars.charge_kw[w, p], 1e-6), cars.discharge_kw[w, p]
            full = charge * STEP_HOURS
            need = max(cars.wanted[w, p] - cars.energy[w, p], 0.0) / full
            limit = max(site.upper[w, m, step], 1.0)
            room = site.upper[w, m, step] - site.base[w, m, step]
            feed = site.base[w, m, step] - site.lower[w, m, step]
            price = crowd.price[w, m]
            cost_now, gain_now = cost[step] + price[step], gain[step] + price[step]
            crowd_stay = even_stay = crowd_cheap = spare = price_stay = 0.0
            cheap = cheaper = dearer = later = soon = 0.0
            top_soon, bottom_soon = top, bottom = gain_now if left == 1 else -1e30, cost_now if left == 1 else 1e30
            for t in range(step, step + left):
                bound = max(site.upper[w, m, t], 1.0)
                load = (crowd.load[w, m, t] + site.base[w, m, t]) / bound
                crowd_stay += load
                even_stay += (even[m, t] + site.base[w, m, t]) / bound
                spare += clipped((site.upper[w, m, t] - site.base[w, m, t] - even[m, t]) / charge, 0.0, 1.0)
                price_stay += price[t]
                if t == step:
                    continue
                c, g = cost[t] + price[t], gain[t] + price[t]
                later += c
                if t <= step + STEPS_AN_HOUR:
                    soon += c
                top, bottom = max(top, g), min(bottom, c)
                if t <= step + SOON:
                    top_soon, bottom_soon = top, bottom
                cheaper += 1.0 if c < cost_now - 1e-9 else 0.0
                dearer += 1.0 if g > gain_now + 1e-9 else 0.0
                if c <= theta[p]:
                    crowd_cheap += load
                    cheap += 1.0
            mean_ahead = later / (left - 1) if left > 1 else cost_now
            hour_ahead = soon / min(left - 1, STEPS_AN_HOUR) if left > 1 else cost_now
            row[0] = cars.energy[w, p] / size
            row[1] = (cars.wanted[w, p] - cars.energy[w, p]) / size
            row[2] = left / 96.0
            row[3] = (left - need) / 96.0
            row[4] = clipped((left - need) / 4.0, -1.0, 1.0)
            row[5] = min(need / left, 2.0)
            row[6] = charge / 50.0
            row[7] = discharge / 50.0
            row[8] = cars.taper[w, p]
            row[9] = min(1.0, cars.taper[w, p] * max(size - cars.energy[w, p], 0.0) / full)
            row[10] = min(1.0, max(cars.energy[w, p] - cars.min_energy[w, p], 0.0) / max(discharge * STEP_HOURS, 1e-6))
            row[11] = cost_now / money
            row[12] = gain_now / money
            row[13] = (theta[p] - cost_now) / money
            row[14] = clipped(10.0 * (theta[p] - cost_now) / money, -1.0, 1.0)
            row[15] = (gain_now - theta[p]) / money
            row[16] = clipped(10.0 * (gain_now - theta[p]) / money, -1.0, 1.0)
            row[17] = (top - cost_now) / money
            row[18] = (top - gain_now) / money
            row[19] = (cost_now - bottom) / money
            row[20] = cheaper / left
            row[21] = dearer / left
            row[22] = (mean_ahead - cost_now) / money
            row[23] = (hour_ahead - cost_now) / money
            row[24] = price[step] / money
            row[25] = price_stay / left / money
            row[26] = (unmet - theta[p]) / money
            row[27] = over(room, up_now[m], 2.0)
            row[28] = clipped((room - ahead_tr[p]) / charge, -1.0, 1.0)
            row[29] = clipped((feed - ahead_give[p]) / max(discharge, 1e-6), -1.0, 1.0)
            row[30] = over(must_now[m], max(room, 1.0), 2.0)
            row[31] = (crowd.load[w, m, step] + site.base[w, m, step]) / limit
            row[32] = crowd_stay / left
            row[33] = crowd_cheap / max(cheap, 1.0)
            row[34] = (even[m, step] + site.base[w, m, step]) / limit
            row[35] = even_stay / left
            row[36] = spare / max(need, 1.0)
            row[37] = clipped((peak - ahead_site[p]) / charge, -1.0, 1.0)
            row[38] = over(site_crowd, peak, 3.0)
            row[39] = over(site_even, peak, 3.0)
            row[40] = over(site_up, peak, 3.0)
            row[41], row[42], row[43], row[44] = 0.0, 0.0, 0.0, 0.0
            if tracked:
                aim = site.setpoint[w, step]
                row[41] = over(aim, site_up, 2.0)
                row[42] = clipped((aim - ahead_site[p]) / charge, -1.0, 1.0)
                row[43] = over(site_even - aim, max(aim, 1.0), 2.0)
                row[44] = over(site_crowd - aim, max(aim, 1.0), 2.0)
            row[45] = here / ports
            row[46] = min(ahead_station[p], 2.0)
            row[47] = (top_soon - cost_now) / money
            row[48] = (gain_now - bottom_soon) / money
            for k in range(n_common):
                row[49 + k] = scales.common[w, k]
            for k in range(len(row)):
                row[k] = clipped(row[k], lowest[k], highest[k])


@inlined
def shared_slope(
    load: float, upper: float, lower: float, site: float, cap: float, setpoint: float, overload: float, peak: float,
    deviation: float, up: bool,
) -> float:  # fmt: skip
    """EUR/kWh that shared costs rise by where a transformer takes a little more (`up`), or fall where it takes less."""
    hair = 1e-7 if up else -1e-7
    slope = 0.0
    if load + hair > upper:
        slope += overload
    if load + hair < lower:
        slope -= overload
    if site + hair > cap:
        slope += peak / STEP_HOURS
    if deviation > 0.0:
        slope += deviation if site + hair > setpoint else -deviation
    return slope


@compiled
def clear_worlds(
    step: int, transformer: Ints, bid: Floats, most_up: Floats, most_down: Floats, site: Site, prices: Prices,
    cap: Floats, power: Floats, price: Floats,
) -> None:  # fmt: skip
    """Clear each world's market for one step: who gains most moves first, as long as that is more than it costs others.

    A car buys where its price of stored energy is above the cost now, and sells where it is below the gain now. Bids
    are taken in the order of what they gain, each as far as its gain exceeds what shared costs rise by, and again until
    nobody moves, since bids of the other side make room. Then who did not move may move against its bid where that
    saves others more than it costs the car.

    Parameters
    ----------
    step : int
    transformer : array of int
        [ports]
    bid : array of float
        [worlds, ports] EUR/kWh, the price of stored energy.
    most_up, most_down : array of float
        [worlds, ports] kW, what a car takes and gives at most; 0 where none is.
    site, prices : tuple
    cap : array of float
        [worlds] kW: up to here power raises no peak.
    power : array of float
        [worlds, ports] kW: written.
    price : array of float
        [worlds, ports] EUR/kWh: written; what a kWh more costs the others, or what the first bid gains that was left.
    """
    n_worlds, ports = bid.shape
    n_transformers = site.upper.shape[1]
    tracked = site.setpoint.shape[1] > 0
    load = np.zeros(n_transformers)
    left_up, left_down = np.zeros(n_transformers), np.zeros(n_transformers)
    gain_of = np.empty(ports)
    for w in range(n_worlds):
        power[w] = 0.0
        cost, gain = prices.charge_cost[w, step], prices.discharge_gain[w, step]
        overload, peak = prices.overload[w], prices.peak[w]
        deviation = prices.deviation[w] if tracked else 0.0
        aim = site.setpoint[w, step] if tracked else 0.0
        total = 0.0
        for m in range(n_transformers):
            load[m] = site.base[w, m, step]
        for p in range(ports):
            gain_of[p] = -1e30
            if most_up[w, p] > 0.0:
                gain_of[p] = bid[w, p] - cost
            if most_down[w, p] > 0.0:
                gain_of[p] = max(gain_of[p], gain - bid[w, p])
        order = np.argsort(-gain_of)
        against = False
        for _ in range(MOST_TURNS):
            if not against:
                left_up[:], left_down[:] = 0.0, 0.0
            moved = False
            for k in range(ports):
                i = order[ports - 1 - k] if against else order[k]  # who loses least by it moves against its bid first
                if gain_of[i] < -1e29:
                    continue
                m = transformer[i]
                upper, lower = site.upper[w, m, step], site.lower[w, m, step]
                buys = bid[w, i] - cost >= gain - bid[w, i] or most_down[w, i] <= 0.0
                if most_up[w, i] <= 0.0:
                    buys = False
                if against:  # where others gain more by what it would rather not do
                    if most_up[w, i] <= 0.0 or most_down[w, i] <= 0.0:
                        continue
                    buys = not buys
                if (buys and power[w, i] < 0.0) or (not buys and power[w, i] > 0.0):
                    continue
                surplus = bid[w, i] - cost if buys else gain - bid[w, i]
                rest = most_up[w, i] - power[w, i] if buys else most_down[w, i] + power[w, i]
                while rest > 1e-6:
                    slope = shared_slope(
                        load[m], upper, lower, total, cap[w], aim, overload, peak, deviation, buys,
                    )  # fmt: skip
                    if (surplus - slope if buys else surplus + slope) <= 0.0:
                        break
                    # How far to where the slope changes.
                    x = rest
                    if buys:
                        for edge in (upper - load[m], lower - load[m], cap[w] - total, aim - total):
                            if 1e-6 < edge < x:
                                x = edge
                    else:
                        for edge in (load[m] - upper, load[m] - lower, total - cap[w], total - aim):
                            if 1e-6 < edge < x:
                                x = edge
                    rest -= x
                    moved = True
                    x = x if buys else -x
                    power[w, i] += x
                    load[m] += x
                    total += x
                if rest > 1e-6 and not against:
                    if buys:
                        left_up[m] = max(left_up[m], surplus)
                    else:
                        left_down[m] = max(left_down[m], surplus)
            if against and not moved:
                break
            against = not moved  # first all that cars like, until none moves
        for p in range(ports):
            m = transformer[p]
            upper, lower = site.upper[w, m, step], site.lower[w, m, step]
            less = shared_slope(load[m], upper, lower, total, cap[w], aim, overload, peak, deviation, False)
            more = shared_slope(load[m], upper, lower, total, cap[w], aim, overload, peak, deviation, True)
            price[w, p] = min(max(left_up[m] if left_up[m] > 0.0 else -left_down[m], less), more)


@compiled
def clear(
    step: int, transformer: Ints, bid: Floats, most_up: Floats, most_down: Floats, site: Plain, prices: Plain,
    cap: Floats, power: Floats, price: Floats,
) -> None:  # fmt: skip
    """`clear_worlds` of plain tuples."""
    clear_worlds(
        step, transformer, bid, most_up, most_down, Site(*site), Prices(*prices), cap, power, price,
    )  # fmt: skip


@compiled
def observe(
    step: int, ports_per_station: int, transformer: Ints, cars: Plain, site: Plain, prices: Plain, arrivals: Plain,
    scales: Plain, crowd: Plain, lowest: Singles, highest: Singles, out: Singles,
) -> None:  # fmt: skip
    """`observe_cars` of plain tuples, which numba takes in less than half the time that it needs for named ones."""
    observe_cars(
        step, ports_per_station, transformer, Cars(*cars), Site(*site), Prices(*prices), Arrivals(*arrivals),
        Scales(*scales), Crowd(*crowd), lowest, highest, out,
    )  # fmt: skip
