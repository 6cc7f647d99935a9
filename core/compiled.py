"""How code is compiled: the decorators that all kernels use, and the cache on disk, part of which is shipped.

Importing this module imports numba (about a second), so whoever holds kernels is imported on first use. Compiled code
is cached beside its source. Where that or the user's cache folder cannot be written, a private temporary folder takes
the cache, for this process only; `NUMBA_CACHE_DIR` overrides all of it. Numba does not notice a change in another file:
what a kernel needs compiled in must stand in its own.

Compiling takes a minute or more, which nobody should wait for on a fresh machine: `data/kernels` holds what
`make kernels` compiled, for any x86-64 under Linux and the pinned numba. It is found by the hash of its source, so that
a changed kernel, another Python or another machine simply compiles.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import caching

F = TypeVar("F", bound=Callable[..., Any])

ROOT = Path(__file__).resolve().parents[1]

SHIPPED = ROOT / "data" / "kernels"
"""One archive a source file: `<module>-<hash>.zip`."""

NOTHING_SHIPPED = "ENERV2GIZE_COMPILE"
"""Environment variable under which everything is compiled here."""

CPU = "generic"
"""What is compiled for: the same on every machine, so that what is shipped fits and results are the same to the bit."""


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@lru_cache(maxsize=1)
def _own_folder() -> Path:
    """Where compiled code goes that cannot stand beside its source."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "enerv2gize"
    # A folder that others may write to would let them plant compiled code: hence a fresh, private one.
    return cache if _writable(cache) else Path(tempfile.mkdtemp(prefix="enerv2gize-"))


@lru_cache(maxsize=64)
def hash_of(source: Path) -> str:
    """Of what a source file says."""
    return hashlib.sha256(source.read_bytes()).hexdigest()


def archive_of(source: Path) -> Path:
    """The archive that holds, or would hold, what was compiled of a source file of this project."""
    module = ".".join(source.relative_to(ROOT).with_suffix("").parts)
    return SHIPPED / f"{module}-{hash_of(source)[:16]}.zip"


@lru_cache(maxsize=64)
def folder_of(source: Path) -> Path:
    """Where compiled code of a source file of this project is cached, with what is shipped of it."""
    archive = archive_of(source)
    beside = source.parent / "__pycache__"
    base = Path(os.environ["NUMBA_CACHE_DIR"]) if os.environ.get("NUMBA_CACHE_DIR") else beside
    folder = (base if _writable(base) else _own_folder()) / archive.stem
    if not folder.exists() and archive.exists() and not os.environ.get(NOTHING_SHIPPED):
        # Complete or not there at all, also for another process that does the same.
        fresh = Path(tempfile.mkdtemp(dir=folder.parent))
        try:
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(fresh)
            fresh.rename(folder)
        except (OSError, zipfile.BadZipFile):
            shutil.rmtree(fresh, ignore_errors=True)
    return folder


class ByContent(caching._SourceFileBackedLocatorMixin, caching._CacheLocator):
    """Numba's cache for this project's kernels: named by what their source says, not by when it was written."""

    def __init__(self, function: Any, file: str) -> None:
        self._py_file = file
        self._lineno = function.__code__.co_firstlineno
        self._source = Path(file).resolve()

    def get_cache_path(self) -> str:
        return str(folder_of(self._source))

    def get_source_stamp(self) -> str:
        return hash_of(self._source)

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> ByContent | None:
        source = Path(py_file).resolve()
        return cls(py_func, py_file) if source.is_relative_to(ROOT / "core") and source.is_file() else None


numba.config.CACHE_LOCATOR_CLASSES = ",".join(  # type: ignore[attr-defined]
    [f"{__name__}.{ByContent.__name__}", *(locator.__name__ for locator in caching.CacheImpl._locator_classes)]
)
if not os.environ.get("NUMBA_CPU_NAME"):
    numba.config.CPU_NAME, numba.config.CPU_FEATURES = CPU, ""  # type: ignore[attr-defined]


def compiled(function: F) -> F:
    """Compile on first call, exactly (no `fastmath`), without the interpreter lock, cached on disk."""
    return cast(F, numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")(function))


def inlined(function: F) -> F:
    """The same, its body put where it is called."""
    return cast(F, numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy", inline="always")(function))
