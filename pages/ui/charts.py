"""Figures on a page: the finding as a heading, how to read it, and the chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from core.figures import Figure


def show(figure: Figure, key: str, *, on_pick: Callable[[int], None] | None = None) -> None:
    """Draw a figure.

    Parameters
    ----------
    figure : Figure
    key : str
        Stable name of the chart: while it stays, new data are exchanged without drawing anew.
    on_pick : callable, optional
        Called with the station that was clicked; the figure then must have a selection named ``pick``.
    """
    with st.container(key=f"figure_{key}"):
        with st.container(key=f"words_{key}"):
            st.subheader(_plain(figure.title), anchor=False)
            st.caption(_plain(figure.subtitle))
        spec = {**figure.spec, "datasets": figure.arrow()}
        if on_pick is None:
            st.vega_lite_chart(spec, theme=None, key=key, alt=figure.alt, width="stretch")
            return

        def picked() -> None:
            rows = st.session_state[key]["selection"].get("pick") or []
            now = {int(row["station"]) for row in rows if row.get("station") is not None}
            before = st.session_state.get(f"{key}.picked", set())
            st.session_state[f"{key}.picked"] = now
            # Every click toggles one station in or out of the selection: that one was clicked.
            clicked = now - before or before - now
            if len(clicked) == 1:
                on_pick(clicked.pop())

        st.vega_lite_chart(
            spec, theme=None, key=key, alt=figure.alt, width="stretch", on_select=picked, selection_mode="pick"
        )


def headline(figure: Figure, key: str) -> None:
    """Draw a figure whose finding is the page's own."""
    st.header(_plain(figure.title), anchor=False)
    st.caption(_plain(figure.subtitle))
    with st.container(key=f"figure_{key}"):
        spec = {**figure.spec, "datasets": figure.arrow()}
        st.vega_lite_chart(spec, theme=None, key=key, alt=figure.alt, width="stretch")


def multiples(figures: Mapping[str, Figure], key: str, *, columns: int = 3) -> None:
    """Small figures of one kind side by side, each under its own finding; one below another on a phone."""
    names = list(figures)
    with st.container(key=f"many_{key}"):
        for begin in range(0, len(names), columns):
            for place, name in zip(st.columns(columns, gap="medium"), names[begin : begin + columns], strict=False):
                figure = figures[name]
                with place, st.container(key=f"figure_{key}_{name}"):
                    st.markdown(f"**{_plain(figure.title)}**")
                    spec = {**figure.spec, "datasets": figure.arrow()}
                    st.vega_lite_chart(spec, theme=None, key=f"{key}_{name}", alt=figure.alt, width="stretch")


def _plain(text: str) -> str:
    """Text that Markdown leaves alone."""
    return text.replace("~", "\\~").replace("$", "\\$")
