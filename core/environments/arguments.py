"""What environments are made from: the site, which of its days, and names among known ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from core.errors import EnerV2GizeError, quoted
from core.scenario import Scenario
from core.studies.draw import Split, scenario_on

AnyScenario: TypeAlias = "Scenario | Mapping[str, Any] | str | None"
"""A scenario, its fields, its JSON, or None for the default."""

Days = Literal["train", "validation", "test", "own"]
"""Random dates and cars of one split, or the scenario's own day."""


def scenario_of(given: AnyScenario) -> Scenario:
    """The site that an environment was asked for.

    Raises
    ------
    EnerV2GizeError
        Where it is none; `ScenarioError` names the field.
    """
    if given is None:
        return Scenario()
    if isinstance(given, Scenario):
        return given
    if isinstance(given, str):
        return Scenario.from_json(given)
    if isinstance(given, Mapping):
        return Scenario.parse(dict(given))
    raise EnerV2GizeError(f"scenario: must be a Scenario, its fields or its JSON, not {quoted(type(given).__name__)}")


def among(argument: str, name: object, known: Iterable[str]) -> str:
    """`name`, which must be one of `known`. Raises `EnerV2GizeError`."""
    names = list(known)
    if not isinstance(name, str) or name not in names:
        raise EnerV2GizeError(f"{argument}: there is no '{quoted(name)}'; choose from {', '.join(names)}")
    return name


def next_day(scenario: Scenario, days: Days, stream: np.random.Generator) -> Scenario:
    """The scenario of an episode. Raises `EnerV2GizeError` where `days` is not one of `Days`."""
    among("days", days, get_args(Days))
    split: Split | None = None if days == "own" else days
    return scenario if split is None else scenario_on(scenario, split, stream)
