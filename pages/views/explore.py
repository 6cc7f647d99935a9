"""Explore: one scenario, one agent, against plug and charge."""

from __future__ import annotations

import streamlit as st

from core import figures
from core.accounts.explain import explain_station
from core.errors import EnerV2GizeError
from core.figures import findings
from core.figures.explore import Shown, run_figures
from pages.ui import agents, downloads, errors, explore, i18n, notices, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import t

scenario = st.session_state["scenario"]
style = i18n.style(scenario)

agent = explore.choose_agent()
place = st.empty()
try:
    if runs.must_wait(scenario, agent):  # in a way that ends when the page is left or changed
        words = t("explore.planning", agent=t(f"agents.{agent}.name"))
        runs.prepare(scenario, agent, lambda share: place.progress(share, words))
    result, reference = runs.run(scenario, agent), runs.reference(scenario)
except EnerV2GizeError as error:
    st.error(errors.sentence(error))
    st.stop()

sheet = Sheet()
with place:
    sheet.when(explore.context(result))
explore.headline(sheet, findings.headline(result, reference, style))
v2g_slot = explore.v2g_place(result)
captured_slot = explore.cards(result, reference, style)
explore.notes(sheet, result, reference, style)
agents.notice([scenario], [agent])
notices.rates([scenario])

station = explore.chosen_station(scenario)
for row, entries in run_figures().items():
    with st.container(key=f"side_{row}"):
        transformer = explore.choose_transformer(result) if row == "site" else None
        columns = st.columns([entry.width for entry in entries], gap="medium")
    shown = Shown(result, reference, style, station, transformer)
    for entry, column in zip(entries, columns, strict=True):
        with column:
            sheet.chart(entry.draw(shown), entry.name, on_pick=explore.pick_station if entry.picks else None)

station = explore.choose_station(scenario)
with st.container():
    if station is not None:
        steps = explain_station(result.world, result.trace, station)
        sheet.chart(figures.station_detail(result, reference, station, steps, style), "station_detail")
        explore.steps_table(steps, style)

explore.sources(result)
explore.ev2gym_statistics(result)

# The bound may take seconds on large sites: everything else is on screen by then.
share = explore.captured_card(captured_slot, result, reference, style)
sheet.sentences.append(explore.v2g_share(v2g_slot, result, style))

explore.tables(sheet, result, reference, style, share)
ledger = {"steps": result.ledger.steps, "sessions": result.ledger.sessions}
downloads.bar(sheet, scenario, style, ledger, [agent, runs.REFERENCE], "explore", f"explore-{agent}")
