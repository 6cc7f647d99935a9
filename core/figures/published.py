"""How results on the field's own settings are written."""

from __future__ import annotations

from collections.abc import Sequence

from core.figures.style import UNKNOWN, number
from core.studies.published import Setting, unit


def cell(value: Sequence[float | None] | None, setting: Setting, figure: str) -> str:
    """Mean and standard deviation as the papers write them; a dash where they are not known."""
    if value is None or value[0] is None or value[1] is None:
        return UNKNOWN
    _, factor, digits = unit(setting, figure)
    return f"{number(factor * value[0], digits)} ±{number(factor * value[1], digits)}"
