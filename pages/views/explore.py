"""Explore: one scenario, one agent, against plug and charge."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core import figures
from core.accounts.explain import explain_station
from core.errors import EnerV2GizeError
from core.figures import findings
from core.figures.explore import RunFigure, Shown, run_figures
from pages.parts.explore import cards, details, peaks, policy, report, selections, stories, tour, v2g
from pages.ui import downloads, errors, families, i18n, near, notices, rewards, runs, words
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t

scenario = st.session_state["scenario"]
style = i18n.style(scenario)

top = st.container()


def draw_top() -> None:
    """The stories and the tour; after what a change is waited for, unless that takes long."""
    with top:
        stories.gallery()
        tour.tour()  # below: what a story's card says of itself stands above the card


agent = selections.choose_agent()
place = st.empty()
if families.say_unfit(scenario, agent):
    draw_top()
    st.stop()
slow = runs.must_wait(scenario, agent)
if slow:
    draw_top()
try:
    if slow:  # in a way that ends when the page is left or changed
        planning = t("explore.planning", agent=agent_name(agent))
        runs.prepare(scenario, agent, place, planning)
    result, reference = runs.run(scenario, agent, live=True), runs.reference(scenario)
except EnerV2GizeError as error:
    st.error(errors.sentence(error))
    if not slow:
        draw_top()
    st.stop()

sheet = Sheet()
with place:
    sheet.when(words.context(result))
words.headline(sheet, findings.headline(result, reference, style))
v2g_slot = v2g.place(result)
captured_slot = cards.draw(result, reference, style)
details.notes(sheet, result, reference, style)
notices.outside([scenario], [agent])
notices.rates([scenario])

station = selections.chosen_station(scenario)
cars = result.ledger.totals.cars > 0
if not cars:
    st.caption(t("explore.no_cars_charts"))


def draw_row(row: str, entries: Sequence[RunFigure]) -> None:
    """Figures side by side, and under those that can be clicked the station that was."""
    with st.container(key=f"side_{row}"):
        transformer = selections.choose_transformer(result) if row == "site" else None
        columns = st.columns([entry.width for entry in entries], gap="medium")
    shown = Shown(result, reference, style, station, transformer)
    for entry, column in zip(entries, columns, strict=True):
        with column:
            sheet.chart(entry.draw(shown), entry.name, on_pick=selections.pick_station if entry.picks else None)
    if any(entry.picks for entry in entries):
        # Under the figure that was clicked, with the site in view.
        picked = selections.choose_station(scenario)
        with st.container():
            if picked is not None:
                steps = explain_station(result.world, result.trace, picked)
                sheet.chart(figures.station_detail(result, reference, picked, steps, style), "station_detail")
                details.steps_table(steps, style)
        tour.reveal(picked)
    if row == "peaks":
        peaks.cards(result, reference, style)


def draw_policy() -> None:
    """What the agent does with one car, and what the weights change about the day."""
    slot = policy.draw(sheet, result, style)
    said = policy.say_weights(slot, result, style)
    sheet.sentences += [said] if said else []


def draw_end() -> None:
    """The original's rewards, sources of prices, and EV2Gym's own figures."""
    if len(both) > 1 and cars:
        rewards.draw(sheet, rewards.rows_of(both), style)
    details.sources(result)
    details.ev2gym_statistics(result, style)


def say_possible() -> str:
    """What would have been possible, and what V2G does; returns the share of it in words."""
    share = cards.captured_card(captured_slot, result, reference, style)
    sheet.sentences.append(v2g.say(v2g_slot, result, style))
    return share


both = list({run.trace.agent: run for run in (result, reference)}.values())
rows = {row: entries for row, entries in run_figures().items() if cars or row in ("site", "peaks")}
if not cars and not result.world.base_load_kw.any():
    rows = {}
first, *others = rows or [""]
if first:
    draw_row(first, rows[first])
if not slow:
    draw_top()
# The bound may take seconds on large sites: everything else is on screen by then.
late = runs.must_wait(scenario, runs.BOUND)
share = "" if late else say_possible()
if "peaks" not in rows:
    peaks.cards(result, reference, style)
below = {row: partial(draw_row, row, rows[row]) for row in others} | ({"policy": draw_policy} if cars else {})
near.sections({**below, "end": draw_end})
if late:
    share = say_possible()


def tables() -> dict[str, pd.DataFrame]:
    """What is to be taken away, and the report's own tables."""
    report.tables(sheet, result, reference, style, share)
    return {
        "steps": result.ledger.steps, "sessions": result.ledger.sessions, "rewards": rewards.rows_of(both)
    }  # fmt: skip


downloads.bar(sheet, scenario, style, tables, [agent, runs.REFERENCE], "explore", f"explore-{agent}", both)
