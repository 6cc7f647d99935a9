"""EV2Gym's physics as compiled scalar functions, and the loops over worlds, ports and steps around them.

Importing this module imports numba (about a second), so `core.engines.batch` does it on first use and nothing else
does it at all. Everything that is compiled lives here, because numba does not notice a change in another file.

The order of floating-point operations is EV2Gym's (`ev2gym/models/ev.py` and `ev_charger.py`, 2.0.0), since energies
are rounded up to 0.01 kWh after every step and a last-bit difference can become 0.01 kWh. For the same reason
`fastmath` is off. Rewritten terms are equal to the last bit; each says why.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.compiled import compiled, inlined

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# The cache on disk does not notice when another file changes a number that was compiled in: so these are repeated here,
# and `core.engines.batch` checks that they are still true.
TRANSITION_MULTIPLIER = 5.0
STEPS_AN_HOUR = 4.0
MINUTES = 15.0
GRID_HAIR = 1e-6
HIGHEST_CURRENT = 101
"""Column of the efficiency table for currents above 100 A, which EV2Gym's table does not have."""


class Cars(NamedTuple):
    """Charging sessions of all worlds, [sessions], sorted by world, port and arrival."""

    first: Ints
    """[worlds * ports + 1]: where each port's sessions begin."""
    arrival: Ints
    departure: Ints
    arrival_energy: Floats
    """kWh, like the two after it."""
    capacity: Floats
    min_energy: Floats
    charge_limit: Floats
    """kW at the plug, like the next one; both >= 0."""
    discharge_limit: Floats
    transition: Floats
    """SoC."""
    model: Ints
    """Row of `Site.efficiency`."""


class Site(NamedTuple):
    """What all worlds of a batch have in common, and their prices."""

    ports_per_station: int
    transformer: Ints
    """[stations]"""
    charge_a: float
    """Full current of a station."""
    discharge_a: float
    """The same for discharging (>= 0); 0 without V2G."""
    volts: float
    """Voltage x root of phases."""
    efficiency: Floats
    """[models, 102] by rounded current; the last column stands for more than 100 A."""
    buy: Floats
    """[worlds, steps] EUR/kWh."""
    sell: Floats


class State(NamedTuple):
    """What changes as the worlds run."""

    cursor: Ints
    """[worlds, ports]: the port's present session, or else its next one."""
    connected: Bools
    """[worlds, ports]: whether a car may act in the coming step."""
    energy: Floats
    """[worlds, ports] kWh: energy in that car's battery, 0 where there is none."""
    departure_energy: Floats
    """[sessions] kWh, NaN until the car has left."""
    charged: Floats
    """[worlds, transformers, steps] kWh, >= 0: what batteries gained, rounding up included."""
    discharged: Floats
    """[worlds, transformers, steps] kWh, >= 0: what batteries lost."""
    rounding: Floats
    """[worlds] kWh: of that, what EV2Gym's rounding up added."""
    profit: Floats
    """[worlds, stations] EUR: EV2Gym's `EV_Charger.total_profits`."""


# --- the physics ------------------------------------------------------------------------------------------------------
@inlined
def rounded_action(action: float) -> float:
    """EV2Gym's `round(action, 5)` of a NumPy number: multiply, round half to even, divide."""
    return np.rint(action * 100000.0) / 100000.0  # type: ignore[no-any-return]


@inlined
def efficiency_column(amps: float) -> int:
    """Column of the efficiency table for a current of either sign."""
    return min(int(np.rint(abs(amps))), HIGHEST_CURRENT)


@inlined
def pilot(
    amps: float, volts: float, efficiency: float, limit: float, capacity: float, transition: float
) -> tuple[float, float]:
    """What a charging current (> 0 A) means for a car: SoC it adds in a step, and SoC at which its taper begins."""
    added = efficiency * amps * volts / 1000.0 / capacity / STEPS_AN_HOUR
    most = efficiency * limit / capacity / STEPS_AN_HOUR
    added = min(added, most)
    if transition == 1.0:
        return added, 1.0
    return added, transition + (added - most) / most * (transition - 1.0)


@inlined
def decay(added: float, begin: float) -> float:
    """Factor by which one step in the taper shrinks what is missing to a full battery."""
    return math.exp(TRANSITION_MULTIPLIER * added / (begin - 1.0))


