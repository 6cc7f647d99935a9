"""Two agents' policies side by side: how one algorithm acts otherwise than another."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.agents.info import Family
from core.agents.registry import AGENTS
from core.errors import AgentError
from core.figures import Style
from core.figures.policy import how_they_differ, policy_slice
from core.scenario import Scenario
from pages.ui import choices, errors, families, runs
from pages.ui.charts import Sheet, plain
from pages.ui.i18n import t

FIRST = ("ppo", "sac")
"""The two that are compared at first, where there are both."""


def draw(sheet: Sheet, scenario: Scenario, style: Style) -> None:
    """Boxes for two agents, a slice of the policy of each, and how much they differ."""
    st.subheader(t("learned.policies"), anchor=False)
    st.caption(t("learned.policies_note"))
    found = {}
    for place, (name, default, column) in enumerate(
        zip(("policy", "policy2"), _defaults(), st.columns(2, gap="large"), strict=True), start=1
    ):
        with column:
            agent = _choose(name, default)
            rows = _slice(scenario, agent)
            if rows is not None:
                found[agent] = rows
                sheet.chart(policy_slice(rows, agent, style), f"policy_slice_{place}")
    if len(found) == 2:
        (one, first), (other, second) = found.items()
        said = how_they_differ(first, second, (one, other), style)
        sheet.sentences.append(said)
        st.markdown(plain(said))


def _entries() -> dict[Family, list[str]]:
    """Agents that can be asked about one car at once."""
    return {family: names for family, names in families.registered().items() if family != "optimiser"}


def _defaults() -> tuple[str, str]:
    """Two algorithms of one family, else any two agents."""
    learned = [name for name in AGENTS if AGENTS[name].learned and not AGENTS[name].ports]
    names = [name for name in FIRST if name in learned]
    one, other, *_ = dict.fromkeys([*names, *learned, *(name for listed in _entries().values() for name in listed)])
    return one, other


def _choose(name: str, default: str) -> str:
    """One of the two, which the address names."""

    def keep(agent: str) -> None:
        choices.made(name)
        choices.put(name, None if agent == default else agent)

    entries = _entries()
    options = [agent for names in entries.values() for agent in names]
    asked = choices.get(name)
    if asked and asked not in options:
        choices.refuse(name, t("families.agent"), asked, options)
    agent = families.one(f"choice.{name}", choices.get(name) or default, keep, entries)
    choices.say_refused(name)
    return agent


def _slice(scenario: Scenario, agent: str) -> pd.DataFrame | None:
    """The agent's answers; None where there are none, which is said."""
    if families.say_unfit(scenario, agent):
        return None
    try:
        rows = runs.policy_slice(scenario, agent)
    except AgentError as error:
        st.error(errors.sentence(error))
        return None
    if rows is None:
        st.caption(t("explore.no_slice_cars"))
    return rows
