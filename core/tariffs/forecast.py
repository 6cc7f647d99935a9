"""What could be expected of day-ahead prices, day by day: committed forecasts, their bands and their errors.

Two models' forecasts stand in ``data/price_forecasts_nl.parquet`` (made by `core.measure.forecasts`); the third, the
price of the same hour a week before, is read off the prices. A forecast begins with a local day and covers it and the
two days after it, by the hours of a wall clock that never jumps. It is made at noon of the day before (`GATE`) from the
prices that had been published then: those up to the end of that day.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ScenarioError, needed
from core.paths import DATA
from core.tariffs import day_ahead

Floats = NDArray[np.float64]

PERFECT: Final = "perfect"
"""No forecast: the whole run's prices are known when it begins."""
MODELS: Final = ("seasonal_naive", "sarima", "boosted")
"""Same hour a week before; seasonal ARIMA (5,1,0)(1,1,0,24); gradient-boosted trees on calendar and past prices."""
PRICE_FORECASTS: Final = (PERFECT, *MODELS)

PATH: Final = DATA / "price_forecasts_nl.parquet"
DAYS_AHEAD: Final = 3
HOURS: Final = 24 * DAYS_AHEAD
"""Length of a forecast: the longest run ends within it."""
GATE: Final = "12:00"
"""When a forecast is made, on the day before it begins: the day-ahead auction closes then."""
FIRST_STORED: Final = date(2016, 1, 1)
"""Day with which the first forecast begins."""
BAND_DAYS: Final = 90
"""A band comes from the errors of so many forecasts before."""
BAND: Final = (0.05, 0.95)
"""Quantiles of these errors at which a band begins and ends."""
FIRST_DATE: Final = FIRST_STORED + timedelta(days=BAND_DAYS + DAYS_AHEAD - 1)
"""First day whose forecast has a band: scenarios may ask for forecasts from it on."""
LAST_DATE: Final = day_ahead.LAST_DATE

SENTENCES: Final = {
    "seasonal_naive": "Agents expect the prices of the same hours a week before and learn the true one as each hour"
    " begins; money is counted at true prices.",
    "sarima": "Agents expect the prices of a seasonal ARIMA forecast made at noon of the day before and learn the true"
    " one as each hour begins; money is counted at true prices.",
    "boosted": "Agents expect the prices of a forecast by boosted trees made at noon of the day before and learn the"
    " true one as each hour begins; money is counted at true prices.",
    "known": "The price forecast changes nothing here: neither party pays day-ahead prices, and KEPCO's tariffs and"
    " flat prices are published ahead.",
}
"""What must be said beside results under a forecast, by model, and where all prices are known; see
`core.tariffs.notices`."""


@cache
def first_dates() -> NDArray[np.datetime64]:
    """[forecasts] datetime64[D]: days with which the forecasts begin, one after another."""
    return np.arange(str(FIRST_STORED), str(LAST_DATE + timedelta(days=1)), dtype="datetime64[D]")


@cache
def _hours() -> NDArray[np.datetime64]:
    """[forecasts, HOURS] datetime64[h], wall clock."""
    hours: NDArray[Any] = first_dates().astype("datetime64[h]")[:, None] + np.arange(HOURS) * np.timedelta64(1, "h")
    return hours


@cache
def _stored() -> dict[str, Floats]:
    import pandas as pd

    with needed(f"data/{PATH.name}", "make forecasts"):
        frame = pd.read_parquet(PATH)
        day = frame["first_date"].to_numpy().astype("datetime64[D]").reshape(-1, HOURS)
        hour = frame["hour"].to_numpy().reshape(-1, HOURS)
        if not ((day == first_dates()[:, None]).all() and (hour == np.arange(HOURS)).all()):
            raise ValueError("incomplete")
        return {model: frame[model].to_numpy(dtype=np.float64).reshape(-1, HOURS) for model in MODELS[1:]}


@cache
def expected(model: str) -> Floats:
    """All forecasts of one of `MODELS`: [forecasts, HOURS] EUR/kWh, read-only."""
    if model == "seasonal_naive":
        week_before: NDArray[Any] = _hours() - np.timedelta64(7 * 24, "h")
        values, _ = day_ahead.price_at(week_before)
    else:
        values = _stored()[model]
    values.setflags(write=False)
    return values


@cache
def came() -> Floats:
    """[forecasts, HOURS] EUR/kWh: the prices that came instead, NaN where the data end."""
    hours = _hours()
    known = hours <= day_ahead.LAST_LOCAL
    values = np.full(hours.shape, np.nan)
    values[known] = day_ahead.price_at(hours[known])[0]
    values.setflags(write=False)
    return values


def row_of(first: date) -> int:
    """Row of the forecast that begins with a day.

    Raises
    ------
    ScenarioError
        Names ``price_forecast`` where there is none, or none with a band.
    """
    if not FIRST_DATE <= first <= LAST_DATE:
        raise ScenarioError(
            "price_forecast", f"must be {PERFECT} here: price forecasts begin on {FIRST_DATE} and end on {LAST_DATE}"
        )
    return (first - FIRST_STORED).days


def expected_at(model: str, times_local: NDArray[np.datetime64]) -> Floats:
    """What the forecast that begins with the first time's day expects at each time.

    Parameters
    ----------
    model : str
        One of `MODELS`.
    times_local : numpy.ndarray of datetime64[m], [steps]
        In order, on the wall clock; the last at most `HOURS` hours after midnight of the first.

    Returns
    -------
    numpy.ndarray of float64, [steps]
        EUR/kWh.

    Raises
    ------
    ScenarioError
        Where no forecast begins with that day.
    """
    first: date = times_local[0].astype("datetime64[D]").astype(object)
    hour = (times_local - np.datetime64(first, "m")).astype(np.int64) // 60
    return np.asarray(expected(model)[row_of(first), hour])


def bands(model: str, rows: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Bounds between which prices should come, each [len(rows), HOURS] EUR/kWh.

    Parameters
    ----------
    model : str
    rows : numpy.ndarray of int64
        Of forecasts, each at least ``BAND_DAYS + DAYS_AHEAD - 1``.

    Notes
    -----
    Each hour's forecast plus the `BAND` quantiles of the errors that the last `BAND_DAYS` forecasts made so many hours
    ahead, as far as they had come true at the gate: for the first day those that began up to the day before, for the
    second one those up to two days before, and so on.
    """
    forecast = expected(model)
    errors = came() - forecast
    ahead = np.arange(HOURS) // 24
    back = np.arange(-BAND_DAYS, 0)
    # [rows, days back, HOURS]
    before = errors[rows[:, None, None] + back[:, None] - ahead, np.arange(HOURS)]
    low, high = np.quantile(before, BAND, axis=1)
    return forecast[rows] + low, forecast[rows] + high
