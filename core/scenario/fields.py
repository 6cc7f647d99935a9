"""Everything a user can set, as one frozen object.

A `Scenario` is the only input of a run: equal scenarios give equal results on any machine. Each field carries its
unit, range, default, group and one-line meaning; the sidebar, the help texts, the command line's `--fields` table and
the validation all read them from here, so that a field is added or changed in this file alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from core import tariffs
from core.data_in.carried import Carried, DataValueError
from core.data_in.own import OwnPrices, OwnSite
from core.data_in.sessions import NOTICES as CARS_NOTICES
from core.data_in.sessions import OwnSessions
from core.data_in.words import DataError, OwnDataError
from core.errors import CombinationError, ScenarioError, quoted
from core.tariffs import (
    BY_DATE,
    KINDS,
    PERFECT,
    PRICE_FORECASTS,
    PROVIDER_TARIFFS,
    RETAIL_TARIFFS,
    TARIFF_VERSIONS,
    forecast,
)

SCHEMA_VERSION = 1
"""Version that links and files carry; raised whenever a default or a meaning changes."""

MOST_BYTES = 1_000_000
"""Of a scenario file, which is a few kilobytes, or some hundred with a visitor's own data; anything much larger is not
one, and is not parsed."""

STEP_MINUTES = 15
"""Length of a step. Fixed: EV2Gym's arrival rates depend on it (see docs/engines.md)."""

STEP_HOURS = STEP_MINUTES / 60.0

Place = Literal["workplace", "public", "private"]
Cars = Literal["mixed", "uniform"]
if TYPE_CHECKING:
    from core.scenario.ev2gym_file import FromFile

    Retail: TypeAlias = str
    Provider: TypeAlias = str
    TariffVersion: TypeAlias = str
    PriceForecast: TypeAlias = str
else:  # whatever kinds of tariffs there are
    Retail = Literal[RETAIL_TARIFFS]
    Provider = Literal[PROVIDER_TARIFFS]
    TariffVersion = Literal[TARIFF_VERSIONS]
    PriceForecast = Literal[PRICE_FORECASTS]
Currency = Literal["EUR", "KRW"]

LAST_DATE = dt.date(2025, 1, 6)
"""Last date of the data that ship; a visitor's own prices may go on."""

GROUPS = ("site", "calendar", "arrivals", "tariff", "weights")
"""Groups of fields, in the order in which the sidebar shows them."""

SMALLEST_MIXED_BATTERY_KWH = 46.3
"""Smallest battery in EV2Gym's V2G-enabled list of 2024 (Peugeot 208)."""

WEIGHT_FIELDS = ("w_user", "w_provider", "w_grid")
"""Whom a scenario weighs: drivers, provider, grid."""

_PARTIES = ("retail", "provider")
"""Fields that hold a tariff."""
_VERSIONED = tariffs.tariffs_of([kind for kind in KINDS if kind.versions])
_UNCERTAIN = tariffs.tariffs_of([kind for kind in KINDS if kind.expected])
_WITH_SURCHARGES = tariffs.tariffs_of([kind for kind in KINDS if kind.has_surcharges])


def _field(
    default: Any,
    group: str,
    unit: str,
    title: str,
    meaning: str,
    *,
    step: float | None = None,
    advanced: bool = False,
    shown_if: tuple[str | tuple[str, ...], Any] | None = None,
    widest: Any = None,
    **limits: Any,
) -> Any:
    """A pydantic field with the attributes that widgets and tables need; see `applies` for `shown_if`.

    `widest` is the largest value without a visitor's own data, where these allow more.
    """
    extra: dict[str, Any] = {
        "group": group, "unit": unit, "step": step, "advanced": advanced, "shown_if": shown_if, "widest": widest,
    }  # fmt: skip
    return Field(default=default, title=title, description=meaning, json_schema_extra=extra, **limits)


MOST_RUN_DATES = 3
"""Dates that a run of two days can touch."""

REPLACED = {
    "buy": ("retail", "retail_markup_eur_per_kwh", "retail_flat_eur_per_kwh"),
    "sell": ("v2g_price_factor",),
    "provider": ("provider", "provider_flat_eur_per_kwh"),
    "load": ("load_share",),
    "pv": ("pv_share",),
    # Of a file of few days agents may expect what the scenario would draw (`core.world.arrival_forecast`).
    "cars": ("place", "intensity", "min_stay_min"),
}
"""Fields that change nothing where a visitor brings a series in that role."""


