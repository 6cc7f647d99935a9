"""What agents may know of what is to come: the statistics it is drawn from, never the draw itself.

Of load and solar power they know a forecast (`World.load_forecast_kw`, `pv_forecast_kw`), of prices all, or what was
expected of them (`World.expected_prices`) and, hour by hour, what came.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from core.scenario import STEP_HOURS, STEP_MINUTES, Scenario
from core.world.sessions import arrival_thresholds
from core.world.site import EVENT_START_STD_MIN
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
    """The arrival statistics behind `scenario`, step by step; the same whatever the seed."""
    tables = arrival_tables(scenario.place)
    steps, quarter, threshold = arrival_thresholds(scenario)
    rate, need, stay = np.zeros(scenario.n_steps), np.zeros(scenario.n_steps), np.zeros(scenario.n_steps)
    mean_stay = np.maximum(tables.stay_h[quarter // 2] / STEP_HOURS + 1, scenario.min_stay_min // STEP_MINUTES)
    arriving = steps + 1  # drawn in one step, a car can act from the next
    fits = mean_stay + steps + 4 < scenario.n_steps
    rate[arriving] = np.where(fits, np.minimum(threshold / 100, 1.0), 0.0)
    stay[arriving] = mean_stay + 3
    mixed = mixed_cars()
    share = np.diff(mixed.share_cdf, prepend=0.0)
    if scenario.cars == "mixed":
        capacity, charge_kw = float(share @ np.array(mixed.capacity_kwh)), float(share @ mixed.charge_kw)
    else:
        capacity, charge_kw = scenario.car_capacity_kwh, scenario.car_charge_kw
    need[arriving] = np.maximum(0.0, tables.energy_kwh[quarter // 2] - (1 - scenario.wanted_soc) * capacity)
    return ArrivalForecast(rate, np.minimum(need, capacity), stay, charge_kw)


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
