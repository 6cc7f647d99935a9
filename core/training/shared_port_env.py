"""Many worlds as one stable-baselines3 `VecEnv` in which every port is an environment, without any plan.

Description
-----------
Each environment follows a car at a port of one of many worlds of a drawn site while it stays, then goes on to
another. A whole day is stepped with the batch engine; random scenarios come from `core.studies.draw`. Cars that no
environment is free for do what the policy in training would do (`others`).

Action Space
------------
One number in [-1, 1]: the car's bid, a price of stored energy (`Observer.power`); the site's market is cleared at all
bids.

Observation Space
-----------------
`core.agents.learned.shared_port.OBSERVATION`; zeros where no car is.

Rewards
-------
What a car's energy, and its unmet energy at departure, are worth in the objective, less what its power costs the
others: the toll at which the market cleared. In units of a step at full power at the world's price level, and shaped by
the potential v' - v, where v is what the rest of the stay would be worth to this car if it were alone in the world
(`core.training.alone`): along a stay that telescopes, so that it changes no policy's rank, and a mistake shows in the
step in which it is made.

Starting State
--------------
Step 0 of a day, ports empty or not.

Episode End
-----------
For an environment, when its car leaves; after the day's last step for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.agents.base import Floats, share_current
from core.agents.learned.shared_port import HIGHEST, LOWEST, N_OBSERVED, Observer
from core.engines.batch import Batch, BatchState
from core.scenario import STEP_HOURS, Scenario
from core.studies.draw import Split, draw_scenario
from core.training.alone import LEVELS, look_up, values_alone
from core.training.port_env import SHAPE_FIELDS, Purse
from core.training.vec_env import ArrayVecEnv
from core.world import World, build_world
from core.world.battery import ACTION_DECIMALS, car_limits, on_grid

Singles = NDArray[np.float32]
Answers = Callable[[Singles], Singles]

PORTS_AN_ENVIRONMENT = 4.0
"""So many ports for each environment at most, since ports are empty part of the time."""

MOST_REWARD = 10.0
"""Rewards beyond this are cut."""

LEAST_KWH = 0.25
"""Rewards are in units of a step at full power, of so many kWh at least."""

DEAREST_SHARE = 0.1
"""Their price is the world's price level plus this share of its dearest price."""


class Alone:
    """The potential: what cars of a batch would gain if each were alone."""

    def __init__(self, batch: Batch) -> None:
        worlds, objective = batch.worlds, Objective.of_all(batch.worlds)
        limits = [car_limits(world) for world in worlds]

        def packed(parts: list[Any]) -> Floats:
            return np.ascontiguousarray(np.concatenate(parts)[batch.order], dtype=np.float64)

        self._first = batch.cars.arrival
        self._last = np.minimum(batch.cars.departure, batch.n_steps - 1)
        self._full = batch.cars.capacity
        self._floor = np.minimum(batch.cars.min_energy, batch.cars.arrival_energy)
        steps = self._last - self._first + 2
        self._begin = np.concatenate([[0], np.cumsum(steps)])
        self._table = np.empty((int(self._begin[-1]), LEVELS))
        values_alone(
            self._first, self._last, batch.world_of_session[batch.order], -objective.charge_value,
            objective.discharge_value, np.asarray(objective.unmet_value), self._floor, self._full,
            packed([world.sessions.wanted_energy_kwh for world in worlds]),
            packed([on_grid(x.charge_kw * STEP_HOURS) / STEP_HOURS for x in limits]),
            packed([x.discharge_kw for x in limits]), packed([x.taper for x in limits]), self._begin, self._table,
        )  # fmt: skip

    def value(self, session: NDArray[np.int64], step: int, energy: Floats) -> Floats:
        """[n] EUR."""
        out = np.empty(len(session))
        look_up(session, step, self._first, self._last, self._floor, self._full, self._begin, self._table, energy, out)
        return out


