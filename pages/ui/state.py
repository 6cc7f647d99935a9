"""The scenario between widgets, session and URL.

The session keeps one plain value for each field under `FIELDS`. Widgets are seeded from it and write back to it, also
those that are not drawn just now. Every run ends with the URL saying exactly what is on screen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from pydantic import TypeAdapter
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.agents.registry import AGENTS
from core.errors import ScenarioError
from core.scenario import DEFAULT_PRESET, PRESETS, SCHEMA_VERSION, WEIGHT_FIELDS, Scenario
from core.scenario.ev2gym_file import FileError
from pages.ui import choices, errors, families, own_links
from pages.ui.i18n import LANGUAGES, default_language, foreign, language, t

FIELDS = "fields"
GOOD = "last_good_scenario"
PROBLEMS = "link_problems"
BASE = "base_preset"
"""Session key: the preset that settings are held against."""

SEEN, UNDO = "seen_fields", "undo_fields"
"""Session keys: the fields of the run before, and what stood before each change of this session, oldest first."""

MOST_UNDONE = 30
DEFAULT_AGENT = families.FIRST_LEARNED or "best"
"""The first story is told by the learned agent that does best on days that it never saw."""


OWN = ("v", "lang", "agent", "station")
"""What an address may hold beside fields and choices."""

MOST_DIGITS = 6

START = {"ko": "busan"}
"""Preset that a visitor begins with, by the browser's language."""

START_ELSE = "crisis"
"""The same for all other languages: a day on which V2G matters to somebody."""


def start() -> Scenario:
    """What a visitor sees whose address says nothing at all.

    An address that says anything, were it only its version ``v``, is a link: what it leaves out has its default,
    whoever opens it.
    """
    return PRESETS[START.get(default_language(), START_ELSE)]


def widget_key(name: str) -> str:
    """Session key of a field's widget."""
    return f"field.{name}"


def _is_ours(name: str) -> bool:
    return name in OWN or name in Scenario.model_fields or name in choices.known()


def load_link(pages: Sequence[str] = ()) -> None:
    """On a session's first run and after Back or Forward, take everything from the URL.

    What is wrong is said once, an address that is none of `pages` among it; the rest is kept.
    """
    query = st.query_params.to_dict()
    if FIELDS in st.session_state and not (went_back() and any(_is_ours(name) for name in query)):
        return
    choices.load(query)
    st.session_state["lang"] = query["lang"] if query.get("lang") in LANGUAGES else default_language()
    raw = {name: query[name].strip() for name in Scenario.model_fields if name in query}
    problems: list[str] = []
    if query.get("lang", language()) not in LANGUAGES:
        problems.append(t("errors.language", language=foreign(query["lang"]), allowed=", ".join(LANGUAGES)))
    asked = page_asked_for()
    if pages and asked and asked not in pages:
        problems.append(t("errors.page", page=foreign(asked), allowed=", ".join(pages)))
    nobody_knows = [name for name in query if not _is_ours(name)]
    if nobody_knows:
        some = ", ".join(foreign(name) for name in nobody_knows[: errors.MOST_NAMED])
        problems.append(t("errors.parameters", n=len(nobody_knows), which=some))
    other_version = query.get("v", str(SCHEMA_VERSION)) != str(SCHEMA_VERSION)
    if other_version:
        raw = {}
    problems += own_links.from_link(raw)
    bad = errors.bad_fields(raw)
    problems += errors.fields_sentences(bad)
    for name in bad:
        del raw[name]
    agent = query.get("agent", DEFAULT_AGENT)
    if agent not in AGENTS:
        problems.append(errors.agent_sentence(agent))
        agent = DEFAULT_AGENT
    st.session_state["chosen_agent"] = agent
    ours = any(_is_ours(name) for name in query)
    fields = typed(raw) if ours else start().model_dump()
    if not any(fields[name] for name in WEIGHT_FIELDS):  # nothing would count; which of the three to raise, nobody said
        problems.append(t("errors.weights", shown=errors.named_values(Scenario(), WEIGHT_FIELDS)))
        fields |= Scenario().model_dump(include=set(WEIGHT_FIELDS))
    station, last = query.get("station"), fields["stations"] - 1
    st.session_state["station"] = None
    if station is not None:
        # A few digits: `int` refuses thousands of them with an error of its own.
        if station.isdecimal() and len(station) <= MOST_DIGITS and int(station) <= last:
            st.session_state["station"] = int(station)
        else:
            problems.append(t("errors.station", station=foreign(station), last=last))
    said = [t("errors.version_link", version=SCHEMA_VERSION)] if other_version else []
    if problems:
        said.append(t("errors.link", problems=" ".join(problems)))
    st.session_state[PROBLEMS] = " ".join(said) or None
    set_fields(fields)  # last: a session that has these has everything
    st.session_state[SEEN] = dict(fields)
    if st.session_state.get(BASE) is None or preset_shown():
        st.session_state[BASE] = preset_shown() or nearest_preset(fields)


