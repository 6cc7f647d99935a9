"""The rewards and states as EV2Gym takes them: for `EV2Gym(..., reward_function=..., state_function=...)`.

Example
-------
>>> from ev2gym.models.ev2gym_env import EV2Gym
>>> from core.rewards import combined2, combined_state
>>> env = EV2Gym("V2GProfitMax.yaml", reward_function=combined2, state_function=combined_state)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.rewards import formulas, states
from core.rewards.facts import Facts, facts_of_step
from core.rewards.states import Seen, seen_in

Floats = NDArray[np.float64]
RewardFunction = Callable[..., float]
StateFunction = Callable[..., Floats]


def _reward(formula: Callable[[Facts], Floats]) -> RewardFunction:
    """`formula` with EV2Gym's signature of a reward function."""

    @functools.wraps(formula)
    def reward_function(
        env: Any, total_costs: float, user_satisfaction_list: Sequence[float], invalid_action_punishment: float = 0
    ) -> float:
        return float(formula(facts_of_step(env, total_costs, user_satisfaction_list)))

    reward_function.__module__ = __name__  # where it can be found again, by whoever pickles an environment
    return reward_function


def _state(name: str, state: Callable[[Seen], Floats]) -> StateFunction:
    """`state` with EV2Gym's signature of a state function."""

    @functools.wraps(state)
    def state_function(env: Any, *_: Any) -> Floats:
        return state(seen_in(env))

    state_function.__module__, state_function.__name__, state_function.__qualname__ = __name__, name, name
    return state_function


grid_operator = _reward(formulas.grid_operator)
ev_user = _reward(formulas.ev_user)
provider = _reward(formulas.provider)
combined1 = _reward(formulas.combined1)
combined2 = _reward(formulas.combined2)
combined3 = _reward(formulas.combined3)

grid_operator_state = _state("grid_operator_state", states.grid_operator)
ev_user_state = _state("ev_user_state", states.ev_user)
provider_state = _state("provider_state", states.provider)
combined_state = _state("combined_state", states.combined)
