"""Explore: one scenario, one agent, against plug and charge."""

from __future__ import annotations

import streamlit as st

from core import figures
from core.accounts.explain import explain_station
from core.errors import EnerV2GizeError
from core.figures import findings
from core.figures.explore import Shown, run_figures
from pages.parts.explore import cards, details, peaks, policy, report, selections, stories, tour, v2g
from pages.ui import downloads, errors, families, i18n, notices, rewards, runs, words
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t

scenario = st.session_state["scenario"]
style = i18n.style(scenario)

tour.tour()
stories.gallery()
agent = selections.choose_agent()
place = st.empty()
if families.say_unfit(scenario, agent):
    st.stop()
try:
    if runs.must_wait(scenario, agent):  # in a way that ends when the page is left or changed
        planning = t("explore.planning", agent=agent_name(agent))
        runs.prepare(scenario, agent, place, planning)
    result, reference = runs.run(scenario, agent), runs.reference(scenario)
except EnerV2GizeError as error:
    st.error(errors.sentence(error))
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
for row, entries in run_figures().items():
    if not cars and (row not in ("site", "peaks") or not result.world.base_load_kw.any()):
        continue
    with st.container(key=f"side_{row}"):
        transformer = selections.choose_transformer(result) if row == "site" else None
        columns = st.columns([entry.width for entry in entries], gap="medium")
    shown = Shown(result, reference, style, station, transformer)
    for entry, column in zip(entries, columns, strict=True):
        with column:
            sheet.chart(entry.draw(shown), entry.name, on_pick=selections.pick_station if entry.picks else None)
    if any(entry.picks for entry in entries):
        # Under the figure that was clicked, with the site in view.
        station = selections.choose_station(scenario)
        with st.container():
            if station is not None:
                steps = explain_station(result.world, result.trace, station)
                sheet.chart(figures.station_detail(result, reference, station, steps, style), "station_detail")
                details.steps_table(steps, style)
        tour.reveal(station)
peaks.cards(result, reference, style)

weights_slot = policy.draw(sheet, result, style) if cars else None

both = list({run.trace.agent: run for run in (result, reference)}.values())
scores = rewards.rows_of(both)
if len(both) > 1 and cars:
    rewards.draw(sheet, scores, style)

details.sources(result)
details.ev2gym_statistics(result, style)

# The bound may take seconds on large sites: everything else is on screen by then.
share = cards.captured_card(captured_slot, result, reference, style)
sheet.sentences.append(v2g.say(v2g_slot, result, style))
if weights_slot is not None:
    said = policy.say_weights(weights_slot, result, style)
    sheet.sentences += [said] if said else []

report.tables(sheet, result, reference, style, share)
ledger = {"steps": result.ledger.steps, "sessions": result.ledger.sessions, "rewards": scores}
downloads.bar(sheet, scenario, style, ledger, [agent, runs.REFERENCE], "explore", f"explore-{agent}", both)
