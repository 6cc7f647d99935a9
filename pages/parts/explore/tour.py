"""Three steps through the first page, which a visitor can skip and is shown once."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui.i18n import t

HERE = Path(__file__).resolve().parent

STEPS = {"one": "st-key-stories", "two": "st-key-weights", "three": "st-key-figure_power_map"}
"""What each step speaks of, by the class of what it outlines."""

_tour = st.components.v2.component(
    "enerv2gize.tour", css=(HERE / "tour.css").read_text("utf-8"), js=(HERE / "tour.js").read_text("utf-8")
)
_reveal = st.components.v2.component("enerv2gize.reveal", js=(HERE / "reveal.js").read_text("utf-8"))


def tour() -> None:
    """The tour, where this browser has not seen its end; the browser keeps that it has."""
    steps = [
        {"head": t("tour.title", step=k, all=len(STEPS)), "text": t(f"tour.{name}"), "at": at}
        for k, (name, at) in enumerate(STEPS.items(), 1)
    ]
    with st.container(key="tour"):
        _tour(data={"steps": steps, **{word: t(f"tour.{word}") for word in ("next", "done", "skip")}}, key="tour_steps")


def reveal(station: int | None) -> None:
    """Bring a station's detail into view when another station was chosen."""
    with st.container(key="reveal"):
        _reveal(data={"station": station}, key="reveal_station")
