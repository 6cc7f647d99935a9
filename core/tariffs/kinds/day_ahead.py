"""The hourly market price."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.errors import ScenarioError
from core.tariffs import day_ahead, forecast
from core.tariffs.kind import Energy, Kind, Terms
from core.tariffs.source import Source


def _energy(terms: Terms) -> Energy:
    price, filled = day_ahead.price_at(terms.times)
    return Energy(price, filled)


def _expected(terms: Terms, model: str) -> NDArray[np.float64]:
    return forecast.expected_at(model, terms.times)


def _source(terms: Terms) -> Source:
    return day_ahead.source()


def _check(first: np.datetime64, last: np.datetime64) -> None:
    if first < day_ahead.FIRST_LOCAL:
        raise ScenarioError("start_hour", "must be from 1 on 2015-01-01, where the day-ahead prices begin")
    if last > day_ahead.LAST_LOCAL:
        raise ScenarioError("length_h", "the run must end by 2025-01-08 01:00, where the day-ahead prices end")


KIND = Kind(
    name="day_ahead",
    rank=1,
    retail=("day_ahead",),
    provider=("day_ahead",),
    energy=_energy,
    source=_source,
    takes_markup=True,
    check=_check,
    expected=_expected,
    resolution="hour",
    sentences=day_ahead.SENTENCES,
)
