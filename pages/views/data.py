"""Data: the prices of the scenario's day, and every tariff and series that ships, each with its source."""

from __future__ import annotations

import streamlit as st

from pages.parts.data import series
from pages.ui import i18n, notices, runs
from pages.ui.charts import Sheet

scenario = st.session_state["scenario"]
style = i18n.style(scenario)
world = runs.world(scenario)

series.day(Sheet(), world, style)
notices.rates([scenario])
series.tariffs(scenario)
series.shipped(scenario)
series.preview(scenario, world, style)
series.take_away(world, style)
