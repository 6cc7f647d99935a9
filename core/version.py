"""Versions that results carry, and what tells results of one state of the sources from those of another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]

VERSION = "0.2.0"
"""Of EnerV2Gize."""

ROOMS = ("studies", "engines", "agents", "rewards", "accounts", "world", "scenario", "tariffs", "data_in")
"""What results are computed by; the rooms above only show them, or make agents."""

FILES = ("data/*.*", "pretrained/manifest.json", "pretrained/*/*/*.npz")
"""What results are computed from."""


def versions() -> dict[str, str]:
    """Version of this project and of the packages that results depend on."""
    return {"enerv2gize": VERSION, **{name: version(name) for name in ("ev2gym", "numpy", "scipy", "pandas")}}


@cache
def results_key(root: Path = _ROOT) -> str:
    """Stable name of all that results depend on besides the scenario: sources, data, policies and packages.

    Whatever is kept under this name is computed anew after any change of them; nobody has to remember it. Read once a
    process, in some milliseconds.
    """
    digest = hashlib.sha256(repr(sorted(versions().items())).encode())
    for path in _sources(root):
        digest.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources(root: Path) -> Iterator[Path]:
    patterns = ("core/*.py", *(f"core/{room}/**/*.py" for room in ROOMS), *FILES)
    for pattern in patterns:
        yield from sorted(root.glob(pattern))
