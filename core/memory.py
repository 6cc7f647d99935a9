"""How a long-running server holds memory."""

from __future__ import annotations

import ctypes

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
