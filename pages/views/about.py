"""About: the model, its units and signs, its limits, and where everything comes from."""

from __future__ import annotations

import streamlit as st

from pages.parts import about
from pages.ui.i18n import t

st.header(t("about.title"), anchor=False)
st.markdown(t("about.what"))
about.picture(st.session_state["scenario"])
about.model()
about.units()
about.indicators(st.session_state["scenario"])
about.glossary()
about.simplified()
about.limits()
about.citing()
about.sources(st.session_state["scenario"])
