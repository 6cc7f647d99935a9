"""KEPCO's time-of-use tariffs for charging electric vehicles, from ``data/kepco_ev_tariffs.json``.

The energy rate depends on the plan, on the season (by month) and on the period of the day (off-peak, mid-peak,
on-peak). Rates, the hours of each period, the discount for electric vehicles and the surcharges were revised now and
then; a *version* of the tariff is all of it as it stood from one such date to the next. A date has the version that
was in force on it; any version can be asked for on any date.

Times are read as the site's local wall clock, also where the site is not in Korea.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import DataFileError, ScenarioError, needed
from core.paths import DATA
from core.tariffs.source import Notice, Source, wall_clock_minutes

if TYPE_CHECKING:
    import pandas as pd

PERIODS: Final = ("off_peak", "mid_peak", "on_peak")
"""Periods of the day, cheapest first; their index is their code."""
SEASONS: Final = ("spring_fall", "summer", "winter")

_OFF, _MID, _ON = range(3)
_WORKDAY, _SATURDAY, _DAY_OFF = range(3)

# Plan id -> where the source keeps it: user group, voltage level and, for providers, the option.
_PLAN_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "self_use_low": ("self_use", "low_voltage"),
    "self_use_high": ("self_use", "high_voltage"),
    **{
        f"service_{level}_{number}": ("service_provider", f"{level}_voltage", option)
        for level in ("low", "high")
        for number, option in enumerate(("I", "II", "III", "IV"), start=1)
    },
}
PLANS: Final = tuple(_PLAN_PATHS)
"""Plan ids: ``self_use_*`` for who charges their own cars, ``service_*`` for charging-service providers."""

FIRST_YEAR: Final = 1948
LAST_YEAR: Final = 2100
"""Years for which the holidays package knows South Korea's public holidays."""


BY_DATE: Final = "by_date"
"""The version in force on each day."""


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """The source as read-only look-up arrays; the first axis of most is the version."""

    title: str
    note: str
    effective_from: NDArray[np.datetime64]  # [versions], ascending
    tariff_from: NDArray[np.datetime64]  # [versions]: since when rates, hours and discount are as in this version
    season: NDArray[np.int8]  # [12 months] -> index in SEASONS
    period: NDArray[np.int8]  # [versions, seasons, day types, 24 hours] -> index in PERIODS
    rate_krw_per_kwh: NDArray[np.float64]  # [versions, plans, seasons, periods]
    demand_krw_per_kw_month: NDArray[np.float64]  # [versions, plans]
    climate_krw_per_kwh: NDArray[np.float64]  # [versions]
    fuel_krw_per_kwh: NDArray[np.float64]  # [versions]
    vat_fraction: float
    fund_fraction: NDArray[np.float64]  # [versions]

    @property
    def per_kwh_krw(self) -> NDArray[np.float64]:
        """[versions]: climate charge and fuel adjustment."""
        return self.climate_krw_per_kwh + self.fuel_krw_per_kwh

    @property
    def tax_factor(self) -> NDArray[np.float64]:
        """[versions]: 1 + value-added tax + power-industry fund."""
        return 1.0 + self.vat_fraction + self.fund_fraction


@cache
def _tables() -> _Tables:
    with needed("data/kepco_ev_tariffs.json"):
        return _read(json.loads((DATA / "kepco_ev_tariffs.json").read_text(encoding="utf-8")))


