"""Where a price comes from, what must be said about it, and what shape times must have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from core.errors import ScenarioError


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence that must stand beside a result whose prices are not those of its day, or were not known ahead.

    Parameters
    ----------
    key : str
        Name of the sentence: the tariff kind (or ``forecast``) and the sentence's own, with a dot between; it is
        translated under ``tariffs.{key}``.
    template : str
        The sentence in English, with names in braces.
    values : tuple of pairs of str
        What is filled in, by name.
    """

    key: str
    template: str
    values: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The sentence in English."""
        return self.template.format(**dict(self.values))


@dataclass(frozen=True, slots=True)
class Source:
    """What to show beside a price so that a reader can judge it.

    Parameters
    ----------
    title : str
        Name of the data set or rule.
    note : str
        Provenance and the assumptions made, in sentences.
    effective_from : date, optional
        Day since which the prices used have been in force; None where nothing is revised.
    notice : Notice, optional
        What must be said beside a result; None where the prices are those of its day.
    key : str
        Name under which title and note are translated, ``tariffs.{key}.source_title`` and ``….source_note``: that of
        the tariff's kind. Empty where they are known in English alone.
    values : tuple of pairs of str
        What is filled into the translated words, by name.
    """

    title: str
    note: str
    effective_from: date | None = None
    notice: Notice | None = None
    key: str = ""
    values: tuple[tuple[str, str], ...] = ()


def wall_clock_minutes(times_local: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """Check local times and return them at minute resolution.

    Parameters
    ----------
    times_local : numpy.ndarray of datetime64
        Naive local wall clock, any shape and any unit from days to nanoseconds.

    Returns
    -------
    numpy.ndarray of datetime64[m]
        The same times, seconds dropped.

    Raises
    ------
    ScenarioError
        If the array does not hold datetime64, or holds a missing time (NaT).
    """
    times = np.asarray(times_local)
    if times.dtype.kind != "M":
        raise ScenarioError("times_local", f"Times must be numpy datetime64, not {times.dtype}.")
    if bool(np.isnat(times).any()):
        raise ScenarioError("times_local", "Every time must be set; at least one is missing (NaT).")
    return times.astype("datetime64[m]")
