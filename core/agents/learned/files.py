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

from core.agents.info import LEARNED, LearnedFamily
from core.agents.learned.policy import COLUMNS, Policy
from core.errors import AgentError
from core.paths import PRETRAINED
from core.scenario import Scenario

FOLDER = PRETRAINED

NAMES = ("a2c", "ars", "ddpg", "ppo", "recurrentppo", "sac", "td3", "tqc", "trpo")
"""The algorithms, which are the names of the agents that share one policy between all ports."""


def manifest(folder: Path = FOLDER) -> dict[str, Any]:
    """Agents of `pretrained/manifest.json` by name; empty where there is none or it is broken."""
    path = folder / "manifest.json"
    try:
        stamp = path.stat()
    except OSError:
        return {}
    return _manifest(path, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=4)
def _manifest(path: Path, changed_ns: int, size: int) -> dict[str, Any]:
    """Read once, and again when the file has changed."""
    try:
        agents = json.loads(path.read_text(encoding="utf-8"))["agents"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return dict(agents) if isinstance(agents, dict) else {}


def family_of(name: str, folder: Path = FOLDER) -> LearnedFamily | None:
    """The family that the manifest names; None for a name that is not in it."""
    entry = manifest(folder).get(name)
    family = entry.get("family") if isinstance(entry, dict) else None
    return next((known for known in LEARNED if known == family), None)


def folder_of(name: str, folder: Path = FOLDER) -> Path:
    """Where an agent's files lie: `pretrained/FAMILY/NAME`. Raises `AgentError` for a name not in the manifest."""
    family = family_of(name, folder)
    if family is None:
        raise AgentError(name, "its files are missing, so it cannot be used; the other agents can")
    return folder / family / name


def available(family: LearnedFamily | None = None, folder: Path = FOLDER) -> tuple[str, ...]:
    """Learned agents that are in the manifest and whose policies exist, whole or not; of one family or of all.

    By family; algorithms in the order of `NAMES`, others by name.
    """
    found = []
    for name, entry in manifest(folder).items():
        of = family_of(name, folder)
        policies = [file for file in entry.get("sha256", ()) if file.endswith(".npz")] if of else []
        if of and family in (None, of) and policies:
            place = NAMES.index(name) if name in NAMES else len(NAMES)
            if all((folder_of(name, folder) / file).is_file() for file in policies):
                found.append((LEARNED.index(of), place, name))
    return tuple(name for _, _, name in sorted(found))


def read_checked(name: str, file: str, folder: Path = FOLDER) -> bytes:
    """Content of one of an agent's files.

    Raises
    ------
    AgentError
        When the file is missing or is not the one that the manifest names.
    """
    try:
        wanted = manifest(folder)[name]["sha256"][file]
        content = (folder_of(name, folder) / file).read_bytes()
    except (KeyError, TypeError, OSError, AgentError):
        raise AgentError(name, f"its file {file} is missing, so it cannot be used; the other agents can") from None
    if hashlib.sha256(content).hexdigest() != wanted:
        raise AgentError(
            name, f"its file {file} is damaged or was exchanged (its SHA-256 is not the manifest's), so it is not used"
        )
    return content


def check(name: str, folder: Path = FOLDER) -> None:
    """Raise `AgentError` where a policy, card or curve of an agent is not the one that the manifest names.

    Files are hashed once, and again when they have changed.
    """
    for file, wanted in manifest(folder).get(name, {}).get("sha256", {}).items():
        if file.endswith((".npz", ".json", ".csv")):
            path = folder_of(name, folder) / file
            try:
                stamp = path.stat()
            except OSError:
                raise AgentError(name, f"its file {file} is missing, so it cannot be used") from None
            if _digest(path, stamp.st_mtime_ns, stamp.st_size) != wanted:
                raise AgentError(name, f"its file {file} is damaged or was exchanged, so it is not used")


@lru_cache(maxsize=1024)
def _digest(path: Path, changed_ns: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=256)
def load_policy(
    name: str, folder: Path = FOLDER, *, file: str = "policy.npz", observation: tuple[str, ...] = COLUMNS
) -> Policy:
    """A policy of an agent, which must have been trained on `observation`. Raises `AgentError`."""
    content = read_checked(name, file, folder)
    try:
        return Policy.load(content, observation)
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise AgentError(name, f"its policy cannot be read: {error}") from None


@lru_cache(maxsize=256)
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
