"""The original project's rewards, states and indicators, for its comparison with ours; see docs/rewards.md.

The rewards and states have EV2Gym's signatures, for use in any EV2Gym; `REWARDS` and `STATES` list them by name.
`scores` tells what a run that is over would have earned under each, `ev2gym_statistics` all that EV2Gym reports of it.
"""

from core.rewards.functions import (
    combined1,
    combined2,
    combined3,
    combined_state,
    ev_user,
    ev_user_state,
    grid_operator,
    grid_operator_state,
    provider,
    provider_state,
)
from core.rewards.registry import REWARDS, STATES, Reward, State, scores
from core.rewards.statistics import ev2gym_statistics

__all__ = [
    "REWARDS",
    "STATES",
    "Reward",
    "State",
    "combined1",
    "combined2",
    "combined3",
    "combined_state",
    "ev2gym_statistics",
    "ev_user",
    "ev_user_state",
    "grid_operator",
    "grid_operator_state",
    "provider",
    "provider_state",
    "scores",
]
