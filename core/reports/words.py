"""The catalogues: every text that is shown, in every language, without a page.

They are `data/locales/{en,ko}.toml`; the English titles and meanings of scenario fields, the sentences of tariffs
and of result files, and what policies observe are merged in from where they are written once.
Labels are translated, values of options never are.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np

from core.agents.learned import OBSERVATION, shared_port
from core.agents.looks import ALGORITHM_LOOKS, OBJECTIVE, SITE_PARTS, algorithm_title
from core.agents.registry import AGENTS
from core.data_in.read_sessions import NOTES as NOTES_OF_CARS
from core.data_in.read_sessions import REASONS as REASONS_OF_CARS
from core.data_in.sessions import NOTICES as NOTICES_OF_CARS
from core.data_in.words import FINDINGS
from core.data_in.words import PROBLEMS as PROBLEMS_OF_DATA
from core.figures.style import UNKNOWN, Written
from core.paths import DATA
from core.reports.result_csv import SENTENCES
from core.rewards import REWARDS
from core.scenario import Scenario
from core.scenario.ev2gym_file import NOTES, PROBLEMS
from core.tariffs import KINDS, forecast
from core.tariffs import own as own_prices

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
        texts |= {f"own_data.problems.{rule}": text for rule, text in PROBLEMS_OF_DATA.items()}
        texts |= {f"own_cars.left_out.{key}": text for key, text in REASONS_OF_CARS.items()}
        texts |= {f"own_cars.notes.{key}": text for key, text in NOTES_OF_CARS.items()}
        texts |= {f"tariffs.own_cars.{key}": text for key, text in NOTICES_OF_CARS.items()}
        texts |= {f"own_data.findings.{key}": text for key, text in FINDINGS.items()}
        own_words = own_prices.SENTENCES
        texts |= {f"tariffs.own.{key}": own_words[key] for key in ("source_title", "source_note", "filled")}
        texts |= {"tariffs.own_day.source_title": own_words["source_title"]}
        texts |= {"tariffs.own_day.source_note": own_words["source_note_day"]}
        texts |= {f"rewards.words.{name}": reward.words for name, reward in REWARDS.items()}
        texts |= {f"ev2gym_file.notes.{code}": text for code, text in NOTES.items()}
        texts |= {f"ev2gym_file.problems.{code}": f"{text[0].upper()}{text[1:]}." for code, text in PROBLEMS.items()}
        for key, seen in (("observation", OBSERVATION), ("observation_shared_port", shared_port.OBSERVATION)):
            for name, unit, _, _, meaning in seen:
                texts[f"{key}.{name}"] = meaning
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
        text = _of_agent(language, key)
    if text is None:
        MISSING.add(f"{language}: {key}")
        return key
    if not numbers:
        return text
    written = {name: Written(v) if _is_number(v) else v for name, v in numbers.items()}
    return _Numbers().format(text, **written) if "|" in text else text.format(**written)


def _of_agent(language: str, key: str) -> str | None:
    """Name or description of an agent that has none of its own in the catalogues.

    An own agent says it itself; that of a learned one is made from its family, algorithm and reward, since there may be
    many. What was measured keeps its name where the agent's files are gone.
    """
    room, _, rest = key.partition(".")
    name, _, what = rest.partition(".")
    if room != "agents" or what not in ("name", "description"):
        return None
    info = AGENTS.get(name)
    if info is not None and info.family == "own":
        return info.title if what == "name" else info.description
    algorithm, reward = SITE_PARTS.get(name, (name, ""))
    family = info.family if info is not None else "whole_site" if reward else "shared_port"
    if info is None and algorithm not in ALGORITHM_LOOKS:
        return None
    text = catalogue(language)[f"families.{what}_of.{family}"]
    return text.format(
        algorithm=algorithm_title(algorithm if info is None else info.algorithm),
        reward=reward_title(language, reward) if reward else "",
        ports=ports_title(language, info.ports if info is not None else ()),
    )


def ports_title(language: str, ports: Collection[int]) -> str:
    """Numbers of ports, one of which a site must have."""
    return catalogue(language)["families.or"].join(f"{n:,}" for n in ports) or UNKNOWN


def reward_title(language: str, reward: str) -> str:
    """What a whole-site agent was rewarded for: one of the original's rewards, or the objective."""
    return catalogue(language)["indicator.objective_eur" if reward == OBJECTIVE else f"rewards.name.{reward}"]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
