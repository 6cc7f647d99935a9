"""What the agent does with one car, and what the weights that are set change about its day."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.agents.registry import AGENTS
from core.figures import Style
from core.figures.policy import policy_slice
from core.figures.weights import what_weights_change
from core.scenario import WEIGHT_FIELDS
from core.studies.draw import WEIGHT_PRESETS
from core.studies.run import Result
from pages.ui import runs
from pages.ui.charts import Sheet
from pages.ui.i18n import in_words, t

BALANCED = dict(zip(WEIGHT_FIELDS, WEIGHT_PRESETS["balanced"], strict=True))


def draw(sheet: Sheet, result: Result, style: Style) -> DeltaGenerator:
    """A slice of the agent's policy under the weights that are set; returns the place for what these change."""
    agent, scenario = result.trace.agent, result.scenario
    found = runs.policy_slice(scenario, agent)
    left, right = st.columns([60, 40], gap="large")
    with left:
        if found is not None:
            sheet.chart(policy_slice(found, agent, style), "policy_slice")
        else:
            st.caption(t(f"explore.no_slice_{'plan' if AGENTS[agent].family == 'optimiser' else 'cars'}"))
    with right:
        st.subheader(t("explore.weights_change"), anchor=False)
        return st.empty()


def say_weights(slot: DeltaGenerator, result: Result, style: Style) -> str:
    """What the same agent does under balanced weights, and what that is worth to whom: one sentence; returns it."""
    agent, scenario = result.trace.agent, result.scenario
    balanced = scenario.replace(**BALANCED)
    if AGENTS[agent].blind_to_weights:
        said = ""  # said above the figures
    elif len({getattr(scenario, name) for name in WEIGHT_FIELDS}) == 1:
        said = t("explore.weights_balanced")
    elif runs.must_wait(balanced, agent):
        said = t("explore.weights_unknown")
    else:
        said = in_words(what_weights_change(result, runs.run(balanced, agent), style))
    slot.markdown(said or t("explore.weights_blind"))
    return said
