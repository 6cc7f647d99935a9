"""Words in the reader's language.

Catalogues are `data/locales/{en,ko}.toml`; the English titles and meanings of scenario fields, the sentences of tariffs
and what policies observe are merged in from `core`, where they are written once.
Labels are translated, values of options never are.
"""

from __future__ import annotations

import datetime as dt
import re
import string
import tomllib
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import streamlit as st

from core.agents.learned import OBSERVATION
from core.errors import quoted
from core.figures import Style
from core.figures.findings import Finding
from core.figures.style import Written
from core.paths import DATA
from core.scenario import Scenario
from core.tariffs import KINDS
from core.tariffs.forecast import SENTENCES

LANGUAGES = {"ko": "한국어", "en": "English"}
FOLDER = DATA / "locales"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


MISSING: set[str] = set()
"""Keys that were asked for and that a language lacks: a defect, never a reader's mistake. A page goes on with the key
instead of its words; the tests end with an error that names every one."""


@cache
def catalogue(language: str) -> dict[str, str]:
    """All texts of a language by dotted key."""
    texts = _flat(tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8")))
    if language == "en":
        for row in Scenario.fields():
            texts[f"fields.{row['name']}.title"] = row["title"]
            texts[f"fields.{row['name']}.meaning"] = row["meaning"]
        for kind in KINDS:
            texts |= {f"tariffs.{kind.name}.{key}": text for key, text in kind.sentences.items()}
        texts |= {f"tariffs.forecast.{key}": text for key, text in SENTENCES.items()}
        for name, unit, _, _, meaning in OBSERVATION:
            texts[f"observation.{name}"] = meaning
            texts[f"observation_units.{unit}"] = unit
    return texts


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    out: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            out |= _flat(value, f"{prefix}{name}.")
        else:
            out[prefix + name] = value
    return out


class _Numbers(string.Formatter):
    """Fills in numbers, and words that depend on them: ``{cars} {cars:|car|cars}`` says 1 car and 2 cars.

    After the colon and a bar stand the words for one and those for any other number; they may hold numbers themselves.
    """

    def format_field(self, value: Any, format_spec: str) -> str:
        if not format_spec.startswith("|"):
            return str(super().format_field(value, format_spec))
        one, many = format_spec[1:].split("|")
        return one if format(value) == "1" else many


def translate(language: str, key: str, /, **numbers: Any) -> str:
    """The text for `key`, with `numbers` filled in; the key itself where there is none, which is noted in `MISSING`."""
    text = catalogue(language).get(key)
    if text is None:
        MISSING.add(f"{language}: {key}")
        return key
    if not numbers:
        return text
    written = {name: Written(v) if _is_number(v) else v for name, v in numbers.items()}
    return _Numbers().format(text, **written) if "|" in text else text.format(**written)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


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
    )


def weekday(date: dt.date) -> str:
    """Short name of the day."""
    return t(f"explore.{WEEKDAYS[date.weekday()]}")


def field_label(row: dict[str, Any]) -> str:
    """A field's title with its unit, in the language in force."""
    unit = t(f"units.{row['unit']}")
    title = t(f"fields.{row['name']}.title")
    return f"{title} ({unit})" if unit else title


def after(unit: str) -> str:
    """A unit as it follows a number, with a space before it; shares of something have a plain number."""
    words = "" if unit in ("SoC", "of limit") else t(f"units.{unit}")
    return f" {words}" if words else ""
