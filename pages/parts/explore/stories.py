"""Presets as a gallery: a card a story, each with the question that it answers."""

from __future__ import annotations

import streamlit as st

from core.scenario import PRESETS
from pages.ui import state
from pages.ui.i18n import t


def gallery() -> None:
    """A row of cards, the one on screen marked; a click sets its scenario."""
    now = state.preset_shown()
    with st.container(horizontal=True, gap="small", key="stories"):
        for slug in PRESETS:
            st.button(
                f"**{t(f'presets.{slug}.name')}** {t(f'presets.{slug}.question')}", key=f"story.{slug}",
                help=t(f"presets.{slug}.description"), type="primary" if slug == now else "secondary",
                on_click=state.set_preset, args=(slug,), width=212,
            )  # fmt: skip
