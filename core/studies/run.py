"""The whole chain for one scenario: Scenario -> World -> Trace -> Ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.accounts.ledger import Ledger, settle
from core.accounts.peaks import shaved
from core.accounts.trace import Trace
from core.agents.own import AnyAgent
from core.agents.registry import REFERENCE, as_agent
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


def simulate(scenario: Scenario, agent: str | AnyAgent = REFERENCE, *, world: World | None = None) -> Result:
    """Run one agent through the real EV2Gym.

    Parameters
    ----------
    scenario : Scenario
    agent : str or AnyAgent
        Name from `core.agents.registry.AGENTS`, or an own one: an object with the agent protocol, a class of such, or
        a function from a `FleetView` to actions.
    world : World, optional
        The scenario's world, where it was built before.

    Returns
    -------
    Result

    Raises
    ------
    AgentError
        For an unknown agent, and for one that answers what cannot be; the step is named.
    """
    chosen = as_agent(agent)
    world = build_world(scenario) if world is None else world
    trace = ev2gym.simulate(world, chosen)
    return Result(scenario, world, trace, settle(world, trace))


def compare(scenario: Scenario, agents: Sequence[str | AnyAgent] = (REFERENCE, "best")) -> pd.DataFrame:
    """Run several agents on the same World: a tidy table, one row an agent, in the order given.

    `best` and the reference are always run, since `captured` and `bound_eur` need them, but only the agents asked for
    are listed. Columns as in `row`. Agents are names or own ones, as in `simulate`; two own ones of one name are told
    apart by a number. Raises `AgentError` for an unknown agent.
    """
    named: dict[str, str | AnyAgent] = {}
    for agent in agents:
        name = as_agent(agent).name
        same = sum(other == name or other.startswith(f"{name} ") for other in named)
        named[f"{name} {same + 1}" if same and not isinstance(agent, str) else name] = agent
    results = compared(scenario, named)
    return table_of(results, list(named))


def compared(scenario: Scenario, agents: Sequence[str] | Mapping[str, str | AnyAgent]) -> dict[str, Result]:
    """Runs of several agents, by name, of `best` and of the reference on the same World. Raises `AgentError`."""
    asked = dict(agents) if isinstance(agents, Mapping) else {name: name for name in agents}
    for agent in asked.values():
        as_agent(agent)
    world = build_world(scenario)
    everyone = asked | {name: name for name in (REFERENCE, "best") if name not in asked}
    return {name: simulate(scenario, agent, world=world) for name, agent in everyone.items()}


def table_of(results: Mapping[str, Result], agents: Sequence[str]) -> pd.DataFrame:
    """One row an agent of `compared` results."""
    rows = [{**row(results[name], results[REFERENCE], results["best"]), "agent": name} for name in agents]
    return pd.DataFrame(rows)


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
