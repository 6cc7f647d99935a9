"""What is looked at on Stations: a day, an agent, a station."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.agents.registry import AGENTS, everywhere
from core.scenario import PRESETS, Scenario
from core.world import World
from pages.ui import choices, families, notices, runs, state
from pages.ui.i18n import agent_name, named, t

ORIGINAL = "busan-original"
WEEK = tuple(dt.date(2023, 10, 3) + dt.timedelta(days=n) for n in range(7))
"""The days of the original project's page."""


def choose_source() -> str:
    """A run of the scenario, or a file of results."""
    return choices.view(["scenario", "file"], t("stations.source"), named("stations.source_{}"), name="source")


def choose_day(scenario: Scenario) -> DeltaGenerator:
    """The date, in the scenario; the original's days and its site one click away.

    Returns
    -------
    DeltaGenerator
        Place beside the date for the station, which the day decides.
    """

    def set_date(key: str) -> None:
        chosen = st.session_state[key]
        if isinstance(chosen, dt.date):
            state.set_fields({"date": chosen})

    row = notices.FIELDS["date"]
    st.session_state["stations.date"] = scenario.date
    st.session_state["stations.week"] = scenario.date if scenario.date in WEEK else None
    left, slot, middle, right = st.columns([16, 12, 48, 24], gap="medium", vertical_alignment="bottom")
    left.date_input(
        t("fields.date.title"), min_value=row["minimum"], max_value=row["maximum"], key="stations.date",
        on_change=set_date, args=("stations.date",),
    )  # fmt: skip
    middle.pills(
        t("stations.week"), WEEK, format_func="{:%m-%d}".format, key="stations.week", wrap=True,
        on_change=set_date, args=("stations.week",),
    )  # fmt: skip
    is_there = all(
        getattr(scenario, name) == value
        for name, value in PRESETS[ORIGINAL].model_dump(exclude={"date", "seed"}).items()
    )
    right.button(
        t("stations.original"), key="stations.original", help=t(f"presets.{ORIGINAL}.description"), disabled=is_there,
        on_click=state.set_fields, args=(PRESETS[ORIGINAL].model_dump(exclude={"date", "seed"}),), width="stretch",
    )  # fmt: skip
    return slot


def choose_agent() -> str:
    """Whose day plays."""

    def keep(agent: str) -> None:
        st.session_state["chosen_agent"] = agent

    return families.one_with_words("stations.agent", st.session_state["chosen_agent"], keep)


def ranked_agents(scenario: Scenario, chosen: str) -> list[str]:
    """Agents that are ranked: the one that is chosen, all that serve any site, and the best of those for this one."""
    shown = {chosen, *families.telling(scenario), *everywhere()}
    return [name for name in AGENTS if name in shown]


def say_left_out(scenario: Scenario, ranked: Sequence[str]) -> None:
    """Say who is not in the ranking yet."""
    missing = [agent_name(name) for name in ranked if runs.must_wait(scenario, name)]
    if missing:
        st.caption(t("stations.left_out", agents=", ".join(missing)))


def station_of(world: World) -> int:
    """The chosen station, where the site has it; else the first to which a car comes."""
    station: int | None = st.session_state["station"]
    if station is not None and station < world.scenario.stations:
        return station
    return int(world.sessions.station.min()) if len(world.sessions) else 0


def pick_station(station: int) -> None:
    """A click on a station."""
    st.session_state["station"] = station


def choose_station(numbers: Sequence[int], place: int, key: str, pick: Callable[[int], None]) -> None:
    """The same choice from a list; `place` counts `numbers`."""

    def keep() -> None:
        asked: Any = st.session_state[key]
        if isinstance(asked, int):
            pick(asked)

    st.session_state[key] = place
    st.selectbox(
        t("explore.station"), range(len(numbers)), key=key, on_change=keep, format_func=lambda i: str(numbers[i])
    )
