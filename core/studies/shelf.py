"""What was computed is kept, up to so many bytes, and what several ask for at once is computed once."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import numpy as np
import pandas as pd

T = TypeVar("T")

LOOK_S = 0.05
"""Time between two looks of somebody who waits for another's computation."""

LEAST_BYTES = 1_000
"""What an entry counts at least."""


def size_of(value: Any) -> int:
    """Bytes of all arrays and tables in a value: frozen dataclasses, tuples and mappings of such."""
    return LEAST_BYTES + _arrays(value)


def _arrays(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, pd.DataFrame):
        return int(value.memory_usage(deep=True).sum())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return sum(_arrays(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, Mapping):
        return sum(_arrays(part) for part in value.values())
    if isinstance(value, tuple | list):
        return sum(_arrays(part) for part in value)
    return 0


class Shelf:
    """A cache of read-only values, bounded by bytes: what was not asked for longest goes first.

    Parameters
    ----------
    most_bytes : int
        Of all values together. A single one that is larger is given out, but not kept.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[Any, int]] = {}
        self._making: dict[Hashable, threading.Event] = {}
        self._bytes = 0

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._kept

    def __len__(self) -> int:
        with self._lock:
            return len(self._kept)

    @property
    def bytes(self) -> int:
        """What is kept."""
        return self._bytes

    def get(self, key: Hashable, make: Callable[[], T], check: Callable[[], object] = lambda: None) -> T:
        """The value of `key`, made where it is not kept; others who ask meanwhile wait for it.

        Parameters
        ----------
        key : hashable
        make : callable
            What it raises is raised here, and whoever waited makes it in turn.
        check : callable
            Called many times a second while another makes it; what it raises ends the waiting.
        """
        while True:
            with self._lock:
                if key in self._kept:
                    self._kept[key] = found = self._kept.pop(key)
                    value: T = found[0]
                    return value
                other = self._making.get(key)
                if other is None:
                    mine = self._making[key] = threading.Event()
                    break
            while not other.wait(LOOK_S):
                check()
        try:
            value = make()
            size = size_of(value)
            with self._lock:
                if size <= self._most:
                    self._kept[key] = value, size
                    self._bytes += size
                    while self._bytes > self._most:
                        self._bytes -= self._kept.pop(next(iter(self._kept)))[1]
            return value
        finally:
            with self._lock:
                del self._making[key]
            mine.set()
