"""What links say of a visitor's own data, and what a session knows of them; for any of `Scenario.carried_fields`."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import TypeAdapter, ValidationError

from core.data_in.carried import FILE, Carried, needed
from core.data_in.words import DataError
from core.scenario import Scenario
from pages.ui import errors
from pages.ui.i18n import t

WANTED = "own_data.wanted"
"""Fields for which a link named a file: hash of the data, by field."""
SEEN = "own_data.seen"
"""Data of this session by field, the newest last: to use again what was dropped."""
MOST_SEEN = 4


def from_link(raw: dict[str, Any]) -> list[str]:
    """Take own data out of a link's raw values: small ones are read in place, large ones are asked for.

    Parameters
    ----------
    raw : dict
        Texts by field; texts of data become objects, and what cannot be read leaves.

    Returns
    -------
    list of str
        What is wrong, in sentences.
    """
    problems, wanted = [], {}
    for name in Scenario.carried_fields():
        text = raw.pop(name, None)
        if text is None:
            continue
        if needed(text):
            wanted[name] = needed(text)
            continue
        try:
            raw[name] = read_field(name, text)
        except DataError as error:
            problems.append(sentence(name, error))
    st.session_state[WANTED] = wanted
    return problems


def read_field(name: str, value: object) -> Carried:
    """What a field's text says. Raises `DataError`."""
    try:
        data = TypeAdapter(Scenario.model_fields[name].annotation).validate_python(value)
    except ValidationError as error:
        cause = error.errors()[0].get("ctx", {}).get("error")
        raise getattr(cause, "problem", DataError("damaged")) from None
    if not isinstance(data, Carried):
        raise DataError("damaged")
    return data


def to_link() -> dict[str, str]:
    """What a link still says of data that it named and that nobody has added."""
    return {name: f"{FILE}{hash_}" for name, hash_ in st.session_state.get(WANTED, {}).items()}


def remember(name: str, data: Carried) -> None:
    """Keep data in the session, a few of each kind."""
    seen = st.session_state.setdefault(SEEN, {})
    before = [old for old in seen.get(name, ()) if old != data]
    seen[name] = [*before, data][-MOST_SEEN:]


def seen(name: str) -> list[Carried]:
    """Data that this session has used in a field, the newest last."""
    kept: list[Carried] = st.session_state.get(SEEN, {}).get(name, [])
    return kept


def title(name: str) -> str:
    """What a field's data are called."""
    return t(f"own_data.field.{name}")


def sentence(name: str, error: DataError) -> str:
    """What is wrong with data in a field."""
    return f"{title(name)}: {errors.data_sentence(error)}"
