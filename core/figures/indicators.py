"""Indicators as a reader sees them: in the unit shown, with it, and by name."""

from __future__ import annotations

import numpy as np

from core.accounts.indicators import INDICATORS, UNITS
from core.figures.style import UNKNOWN, Style, number


def factor(indicator: str, style: Style) -> float:
    """From an indicator's own unit to the one shown."""
    return {"money": style.rate, "share": 100.0}.get(INDICATORS[indicator].kind, 1.0)


def unit(indicator: str, style: Style) -> str:
    """The unit shown."""
    kind = INDICATORS[indicator].kind
    return {"money": style.unit, "share": "%", "count": "", "rate": ""}.get(kind, UNITS[kind])


def digits(indicator: str, style: Style) -> int:
    """Decimals of its values as shown: as money is written, quarters of an hour in full, else one."""
    return {"money": style.digits, "time": 2}.get(INDICATORS[indicator].kind, 1)


def written(value: float, indicator: str, style: Style, *, signed: bool = False) -> str:
    """A value with its unit: ``+1.50 EUR``, ``12.0 kWh``; a dash for what is not known."""
    if np.isnan(value):
        return UNKNOWN
    if INDICATORS[indicator].kind == "money":
        return style.money(value, signed=signed)
    text = number(value * factor(indicator, style), digits(indicator, style), signed=signed)
    return f"{text} {unit(indicator, style)}".rstrip()


def indicator_title(indicator: str, style: Style) -> str:
    """An indicator with its unit."""
    name, words = style.text(f"indicator.{indicator}"), unit(indicator, style)
    return f"{name} ({words})" if words else name
