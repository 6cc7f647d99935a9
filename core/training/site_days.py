"""Whole sites on the batch engine: many days at once, any of the original's rewards or the objective, its own state.

The same learning problem as `core.training.site`, which steps one real EV2Gym at a time; states and rewards are equal
to EV2Gym's (tests/core/training/test_site_days.py), hundreds of times as fast.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.agents.base import share_current
from core.agents.learned.whole_site import SITES, STATE_OF, observe
from core.agents.looks import OBJECTIVE
from core.engines.batch import Batch, BatchState
from core.rewards import REWARDS
from core.rewards.stepwise import Days, Running
from core.scenario import STEP_HOURS
from core.studies.draw import draw_days
from core.training.vec_env import ArrayVecEnv
from core.world import World, build_world
from core.world.battery import ACTION_DECIMALS

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

TOGETHER = 64
"""Days that are stepped together."""

GROUPS = 8
"""Groups of so many days that training draws from."""


class Group:
    """Days that are stepped together, and what each kWh of them is worth in the objective. Constant."""

    def __init__(self, worlds: list[World]) -> None:
        self.batch, self.days = Batch(worlds), Days(worlds)
        self.wanted_kwh = np.concatenate([world.sessions.wanted_energy_kwh for world in worlds])
        self.objective = Objective.of_all(worlds)
        self.tracked = worlds[0].setpoint_kw is not None


@lru_cache(maxsize=4)
def training_days(site: str) -> list[Group]:
    """`GROUPS` groups of `TOGETHER` days of the training split; all learners of a site share them."""
    worlds = [build_world(s) for s in draw_days(SITES[site], GROUPS * TOGETHER, "train", 0)]
    return [Group(worlds[i : i + TOGETHER]) for i in range(0, len(worlds), TOGETHER)]


class Run:
    """One group of days from the first step to the last, with one reward and its state.

    Parameters
    ----------
    group : Group
    reward : str
        One of `core.agents.looks.SITE_REWARDS`.
    """

    def __init__(self, group: Group, reward: str) -> None:
        self._group, self._reward = group, reward
        self.state = BatchState(group.batch)
        self._running = Running(group.days, self.state.energy_kwh)
        self._peak = np.zeros(group.batch.n_worlds)

    @property
    def done(self) -> bool:
        """Whether the day is over."""
        return self.state.done

    def observation(self) -> Singles:
        """[worlds, columns]: what is seen before the coming step."""
        running = self._running
        return observe(STATE_OF[self._reward], running.seen, running.step, self._group.days.buy)

    def step(self, asked: Floats) -> Floats:
        """Make a step; gives [worlds]: the reward.

        Parameters
        ----------
        asked : array of float
            [worlds, ports]; cut to what a charger can do.
        """
        group, batch, step = self._group, self._group.batch, self._running.step
        connected = self.state.connected.copy()
        actions = np.round(share_current(asked, connected, batch.ports_per_station), ACTION_DECIMALS)
        exchanged = np.empty(actions.shape)
        power, end = self.state.step(actions, exchanged_kwh=exchanged)
        facts = self._running.after(actions, exchanged, end, self.state.energy_kwh)
        if self._reward != OBJECTIVE:
            return REWARDS[self._reward].formula(facts)
        at = group.days.at[step]
        leaving = group.days.departure[at] == step
        unmet = np.where(leaving, np.maximum(0.0, group.days.wanted_kwh[at] - np.nan_to_num(end)), 0.0).sum(axis=1)
        return self._earned(step, power, unmet)

    def _earned(self, step: int, power: Floats, unmet_kwh: Floats) -> Floats:
        """[worlds] EUR: the objective's change; adds up to the ledger's."""
        now, days = self._group.objective, self._group.days
        up, down = np.maximum(power, 0.0).sum(axis=1), np.maximum(-power, 0.0).sum(axis=1)
        load = days.base_kw[:, :, step].copy()
        np.add.at(load.T, days.transformer_of_port, power.T)
        over = np.maximum(0.0, np.maximum(load - days.limit_kw[:, :, step], days.lower_limit_kw[:, :, step] - load))
        value = (now.charge_value[:, step] * up + now.discharge_value[:, step] * down) * STEP_HOURS
        value = value - now.unmet_value * unmet_kwh - now.overload_value * over.sum(axis=1) * STEP_HOURS
        site = up - down
        if self._group.tracked:
            value = value - now.deviation_value * np.abs(site - days.setpoint_kw[:, step]) * STEP_HOURS
        value = value - now.peak_value * np.maximum(0.0, site - self._peak)
        self._peak = np.maximum(self._peak, site)
        return np.asarray(value)


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


class SiteDays(ArrayVecEnv):
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
        self._reward, self._groups = reward, training_days(site)
        self._scales, self._stream = scales_of(site, reward), np.random.default_rng([seed, 52])
        n = SITES[site].n_ports
        super().__init__(
            TOGETHER,
            gymnasium.spaces.Box(-np.inf, np.inf, (len(self._scales.mean),), dtype=np.float32),
            gymnasium.spaces.Box(-1.0, 1.0, (n,), dtype=np.float32),
        )
        self._actions: Floats = np.zeros((TOGETHER, n))
        self._infos: list[dict[str, Any]] = [{} for _ in range(TOGETHER)]

    def reset(self) -> Singles:
        """New days."""
        self._run = Run(self._groups[int(self._stream.integers(len(self._groups)))], self._reward)
        return self._seen()

    def _seen(self) -> Singles:
        return self._normalised(self._run.observation())

    def _normalised(self, observed: Singles) -> Singles:
        return np.asarray((observed - self._scales.mean) / self._scales.spread, dtype=np.float32)

    def _paid(self, reward: Floats) -> Floats:
        return (reward - self._scales.reward_mean) / self._scales.reward_spread

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
        return last, reward.astype(np.float32), np.full(TOGETHER, done), infos
