"""Every figure of many runs: the ledger's, and those that only a trace tells, step by step and car by car."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.accounts.ledger import settle
from core.accounts.trace import Trace
from core.agents.base import Agent
from core.world import World

Floats = NDArray[np.float64]


def figures_by_agent(worlds: Sequence[World], agents: Sequence[Agent]) -> dict[str, dict[str, Floats]]:
    """What `core.engines.batch.totals_by_agent` gives, and what only traces tell.

    Parameters
    ----------
    worlds : sequence of World
        Of any sites.
    agents : sequence of Agent

    Returns
    -------
    dict of dict of array
        By agent and figure, [worlds]; NaN where a world has none.
    """
    from core.engines.batch import simulate_many

    out: dict[str, dict[str, Floats]] = {}
    for agent in agents:
        rows = [_row(world, trace) for world, trace in zip(worlds, simulate_many(worlds, agent), strict=True)]
        names = dict.fromkeys(name for row in rows for name in row)
        out[agent.name] = {name: np.array([row.get(name, np.nan) for row in rows], dtype=np.float64) for name in names}
    return out


def _row(world: World, trace: Trace) -> dict[str, float]:
    bound = {} if trace.bound_eur is None else {"bound_eur": trace.bound_eur}
    return {**settle(world, trace).totals.as_dict(), **bound, **only_traced(world, trace)}


def only_traced(world: World, trace: Trace) -> Mapping[str, float]:
    """What only a trace tells of a run."""
    return {}
