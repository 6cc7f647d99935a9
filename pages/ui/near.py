"""Sections below the fold: computed and sent when a reader comes near them, and not while they are far away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "enerv2gize.near", js=Path(__file__).with_name("near.js").read_text("utf-8"), isolate_styles=False
)

everything = False
"""Whether all sections are drawn and all that is folded is open, for whoever looks at pages without a browser."""

WHOLE = "downloads.open"
"""Session key: whether all sections are drawn because the page is about to be taken away as a file."""


def section(name: str, draw: Callable[[], object]) -> None:
    """Draw a section where the reader is near it, else keep its place.

    Parameters
    ----------
    name : str
        Of the section, for its class in the page: ``near_NAME``.
    draw : callable
        Draws it; called again, alone, when the reader comes near. It hands nothing on.
    """
    key = f"near.{name}"

    def look() -> None:
        known = st.session_state.get(key) or {}
        near = everything or st.session_state.get(WHOLE) or bool(known.get("near"))
        with st.container(key=f"near_{name}"):
            with st.container(key=f"sight_{name}"):
                _component(key=key, data={"name": name, "near": near}, default={"near": False}, on_near_change=_nothing)
            if near:
                draw()
            else:
                st.container(key=f"far_{name}")

    st.fragment(look)()


def _nothing() -> None:
    """The state is read where the section is drawn."""
