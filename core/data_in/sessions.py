"""A visitor's own cars: charging sessions of one or many days, as a scenario carries them.

`core.data_in.read_sessions` makes them of files; `core.world.own_cars` makes a day's cars of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.data_in.carried import Carried
from core.data_in.words import DataError

Ints = NDArray[np.int32]

MOST_SESSIONS: Final = 20_000
"""Sessions of a file."""
MOST_STAY_MIN: Final = 7 * 24 * 60
"""Longer stays are faults of a meter, or cars that somebody left behind."""
MOST_ENERGY_KWH: Final = 400.0
SMALLEST_BATTERY_KWH: Final = 5.0
LARGEST_BATTERY_KWH: Final = 300.0
LEAST_POWER_KW: Final = 0.5
MOST_POWER_KW: Final = 400.0

DAY_MIN: Final = 24 * 60
YEAR_DAYS: Final = 364
"""Dates are moved by multiples of this: the same day of the week, nearly the same day of the year."""

FIRST_DATE: Final = dt.date(2015, 1, 1)
"""First date of a scenario."""

UNKNOWN: Final = -1
"""What the file does not say of a car."""

SOURCES: Final = ("acn", "elaad", "table")
"""ACN-Data, ElaadNL's open transactions, a plain table."""

NOTICES: Final[dict[str, str]] = {
    "other_days": "Cars are those of a file; what agents expect of cars to come is what the rest of it shows (days:"
    " {days}).",
    "drawn": "Cars are those of a file, which has no other days: what agents expect of cars to come are the statistics"
    " of the scenario's place.",
}
"""What must be said beside results of own cars."""

_FIRST_MIN: Final = int(np.datetime64("1990-01-01", "m").astype(np.int64))
_LAST_MIN: Final = int(np.datetime64("2100-01-01", "m").astype(np.int64))

_ALLOWED: Final[dict[str, tuple[int, int]]] = {
    "arrival_min": (_FIRST_MIN, _LAST_MIN),
    "stay_min": (1, MOST_STAY_MIN),
    "energy_10wh": (1, round(MOST_ENERGY_KWH * 100)),
    "capacity_10wh": (round(SMALLEST_BATTERY_KWH * 100), round(LARGEST_BATTERY_KWH * 100)),
    "power_w": (round(LEAST_POWER_KW * 1000), round(MOST_POWER_KW * 1000)),
    "soc_permyriad": (0, 10_000),
}
"""Smallest and largest value of each column."""

OPTIONAL: Final = ("capacity_10wh", "power_w", "soc_permyriad")
"""Columns that may hold `UNKNOWN`."""


