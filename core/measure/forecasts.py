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
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.measure import readme
from core.paths import ROOT
from core.tariffs import day_ahead, forecast
from core.tariffs.build import write_parquet
from core.tariffs.forecast import DAYS_AHEAD, FIRST_STORED, HOURS, LAST_DATE, MODELS, PATH
from core.tariffs.forecast_errors import BACKTEST, errors

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

PAGE: Final = ROOT / "docs" / "forecast.md"
YEARS: Final = range(2017, 2025)
"""Whole years with forecasts."""


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


# --- the page about them ----------------------------------------------------------------------------------------------
def error_table() -> pd.DataFrame:
    """The back-test, a row a model: errors in EUR/MWh by day of the forecast, and shares of prices within the band."""
    rows = []
    for model in MODELS:
        found = errors(model, *BACKTEST)
        row: dict[str, float | str] = {"model": model}
        for name in ("mae", "rmse"):
            row |= {f"{name}_day_{k + 1}": 1000 * float(value) for k, value in enumerate(getattr(found, name))}
        rows.append(row | {f"within_day_{k + 1}": float(value) for k, value in enumerate(found.coverage)})
    return pd.DataFrame(rows)


def hour_table() -> pd.DataFrame:
    """The back-test by hour of the first day, EUR/MWh: `hour`, and `mae` and `rmse` of each model."""
    found = {model: errors(model, *BACKTEST) for model in MODELS}
    columns = {
        f"{model}_{name}": 1000 * getattr(found[model], f"{name}_by_hour")
        for model in MODELS
        for name in ("mae", "rmse")
    }
    return pd.DataFrame({"hour": np.arange(24), **columns})


def year_table() -> pd.DataFrame:
    """MAE of the first day by year, EUR/MWh."""
    spans = {year: (dt.date(year, 1, 1), dt.date(year, 12, 31)) for year in YEARS}
    means = {model: [1000 * float(errors(model, *span).mae[0]) for span in spans.values()] for model in MODELS}
    return pd.DataFrame({"year": list(spans), **means})


def pages() -> dict[str, str]:
    """Tables of `docs/forecast.md` by the name of their place."""
    names = {"seasonal_naive": "same hour a week before", "sarima": "seasonal ARIMA", "boosted": "boosted trees"}
    lines = ["| model | MAE by day 1 / 2 / 3 | RMSE by day 1 / 2 / 3 | within the 90 % band |", "|---|---:|---:|---:|"]
    for row in error_table().to_dict("records"):
        mae, rmse, within = (
            " / ".join(format(row[f"{name}_day_{k}"], style) for k in (1, 2, 3))
            for name, style in (("mae", ".1f"), ("rmse", ".1f"), ("within", ".1%"))
        )
        lines.append(f"| {names[row['model']]} | {mae} | {rmse} | {within.replace('%', ' %')} |")
    hours = hour_table()
    head = ["hour", *(f"{names[model]}: {name.upper()}" for model in MODELS for name in ("mae", "rmse"))]
    by_hour = [f"| {' | '.join(head)} |", f"|{'---:|' * len(head)}"]
    by_hour += [f"| {int(row[0]):02d} | {' | '.join(f'{v:.1f}' for v in row[1:])} |" for row in hours.to_numpy()]
    by_year = [f"| year | {' | '.join(names[model] for model in MODELS)} |", f"|---|{'---:|' * len(MODELS)}"]
    by_year += [f"| {int(row[0])} | {' | '.join(f'{v:.1f}' for v in row[1:])} |" for row in year_table().to_numpy()]
    tables = {"errors": lines, "hours": by_hour, "years": by_year}
    return {f"forecast-{name}": "\n".join(rows) for name, rows in tables.items()}


def write_page(path: Path = PAGE) -> None:
    """Put the tables of errors into `docs/forecast.md`."""
    for name, table in pages().items():
        readme.put(name, table, path)


def day_table(day: dt.date) -> pd.DataFrame:
    """One day's forecasts hour by hour, EUR/kWh: `time_local`, `eur_per_kwh` that came, and of each model its forecast
    and the bounds of its band. Raises `ScenarioError` where there is none."""
    row = forecast.row_of(day)
    hours = forecast.first_dates()[row].astype("datetime64[s]") + np.arange(24) * np.timedelta64(3600, "s")
    columns: dict[str, NDArray[Any]] = {"time_local": hours, "eur_per_kwh": forecast.came()[row, :24]}
    for model in MODELS:
        low, high = forecast.bands(model, np.array([row]))
        columns |= {
            model: forecast.expected(model)[row, :24],
            f"{model}_low": low[0, :24],
            f"{model}_high": high[0, :24],
        }
    return pd.DataFrame(columns)
