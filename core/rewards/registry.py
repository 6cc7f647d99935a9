"""The rewards and states by name, and what a run scores under each reward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.accounts.trace import Trace
from core.rewards import formulas, functions, states
from core.rewards.facts import Facts, facts_of_run
from core.rewards.states import Seen
from core.world import World

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reward:
    """One of the original's rewards."""

    function: Callable[..., float]
    """With EV2Gym's signature, for its `reward_function`."""
    formula: Callable[[Facts], Floats]
    """The same of facts, of one step or of many."""
    words: str
    """What it rewards, in a sentence."""


@dataclass(frozen=True, slots=True)
class State:
    """One of the original's states."""

    function: Callable[..., Floats]
    """With EV2Gym's signature, for its `state_function`."""
    of: Callable[[Seen], Floats]
    """The same of what is seen."""
    words: str
    """What it shows, in a sentence."""


REWARDS: Mapping[str, Reward] = MappingProxyType(
    {
        "grid_operator": Reward(
            functions.grid_operator,
            formulas.grid_operator,
            "What the site takes from drivers, less overload and the squared distance from the set-point.",
        ),
        "ev_user": Reward(
            functions.ev_user,
            formulas.ev_user,
            "The drivers' money and the satisfaction of those who leave, less the ageing of their batteries.",
        ),
        "provider": Reward(
            functions.provider,
            formulas.provider,
            "What the site takes from drivers, less ageing, unsatisfied drivers and the V2G price factor.",
        ),
        "combined1": Reward(
            functions.combined1, formulas.combined1, "Grid, provider and EV together, half of each, mild weights."
        ),
        "combined2": Reward(functions.combined2, formulas.combined2, "Grid, provider and EV together, strict weights."),
        "combined3": Reward(
            functions.combined3, formulas.combined3, "Grid, provider and EV together, distances squared."
        ),
    }
)
"""The original's rewards, in its order."""

STATES: Mapping[str, State] = MappingProxyType(
    {
        "grid_operator": State(
            functions.grid_operator_state, states.grid_operator, "Set-point, power, overload and every port's car."
        ),
        "ev_user": State(
            functions.ev_user_state, states.ev_user, "Power, price, every port's car, satisfaction of those who left."
        ),
        "provider": State(
            functions.provider_state, states.provider, "Power, price, energy discharged, cars served; no ports."
        ),
        "combined": State(functions.combined_state, states.combined, "All that the three others show."),
    }
)
"""The original's states."""


def scores(world: World, trace: Trace) -> dict[str, float]:
    """What a run scores under each of `REWARDS`, added up over its steps.

    Parameters
    ----------
    world : World
        The day that `trace` was run on.
    trace : Trace
        Of either engine.

    Returns
    -------
    dict of str to float
        By name. As much as an environment stepped with the same actions gives in rewards (tests/parity).
    """
    facts = facts_of_run(world, trace)
    return {name: float(np.sum(reward.formula(facts))) for name, reward in REWARDS.items()}
