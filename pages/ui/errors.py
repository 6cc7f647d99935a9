"""Errors of `core` as sentences in the reader's language."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from core.agents.registry import AGENTS, names_listed
from core.data_in.words import DataError, OwnDataError
from core.errors import (
    AgentError,
    AnswerError,
    BusyError,
    CombinationError,
    DataFileError,
    EnerV2GizeError,
    ResultFileError,
    ScenarioError,
    SolverError,
    TooLargeError,
)
from core.figures.style import number
from core.reports.exports import field_value
from core.scenario import MOST_BYTES, SCHEMA_VERSION, Scenario
from core.scenario.ev2gym_file import FieldError, FileError
from core.studies.study import LeftOut
from pages.ui.i18n import after, agent_name, foreign, shown, style, t

RULES = ("transformers", "min_energy_kwh", "min_stay_min", "w_user", "length_h")
"""Fields whose rules over several fields have a translation."""


def allowed(row: dict[str, Any]) -> str:
    """What a field may hold, as a clause."""
    low, high = row["minimum"], row["maximum"]
    if isinstance(low, int | float) and isinstance(high, int | float):
        low, high = shown(row, low), shown(row, high)
    values = {"minimum": low, "maximum": high, "unit": after(row["unit"])}
    if row["choices"]:
        return t("errors.allowed.choice", choices=", ".join(row["choices"]))
    if row["type"] == "boolean":
        return t("errors.allowed.boolean")
    if row["type"] == "date":
        return t("errors.allowed.date", minimum=row["minimum"], maximum=row["maximum"])
    if row["name"] == "length_h":
        return t("errors.allowed.quarter", **values, multiple=0.25)
    if row["name"].endswith("_min"):
        return t("errors.allowed.quarter", **values, multiple=15)
    return t(f"errors.allowed.{row['type']}", **values)


def field_sentence(name: str) -> str:
    """One sentence that names the field and says what is allowed."""
    row = next((row for row in Scenario.fields() if row["name"] == name), None)
    if name in Scenario.carried_fields():
        return f"{t(f'own_data.field.{name}')}: {t('own_data.problems.damaged')}."
    if row is None:
        return t("errors.unknown_field", field=foreign(name))
    return t("errors.field", title=t(f"fields.{name}.title"), allowed=allowed(row))


MOST_NAMED = 10
"""So many fields that hold something impossible are named."""


def fields_sentences(names: Sequence[str]) -> list[str]:
    """What is wrong with each of several fields; after the first few, how many more there are."""
    said = [field_sentence(name) for name in names[:MOST_NAMED]]
    return said + ([t("errors.more_fields", n=len(names) - MOST_NAMED)] if len(names) > MOST_NAMED else [])


def named_values(scenario: Scenario, names: Collection[str]) -> str:
    """Some of a scenario's fields with their values, in one breath."""
    look, rows = style(scenario), [row for row in Scenario.fields() if row["name"] in names]
    values = [field_value(row, getattr(scenario, row["name"]), look) for row in rows]
    titles = [t(f"fields.{row['name']}.title") for row in rows]
    return ", ".join(f"{title} {value}" for title, value in zip(titles, values, strict=True))


def span_sentence(name: str, span: tuple[float, float]) -> str:
    """One sentence for a range that the field cannot be swept over; `span` is shown instead."""
    row = next(row for row in Scenario.fields() if row["name"] == name)
    return t(
        "errors.span", title=t(f"fields.{name}.title"), minimum=shown(row, row["minimum"]),
        maximum=shown(row, row["maximum"]), unit=after(row["unit"]), low=shown(row, span[0]), high=shown(row, span[1]),
    )  # fmt: skip


def rule_sentence(error: ScenarioError) -> str:
    """One sentence for a rule over several fields."""
    if isinstance(error, OwnDataError):
        return f"{t(f'own_data.field.{error.field}')}: {data_sentence(error.problem)}"
    if error.field not in RULES:
        return t("errors.rules.other", message=error.message)
    number = re.search(r"[\d.]+", error.message)
    return t(f"errors.rules.{error.field}", number=float(number.group().rstrip(".")) if number else "")


def data_sentence(error: DataError) -> str:
    """What is wrong with a visitor's data, as a clause."""
    return t(f"own_data.problems.{error.rule}", **error.values)