@inlined
def charge(
    energy: float, capacity: float, added: float, begin: float, shrink: float, tapers: bool
) -> tuple[float, float]:
    """One step of `EV._charge`: energy in the battery afterwards, before rounding up, and energy stored [kWh].

    `added` and `begin` come from `pilot`, `shrink` from `decay`; the latter is only used from `begin` on.
    """
    soc = energy / capacity
    if not tapers:
        new = min(added + soc, 1.0)
    else:
        if soc < begin:
            # EV2Gym asks 1 <= (begin - soc) / added, which for added > 0 is the same to the last bit: a quotient of
            # two different doubles never rounds to 1.
            if begin - soc >= added:
                new = added + soc
            else:
                new = 1.0 + math.exp(TRANSITION_MULTIPLIER * (added + soc - begin) / (begin - 1.0)) * (begin - 1.0)
        else:
            new = 1.0 + shrink * (soc - 1.0)
        if new - soc > added:
            new = added + soc
    return new * capacity, (new - soc) * capacity


@inlined
def discharge(
    amps: float, volts: float, efficiency: float, limit: float, min_energy: float, energy: float
) -> tuple[float, float]:
    """One step of `EV._discharge`, `amps` < 0: as `charge`, the energy exchanged being negative."""
    power = amps * volts / 1000.0
    if -power > limit:
        power = -limit
    given = power * efficiency * MINUTES / 60.0
    if energy + given < min_energy:
        # Below the minimum nothing is given, and EV2Gym lifts the battery to the minimum.
        return min_energy, (-(energy - min_energy) if energy > min_energy else 0.0)
    return energy + given, given


@inlined
def rounded_up(energy: float) -> float:
    """EV2Gym's `my_ceil`: energy after a step with current, up to the next 0.01 kWh."""
    return np.ceil(energy * 100.0) / 100.0  # type: ignore[no-any-return]


@inlined
def on_grid(energy: float) -> float:
    """`core.world.battery.on_grid`."""
    return np.ceil(energy * 100.0 - GRID_HAIR) / 100.0  # type: ignore[no-any-return]


@inlined
def gain(before: float, after: float) -> float:
    """What a step added to a battery [kWh], counted on EV2Gym's grid of 0.01 kWh: `on_grid`."""
    return 0.0 if after == before else after - on_grid(before)


@inlined
def charge_step(
    amps: float, volts: float, efficiency: float, limit: float, capacity: float, transition: float, energy: float
) -> tuple[float, float]:
    """`EV.step` with `amps` > 0: energy in the battery afterwards and energy stored [kWh]."""
    added, begin = pilot(amps, volts, efficiency, limit, capacity, transition)
    tapers = transition != 1.0
    soc = energy / capacity
    # Nothing is missing from a full battery, so that any factor will do: full cars are common, and exp is slow.
    shrink = decay(added, begin) if tapers and soc >= begin and soc != 1.0 else 1.0
    after, stored = charge(energy, capacity, added, begin, shrink, tapers)
    return rounded_up(after), stored


@inlined
def discharge_step(
    amps: float, volts: float, efficiency: float, limit: float, min_energy: float, energy: float
) -> tuple[float, float]:
    """`EV.step` with `amps` < 0: energy in the battery afterwards and energy exchanged [kWh], <= 0."""
    after, given = discharge(amps, volts, efficiency, limit, min_energy, energy)
    return rounded_up(after), given


# --- the loops --------------------------------------------------------------------------------------------------------
# Arrays are taken out of their tuples once, before the loops, and only inlined functions are called inside: handing
# tuples of arrays from function to function counts references, which costs a hundred times the physics.
@compiled
def reset(begin: int, end: int, cars: Cars, state: State) -> None:
    """Worlds `begin` to before `end` at the start of step 0."""
    first, arrival, arrival_energy = cars.first, cars.arrival, cars.arrival_energy
    cursor, connected, energy = state.cursor, state.connected, state.energy
    ports = cursor.shape[1]
    state.departure_energy[first[begin * ports] : first[end * ports]] = np.nan
    state.charged[begin:end] = 0.0
    state.discharged[begin:end] = 0.0
    state.rounding[begin:end] = 0.0
    state.profit[begin:end] = 0.0
    for world in range(begin, end):
        for port in range(ports):
            session = first[world * ports + port]
            cursor[world, port] = session
            here = session < first[world * ports + port + 1] and arrival[session] <= 0
            connected[world, port] = here
            energy[world, port] = arrival_energy[session] if here else 0.0


