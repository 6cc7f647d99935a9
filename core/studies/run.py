"""The whole chain for one scenario: Scenario -> World -> Trace -> Ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.accounts.ledger import Ledger, settle
from core.accounts.peaks import shaved
from core.accounts.trace import Trace
from core.agents.registry import REFERENCE, make_agent
from core.engines import ev2gym
from core.scenario import Scenario
from core.studies.captured import captured
from core.world import World, build_world


@dataclass(frozen=True, slots=True)
class Result:
    """One agent's run of one scenario."""

    scenario: Scenario
    world: World
    trace: Trace
    ledger: Ledger


def simulate(scenario: Scenario, agent: str = REFERENCE, *, world: World | None = None) -> Result:
    """Run one agent through the real EV2Gym.

    Parameters
    ----------
    scenario : Scenario
    agent : str
        Name from `core.agents.registry.AGENTS`.
    world : World, optional
        The scenario's world, where it was built before.

    Returns
    -------
    Result

    Raises
    ------
    AgentError
        For an unknown agent.
    """
    chosen = make_agent(agent)
    world = build_world(scenario) if world is None else world
    trace = ev2gym.simulate(world, chosen)
    return Result(scenario, world, trace, settle(world, trace))


def compare(scenario: Scenario, agents: Sequence[str] = (REFERENCE, "best")) -> pd.DataFrame:
    """Run several agents on the same World: a tidy table, one row an agent, in the order given.

    `best` and the reference are always run, since `captured` and `bound_eur` need them, but only the agents asked for
    are listed. Columns as in `row`. Raises `AgentError` for an unknown agent.
    """
    return table_of(compared(scenario, agents), agents)


def compared(scenario: Scenario, agents: Sequence[str]) -> dict[str, Result]:
    """Runs of several agents, of `best` and of the reference on the same World. Raises `AgentError`."""
    for name in agents:
        make_agent(name)
    world = build_world(scenario)
    return {name: simulate(scenario, name, world=world) for name in dict.fromkeys([*agents, REFERENCE, "best"])}


def table_of(results: Mapping[str, Result], agents: Sequence[str]) -> pd.DataFrame:
    """One row an agent of `compared` results."""
    return pd.DataFrame([row(results[name], results[REFERENCE], results["best"]) for name in agents])


def row(result: Result, reference: Result, best: Result) -> dict[str, Any]:
    """One agent's figures: name, captured share, bound, every total of the ledger, peak shaved, and decision time."""
    return {
        "agent": result.trace.agent,
        "captured": captured(
            result.ledger.totals.objective_eur,
            reference.ledger.totals.objective_eur,
            best.trace.bound_eur,
        ),
        "bound_eur": best.trace.bound_eur,
        **result.ledger.totals.as_dict(),
        **shaved(result.ledger.totals, reference.ledger.totals),
        "decision_ms": float(result.trace.decision_ms.mean()),
    }
