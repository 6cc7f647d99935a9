"""Random scenarios over all slider ranges, split by date and seed into train, validation and test.

Fields are drawn one after another: those of the plain sidebar over their whole ranges, those under "advanced" from
their whole ranges with probability `ADVANCED`, else at their defaults. Sizes and rates that span decades are drawn
evenly in their logarithm. A transformer's limit is drawn per station that it serves, since a limit drawn for itself
would be out of reach or out of proportion nearly always.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import numpy as np

from core.errors import ScenarioError
from core.scenario import WEIGHT_FIELDS, Scenario
from core.tariffs import PROVIDER_TARIFFS, RETAIL_TARIFFS

Split = Literal["train", "validation", "test"]

ADVANCED = 0.2
"""Chance that a field under "advanced" leaves its default."""

FIRST_DATE = dt.date(2015, 1, 2)
LAST_DATE = dt.date(2025, 1, 4)
"""Dates whose longest run lies within the day-ahead prices whatever the start hour."""

WEEKS = 10
"""Of so many weeks in turn, one is for validation and one for test: neighbouring days have like prices."""

WEIGHT_PRESETS: dict[str, tuple[float, float, float]] = {
    "balanced": (1.0, 1.0, 1.0),
    "drivers": (1.0, 0.25, 0.25),
    "provider": (0.25, 1.0, 0.25),
    "grid": (0.25, 0.25, 1.0),
}
"""(w_user, w_provider, w_grid) of named corners."""

HELD_OUT_RETAIL = ("day_ahead", "kepco_self_use_low", "kepco_self_use_high", "flat")
HELD_OUT_PROVIDER = (
    "day_ahead", "day_ahead", "flat", "kepco_service_1", "kepco_service_2", "kepco_service_3", "kepco_service_4",
    "kepco_service_high_1", "kepco_service_high_2", "kepco_service_high_3", "kepco_service_high_4",
)  # fmt: skip
"""Tariffs of validation and test scenarios, each as often as it stands here.

