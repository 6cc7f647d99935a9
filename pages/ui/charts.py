"""What a page shows, in order: words, figures and tables, drawn as they come and kept for the page's downloads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from core.figures import Figure
from core.reports.exports import Section


class Sheet:
    """A page's findings. What is drawn through it is in the page's report and among its charts."""

    def __init__(self) -> None:
        self.context = self.headline = ""
        self.sentences: list[str] = []
        self.sections: list[Section] = []

    @property
    def figures(self) -> dict[str, Figure]:
        """All figures by name, in the order shown."""
        return {name: figure for section in self.sections for name, figure in section.figures.items()}

    def when(self, context: str) -> None:
        """Day, place and size of what is shown."""
        self.context = context
        st.caption(plain(context))

    def say(self, headline: str, sentences: Sequence[str] = (), *, listed: bool = False) -> None:
        """The page's own finding, and more sentences in a paragraph or a list."""
        self.headline, self.sentences = headline, list(sentences)
        st.header(plain(headline), anchor=False)
        if sentences:
            lines = [plain(sentence) for sentence in sentences]
            st.markdown("\n".join(f"- {line}" for line in lines) if listed else " ".join(lines))

    def note(self, sentence: str) -> None:
        """One more sentence, drawn here and among those of the report, where it is not there yet."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)
        st.markdown(plain(sentence))

    def chart(self, figure: Figure, key: str, *, on_pick: Callable[[int], None] | None = None) -> None:
        """Draw a figure: the finding as a heading, how to read it, and the chart.

        Parameters
        ----------
        figure : Figure
        key : str
            Stable name of the chart: while it stays, new data are exchanged without drawing anew.
        on_pick : callable, optional
            Called with the station that was clicked; the figure then must have a selection named ``pick``.
        """
        self.sections.append(Section(figures={key: figure}))
        with st.container(key=f"figure_{key}"):
            with st.container(key=f"words_{key}"):
                st.subheader(plain(figure.title), anchor=False)
                st.caption(plain(f"{figure.subtitle} {figure.hint}".strip()))
            _draw(figure, key, on_pick)

    def headline_chart(self, figure: Figure, key: str, sentences: Sequence[str] = ()) -> None:
        """Draw a figure whose finding is the page's own, with what else there is to say."""
        self.say(figure.title, sentences)
        self.sections.append(Section(figures={key: figure}))
        st.caption(plain(f"{figure.subtitle} {figure.hint}".strip()))
        with st.container(key=f"figure_{key}"):
            _draw(figure, key)

    def multiples(self, figures: Mapping[str, Figure], key: str, title: str, note: str, *, columns: int = 3) -> None:
        """Small figures of one kind side by side, each under its own finding; one below another on a phone.

        The group's title is drawn where it is not empty.
        """
        named = {f"{key}_{name}": figure for name, figure in figures.items()}
        self.sections.append(Section(title, note, named, columns))
        if title:
            st.subheader(title, anchor=False)
        st.caption(plain(note))
        names = list(named)
        with st.container(key=f"many_{key}"):
            for begin in range(0, len(names), columns):
                for place, name in zip(st.columns(columns, gap="medium"), names[begin : begin + columns], strict=False):
                    with place, st.container(key=f"figure_{name}"):
                        st.markdown(f"**{plain(named[name].title)}**")
                        _draw(named[name], name)

    def table(self, cells: pd.DataFrame, title: str = "", note: str = "") -> None:
        """Keep a table for the report, cell by cell as a reader sees it; pages draw theirs with bars and links."""
        self.sections.append(Section(title, note, table=cells))


def _draw(figure: Figure, key: str, on_pick: Callable[[int], None] | None = None) -> None:
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


def plain(text: str) -> str:
    """Text that Markdown leaves alone, whatever is in it; names of icons and emoji stay names, addresses no links."""
    escaped = re.sub(r"([\\`*_\[\]<|#~$])", r"\\\1", text)
    return re.sub(r":(?=[\w+/-]+:|//)|www(?=\.)|@", "\\g<0>\N{WORD JOINER}", escaped)