def _read(data: dict[str, Any]) -> _Tables:
    season = np.full(12, -1, dtype=np.int8)
    for index, name in enumerate(SEASONS):
        season[np.array(data["seasons"][name]) - 1] = index
    if (season < 0).any():
        raise ValueError("it leaves a month without a season")

    extra = data["surcharges"]
    changes, discounts, hours = data["energy_changes"]["krw_per_kwh"], data["discounts"], data["hours"]
    charges = [extra[name] for name in ("climate_krw_per_kwh", "fuel_adjustment_krw_per_kwh", "power_fund_fraction")]
    tariff_dates = _dates(changes, discounts, hours)
    versions = _dates(changes, discounts, hours, *charges)
    if any(_dates(table)[0] != versions[0] for table in (changes, discounts, hours, *charges)):
        raise ValueError("it must know everything from the same first date")

    newest, charge = [], []
    for group, level, *option in _PLAN_PATHS.values():
        plan = data[group][level]
        charge.append(plan["demand"])
        for name in option:
            plan = plan[name]
        newest.append([[plan[season_name][period_name] for period_name in PERIODS] for season_name in SEASONS])
    # KEPCO's tables have one decimal; what later changes added is taken off again.
    later = [sum(row["change"] for row in changes if row["effective_from"] > day) for day in versions]
    rate = np.array([np.round(np.array(newest) - total, 1) if total else newest for total in later], dtype=np.float64)
    discount = [_in_force(discounts, day) for day in versions]
    rate *= np.array([1.0 - row["energy_fraction"] for row in discount])[:, None, None, None]
    demand = np.outer([1.0 - row["demand_fraction"] for row in discount], charge)

    windows = [_in_force(hours, day) for day in versions]
    climate, fuel, fund = (np.array([_in_force(table, day)["value"] for day in versions]) for table in charges)
    tables = _Tables(
        title=data["title"],
        note=data["note"],
        effective_from=np.array(versions, dtype="datetime64[D]"),
        tariff_from=np.array([max(d for d in tariff_dates if d <= day) for day in versions], dtype="datetime64[D]"),
        season=season,
        period=np.array([[_day_types(row[name]) for name in SEASONS] for row in windows], dtype=np.int8),
        rate_krw_per_kwh=rate,
        demand_krw_per_kw_month=demand,
        climate_krw_per_kwh=climate,
        fuel_krw_per_kwh=fuel,
        vat_fraction=float(extra["vat_fraction"]),
        fund_fraction=fund,
    )
    for name in tables.__slots__:
        if isinstance(array := getattr(tables, name), np.ndarray):
            array.setflags(write=False)
    return tables


def _dates(*tables: list[dict[str, Any]]) -> list[str]:
    """Every date on which one of the tables changes, in order."""
    return sorted({str(row["effective_from"]) for table in tables for row in table})


def _in_force(table: list[dict[str, Any]], day: str) -> dict[str, Any]:
    """The row of a table that is in force on a day, an ISO date."""
    return max((row for row in table if row["effective_from"] <= day), key=lambda row: str(row["effective_from"]))


@cache
def versions() -> tuple[str, ...]:
    """Dates from which the tariff was as it stood until the next of them, as ISO text, oldest first.

    None where the file is damaged: prices that are asked for then say so, and all that needs none goes on.
    """
    try:
        tables = _tables()
    except DataFileError:
        return ()
    return tuple(str(day) for day in tables.effective_from)


def _day_types(windows: dict[str, Any]) -> NDArray[np.int8]:
    """Period codes [day types, 24] of one season, from the hour windows of a working day."""
    workday = np.full(24, -1, dtype=np.int8)
    for code, name in enumerate(PERIODS):
        for begin, end in windows[name]:
            if (workday[begin:end] >= 0).any():
                raise ValueError("it puts an hour into two periods")
            workday[begin:end] = code
    if (workday < 0).any():
        raise ValueError("it leaves an hour without a period")
    saturday = np.where(workday == _ON, np.int8(_MID), workday)
    return np.stack([workday, saturday, np.full_like(workday, _OFF)])


@cache
def _public_holidays(year: int) -> NDArray[np.bool_]:
    """Whether each day of a year is a public holiday in South Korea, substitute holidays included; [365 or 366]."""
    import holidays  # costs a tenth of a second, which other tariffs need not pay

    first = np.datetime64(f"{year}-01-01", "D")
    mask = np.zeros((np.datetime64(f"{year + 1}-01-01", "D") - first).astype(int), dtype=np.bool_)
    for day in holidays.country_holidays("KR", years=year):
        mask[(np.datetime64(day, "D") - first).astype(int)] = True
    mask.setflags(write=False)
    return mask


def _day_type(days: NDArray[np.datetime64]) -> NDArray[np.int8]:
    """Day type of each date: working day, Saturday, or Sunday and public holiday."""
    result = np.full(days.shape, _WORKDAY, dtype=np.int8)
    if not days.size:
        return result
    first_year, last_year = (1970 + int(day.astype("datetime64[Y]").astype(int)) for day in (days.min(), days.max()))
    if first_year < FIRST_YEAR or last_year > LAST_YEAR:
        raise ScenarioError("date", f"Korean public holidays are known for the years {FIRST_YEAR} to {LAST_YEAR}.")
    weekday = (days.astype(np.int64) + 3) % 7  # Monday is 0; day 0, 1970-01-01, was a Thursday
    holiday = np.concatenate([_public_holidays(year) for year in range(first_year, last_year + 1)])
    day_of_mask = (days - np.datetime64(f"{first_year}-01-01", "D")).astype(np.int64)
    result[weekday == 5] = _SATURDAY
    result[(weekday == 6) | holiday[day_of_mask]] = _DAY_OFF
    return result