def replaced_by(own: Mapping[str, Any]) -> frozenset[str]:
    """Fields that change nothing beside a visitor's own data, which are given by field, None where there are none."""
    roles = [role for name in ("own_prices", "own_site") if own[name] is not None for role in own[name].series]
    cars = own["own_sessions"]
    if cars is not None and len(cars.dates) > MOST_RUN_DATES:
        roles.append("cars")
    return frozenset(name for role in roles for name in REPLACED.get(role, ()))


def effective(name: str, value: Any, own: Mapping[str, Any]) -> Any:
    """A field's value as `applies` takes it: where own data stand in for it, 1 for load and solar power, else None."""
    if name not in replaced_by(own):
        return value
    return 1.0 if name in ("load_share", "pv_share") else None


def _carried(title: str, meaning: str) -> Any:
    """A field that holds a visitor's own data: no widget, no row in the table of fields; see `core.data_in.carried`."""
    return Field(default=None, title=title, description=meaning, json_schema_extra={"group": "own"})


def applies(row: Mapping[str, Any], value_of: Callable[[str], Any]) -> bool:
    """Whether a field, as a row of `Scenario.fields`, changes anything where other fields have the values given.

    Parameters
    ----------
    row : mapping
        Its ``shown_if`` is None, or names one field or several and what one of them must be: ``"positive"``, one of a
        tuple of values, or a value.
    value_of : callable
        Field's name to its value.
    """
    if row["shown_if"] is None:
        return True
    names, wanted = row["shown_if"]
    values = [value_of(name) for name in ((names,) if isinstance(names, str) else names)]
    if wanted == "positive":
        return any(value > 0 for value in values)
    return any(value in wanted if isinstance(wanted, tuple) else value == wanted for value in values)


