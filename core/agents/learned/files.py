"""Files of the learned agents: the manifest that names them, policies and cards that are checked against it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from core.agents.learned.policy import Policy
from core.errors import AgentError
from core.paths import PRETRAINED
from core.scenario import Scenario

FOLDER = PRETRAINED

NAMES = ("a2c", "ars", "ddpg", "ppo", "recurrentppo", "sac", "td3", "tqc", "trpo")
"""All learned agents that there may be; those whose files exist are offered."""


def manifest(folder: Path = FOLDER) -> dict[str, Any]:
    """Agents of `pretrained/manifest.json` by name; empty where there is none or it is broken."""
    try:
        content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        agents = content["agents"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return dict(agents) if isinstance(agents, dict) else {}


def available(folder: Path = FOLDER) -> tuple[str, ...]:
    """Learned agents that are in the manifest and whose policy exists, whole or not."""
    known = manifest(folder)
    return tuple(name for name in NAMES if name in known and (folder / name / "policy.npz").is_file())


def read_checked(name: str, file: str, folder: Path = FOLDER) -> bytes:
    """Content of one of an agent's files.

    Raises
    ------
    AgentError
        When the file is missing or is not the one that the manifest names.
    """
    try:
        wanted = manifest(folder)[name]["sha256"][file]
        content = (folder / name / file).read_bytes()
    except (KeyError, TypeError, OSError):
        raise AgentError(name, f"its file {file} is missing, so it cannot be used; the other agents can") from None
    if hashlib.sha256(content).hexdigest() != wanted:
        raise AgentError(
            name, f"its file {file} is damaged or was exchanged (its SHA-256 is not the manifest's), so it is not used"
        )
    return content


@lru_cache(maxsize=16)
def load_policy(name: str, folder: Path = FOLDER) -> Policy:
    """The policy of one agent. Raises `AgentError`."""
    content = read_checked(name, "policy.npz", folder)
    try:
        return Policy.load(content)
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise AgentError(name, f"its policy cannot be read: {error}") from None


@lru_cache(maxsize=16)
def card(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """What is known of one agent: how and on what it was trained, measured quality. Raises `AgentError`."""
    try:
        content: dict[str, Any] = json.loads(read_checked(name, "card.json", folder))
    except ValueError:
        raise AgentError(name, "its card cannot be read") from None
    return content


@dataclass(frozen=True, slots=True)
class Outside:
    """A field of a scenario that is outside what an agent was trained on."""

    field: str
    value: float
    low: float
    high: float

    @property
    def beyond(self) -> float:
        """By how much, in the field's unit."""
        return self.value - self.high if self.value > self.high else self.low - self.value


@dataclass(frozen=True, slots=True)
class Unseen:
    """A field of a scenario that has a value which never occurred while an agent was trained."""

    field: str
    value: str | bool
    seen: tuple[str | bool, ...]


NOT_JUDGED = ("seed", "currency", "krw_per_eur")
"""Fields that say nothing of a day's kind: its number, and how money is shown and converted."""


@lru_cache(maxsize=1)
def judged_fields() -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Rows of `Scenario.fields` by name: numeric ones, and those with choices (or true and false)."""
    rows = {row["name"]: row for row in Scenario.fields() if row["name"] not in NOT_JUDGED}
    numeric = {name: row for name, row in rows.items() if row["type"] in ("integer", "number")}
    return numeric, {name: row for name, row in rows.items() if row["choices"] or row["type"] == "boolean"}


def outside(scenario: Scenario, ranges: Mapping[str, Sequence[float]]) -> list[Outside]:
    """Numeric fields of `scenario` beyond `ranges` (field -> lowest, highest), as in a card's `trained_ranges`.

    Of a field that is not in there, which came after the training, only the default was seen.
    """
    out = []
    for field, row in judged_fields()[0].items():
        low, high = ranges.get(field, (row["default"], row["default"]))
        value = float(getattr(scenario, field))
        if not low <= value <= high:
            out.append(Outside(field, value, float(low), float(high)))
    return out


def unseen(scenario: Scenario, choices: Mapping[str, Sequence[str | bool]]) -> list[Unseen]:
    """Fields of `scenario` whose value is not among `choices` (field -> values), as in a card's `trained_choices`.

    Of a field that is not in there, only the default was seen.
    """
    out = []
    for field, row in judged_fields()[1].items():
        seen, value = tuple(choices.get(field, (row["default"],))), getattr(scenario, field)
        if value not in seen:
            out.append(Unseen(field, value, seen))
    return out
