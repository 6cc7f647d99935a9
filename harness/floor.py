"""The least that Streamlit can do: a slider that one chart repeats. What is felt on a page is held against it."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

value = st.slider("value", 0, 100, 50)
st.metric("value", value)
hours = pd.DataFrame({"hour": range(24), "value": [value * hour for hour in range(24)]})
st.altair_chart(alt.Chart(hours).mark_line().encode(x="hour", y="value"))
