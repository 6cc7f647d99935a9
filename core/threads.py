"""Compiled code over ranges of worlds, in threads: it runs without the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_POOLS: dict[int, ThreadPoolExecutor] = {}


def deal_out(n: int, threads: int, work: Callable[[int, int], T]) -> list[T]:
    """Call `work(begin, end)` for ranges that together cover 0 to n, in at most `threads` threads; their results."""
    parts = min(threads, n)
    if parts <= 1:
        return [work(0, n)]
    if parts not in _POOLS:
        _POOLS[parts] = ThreadPoolExecutor(parts, thread_name_prefix="worlds")
    edges = [n * i // parts for i in range(parts + 1)]
    return list(_POOLS[parts].map(work, edges[:-1], edges[1:]))
