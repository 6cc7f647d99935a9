"""Figures of one run beside the reference's: every module of this room that defines a `RunFigure` as ``FIGURE``.

Explore draws them all, row by row; from there they reach its report and its charts to take away. Nothing else names
them. What a figure says stands in the catalogues as ``figure.NAME.…``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import core.figures
from core.figures.figure import Figure
from core.figures.style import Style
from core.studies.run import Result


@dataclass(frozen=True, slots=True)
class Shown:
    """What a figure is asked for."""

    result: Result
    reference: Result
    """The reference's run on the same World."""
    style: Style
    station: int | None = None
    """Of the agent's run, the station that the reader picked."""
    transformer: int | None = None
    """The transformer that the reader picked; None for all together."""


@dataclass(frozen=True, slots=True)
class RunFigure:
    """A figure's place on Explore."""

    name: str
    """Key of the chart, and of its words."""
    row: str
    """Figures of one row stand side by side."""
    rank: int
    """Order of the figures, and so of rows; each has its own."""
    draw: Callable[[Shown], Figure]
    width: int = 50
    """Share of its row, against the others in it."""
    picks: bool = False
    """Whether a click on it picks a station."""


@cache
def run_figures() -> dict[str, list[RunFigure]]:
    """Figures by row, in the order in which they are shown."""
    modules = [import_module(f"core.figures.{module.name}") for module in iter_modules(core.figures.__path__)]
    found: list[RunFigure] = [module.FIGURE for module in modules if hasattr(module, "FIGURE")]
    rows: dict[str, list[RunFigure]] = {}
    for entry in sorted(found, key=lambda entry: entry.rank):
        rows.setdefault(entry.row, []).append(entry)
    return rows