class Scenario(BaseModel):
    """One charging site, one day, one tariff, one set of weights and one seed.

    See `fields()` for the table of all fields with unit, range, default and meaning.

    Raises
    ------
    pydantic.ValidationError
        When built directly with a value outside its range. `Scenario.parse`, `from_json` and `from_query` raise
        `core.errors.ScenarioError` instead: one sentence that names the field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # --- a visitor's own data (first: what a date may be depends on them) -------------------------------
    own_prices: OwnPrices | None = _carried(
        "Own prices", "What drivers pay and get, and what the provider pays, from a file or typed by the hour."
    )
    own_site: OwnSite | None = _carried(
        "Own load, solar power and limit", "The site's other load, its solar power and its limit, from files or typed."
    )

    own_sessions: OwnSessions | None = _carried(
        "Own cars", "Charging sessions of a file, in the place of those that would be drawn."
    )

    # --- site ------------------------------------------------------------------------------------------------------
    stations: int = _field(
        25, "site", "", "Charging stations", "Number of charging stations at the site.", ge=1, le=200
    )
    ports_per_station: int = _field(
        1, "site", "", "Ports per station",
        "Plugs at each station; they share the station's current.", ge=1, le=4,
    )  # fmt: skip
    transformers: int = _field(
        1, "site", "", "Transformers",
        "Stations are spread evenly over this many transformers, each with its own limit.", ge=1, le=10,
    )  # fmt: skip
    transformer_limit_kw: float = _field(
        100.0, "site", "kW", "Transformer limit",
        "Power each transformer can carry in either direction.", ge=10, le=2000, step=10,
    )  # fmt: skip
    v2g: bool = _field(True, "site", "", "Cars may discharge (V2G)", "Whether cars can give energy back to the grid.")
    load_share: float = _field(
        0.0, "site", "of limit", "Other load",
        "Peak of the site's other, inflexible load as a share of the transformer limit; 0 leaves it out.",
        ge=0, le=1.5, step=0.1,
    )  # fmt: skip
    pv_share: float = _field(
        0.0, "site", "of limit", "Solar power",
        "Solar capacity as a share of the transformer limit; 0 leaves it out.", ge=0, le=3, step=0.1,
    )  # fmt: skip
    dr_events: int = _field(
        0, "site", "per day", "Demand-response events",
        "How often a day the grid operator lowers the transformer limit for a while.", ge=0, le=3,
    )  # fmt: skip
    dr_depth_percent: float = _field(
        35.0, "site", "%", "Event depth", "Mean reduction of the limit during an event.",
        ge=0, le=100, step=5, shown_if=("dr_events", "positive"),
    )  # fmt: skip
    dr_length_min: int = _field(
        60, "site", "min", "Event length", "How long an event lasts.",
        ge=15, le=360, step=15, multiple_of=STEP_MINUTES, shown_if=("dr_events", "positive"),
    )  # fmt: skip
    dr_start_hour: float = _field(
        12.0, "site", "o'clock", "Event hour",
        "Mean hour of the day at which events begin (they vary by about two hours).",
        ge=0, le=23, step=1, shown_if=("dr_events", "positive"),
    )  # fmt: skip
    dr_notice_min: int = _field(
        60, "site", "min", "Event notice", "How long before it begins an agent learns of an event.",
        ge=0, le=720, step=15, multiple_of=STEP_MINUTES, shown_if=("dr_events", "positive"), advanced=True,
    )  # fmt: skip
    charger_current_a: float = _field(
        32.0, "site", "A", "Charger current", "Largest current of a station, charging and discharging alike.",
        ge=6, le=100, step=1, advanced=True,
    )  # fmt: skip
    charger_voltage_v: float = _field(
        400.0, "site", "V", "Charger voltage", "Line-to-line voltage; power is current x voltage x root of phases.",
        ge=100, le=1000, step=10, advanced=True,
    )  # fmt: skip
    charger_phases: int = _field(
        3, "site", "", "Charger phases",
        "Number of phases in EV2Gym's formula, current x voltage x root of phases. It is right for three phases at the"
        " line-to-line voltage and for one at the voltage to neutral; two real phases give less: at 16 A"
        " 7.36 kW (230 V to neutral) where the formula gives 9.05 kW (400 V).",
        ge=1, le=3, advanced=True,
    )  # fmt: skip
    setpoint: bool = _field(
        False, "site", "", "Power set-point",
        "Whether the site should follow EV2Gym's random power set-point; deviations then cost the grid.",
        advanced=True,
    )  # fmt: skip
    setpoint_flexibility_percent: float = _field(
        80.0, "site", "%", "Set-point slack",
        "How much more energy than the cars need the set-point offers; higher is easier to follow.",
        ge=0, le=200, step=10, advanced=True, shown_if=("setpoint", True),
    )  # fmt: skip

    # --- calendar --------------------------------------------------------------------------------------------------
    date: dt.date = _field(
        dt.date(2022, 1, 17), "calendar", "", "Date", "Local date on which the run begins.",
        ge=dt.date(2015, 1, 1), le=dt.date(2039, 12, 31), widest=LAST_DATE,
    )  # fmt: skip
    start_hour: int = _field(5, "calendar", "o'clock", "Start hour", "Local hour at which the run begins.", ge=0, le=23)
    length_h: float = _field(
        28.0, "calendar", "h", "Length", "How long the run lasts, in steps of 15 minutes.",
        ge=12, le=48, step=1, multiple_of=STEP_HOURS,
    )  # fmt: skip
    seed: int = _field(
        31, "calendar", "", "Seed", "Number that fixes everything random: same seed, same cars.", ge=0, le=999_999
    )

    # --- arrivals --------------------------------------------------------------------------------------------------
    place: Place = _field(
        "workplace", "arrivals", "", "Place",
        "Whose arrival times, stays and energy needs are drawn: workplace, public or private (home) charging.",
    )  # fmt: skip
    intensity: float = _field(
        5.0, "arrivals", "x", "Cars: arrival intensity",
        "How many cars come: EV2Gym's spawn multiplier, times the measured arrival rate; a free port fills the sooner.",
        ge=0.5, le=100, step=0.5,
    )  # fmt: skip
    cars: Cars = _field(
        "mixed", "arrivals", "", "Cars",
        "EV2Gym's list of V2G-capable cars of 2024, drawn by registrations, or one uniform car.",
    )  # fmt: skip
    car_capacity_kwh: float = _field(
        50.0, "arrivals", "kWh", "Battery", "Battery capacity of the uniform car.",
        # A multiple of 0.01 kWh, exactly: EV2Gym's rounding up would fill any other battery beyond its capacity.
        ge=15, le=150, step=5, multiple_of=0.5, shown_if=("cars", "uniform"),
    )  # fmt: skip
    car_charge_kw: float = _field(
        11.0, "arrivals", "kW", "Car's charging power", "AC charging power of the uniform car.",
        ge=2, le=50, step=1, shown_if=("cars", "uniform"),
    )  # fmt: skip
    car_discharge_kw: float = _field(
        11.0, "arrivals", "kW", "Car's discharging power", "AC discharging power of the uniform car.",
        ge=0, le=50, step=1, shown_if=("cars", "uniform"),
    )  # fmt: skip
    min_energy_kwh: float = _field(
        5.0, "arrivals", "kWh", "Minimum energy", "Discharging stops at this energy in the battery.",
        ge=0, le=70, step=1, advanced=True,
    )  # fmt: skip
    wanted_soc: float = _field(
        1.0, "arrivals", "SoC", "Wanted at departure", "State of charge every driver wants when leaving.",
        ge=0.5, le=1, step=0.05,
    )  # fmt: skip
    min_stay_min: int = _field(
        180, "arrivals", "min", "Minimum stay", "No car stays shorter than this.",
        ge=15, le=720, step=15, multiple_of=STEP_MINUTES, advanced=True,
    )  # fmt: skip

    # --- tariff ----------------------------------------------------------------------------------------------------
    retail: Retail = _field(
        "day_ahead", "tariff", "", "Drivers pay",
        "What drivers pay: Dutch day-ahead prices plus a markup, a KEPCO self-use tariff, or a flat price.",
    )  # fmt: skip
    retail_markup_eur_per_kwh: float = _field(
        0.0, "tariff", "EUR/kWh", "Markup", "Added to the day-ahead price that drivers pay.",
        ge=0, le=0.5, step=0.01, shown_if=("retail", "day_ahead"),
    )  # fmt: skip
    retail_flat_eur_per_kwh: float = _field(
        0.30, "tariff", "EUR/kWh", "Flat price", "What drivers pay when the price is flat.",
        ge=0, le=2, step=0.01, shown_if=("retail", "flat"),
    )  # fmt: skip
    v2g_price_factor: float = _field(
        1.0, "tariff", "x", "V2G price",
        "What drivers get for discharging, as a multiple of the price they pay at that hour.", ge=0, le=2, step=0.05,
    )  # fmt: skip
    provider: Provider = _field(
        "day_ahead", "tariff", "", "Provider pays",
        "What the charging-service provider pays for energy: day-ahead, a KEPCO service-provider option, or flat.",
    )  # fmt: skip
    provider_flat_eur_per_kwh: float = _field(
        0.15, "tariff", "EUR/kWh", "Provider's flat price", "What the provider pays when its price is flat.",
        ge=0, le=2, step=0.01, shown_if=("provider", "flat"),
    )  # fmt: skip
    tariff_version: TariffVersion = _field(
        BY_DATE, "tariff", "", "KEPCO tariff of",
        "Which of its tariffs KEPCO charges by, hours and surcharges included: the one in force on the day, or the one"
        " in force from another date on; cars, weather and all other prices stay those of the day.",
        shown_if=(_PARTIES, _VERSIONED),
    )  # fmt: skip
    surcharges: bool = _field(
        False, "tariff", "", "KEPCO surcharges",
        "Adds climate and fuel charges, value-added tax and the power-industry fund, as of the tariff's date, to"
        " KEPCO's energy rates.",
        advanced=True, shown_if=(_PARTIES, _WITH_SURCHARGES),
    )  # fmt: skip
    currency: Currency = _field("EUR", "tariff", "", "Currency shown", "Currency in which the pages show money.")
    krw_per_eur: float = _field(
        1400.0, "tariff", "KRW/EUR", "Exchange rate", "Won for one euro; converts KEPCO's rates and the money shown.",
        ge=500, le=3000, step=10, advanced=True,
    )  # fmt: skip

    # --- weights ---------------------------------------------------------------------------------------------------
    w_user: float = _field(
        1.0, "weights", "", "Drivers", "How much the drivers' profit counts in the objective.", ge=0, le=1, step=0.05
    )
    w_provider: float = _field(
        1.0, "weights", "", "Provider", "How much the provider's margin counts in the objective.", ge=0, le=1, step=0.05
    )
    w_grid: float = _field(
        1.0, "weights", "", "Grid", "How much overload and deviation count in the objective.", ge=0, le=1, step=0.05
    )
    unmet_price_eur_per_kwh: float = _field(
        2.0, "weights", "EUR/kWh", "Price of unmet energy",
        "What each kWh that is missing at departure costs its driver.", ge=0, le=10, step=0.1, advanced=True,
    )  # fmt: skip
    wear_price_eur_per_kwh: float = _field(
        0.05, "weights", "EUR/kWh", "Price of battery wear",
        "What each discharged kWh costs the driver in battery life.", ge=0, le=1, step=0.01, advanced=True,
    )  # fmt: skip
    overload_price_eur_per_kwh: float = _field(
        1.0, "weights", "EUR/kWh", "Price of overload",
        "What each kWh beyond a transformer's limit costs the grid.", ge=0, le=10, step=0.1, advanced=True,
    )  # fmt: skip
    deviation_price_eur_per_kwh: float = _field(
        0.1, "weights", "EUR/kWh", "Price of deviation",
        "What each kWh away from the power set-point costs the grid, where one is set.",
        ge=0, le=10, step=0.05, advanced=True,
    )  # fmt: skip
    peak_price_eur_per_kw: float = _field(
        0.0, "weights", "EUR/kW/day", "Price of the peak",
        "What each kW of the day's highest charging power costs the provider, on top of a tariff's demand charge.",
        ge=0, le=5, step=0.01, advanced=True,
    )  # fmt: skip

    # --- what agents know of what is to come -------------------------------------------------------------------------
    price_forecast: PriceForecast = _field(
        PERFECT, "tariff", "", "Prices known ahead",
        "What agents know of day-ahead prices to come: all of them, or a forecast made at noon of the day before; money"
        " is counted at true prices in any case, and the best plan and the bound know them.",
        shown_if=(_PARTIES, _UNCERTAIN),
    )  # fmt: skip
    forecast_error_percent: float = _field(
        5.0, "site", "%", "Forecast error",
        "Spread of the forecasts of other load and solar power that agents see, relative to what comes.",
        ge=0, le=50, step=1, shown_if=(("load_share", "pv_share"), "positive"),
    )  # fmt: skip

    # --- rules over several fields ---------------------------------------------------------------------------------
    @field_validator("date", mode="before")
    @classmethod
    def _plain_date(cls, value: object) -> object:
        # pydantic reads numbers as Unix times; a date from a link or a file is a date or ISO text, nothing else.
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date | str):
            raise ValueError("must be a date such as 2022-01-17")
        return value

    @field_validator("date")
    @classmethod
    def _date_of_data(cls, value: dt.date, info: ValidationInfo) -> dt.date:
        if value > LAST_DATE and not any(info.data.get(name) for name in cls.carried_fields()):
            raise ValueError("must not be later than the data that ship")
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_numbers(cls, value: object, info: ValidationInfo) -> object:
        # pydantic reads true as 1.
        field = cls.model_fields[str(info.field_name)]
        if isinstance(value, bool) and field.annotation is not bool:
            raise ValueError("must not be true or false")
        return value

    @field_validator("*")
    @classmethod
    def _no_negative_zero(cls, value: object) -> object:
        # -0.0 equals 0.0 but reads otherwise: equal scenarios must have equal keys.
        return value + 0.0 if isinstance(value, float) else value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.transformers > self.stations:
            raise ValueError(f"transformers: at most one per station, so at most {self.stations} here")
        smallest = self.car_capacity_kwh if self.cars == "uniform" else SMALLEST_MIXED_BATTERY_KWH
        if self.min_energy_kwh >= smallest / 2:
            raise ValueError(
                f"min_energy_kwh: must be below half of the smallest battery, {smallest / 2:g} kWh here"
                " (EV2Gym would fill emptier cars for free)"
            )
        if self.min_stay_min / 60 > self.length_h - 2:
            raise ValueError(f"min_stay_min: at most {60 * (self.length_h - 2):g} here, two hours less than the run")
        if self.w_user + self.w_provider + self.w_grid <= 0:
            raise ValueError("w_user: at least one of w_user, w_provider and w_grid must be above 0")
        for name, data in self.carried.items():
            try:
                data.check(self.times_local)
            except DataError as error:
                raise _NotForThisRunError(name, error) from None
        try:
            for kind in self.tariff_kinds:
                if kind.check:
                    kind.check(self.times_local[0], self.times_local[-1])
            if self.decides_on_forecast:
                forecast.row_of(self.date)
        except ScenarioError as error:
            raise ValueError(f"{error.field}: {error.message}") from None
        return self

    @model_serializer(mode="wrap")
    def _compact(self, dump: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        # As text: own data last, and only where there are any.
        out: dict[str, Any] = dump(self)
        if info.mode_is_json():
            for name in self.carried_fields():
                value = out.pop(name, None)
                if value is not None:
                    out[name] = value
        return out

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """As pydantic's, but own data stay the objects that they are, unless text is asked for with ``mode="json"``."""
        out = super().model_dump(**options)
        if options.get("mode", "python") == "python":
            # pydantic takes objects made of fields apart, whatever serializer they have.
            out |= {name: getattr(self, name) for name in _CARRIED if name in out}
        return out

    # --- derived ---------------------------------------------------------------------------------------------------
    @property
    def n_steps(self) -> int:
        """Number of 15-minute steps."""
        return round(self.length_h / STEP_HOURS)

    @property
    def n_ports(self) -> int:
        """Number of ports at the whole site."""
        return self.stations * self.ports_per_station

    @property
    def start(self) -> dt.datetime:
        """Local time at which the first step begins."""
        return dt.datetime.combine(self.date, dt.time(self.start_hour))

    @property
    def times_local(self) -> np.ndarray[Any, np.dtype[np.datetime64]]:
        """Local wall-clock time at which each step begins, [steps], datetime64[m].

        This is EV2Gym's clock: it never jumps, also where daylight saving time begins or ends.
        """
        return np.datetime64(self.start, "m") + np.arange(self.n_steps) * np.timedelta64(STEP_MINUTES, "m")

    @property
    def notices(self) -> tuple[tariffs.Notice, ...]:
        """What must be said beside any result of this scenario; empty where cars are drawn and prices are those of its
        days, and known."""
        own_cars: tuple[tariffs.Notice, ...] = ()
        if self.own_sessions is not None:
            key, values = self.own_sessions.notice(self.times_local)
            own_cars = (tariffs.Notice(f"own_cars.{key}", CARS_NOTICES[key], tuple(values.items())),)
        return own_cars + tariffs.notices(
            retail=self.retail,
            provider=self.provider,
            surcharges=self.surcharges,
            times_local=self.times_local[[0, -1]],
            tariff_version=self.tariff_version,
            price_forecast=self.price_forecast,
            own_prices=self.own_prices,
        )

    @property
    def decides_on_forecast(self) -> bool:
        """Whether agents decide on prices that are not sure: a forecast is set, and a tariff has prices to forecast."""
        return self.price_forecast != PERFECT and not self.prices_are_known

    @property
    def prices_are_known(self) -> bool:
        """Whether all prices are known ahead, so that no forecast of prices changes anything."""
        return all(kind.expected is None for kind in self.tariff_kinds)

    @classmethod
    def carried_fields(cls) -> tuple[str, ...]:
        """Names of the fields that hold a visitor's own data."""
        return _CARRIED

    @property
    def carried(self) -> dict[str, Carried]:
        """A visitor's own data, by field; empty where there are none."""
        return {name: value for name in _CARRIED if (value := getattr(self, name)) is not None}

    @property
    def own_dates(self) -> tuple[dt.date, ...]:
        """Local dates that all own data with dates are for, in order; empty where none has dates."""
        dated = [set(data.dates) for data in self.carried.values() if data.dates]
        return tuple(sorted(set.intersection(*dated))) if dated else ()

    @property
    def own_parties(self) -> frozenset[str]:
        """Whose prices are the visitor's own: some of `core.data_in.own.PARTIES`."""
        return frozenset(self.own_prices.series) if self.own_prices else frozenset()

    @property
    def tariff_kinds(self) -> tuple[tariffs.Kind, ...]:
        """Kinds of the tariffs that are charged by, retail first; none for a party whose prices are the visitor's."""
        named = {"buy": self.retail, "provider": self.provider}
        return tuple(dict.fromkeys(tariffs.kind_of(name) for p, name in named.items() if p not in self.own_parties))

    @cached_property
    def key(self) -> str:
        """Stable name of this scenario: 16 hexadecimal digits, equal in every process."""
        return _digest(self._hashed())

    def _hashed(self) -> dict[str, Any]:
        """What keys are made of: plain fields, own data by their hash."""
        fields = self.model_dump(mode="json", exclude=set(_CARRIED))
        return fields | {name: data.hash for name, data in self.carried.items()}

    @cached_property
    def world_key(self) -> str:
        """Like `key`, but of those fields only that change the World: all except weights and the currency shown."""
        fields = self._hashed()
        for name, info in type(self).model_fields.items():
            if _extra(info)["group"] == "weights" or name == "currency":
                del fields[name]
        return _digest(fields)

    def replace(self, **changes: Any) -> Scenario:
        """A validated copy with some fields changed. Raises `ScenarioError`."""
        return Scenario.parse({**self.model_dump(), **changes})

    # --- borders ---------------------------------------------------------------------------------------------------
    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> Scenario:
        """Build from untrusted fields.

        Raises
        ------
        ScenarioError
            Names the first field that is wrong and what is allowed.
        """
        # First of all: pydantic refuses names that cannot be encoded in words of its own, and lists every other one.
        nobody_knows = next((name for name in fields if name not in cls.model_fields), None)
        if nobody_knows is not None:
            raise ScenarioError(quoted(nobody_knows), "there is no such field")
        try:
            return cls(**dict(fields))
        except ValidationError as error:
            raise _first_problem(error) from None

    def matters(self, row: Mapping[str, Any]) -> bool:
        """Whether a field, as a row of `fields`, changes anything in this scenario."""
        own = {name: getattr(self, name) for name in _CARRIED}
        replaced = replaced_by(own)
        return row["name"] not in replaced and applies(row, lambda name: effective(name, getattr(self, name), own))

    def to_json(self) -> str:
        """All fields and the schema version, as indented JSON."""
        return json.dumps({"schema_version": SCHEMA_VERSION, **self.model_dump(mode="json")}, indent=2)

    @classmethod
    def from_json(cls, text: str | bytes) -> Scenario:
        """Read what `to_json` wrote; fields that are left out take their defaults. Raises `ScenarioError`."""
        if len(text) > MOST_BYTES:
            raise ScenarioError("", f"the file is too large for a scenario; at most {MOST_BYTES} bytes are read")
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            raise ScenarioError("", "this is not a JSON file") from None
        if not isinstance(fields, dict):
            raise ScenarioError("", "the file must hold one JSON object with the scenario's fields")
        _check_version(fields.pop("schema_version", SCHEMA_VERSION))
        return cls.parse(fields)

    def to_ev2gym(self) -> str:
        """EV2Gym's own configuration file (YAML); comments in it say what EV2Gym cannot hold."""
        from core.scenario import ev2gym_file

        return ev2gym_file.write(self)

    @classmethod
    def from_ev2gym(cls, source: str | bytes | Path) -> FromFile:
        """Read EV2Gym's own configuration: the scenario, and what became of each key; see `ev2gym_file.read`."""
        from core.scenario import ev2gym_file

        return ev2gym_file.read(source)

    def to_query(self) -> dict[str, str]:
        """Fields that differ from their defaults, and the version, as URL query parameters."""
        query = {"v": str(SCHEMA_VERSION)}
        for name, info in type(self).model_fields.items():
            value = getattr(self, name)
            if value != info.default:
                query[name] = value.link if isinstance(value, Carried) else _as_text(value)
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Scenario:
        """Read URL query parameters; those that are not fields are left alone. Raises `ScenarioError`."""
        _check_version(query.get("v", SCHEMA_VERSION))
        return cls.parse({name: _from_text(query[name]) for name in cls.model_fields if name in query})

    @classmethod
    def fields(cls) -> list[dict[str, Any]]:
        """The table of all fields but a visitor's own data: name, group, type, unit, limits, choices and so on."""
        return [dict(row) for row in _table()]


