"""What is looked at on Explore: an agent, a station, a transformer."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.accounts.ledger import overload_kw, transformer_power_kw
from core.scenario import Scenario
from core.studies.run import Result
from pages.ui import families, i18n
from pages.ui.i18n import t


def choose_agent() -> str:
    """The agent chooser with one line about the choice."""

    def keep(agent: str) -> None:
        st.session_state["chosen_agent"] = agent

    return families.one_with_words("agent", st.session_state["chosen_agent"], keep)


def chosen_station(scenario: Scenario) -> int | None:
    """The chosen station, where the site has it."""
    station: int | None = st.session_state["station"]
    return station if station is not None and station < scenario.stations else None


def pick_station(station: int) -> None:
    """A click on a figure."""
    st.session_state["station"] = station


def choose_station(scenario: Scenario) -> int | None:
    """The same choice without a mouse."""

    def keep() -> None:
        station = st.session_state["station_box"]
        st.session_state["station"] = station if isinstance(station, int) else None

    st.session_state["station_box"] = chosen_station(scenario)
    station: int | None = st.selectbox(
        t("explore.station_title"),
        range(scenario.stations),
        format_func=f"{t('explore.station')} {{}}".format,
        placeholder=t("explore.station_pick"),
        key="station_box",
        on_change=keep,
    )
    return station


def choose_transformer(result: Result) -> int | None:
    """Which transformer to show, where there are several: first the one that is loaded most."""
    n = result.scenario.transformers
    if n == 1:
        return None
    power = transformer_power_kw(result.world, result.trace)
    over = overload_kw(result.world, power).sum(axis=1)
    # An event can lower a limit to nothing.
    most = int((over * 1e6 + (power / np.maximum(result.world.limit_kw, 1e-3)).max(axis=1)).argmax())
    options = [most, *(i for i in range(n) if i != most), None]
    one, together = t("explore.transformer"), t("explore.transformer_all")
    choice: int | None = st.selectbox(
        one,
        options,
        format_func=lambda i: together if i is None else f"{one} {i}",
        key=f"transformer.{i18n.language()}",
    )
    return choice