@compiled
def advance(
    begin: int,
    end: int,
    from_step: int,
    actions: Floats,
    cars: Cars,
    site: Site,
    state: State,
    power: Floats,
    energy_after: Floats,
    exchanges: Floats,
) -> int:
    """Move worlds `begin` to before `end` through the steps that `actions` is given for: `EV_Charger.step` each time.

    Share the current, move every car, let the departing leave and the arriving plug in. Arrays are [worlds, steps,
    ports]; `power` [kW] and `energy_after` [kWh] are written, and `exchanges` [kWh] with what EV2Gym counts before it
    rounds up, or have no steps and are left alone. Goes station by
    station, then step by step, since stations do not touch one another: a station's state stays in the nearest cache,
    and steps in which nobody is there are skipped.

    Returns
    -------
    int
        The first `world * stations + station` at which EV2Gym stops, because the station's ports together draw more
        than its current; or -1.
    """
    first, arrival, departure, arrival_energy = cars.first, cars.arrival, cars.departure, cars.arrival_energy
    capacity, min_energy, transition, model = cars.capacity, cars.min_energy, cars.transition, cars.model
    charge_limit, discharge_limit = cars.charge_limit, cars.discharge_limit
    n, charge_a, discharge_a, volts = site.ports_per_station, site.charge_a, site.discharge_a, site.volts
    transformers, efficiency, buy, sell = site.transformer, site.efficiency, site.buy, site.sell
    cursor, connected, energies, departure_energy = (
        state.cursor,
        state.connected,
        state.energy,
        state.departure_energy,
    )
    charged, discharged, profits, rounding = state.charged, state.discharged, state.profit, state.rounding
    ports, steps, stations = actions.shape[2], actions.shape[1], len(transformers)
    record, count = power.shape[1] > 0, exchanges.shape[1] > 0
    failed = -1
    for world in range(begin, end):
        for station in range(stations):
            transformer = transformers[station]
            low = station * n
            profit = profits[world, station]
            k = 0
            while k < steps:
                step = from_step + k
                total = 0.0
                idle = True
                for port in range(low, low + n):
                    if connected[world, port]:
                        total += actions[world, k, port]
                        idle = False
                if idle:  # on to the next arrival; whoever comes is plugged in at the end of the step before
                    until = from_step + steps
                    for port in range(low, low + n):
                        session = cursor[world, port]
                        if session < first[world * ports + port + 1] and arrival[session] > step:
                            until = min(until, arrival[session])
                    for port in range(low, low + n):
                        session = cursor[world, port]
                        if session < first[world * ports + port + 1] and arrival[session] == until:
                            connected[world, port] = True
                            energies[world, port] = arrival_energy[session]
                    if record:
                        power[world, k : until - from_step, low : low + n] = 0.0
                        energy_after[world, k : until - from_step, low : low + n] = np.nan
                    if count:
                        exchanges[world, k : until - from_step, low : low + n] = 0.0
                    k = until - from_step
                    continue
                amps = 0.0
                for port in range(low, low + n):
                    session = cursor[world, port]
                    after, exchanged, gained = np.nan, 0.0, 0.0
                    if connected[world, port]:
                        action = actions[world, k, port]
                        if total > 1.0:
                            action = action / total
                        elif total < -1.0:
                            action = -action / total
                        action = rounded_action(action)
                        after = energies[world, port]
                        if action > 0.0:
                            current = action * charge_a
                            after, exchanged = charge_step(
                                current,
                                volts,
                                efficiency[model[session], efficiency_column(current)],
                                charge_limit[session],
                                capacity[session],
                                transition[session],
                                after,
                            )
                            # EV2Gym bills by the direction asked for, whatever the sign of the energy.
                            profit -= abs(exchanged) * buy[world, step]
                        elif action < 0.0:
                            current = action * discharge_a
                            if current <= -0.01:  # EV_Charger.step: less counts as no current
                                after, exchanged = discharge_step(
                                    current,
                                    volts,
                                    efficiency[model[session], efficiency_column(current)],
                                    discharge_limit[session],
                                    min_energy[session],
                                    after,
                                )
                                profit += abs(exchanged) * sell[world, step]
                        gained = gain(energies[world, port], after)
                        if gained > 0.0:
                            charged[world, transformer, step] += gained
                        elif gained < 0.0:
                            discharged[world, transformer, step] -= gained
                        rounding[world] += gained - exchanged
                        amps += exchanged * STEPS_AN_HOUR * 1000.0 / volts
                        if amps - 0.0001 > charge_a and failed < 0:
                            failed = world * stations + station
                        energies[world, port] = after
                        if departure[session] == step:
                            departure_energy[session] = after
                            session += 1
                            cursor[world, port] = session
                            connected[world, port] = False
                            energies[world, port] = 0.0
                    if (
                        not connected[world, port]
                        and session < first[world * ports + port + 1]
                        and arrival[session] == step + 1
                    ):
                        connected[world, port] = True
                        energies[world, port] = arrival_energy[session]
                    if record:
                        power[world, k, port] = gained * STEPS_AN_HOUR
                        energy_after[world, k, port] = after
                    if count:
                        exchanges[world, k, port] = exchanged
                k += 1
            profits[world, station] = profit
    return failed


