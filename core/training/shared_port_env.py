"""Single ports of many sites, learned without any plan: several `core.environments.sb3.PortVecEnv` side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.environments.ports import Answers, Singles
from core.environments.sb3 import ArrayVecEnv, PortVecEnv


class Ports(ArrayVecEnv):
    """Several `PortsOfSite` side by side, so that what is learned at once comes from sites of several shapes.

    Parameters
    ----------
    n_envs : int
        Of all together; a multiple of `sites`.
    sites : int
    seed : int
    **options
        Of each `PortVecEnv`.
    """

    def __init__(self, n_envs: int = 1024, *, sites: int = 8, seed: int = 0, **options: Any) -> None:
        each = n_envs // sites
        self.sites = [PortVecEnv(each, seed=1000 * seed + i, **options) for i in range(sites)]
        first = self.sites[0]
        super().__init__(each * sites, first.observation_space, first.action_space)

    def drive_others(self, answers: Answers) -> None:
        """What cars that no environment follows do from now on."""
        for site in self.sites:
            site.drive_others(answers)

    def reset(self) -> Singles:
        """A new day everywhere."""
        return np.concatenate([site.reset() for site in self.sites])

    def step_async(self, actions: NDArray[Any]) -> None:
        """Remember what to do."""
        for site, part in zip(self.sites, np.split(np.asarray(actions), len(self.sites)), strict=True):
            site.step_async(part)

    def step_wait(self) -> Any:
        """Do it."""
        seen, rewards, done, infos = zip(*(site.step_wait() for site in self.sites), strict=True)
        return np.concatenate(seen), np.concatenate(rewards), np.concatenate(done), [x for part in infos for x in part]
