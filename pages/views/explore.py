"""Explore: one scenario, one agent, against plug and charge."""

from __future__ import annotations

import streamlit as st

from core import figures
from core.accounts.explain import explain_station
from core.errors import EnerV2GizeError
from core.figures import findings
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
with st.container(key="side_stations"):
    wide, narrow = st.columns([62, 38], gap="medium")
with wide:
    sheet.chart(figures.power_map(result, style, station=station), "power_map", on_pick=explore.pick_station)
with narrow:
    sheet.chart(
        figures.station_bars(result, reference, style, station=station), "station_bars", on_pick=explore.pick_station
    )

with st.container(key="side_site"):
    transformer = explore.choose_transformer(result)
    left, right = st.columns(2, gap="medium")
with left:
    sheet.chart(figures.site_power(result, reference, style, transformer=transformer), "site_power")
with right:
    sheet.chart(figures.stakeholder_ledger(result, reference, style), "stakeholder_ledger")

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
