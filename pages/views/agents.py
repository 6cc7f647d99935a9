"""Agents: how good each is on days that none was trained on, and a card for each."""

from __future__ import annotations

import streamlit as st

from core.agents import learned
from core.figures import agents as figures
from core.studies import shipped_quality
from pages.parts.agents import (
    ablations,
    cards,
    comparison,
    costs,
    original,
    outside,
    policies,
    published,
    training,
    weights,
)
from pages.ui import downloads, i18n
from pages.ui.charts import Sheet
from pages.ui.i18n import t

scenario = st.session_state["scenario"]
style = i18n.style(scenario)
quality = shipped_quality.load(learned.FOLDER)

sheet = Sheet()
held, stock = quality.get("held_out"), quality.get("stock")
rows = None
if held:
    sheet.headline_chart(figures.captured(held, "held_out", style), "captured")
else:
    sheet.say(t("learned.unmeasured"))
training.inside(scenario)
damaged = cards.damaged()
if held:
    rows = comparison.rows_of(held)
    comparison.table(sheet, held, style, "held_out")
    if held.get("groups"):
        sheet.chart(figures.group_map(held, style), "group_map")
if stock:
    sheet.chart(figures.captured(stock, "stock", style), "stock")
if held:
    ablations.table(sheet, quality)
weights.table(sheet, quality.get("weights", {}), style)
original.section(sheet, style)
outside.table(sheet, quality)
published.table(sheet, quality.get("published", {}))
costs.table(sheet, quality.get("cost", {}))

st.subheader(t("learned.card_title"), anchor=False)
name = cards.choose(quality)
card = None if name in damaged else cards.read(name)
left, right = st.columns(2, gap="large")
with left:
    cards.what(name)
    facts = cards.quality(name, quality)
    if card:
        facts += cards.parts(card)
with right:
    if card:
        cards.curve(sheet, name, card, style)
if card:
    facts += training.record(card)
    if "trained_ranges" in card:
        with st.expander(t("learned.trained_on")):
            training.trained_on(card, scenario)
    with st.expander(t("learned.observation")):
        cards.observation(card)
    with st.expander(t("learned.files")):
        cards.files(name)
cards.facts(sheet, name, facts)
policies.draw(sheet, scenario, style)
if rows is not None:
    comparison.provenance(sheet, quality)
    downloads.bar(sheet, scenario, style, lambda: {"table": rows}, list(held["agents"]), "agents")
