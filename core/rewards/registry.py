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
    """Its formula in words."""


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
            "What the site takes from drivers in EUR, less half the overload in kW and half the squared "
            "distance in kW between the power of all cars and the lower of set-point (0 where none is set) and "
            "charging potential.",
        ),
        "ev_user": Reward(
            functions.ev_user,
            formulas.ev_user,
            "The drivers' money in EUR, plus 100 times the mean satisfaction and 100 times the mean energy "
            "satisfaction of the cars that leave, less 50 times the ageing of their batteries.",
        ),
        "provider": Reward(
            functions.provider,
            formulas.provider,
            "What the site takes from drivers in EUR, less 0.3 times battery ageing, 80 times what is "
            "missing to full satisfaction in each step, and 50 times the V2G price factor.",
        ),
        "combined1": Reward(
            functions.combined1,
            formulas.combined1,
            "Grid, provider and EV, half of each: overload (50 per kW, 100 each time) and distance from the "
            "set-point cost, takings (100 per EUR), energy charged so far and satisfaction count; "
            "discharging at peak and charging off peak are liked a little.",
        ),
        "combined2": Reward(
            functions.combined2,
            formulas.combined2,
            "As combined 1 in full and about ten times as strict: overload 500 per kW and 1,000 each time, "
            "takings 1,000 per EUR.",
        ),
        "combined3": Reward(
            functions.combined3,
            formulas.combined3,
            "As combined 2 with squares: of the distance from the set-point, of satisfaction's distance "
            "from 0.8, of each car's current charged off peak and discharged at peak.",
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
