"""How many steps of a site's environment a learner sees in a second: plain EV2Gym's beside those of the batch engine.

Both are V2GProfitMax shown as EV2Gym's `V2G_profit_max`, stepped in one process and one thread. EV2Gym stands in
stable-baselines3's `DummyVecEnv`, as users of it train; its price table is read once, which is in its favour. PPO has
the same network and the same settings on both, and its updates are in its figures.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from core.environments.sb3 import SiteVecEnv
from core.scenario import Scenario
from core.training.site import ConfigDays, SiteEnv

TOGETHER = 512
"""Days that the batch engine steps at once."""

EPOCHS, BATCH = 2, 2048
"""Of PPO, on both."""


def ev2gym() -> VecEnv:
    """EV2Gym's V2GProfitMax as its users wrap it."""
    days = ConfigDays(Path("V2GProfitMax.yaml"), 0)
    return DummyVecEnv([lambda: SiteEnv(days, "V2G_profit_max", "profit_maximization")])


def stepping(env: VecEnv, steps: int) -> float:
    """Environment steps a second under random actions."""
    stream = np.random.default_rng(0)
    env.reset()
    shape: Any = (env.num_envs, *(env.action_space.shape or ()))
    actions = stream.uniform(-1.0, 1.0, (8, *shape)).astype(np.float32)
    started = time.perf_counter()
    for step in range(steps):
        env.step(actions[step % 8])
    return steps * env.num_envs / (time.perf_counter() - started)


def learning(env: VecEnv, steps: int) -> float:
    """Environment steps a second of PPO's own loop: rollouts of `steps` steps, and its updates."""
    size = min(BATCH, steps * env.num_envs)
    model = PPO("MlpPolicy", env, n_steps=steps, n_epochs=EPOCHS, batch_size=size, device="cpu", seed=0)
    model.learn(1)  # whatever happens once
    started = time.perf_counter()
    model.learn(1)
    return steps * env.num_envs / (time.perf_counter() - started)


def measure() -> dict[str, float | None]:
    """Steps a second of both, without a learner and under PPO, and their ratios."""
    torch.set_num_threads(1)
    theirs, ours = ev2gym(), SiteVecEnv(Scenario(), TOGETHER, n_groups=1)
    stepping(ours, 8)  # compiles
    figures: dict[str, float | None] = {}
    for what, loop, steps in (("env", stepping, (448, 112)), ("ppo", learning, (224, 112))):
        slow, fast = loop(theirs, steps[0]), loop(ours, steps[1])
        figures |= {
            f"{what}_ev2gym_steps_per_s": slow,
            f"{what}_steps_per_s": fast,
            f"{what}_vs_ev2gym": fast / slow,
        }
    return figures
