"""A visitor's own data on every page: in the session alone, never in a file here, and what links and the sidebar say.

Works for any field of `Scenario.carried_fields`; its words stand under ``own_data.kind.KIND``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from core.data_in.carried import Carried
from core.data_in.words import DataError
from core.errors import ScenarioError
from core.scenario import Scenario
from pages.ui import errors, state
from pages.ui.i18n import foreign, t
from pages.ui.own_links import WANTED, remember, sentence, title

SAID = "own_data.said"
UPLOAD_MB = 8
"""Of a file of a visitor's own data."""


# --- links ------------------------------------------------------------------------------------------------------------
def ask() -> None:
    """Where a link needs files that are not here: say so in one sentence, and take them."""
    wanted: Mapping[str, str] = st.session_state.get(WANTED, {})
    # Always a place, so that what follows keeps its own.
    with st.container():
        if not wanted:
            return
        names = ", ".join(title(name) for name in wanted)
        st.warning(t("own_data.link_needs", what=names))
        left, right = st.columns([70, 30], gap="medium", vertical_alignment="bottom")
        with left:
            st.file_uploader(
                t("own_data.link_upload"), type=["json"], key="own_data.wanted_file", max_upload_size=1,
                on_change=_take_wanted, help=t("own_data.link_upload_help"),
            )  # fmt: skip
        with right:
            st.button(t("own_data.link_without"), key="own_data.without", on_click=_forget_wanted)


def _take_wanted() -> None:
    """Callback: of a scenario file, the data that the link names."""
    file = st.session_state.get("own_data.wanted_file")
    if file is None:
        return
    try:
        scenario = Scenario.from_json(file.getvalue())
    except ScenarioError as error:
        _say("error", errors.file_sentence(file.getvalue(), error))
        return
    found = False
    for name, hash_ in dict(st.session_state[WANTED]).items():
        data = scenario.carried.get(name)
        if data is not None and data.hash == hash_:
            use(name, data)
            found = True
    if not found:
        _say("error", t("own_data.link_other_file", file=foreign(file.name)))


def _forget_wanted() -> None:
    st.session_state[WANTED] = {}


# --- use and drop -----------------------------------------------------------------------------------------------------
def use(name: str, data: Carried) -> None:
    """Callback: put data into the scenario; where they do not cover its day, the nearest day that they do."""
    fields = {**st.session_state[state.FIELDS], name: data}
    try:
        changes = _possible(fields, data.must_fit())
    except DataError as error:
        _say("error", sentence(name, error))
        return
    except ScenarioError as error:
        _say("error", t("own_data.no_day", what=title(name), problem=errors.rule_sentence(error)))
        return
    state.set_fields({name: data, **changes})
    remember(name, data)
    wanted = {**st.session_state.get(WANTED, {})}
    wanted.pop(name, None)
    st.session_state[WANTED] = wanted
    said = t("own_data.used", what=title(name))
    if "date" in changes:
        said += " " + t("own_data.moved", date=changes["date"].isoformat())
    if "length_h" in changes:
        said += " " + t("own_data.shortened", hours=changes["length_h"])
    _say("success", said)


def drop(name: str) -> None:
    """Callback: take data out of the scenario; the session still knows them."""
    fields = {**st.session_state[state.FIELDS], name: None}
    changes: dict[str, Any] = {name: None}
    try:
        Scenario.parse(fields)
    except ScenarioError:  # a date that only these data had
        changes["date"] = Scenario().date
    state.set_fields(changes)
    st.session_state.pop(SAID, None)


def _possible(fields: Mapping[str, Any], data: Carried) -> dict[str, Any]:
    """What has to change in `fields` so that they can be run: nothing, the date, or date and hours.

    Raises
    ------
    ScenarioError
        Where nothing helps.
    """
    try:
        Scenario.parse(fields)
    except ScenarioError as error:
        first = error
    else:
        return {}
    whole_day = {"start_hour": 0, "length_h": 24.0}
    for hours in ({}, whole_day):
        for date in _nearest(data.dates, fields["date"]):
            try:
                Scenario.parse({**fields, "date": date, **hours})
            except ScenarioError:
                continue
            return {"date": date, **hours}
    raise first


def _nearest(dates: Iterable[dt.date], date: dt.date) -> list[dt.date]:
    return sorted(dates, key=lambda day: (abs((day - date).days), day))


def last_date(fields: Mapping[str, Any], otherwise: dt.date) -> dt.date:
    """Last date that own data or the data that ship allow."""
    own = [data.dates[-1] for name in Scenario.carried_fields() if (data := fields.get(name)) and data.dates]
    return max([otherwise, *own])


# --- what is shown ----------------------------------------------------------------------------------------------------
def sidebar() -> None:
    """Which own data are in use, each with a button that drops it."""
    fields = st.session_state[state.FIELDS]
    # Always a place, so that what follows keeps its own.
    with st.container():
        for name in Scenario.carried_fields():
            if fields.get(name) is None:
                continue
            with st.container(border=True, key=f"own.{name}"):
                st.caption(t("own_data.in_use", what=title(name)))
                st.button(t("own_data.drop"), key=f"own.drop.{name}", on_click=drop, args=(name,), width="stretch")


def message() -> None:
    """What the last use of data led to, once it is on screen."""
    with st.container():
        said = st.session_state.get(SAID)
        if said:
            kind, text = said
            (st.success if kind == "success" else st.error)(text)


def _say(kind: str, text: str) -> None:
    st.session_state[SAID] = (kind, text)