def went_back() -> bool:
    """Whether the browser's Back or Forward asked for this run."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def page_asked_for() -> str:
    """The page that the address names; empty where it names none."""
    context = get_script_run_ctx()
    return (context.pages_manager.intended_page_name or "").strip("/") if context is not None else ""


def nearest_preset(fields: Mapping[str, Any]) -> str:
    """The preset from which the fewest fields differ; of several the default, else the first."""
    others = {slug: len(differing(fields, slug)) for slug in (DEFAULT_PRESET, *PRESETS)}
    return min(others, key=others.__getitem__)


def differing(fields: Mapping[str, Any], slug: str) -> list[str]:
    """Names of fields that are not as a preset has them."""
    return [name for name, value in PRESETS[slug].model_dump().items() if fields[name] != value]


def reset(names: Sequence[str]) -> None:
    """Set some fields back to what the preset has; in callbacks."""
    preset = PRESETS[st.session_state[BASE]]
    set_fields({name: getattr(preset, name) for name in names})


def remember() -> None:
    """Keep what stood before, where this run's fields are others than those of the run before. After all widgets."""
    now, seen = st.session_state[FIELDS], st.session_state[SEEN]
    if now != seen:
        st.session_state[UNDO] = [*st.session_state.get(UNDO, ()), seen][-MOST_UNDONE:]
        st.session_state[SEEN] = dict(now)


def undo() -> None:
    """Take the last change back; in callbacks."""
    before = st.session_state[UNDO].pop()
    set_fields(before)
    st.session_state[SEEN] = dict(before)


def typed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Every field's value, of its own type, from good raw values; rules over several fields are not judged here."""
    out = Scenario().model_dump()
    for name, value in raw.items():
        out[name] = TypeAdapter(Scenario.model_fields[name].annotation).validate_python(value)
    return out


def set_fields(values: Mapping[str, Any]) -> None:
    """Set fields from outside the widgets: session and widgets alike. Not while widgets are drawn, but in callbacks."""
    fields = st.session_state.setdefault(FIELDS, Scenario().model_dump())
    fields.update(values)
    for name, value in values.items():
        if name not in Scenario.carried_fields():
            st.session_state[widget_key(name)] = value


def set_preset(slug: str) -> None:
    """Set every field as a preset has it; in callbacks."""
    set_fields(PRESETS[slug].model_dump())
    st.session_state["station"], st.session_state[BASE] = None, slug


def preset_shown() -> str | None:
    """The preset whose fields are set just now, each of them."""
    fields = st.session_state[FIELDS]
    return next((slug for slug, preset in PRESETS.items() if preset.model_dump() == fields), None)


def upload_scenario() -> None:
    """Callback of the file widget: a good file sets every field, a bad one says what is wrong."""
    file = st.session_state.get("upload")
    if file is None:
        return
    st.session_state["upload_keys"] = ()
    try:
        if file.name.lower().endswith((".yaml", ".yml")):
            scenario, st.session_state["upload_keys"] = Scenario.from_ev2gym(file.getvalue())
        else:
            scenario = Scenario.from_json(file.getvalue())
    except FileError as error:
        st.session_state["upload_message"] = ("error", t("errors.file", problems=errors.config_sentence(error)))
        return
    except ScenarioError as error:
        problem = errors.file_sentence(file.getvalue(), error)
        st.session_state["upload_message"] = ("error", t("errors.file", problems=problem))
        return
    set_fields(scenario.model_dump())
    for name, data in scenario.carried.items():
        own_links.remember(name, data)
    st.session_state["upload_message"] = ("success", t("sidebar.loaded", name=foreign(file.name)))


def current() -> tuple[Scenario, str | None]:
    """The scenario to show, and what is impossible about the one that is set (then the last possible one is shown)."""
    fields = st.session_state[FIELDS]
    try:
        scenario = Scenario.parse(fields)
    except ScenarioError as error:
        problem = errors.rule_sentence(error)
        if GOOD in st.session_state:
            return st.session_state[GOOD], t("errors.kept", problem=problem)
        good = nearest_possible(fields)
        changed = [name for name, value in good.model_dump().items() if value != fields[name]]
        return good, t("errors.nearest", problem=problem, shown=errors.named_values(good, changed))
    st.session_state[GOOD] = scenario
    return scenario, None


def nearest_possible(fields: Mapping[str, Any]) -> Scenario:
    """The defaults with as many of `fields` as go together, in their order."""
    good = Scenario()
    calendar = {name: fields[name] for name in ("date", "start_hour", "length_h")}
    for name, value in fields.items():
        # Own data go with the days that they are for.
        days = calendar if name in Scenario.carried_fields() and value is not None else {}
        try:
            good = good.replace(**{name: value, **days})
        except ScenarioError:
            continue
    return good


def write_link(scenario: Scenario, page: str = "") -> None:
    """Make the URL say what is on screen."""
    query = scenario.to_query() | own_links.to_link()
    query["lang"] = st.session_state["lang"]
    query["agent"] = st.session_state["chosen_agent"]
    station = st.session_state.get("station")
    if station is not None and station < scenario.stations:
        query["station"] = str(station)
    query |= choices.of_page(page)
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
