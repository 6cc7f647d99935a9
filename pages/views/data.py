"""Data: the prices of the scenario's day, every tariff and series that ships, and what could be known ahead."""

from __future__ import annotations

import streamlit as st

from pages.parts.data import cars, forecast, own, series
from pages.ui import i18n, notices, runs
from pages.ui.charts import Sheet

scenario = st.session_state["scenario"]
style = i18n.style(scenario)
world = runs.world(scenario)

sheet = Sheet()
series.day(sheet, world, style)
notices.rates([scenario])
own.draw(world, style)
cars.draw(world)
series.tariffs(scenario, style)
series.shipped(scenario)
series.preview(scenario, world, style)
forecast.draw(sheet, world, style)
series.take_away(world, style)
