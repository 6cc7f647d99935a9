"""Every figure of many runs: the ledger's, and those that only a trace tells, step by step and car by car."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.accounts.ledger import settle
from core.accounts.trace import Trace
from core.agents.base import Agent
from core.rewards import REWARDS, ev2gym_statistics, scores
from core.world import World

Floats = NDArray[np.float64]


class Original(NamedTuple):
    """One indicator that the original project reported."""

    unit: str
    digits: int
    """Decimals that tell agents apart."""


ORIGINAL: Final[Mapping[str, Original]] = {
    "total_ev_served": Original("", 2),
    "total_profits": Original("EUR", 2),
    "total_energy_charged": Original("kWh", 2),
    "total_energy_discharged": Original("kWh", 2),
    "average_user_satisfaction": Original("", 4),
    "power_tracker_violation": Original("kW", 2),
    "tracking_error": Original("kW²", 0),
    "energy_user_satisfaction": Original("%", 2),
    "total_transformer_overload": Original("kW", 2),
    "battery_degradation_calendar": Original("", 6),
    "battery_degradation_cycling": Original("", 6),
    "total_reward": Original("", 0),
    **{f"reward_{name}": Original("", 0) for name in REWARDS},
}
"""By EV2Gym's own names (`core.rewards.ev2gym_statistics` says what each is), then what a run scores under each of the
original's rewards (`core.rewards.scores`), which have no unit."""


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
    return {**settle(world, trace).totals.as_dict(), **bound, **original_figures(world, trace)}


def original_figures(world: World, trace: Trace) -> dict[str, float]:
    """Those of `ORIGINAL`; empty on a day without cars, for which EV2Gym has no answer."""
    statistics = ev2gym_statistics(world, trace)
    if not statistics:
        return {}
    found = {**statistics, **{f"reward_{name}": score for name, score in scores(world, trace).items()}}
    return {name: found[name] for name in ORIGINAL}