@compiled
def run_full_current(begin: int, end: int, cars: Cars, site: Site, state: State) -> None:
    """Whole episodes of worlds `begin` to before `end` in which every car asks for full current (`afap`).

    Iterates over sessions, not over ports and steps: empty ports cost nothing. What is constant while a session's
    current is constant is computed once, and a step that leaves the battery as it was is repeated without computing it.
    The state before does not matter; the one after is that of the end of the day.
    """
    first, arrivals, departures, arrival_energies = cars.first, cars.arrival, cars.departure, cars.arrival_energy
    capacities, transitions, limits, models = cars.capacity, cars.transition, cars.charge_limit, cars.model
    n, charge_a, volts = site.ports_per_station, site.charge_a, site.volts
    transformers, efficiencies, buy = site.transformer, site.efficiency, site.buy
    charged, discharged, profits, rounding = state.charged, state.discharged, state.profit, state.rounding
    departure_energies = state.departure_energy
    stations, steps = len(transformers), buy.shape[1]
    # A port's action by the number of cars at its station: shared and rounded as engines do it for every agent, then
    # scaled and rounded again as `EV_Charger.step` does.
    share = np.zeros(n + 1)
    for k in range(1, n + 1):
        equal = rounded_action(1.0 / k)
        total = 0.0
        for _ in range(k):
            total += equal
        share[k] = rounded_action(equal / total if total > 1.0 else equal)
    count = np.ones(steps, dtype=np.int64)
    ports = stations * n
    charged[begin:end] = 0.0
    discharged[begin:end] = 0.0
    rounding[begin:end] = 0.0
    state.connected[begin:end] = False
    state.energy[begin:end] = 0.0
    for world in range(begin, end):
        state.cursor[world] = first[world * ports + 1 : (world + 1) * ports + 1]
        for station in range(stations):
            transformer = transformers[station]
            at = (world * stations + station) * n
            if n > 1:
                count[:] = 0
                for session in range(first[at], first[at + n]):
                    count[arrivals[session] : departures[session] + 1] += 1
            profit = 0.0
            for session in range(first[at], first[at + n]):
                energy = arrival_energies[session]
                capacity, transition = capacities[session], transitions[session]
                tapers = transition != 1.0
                limit, model = limits[session], models[session]
                sharing = 0
                settled = False
                stored = gained = added = shrink = 0.0
                taper_from = 1.0
                for step in range(arrivals[session], departures[session] + 1):
                    if count[step] != sharing:
                        sharing = count[step]
                        amps = share[sharing] * charge_a
                        efficiency = efficiencies[model, efficiency_column(amps)]
                        added, taper_from = pilot(amps, volts, efficiency, limit, capacity, transition)
                        shrink = decay(added, taper_from) if tapers else 1.0
                        settled = False
                    if not settled:
                        before = energy
                        energy, stored = charge(energy, capacity, added, taper_from, shrink, tapers)
                        energy = rounded_up(energy)
                        settled = energy == before
                        gained = 0.0 if settled else energy - (on_grid(before) if step == arrivals[session] else before)
                    elif stored == 0.0 and n == 1:
                        break
                    if gained > 0.0:
                        charged[world, transformer, step] += gained
                    else:
                        discharged[world, transformer, step] -= gained
                    rounding[world] += gained - stored
                    profit -= abs(stored) * buy[world, step]
                departure_energies[session] = energy
            profits[world, station] = profit