@cache
def _table() -> tuple[dict[str, Any], ...]:
    """The rows of `Scenario.fields`, made once: pydantic writes its schema anew each time, which takes milliseconds."""
    schema = Scenario.model_json_schema()["properties"]
    rows = []
    for name, info in Scenario.model_fields.items():
        if name in _CARRIED:
            continue
        limits = {type(m).__name__: m for m in info.metadata}
        extra = _extra(info)
        rows.append(
            {
                "name": name,
                "group": extra["group"],
                "title": info.title,
                "type": schema[name].get("format", schema[name].get("type", "string")),
                "unit": extra["unit"],
                "minimum": limits["Ge"].ge if "Ge" in limits else None,
                "maximum": extra["widest"] or (limits["Le"].le if "Le" in limits else None),
                "multiple_of": limits["MultipleOf"].multiple_of if "MultipleOf" in limits else None,
                "choices": schema[name].get("enum"),
                "step": extra["step"],
                "default": info.default,
                "advanced": extra["advanced"],
                "shown_if": extra["shown_if"],
                "meaning": info.description,
            }
        )
    return tuple(rows)


_CARRIED = tuple(name for name, info in Scenario.model_fields.items() if info.json_schema_extra == {"group": "own"})


def _extra(info: Any) -> dict[str, Any]:
    extra = info.json_schema_extra
    assert isinstance(extra, dict)
    return extra


