"""Agents: how good each is on days that none was trained on, and a card for each."""

from __future__ import annotations

import streamlit as st

from core.figures import agents as figures
from core.studies import measured as quality
from pages.ui import agents, downloads, i18n
from pages.ui.charts import Sheet
from pages.ui.i18n import t

scenario = st.session_state["scenario"]
style = i18n.style(scenario)
measured = quality.load(agents.FOLDER)

sheet = Sheet()
held, stock = measured.get("held_out"), measured.get("stock")
rows = None
if held:
    sheet.headline_chart(figures.captured(held, "held_out", style), "captured")
else:
    sheet.say(t("learned.unmeasured"))
agents.inside(scenario)
damaged = agents.damaged()
if held:
    rows = agents.figures_of(held)
    agents.comparison(sheet, held, style, "held_out")
    if held.get("groups"):
        sheet.chart(figures.group_map(held, style), "group_map")
if stock:
    sheet.chart(figures.captured(stock, "stock", style), "stock")
if held:
    agents.ablations(sheet, measured)
agents.monotonicity(sheet, measured.get("weights", {}), style)

st.subheader(t("learned.card_title"), anchor=False)
name = agents.choose(measured)
card = None if name in damaged else agents.whole(name)
left, right = st.columns(2, gap="large")
with left:
    agents.what(name)
    facts = agents.quality(name, measured)
    if card:
        facts += agents.parts(card)
with right:
    if card:
        agents.curve(sheet, name, card, style)
if card:
    facts += agents.training(card)
    with st.expander(t("learned.trained_on")):
        agents.trained_on(card, scenario)
    with st.expander(t("learned.observation")):
        agents.observation()
    with st.expander(t("learned.files")):
        agents.files(name)
agents.facts(sheet, name, facts)
if rows is not None:
    agents.provenance(sheet, measured)
    downloads.bar(sheet, scenario, style, {"table": rows}, list(held["agents"]), "agents")
