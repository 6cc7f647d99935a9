"""How code is compiled: the decorators that all kernels use, and the folder of the cache on disk.

Importing this module imports numba (about a second), so whoever holds kernels is imported on first use. Compiled code
is cached beside its source. Where that or the user's cache folder cannot be written, a private temporary folder takes
the cache, for this process only; `NUMBA_CACHE_DIR` overrides all of it. Numba does not notice a change in another file:
what a kernel needs compiled in must stand in its own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


if not os.environ.get("NUMBA_CACHE_DIR") and not _writable(Path(__file__).parent / "__pycache__"):
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "enerv2gize"
    # A folder that others may write to would let them plant compiled code: hence a fresh, private one.
    folder = str(cache) if _writable(cache) else tempfile.mkdtemp(prefix="enerv2gize-")
    numba.config.CACHE_DIR = folder  # type: ignore[attr-defined]


def compiled(function: F) -> F:
    """Compile on first call, exactly (no `fastmath`), without the interpreter lock, cached on disk."""
    return cast(F, numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")(function))


def inlined(function: F) -> F:
    """The same, its body put where it is called."""
    return cast(F, numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy", inline="always")(function))
