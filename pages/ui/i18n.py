"""Words in the reader's language: the catalogues of `core.reports.words` in the language of this session."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.errors import quoted
from core.figures import Style
from core.figures.findings import Finding
from core.figures.style import shown_unit, times
from core.reports.words import LANGUAGES, MISSING, catalogue, translate  # noqa: F401 - for whoever reads words here
from core.scenario import Scenario

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def language() -> str:
    """The language in force: the reader's choice, else the browser's, else English."""
    chosen = st.session_state.get("lang")
    return chosen if chosen in LANGUAGES else default_language()


def default_language() -> str:
    """Korean for browsers set to Korean, English for all others."""
    return "ko" if (st.context.locale or "").lower().startswith("ko") else "en"


def t(key: str, /, **numbers: Any) -> str:
    """The text for `key` in the language in force."""
    return translate(language(), key, **numbers)


def foreign(text: object) -> str:
    """Somebody's text, from a link or a file, as part of a sentence on a page: shown, never obeyed.

    Streamlit reads sentences as Markdown, in which pictures are fetched, bare addresses become links and colons name
    colours. Code is the one place where none of that happens.
    """
    shown = quoted(text).strip()
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if "`" in shown else f"`{shown or ' '}`"


def agent_name(agent: str) -> str:
    """An agent's name."""
    return t(f"agents.{agent}.name")


def in_words(finding: Finding) -> str:
    """A finding in words."""
    return t(finding.key, **finding.values)


def named(pattern: str, /, **more: str) -> Callable[[Any], str]:
    """A `format_func` for options: the text whose key is `pattern` with the option in it, or that given in `more`.

    The language is fixed here, not when an option is formatted.
    """
    now = language()
    return lambda option: translate(now, more.get(str(option)) or pattern.format(option))


def style(scenario: Scenario) -> Style:
    """How figures look and speak now: the reader's theme and language, the scenario's currency."""
    return Style(
        text=partial(translate, language()),
        theme="dark" if st.context.theme.type == "dark" else "light",
        currency=scenario.currency,
        krw_per_eur=scenario.krw_per_eur,
        won=t("units.KRW"),
    )


def _money() -> Style:
    """The currency that the scenario's fields set, for whoever has no scenario at hand."""
    fields = st.session_state.get("fields", {})
    rate = fields.get("krw_per_eur", Style.krw_per_eur)
    return Style(text=t, currency=fields.get("currency", "EUR"), krw_per_eur=rate if isinstance(rate, float) else 1.0)


def shown(row: Mapping[str, Any], value: float) -> float:
    """A field's value in the currency shown, rounded to what can be told apart; a row of `Scenario.fields`."""
    by = times(row["unit"], _money())
    return value if by == 1.0 else float(f"{value * by:.10g}")


def weekday(date: dt.date) -> str:
    """Short name of the day."""
    return t(f"explore.{WEEKDAYS[date.weekday()]}")


def field_label(row: dict[str, Any]) -> str:
    """A field's title with its unit, in the language in force."""
    unit = t(f"units.{shown_unit(row['unit'], _money())}")
    title = t(f"fields.{row['name']}.title")
    return f"{title} ({unit})" if unit else title


def after(unit: str) -> str:
    """A unit as it follows a number, with a space before it; shares of something have a plain number."""
    words = "" if unit in ("SoC", "of limit") else t(f"units.{shown_unit(unit, _money())}")
    return f" {words}" if words else ""