def _digest(fields: dict[str, Any]) -> str:
    text = json.dumps({"schema_version": SCHEMA_VERSION, **fields}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    # repr of a float is the shortest text that reads back as the same number.
    return repr(value) if isinstance(value, float) else str(value)


def _from_text(text: str) -> Any:
    return text.strip()


def _check_version(version: Any) -> None:
    if str(version) != str(SCHEMA_VERSION):
        raise ScenarioError(
            "schema_version",
            f"this scenario was made by version {quoted(version, 20)}; this app reads version {SCHEMA_VERSION}",
        )


class _NotForThisRunError(DataValueError):
    """Own data that do not serve a scenario, on their way through pydantic."""

    def __init__(self, field: str, problem: DataError) -> None:
        super().__init__(problem)
        self.field = field


def _first_problem(error: ValidationError) -> ScenarioError:
    """Turn pydantic's report into one sentence that names the field and what is allowed."""
    problem = error.errors(include_url=False)[0]
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, _NotForThisRunError):
        return OwnDataError(cause.field, cause.problem)
    field = ".".join(str(part) for part in problem["loc"])
    if not field:  # a rule over several fields: its sentence begins with the field's name
        field, _, sentence = problem["msg"].removeprefix("Value error, ").partition(": ")
        return CombinationError(field, sentence)
    if field in _CARRIED:
        if isinstance(cause, DataValueError):
            return OwnDataError(field, cause.problem)
        return ScenarioError(field, problem["msg"].removeprefix("Value error, "))
    row = next(row for row in Scenario.fields() if row["name"] == field)
    return ScenarioError(field, _allowed(row))


