"""The catalogues: every text that is shown, in every language, without a page.

They are `data/locales/{en,ko}.toml`; the English titles and meanings of scenario fields, the sentences of tariffs
and of result files, and what policies observe are merged in from where they are written once.
Labels are translated, values of options never are.
"""

from __future__ import annotations

import string
import tomllib
from functools import cache
from typing import Any

import numpy as np

from core.agents.learned import OBSERVATION
from core.agents.registry import AGENTS
from core.figures.style import Written
from core.paths import DATA
from core.reports.result_csv import SENTENCES
from core.rewards import REWARDS
from core.scenario import Scenario
from core.scenario.ev2gym_file import NOTES, PROBLEMS
from core.tariffs import KINDS, forecast

LANGUAGES = {"ko": "한국어", "en": "English"}
FOLDER = DATA / "locales"

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
        texts |= {f"tariffs.forecast.{key}": text for key, text in forecast.SENTENCES.items()}
        texts |= {f"errors.results.{rule}": text for rule, text in SENTENCES.items()}
        texts |= {f"rewards.words.{name}": reward.words for name, reward in REWARDS.items()}
        texts |= {f"ev2gym_file.notes.{code}": text for code, text in NOTES.items()}
        texts |= {f"ev2gym_file.problems.{code}": f"{text[0].upper()}{text[1:]}." for code, text in PROBLEMS.items()}
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
        text = _of_own_agent(key)
    if text is None:
        MISSING.add(f"{language}: {key}")
        return key
    if not numbers:
        return text
    written = {name: Written(v) if _is_number(v) else v for name, v in numbers.items()}
    return _Numbers().format(text, **written) if "|" in text else text.format(**written)


def _of_own_agent(key: str) -> str | None:
    """Title or description of an own agent, which says it itself."""
    room, _, rest = key.partition(".")
    name, _, what = rest.partition(".")
    info = AGENTS.get(name) if room == "agents" else None
    if info is None or info.family != "own":
        return None
    return {"name": info.title, "description": info.description}.get(what)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
