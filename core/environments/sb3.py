"""Environments over the batch engine as stable-baselines3's learners take them: many of a kind, stepped as arrays.

The one module outside `core.training` that knows stable-baselines3; see docs/environments.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from core.agents.learned.shared_port import HIGHEST, LOWEST
from core.agents.learned.whole_site import STATE_OF
from core.agents.looks import OBJECTIVE, SITE_REWARDS
from core.environments.arguments import AnyScenario, Days, among, next_day, scenario_of
from core.environments.ports import Answers, Followed
from core.environments.site import SITE_STATES, Group, Run, spaces
from core.scenario import Scenario
from core.world import build_world

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

TOGETHER = 64
"""Days that a `SiteVecEnv` steps together by default."""

GROUPS = 4
"""Groups of so many days that it draws from by default."""


class ArrayVecEnv(VecEnv):
    """What is the same for all of a stable-baselines3 `VecEnv`; `reset` and the two halves of a step are not."""

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same for every environment."""
        return [getattr(self, attr_name, None)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Sets it for all."""
        setattr(self, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """There are none."""
        raise NotImplementedError(method_name)

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]], indices: Any = None
    ) -> list[bool]:
        """Never."""
        return [False] * self.num_envs


class SiteVecEnv(ArrayVecEnv):
    """Many days of one site at once, each an environment like `core.environments.site.Site`.

    Days are drawn and built once; every episode is one of the groups. All episodes end together.

    Parameters
    ----------
    scenario : Scenario, mapping or str, optional
    n_envs : int
    reward : str
    state : str, optional
    days : {"train", "validation", "test", "own"}
    n_groups : int
        So many times `n_envs` days are drawn.
    seed : int
        Of the days and of their order.
    groups : sequence of Group, optional
        These days instead of drawn ones.

    Raises
    ------
    EnerV2GizeError
        For an argument that cannot be.
    """

    def __init__(
        self, scenario: AnyScenario = None, n_envs: int = TOGETHER, *, reward: str = OBJECTIVE,
        state: str | None = None, days: Days = "train", n_groups: int = GROUPS, seed: int = 0,
        groups: Sequence[Group] | None = None,
    ) -> None:  # fmt: skip
        site = scenario_of(scenario)
        self._reward = among("reward", reward, SITE_REWARDS)
        self._state = among("state", state or STATE_OF[reward], SITE_STATES)
        self._stream = np.random.default_rng([seed, 52])
        drawing = np.random.default_rng([seed, 53])
        self._groups = groups or [
            Group([build_world(next_day(site, days, drawing)) for _ in range(n_envs)])
            for _ in range(1 if days == "own" else n_groups)
        ]
        n = self._groups[0].batch.n_worlds
        super().__init__(n, *spaces(self._state, site.n_ports, site.v2g))
        self._actions: Floats = np.zeros((n, site.n_ports))
        self._infos: list[dict[str, Any]] = [{} for _ in range(n)]

    def reset(self) -> Singles:
        """New days."""
        self._run = Run(self._groups[int(self._stream.integers(len(self._groups)))], self._reward, self._state)
        return self._seen()

    def _seen(self) -> Singles:
        return self._normalised(self._run.observation())

    def _normalised(self, observed: Singles) -> Singles:
        return observed

    def _paid(self, reward: Floats) -> Floats:
        return reward

    def step_async(self, actions: NDArray[Any]) -> None:
        """Remember what to do."""
        self._actions = np.asarray(actions, dtype=np.float64)

    def step_wait(self) -> Any:
        """Do it."""
        reward = self._paid(self._run.step(self._actions))
        done = self._run.done
        last = self._seen()
        infos = self._infos
        if done:  # a day's end is its end: nothing is worth anything afterwards
            infos = [{"terminal_observation": observed} for observed in last]
            last = self.reset()
        return last, reward.astype(np.float32), np.full(self.num_envs, done), infos


class PortVecEnv(ArrayVecEnv):
    """Many cars of one site at once, each an environment like `core.environments.port.Port`.

    Parameters
    ----------
    n_envs : int
    scenario : Scenario, mapping or str, optional
        The site; without one, every day brings another, drawn at random.
    days : {"train", "validation", "test", "own"}
    seed : int
    repeats : int
        How many resets in a row, after the first, begin on the same day: for methods that compare whole policies.
    raw : bool
        No shaping.
    most_ports : int
        Larger sites are not drawn.
    """

    def __init__(
        self, n_envs: int, scenario: AnyScenario = None, *, days: Days = "train", seed: int = 0, repeats: int = 1,
        raw: bool = False, most_ports: int = 400,
    ) -> None:  # fmt: skip
        super().__init__(
            n_envs,
            gymnasium.spaces.Box(LOWEST, HIGHEST, dtype=np.float32),
            gymnasium.spaces.Box(-1.0, 1.0, (1,), dtype=np.float32),
        )
        self._seed, self._repeats, self._resets = seed, repeats, 0
        site: Scenario | None = None if scenario is None else scenario_of(scenario)
        stream = np.random.default_rng([seed, 60])
        self.cars = Followed(n_envs, site, days, stream, raw=raw, most_ports=most_ports)
        self._infos: list[dict[str, Any]] = [{} for _ in range(n_envs)]
        self._actions: Floats = np.zeros((n_envs, 1))

    def drive_others(self, answers: Answers | None) -> None:
        """What cars that no environment follows do from now on; None lets them idle."""
        self.cars.others = answers

    def reset(self) -> Singles:
        """A new day, or the same again (see `repeats`); observations [environments, columns]."""
        if self._repeats > 1:
            begun = (self._resets + self._repeats - 1) // self._repeats
            self.cars.stream = np.random.default_rng([self._seed, 60, begun])
            self._resets += 1
        return self.cars.reset()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Remember what to do."""
        self._actions = actions

    def step_wait(self) -> Any:
        """Do it."""
        return (*self.cars.step(self._actions), self._infos)
