"""KEPCO's time-of-use tariffs for charging electric vehicles, from ``data/kepco_ev_tariffs.json``.

The energy rate depends on the plan, on the season (by month) and on the period of the day (off-peak, mid-peak,
on-peak). Which hours belong to which period was revised; the revision in force on a date is the last one that took
effect on or before it. Rates and surcharges are one set in the source and are applied to every date.

Times are read as the site's local wall clock, also where the site is not in Korea.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import EnerV2GizeError, ScenarioError
from core.paths import DATA
from core.tariffs.source import Source, wall_clock_minutes

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


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """The source as read-only look-up arrays."""

    title: str
    note: str
    effective_from: NDArray[np.datetime64]  # [revisions], ascending
    season: NDArray[np.int8]  # [12 months] -> index in SEASONS
    period: NDArray[np.int8]  # [revisions, seasons, day types, 24 hours] -> index in PERIODS
    rate_krw_per_kwh: NDArray[np.float64]  # [plans, seasons, periods]
    demand_krw_per_kw_month: NDArray[np.float64]  # [plans]
    per_kwh_krw: float  # climate charge and fuel adjustment
    tax_factor: float  # 1 + value-added tax + power-industry fund


@cache
def _tables() -> _Tables:
    data = json.loads((DATA / "kepco_ev_tariffs.json").read_text(encoding="utf-8"))

    season = np.full(12, -1, dtype=np.int8)
    for index, name in enumerate(SEASONS):
        season[np.array(data["seasons"][name]) - 1] = index

    revisions = sorted(data["hours"], key=lambda revision: str(revision["effective_from"]))
    period = np.array([[_day_types(revision[name]) for name in SEASONS] for revision in revisions], dtype=np.int8)

    rates, demands = [], []
    for group, level, *option in _PLAN_PATHS.values():
        plan = data[group][level]
        demands.append(plan["demand"])
        for name in option:
            plan = plan[name]
        rates.append([[plan[season_name][period_name] for period_name in PERIODS] for season_name in SEASONS])

    if (season < 0).any():
        raise EnerV2GizeError("The KEPCO tariff file leaves a month without a season.")
    extra = data["surcharges"]
    tables = _Tables(
        title=data["title"],
        note=data["note"],
        effective_from=np.array([revision["effective_from"] for revision in revisions], dtype="datetime64[D]"),
        season=season,
        period=period,
        rate_krw_per_kwh=np.array(rates, dtype=np.float64),
        demand_krw_per_kw_month=np.array(demands, dtype=np.float64),
        per_kwh_krw=extra["climate_krw_per_kwh"] + extra["fuel_adjustment_krw_per_kwh"],
        tax_factor=1.0 + extra["vat_fraction"] + extra["power_fund_fraction"],
    )
    for array in (tables.effective_from, season, period, tables.rate_krw_per_kwh, tables.demand_krw_per_kw_month):
        array.setflags(write=False)
    return tables


def _day_types(windows: dict[str, Any]) -> NDArray[np.int8]:
    """Period codes [day types, 24] of one season, from the hour windows of a working day."""
    workday = np.full(24, -1, dtype=np.int8)
    for code, name in enumerate(PERIODS):
        for begin, end in windows[name]:
            if (workday[begin:end] >= 0).any():
                raise EnerV2GizeError("The KEPCO tariff file puts an hour into two periods.")
            workday[begin:end] = code
    if (workday < 0).any():
        raise EnerV2GizeError("The KEPCO tariff file leaves an hour without a period.")
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


def _season_and_period(times_local: NDArray[np.datetime64]) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Indices in `SEASONS` and `PERIODS` for each time."""
    tables = _tables()
    times = wall_clock_minutes(times_local)
    days = times.astype("datetime64[D]")
    hour = (times - days).astype(np.int64) // 60
    season = tables.season[times.astype("datetime64[M]").astype(np.int64) % 12]
    # Before the first revision there is none to look up; the first stands in.
    revision = np.maximum(np.searchsorted(tables.effective_from, days, side="right") - 1, 0)
    return season, tables.period[revision, season, _day_type(days), hour]


def period(times_local: NDArray[np.datetime64]) -> NDArray[np.str_]:
    """Return the period of the day that each time falls in.

    Parameters
    ----------
    times_local : numpy.ndarray of datetime64
        Naive local times, any shape.

    Returns
    -------
    numpy.ndarray of str
        ``off_peak``, ``mid_peak`` or ``on_peak``, same shape.

    Raises
    ------
    ScenarioError
        If a year lies outside `FIRST_YEAR` to `LAST_YEAR`, or a value is not a time.

    Notes
    -----
    On Saturdays on-peak hours count as mid-peak; on Sundays and public holidays every hour is off-peak. For dates
    before the first revision of the hours, the first revision is used.
    """
    return np.array(PERIODS)[_season_and_period(times_local)[1]]


def energy_rate_krw(plan: str, times_local: NDArray[np.datetime64], surcharges: bool = False) -> NDArray[np.float64]:
    """Return what a kWh costs at each time.

    Parameters
    ----------
    plan : str
        One of `PLANS`.
    times_local : numpy.ndarray of datetime64
        Naive local times, any shape.
    surcharges : bool
        Whether to add the climate charge, the fuel adjustment, value-added tax and the power-industry fund.

    Returns
    -------
    numpy.ndarray of float64
        Energy rate [KRW/kWh], same shape.

    Raises
    ------
    ScenarioError
        If the plan is unknown, a year is out of range, or a value is not a time.

    Notes
    -----
    A Korean bill first sums the demand charge, the energy charge, the climate charge and the fuel adjustment;
    value-added tax and the fund are then each a fraction of that sum, not of one another. Per kWh this is
    ``(rate + climate + fuel) * (1 + vat + fund)``. Rounding to whole won is left out.
    """
    tables = _tables()
    season, code = _season_and_period(times_local)
    rate: NDArray[np.float64] = tables.rate_krw_per_kwh[_plan_index(plan), season, code]
    return (rate + tables.per_kwh_krw) * tables.tax_factor if surcharges else rate


def demand_krw_per_kw_month(plan: str, surcharges: bool = False) -> float:
    """Return the demand charge of a plan.

    Parameters
    ----------
    plan : str
        One of `PLANS`.
    surcharges : bool
        Whether to add value-added tax and the power-industry fund; charges per kWh do not apply.

    Returns
    -------
    float
        Demand charge [KRW/kW/month].

    Raises
    ------
    ScenarioError
        If the plan is unknown.
    """
    tables = _tables()
    charge = float(tables.demand_krw_per_kw_month[_plan_index(plan)])
    return charge * tables.tax_factor if surcharges else charge


def _plan_index(plan: str) -> int:
    if plan not in _PLAN_PATHS:
        raise ScenarioError("plan", f"{plan!r} is no KEPCO plan; there are {', '.join(PLANS)}.")
    return PLANS.index(plan)


def source(on: date | None = None) -> Source:
    """Return where the rates come from and which revision of the hours is in force.

    Parameters
    ----------
    on : date, optional
        Local date for which to say so; by default the newest revision is named.

    Returns
    -------
    Source
        With ``effective_from`` the day from which the revision used applies.
    """
    tables = _tables()
    note = tables.note
    if on is None:
        used = tables.effective_from[-1]
    else:
        day = np.datetime64(on, "D")
        used = tables.effective_from[max(int(np.searchsorted(tables.effective_from, day, side="right")) - 1, 0)]
        if day < used:
            note += f" Hours before {used} are not known here; those of {used} are used."
    return Source(title=tables.title, note=note, effective_from=used.astype(object))
