"""Router and frame: language, scenario sidebar and navigation around every page."""

from __future__ import annotations

import streamlit as st

st.set_page_config(page_title="EnerV2Gize", page_icon="data/icon.svg", layout="wide")

from pages.ui import frame  # noqa: E402 - the page's shape goes first

frame.draw()