def bad_fields(raw: dict[str, Any]) -> list[str]:
    """Names of fields that cannot hold what `raw` says, whatever the others are; then those of no field."""
    nobody_knows = [name for name in raw if name not in Scenario.model_fields]
    try:
        Scenario(**{name: value for name, value in raw.items() if name in Scenario.model_fields})
    except ValidationError as error:
        wrong = dict.fromkeys(str(problem["loc"][0]) for problem in error.errors() if problem["loc"])
        return [*wrong, *nobody_knows]
    return nobody_knows


def sentence(error: EnerV2GizeError) -> str:
    """Any of our errors, as one sentence."""
    if isinstance(error, SolverError):
        return t("errors.solver")
    if isinstance(error, DataFileError):
        return t("errors.data_file", file=f"`{error.file}`", way=f"`{error.way}`")
    if isinstance(error, TooLargeError):
        return t("errors.no_memory", needed=round(error.needed_mb), free=round(error.free_mb))
    if isinstance(error, BusyError):
        return t("errors.busy")
    if isinstance(error, AnswerError):
        return t("errors.answer", agent=agent_name(error.agent), problem=foreign(error.message))
    if isinstance(error, AgentError):
        if error.agent in AGENTS:
            return t("errors.agent_files", agent=agent_name(error.agent))
        return agent_sentence(error.agent)
    if isinstance(error, ResultFileError):
        return t(f"errors.results.{error.rule}", **error.values)
    if isinstance(error, DataError):
        return data_sentence(error)
    if not isinstance(error, ScenarioError):
        return t("errors.unexpected", problem=foreign(error))
    if error.field == "schema_version":
        return t("errors.version", version=SCHEMA_VERSION)
    if error.field == "":
        return t("errors.not_json") if "not a JSON" in error.message else t("errors.not_object")
    return rule_sentence(error)


MOST_EXAMPLES = 3
"""So many combinations that are left out are named for each reason."""


def left_out(cases: Sequence[LeftOut]) -> list[str]:
    """Which combinations a study leaves out and why: a sentence for each rule that they break."""
    by_rule: dict[str, list[LeftOut]] = {}
    for case in cases:
        by_rule.setdefault(case.error.field, []).append(case)
    said = []
    for broken in by_rule.values():
        some = "; ".join(_combination(case.label) for case in broken[:MOST_EXAMPLES])
        more = " …" if len(broken) > MOST_EXAMPLES else ""
        said.append(t("errors.left_out", n=len(broken), which=some + more, why=sentence(broken[0].error)))
    return said


def _combination(label: Mapping[str, Any]) -> str:
    rows = {row["name"]: row for row in Scenario.fields()}
    values = {name: number(shown(rows[name], v)) if isinstance(v, int | float) else v for name, v in label.items()}
    return ", ".join(f"{t(f'fields.{name}.title')} {value}" for name, value in values.items())


def file_sentence(text: bytes, error: ScenarioError) -> str:
    """What is wrong with a scenario file that raised `error`: bad fields by name, else the error itself."""
    if len(text) > MOST_BYTES:
        return t("errors.too_large", most=MOST_BYTES)
    try:
        raw = json.loads(text)
        names = bad_fields({name: value for name, value in raw.items() if name != "schema_version"})
    except (ValueError, RecursionError, AttributeError):
        names = []
    if names and error.field != "schema_version":
        return " ".join(fields_sentences(names))
    return sentence(error)


def config_sentence(error: FileError) -> str:
    """What is wrong with one of EV2Gym's configuration files."""
    if isinstance(error, FieldError):
        row = next((row for row in Scenario.fields() if row["name"] == error.error.field), None)
        if row is None or isinstance(error.error, CombinationError):
            problem = rule_sentence(error.error)
        else:
            problem = t("errors.field", title=t(f"fields.{row['name']}.title"), allowed=allowed(row))
    else:
        problem = t(f"ev2gym_file.problems.{error.code}", **error.values)
    return t("ev2gym_file.bad_key", key=foreign(error.field), problem=problem) if error.field else problem


def agent_sentence(name: str) -> str:
    """One sentence for an unknown agent."""
    return t("errors.agent", agent=foreign(name), allowed=names_listed())
