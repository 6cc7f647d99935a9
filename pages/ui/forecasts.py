"""What not knowing prices ahead costs an agent: the same day with all prices known, and with a forecast."""

from __future__ import annotations

from collections.abc import Iterable

from core.agents.registry import AGENTS, BOUND
from core.scenario import Scenario
from core.tariffs import PERFECT
from pages.ui import runs


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
