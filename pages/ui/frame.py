"""What stands around every page: warm-up, link, sidebar, navigation."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from core.agents.registry import register_local
from core.errors import EnerV2GizeError
from pages.ui import downloads, errors, history, jobs, own_data, runs, sidebar, state
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
.st-key-history, .st-key-reveal, .st-key-pages { display: none !important; }
.st-key-pages { flex-wrap: nowrap !important; overflow-x: auto; }
.st-key-pages > * { flex: 0 0 auto !important; }
.st-key-pages p { white-space: nowrap; }
.st-key-ask { margin-bottom: .6rem; }
.st-key-ask p { margin: 0; }
/* A page that grows or shrinks while it is drawn keeps its width: the bar beside it always has its place. */
[data-testid="stMain"] { scrollbar-gutter: stable; }
.block-container { padding: 4.25rem 2.25rem 3rem; max-width: 1500px; }
/* Sections that wait for a reader to come near, and what looks out for one. */
[class*="st-key-near_"] { min-height: 24rem; }
.st-key-near_end { min-height: 8rem; }
.st-key-sight { position: absolute; }
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
/* Stories: a row of cards that scrolls sideways, name above question. */
.st-key-stories { flex-wrap: nowrap !important; overflow-x: auto; padding-bottom: .35rem; }
.st-key-stories > * { flex: 0 0 auto !important; }
.st-key-stories button { height: 5.75rem; justify-content: flex-start; align-items: flex-start; text-align: left; }
.st-key-stories button p { white-space: normal; line-height: 1.25; font-size: .8125rem; }
.st-key-stories button strong { display: block; font-size: .875rem; }
/* Tables of words wrap; a figure with its interval stands in two lines, and whose it is stays in sight. */
[data-testid="stTable"] :is(th, td) { padding: .3rem .5rem !important; vertical-align: top; }
[data-testid="stTable"] :is(th, td):first-child { position: sticky; left: 0; min-width: 4.75rem; background: #FFFFFF; }
[data-testid="stTable"] :is(th, td), [data-testid="stTable"] :is(th, td) * { word-break: keep-all !important; }
[data-testid="stTable"] :is(th, td) p { font-size: .8125rem; line-height: 1.3; }
/* The sidebar: weights in sight at the height of a small screen, every other group folded over one line. */
[data-testid="stSidebarUserContent"] { padding-top: 0; }
[data-testid="stSidebar"] [data-testid="stVerticalBlock"] { gap: .6rem; }
.st-key-changes button { min-height: 1.9rem; padding: 0 .6rem; }
[class*="st-key-summary_"] { min-height: 1.7rem; padding-left: .2rem; flex-wrap: nowrap !important; }
[class*="st-key-summary_"] button { min-height: 1.4rem; padding: 0; }
[class*="st-key-summary_"] p { font-size: .8125rem; margin: 0 !important; line-height: 1.4rem; }
[class*="st-key-summary_"] [data-testid="stCaptionContainer"] { margin: 0 !important; }
@media (min-width: 1500px) { .st-key-cards { grid-template-columns: repeat(8, minmax(0, 1fr)); } }
@media (min-width: 1500px) { .st-key-peak_cards { grid-template-columns: repeat(6, minmax(0, 1fr)); } }
@media (max-width: 640px) {
  .st-key-pages { display: flex !important; }
  /* The finding and the first chart within two screens. */
  [data-testid="stMainBlockContainer"] [data-testid="stVerticalBlock"] { gap: .6rem; }
  [data-testid="stMain"] [data-testid="stHeading"] [data-testid="stMarkdownContainer"] { margin-bottom: -.5rem; }
  [data-testid="stMain"] h2 { font-size: 1.3rem; padding: .25rem 0; }
  [data-testid="stColumn"]:has(.st-key-agent_words),
  [data-testid="stLayoutWrapper"]:has(> .st-key-ask) { display: none !important; }
  :is(.st-key-cards, .st-key-peak_cards) [data-testid="stMetric"] { padding: 0; height: 100%; }
  :is(.st-key-cards, .st-key-peak_cards) [data-testid="stMetric"] > div {
    padding: .2rem .6rem; display: flex; flex-wrap: wrap; column-gap: .5rem; align-items: center; }
  :is(.st-key-cards, .st-key-peak_cards) label { width: 100%; }
  :is(.st-key-cards, .st-key-peak_cards) [data-testid="stMetricValue"] { font-size: 1.125rem; }
  .st-key-cards, .st-key-peak_cards { gap: .35rem !important; }
  .block-container { padding: 4rem 1rem 3rem; }
  .st-key-cards, .st-key-peak_cards { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
</style>
"""
"""The few things that Streamlit's layout cannot say; class names come from the keys given to containers."""


DARK_CSS = """
<style>
/* White on the dark theme's blue is too pale for words; the page's own darkness is not. */
[data-testid="stBaseButton-primary"], [data-testid="stBaseButton-primary"] p { color: #12171D !important; }
[data-testid="stTable"] :is(th, td):first-child { background: #12171D; }
[data-testid="stMultiSelectTagsContainer"] > [role="group"] * { color: #12171D !important; }
</style>
"""


def draw() -> None:
    """Draw the frame, run the chosen page, and make the URL say what is on screen."""
    runs.warm_up()
    register_local()  # what was trained or imported since the app began
    state.load_link(PAGES)
    st.html(CSS + DARK_CSS if st.context.theme.type == "dark" else CSS)
    pages = [
        st.Page(f"pages/views/{name}.py", title=t(f"pages.{name}"), url_path=name, default=name == PAGES[0])
        for name in PAGES
    ]
    page = st.navigation(pages, position="top")
    beside_widgets = sidebar.draw()
    history.one_step_a_page()
    scenario, problem = state.current()
    if problem:
        beside_widgets.error(problem)
    state.write_link(scenario, page.url_path)
    with st.container():
        if st.session_state[state.PROBLEMS]:
            st.warning(st.session_state[state.PROBLEMS])
    own_data.ask()
    st.session_state["scenario"] = scenario
    jobs.leave(page.url_path)
    with st.container(horizontal=True, gap="small", key="pages"):  # seen on phones, where the others are in a menu
        for other in pages:
            st.page_link(other, label=other.title)
    _ask(page.url_path or PAGES[0])
    try:
        page.run()
    except EnerV2GizeError as error:  # what a page itself has nothing to say about
        st.error(errors.sentence(error))


def _ask(page: str) -> None:
    """What the page answers, where a year is, and where the page's files are: one line."""
    if f"ask.{page}" not in catalogue("en"):
        return
    # The page's address goes along: a link of this kind opens a session of its own.
    robustness = f"[{t('pages.robustness')}](robustness?{urlencode(st.query_params.to_dict())})"
    files = "" if page == PAGES[-1] else f" [{t('downloads.title')}](#{downloads.ANCHOR})"
    with st.container(key="ask"):
        st.caption(f"{t('ask.head')} {t(f'ask.{page}', robustness=robustness)}{files}")
