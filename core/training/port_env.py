"""Many worlds as one stable-baselines3 `VecEnv` in which every port is an environment.

Description
-----------
Each environment is a port of one of many worlds of a drawn site; a whole day is stepped with the batch engine. Random
scenarios come from `core.studies.draw`; every day brings new ones. Ports are empty most of the time: an
environment follows a port while its car is there, and goes on to another port with a car when that leaves. Cars that no
environment is free for follow the plan.

Action Space
------------
One number in [-1, 1]: how far to leave the coordinated plan (`core.agents.learned.Observer.power`). 0 is the plan.

Observation Space
-----------------
`core.agents.learned.OBSERVATION`; zeros where no car is.

Rewards
-------
The objective split over ports (`Purse.split`): over a day and all ports the raw rewards add up to the world's J. A
share of a shared cost is less than what a port causes, though (ten cars that overload a transformer together would each
pay a tenth of what each could prevent): the learner gets the port's own terms and, of the shared ones, the difference
that its departure from the plan made (`Purse.differences`). It is scaled by the world's price level and shaped by the
plan's own value from here on: r + v' - v, where v is what the port's plan is worth at prices that include the
congestion to come. Both are valued at the congestion prices before the move: without them, learners put off charging
into hours that are cheap and full; at changed ones, a move that raises the peak would seem to make everybody's hours
cheap. Along one car's stay these terms telescope, congestion apart; what is left says how much better than the plan a
move was.

Starting State
--------------
Step 0 of the day, ports empty or not.

Episode End
-----------
For a port, when its car leaves; after the day's last step for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from core.agents.base import share_current
from core.agents.learned import HIGHEST, LOWEST, Observer
from core.engines.batch import Batch, BatchState
from core.environments.purse import SHAPE_FIELDS, Purse
from core.environments.sb3 import ArrayVecEnv
from core.scenario import Scenario
from core.studies.draw import Split, draw_scenario
from core.world import build_world
from core.world.battery import ACTION_DECIMALS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EFFORT = 0.0
"""What the square of an answer costs the learner by default."""

MOST_REWARD = 20.0
"""Rewards beyond this are cut: a rare crash should not drown what is learned from everything else."""

PORTS_PER_ENVIRONMENT = 3
"""So many ports for each environment, since ports are empty most of the time."""

DISCOUNT = 0.98
"""The learner's discount. Shaping has none, so that it telescopes exactly; what it leaves is what a move gained over
the plan, and that shows within hours."""


class PortEnv(ArrayVecEnv):
    """See the module.

    Parameters
    ----------
    n_envs : int
        Number of ports that are trained together. Sites are drawn with at most so many ports, and as many worlds of
        a site as fit; environments that are left over stay empty.
    split : {"train", "validation", "test"}
    seed : int
    draw : callable, optional
        Gives the scenarios of a day instead of the sampler; equal in `SHAPE_FIELDS`.
    effort : float
        What the square of an answer costs: keeps methods whose critics are unsure near the plan.
    repeats : int
        How many resets in a row, after the first, begin on the same day: methods that compare whole policies by their
        returns (ARS) then compare them on the same cars.
    raw : bool
        Give the split objective itself, scaled: for methods that look at whole returns and need no shaping.
    """

    def __init__(
        self,
        n_envs: int = 512,
        *,
        split: Split = "train",
        seed: int = 0,
        draw: Callable[[np.random.Generator], list[Scenario]] | None = None,
        effort: float = EFFORT,
        repeats: int = 1,
        raw: bool = False,
    ) -> None:
        super().__init__(
            n_envs,
            gymnasium.spaces.Box(LOWEST, HIGHEST, dtype=np.float32),
            gymnasium.spaces.Box(-1.0, 1.0, (1,), dtype=np.float32),
        )
        self._split: Split = split
        self._seed, self._repeats, self._resets = seed, repeats, 0
        self._stream = np.random.default_rng([seed, 20])
        self._draw = draw
        self._effort, self._raw = effort, raw
        self._infos: list[dict[str, Any]] = [{} for _ in range(n_envs)]
        self.raw_reward_eur: Floats = np.zeros((0, 0))
        """[worlds, ports]: the last step's parts of J."""
        self.shaping_eur: Floats = np.zeros((0, 0))
        """[worlds, ports]: what shaping added."""
        self._actions: Floats = np.zeros((n_envs, 1))

    def _scenarios(self) -> list[Scenario]:
        if self._draw is not None:
            return self._draw(self._stream)
        while True:
            first = draw_scenario(self._stream, self._split)
            if first.n_ports <= 2 * self.num_envs:
                break
        shape = {name: getattr(first, name) for name in SHAPE_FIELDS}
        out = [first]
        most = PORTS_PER_ENVIRONMENT * self.num_envs
        while (len(out) + 1) * first.n_ports <= most and len(out) < 64:
            try:
                out.append(draw_scenario(self._stream, self._split, **shape))
            except ValueError:  # a length that does not suit the other fields
                continue
        return out

    def _begin(self) -> None:
        """A new day."""
        self.worlds = [build_world(scenario) for scenario in self._scenarios()]
        self._batch = Batch(self.worlds)
        self._state = BatchState(self._batch)
        self._observer = Observer()
        self._wanted = np.concatenate([world.sessions.wanted_energy_kwh for world in self.worlds])[self._batch.order]
        self._view = self._batch.views.view(0, self._state.energy_kwh)
        self._purse = Purse(self.worlds, self._view)
        self._seen = self._observer.look(self._view)
        self._port = np.full(self.num_envs, -1)
        self._assign()

    def _assign(self) -> None:
        """Lead environments that follow nobody to cars that nobody follows."""
        free = np.flatnonzero(self._port < 0)
        waiting = self._view.connected.reshape(-1).copy()
        waiting[self._port[self._port >= 0]] = False
        cars = np.flatnonzero(waiting)
        n = min(len(free), len(cars))
        self._port[free[:n]] = self._stream.permutation(cars)[:n]

    def _gather(self, values: NDArray[Any]) -> NDArray[Any]:
        """[environments] from [worlds, ports]; 0 for those that follow nobody."""
        flat = values.reshape(-1, *values.shape[2:])
        out = np.zeros((self.num_envs, *flat.shape[1:]), dtype=values.dtype)
        following = self._port >= 0
        out[following] = flat[self._port[following]]
        return out

    def reset(self) -> NDArray[np.float32]:
        """A new day, or the same again (see `repeats`); observations [environments, columns]."""
        if self._repeats > 1:
            self._stream = np.random.default_rng([self._seed, 20, (self._resets + self._repeats - 1) // self._repeats])
            self._resets += 1
        self._begin()
        return self._gather(self._seen)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Remember what to do."""
        self._actions = actions

    def step_wait(self) -> Any:
        """Do it."""
        batch, state, view = self._batch, self._state, self._view
        shape = view.connected.shape
        answers = np.zeros(shape)
        following = self._port >= 0
        answers.reshape(-1)[self._port[following]] = np.asarray(self._actions, dtype=np.float64).reshape(-1)[following]
        asked = self._observer.act(view, answers)
        tolls = self._observer.planner.price[:, view.transformer_of_port, view.step + 1 :].copy()
        before = self._observer.value - self._congestion(tolls, view.step + 1)
        actions = share_current(asked, view.connected, view.ports_per_station)
        session = state.session.copy()
        leaving = view.connected & (view.steps_left == 1)
        done_power, energy = state.step(np.round(actions, ACTION_DECIMALS))
        unmet = np.zeros(shape)
        unmet[leaving] = np.maximum(0.0, self._wanted[session[leaving]] - energy[leaving])
        reward = self._purse.own(view.step, done_power, unmet) - self._purse.differences(
            view.step, done_power, np.where(view.connected, self._observer.plan_kw, 0.0)
        )
        self.raw_reward_eur = self._purse.split(view.step, done_power, unmet)
        scale = self._purse.scale(self._observer.scale)[:, None]
        here, over = view.connected, state.done
        after = np.zeros(shape)
        if not over:
            self._view = batch.views.view(state.step_index, state.energy_kwh)
            self._seen = self._observer.look(self._view)
            after = np.where(leaving, 0.0, self._observer.value - self._congestion(tolls, view.step + 1))
        self.shaping_eur = np.where(here, after - before, 0.0)
        if self._raw:
            reward = self.raw_reward_eur / scale
        else:
            shaped = (reward + self.shaping_eur) / scale
            reward = np.clip(shaped, -MOST_REWARD, MOST_REWARD) - self._effort * answers**2
        rewards = self._gather(reward.astype(np.float32))
        if over:
            done = np.ones(self.num_envs, dtype=np.bool_)
            self._begin()
        else:
            done = self._gather(leaving)
            self._port[done] = -1
            self._assign()
        return self._gather(self._seen), rewards, done, self._infos

    def _congestion(self, price: Floats, step: int) -> Floats:
        """[worlds, ports] EUR: what the plan from `step` on costs at congestion prices [worlds, ports, steps]."""
        plan = self._observer.planner.plan_kwh[:, : price.shape[1], step:]
        cost: Floats = np.einsum("wpt,wpt->wp", plan, price)
        return cost


class ManySites(ArrayVecEnv):
    """Several `PortEnv` side by side, so that what is learned from at a time comes from sites of several shapes.

    Parameters
    ----------
    n_envs : int
        Of all together; a multiple of `sites`.
    sites : int
        How many.
    seed : int
    **options
        Of each `PortEnv`.
    """

    def __init__(self, n_envs: int = 512, *, sites: int = 8, seed: int = 0, **options: Any) -> None:
        each = n_envs // sites
        self.sites = [PortEnv(each, seed=1000 * seed + i, **options) for i in range(sites)]
        first = self.sites[0]
        super().__init__(each * sites, first.observation_space, first.action_space)

    def reset(self) -> NDArray[np.float32]:
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
