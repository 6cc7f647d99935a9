"""A visitor's own sessions -> the cars of a day: which port, which battery, and whom the site cannot serve.

What the file does not say of a car is drawn as EV2Gym draws it (model, transition SoC), from the scenario's own stream,
once for every session of the run, whether it finds a port or not: so a site with more ports has the same cars.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.data_in.sessions import DAY_MIN, UNKNOWN, OwnSessions
from core.scenario import STEP_MINUTES, Scenario
from core.world.tables import mixed_cars
from core.world.types import Floats, Ints, OwnDay

QUARTERS = DAY_MIN // STEP_MINUTES


@dataclass(frozen=True, slots=True)
class OwnCars:
    """Cars of a run, in the order of their arrival; arrays [cars]."""

    arrival_step: Ints
    departure_step: Ints
    arrival_energy_kwh: Floats
    wanted_energy_kwh: Floats
    capacity_kwh: Floats
    min_energy_kwh: Floats
    charge_limit_kw: Floats
    discharge_limit_kw: Floats
    transition_soc: Floats
    model: Ints
    station: Ints
    port: Ints


def own_cars(scenario: Scenario, stream: np.random.RandomState) -> tuple[OwnCars, OwnDay]:
    """The cars that `scenario.own_sessions` brings to its day.

    A car acts in those steps that lie wholly within its stay, from the second step on, since EV2Gym plugs nobody in
    before its first step. Ports go to whoever comes first; of the stations, one with most free ports is taken.

    Parameters
    ----------
    scenario : Scenario
        With `own_sessions`.
    stream : RandomState
    """
    own = scenario.own_sessions
    assert own is not None
    begin = int(np.datetime64(scenario.start, "m").astype(np.int64))
    end = begin + scenario.n_steps * STEP_MINUTES
    arrival, departure = own.arrival_min.astype(np.int64), own.arrival_min.astype(np.int64) + own.stay_min
    here = np.flatnonzero((arrival >= begin) & (arrival < end))
    first = np.maximum(-(-(arrival[here] - begin) // STEP_MINUTES), 1)
    last = (departure[here] - begin) // STEP_MINUTES - 1
    outlasting = departure[here] > end
    short = ~outlasting & (last < first)
    cars = _batteries(scenario, own, here, stream)
    free = _ports(scenario, first, last, ~outlasting & ~short)
    served = np.flatnonzero(free >= 0)
    missing_kwh = own.energy_10wh[here] / 100 - (cars["wanted_energy_kwh"] - cars["arrival_energy_kwh"])
    day = OwnDay(
        arriving=len(here),
        turned_away=int((~outlasting & ~short).sum()) - len(served),
        too_short=int(short.sum()),
        outlasting=int(outlasting.sum()),
        before=int(((arrival < begin) & (departure > begin)).sum()),
        beyond_battery=int((missing_kwh[served] > 0.005).sum()),
        beyond_battery_kwh=float(np.maximum(missing_kwh[served], 0.0).sum()),
    )
    port = free[served]
    # EV2Gym plugs cars in by the order of their arrival.
    order = np.argsort(first[served], kind="stable")
    chosen = served[order]
    return OwnCars(
        arrival_step=first[chosen],
        departure_step=last[chosen],
        **{name: values[chosen] for name, values in cars.items()},  # type: ignore[arg-type]
        station=port[order] // scenario.ports_per_station,
        port=port[order],
    ), day


def _ports(scenario: Scenario, first: Ints, last: Ints, fits: NDArray[np.bool_]) -> Ints:
    """[cars] port, or -1 where none is free. Cars are in the order of their arrival."""
    ports = scenario.ports_per_station
    busy_until = np.full((scenario.stations, ports), -1, dtype=np.int64)
    out = np.full(len(first), -1, dtype=np.int64)
    for i in np.flatnonzero(fits):
        free = busy_until < first[i]
        station = int(free.sum(axis=1).argmax())
        if free[station].any():
            plug = int(free[station].argmax())
            busy_until[station, plug] = last[i]
            out[i] = station * ports + plug
    return out


def _batteries(
    scenario: Scenario, own: OwnSessions, here: Ints, stream: np.random.RandomState
) -> dict[str, Floats | Ints]:
    """Batteries and limits of the sessions `here`, arrays [here]."""
    n = len(here)
    energy = own.energy_10wh[here] / 100
    soc = np.where(own.soc_permyriad[here] == UNKNOWN, np.nan, own.soc_permyriad[here] / 10_000)
    told = np.where(own.capacity_10wh[here] == UNKNOWN, np.nan, own.capacity_10wh[here] / 100)
    power = np.where(own.power_w[here] == UNKNOWN, np.nan, own.power_w[here] / 1000)
    # As much as the battery must hold for the energy to fit.
    floor = scenario.min_energy_kwh
    least = np.where(np.isnan(soc), energy + floor, energy / np.maximum(1 - np.nan_to_num(soc), 0.01))
    chance, bend = stream.random_sample(n), stream.random_sample(n)
    if scenario.cars == "mixed":
        mixed = mixed_cars()
        sizes = np.array(mixed.capacity_kwh)
        share = np.diff(mixed.share_cdf, prepend=0.0)
        possible = np.where(sizes >= least[:, None], share, 0.0)
        possible[possible.sum(axis=1) == 0, sizes.argmax()] = 1.0
        cdf = possible.cumsum(axis=1)
        drawn = (cdf < (chance * cdf[:, -1])[:, None]).sum(axis=1).clip(max=len(sizes) - 1)
        # Of a battery that is known, the model with the nearest one is taken: its efficiency, its power.
        nearest = np.abs(sizes - np.nan_to_num(told)[:, None]).argmin(axis=1) if n else drawn
        model = np.where(np.isnan(told), drawn, nearest).astype(np.int64)
        capacity = np.where(np.isnan(told), sizes[model], _whole_battery(told))
        charge, discharge = mixed.charge_kw[model], mixed.discharge_kw[model]
        transition = np.round(0.9 - (bend + 0.00001) / 5, 3)
    else:
        model = np.zeros(n, dtype=np.int64)
        capacity = np.where(np.isnan(told), scenario.car_capacity_kwh, _whole_battery(told))
        charge, discharge = np.full(n, scenario.car_charge_kw), np.full(n, scenario.car_discharge_kw)
        transition = np.ones(n)
    known = ~np.isnan(power)
    charge = np.where(known, power, charge)
    discharge = np.where(known, np.minimum(power, discharge), discharge)
    # Where the SoC is not told the car leaves as full as the scenario says; never emptier than it may be on arrival.
    guessed = np.maximum(scenario.wanted_soc * capacity - energy, np.minimum(floor, capacity / 2))
    arrival = np.minimum(np.round(np.where(np.isnan(soc), guessed, soc * capacity), 2), capacity)
    wanted = np.minimum(np.round(arrival + energy, 2), capacity)
    return {
        "arrival_energy_kwh": arrival,
        "wanted_energy_kwh": wanted,
        "capacity_kwh": capacity,
        # EV2Gym fills a car that arrives below its least energy for free: nobody's least is above what it comes with.
        "min_energy_kwh": np.minimum(floor, arrival),
        "charge_limit_kw": charge,
        "discharge_limit_kw": discharge,
        "transition_soc": transition,
        "model": model,
    }


def _whole_battery(capacity_kwh: Floats) -> Floats:
    """Capacities that EV2Gym's rounding up to 0.01 kWh leaves alone: the next lower one where arithmetic is a hair off.

    It would fill any other battery beyond its capacity.
    """
    hundredths = np.round(np.nan_to_num(capacity_kwh) * 100)
    while (off := np.ceil(hundredths / 100 * 100) > hundredths).any():
        hundredths = hundredths - off
    return np.asarray(hundredths / 100)


NEAR_QUARTERS = 2
"""Arrivals this many quarters of an hour before and after count as of one time of day."""

FEWEST_DAYS = 3
"""Working days, or weekends, on their own are only looked at where there are as many of them."""


@dataclass(frozen=True, slots=True)
class OtherDays:
    """Statistics of a file's other days for the steps of a run; arrays [steps]. See `core.world.forecasts`."""

    rate: Floats
    need_kwh: Floats
    stay_steps: Floats
    charge_kw: float
    """Mean of those powers that the file tells; NaN where it tells none."""