Results on held-out scenarios are committed, so these stay what they are when tariffs are added; training draws all
there are. Who measures everything anew may bring them up to date. So with fields: one that comes later is drawn after
all others, and for training only.
"""

SEEDS: dict[Split, tuple[int, int]] = {
    "train": (0, 600_000),
    "validation": (600_000, 800_000),
    "test": (800_000, 1_000_000),
}
"""Seeds of each split, from the first to before the second."""


def split_of(date: dt.date) -> Split:
    """The split that a date belongs to, by its week."""
    week = (date - dt.date(2015, 1, 5)).days // 7 % WEEKS
    return "validation" if week == WEEKS - 2 else "test" if week == WEEKS - 1 else "train"


def draw_scenarios(n: int, split: Split, seed: int) -> list[Scenario]:
    """`n` random scenarios of one split; the first ones do not depend on `n`."""
    return [draw_scenario(np.random.default_rng([seed, i]), split) for i in range(n)]


def draw_scenario(stream: np.random.Generator, split: Split, **fixed: Any) -> Scenario:
    """One random scenario.

    Parameters
    ----------
    stream : Generator
    split : {"train", "validation", "test"}
    **fixed
        Fields that are set instead of drawn.
    """

    def uniform(low: float, high: float, step: float) -> float:
        return round(low + step * int(stream.integers(0, round((high - low) / step) + 1)), 6)

    def log_uniform(low: float, high: float) -> float:
        return float(np.exp(stream.uniform(np.log(low), np.log(high))))

    def choice(*values: Any) -> Any:
        return values[int(stream.integers(len(values)))]

    def tariffs(held_out: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
        return (*held_out, *(name for name in known if name not in held_out)) if split == "train" else held_out

    while True:
        date = FIRST_DATE + dt.timedelta(days=int(stream.integers((LAST_DATE - FIRST_DATE).days + 1)))
        if split_of(date) == split:
            break
    stations = max(1, round(log_uniform(0.6, 200)))
    transformers = min(stations, round(log_uniform(0.6, 10.4)) or 1)
    ports = choice(1, 1, 1, 2, 3, 4)
    served = stations / transformers
    cars = choice("mixed", "mixed", "uniform")
    fields: dict[str, Any] = {
        "date": date,
        "seed": int(stream.integers(*SEEDS[split])),
        "start_hour": int(stream.integers(0, 24)),
        "length_h": float(stream.integers(12, 49)),
        "stations": stations,
        "ports_per_station": ports,
        "transformers": transformers,
        "transformer_limit_kw": float(np.clip(round(served * log_uniform(1.5, 25), -1), 10, 2000)),
        "v2g": bool(stream.random() < 0.85),
        "load_share": choice(0.0, uniform(0, 1.5, 0.1)),
        "pv_share": choice(0.0, uniform(0, 3, 0.1)),
        "dr_events": choice(0, int(stream.integers(0, 4))),
        "dr_depth_percent": uniform(0, 100, 5),
        "dr_length_min": int(uniform(15, 360, 15)),
        "dr_start_hour": float(stream.integers(0, 24)),
        "place": choice("workplace", "public", "private"),
        "intensity": round(log_uniform(0.5, 100), 1),
        "cars": cars,
        "car_capacity_kwh": uniform(15, 150, 5),
        "car_charge_kw": uniform(2, 50, 1),
        "car_discharge_kw": uniform(0, 50, 1),
        "wanted_soc": choice(1.0, uniform(0.5, 1, 0.05)),
        "retail": choice(*tariffs(HELD_OUT_RETAIL, RETAIL_TARIFFS)),
        "retail_markup_eur_per_kwh": choice(0.0, uniform(0, 0.5, 0.01)),
        "retail_flat_eur_per_kwh": uniform(0, 2, 0.01) if stream.random() < 0.25 else uniform(0.1, 0.5, 0.01),
        "v2g_price_factor": uniform(0, 2, 0.05),
        "provider": choice(*tariffs(HELD_OUT_PROVIDER, PROVIDER_TARIFFS)),
        "provider_flat_eur_per_kwh": uniform(0, 2, 0.01) if stream.random() < 0.25 else uniform(0.05, 0.3, 0.01),
    }
    if stream.random() < 0.5:
        weights = choice(*WEIGHT_PRESETS.values())
    else:
        weights = tuple(uniform(0, 1, 0.05) for _ in range(3))
        if sum(weights) == 0:
            weights = (0.0, 0.0, 1.0)
    fields |= dict(zip(WEIGHT_FIELDS, weights, strict=True))
    capacity = fields["car_capacity_kwh"] if cars == "uniform" else 46.3
    # Every number is drawn whether it is used or not, so that what follows does not depend on it.
    advanced: dict[str, Any] = {
        "dr_notice_min": int(uniform(0, 720, 15)),
        "charger_current_a": uniform(6, 100, 1),
        "charger_voltage_v": uniform(100, 1000, 10),
        "charger_phases": int(stream.integers(1, 4)),
        "setpoint": True,
        "min_energy_kwh": uniform(0, 70, 1),
        "min_stay_min": int(uniform(15, 720, 15)),
        "surcharges": True,
        "krw_per_eur": uniform(500, 3000, 10),
        "unmet_price_eur_per_kwh": uniform(0, 10, 0.1),
        "wear_price_eur_per_kwh": uniform(0, 1, 0.01),
        "overload_price_eur_per_kwh": uniform(0, 10, 0.1),
        "deviation_price_eur_per_kwh": uniform(0, 10, 0.05),
        "peak_price_eur_per_kw": uniform(0, 5, 0.01),
        "setpoint_flexibility_percent": uniform(0, 200, 10),
    }
    fields |= {name: value for name, value in advanced.items() if stream.random() < ADVANCED}
    if "min_stay_min" in fields:
        fields["min_stay_min"] = min(fields["min_stay_min"], int(60 * (fields["length_h"] - 2)))
    limit = np.nextafter(capacity / 2, 0)
    fields["min_energy_kwh"] = min(fields.get("min_energy_kwh", 5.0), float(np.floor(limit)))
    return Scenario(**(fields | fixed))


NOT_DRAWN = ("currency", "krw_per_eur", "price_forecast", "forecast_error_percent")
"""Fields that keep their default in `draw_corner`: how money is shown, and what only agents notice, not the bound."""


def draw_corner(stream: np.random.Generator, *, most_stations: int = 30) -> Scenario:
    """One scenario with many fields at an end of their range: where whatever holds in the middle breaks first.

    Half of the fields keep their default; of the others a third each is at its least, its most, or anywhere between.
    Sites have at most `most_stations` stations, so that thousands can be run.
    """
    rows = [row for row in Scenario.fields() if row["name"] not in NOT_DRAWN]
    while True:
        fields: dict[str, Any] = {}
        for row in rows:
            if stream.random() < 0.5:
                continue
            if row["choices"] is not None:
                fields[row["name"]] = row["choices"][int(stream.integers(len(row["choices"])))]
            elif row["type"] == "boolean":
                fields[row["name"]] = bool(stream.integers(2))
            elif row["type"] == "date":
                days = (row["maximum"] - row["minimum"]).days
                fields[row["name"]] = row["minimum"] + dt.timedelta(days=int(stream.integers(days + 1)))
            else:
                low, high = row["minimum"], row["maximum"]
                if row["name"] == "stations":
                    high = most_stations
                value = (low, high, low + (high - low) * stream.random())[int(stream.integers(3))]
                multiple = row["multiple_of"]
                value = round(value / multiple) * multiple if multiple else value
                fields[row["name"]] = round(value) if row["type"] == "integer" else round(float(value), 3)
        try:
            return Scenario.parse(fields)
        except ScenarioError:  # some fields rule each other out
            continue


def scenario_on(scenario: Scenario, split: Split, stream: np.random.Generator) -> Scenario:
    """`scenario` on a random date of a split, with one of that split's seeds; workplaces on working days."""
    while True:
        date = FIRST_DATE + dt.timedelta(days=int(stream.integers((LAST_DATE - FIRST_DATE).days + 1)))
        if split_of(date) != split or (scenario.place == "workplace" and date.weekday() > 4):
            continue
        try:
            return scenario.replace(date=date, seed=int(stream.integers(*SEEDS[split])))
        except ScenarioError:  # a tariff that has no prices for that date
            continue


def draw_days(scenario: Scenario, n: int, split: Split, seed: int) -> list[Scenario]:
    """`scenario` on `n` random dates with random seeds of a split; see `scenario_on`."""
    stream = np.random.default_rng([seed, 50])
    return [scenario_on(scenario, split, stream) for _ in range(n)]
