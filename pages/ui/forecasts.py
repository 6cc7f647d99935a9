"""What not knowing prices ahead costs an agent: the same day with all prices known, and with a forecast."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from core.agents.registry import AGENTS, BOUND
from core.figures import Style
from core.scenario import Scenario
from core.tariffs import PERFECT
from pages.ui import runs
from pages.ui.i18n import agent_name, t


def looking_ahead(names: Iterable[str]) -> list[str]:
    """Those agents that weigh prices to come, and do not know them anyway."""
    return [name for name in names if not AGENTS[name].blind_to_weights and name != BOUND]


def both(scenario: Scenario, model: str) -> tuple[Scenario, Scenario]:
    """The scenario with all prices known, and with a model's forecast. Raises `ScenarioError`."""
    return scenario.replace(price_forecast=PERFECT), scenario.replace(price_forecast=model)


def reached(scenario: Scenario, model: str, agent: str) -> tuple[float, float]:
    """J of an agent's run [EUR] with all prices known, and with a model's forecast."""
    known, expected = (runs.run(day, agent).ledger.totals.objective_eur for day in both(scenario, model))
    return known, expected


def say(scenario: Scenario, names: Iterable[str], style: Style) -> None:
    """One line: what not knowing costs each of the agents that have run and weigh prices to come."""
    if not scenario.decides_on_forecast:
        return
    known = scenario.replace(price_forecast=PERFECT)
    ready = [name for name in looking_ahead(names) if not runs.must_wait(known, name)]
    if ready:
        costs = []
        for name in ready:
            at_best, on_forecast = reached(scenario, scenario.price_forecast, name)
            costs.append(f"{agent_name(name)} {style.money(at_best - on_forecast)}")
        st.caption(t("forecast.line", costs=", ".join(costs)))
