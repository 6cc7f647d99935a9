"""How a long-running server holds memory."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path

import psutil

LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux says how much memory a container may take."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""Of glibc's ``<malloc.h>``."""

LARGE_BYTES = 128 * 1024
"""What is larger lies on its own and goes back to the system at once."""


def give_back() -> None:
    """Let memory that is free go back to the system, where the system's library is glibc; else nothing.

    By default each thread has a pool of its own, of which hardly anything ever goes back, and every run of a page is a
    new thread. Arrow's tables have pools of their own besides.
    """
    try:
        library = ctypes.CDLL(None)
        for option, value in ((M_TRIM_THRESHOLD, LARGE_BYTES), (M_MMAP_THRESHOLD, LARGE_BYTES), (M_ARENA_MAX, 1)):
            library.mallopt(option, value)
    except (AttributeError, OSError, TypeError):  # no glibc
        return
    import pyarrow

    pyarrow.set_memory_pool(pyarrow.system_memory_pool())


def free_mb() -> float:
    """Memory for processes that this one starts: what the machine has left, or its container beside this one [MB]."""
    left = [psutil.virtual_memory().available]
    for file in LIMITS:
        with suppress(OSError, ValueError):  # not there, or "max"
            left.append(int(file.read_text()) - psutil.Process().memory_info().rss)
    return max(0.0, float(min(left))) / 2**20
