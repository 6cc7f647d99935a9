"""What a page must say beside its results: prices that are not those of the day, agents outside what they know."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.agents import learned
from core.agents.registry import AGENTS
from core.errors import AgentError
from core.figures.style import number
from core.scenario import Scenario, notices_of
from core.tariffs import Notice
from pages.ui.i18n import after, shown, t

CLOCK = "o'clock"

FIELDS = {row["name"]: row for row in Scenario.fields()}
"""Rows of `Scenario.fields` by name."""


def sentence(notice: Notice) -> str:
    """A notice in the language in force."""
    return t(f"tariffs.{notice.key}", **dict(notice.values))


def rates(scenarios: Sequence[Scenario]) -> None:
    """Say whose rates are used where they are not those in force: once a kind, and how many scenarios it concerns."""
    # Always a place, so that what follows keeps its own.
    with st.container():
        for notice, n in notices_of(scenarios).items():
            more = f" {t('tariffs.so_often', n=n, of=len(scenarios))}" if len(scenarios) > 1 else ""
            st.info(sentence(notice) + more)


def outside(scenarios: Sequence[Scenario], names: Sequence[str]) -> None:
    """Say which fields lie outside what learned agents among `names` were trained on, and by how much."""
    lines = beyond(scenarios, names)
    # Always a place, so that what follows keeps its own.
    with st.container():
        if lines:
            st.warning(t("learned.outside", fields="; ".join(lines)))


def beyond(scenarios: Sequence[Scenario], names: Sequence[str]) -> list[str]:
    """One clause a field that lies outside, at its farthest, and one a choice that was never seen in training.

    Agents whose card cannot be read say so elsewhere.
    """
    farthest: dict[str, learned.Outside] = {}
    unseen: dict[tuple[str, str | bool], learned.Unseen] = {}
    for name in names:
        if name not in AGENTS or not AGENTS[name].learned:
            continue
        try:
            card = learned.card(name, learned.FOLDER)
        except AgentError:
            continue
        if "trained_ranges" not in card:  # for a site of one size, which is said where it does not fit
            continue
        for scenario in scenarios:
            for found in learned.outside(scenario, card["trained_ranges"]):
                known = farthest.get(found.field)
                if scenario.matters(FIELDS[found.field]) and (known is None or found.beyond > known.beyond):
                    farthest[found.field] = found
            for choice in learned.unseen(scenario, card["trained_choices"]):
                if scenario.matters(FIELDS[choice.field]):
                    unseen[choice.field, choice.value] = choice
    return [*(_clause(found) for found in farthest.values()), *(_choice(choice) for choice in unseen.values())]


def _clause(found: learned.Outside) -> str:
    row = FIELDS[found.field]
    key = "learned.outside_only" if found.low == found.high else "learned.outside_field"
    return t(
        key, title=t(f"fields.{found.field}.title"), value=shown(row, found.value), low=shown(row, found.low),
        high=shown(row, found.high), beyond=_with_unit(shown(row, found.beyond), row["unit"]),
    )  # fmt: skip


def _choice(choice: learned.Unseen) -> str:
    value = choice.value
    said = t(f"learned.{'on' if value else 'off'}") if isinstance(value, bool) else t(f"choices.{choice.field}.{value}")
    return t("learned.unseen_field", title=t(f"fields.{choice.field}.title"), value=said)


def _with_unit(value: float, unit: str) -> str:
    # How far two hours of the day are apart is no hour of the day.
    return f"{number(float(f'{value:.4g}'))}{after('h' if unit == CLOCK else unit)}"
