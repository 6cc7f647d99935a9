"""How figures look and speak: colours, fonts, language and currency in one frozen object."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from core.scenario import Currency

Theme = Literal["light", "dark"]

MINUS = "\N{MINUS SIGN}"

UNKNOWN = "–"
"""Stands for a number that is not known."""


def number(value: Any, digits: int | None = None, *, signed: bool = False) -> str:
    """A number as every page, figure and report writes it: ``1,234.50`` or ``−304,034``.

    Parameters
    ----------
    value : float, int or None
        None and NaN are a dash.
    digits : int, optional
        Decimals; as many as the value has, up to ten digits in all, where none are given.
    signed : bool
        Whether positive numbers have their sign, too.

    Returns
    -------
    str
        Thousands apart, a proper minus, no negative zero.
    """
    if value is None or value != value:
        return UNKNOWN
    if digits is None:
        rounded, places = float(f"{value:.10g}") + 0.0, ".10g"
    else:
        rounded, places = round(float(value), digits) + 0.0, f".{digits}f"
    return f"{rounded:{'+' if signed and rounded else ''},{places}}".replace("-", MINUS)


class Written:
    """A number that a catalogue text fills in, written by `number` whatever decimals the text asks for."""

    __slots__ = ("_value",)

    def __init__(self, value: float) -> None:
        self._value = value

    def __format__(self, spec: str) -> str:
        """``{}``, ``{:.1f}``, ``{:+.1f}``, ``{:g}`` and ``{:.0%}`` of the value."""
        places = re.fullmatch(r"([+]?),?(?:\.(\d+)([f%])|g)?", spec)
        if places is None:
            raise ValueError(f"texts do not write numbers as {spec!r}")
        sign, digits, kind = places.groups()
        times, unit = (100.0, "%") if kind == "%" else (1.0, "")
        return number(self._value * times, None if digits is None else int(digits), signed=bool(sign)) + unit


FONT = "Source Sans, Source Sans Pro, Noto Sans KR, Noto Sans CJK KR, Apple SD Gothic Neo, Malgun Gothic, sans-serif"


@dataclass(frozen=True, slots=True)
class Palette:
    """One colour a meaning, the same in every figure; colour-blind safe (after Okabe and Ito, 2008; Tol, 2021)."""

    charge: str
    discharge: str
    price: str
    limit: str
    drivers: str
    provider: str
    grid: str
    text: str
    muted: str
    line: str
    """Axis lines and grid lines."""
    idle: str
    """A car that is plugged in and neither charges nor discharges: the middle of the diverging scale."""
    load: str
    solar: str
    over: str
    """Power beyond the limit: the limit's red, as an area."""
    discharge_words: str
    """Discharging orange for words, which need more contrast than marks."""
    drivers_words: str
    """The drivers' green for words."""
    background: str


PALETTES: dict[Theme, Palette] = {
    "light": Palette(
        charge="#0072B2", discharge="#D55E00", price="#6B7280", limit="#CC3311",
        drivers="#009E73", provider="#8E5AA8", grid="#9A6A00",
        text="#1F2933", muted="#566070", line="#E3E7EB", idle="#E9EBEE", load="#B8C0C9",
        solar="#E3C766", over="#E9A79A", discharge_words="#A84A00", drivers_words="#00704F",
        background="#FFFFFF",
    ),
    "dark": Palette(
        charge="#56B4E9", discharge="#E69F00", price="#9CA3AF", limit="#FF6B5E",
        drivers="#35C79A", provider="#C49BDB", grid="#E0B040",
        text="#E6EAEE", muted="#9CA3AF", line="#2A333D", idle="#2C343E", load="#4B5663",
        solar="#8F7B33", over="#8A3F39", discharge_words="#E69F00", drivers_words="#35C79A",
        background="#12171D",
    ),
}  # fmt: skip


def shown_unit(unit: str, style: Style) -> str:
    """A field's unit in the currency shown: a key under ``units`` of the catalogues."""
    return unit.replace("EUR/", f"{style.currency}/") if unit.startswith("EUR/") else unit


def times(unit: str, style: Style) -> float:
    """By how much a value of this unit is multiplied to be in the currency shown."""
    return style.rate if unit.startswith("EUR/") else 1.0


