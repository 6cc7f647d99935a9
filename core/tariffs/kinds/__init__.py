"""Kinds of tariffs: every module here defines one as ``KIND``; nothing else names it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from core.tariffs.kind import Kind

KINDS: Final[tuple[Kind, ...]] = tuple(
    sorted((import_module(f"{__name__}.{module.name}").KIND for module in iter_modules(__path__)), key=lambda k: k.rank)
)
"""All kinds, in the order in which their tariffs are listed."""
