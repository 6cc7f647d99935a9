"""The scenario sidebar: one widget a field, made from `Scenario.fields()`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import EnerV2GizeError
from core.figures.style import number
from core.scenario import GROUPS, PRESETS, WEIGHT_FIELDS, Scenario, applies, effective, replaced_by
from core.world import expected_cars
from pages.ui import ev2gym_keys, near, own_data, runs, state
from pages.ui.i18n import LANGUAGES, field_label, named, shown, t

OWN = "own"

WEIGHTS = {
    "balanced": (1.0, 1.0, 1.0),
    "drivers": (1.0, 0.25, 0.25),
    "provider": (0.25, 1.0, 0.25),
    "grid": (0.25, 0.25, 1.0),
}

MOST_SLIDER_STOPS = 240
"""Numbers with more stops than this are typed, not slid."""


def draw() -> DeltaGenerator:
    """Language, presets, fields by group, and the scenario file.

    Returns
    -------
    DeltaGenerator
        Place above the fields for what is impossible about them, known only when all have been read.
    """
    with st.sidebar:
        st.markdown(f"**EnerV2Gize**  \n{t('sidebar.purpose')}")
        st.segmented_control(
            t("sidebar.language"),
            list(LANGUAGES),
            format_func=LANGUAGES.__getitem__,
            key="lang",
            required=True,
            label_visibility="collapsed",
        )
        _presets()
        changes = st.container(horizontal=True, gap="small", key="changes")
        _weights()
        own_data.sidebar()
        problem = st.container()
        for group in GROUPS:
            _group(group)
        _file()
        with changes:  # known only when all fields have been read
            state.remember()
            _changes()
    return problem


@cache
def fields_of(group: str) -> list[dict[str, Any]]:
    """Rows of `Scenario.fields()` in a group."""
    return [row for row in Scenario.fields() if row["group"] == group]


def _presets() -> None:
    match = state.preset_shown() or OWN
    st.session_state["preset"] = match
    st.selectbox(
        t("sidebar.preset"),
        [*PRESETS, *([OWN] if match == OWN else [])],
        format_func=named("presets.{}.name", own="sidebar.preset_own"),
        key="preset",
        help=t("sidebar.preset_help"),
        on_change=_apply_preset,
    )
    # Always a line, so that nothing below it moves.
    st.caption(t(f"presets.{st.session_state[state.BASE]}.description"))


def _apply_preset() -> None:
    slug = st.session_state["preset"]
    if slug in PRESETS:
        state.set_preset(slug)


def _changes() -> None:
    """Two buttons, always there: the last change taken back, and all that differs from the preset."""
    fields, base = st.session_state[state.FIELDS], st.session_state[state.BASE]
    kept, other = st.session_state.get(state.UNDO), state.differing(st.session_state[state.FIELDS], base)
    before = kept[-1] if kept else fields
    st.button(
        t("sidebar.undo"), key="undo", icon=":material/undo:", disabled=not kept, on_click=state.undo,
        help=_moves(fields, before) if kept else t("sidebar.undo_none"),
    )  # fmt: skip
    st.button(
        t("sidebar.reset", n=len(other)), key="reset", disabled=not other, on_click=state.reset, args=(other,),
        help=_moves(fields, PRESETS[base].model_dump()) if other else t("sidebar.as_preset"),
    )  # fmt: skip


MOST_MOVES = 5
"""So many fields are named with what they are set back to."""


def _moves(now: Mapping[str, Any], then: Mapping[str, Any]) -> str:
    """What becomes of which field, one line each."""
    names = [row for row in Scenario.fields() if now[row["name"]] != then[row["name"]]]
    lines = [f"{field_label(row)}: {_value(row, now)} → {_value(row, then)}" for row in names[:MOST_MOVES]]
    return "  \n".join(lines + ["…"] * (len(names) > MOST_MOVES))


def _value(row: dict[str, Any], fields: Mapping[str, Any]) -> str:
    value = fields[row["name"]]
    if row["choices"]:
        return t(f"choices.{row['name']}.{value}")
    if isinstance(value, bool):
        return t("report.yes" if value else "report.no")
    if not isinstance(value, int | float) or row["name"] == "seed":
        return str(value)
    return number(shown(row, value))


def _weights() -> None:
    with st.container(key="weights"):
        _weight_presets()
        for row in fields_of("weights"):
            if not row["advanced"]:
                _widget(row)


def _group(group: str) -> None:
    """A group of fields, folded, and what is set in one line under it."""
    rows = [row for row in fields_of(group) if _shown(row)]
    plain = [row for row in rows if not row["advanced"] and group != "weights"]
    advanced = [row for row in rows if row["advanced"]]
    with st.container(gap=None, key=f"fields_{group}"):
        folded = st.expander(t(f"groups.{group}"), key=f"group.{group}", on_change="rerun")
        if folded.open or near.everything:  # what is folded costs every change a widget
            with folded:
                for row in plain:
                    _widget(row)
                if advanced and (not plain or st.toggle(t("sidebar.advanced"), key=f"advanced.{group}")):
                    for row in advanced:
                        _widget(row)
        _summary(group)


def _summary(group: str) -> None:
    """What is set, and a button that takes back what is not as in the preset."""
    fields, base = st.session_state[state.FIELDS], st.session_state[state.BASE]
    names = [row["name"] for row in fields_of(group) if group != "weights" or row["advanced"]]
    other = [name for name in state.differing(fields, base) if name in names]
    words = {row["name"]: _value(row, fields) for row in fields_of(group)}
    numbers = {name: fields[name] for name in ("stations", "transformers") if name in words}
    cars = _cars() if group == "arrivals" else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"summary_{group}"):
        st.caption(t(f"summary.{group}", **{**words, **numbers}) + cars)
        if other:
            st.button(
                t("sidebar.reset_some", n=len(other)), key=f"reset.{group}", type="tertiary", on_click=state.reset,
                args=(other,), width="content",
                help=_moves({**fields}, {**fields, **{n: getattr(PRESETS[base], n) for n in other}}),
            )  # fmt: skip


def _cars() -> str:
    """How many cars come in the run that is set, and how many are to be expected; nothing where neither is known."""
    try:
        scenario = Scenario.parse(st.session_state[state.FIELDS])
        here = len(runs.world(scenario).sessions)
        if scenario.own_sessions is not None:
            return t("summary.cars_own", cars=here)
        return t("summary.cars", cars=here, expected=expected_cars(scenario))
    except EnerV2GizeError:  # said beside the fields, and on the page
        return ""


def _shown(row: dict[str, Any]) -> bool:
    fields = st.session_state[state.FIELDS]
    own = {name: fields[name] for name in Scenario.carried_fields()}
    return row["name"] not in replaced_by(own) and applies(
        row, lambda name: effective(name, st.session_state.get(state.widget_key(name), fields[name]), own)
    )


def _weight_presets() -> None:
    fields = st.session_state[state.FIELDS]
    now = tuple(fields[name] for name in WEIGHT_FIELDS)
    st.session_state["weight_preset"] = next((name for name, weights in WEIGHTS.items() if weights == now), None)
    st.segmented_control(
        t("sidebar.weights_preset"),
        list(WEIGHTS),
        format_func=named("weight_presets.{}"),
        key="weight_preset",
        on_change=_apply_weights,
    )


def _apply_weights() -> None:
    weights = WEIGHTS.get(st.session_state["weight_preset"])
    if weights:
        state.set_fields(dict(zip(WEIGHT_FIELDS, weights, strict=True)))


def _widget(row: dict[str, Any]) -> None:
    name, fields = row["name"], st.session_state[state.FIELDS]
    key = state.widget_key(name)
    if key not in st.session_state:
        st.session_state[key] = fields[name]
    label, text = field_label(row), t(f"fields.{name}.meaning")
    if row["type"] == "boolean":
        value = st.toggle(label, key=key, help=text)
    elif row["choices"]:
        value = _choice(row, label, text, key)
    elif row["type"] == "date":
        last = own_data.last_date(fields, row["maximum"])
        value = st.date_input(label, min_value=row["minimum"], max_value=last, key=key, help=text)
    else:
        value = _number(row, label, text, key)
    if value is not None:
        fields[name] = value


def _choice(row: dict[str, Any], label: str, text: str, key: str) -> Any:
    name, fields = row["name"], st.session_state[state.FIELDS]

    def keep() -> None:
        if st.session_state[key] in row["choices"]:
            fields[name] = st.session_state[key]

    # Said anew in every run: a browser knows options by their labels, and those of another language are unknown here.
    st.session_state[key] = fields[name]
    return st.selectbox(
        label, row["choices"], format_func=named(f"choices.{name}.{{}}"), key=key, help=text, on_change=keep
    )


def _number(row: dict[str, Any], label: str, text: str, key: str) -> Any:
    if shown(row, 1.0) != 1.0:
        return _money(row, label, text)
    whole = row["type"] == "integer"
    kind = int if whole else float
    low, high, step = (kind(row[x] if row[x] is not None else 1) for x in ("minimum", "maximum", "step"))
    shape = "%d" if whole else "%g"
    if (high - low) / step > MOST_SLIDER_STOPS:
        return st.number_input(label, low, high, step=step, format=shape, key=key, help=text)
    return st.slider(label, low, high, step=step, format=shape, key=key, help=text)


def _money(row: dict[str, Any], label: str, text: str) -> Any:
    """A price asked for in the currency shown; the field itself stays in euros."""
    name, fields = row["name"], st.session_state[state.FIELDS]
    key, rate = f"{state.widget_key(name)}.shown", shown(row, 1.0)
    low, high = shown(row, row["minimum"]), shown(row, row["maximum"])
    step = 10.0 ** math.floor(math.log10(rate * row["step"]))

    def keep() -> None:
        value = st.session_state[key]
        if value is not None:
            eur = min(max(float(f"{value / rate:.12g}"), row["minimum"]), row["maximum"])
            fields[name] = st.session_state[state.widget_key(name)] = eur

    # Said anew in every run: the rate may have changed.
    st.session_state[key] = min(max(shown(row, fields[name]), low), high)
    st.number_input(label, low, high, step=step, format="%g", key=key, help=text, on_change=keep)
    return fields[name]


def _file() -> None:
    folded = st.expander(t("sidebar.load"), key="group.file", on_change="rerun")
    if not (folded.open or near.everything):
        return
    with folded:
        st.file_uploader(
            t("sidebar.load"), type=["json", "yaml", "yml"], key="upload", max_upload_size=1,
            help=t("sidebar.load_help"), on_change=state.upload_scenario, label_visibility="collapsed",
        )  # fmt: skip
        message = st.session_state.get("upload_message")
        if message:
            kind, sentence = message
            (st.success if kind == "success" else st.error)(sentence)
        if st.session_state.get("upload_keys") and st.button(t("ev2gym_file.open"), key="upload.keys"):
            ev2gym_keys.show(st.session_state["upload_keys"])
        st.caption(t("sidebar.share"))
