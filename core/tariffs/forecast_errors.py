"""How far price forecasts were off: a back-test against the prices that came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np

from core.tariffs import forecast
from core.tariffs.forecast import DAYS_AHEAD, Floats

BACKTEST: Final = (date(2024, 1, 1), date(2024, 12, 31))
"""First and last day of the back-test: the newest whole year. No setting of a model was chosen on it."""


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Of the forecasts of one model that begin with each day of a span. Errors are forecast less price, EUR/kWh."""

    mae: Floats
    """[`DAYS_AHEAD`]: mean size of an error on the first day of forecasts, on the second, on the third."""
    rmse: Floats
    """[`DAYS_AHEAD`]: root of the mean squared error, likewise."""
    mae_by_hour: Floats
    """[24]: mean size by hour of the first day."""
    rmse_by_hour: Floats
    coverage: Floats
    """[`DAYS_AHEAD`]: share of prices within the band."""


@lru_cache(maxsize=32)
def errors(model: str, first: date, last: date) -> Errors:
    """Errors of one of `core.tariffs.forecast.MODELS` over the days from `first` to `last`.

    Raises
    ------
    ScenarioError
        Where there are no forecasts for these days.
    """
    rows = np.arange(forecast.row_of(first), forecast.row_of(last) + 1)
    came = forecast.came()[rows]
    off = forecast.expected(model)[rows] - came
    low, high = forecast.bands(model, rows)
    known = np.isfinite(came)
    inside = np.where(known, (low <= came) & (came <= high), np.nan)

    def of_days(values: Floats) -> Floats:
        return np.asarray(np.nanmean(values.reshape(len(rows), DAYS_AHEAD, 24), axis=(0, 2)))

    return Errors(
        mae=of_days(np.abs(off)),
        rmse=np.sqrt(of_days(off**2)),
        mae_by_hour=np.abs(off[:, :24]).mean(axis=0),
        rmse_by_hour=np.sqrt((off[:, :24] ** 2).mean(axis=0)),
        coverage=of_days(inside),
    )
