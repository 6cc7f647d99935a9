"""Dutch day-ahead prices by the hour, from ``data/day_ahead_nl.parquet`` (made by `core.tariffs.build`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ScenarioError, needed
from core.paths import DATA
from core.tariffs.source import Source, wall_clock_minutes

if TYPE_CHECKING:
    import pandas as pd

FIRST_LOCAL: Final = np.datetime64("2015-01-01T01:00", "m")
"""First local minute with a price: the data begin at midnight UTC, an hour into the Dutch day."""
LAST_LOCAL: Final = np.datetime64("2025-01-08T00:59", "m")
"""Last local minute with a price."""
FIRST_DATE: Final = date(2015, 1, 1)
"""First local date with prices; its first hour has none."""
LAST_DATE: Final = date(2025, 1, 7)
"""Last local date that has all its hours."""


@dataclass(frozen=True, slots=True, eq=False)
class _Prices:
    """The table as read-only arrays, and the same by the hours of a wall clock that never jumps."""

    time_utc: NDArray[np.datetime64]  # [hours]
    time_local: NDArray[np.datetime64]
    utc_offset_hours: NDArray[np.int8]
    eur_per_kwh: NDArray[np.float64]
    filled: NDArray[np.bool_]
    wall_eur_per_kwh: NDArray[np.float64]  # [wall-clock hours since FIRST_LOCAL]
    wall_filled: NDArray[np.bool_]


_FILE = ("data/day_ahead_nl.parquet", "python -m core.tariffs.build")
"""The file, and what makes it anew."""

_COLUMNS = ("time_utc", "time_local", "utc_offset_hours", "eur_per_kwh", "filled")


@cache
def _prices() -> _Prices:
    import pandas as pd

    wall_hour = np.arange(FIRST_LOCAL.astype("datetime64[h]"), LAST_LOCAL.astype("datetime64[h]") + 1)
    with needed(*_FILE):
        frame = pd.read_parquet(DATA / "day_ahead_nl.parquet", columns=list(_COLUMNS))
        arrays = {name: frame[name].to_numpy(copy=True) for name in _COLUMNS}
        local_hour = arrays["time_local"].astype("datetime64[h]")
        steady = np.diff(arrays["time_utc"]) == np.timedelta64(1, "h")
        if not steady.all() or local_hour[0] != wall_hour[0] or local_hour[-1] != wall_hour[-1]:
            raise ValueError("incomplete")
    # Local hours never fall, so a search finds the first of two equal ones, the earlier pass of the repeated autumn
    # hour. It lands one row late for the hour skipped in spring, which takes the row before.
    row = np.searchsorted(local_hour, wall_hour)
    row -= local_hour[row] != wall_hour
    arrays["wall_eur_per_kwh"] = arrays["eur_per_kwh"][row]
    arrays["wall_filled"] = arrays["filled"][row]
    for array in arrays.values():
        array.setflags(write=False)
    return _Prices(**arrays)


def _frame(rows: slice) -> pd.DataFrame:
    """Copy rows of the table into a frame that its caller may change (pandas copies arrays given in a dict)."""
    import pandas as pd

    prices = _prices()
    return pd.DataFrame({name: getattr(prices, name)[rows] for name in _COLUMNS})


def table() -> pd.DataFrame:
    """Return the whole price table.

    Returns
    -------
    pandas.DataFrame
        One row an hour: ``time_utc`` and ``time_local`` (naive datetime64[ns], start of the hour),
        ``utc_offset_hours`` (int8), ``eur_per_kwh`` (float64) and ``filled`` (bool: no such hour in the source, mean
        of its two neighbours). A fresh copy on every call.
    """
    return _frame(slice(None))


def between(start: date, end: date) -> pd.DataFrame:
    """Return the prices of whole local days.

    Parameters
    ----------
    start, end : date
        First and last local date, both included, from `FIRST_DATE` to `LAST_DATE`. `FIRST_DATE` has 23 hours.

    Returns
    -------
    pandas.DataFrame
        Columns ``time_local``, ``time_utc``, ``eur_per_kwh`` and ``filled`` as in `table`; 24 rows a day, 23 on the
        day daylight saving time begins and 25 (one local hour twice) on the day it ends.

    Raises
    ------
    ScenarioError
        If a date is out of range or `end` lies before `start`.
    """
    first, last = np.datetime64(start, "D"), np.datetime64(end, "D")
    if not (np.datetime64(FIRST_DATE) <= first and last <= np.datetime64(LAST_DATE)):
        raise ScenarioError("date", f"Day-ahead prices are known for days from {FIRST_DATE} to {LAST_DATE}.")
    if last < first:
        raise ScenarioError("date", f"The last date, {last}, lies before the first, {first}.")
    bounds = np.array([first, last + 1], dtype="datetime64[ns]")
    begin, stop = np.searchsorted(_prices().time_local, bounds)
    return _frame(slice(int(begin), int(stop)))[["time_local", "time_utc", "eur_per_kwh", "filled"]]


def price_at(times_local: NDArray[np.datetime64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the price in force at each time of a local wall clock that never jumps (EV2Gym's clock).

    Parameters
    ----------
    times_local : numpy.ndarray of datetime64
        Naive local times from `FIRST_LOCAL` to `LAST_LOCAL`, any shape, any order.

    Returns
    -------
    eur_per_kwh : numpy.ndarray of float64
        Price [EUR/kWh], same shape.
    filled : numpy.ndarray of bool
        Whether that price is the mean of its neighbours because the source lacks the hour.

    Raises
    ------
    ScenarioError
        If a time lies outside the data or is not a time.

    Notes
    -----
    A clock that never jumps shows one hour in spring that does not exist; it takes the price of the hour before it.
    Of the hour that occurs twice in autumn the first pass counts.
    """
    times = wall_clock_minutes(times_local)
    if times.size and (times.min() < FIRST_LOCAL or times.max() > LAST_LOCAL):
        raise ScenarioError(
            "date",
            f"Day-ahead prices are known from {_sayable(FIRST_LOCAL)} to {_sayable(LAST_LOCAL)} local time.",
        )
    prices = _prices()
    hour = (times - FIRST_LOCAL).astype(np.int64) // 60  # FIRST_LOCAL is on the hour
    return prices.wall_eur_per_kwh[hour], prices.wall_filled[hour]


def _sayable(time: np.datetime64) -> str:
    return str(time).replace("T", " ")


SENTENCES: Final = {
    "source_title": "Dutch day-ahead prices, hourly, {first} to {last} (UTC)",
    "source_note": (
        "Historical day-ahead prices as shipped with EV2Gym 2.0.0, which names ENTSO-E as their source. "
        "Two hours that the file lacks are the mean of their neighbours and are marked. "
        "Taxes, levies and grid fees are not included."
    ),
}
"""English words about the prices, by key."""


def source() -> Source:
    """Return where the prices come from and what was changed."""
    first, last = _prices().time_utc[[0, -1]].astype("datetime64[D]")
    values = (("first", str(first)), ("last", str(last)))
    title = SENTENCES["source_title"].format(**dict(values))
    return Source(title, SENTENCES["source_note"], key="day_ahead", values=values)
