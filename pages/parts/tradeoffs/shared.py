"""What the four questions of Trade-offs share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from streamlit.delta_generator import DeltaGenerator

from core.errors import ScenarioError
from core.figures import Figure, Style
from core.figures import tradeoffs as figures
from core.studies import tradeoff
from core.studies.partial import SoFar
from pages.ui import choices, errors, partial
from pages.ui.i18n import field_label, shown, t

Span = tuple[float, float]

NONE = "none"
POINTS = (5, 9, 15)
DAYS = (1, 3, 5, 10)

SO_FAR = "tradeoffs.so_far"


def spoken(figure: Figure, found: SoFar) -> Figure:
    """The figure with its finding, or with how many points are done."""
    return partial.spoken(figure, found, partial.words(found, SO_FAR))


def context(rows: pd.DataFrame, days: int) -> str:
    """Of how many draws of cars each point is the mean, and on how many days nobody comes."""
    said = t("tradeoffs.context", mean=figures.mean_of(days, Style(text=t)))
    worlds = rows.groupby("world")["cars"].max()
    empty = int((worlds == 0).sum())
    return f"{said} {t('tradeoffs.empty_days', empty=empty, all=len(worlds))}" if empty else said


def label(field: str) -> str:
    """A field with its unit."""
    return field_label(tradeoff.row_of(field))


def rate(field: str) -> float:
    """By how much a field's values are multiplied to be in the currency shown."""
    return shown(tradeoff.row_of(field), 1.0)


def named_fields(options: list[str]) -> Callable[[str], str]:
    """Labels of fields, as a select box asks for them."""
    labels = {field: label(field) for field in options if field != NONE} | {NONE: t("tradeoffs.none")}
    return labels.__getitem__


def ask_days(default: int = 3) -> int:
    """How many draws of cars each point is the mean of."""
    days: int = choices.one_of("days", t("tradeoffs.days"), DAYS, default, str, help=t("tradeoffs.days_help"))
    return days


def ask_range(field: str, names: tuple[str, str], places: Sequence[DeltaGenerator], problems: list[str]) -> Span:
    """Where the sweep of a field begins and ends, asked in two places; `problems` hears of a range not allowed."""
    row, usual = tradeoff.row_of(field), tradeoff.span_of(field)
    whole = row["type"] == "integer"
    asked = []
    for place, name, words, value in zip(places, names, ("from", "to"), usual, strict=True):
        with place:
            asked.append(
                choices.number(
                    name, t(f"tradeoffs.{words}"), value, step=row["step"] or 1, whole=whole, rate=shown(row, 1.0)
                )
            )
    try:
        return tradeoff.check_span(field, (asked[0], asked[1]))
    except ScenarioError:
        problems.append(errors.span_sentence(field, usual))
        return usual
