"""Rows of small maps: stations, or neighbouring stations together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_ROWS = 50
"""More stations than this share rows, so that small maps stay legible and light."""


def stations_in_a_row(stations: int) -> int:
    """How many neighbouring stations share a row."""
    return -(-stations // MOST_ROWS)


def by_row(power_kw: Floats) -> Floats:
    """[rows, steps]: mean power of the stations of each row, from [stations, steps]."""
    starts = _starts(len(power_kw))
    size = np.diff(np.append(starts, len(power_kw)))[:, None]
    mean: Floats = np.add.reduceat(power_kw, starts, axis=0) / size
    return mean


def any_in_row(plugged: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """[rows, steps]: whether it is so at any station of the row, from [stations, steps]."""
    return np.asarray(np.logical_or.reduceat(plugged, _starts(len(plugged)), axis=0), dtype=bool)


def _starts(stations: int) -> NDArray[np.int64]:
    return np.arange(0, stations, stations_in_a_row(stations))
