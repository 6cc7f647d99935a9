"""A series of prices or of power by a wall clock, as a scenario carries it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from core.data_in.words import DataError
from core.errors import quoted

Floats = NDArray[np.float64]

SCALE: Final = {"EUR/kWh": 1_000_000, "KRW/kWh": 1000, "kW": 1000}
"""Units of series, and how many steps of a stored whole number make one of them."""
LARGEST: Final = 100_000_000
"""Of a stored number: 100 EUR/kWh, 100,000 KRW/kWh or kW."""
STEPS_MIN: Final = (15, 30, 60)
"""Minutes between two values."""
MOST_VALUES: Final = 110_000
"""Three years by quarters of an hour."""
MOST_LABEL: Final = 60

READ, FILLED, MISSING = 0, 1, 2
"""States of a value: as in the file, from its neighbours, none."""

_DAY_MIN = 24 * 60


@dataclass(frozen=True, eq=False)
class OwnSeries:
    """Values one after another on a wall clock that never jumps, or one day's that repeat.

    Parameters
    ----------
    label : str
        What it is called, a file's name for instance; at most `MOST_LABEL` characters.
    unit : str
        One of `SCALE`.
    start : numpy.datetime64[m], optional
        When the first value begins; None for a day that repeats.
    step_min : int
        One of `STEPS_MIN`.
    values : numpy.ndarray of int32, [values]
        In steps of 1 / `SCALE` of the unit.
    state : numpy.ndarray of uint8, [values]
        `READ`, `FILLED` or `MISSING`.

    Raises
    ------
    DataError
        Where anything is not allowed.
    """

    label: str
    unit: str
    start: np.datetime64 | None
    step_min: int
    values: NDArray[np.int32]
    state: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.unit not in SCALE or self.step_min not in STEPS_MIN or not isinstance(self.label, str):
            raise DataError("damaged")
        if not 1 <= self.values.size <= MOST_VALUES:
            raise DataError("too_many_values", most=f"{MOST_VALUES:,}")
        if self.values.shape != self.state.shape or self.values.ndim != 1 or self.state.max() > MISSING:
            raise DataError("damaged")
        if int(np.abs(self.values.astype(np.int64)).max()) > LARGEST:
            raise DataError("too_large", most=f"{LARGEST / SCALE[self.unit]:,.0f} {self.unit}")
        if self.start is None:
            if self.values.size * self.step_min != _DAY_MIN or (self.state == MISSING).any():
                raise DataError("not_a_day")
        else:
            first = self.start.astype("datetime64[m]").astype(np.int64)
            if first % self.step_min or not _FIRST <= self.start <= _LAST:
                raise DataError("time_out_of_range", first=_FIRST.item().year, last=_LAST.item().year)
        object.__setattr__(self, "label", quoted(self.label, MOST_LABEL - 1))
        self.values.setflags(write=False)
        self.state.setflags(write=False)

    @classmethod
    def of(
        cls,
        values: Floats,
        unit: str,
        *,
        start: np.datetime64 | None = None,
        step_min: int = 60,
        state: NDArray[np.uint8] | None = None,
        label: str = "",
    ) -> Self:
        """A series of plain numbers, in `unit`, rounded to its smallest step; NaN is missing."""
        numbers = np.asarray(values, dtype=np.float64)
        gone = ~np.isfinite(numbers)
        if (np.abs(numbers[~gone]) * SCALE.get(unit, 1) > LARGEST).any():
            raise DataError("too_large", most=f"{LARGEST / SCALE[unit]:,.0f} {unit}")
        known = np.zeros(numbers.shape, dtype=np.uint8) if state is None else state.astype(np.uint8)
        known = np.where(gone, np.uint8(MISSING), known)
        whole = np.rint(np.where(gone, 0.0, numbers) * SCALE[unit]).astype(np.int32)
        return cls(label, unit, None if start is None else start.astype("datetime64[m]"), step_min, whole, known)

    # --- what it says ------------------------------------------------------------------------------------------------
    @property
    def numbers(self) -> Floats:
        """[values] in the unit, NaN where missing."""
        return np.where(self.state == MISSING, np.nan, self.values / SCALE[self.unit])

    @property
    def times(self) -> NDArray[np.datetime64]:
        """[values] datetime64[m]: when each begins; of a day that repeats, on 1 January 1970."""
        first = np.datetime64("1970-01-01T00:00", "m") if self.start is None else self.start
        return first + np.arange(self.values.size) * np.timedelta64(self.step_min, "m")

    @property
    def span(self) -> tuple[np.datetime64, np.datetime64] | None:
        """First and last minute with a value; None for a day that repeats."""
        if self.start is None:
            return None
        return self.start, self.start + np.timedelta64(self.values.size * self.step_min - 1, "m")

    @property
    def filled(self) -> int:
        """How many values come from their neighbours."""
        return int((self.state == FILLED).sum())

    def at(self, times_local: NDArray[np.datetime64]) -> tuple[Floats, NDArray[np.bool_]]:
        """Values at times, and whether each was filled.

        Parameters
        ----------
        times_local : numpy.ndarray of datetime64[m], any shape

        Raises
        ------
        DataError
            Where there is no value for a time; names the days that there are.
        """
        known = self.known_at(times_local)
        if not known.all():
            first = str(np.asarray(times_local).ravel()[np.argmin(known.ravel())]).replace("T", " ")
            span = self.span
            assert span is not None  # a day that repeats has all its values
            raise DataError(
                "not_covered", time=first, first=str(span[0].astype("datetime64[D]")),
                last=str(span[1].astype("datetime64[D]")),
            )  # fmt: skip
        where = self._index(times_local)
        return self.values[where] / SCALE[self.unit], self.state[where] == FILLED

    def known_at(self, times_local: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        """Whether there is a value, for each time; same shape."""
        where = self._index(times_local)
        inside = (where >= 0) & (where < self.values.size)
        return np.asarray(inside & (self.state[np.where(inside, where, 0)] != MISSING))

    def _index(self, times_local: NDArray[np.datetime64]) -> NDArray[np.int64]:
        minutes = np.asarray(times_local).astype("datetime64[m]").astype(np.int64)
        if self.start is None:
            return np.asarray(minutes % _DAY_MIN // self.step_min)
        return np.asarray((minutes - self.start.astype("datetime64[m]").astype(np.int64)) // self.step_min)

    # --- as fields and arrays ----------------------------------------------------------------------------------------
    def pack(self, name: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Its part of what data carry; the arrays are called after `name`."""
        head = {
            "label": self.label, "unit": self.unit, "step_min": self.step_min,
            "start": None if self.start is None else str(self.start),
        }  # fmt: skip
        return head, {f"{name}.values": self.values, f"{name}.state": self.state}

    @classmethod
    def unpack(cls, head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], name: str) -> Self:
        """What `pack` gave. Raises `DataError`, and whatever wrong values make Python raise."""
        start, step = head["start"], head["step_min"]
        if not isinstance(start, str | None) or type(step) is not int:
            raise DataError("damaged")
        at = None if start is None else np.datetime64(dt.datetime.strptime(start, "%Y-%m-%dT%H:%M"), "m")
        values, state = arrays[f"{name}.values"], arrays[f"{name}.state"]
        if values.dtype != np.int32 or state.dtype != np.uint8:
            raise DataError("damaged")
        return cls(head["label"], head["unit"], at, step, values, state)


_FIRST: Final = np.datetime64("2010-01-01T00:00", "m")
_LAST: Final = np.datetime64("2039-12-31T23:59", "m")
