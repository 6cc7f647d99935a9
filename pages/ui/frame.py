"""What stands around every page: warm-up, link, sidebar, navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.agents.registry import register_local
from pages.ui import jobs, runs, sidebar, state
from pages.ui.i18n import catalogue, t

VIEWS = Path(__file__).resolve().parents[1] / "views"

PAGES = tuple(
    name
    for name in (key.removeprefix("pages.") for key in catalogue("en") if key.startswith("pages."))
    if (VIEWS / f"{name}.py").is_file()
)
"""Pages by URL path, the first being the default: each is `pages/views/<name>.py`, and they stand in the order in which
the English catalogue names them under ``[pages]``."""

CSS = """
<style>
/* A page that grows or shrinks while it is drawn keeps its width: the bar beside it always has its place. */
[data-testid="stMain"] { scrollbar-gutter: stable; }
.block-container { padding: 4.25rem 2.25rem 3rem; max-width: 1500px; }
[class*="st-key-words_"] h3 { font-size: 1rem; padding: 0; }
/* Eight cards: one, two or four rows of equal ones. */
.st-key-cards { display: grid !important; grid-template-columns: repeat(4, minmax(0, 1fr)); }
.st-key-cards > * { width: 100% !important; }
.st-key-peak_cards { display: grid !important; grid-template-columns: repeat(3, minmax(0, 1fr)); }
.st-key-peak_cards > * { width: 100% !important; }
@media (min-width: 641px) { [class*="st-key-many_"] p { min-height: 2.75rem; } }
/* Headings of figures that stand side by side are equally high, so that their rows line up. */
@media (min-width: 641px) { [class*="st-key-side_"] [class*="st-key-words_"] { min-height: 6rem; } }
.st-key-side_peaks [class*="st-key-words_"] { min-height: 0 !important; }
@media (min-width: 1500px) { .st-key-cards { grid-template-columns: repeat(8, minmax(0, 1fr)); } }
@media (min-width: 1500px) { .st-key-peak_cards { grid-template-columns: repeat(6, minmax(0, 1fr)); } }
@media (max-width: 640px) {
  .block-container { padding: 4rem 1rem 3rem; }
  .st-key-cards, .st-key-peak_cards { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
</style>
"""
"""The few things that Streamlit's layout cannot say; class names come from the keys given to containers."""


def draw() -> None:
    """Draw the frame, run the chosen page, and make the URL say what is on screen."""
    runs.warm_up()
    register_local()  # what was trained or imported since the app began
    state.load_link()
    st.html(CSS)
    page = st.navigation(
        [
            st.Page(f"pages/views/{name}.py", title=t(f"pages.{name}"), url_path=name, default=name == PAGES[0])
            for name in PAGES
        ],
        position="top",
    )
    beside_widgets = sidebar.draw()
    scenario, problem = state.current()
    if problem:
        beside_widgets.error(problem)
    state.write_link(scenario, page.url_path)
    with st.container():
        if st.session_state[state.PROBLEMS]:
            st.warning(st.session_state[state.PROBLEMS])
    st.session_state["scenario"] = scenario
    jobs.leave(page.url_path)
    page.run()
