"""What a page must say beside its results: prices that are not those of the day."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.scenario import Scenario, notices_of
from core.tariffs import Notice
from pages.ui.i18n import t


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