@dataclass(frozen=True, slots=True)
class Style:
    """Everything about a figure that is not data.

    Parameters
    ----------
    text : callable
        ``text(key, **numbers)`` gives the sentence for a catalogue key in the reader's language.
    theme : {"light", "dark"}
    currency : {"EUR", "KRW"}
        Currency in which money is shown; the ledger itself is always in EUR.
    krw_per_eur : float
        Exchange rate [KRW/EUR].
    won : str
        What won are called; where it is not the currency's code, it follows amounts without a space.
    """

    text: Callable[..., str]
    theme: Theme = "light"
    currency: Currency = "EUR"
    krw_per_eur: float = 1400.0
    won: str = "KRW"

    @property
    def unit(self) -> str:
        """What amounts of money are counted in, as a reader calls it."""
        return self.won if self.currency == "KRW" else self.currency

    @property
    def colours(self) -> Palette:
        """The theme's colours."""
        return PALETTES[self.theme]

    @property
    def rate(self) -> float:
        """Shown currency for one euro."""
        return self.krw_per_eur if self.currency == "KRW" else 1.0

    @property
    def digits(self) -> int:
        """Decimals of amounts of money: cents for euros, whole won."""
        return 0 if self.currency == "KRW" else 2

    @property
    def money_format(self) -> str:
        """d3 format of amounts of money: cents for euros, whole won."""
        return ",.0f" if self.currency == "KRW" else ",.2f"

    @property
    def price_digits(self) -> int:
        """Decimals of prices per kWh."""
        return 1 if self.currency == "KRW" else 4

    @property
    def price_format(self) -> str:
        """d3 format of prices per kWh."""
        return f",.{self.price_digits}f"

    def price(self, eur_per_kwh: float) -> str:
        """A price per kWh with its currency: ``0.1234 EUR``."""
        return self._with_unit(number(eur_per_kwh * self.rate, self.price_digits))

    def rounded(self, eur: float) -> float:
        """An amount in the currency shown, as exactly as it is printed: in cents or whole won, never negative zero."""
        return float(round(eur * self.rate, self.digits)) + 0.0

    def money(self, eur: float, *, signed: bool = False) -> str:
        """An amount with its currency: ``1.50 EUR``; with `signed`, ``+1.50 EUR`` or ``−1.50 EUR``."""
        return self._with_unit(self.amount(eur, signed=signed))

    def _with_unit(self, amount: str) -> str:
        return f"{amount}{self.unit}" if self.unit not in ("EUR", "KRW") else f"{amount} {self.unit}"

    def amount(self, eur: float, *, signed: bool = False) -> str:
        """An amount without its currency, with a proper minus sign and no negative zero."""
        return number(eur * self.rate, self.digits, signed=signed)


def config(style: Style) -> dict[str, Any]:
    """Vega-Lite `config` shared by all figures."""
    colour = style.colours
    return {
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "labelColor": colour.muted, "titleColor": colour.muted, "labelFontSize": 11, "titleFontSize": 11,
            "titleFontWeight": "normal", "gridColor": colour.line, "domainColor": colour.line, "tickColor": colour.line,
            "labelOverlap": True, "titlePadding": 6,
        },
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False},
        "legend": {
            "labelColor": colour.text, "titleColor": colour.muted, "labelFontSize": 11, "titleFontSize": 11,
            "titleFontWeight": "normal", "orient": "top", "direction": "horizontal", "symbolStrokeWidth": 2,
        },
        "text": {"color": colour.text, "fontSize": 11},
        "title": {
            "color": colour.text, "subtitleColor": colour.muted, "anchor": "start", "fontSize": 14, "fontWeight": 600,
            "offset": 10,
        },
    }  # fmt: skip


ALL = 1e-6
"""A share that lacks no more than this is all."""


def share_text(share: float) -> str:
    """A captured share as every page writes it: 100.0 % is all of it, and nothing less."""
    return f"{number(min(100 * share, 99.9) if 0.9995 <= share < 1 - ALL else 100 * share, 1)} %"


def _diverging(style: Style) -> list[str]:
    """Five colours from discharging over idle to charging; a quarter of full power is already clearly coloured."""
    if style.theme == "light":
        return ["#B34E00", "#F0A366", style.colours.idle, "#7FB8DC", "#00629C"]
    return ["#FFB21A", "#A8752A", style.colours.idle, "#34678C", "#6CC4FA"]


def diverging_scale(most: float, style: Style, **more: Any) -> dict[str, Any]:
    """Colours from `-most` over nothing to `most`."""
    domain = [-most, -most / 4, 0, most / 4, most]
    return {"domain": domain, "range": _diverging(style), "interpolate": "rgb", **more}