def _allowed(row: dict[str, Any]) -> str:
    unit = f" {row['unit']}" if row["unit"] else ""
    if row["choices"]:
        return "must be one of " + ", ".join(row["choices"])
    if row["type"] == "boolean":
        return "must be true or false"
    kind = {"integer": "a whole number", "number": "a number", "date": "a date (YYYY-MM-DD)"}[row["type"]]
    multiple = f" in steps of {row['multiple_of']:g}" if row["multiple_of"] else ""
    return f"must be {kind} from {row['minimum']} to {row['maximum']}{unit}{multiple}"


_BUSAN = Scenario(
    stations=20, charger_current_a=56, charger_voltage_v=230, load_share=0.8, pv_share=2.0,
    dr_events=1, dr_depth_percent=25, dr_start_hour=18, dr_notice_min=15,
    date=dt.date(2023, 10, 3), length_h=21.25, place="private", intensity=100,
    cars="uniform", car_capacity_kwh=50, car_charge_kw=22, car_discharge_kw=22, min_energy_kwh=10,
    retail="kepco_self_use_low", provider="kepco_service_1", v2g_price_factor=1.2, currency="KRW",
)  # fmt: skip

_STREET = Scenario(
    stations=16, ports_per_station=2, transformers=2, transformer_limit_kw=80, date=dt.date(2023, 7, 18),
    place="public", intensity=10, min_stay_min=60, wanted_soc=0.9,
)  # fmt: skip
_EVENING = Scenario(
    stations=20, place="private", intensity=40, date=dt.date(2022, 11, 29), start_hour=12, length_h=24, load_share=0.4,
    wanted_soc=0.9,
)  # fmt: skip

