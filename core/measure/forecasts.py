"""Make ``data/price_forecasts_nl.parquet``: what two models expected of day-ahead prices, day by day.

``make forecasts`` (``python -m core forecast --build``) runs this; the app only reads the file
(`core.tariffs.forecast`) and never holds a model. Every forecast begins with a local day and covers it and the two days
after it. It is made at noon of the day before, when the day-ahead auction closes: known then are all prices up to the
end of that day, which were published the day before, and none after it.

Hours are those of the wall clock that never jumps (`core.tariffs.day_ahead.price_at`), so every day has 24.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.tariffs import day_ahead
from core.tariffs.build import write_parquet
from core.tariffs.forecast import DAYS_AHEAD, FIRST_STORED, HOURS, LAST_DATE, PATH

Floats = NDArray[np.float64]

FIRST_DAY: Final = dt.date(2015, 1, 2)
"""First row of `daily_prices`; the day before lacks an hour."""

ORDER: Final = 5
SEASON: Final = 24
"""Seasonal ARIMA (5,1,0)(1,1,0,24), the order of the project that this one follows."""
SARIMA_DAYS: Final = 365
"""Days before a month that its coefficients are estimated from."""

BOOSTED_DAYS: Final = 3 * 365
"""Days before a quarter that its trees learn from, where there are so many."""
LEVEL_DAYS: Final = 7
"""Prices are learned relative to the mean and the spread of so many days before the gate."""
LEAST_SPREAD: Final = 5.0
"""EUR/MWh"""


def daily_prices() -> Floats:
    """[days from `FIRST_DAY`, 24] EUR/MWh."""
    after = day_ahead.LAST_DATE + dt.timedelta(days=1)
    hours = np.arange(str(FIRST_DAY), str(after), dtype="datetime64[h]")
    return (1000 * day_ahead.price_at(hours)[0]).reshape(-1, 24)


# --- seasonal ARIMA ---------------------------------------------------------------------------------------------------
def lag_polynomial(coefficients: Floats) -> Floats:
    """Coefficients of φ(B)Φ(B²⁴), constant first, from those of the `ORDER` short lags and the seasonal one."""
    seasonal = np.zeros(SEASON + 1)
    seasonal[0], seasonal[SEASON] = 1.0, -coefficients[ORDER]
    return np.convolve(np.concatenate([[1.0], -coefficients[:ORDER]]), seasonal)


def fit_sarima(prices: Floats) -> Floats:
    """Coefficients of SARIMA (5,1,0)(1,1,0,24) by conditional least squares, [6]: five short lags, then the seasonal.

    Without moving averages that is maximum likelihood but for the first day of the window; the tests compare both.
    """
    from scipy.optimize import least_squares

    change = np.diff(prices)
    change = change[SEASON:] - change[:-SEASON]
    found = least_squares(lambda c: np.convolve(change, lag_polynomial(c), "valid"), np.zeros(ORDER + 1))
    return np.asarray(found.x)


def roll_sarima(known: Floats, coefficients: Floats, hours: int = HOURS) -> Floats:
    """[gates, hours]: what follows each row of `known` [gates, hours before the gate]."""
    differences = np.convolve([1.0, -1.0], np.concatenate([[1.0], np.zeros(SEASON - 1), [-1.0]]))
    lags = -np.convolve(lag_polynomial(coefficients), differences)[:0:-1]  # oldest first
    series = np.concatenate([known[:, -len(lags) :], np.zeros((len(known), hours))], axis=1)
    for hour in range(hours):
        series[:, len(lags) + hour] = series[:, hour : hour + len(lags)] @ lags
    return series[:, len(lags) :]


def sarima(prices: Floats, days: NDArray[np.int64], months: NDArray[np.int64]) -> Floats:
    """[days, HOURS] EUR/MWh: forecasts that begin with each of `days` (rows of `prices`), anew estimated by month."""
    out = np.empty((len(days), HOURS))
    flat = prices.reshape(-1)
    for month in np.unique(months):
        rows = np.flatnonzero(months == month)
        gate = 24 * int(days[rows[0]])
        coefficients = fit_sarima(flat[max(0, gate - 24 * SARIMA_DAYS) : gate])
        known = np.stack([flat[24 * day - 4 * SEASON : 24 * day] for day in days[rows]])
        out[rows] = roll_sarima(known, coefficients)
    return out


# --- boosted trees ----------------------------------------------------------------------------------------------------
def features(prices: Floats, days: NDArray[np.int64], calendar: Floats) -> tuple[Floats, Floats, Floats]:
    """What trees see of the hours of forecasts that begin with `days`, [days, HOURS, columns], and level and spread.

    Prices are relative to `level` and `spread` [days] of the `LEVEL_DAYS` before the gate. `calendar` is
    [days of `prices` and two more, columns], which is known for all days.
    """
    week = np.stack([prices[day - LEVEL_DAYS : day] for day in days])  # [days, 7, 24]
    level = week.mean(axis=(1, 2))
    spread = np.maximum(week.std(axis=(1, 2)), LEAST_SPREAD)
    before = np.stack([prices[day - 14 : day] for day in days])
    before = (before - level[:, None, None]) / spread[:, None, None]
    hour, ahead = np.arange(HOURS) % 24, np.arange(HOURS) // 24

    def everywhere(values: Floats) -> Floats:
        return np.broadcast_to(values[:, None], (len(days), HOURS))

    last = before[:, -1]
    columns = [
        np.broadcast_to(hour, (len(days), HOURS)),
        np.broadcast_to(ahead, (len(days), HOURS)),
        *np.moveaxis(calendar[days[:, None] + ahead], -1, 0),
        *(before[:, -back][:, hour] for back in (1, 2, 3)),
        before[:, -7 + ahead, hour],  # the same weekday, last week and the week before
        before[:, -14 + ahead, hour],
        before[:, -7:].mean(axis=1)[:, hour],
        before[:, -7:].std(axis=1)[:, hour],
        last[:, np.maximum(hour - 1, 0)],
        last[:, np.minimum(hour + 1, 23)],
        *(everywhere(values) for values in (last[:, 23], last.mean(axis=1), last.min(axis=1), last.max(axis=1))),
        everywhere(before[:, -2].mean(axis=1)),
        everywhere(level / spread),
    ]
    return np.stack(columns, axis=-1), level, spread


def calendar_of(n_days: int) -> Floats:
    """[days from `FIRST_DAY` and two more, 4]: weekday, Dutch public holiday, and the season as sine and cosine."""
    import holidays

    days = [FIRST_DAY + dt.timedelta(days=k) for k in range(n_days + DAYS_AHEAD - 1)]
    free = holidays.country_holidays("NL", years=range(FIRST_DAY.year, days[-1].year + 1))
    turn = np.array([2 * np.pi * day.timetuple().tm_yday / 365.25 for day in days])
    weekday, holiday = [day.weekday() for day in days], [day in free for day in days]
    return np.stack([np.array(weekday), np.array(holiday), np.sin(turn), np.cos(turn)], axis=1).astype(np.float64)


def boosted(
    prices: Floats, days: NDArray[np.int64], quarters: NDArray[np.int64], tell: Callable[[str], object] = str
) -> Floats:
    """[days, HOURS] EUR/MWh: forecasts that begin with each of `days`, trees grown anew by quarter."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    calendar = calendar_of(len(prices))
    out = np.empty((len(days), HOURS))
    for quarter in np.unique(quarters):
        rows = np.flatnonzero(quarters == quarter)
        gate = int(days[rows[0]])
        # What began with the gate's day or two days before it had not wholly come true.
        learned = np.arange(max(14, gate - BOOSTED_DAYS), gate - DAYS_AHEAD + 1)
        seen, level, spread = features(prices[:gate], learned, calendar)
        came = np.stack([prices[day : day + DAYS_AHEAD].reshape(-1) for day in learned])
        came = (came - level[:, None]) / spread[:, None]
        trees = HistGradientBoostingRegressor(
            loss="absolute_error", learning_rate=0.08, max_iter=200, min_samples_leaf=60, random_state=0
        )
        with threadpool_limits(1):  # threads that wait for each other take many times as long beside other work
            trees.fit(seen.reshape(-1, seen.shape[-1]), came.reshape(-1))
        seen, level, spread = features(prices, days[rows], calendar)
        expected = trees.predict(seen.reshape(-1, seen.shape[-1])).reshape(len(rows), HOURS)
        out[rows] = level[:, None] + spread[:, None] * expected
        tell(f"boosted trees: {FIRST_DAY + dt.timedelta(days=gate)}")
    return out


