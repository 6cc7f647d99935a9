"""Parts of the About page."""

from __future__ import annotations

import streamlit as st

from core.accounts.indicators import INDICATORS
from core.figures.model_picture import narrow, wide
from core.figures.robustness import indicator_title
from core.figures.sources import source_words
from core.paths import DATA
from core.reports import citation
from core.scenario import Scenario
from pages.ui import i18n, notices, runs
from pages.ui.i18n import catalogue, t

PICTURE_CSS = """
<style>
.st-key-model_narrow { display: none !important; }
@media (max-width: 640px) {
  .st-key-model_wide { display: none !important; }
  .st-key-model_narrow { display: flex !important; }
}
</style>
"""

TERMS = tuple(key.partition(".")[2] for key in catalogue("en") if key.startswith("glossary."))
"""Terms of the catalogues, in their order there."""

SIMPLIFIED = ("losses", "taper", "rounding", "power", "time")

LIMITS = ("battery", "rounding", "clock", "grid", "prices", "behaviour", "foresight")

OBJECTIVE = r"""
\begin{aligned}
\text{user\_profit} &= \text{v2g\_revenue} - \text{energy\_cost}
    - c_\text{wear}\, E_\text{discharged} - c_\text{unmet}\, E_\text{unmet}\\
\text{margin} &= \text{energy\_cost} - \text{v2g\_revenue}
    - \textstyle\sum_t c_{\text{wholesale},t}\, E_t - c_\text{demand}\, P_\text{peak}\\
\text{grid\_value} &= -\left(c_\text{overload}\, E_\text{overload} + c_\text{deviation}\, E_\text{deviation}\right)\\
J &= w_\text{user}\, \text{user\_profit} + w_\text{provider}\, \text{margin} + w_\text{grid}\, \text{grid\_value}
\end{aligned}
"""


def picture(scenario: Scenario) -> None:
    """The model in one picture: one drawing for wide screens, one for phones."""
    look = i18n.style(scenario)
    st.subheader(t("about.picture_title"), anchor=False)
    st.html(PICTURE_CSS)
    for name, draw in (("wide", wide), ("narrow", narrow)):
        with st.container(key=f"model_{name}"):
            st.image(draw(look), width="stretch", alt=t("about.picture_alt"))
    st.caption(t("about.picture_note"))


def model() -> None:
    """How a scenario becomes figures, and the one objective."""
    st.subheader(t("about.model_title"), anchor=False)
    st.markdown(t("about.chain"))
    st.markdown(t("about.objective"))
    st.latex(OBJECTIVE)
    st.markdown(t("about.captured"))


def units() -> None:
    """Units and signs."""
    st.subheader(t("about.units_title"), anchor=False)
    st.markdown(t("about.units"))


def indicators(scenario: Scenario) -> None:
    """What agents are compared by, and how each is computed."""
    st.subheader(t("about.indicators_title"), anchor=False)
    look = i18n.style(scenario)
    st.markdown("\n".join(f"- **{indicator_title(name, look)}**: {t(f'indicator_help.{name}')}" for name in INDICATORS))


def glossary() -> None:
    """The words that pages use, a sentence each; tooltips say the same."""
    st.subheader(t("about.glossary_title"), anchor=False)
    st.markdown("\n".join(f"- **{t(f'glossary.{name}')}**: {t(f'glossary_help.{name}')}" for name in TERMS))


def simplified() -> None:
    """What EV2Gym itself leaves out."""
    st.subheader(t("about.simplified_title"), anchor=False)
    st.markdown("\n".join(f"- {t(f'about.simplify_{name}')}" for name in SIMPLIFIED))


def citing() -> None:
    """How to cite the app and EV2Gym, and licences."""
    st.subheader(t("about.cite_title"), anchor=False)
    st.markdown(t("about.cite_note"))
    st.code("\n\n".join(citation.entries()), language="bibtex", wrap_lines=True)
    st.subheader(t("about.licence_title"), anchor=False)
    st.markdown(t("about.licence", page=t("pages.data")))


def limits() -> None:
    """What the model leaves out."""
    st.subheader(t("about.limits_title"), anchor=False)
    st.markdown("\n".join(f"- {t(f'about.limit_{name}')}" for name in LIMITS))


def sources(scenario: Scenario) -> None:
    """Price sources of the scenario in force, then everything under data/."""
    st.subheader(t("about.sources"), anchor=False)
    st.markdown(t("about.sources_now"))
    for source in runs.prices(scenario).sources:
        since = f" ({t('explore.in_effect', date=source.effective_from)})" if source.effective_from else ""
        said = f" {notices.sentence(source.notice)}" if source.notice else ""
        title, note = source_words(source, t)
        st.markdown(f"- **{title}**{since}. {note}{said}")
    listing = DATA / "SOURCES.md"
    if listing.is_file():
        with st.expander(t("about.sources_all")):
            st.markdown(listing.read_text("utf-8"))