PRESETS: dict[str, Scenario] = {
    # Among the dearest days of the Dutch day-ahead table, and far from even: from 0.47 to 0.79 EUR/kWh.
    "crisis": _STREET.replace(date=dt.date(2022, 8, 30)),
    # V2GProfitMax with more cars and three fifths of its limit, half of which the building takes at its peak.
    "small-transformer": Scenario(transformer_limit_kw=60, load_share=0.5, intensity=8),
    # Twice the limit in panels, on a clear day on which prices are lowest at noon.
    "sunny": Scenario(
        stations=40, intensity=10, pv_share=2.0, load_share=0.1, date=dt.date(2023, 6, 13), length_h=16,
    ),
    # Homes in the evening; from 19:30 on, the transformer may carry less than half for two hours.
    "evening-event": _EVENING.replace(dr_events=1, dr_depth_percent=60, dr_length_min=120, dr_start_hour=19, seed=7),
    # Vans that come back in the afternoon: energy missing in the morning costs more than any price of energy.
    "fleet": Scenario(
        stations=30, transformer_limit_kw=80, place="private", intensity=60, cars="uniform", car_capacity_kwh=75,
        date=dt.date(2022, 3, 8), start_hour=12, length_h=24, unmet_price_eur_per_kwh=5,
    ),
    # EV2Gym 2.0.0, example_config_files/V2GProfitMax.yaml, on the fixed date that file names.
    "workplace": Scenario(),
    # EV2Gym 2.0.0, example_config_files/V2GProfitPlusLoads.yaml.
    "workplace-loads": Scenario(load_share=1.0, pv_share=1.0, dr_events=1),
    # The graduation project's site, homes in Busan with one event, from the afternoon of a working day in summer on:
    # cars come home at on-peak prices, which then differ most from those of the night, and leave after it.
    "busan": _BUSAN.replace(date=dt.date(2023, 8, 8), start_hour=16, length_h=24),
    # The day on which its week began, National Foundation Day: every hour is off-peak.
    "busan-original": _BUSAN,
    "street": _STREET.replace(retail="kepco_self_use_low", provider="kepco_service_2", currency="KRW"),
}  # fmt: skip
"""Ready-made scenarios by slug, each a story with a question; those that differ most stand first."""

DEFAULT_PRESET = "workplace"
"""The one that links and files fall back on, field by field."""