# --- the file ---------------------------------------------------------------------------------------------------------
def forecasts(first: dt.date, last: dt.date, tell: Callable[[str], object] = str) -> pd.DataFrame:
    """All forecasts that begin with the days from `first` to `last`.

    Returns
    -------
    DataFrame
        A row a day and hour: `first_date`, `hour` (0 to `HOURS` - 1, counted from its midnight), and a column a model
        in EUR/kWh, rounded to 0.1 EUR/MWh.
    """
    prices = daily_prices()
    dates = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    days = (dates - np.datetime64(FIRST_DAY)).astype(np.int64)
    months = dates.astype("datetime64[M]").astype(np.int64)
    expected = {"sarima": sarima(prices, days, months), "boosted": boosted(prices, days, months // 3, tell)}
    return pd.DataFrame(
        {
            "first_date": np.repeat(dates.astype("datetime64[ns]"), HOURS),
            "hour": np.tile(np.arange(HOURS, dtype=np.int8), len(dates)),
            **{model: (np.round(values, 1) / 1000).reshape(-1) for model, values in expected.items()},
        }
    )


def build(path: Path = PATH, tell: Callable[[str], object] = str) -> pd.DataFrame:
    """Make all forecasts and write them in one move."""
    table = forecasts(FIRST_STORED, LAST_DATE, tell)
    write_parquet(table, path, dictionary=["first_date", "sarima", "boosted"], differences=["hour"])
    return table
