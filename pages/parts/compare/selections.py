"""Whom Compare compares."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.scenario import Scenario
from pages.ui import choices, families, runs
from pages.ui.i18n import named, t


def choose(scenario: Scenario) -> tuple[list[str], str]:
    """The agents and the one they are measured against."""
    left, right = st.columns([70, 30], gap="medium")
    with left:
        names = families.several(families.quick(scenario), scenario)
    with right:
        against = families.against(names)
    return names, against


def choose_two(names: Sequence[str], against: str) -> tuple[str, str]:
    """Two agents to tell apart; at first the best without foresight and the reference."""
    others = [name for name in names if name != against]
    first = next((name for name in others if name != runs.BOUND), next(iter(others), against))
    left, right = st.columns(2, gap="medium")
    with left:
        one = choices.one_of("one", t("compare.one"), list(names), first, named("agents.{}.name"))
    with right:
        other = choices.one_of("other", t("compare.other"), list(names), against, named("agents.{}.name"))
    return one, other