def _version_on(day: date) -> int:
    """Index of the version in force on a date; -1 before the first one known."""
    return bisect_right(versions(), day.isoformat()) - 1


def _asked_for(version: str) -> int | None:
    """Index of the version asked for; None where each day has its own. Raises `ScenarioError`."""
    if version == BY_DATE:
        return None
    if version not in versions():
        allowed = ", ".join((BY_DATE, *versions()))
        raise ScenarioError("tariff_version", f"{version!r} is no version of KEPCO's tariff; there are {allowed}.")
    return versions().index(version)


def _look_up(
    times_local: NDArray[np.datetime64], version: str
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int8]]:
    """Version used, index in `SEASONS` and index in `PERIODS` for each time."""
    tables = _tables()
    times = wall_clock_minutes(times_local)
    days = times.astype("datetime64[D]")
    hour = (times - days).astype(np.int64) // 60
    season = tables.season[times.astype("datetime64[M]").astype(np.int64) % 12]
    # The first version stands in where none is known.
    used = np.maximum(np.searchsorted(tables.effective_from, days, side="right") - 1, 0)
    if (asked := _asked_for(version)) is not None:
        used = np.full(days.shape, asked)
    return used, season, tables.period[used, season, _day_type(days), hour]


def period(times_local: NDArray[np.datetime64], version: str = BY_DATE) -> NDArray[np.str_]:
    """Return the period of the day that each time falls in.

    Parameters
    ----------
    times_local : numpy.ndarray of datetime64
        Naive local times, any shape.
    version : str
        One of `versions`, or `BY_DATE`.

    Returns
    -------
    numpy.ndarray of str
        ``off_peak``, ``mid_peak`` or ``on_peak``, same shape.

    Raises
    ------
    ScenarioError
        If a year lies outside `FIRST_YEAR` to `LAST_YEAR`, a value is not a time, or there is no such version.

    Notes
    -----
    On Saturdays on-peak hours count as mid-peak; on Sundays and public holidays every hour is off-peak. For dates
    before the first version, the first version is used.
    """
    return np.array(PERIODS)[period_code(times_local, version)]


def period_code(times_local: NDArray[np.datetime64], version: str = BY_DATE) -> NDArray[np.int8]:
    """Index in `PERIODS` of the period that each time falls in; otherwise as `period`."""
    return _look_up(times_local, version)[2]


def energy_rate_krw(
    plan: str, times_local: NDArray[np.datetime64], surcharges: bool = False, version: str = BY_DATE
) -> NDArray[np.float64]:
    """Return what a kWh costs at each time.

    Parameters
    ----------
    plan : str
        One of `PLANS`.
    times_local : numpy.ndarray of datetime64
        Naive local times, any shape. Season and day type are always theirs.
    surcharges : bool
        Whether to add the climate charge, the fuel adjustment, value-added tax and the power-industry fund.
    version : str
        One of `versions`, or `BY_DATE`.

    Returns
    -------
    numpy.ndarray of float64
        Energy rate [KRW/kWh], same shape; the discount of 2017 to June 2022 is taken off.

    Raises
    ------
    ScenarioError
        If the plan or the version is unknown, a year is out of range, or a value is not a time.

    Notes
    -----
    A Korean bill first sums the demand charge, the energy charge, the climate charge and the fuel adjustment;
    value-added tax and the fund are then each a fraction of that sum, not of one another. Per kWh this is
    ``(rate + climate + fuel) * (1 + vat + fund)``. Rounding to whole won is left out.
    """
    tables = _tables()
    used, season, code = _look_up(times_local, version)
    rate: NDArray[np.float64] = tables.rate_krw_per_kwh[used, _plan_index(plan), season, code]
    return (rate + tables.per_kwh_krw[used]) * tables.tax_factor[used] if surcharges else rate


def demand_krw_per_kw_month(plan: str, on: date, surcharges: bool = False, version: str = BY_DATE) -> float:
    """Return the demand charge of a plan.

    Parameters
    ----------
    plan : str
        One of `PLANS`.
    on : date
        Local date.
    surcharges : bool
        Whether to add value-added tax and the power-industry fund; charges per kWh do not apply.
    version : str
        One of `versions`, or `BY_DATE`.

    Returns
    -------
    float
        Demand charge [KRW/kW/month]; 0 while it was waived for electric vehicles.

    Raises
    ------
    ScenarioError
        If the plan or the version is unknown.
    """
    tables = _tables()
    asked = _asked_for(version)
    used = max(0, _version_on(on)) if asked is None else asked
    charge = float(tables.demand_krw_per_kw_month[used, _plan_index(plan)])
    return charge * float(tables.tax_factor[used]) if surcharges else charge