@dataclass(frozen=True, eq=False, repr=False)
class OwnSessions(Carried):
    """Charging sessions in the order of their arrival; read-only arrays [sessions] of whole numbers.

    Raises
    ------
    DataError
        Where a column has another length or a value outside its range.
    """

    KIND: ClassVar[str] = "sessions"

    source: str
    """One of `SOURCES`."""
    moved_days: int
    """Days by which the file's dates were moved, so that prices are known for them; a multiple of 7."""
    arrival_min: Ints
    """Local time, minutes since 1970-01-01 00:00."""
    stay_min: Ints
    energy_10wh: Ints
    """Energy charged, in units of 0.01 kWh."""
    capacity_10wh: Ints
    """Battery in units of 0.01 kWh, or `UNKNOWN`."""
    power_w: Ints
    """Largest charging power, or `UNKNOWN`."""
    soc_permyriad: Ints
    """SoC on arrival in units of 0.0001, or `UNKNOWN`."""

    def __post_init__(self) -> None:
        if self.source not in SOURCES or type(self.moved_days) is not int or self.moved_days % 7:
            raise DataError("damaged")
        sizes = set()
        for name, (low, high) in _ALLOWED.items():
            values = np.array(getattr(self, name), dtype=np.int32)
            inside = (values >= low) & (values <= high)
            if name in OPTIONAL:
                inside |= values == UNKNOWN
            if values.ndim != 1 or not inside.all():
                raise DataError("damaged")
            values.setflags(write=False)
            object.__setattr__(self, name, values)
            sizes.add(values.size)
        if len(sizes) != 1 or (np.diff(self.arrival_min) < 0).any():
            raise DataError("damaged")
        if not 1 <= len(self) <= MOST_SESSIONS:
            raise DataError("cars_count", most=f"{MOST_SESSIONS:,}")

    def __len__(self) -> int:
        return int(self.arrival_min.size)

    # --- made of -----------------------------------------------------------------------------------------------------
    @classmethod
    def of(
        cls,
        arrival: ArrayLike,
        stay_min: ArrayLike,
        energy_kwh: ArrayLike,
        *,
        capacity_kwh: ArrayLike | None = None,
        power_kw: ArrayLike | None = None,
        arrival_soc: ArrayLike | None = None,
        source: str = "table",
        moved_days: int = 0,
    ) -> Self:
        """Sessions in any order, in plain units; NaN where a battery, power or SoC is not known.

        Parameters
        ----------
        arrival : array of datetime64 or of texts such as ``"2023-08-08T09:30"``
            Local time.
        stay_min, energy_kwh, capacity_kwh, power_kw, arrival_soc : array of float
            Minutes, kWh, kWh, kW, share.
        source : str
            One of `SOURCES`.
        moved_days : int
            See the attribute.
        """
        minutes = np.asarray(arrival, dtype="datetime64[m]").astype(np.int64)
        order = np.argsort(minutes, kind="stable")

        def whole(values: ArrayLike | None, scale: float) -> NDArray[np.int64]:
            if values is None:
                return np.full(minutes.size, UNKNOWN, dtype=np.int64)
            scaled = np.asarray(values, dtype=np.float64) * scale
            return np.where(np.isnan(scaled), UNKNOWN, np.round(np.nan_to_num(scaled))).astype(np.int64)[order]

        columns = {
            "arrival_min": minutes[order],
            "stay_min": whole(stay_min, 1),
            "energy_10wh": whole(energy_kwh, 100),
            "capacity_10wh": whole(capacity_kwh, 100),
            "power_w": whole(power_kw, 1000),
            "soc_permyriad": whole(arrival_soc, 10_000),
        }
        if any(np.abs(values).max(initial=0) > np.iinfo(np.int32).max for values in columns.values()):
            raise DataError("damaged")
        return cls(source, moved_days, **{name: values.astype(np.int32) for name, values in columns.items()})

    @classmethod
    def read(cls, source: str | bytes | Path, *, zone: str | None = None, day_first: bool | None = None) -> Self:
        """Sessions of a file: ACN-Data JSON, ElaadNL's open transactions, or a plain table as CSV.

        Parameters
        ----------
        source : path or bytes
        zone, day_first
            See `core.data_in.read_sessions.read_sessions`, which also says what was recognised and left out.

        Raises
        ------
        DataError, OSError
        """
        from core.data_in.read_sessions import MOST_BYTES, read_sessions

        if isinstance(source, bytes):
            data = source
        else:
            with Path(source).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        return read_sessions(data, zone=zone, day_first=day_first).sessions  # type: ignore[return-value]

    def pack(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """See `Carried`."""
        head = {"source": self.source, "moved_days": self.moved_days}
        arrays = {}
        for name in _ALLOWED:
            values = getattr(self, name)
            if name not in OPTIONAL or (values != UNKNOWN).any():
                arrays[name] = values
        return head, arrays

    @classmethod
    def unpack(cls, head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """See `Carried`."""
        if set(head) != {"source", "moved_days"} or not set(arrays) <= set(_ALLOWED):
            raise DataError("damaged")
        if any(values.dtype != np.int32 for values in arrays.values()):
            raise DataError("damaged")
        unknown = np.full(arrays["arrival_min"].size, UNKNOWN, dtype=np.int32)
        columns = {name: arrays[name] if name not in OPTIONAL else arrays.get(name, unknown) for name in _ALLOWED}
        return cls(head["source"], head["moved_days"], **columns)

    def moved_between(self, first: dt.date, last: dt.date) -> Self:
        """The same sessions on days between two dates, moved by multiples of 52 weeks if need be.

        So days of the week stay, and the season nearly. Where the file covers more than there is between the dates, its
        last days are inside.
        """
        begin, end = self.dates[0], self.dates[-1]
        days = -YEAR_DAYS * max(0, -((last - end).days // YEAR_DAYS))
        later = YEAR_DAYS * -((begin - first).days // YEAR_DAYS)
        if not days and begin < first and end + dt.timedelta(days=later) <= last:
            days = later
        return (
            self
            if not days
            else replace(self, moved_days=self.moved_days + days, arrival_min=self.arrival_min + days * DAY_MIN)
        )

    def fitting(self, own_prices: bool, last: dt.date) -> Self:
        """Moved to where prices ship, up to `last`, unless a visitor's own prices go with the sessions."""
        # A run may last two days: none begins on the very last one.
        return self if own_prices else self.moved_between(FIRST_DATE, last - dt.timedelta(days=1))

    def check(self, times_local: NDArray[np.datetime64]) -> None:
        """See that the run falls on days of the file. Raises `DataError`."""
        first, last = (time.astype(object) for time in times_local[[0, -1]].astype("datetime64[D]"))
        if last < self.dates[0] or first > self.dates[-1]:
            raise DataError("cars_days", first=self.dates[0].isoformat(), last=self.dates[-1].isoformat())

    # --- what is in them ---------------------------------------------------------------------------------------------
    @cached_property
    def dates(self) -> tuple[dt.date, ...]:
        """Local dates on which at least one car arrives, in order."""
        return tuple(np.unique(self.arrival_min // DAY_MIN).astype("datetime64[D]").tolist())

    def other_days(self, times_local: NDArray[np.datetime64]) -> NDArray[np.int64]:
        """Days since 1970 from the first to the last of the file but those of a run, which all lie within its times."""
        run = times_local[[0, -1]].astype("datetime64[D]").astype(np.int64)
        days = np.arange(self.arrival_min[0] // DAY_MIN, self.arrival_min[-1] // DAY_MIN + 1, dtype=np.int64)
        return np.asarray(days[(days < run[0]) | (days > run[1])])

    def notice(self, times_local: NDArray[np.datetime64]) -> tuple[str, dict[str, str]]:
        """Key of `NOTICES` that goes with a run, and what is filled in."""
        others = len(self.other_days(times_local))
        return ("other_days", {"days": str(others)}) if others else ("drawn", {})

    @property
    def busiest_day(self) -> dt.date:
        """Local date on which most cars arrive; the first of several."""
        days, counts = np.unique(self.arrival_min // DAY_MIN, return_counts=True)
        return dt.date(1970, 1, 1) + dt.timedelta(days=int(days[counts.argmax()]))

    @property
    def unknown(self) -> dict[str, int]:
        """How many sessions lack what: ``capacity``, ``power``, ``soc``; without those of which none does."""
        counts = {name.partition("_")[0]: int((getattr(self, name) == UNKNOWN).sum()) for name in OPTIONAL}
        return {name: count for name, count in counts.items() if count}

    @property
    def arrivals_by_hour(self) -> NDArray[np.int64]:
        """[24]: arrivals by local hour of the day, all days together."""
        return np.bincount(self.arrival_min % DAY_MIN // 60, minlength=24)
