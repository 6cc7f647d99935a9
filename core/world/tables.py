"""EV2Gym's tables of arrivals, cars, household load and PV, read once a process."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from core.errors import REINSTALL, needed
from core.paths import ev2gym_data
from core.scenario import STEP_MINUTES, Place
from core.world.types import Floats, Ints

QUARTERS: Final = 35_040
"""Rows of a year's tables."""


@dataclass(frozen=True, slots=True)
class ArrivalTables:
    weekday_rate: Floats  # [96], by quarter of an hour
    weekend_rate: Floats  # [96]
    energy_kwh: Floats  # [48], mean by half an hour of arrival
    stay_h: Floats  # [48]


@lru_cache(maxsize=3)
def arrival_tables(place: Place) -> ArrivalTables:
    import pandas as pd

    data = ev2gym_data()
    column = {"workplace": "work", "public": "public", "private": "home"}[place]

    def by_quarter(name: str) -> Floats:
        with _of_ev2gym(name):
            table = pd.read_csv(data / name)
            # Nobody comes to work on weekends; EV2Gym has no column for it either.
            missing = place not in table and "weekend" in name and "public" in table
            return _all_there(np.zeros(96) if missing else table[place].to_numpy(np.float64), 96)

    def by_half_hour(name: str) -> Floats:
        with _of_ev2gym(name):
            table = pd.read_csv(data / name, encoding="utf-8-sig").fillna(0).set_index("Arrival Time")[column]
            return np.array([table[f"{i // 2:02d}:{i % 2 * 30:02d}"] for i in range(48)], dtype=np.float64)

    return ArrivalTables(
        weekday_rate=by_quarter("distribution-of-arrival.csv"),
        weekend_rate=by_quarter("distribution-of-arrival-weekend.csv"),
        energy_kwh=by_half_hour("mean-demand-per-arrival.csv"),
        stay_h=by_half_hour("mean-session-length-per.csv"),
    )


def _of_ev2gym(name: str) -> AbstractContextManager[None]:
    return needed(f"ev2gym/data/{name}", REINSTALL)


def _all_there(values: Floats, rows: int) -> Floats:
    """The values, where there are as many as there must be."""
    if len(values) != rows or not np.isfinite(values).all():
        raise ValueError("incomplete")
    return values


@dataclass(frozen=True, slots=True)
class CarTable:
    names: tuple[str, ...]
    share_cdf: Floats
    capacity_kwh: tuple[float, ...]
    charge_kw: Floats
    discharge_kw: Floats
    efficiency: Floats


@lru_cache(maxsize=1)
def mixed_cars() -> CarTable:
    name = "ev_specs_v2g_enabled2024.json"
    with _of_ev2gym(name):
        return _cars(json.loads((ev2gym_data() / name).read_text()))


def _cars(specs: dict[str, dict[str, Any]]) -> CarTable:
    cars = list(specs.values())
    registrations = np.array([car["number_of_registrations"] for car in cars], dtype=np.float64)
    # The same arithmetic as numpy's `choice`, so that one uniform number picks the same car.
    cdf = (registrations / registrations.sum()).cumsum()
    cdf /= cdf[-1]
    efficiency = np.array([_filled_efficiency(car["ch_current"], car["3ph_ch_efficiency"]) for car in cars])
    efficiency.setflags(write=False)
    return CarTable(
        names=tuple(specs),
        share_cdf=cdf,
        capacity_kwh=tuple(car["battery_capacity"] for car in cars),
        charge_kw=np.array([car["max_ac_charge_power"] for car in cars], dtype=np.float64),
        discharge_kw=np.array([car["max_ac_discharge_power"] for car in cars], dtype=np.float64),
        efficiency=efficiency,
    )


def _filled_efficiency(currents: list[int], percent: list[float]) -> Floats:
    """[101] fractions: EV2Gym fills missing and zero currents, from 0 A up, with the nearest that is not zero.

    Filled values count as neighbours for later ones, as they do in EV2Gym's loop.
    """
    table = dict(zip(currents, percent, strict=True))
    for current in range(101):
        if table.get(current, 0) == 0:
            known = [k for k, value in table.items() if value != 0]
            table[current] = table[min(known, key=lambda k: abs(k - current))]
    return np.array([table[current] for current in range(101)], dtype=np.float64) / 100


@lru_cache(maxsize=1)
def residential_load() -> Floats:
    """[35,040, households] quarter-hourly loads of 2022 (Pecan Street), as EV2Gym ships them."""
    from pyarrow import csv

    with _of_ev2gym("residential_loads.csv"):
        table = csv.read_csv(
            ev2gym_data() / "residential_loads.csv", read_options=csv.ReadOptions(autogenerate_column_names=True)
        )
        loads = np.column_stack([column.to_numpy() for column in table.columns]).astype(np.float64)
        _all_there(loads, QUARTERS)
    loads.setflags(write=False)
    return loads


@lru_cache(maxsize=1)
def solar_profile() -> Floats:
    """[35,040] quarter-hourly PV of 2019 per unit of capacity, smoothed as EV2Gym smooths it."""
    import pandas as pd

    with _of_ev2gym("pv_netherlands.csv"):
        hourly = pd.read_csv(ev2gym_data() / "pv_netherlands.csv")["electricity"]
        _all_there(np.asarray(hourly, dtype=np.float64), QUARTERS // 4)
    steps_an_hour = 60 // STEP_MINUTES
    quarters = hourly.loc[hourly.index.repeat(steps_an_hour)].reset_index(drop=True)
    smooth = quarters.rolling(window=steps_an_hour, min_periods=1).mean().ewm(span=steps_an_hour, adjust=True).mean()
    profile = smooth.to_numpy(np.float64)
    profile.setflags(write=False)
    return profile


def year_index(start: dt.datetime, n_steps: int, rows: int) -> Ints:
    """Rows of a one-year quarter-hourly table from `start`'s month, day and hour; the year wraps around.

    29 February, which the tables lack (EV2Gym fails on it), takes 28 February.
    """
    day = 28 if (start.month, start.day) == (2, 29) else start.day
    first = dt.datetime(2022, start.month, day, start.hour) - dt.datetime(2022, 1, 1)
    return (int(first.total_seconds()) // (60 * STEP_MINUTES) + np.arange(n_steps)) % rows