@dataclass(frozen=True, slots=True)
class Surcharges:
    """What a bill adds to demand and energy charge."""

    climate_krw_per_kwh: float
    """Climate and environment charge [KRW/kWh]."""
    fuel_krw_per_kwh: float
    """Fuel cost adjustment [KRW/kWh]."""
    vat_fraction: float
    """Value-added tax, of the sum of all charges."""
    fund_fraction: float
    """Power-industry fund, of the same sum."""


def surcharges_on(on: date, version: str = BY_DATE) -> Surcharges:
    """Return the surcharges in force on a date, or those of a version. Raises `ScenarioError` as `energy_rate_krw`."""
    tables, asked = _tables(), _asked_for(version)
    used = max(0, _version_on(on)) if asked is None else asked
    return Surcharges(
        float(tables.climate_krw_per_kwh[used]),
        float(tables.fuel_krw_per_kwh[used]),
        tables.vat_fraction,
        float(tables.fund_fraction[used]),
    )


def rates(on: date, version: str = BY_DATE) -> pd.DataFrame:
    """Return the rates of every plan, without surcharges.

    Parameters
    ----------
    on : date
        Local date; the first version stands in for dates before it.
    version : str
        One of `versions`, or `BY_DATE`.

    Returns
    -------
    pandas.DataFrame
        A row a plan and season: ``plan``, ``season``, a column a period, as ``off_peak_krw_per_kwh`` [KRW/kWh], and
        ``demand_krw_per_kw_month`` [KRW/kW/month].

    Raises
    ------
    ScenarioError
        If the version is unknown.
    """
    import pandas as pd

    tables, asked = _tables(), _asked_for(version)
    used = max(0, _version_on(on)) if asked is None else asked
    rows = [
        {
            "plan": plan,
            "season": season,
            **{f"{name}_krw_per_kwh": float(tables.rate_krw_per_kwh[used, i, j, k]) for k, name in enumerate(PERIODS)},
            "demand_krw_per_kw_month": float(tables.demand_krw_per_kw_month[used, i]),
        }
        for i, plan in enumerate(PLANS)
        for j, season in enumerate(SEASONS)
    ]
    return pd.DataFrame(rows)


def _plan_index(plan: str) -> int:
    if plan not in _PLAN_PATHS:
        raise ScenarioError("plan", f"{plan!r} is no KEPCO plan; there are {', '.join(PLANS)}.")
    return PLANS.index(plan)


SENTENCES: Final = {
    "other_version": "KEPCO's tariff in force since {since} is used here, not the one in force on {date}.",
    "unknown_version": "KEPCO's tariff of {date} is not known here; the one in force since {since} is used.",
}
"""What is said where prices are not those of the day, by key."""


def source(first: date, last: date | None = None, surcharges: bool = False, version: str = BY_DATE) -> Source:
    """Return where the rates of a run come from, since when they are in force, and whether they are those of its days.

    Parameters
    ----------
    first, last : date
        Local dates on which the run begins and ends; `last` is `first` by default.
    surcharges : bool
        Whether surcharges are part of the prices; their changes are left out of account otherwise.
    version : str
        One of `versions`, or `BY_DATE`.

    Returns
    -------
    Source
        ``effective_from`` is the day since when the tariff used on `first` has been as it is. Where on any of the days
        the tariff used is not the one in force, ``notice`` says so for the first such day.

    Raises
    ------
    ScenarioError
        If the version is unknown.
    """
    tables, asked = _tables(), _asked_for(version)
    since_when = tables.effective_from if surcharges else tables.tariff_from
    notice, effective_from = None, None
    for n in range(((last or first) - first).days + 1):
        day = first + timedelta(days=n)
        in_force = _version_on(day)
        since: date = since_when[max(0, in_force) if asked is None else asked].astype(object)
        effective_from = effective_from or since
        if notice is None and (in_force < 0 or since != since_when[in_force].astype(object)):
            key = "unknown_version" if in_force < 0 else "other_version"
            notice = Notice(f"kepco.{key}", SENTENCES[key], (("since", str(since)), ("date", str(day))))
    return Source(tables.title, tables.note, effective_from, notice, "kepco")


def sentences() -> dict[str, str]:
    """English words about the tariff by key: its source's, and the notices."""
    if not versions():
        return dict(SENTENCES)
    return {"source_title": _tables().title, "source_note": _tables().note, **SENTENCES}