def other_days(scenario: Scenario) -> OtherDays | None:
    """What a file's days but the run's own say of cars to come; None where it has no others.

    Working days are taken for working days and weekends for weekends, where there are `FEWEST_DAYS` of these. Days
    between the first and the last one of the file on which nobody came count.
    """
    assert scenario.own_sessions is not None
    return _other_days(scenario.own_sessions, scenario.start, scenario.n_steps, scenario.n_ports)


@lru_cache(maxsize=256)
def _other_days(own: OwnSessions, start: dt.datetime, n_steps: int, n_ports: int) -> OtherDays | None:
    times = np.datetime64(start, "m").astype(np.int64) + np.arange(n_steps) * STEP_MINUTES
    day = own.arrival_min.astype(np.int64) // DAY_MIN
    known = own.other_days(times.astype("datetime64[m]"))
    if not known.size:
        return None
    quarter = own.arrival_min % DAY_MIN // STEP_MINUTES
    stay = own.stay_min // STEP_MINUTES
    steps = np.arange(n_steps)
    clock = times % DAY_MIN // STEP_MINUTES
    weekend = _is_weekend(times // DAY_MIN)
    rate, need, mean_stay = np.zeros(len(steps)), np.zeros(len(steps)), np.zeros(len(steps))
    for kind in np.unique(weekend):
        days = known[_is_weekend(known) == kind]
        if len(days) < FEWEST_DAYS:
            days = known
        seen = np.flatnonzero(np.isin(day, days))
        of_quarter = [seen[quarter[seen] == q] for q in range(QUARTERS)]
        come_and_gone = np.bincount(quarter[seen], minlength=2 * QUARTERS + 1) - np.bincount(
            quarter[seen] + np.minimum(stay[seen], QUARTERS), minlength=2 * QUARTERS + 1
        )
        present = come_and_gone.cumsum()[:-1].reshape(2, QUARTERS).sum(axis=0)  # beyond midnight is the next day's
        for t in steps[weekend == kind]:
            if t == 0:  # EV2Gym plugs nobody in before its first step
                continue
            near = np.concatenate(
                [of_quarter[(clock[t] + k) % QUARTERS] for k in range(-NEAR_QUARTERS, NEAR_QUARTERS + 1)]
            )
            fits = near[stay[near] + t <= n_steps]
            if not len(fits):
                continue
            free = max(1.0, n_ports - present[clock[t]] / len(days))
            rate[t] = min(1.0, len(fits) / ((2 * NEAR_QUARTERS + 1) * len(days)) / free)
            need[t] = own.energy_10wh[fits].mean() / 100
            mean_stay[t] = np.maximum(stay[fits], 1).mean()
    for values in (rate, need, mean_stay):
        values.setflags(write=False)
    told = own.power_w[own.power_w != UNKNOWN]
    return OtherDays(rate, need, mean_stay, float(told.mean()) / 1000 if len(told) else float("nan"))


def _is_weekend(day: Ints) -> np.ndarray:
    # 1 January 1970 was a Thursday.
    return (day + 3) % 7 > 4
