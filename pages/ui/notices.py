"""What a page must say beside its results: prices that are not those of the day."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.scenario import Scenario
from core.tariffs import Notice
from pages.ui.i18n import t


def sentence(notice: Notice) -> str:
    """A notice in the language in force."""
    return t(f"tariffs.{notice.key}", **dict(notice.values))


def rates(scenarios: Sequence[Scenario]) -> None:
    """Say whose rates are used where they are not those in force: one sentence of each kind, and how often it holds."""
    first: dict[str, str] = {}
    count: dict[str, int] = {}
    for scenario in scenarios:
        for notice in scenario.notices:
            first.setdefault(notice.key, sentence(notice))
            count[notice.key] = count.get(notice.key, 0) + 1
    # Always a place, so that what follows keeps its own.
    with st.container():
        for key, said in first.items():
            if len(scenarios) > 1:
                said = f"{said} {t('tariffs.so_often', n=count[key], of=len(scenarios))}"
            st.info(said)
