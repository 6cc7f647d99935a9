"""Back and Forward in the browser: one step a page and a change."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "enerv2gize.history", js=Path(__file__).with_name("history.js").read_text("utf-8")
)


def one_step_a_page() -> None:
    """Let a page and the address that it writes of itself be one step of the browser's history, also the first."""
    with st.sidebar, st.container(key="history"):
        _component(key="history_steps")
