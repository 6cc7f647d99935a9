"""What agents may know of what is to come: the statistics it is drawn from, never the draw itself.

Of load and solar power they know a forecast (`World.load_forecast_kw`, `pv_forecast_kw`), of prices all, or what was
expected of them (`World.expected_prices`) and, hour by hour, what came.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from core.scenario import STEP_HOURS, STEP_MINUTES, Place, Scenario
from core.world.own_cars import other_days
from core.world.sessions import arrival_thresholds
from core.world.site import EVENT_START_STD_MIN, charger_power_kw
from core.world.tables import arrival_tables, mixed_cars
from core.world.types import Floats


def first_unknown_step(step: int) -> int:
    """First step whose price agents do not know before `step`, where prices are not known ahead.

    Prices are by the hour, and runs begin with one: each becomes known as its hour begins, for the whole of it.
    """
    steps_an_hour = round(1 / STEP_HOURS)
    return (step // steps_an_hour + 1) * steps_an_hour


@dataclass(frozen=True, slots=True)
class ArrivalForecast:
    """What is known of cars to come without knowing them: the statistics they are drawn from. Arrays [steps]."""

    rate: Floats
    """Expected arrivals per free port in this step."""
    need_kwh: Floats
    """Mean energy that a car arriving now wants."""
    stay_steps: Floats
    """Mean number of steps in which it can act."""
    charge_kw: float
    """Mean charging power of the cars."""


def arrival_forecast(scenario: Scenario) -> ArrivalForecast:
    """The arrival statistics behind `scenario`, step by step; the same whatever the seed.

    They are those of the days that are really drawn (`core.world.sessions`): a car that arrives fuller than it wants to
    leave is drawn again, and of long stays late in the day none come. Of a visitor's own sessions they are those of
    the file's other days; where it has none, those that the scenario would draw from.
    """
    of_file = None if scenario.own_sessions is None else other_days(scenario)
    if of_file is not None:
        told = not math.isnan(of_file.charge_kw)
        charge_kw = min(of_file.charge_kw, charger_power_kw(scenario)) if told else _mean_charge_kw(scenario)
        return ArrivalForecast(of_file.rate, of_file.need_kwh, of_file.stay_steps, charge_kw)
    tables = arrival_tables(scenario.place)
    steps, quarter, threshold = arrival_thresholds(scenario)
    rate, need, stay = np.zeros(scenario.n_steps), np.zeros(scenario.n_steps), np.zeros(scenario.n_steps)
    arriving = steps + 1  # drawn in one step, a car can act from the next
    mean = tables.stay_h[quarter // 2][:, None]
    stays = np.maximum(mean * (1 + 0.2 * NORMAL) / STEP_HOURS + 1, scenario.min_stay_min // STEP_MINUTES)
    fits = stays + steps[:, None] + 4 < scenario.n_steps
    rate[arriving] = np.minimum(threshold / 100, 1.0) * fits.mean(axis=1)
    stay[arriving] = np.where(fits, np.floor(stays) + 3, 0.0).sum(axis=1) / np.maximum(fits.sum(axis=1), 1)
    need[arriving] = mean_need(
        scenario.place,
        0.0 if scenario.cars == "mixed" else scenario.car_capacity_kwh,
        scenario.wanted_soc,
        scenario.min_energy_kwh,
    )[quarter // 2]
    return ArrivalForecast(rate, need, stay, _mean_charge_kw(scenario))


def expected_cars(scenario: Scenario) -> float:
    """How many cars come in a run by the statistics that they are drawn from: more or less the mean of many seeds.

    With a_t the arrivals that a port has in step t and s_t the steps in which a car that comes then can act, of which
    all count as the mean: a_t = rate_t × (1 − Σ a_u over u < t <= u + s_u + 1), since a port that was left stays empty
    for two steps.
    """
    known = arrival_forecast(scenario)
    come = np.zeros(scenario.n_steps)
    gone = np.arange(scenario.n_steps) + known.stay_steps + 2
    for step in range(scenario.n_steps):
        come[step] = known.rate[step] * (1.0 - come[:step][gone[:step] > step].sum())
    return float(come.sum()) * scenario.n_ports


def _mean_charge_kw(scenario: Scenario) -> float:
    most_kw = charger_power_kw(scenario)
    if scenario.cars == "mixed":
        mixed = mixed_cars()
        return float(np.diff(mixed.share_cdf, prepend=0.0) @ np.minimum(mixed.charge_kw, most_kw))
    return min(scenario.car_charge_kw, most_kw)


NORMAL = np.array([NormalDist().inv_cdf((k + 0.5) / 64) for k in range(64)])
"""A standard normal in equal parts."""


@lru_cache(maxsize=64)
def mean_need(place: Place, capacity_kwh: float, wanted_soc: float, floor_kwh: float) -> Floats:
    """[48] kWh, by half an hour of arrival: mean energy that cars want, as `core.world.sessions` draws them.

    Parameters
    ----------
    place : str
    capacity_kwh : float
        Of all cars; 0 for the mix of cars.
    wanted_soc : float
    floor_kwh : float
        Least energy of a battery.
    """
    mean = arrival_tables(place).energy_kwh[:, None]
    needed = mean * (1 + 0.5 * NORMAL)
    needed = np.where(needed < 5, 5.0 + np.arange(needed.shape[1]) % 5, needed)
    mixed = mixed_cars()
    cars = (
        zip(mixed.capacity_kwh, np.diff(mixed.share_cdf, prepend=0.0), strict=True)
        if capacity_kwh == 0
        else [(capacity_kwh, 1.0)]
    )
    out = np.zeros(len(mean))
    for capacity, share in cars:
        wanted = wanted_soc * capacity

        def missing(energy: Floats, capacity: float = capacity, wanted: float = wanted) -> Floats:
            lifted = np.maximum(energy, floor_kwh) if capacity > 2 * floor_kwh else energy
            return np.maximum(0.0, wanted - lifted)

        whole = np.arange(1.0, max(np.floor(capacity), 2.0))  # drawn again, at any whole energy
        again = missing(whole).mean()
        any_energy = np.where(whole > wanted, again, missing(whole)).mean()
        energy = capacity - needed
        kwh = np.where(energy > wanted, again, missing(energy))
        out += share * np.where(capacity < needed, any_energy, kwh).mean(axis=1)
    out.setflags(write=False)
    return out


def event_start_chance(scenario: Scenario) -> Floats:
    """Chance that a demand-response event has begun by each step, [steps + 97]: the statistics it is drawn from.

    Beyond the run's last step lie events that come too late for it. The last value is 1.
    """
    quarters = round(24 / STEP_HOURS)
    last = 23 * 60 // STEP_MINUTES  # EV2Gym cuts the hour of the day to 0..23
    edges = [(STEP_MINUTES * (k + 1) - 60 * scenario.dr_start_hour) / EVENT_START_STD_MIN for k in range(last)]
    begun = np.array([*(0.5 * (1 + math.erf(edge / math.sqrt(2))) for edge in edges), 1.0])
    start = np.arange(last + 1) - scenario.start_hour * 60 // STEP_MINUTES
    chance = np.zeros(scenario.n_steps + quarters + 1)
    np.add.at(
        chance, np.where(start < 0, start + quarters, start).clip(max=len(chance) - 1), np.diff(begun, prepend=0.0)
    )
    return np.asarray(np.minimum(chance.cumsum(), 1.0))