class PortsOfSite(ArrayVecEnv):
    """See the module; one site at a time.

    Parameters
    ----------
    n_envs : int
    split : {"train", "validation", "test"}
    seed : int
    repeats : int
        How many resets in a row, after the first, begin on the same day: for methods that compare whole policies.
    raw : bool
        No shaping: rewards of a stay add up to what it was worth, at marginal prices.
    most_ports : int
        Larger sites are not drawn.
    """

    def __init__(
        self, n_envs: int, *, split: Split = "train", seed: int = 0, repeats: int = 1, raw: bool = False,
        most_ports: int = 400,
    ) -> None:  # fmt: skip
        super().__init__(
            n_envs,
            gymnasium.spaces.Box(LOWEST, HIGHEST, dtype=np.float32),
            gymnasium.spaces.Box(-1.0, 1.0, (1,), dtype=np.float32),
        )
        self._split: Split = split
        self._seed, self._repeats, self._resets = seed, repeats, 0
        self._stream = np.random.default_rng([seed, 60])
        self._raw, self._most_ports = raw, most_ports
        self._infos: list[dict[str, Any]] = [{} for _ in range(n_envs)]
        self._actions: Floats = np.zeros((n_envs, 1))
        self.others: Answers | None = None
        """Drives cars that no environment follows; None lets them idle."""

    def _scenarios(self) -> list[Scenario]:
        while True:
            first = draw_scenario(self._stream, self._split)
            if first.n_ports <= self._most_ports:
                break
        shape = {name: getattr(first, name) for name in SHAPE_FIELDS}
        out = [first]
        while (len(out) + 1) * first.n_ports <= PORTS_AN_ENVIRONMENT * self.num_envs and len(out) < 48:
            try:
                out.append(draw_scenario(self._stream, self._split, **shape))
            except ValueError:  # a length that does not suit the other fields
                continue
        return out

    def _begin(self) -> None:
        """A new day."""
        self.worlds: list[World] = [build_world(scenario) for scenario in self._scenarios()]
        self._batch = batch = Batch(self.worlds)
        self._state = BatchState(batch)
        self._observer = Observer()
        sessions = [world.sessions for world in self.worlds]
        self._wanted = np.concatenate([s.wanted_energy_kwh for s in sessions])[batch.order]
        self._view = batch.views.view(0, self._state.energy_kwh)
        self._alone = Alone(batch)
        self._purse = Purse(self.worlds, self._view)
        self._look()
        self._port = np.full(self.num_envs, -1)
        self._assign()

    def _look(self) -> None:
        here = np.flatnonzero(self._view.connected)
        self._here = here
        self._session = self._state.session.reshape(-1)[here].copy()
        self._seen = self._observer.look(self._view)

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

    def reset(self) -> Singles:
        """A new day, or the same again (see `repeats`); observations [environments, columns]."""
        if self._repeats > 1:
            self._stream = np.random.default_rng([self._seed, 60, (self._resets + self._repeats - 1) // self._repeats])
            self._resets += 1
        self._begin()
        return self._gather(self._seen)

    def step_async(self, actions: NDArray[Any]) -> None:
        """Remember what to do."""
        self._actions = actions

    def step_wait(self) -> Any:
        """Do it."""
        state, view = self._state, self._view
        shape = view.connected.shape
        answers = np.zeros(shape)
        flat = answers.reshape(-1)
        following = self._port >= 0
        if self.others is not None:
            alone = self._here[~np.isin(self._here, self._port[following])]
            if len(alone):
                flat[alone] = self.others(self._seen.reshape(-1, N_OBSERVED)[alone])
        flat[self._port[following]] = np.asarray(self._actions, dtype=np.float64).reshape(-1)[following]
        asked = self._observer.power(view, answers)
        actions = share_current(view.action_for(asked), view.connected, view.ports_per_station)
        leaving = view.connected & (view.steps_left == 1)
        before = self._alone.value(self._session, view.step, view.energy_kwh.reshape(-1)[self._here])
        done_power, energy = state.step(np.round(actions, ACTION_DECIMALS))
        unmet = np.zeros(shape)
        after_kwh = energy.reshape(-1)[self._here]
        short = np.maximum(0.0, self._wanted[self._session] - after_kwh)
        unmet.reshape(-1)[self._here] = np.where(leaving.reshape(-1)[self._here], short, 0.0)
        reward = self._purse.own(view.step, done_power, unmet)
        reward -= self._observer.toll * done_power * STEP_HOURS
        if not self._raw:
            after = self._alone.value(self._session, view.step + 1, after_kwh)
            reward.reshape(-1)[self._here] += after - before
        step_kwh = np.maximum(np.maximum(view.charge_kw, view.discharge_kw) * STEP_HOURS, LEAST_KWH)
        reward /= self._purse.scale(self._observer.scale, DEAREST_SHARE)[:, None] * step_kwh
        rewards = self._gather(np.clip(reward, -MOST_REWARD, MOST_REWARD).astype(np.float32))
        if state.done:
            done = np.ones(self.num_envs, dtype=np.bool_)
            self._begin()
        else:
            self._view = self._batch.views.view(state.step_index, state.energy_kwh.copy())
            self._look()
            done = self._gather(leaving)
            self._port[done] = -1
            self._assign()
        return self._gather(self._seen), rewards, done, self._infos


class Ports(ArrayVecEnv):
    """Several `PortsOfSite` side by side, so that what is learned at once comes from sites of several shapes.

    Parameters
    ----------
    n_envs : int
        Of all together; a multiple of `sites`.
    sites : int
    seed : int
    **options
        Of each `PortsOfSite`.
    """

    def __init__(self, n_envs: int = 1024, *, sites: int = 8, seed: int = 0, **options: Any) -> None:
        each = n_envs // sites
        self.sites = [PortsOfSite(each, seed=1000 * seed + i, **options) for i in range(sites)]
        first = self.sites[0]
        super().__init__(each * sites, first.observation_space, first.action_space)

    def drive_others(self, answers: Answers) -> None:
        """What cars that no environment follows do from now on."""
        for site in self.sites:
            site.others = answers

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
