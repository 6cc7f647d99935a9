"""What pages other than Explore are asked for besides the scenario: kept in the session and in the page's address.

The session keeps plain texts under `CHOICES`, as the address writes them; a choice that is not made takes its default
and stays out of the address. Widgets are seeded from the texts and write back to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.agents.registry import AGENTS
from pages.ui.i18n import foreign, t

CHOICES = "choices"

OF_PAGE: dict[str, tuple[str, ...]] = {
    "compare": ("agents", "against", "one", "other", "pins", "columns"),
    "robustness": ("agents", "against", "over", "n", "indicator", "station_eur", "years", "rate_percent", "stopped"),
    "tradeoffs": (
        "view",
        "agents",
        "against",
        "field",
        "from",
        "to",
        "field2",
        "from2",
        "to2",
        "points",
        "days",
        "indicator",
        "axes",
        "price",
        "price_from",
        "price_to",
        "reach",
        "stopped",
    ),
    "agents": ("card", "setting", "policy", "policy2"),
    "stations": ("source", "capacity"),
    "data": ("series", "model"),
}
"""Names of choices by page; the same name on two pages is the same choice."""

LONGEST = 4000
"""Characters of one choice in an address; longer ones are cut, and then say what they are."""


def known() -> set[str]:
    """Every choice that an address may hold."""
    return {name for names in OF_PAGE.values() for name in names}


def load(query: Mapping[str, str]) -> None:
    """Take choices from an address."""
    st.session_state[CHOICES] = {name: query[name][:LONGEST] for name in known() if query.get(name)}


def of_page(page: str) -> dict[str, str]:
    """What the page's address says of its choices."""
    made = st.session_state.get(CHOICES, {})
    return {name: made[name] for name in OF_PAGE.get(page, ()) if name in made}


def get(name: str) -> str | None:
    """A choice as text; None where it was not made."""
    text: str | None = st.session_state[CHOICES].get(name)
    return text


def put(name: str, text: str | None) -> None:
    """Make a choice, or take it back. Before the page's address is written: in callbacks."""
    made = st.session_state[CHOICES]
    if text:
        made[name] = text
    else:
        made.pop(name, None)


REFUSED = "refused_choices"
"""Sentences about choices of an address that cannot be made, by name; each stays until that choice is made."""


def refuse(name: str, label: str, value: str, allowed: Sequence[str]) -> None:
    """Take back a choice that cannot be made, and say so."""
    put(name, None)
    listed = ", ".join(allowed[:MOST_LISTED]) + (" …" if len(allowed) > MOST_LISTED else "")
    said = t("errors.choice", field=label, value=foreign(value), allowed=listed)
    st.session_state.setdefault(REFUSED, {})[name] = said


def made(name: str) -> None:
    """A choice was made: what was wrong with the one before is forgotten."""
    st.session_state.get(REFUSED, {}).pop(name, None)


def say_refused(name: str) -> None:
    """Say why the choice of an address could not be made, until another is."""
    said = st.session_state.get(REFUSED, {}).get(name)
    if said:
        st.warning(said)


MOST_LISTED = 16
"""So many allowed values are named."""


def one_of(
    name: str, label: str, options: Sequence[Any], default: Any, format_func: Callable[[Any], str],
    resets: Sequence[str] = (), **more: Any,
) -> Any:  # fmt: skip
    """A select box whose choice is in the address; a new choice takes back those in `resets`."""
    key = f"choice.{name}"
    by_text = {str(option): option for option in options}

    asked = get(name)
    # An agent is no option before it has run, but may become one.
    if asked and asked not in by_text and asked not in AGENTS:
        refuse(name, label, asked, list(by_text))

    def keep() -> None:
        value = st.session_state[key]
        if value in options:
            made(name)
            put(name, None if value == default else str(value))
            for other in resets:
                put(other, None)

    # Always as the text says: an option may come into being later, when its agent has run.
    st.session_state[key] = by_text.get(get(name) or "", default)
    picked = st.selectbox(label, options, format_func=format_func, key=key, on_change=keep, **more)
    say_refused(name)
    return picked


def number(name: str, label: str, default: float, *, step: float, whole: bool, rate: float = 1.0) -> float:
    """A number whose choice is in the address; NaN where the address holds none. Whoever asks judges it.

    The widget shows it multiplied by `rate`.
    """
    key, kind = f"choice.{name}", int if whole else float

    def keep() -> None:
        value = st.session_state[key]
        put(name, None if value is None or value == kind(default * rate) else f"{value / rate:.10g}")

    try:
        asked = float(get(name) or default)
        st.session_state[key] = kind(float(f"{asked * rate:.10g}"))
    except (ValueError, OverflowError):
        asked = float("nan")
        st.session_state[key] = kind(default * rate)
    st.number_input(label, step=kind(step * rate), format="%d" if whole else "%g", key=key, on_change=keep)
    return asked


def view(options: Sequence[str], label: str, format_func: Callable[[Any], str], name: str = "view") -> str:
    """Which part of a page to show; the choice is in the address."""
    key = f"choice.{name}"

    def keep() -> None:
        value = st.session_state[key]
        if value in options:
            made(name)
            put(name, None if value == options[0] else value)

    asked = get(name)
    if asked and asked not in options:
        refuse(name, label, asked, list(options))
    st.session_state[key] = asked if asked in options else options[0]
    picked = st.segmented_control(
        label, options, format_func=format_func, key=key, on_change=keep, label_visibility="collapsed", required=True
    )
    say_refused(name)
    return str(picked or options[0])
