"""The four questions of Trade-offs, each with its choices, its study and its figures."""

from __future__ import annotations

import streamlit as st

from core.agents.registry import REFERENCE
from core.figures import Style
from core.scenario import Scenario
from pages.parts.tradeoffs.break_even import BreakEven
from pages.parts.tradeoffs.front import Front
from pages.parts.tradeoffs.sweep import Sweep
from pages.parts.tradeoffs.tornado import Tornado
from pages.ui import choices
from pages.ui.i18n import agent_name, named, t

QUESTIONS = {kind.name: kind for kind in (Sweep, Tornado, Front, BreakEven)}


def choose(scenario: Scenario, style: Style) -> Sweep | Tornado | Front | BreakEven:
    """The question, with its choices."""
    view = choices.view(list(QUESTIONS), t("tradeoffs.question"), named("tradeoffs.{}"))
    st.caption(t(f"tradeoffs.{view}_note", reference=agent_name(REFERENCE)))
    return QUESTIONS[view](scenario, style)
