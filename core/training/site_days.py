"""Whole sites on the batch engine: many days at once, any of the original's rewards or the objective, its own state.

The same learning problem as `core.training.site`, which steps one real EV2Gym at a time, hundreds of times as fast.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.agents.learned.whole_site import SITES
from core.environments.sb3 import SiteVecEnv
from core.environments.site import Group, Run
from core.studies.draw import draw_days
from core.world import build_world

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

TOGETHER = 64
"""Days that are stepped together."""

GROUPS = 8
"""Groups of so many days that training draws from."""


@lru_cache(maxsize=4)
def training_days(site: str) -> list[Group]:
    """`GROUPS` groups of `TOGETHER` days of the training split; all learners of a site share them."""
    worlds = [build_world(s) for s in draw_days(SITES[site], GROUPS * TOGETHER, "train", 0)]
    return [Group(worlds[i : i + TOGETHER]) for i in range(0, len(worlds), TOGETHER)]


class Scales:
    """Fixed means and spreads of observations and rewards, from days on which nobody has learned anything yet.

    Ports charge, discharge or wander at random, each day by another mean. Constant columns stay as they are.

    Attributes
    ----------
    mean, spread : array of float
        [columns].
    reward_mean, reward_spread : float
    """

    def __init__(self, site: str, reward: str) -> None:
        stream = np.random.default_rng([0, 51])
        seen, earned = [], []
        for group in training_days(site)[:2]:
            run, shape = Run(group, reward), (group.batch.n_worlds, group.batch.n_ports)
            lean = np.linspace(-1.0, 1.0, shape[0])[:, None]
            while not run.done:
                seen.append(run.observation())
                earned.append(run.step(np.clip(lean + stream.normal(0.0, 0.6, shape), -1.0, 1.0)))
        table, rewards = np.concatenate(seen).astype(np.float64), np.concatenate(earned)
        self.mean, spread = table.mean(axis=0), table.std(axis=0)
        constant = spread < 1e-6
        self.mean[constant] = 0.0
        self.spread: Floats = np.where(constant, 1.0, spread)
        self.reward_mean, self.reward_spread = float(rewards.mean()), float(rewards.std()) or 1.0


@lru_cache(maxsize=16)
def scales_of(site: str, reward: str) -> Scales:
    """Those of a site and a reward: the same for every learner."""
    return Scales(site, reward)


class SiteDays(SiteVecEnv):
    """Days of one site, each an environment: actions [ports] in [-1, 1], a reward of the original's or the objective.

    Observations and rewards are less their mean and over their spread (`Scales`); a day has a fixed number of steps, so
    that taking a constant from every reward changes nothing in what is best.

    Parameters
    ----------
    site : str
        One of `core.agents.learned.whole_site.SITES`.
    reward : str
    seed : int
        Of the order in which days come.
    """

    def __init__(self, site: str, reward: str, seed: int = 0) -> None:
        self._scales = scales_of(site, reward)
        super().__init__(SITES[site], reward=reward, groups=training_days(site), seed=seed)

    def _normalised(self, observed: Singles) -> Singles:
        return np.asarray((observed - self._scales.mean) / self._scales.spread, dtype=np.float32)

    def _paid(self, reward: Floats) -> Floats:
        return (reward - self._scales.reward_mean) / self._scales.reward_spread
