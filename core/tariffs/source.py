"""Where a price comes from, what shape times must have, and where the data files lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from core.errors import ScenarioError


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
        Day from which the table used is in force; None where nothing is revised.
    """

    title: str
    note: str
    effective_from: date | None = None


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
