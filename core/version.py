"""Versions that results carry."""

from __future__ import annotations

from importlib.metadata import version

VERSION = "0.2.0"
"""Of EnerV2Gize; results of different versions are never mixed in a cache."""


def versions() -> dict[str, str]:
    """Version of this project and of the packages that results depend on."""
    return {"enerv2gize": VERSION, **{name: version(name) for name in ("ev2gym", "numpy", "scipy", "pandas")}}
