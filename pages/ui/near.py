"""Sections below the fold: computed and sent when a reader comes near them, and not while they are far away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "enerv2gize.near", js=Path(__file__).with_name("near.js").read_text("utf-8"), isolate_styles=False
)

everything = False
"""Whether all sections are drawn and all that is folded is open, for whoever looks at pages without a browser."""

WHOLE = "downloads.open"
"""Session key: whether all sections are drawn because the page is about to be taken away as a file."""


def sections(drawn: Mapping[str, Callable[[], object]]) -> None:
    """Draw those sections that the reader is near, and keep the places of the others; once a page.

    Parameters
    ----------
    drawn : mapping of str to callable
        What draws each section, by name, in their order, each in a container of its own, ``near_NAME``.

    Notes
    -----
    Not a fragment: a browser that is sent one while it changes pages finds no place for it and shows an error.
    """
    said = (st.session_state.get("near") or {}).get("near") or []
    near = [name for name in drawn if name in said]
    whole = everything or st.session_state.get(WHOLE)
    with st.container(key="sight"):
        _component(key="near", data={"names": list(drawn), "near": near}, default={"near": []}, on_near_change=_nothing)
    for name, draw in drawn.items():
        with st.container(key=f"near_{name}"):
            if whole or name in near:
                draw()
            else:
                st.space(1)  # a container of nothing is not in the page


def _nothing() -> None:
    """What is near is read where it is drawn."""
