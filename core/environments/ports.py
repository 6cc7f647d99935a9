"""Many worlds of one site in which every car at a port is an environment of its own, without any plan.

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

import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.agents.base import Floats, share_current
from core.agents.learned.shared_port import N_OBSERVED, Observer
from core.engines.batch import Batch, BatchState
from core.environments.alone import LEVELS, look_up, values_alone
from core.environments.arguments import Days, next_day
from core.environments.purse import SHAPE_FIELDS, Purse
from core.scenario import STEP_HOURS, Scenario
from core.studies.draw import Split, draw_scenario
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

MOST_WORLDS = 48
"""Days of a site that are stepped together at most."""

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


class Market:
    """Days of one site in which every car bids and the market clears: what all environments of ports step.

    Parameters
    ----------
    worlds : list of World
        Equal in `SHAPE_FIELDS`.
    """

    def __init__(self, worlds: list[World]) -> None:
        self.worlds = worlds
        self.batch = batch = Batch(worlds)
        self.state = BatchState(batch)
        self.observer = Observer()
        sessions = [world.sessions for world in worlds]
        self._wanted = np.concatenate([s.wanted_energy_kwh for s in sessions])[batch.order]
        self.view = batch.views.view(0, self.state.energy_kwh)
        self.alone, self.purse = Alone(batch), Purse(worlds, self.view)
        self.look()

    def look(self) -> None:
        """Observe the coming step: `here` are places of cars, `session` theirs, `seen` [worlds, ports, columns]."""
        self.here = np.flatnonzero(self.view.connected)
        self.session = self.state.session.reshape(-1)[self.here].copy()
        self.seen: Singles = self.observer.look(self.view)

    def move(self, answers: Floats) -> tuple[Floats, Floats, Floats]:
        """Clear the market at bids [worlds, ports] and make the step.

        Returns
        -------
        power_kw, unmet_kwh : array of float
            [worlds, ports]
        shaping_eur : array of float
            [worlds, ports]: what the rest of each stay is worth to the car alone, after the step less before.
        """
        state, view, here = self.state, self.view, self.here
        asked = self.observer.power(view, answers)
        actions = share_current(view.action_for(asked), view.connected, view.ports_per_station)
        before = self.alone.value(self.session, view.step, view.energy_kwh.reshape(-1)[here])
        power, energy = state.step(np.round(actions, ACTION_DECIMALS))
        after_kwh = energy.reshape(-1)[here]
        unmet, shaping = np.zeros(view.connected.shape), np.zeros(view.connected.shape)
        short = np.maximum(0.0, self._wanted[self.session] - after_kwh)
        unmet.reshape(-1)[here] = np.where(self.leaving.reshape(-1)[here], short, 0.0)
        shaping.reshape(-1)[here] = self.alone.value(self.session, view.step + 1, after_kwh) - before
        return power, unmet, shaping

    @property
    def leaving(self) -> NDArray[np.bool_]:
        """[worlds, ports]: where a car acts for the last time."""
        return np.asarray(self.view.connected & (self.view.steps_left == 1))

    @property
    def done(self) -> bool:
        """Whether the day is over."""
        return self.state.done

    def go_on(self) -> None:
        """Look at the next step, after `move`."""
        self.view = self.batch.views.view(self.state.step_index, self.state.energy_kwh.copy())
        self.look()


class Followed:
    """Cars of one site, each followed by one of `n` environments while it stays. See the module.

    Parameters
    ----------
    n : int
    scenario : Scenario, optional
        The site; sites of all kinds, drawn at random, where none is given.
    days : {"train", "validation", "test", "own"}
    stream : Generator
    raw : bool
        No shaping: rewards of a stay add up to what it was worth, at marginal prices.
    most_ports : int
        Larger sites are not drawn.
    """

    def __init__(
        self, n: int, scenario: Scenario | None, days: Days, stream: np.random.Generator, *, raw: bool = False,
        most_ports: int = 400,
    ) -> None:  # fmt: skip
        self.n, self._scenario, self._days = n, scenario, days
        self.stream, self._raw, self._most_ports = stream, raw, most_ports
        self.others: Answers | None = None
        """Drives cars that no environment follows; None lets them idle."""

    def scenarios(self) -> list[Scenario]:
        """Those of a day, as many as the environments can follow."""
        if self._scenario is not None:
            most = 1 if self._days == "own" else self._most_worlds(self._scenario)
            return [next_day(self._scenario, self._days, self.stream) for _ in range(most)]
        split: Split = "train" if self._days == "own" else self._days
        while True:
            first = draw_scenario(self.stream, split)
            if first.n_ports <= self._most_ports:
                break
        shape = {name: getattr(first, name) for name in SHAPE_FIELDS}
        out = [first]
        while len(out) < self._most_worlds(first):
            try:
                out.append(draw_scenario(self.stream, split, **shape))
            except ValueError:  # a length that does not suit the other fields
                continue
        return out

    def _most_worlds(self, scenario: Scenario) -> int:
        return min(max(1, int(PORTS_AN_ENVIRONMENT * self.n // scenario.n_ports)), MOST_WORLDS)

    def reset(self) -> Singles:
        """A new day; observations [environments, columns]."""
        self.market = Market([build_world(scenario) for scenario in self.scenarios()])
        self.port = np.full(self.n, -1)
        self._assign()
        return self.gather(self.market.seen)

    def _assign(self) -> None:
        """Lead environments that follow nobody to cars that nobody follows."""
        free = np.flatnonzero(self.port < 0)
        waiting = self.market.view.connected.reshape(-1).copy()
        waiting[self.port[self.port >= 0]] = False
        cars = np.flatnonzero(waiting)
        n = min(len(free), len(cars))
        self.port[free[:n]] = self.stream.permutation(cars)[:n]

    def gather(self, values: NDArray[Any]) -> NDArray[Any]:
        """[environments] from [worlds, ports]; 0 for those that follow nobody."""
        flat = values.reshape(-1, *values.shape[2:])
        out = np.zeros((self.n, *flat.shape[1:]), dtype=values.dtype)
        following = self.port >= 0
        out[following] = flat[self.port[following]]
        return out

    def step(self, actions: NDArray[Any]) -> tuple[Singles, Singles, NDArray[np.bool_]]:
        """One step of the site: observations, rewards and whose car has left, [environments]; a new day after the last.

        An environment whose car has left sees the next car that it follows, or zeros.
        """
        market = self.market
        view = market.view
        answers = np.zeros(view.connected.shape)
        flat = answers.reshape(-1)
        following = self.port >= 0
        if self.others is not None:
            alone = market.here[~np.isin(market.here, self.port[following])]
            if len(alone):
                flat[alone] = self.others(market.seen.reshape(-1, N_OBSERVED)[alone])
        flat[self.port[following]] = np.asarray(actions, dtype=np.float64).reshape(-1)[following]
        leaving = market.leaving
        power, unmet, shaping = market.move(answers)
        reward = market.purse.own(view.step, power, unmet)
        reward -= market.observer.toll * power * STEP_HOURS
        if not self._raw:
            reward += shaping
        step_kwh = np.maximum(np.maximum(view.charge_kw, view.discharge_kw) * STEP_HOURS, LEAST_KWH)
        reward /= market.purse.scale(market.observer.scale, DEAREST_SHARE)[:, None] * step_kwh
        rewards = self.gather(np.clip(reward, -MOST_REWARD, MOST_REWARD).astype(np.float32))
        if market.done:
            done = np.ones(self.n, dtype=np.bool_)
            return self.reset(), rewards, done
        market.go_on()
        done = self.gather(leaving)
        self.port[done] = -1
        self._assign()
        return self.gather(market.seen), rewards, done
