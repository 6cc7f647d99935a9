"""The usual baseline: one policy for one whole site, with EV2Gym's own observation and action vector.

Trained on the stock V2GProfitMax days with as many port-steps as the shared policies get, so that what sharing one
policy between ports brings can be seen. It serves that one site, tariff and objective only, and is offered nowhere:
`core.measure.quality` measures it beside the others.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO

from core.agents.base import Agent, FleetView, Floats, share_current
from core.agents.learned import FOLDER
from core.engines.batch import Batch, BatchState
from core.scenario import Scenario
from core.studies.draw import FIRST_DATE, LAST_DATE, SEEDS, Split, split_of
from core.training.port_env import Purse
from core.training.vec_env import ArrayVecEnv
from core.world import World, build_world
from core.world.battery import ACTION_DECIMALS

NAME = "whole_site"
MODEL = FOLDER / NAME / "model.zip"

PRICES_AHEAD = 20
"""Steps of prices that EV2Gym's `V2G_profit_max` shows."""

PORT_STEPS = 5_000_000
"""As many as the shared PPO gets."""

WORLDS = 32
"""Days that are stepped together."""

REWARD_EUR = 5.0
"""EUR of the objective that are a reward of 1."""


def stock_scenarios(n: int, split: Split, seed: int) -> list[Scenario]:
    """EV2Gym's V2GProfitMax day (`Scenario()`) on random working days of a split, with that split's seeds."""
    stream = np.random.default_rng([seed, 50])
    out: list[Scenario] = []
    while len(out) < n:
        date = FIRST_DATE + dt.timedelta(days=int(stream.integers((LAST_DATE - FIRST_DATE).days + 1)))
        if split_of(date) == split and date.weekday() < 5:
            out.append(Scenario(date=date, seed=int(stream.integers(*SEEDS[split]))))
    return out


def observe(view: FleetView, power_kw: Floats) -> NDArray[np.float32]:
    """What EV2Gym's `ev2gym.rl_agent.state.V2G_profit_max` shows: [worlds, 22 + 2 x ports].

    Step, the last step's power of all cars [kW], prices of the next 20 steps [EUR/kWh], and for each port SoC and steps
    until departure, 0 where no car is.
    """
    worlds, ports = view.connected.shape
    out = np.zeros((worlds, 2 + PRICES_AHEAD + 2 * ports), dtype=np.float32)
    out[:, 0], out[:, 1] = view.step, power_kw
    prices = np.abs(view.objective.buy[:, view.step : view.step + PRICES_AHEAD])
    out[:, 2 : 2 + prices.shape[1]] = prices
    soc = view.energy_kwh / np.where(view.connected, view.capacity_kwh, 1.0)
    out[:, 2 + PRICES_AHEAD :: 2] = np.where(view.connected, soc, 0.0)
    out[:, 3 + PRICES_AHEAD :: 2] = np.where(view.connected, view.steps_left - 1, 0)
    return out


class SiteEnv(ArrayVecEnv):
    """Stock days, each an environment: actions [ports] in [-1, 1], the reward is the objective's change in a step.

    Parameters
    ----------
    seed : int
        Of the days drawn.
    """

    def __init__(self, seed: int = 0) -> None:
        n = Scenario().n_ports
        size = 2 + PRICES_AHEAD + 2 * n
        super().__init__(
            WORLDS,
            gymnasium.spaces.Box(-np.inf, np.inf, (size,), dtype=np.float32),
            gymnasium.spaces.Box(-1.0, 1.0, (n,), dtype=np.float32),
        )
        self._seed, self._days = seed, 0
        self._actions: Floats = np.zeros((WORLDS, n))

    def reset(self) -> NDArray[np.float32]:
        """New days."""
        worlds = [build_world(s) for s in stock_scenarios(WORLDS, "train", self._seed + 1000 * self._days)]
        self._days += 1
        self._batch = Batch(worlds)
        self._state = BatchState(self._batch)
        self._wanted = np.concatenate([world.sessions.wanted_energy_kwh for world in worlds])[self._batch.order]
        self._view = self._batch.views.view(0, self._state.energy_kwh)
        self._purse = Purse(worlds, self._view)
        return observe(self._view, np.zeros(WORLDS))

    def step_async(self, actions: NDArray[Any]) -> None:
        """Remember what to do."""
        self._actions = np.asarray(actions, dtype=np.float64)

    def step_wait(self) -> Any:
        """Do it."""
        state, view = self._state, self._view
        session, leaving = state.session.copy(), view.connected & (view.steps_left == 1)
        asked = share_current(self._actions, view.connected, view.ports_per_station)
        power, energy = state.step(np.round(asked, ACTION_DECIMALS))
        unmet = np.zeros(leaving.shape)
        unmet[leaving] = np.maximum(0.0, self._wanted[session[leaving]] - energy[leaving])
        rewards = self._purse.split(view.step, power, unmet).sum(axis=1) / REWARD_EUR
        done = np.full(WORLDS, state.done)
        if state.done:
            seen = self.reset()
        else:
            self._view = self._batch.views.view(state.step_index, state.energy_kwh)
            seen = observe(self._view, power.sum(axis=1))
        return seen, rewards.astype(np.float32), done, [{} for _ in range(WORLDS)]


class WholeSite(Agent):
    """The trained policy as an agent, for worlds of the stock site."""

    name: ClassVar[str] = NAME

    def __init__(self, model: PPO) -> None:
        self._model = model

    def prepare(self, worlds: Sequence[World]) -> None:
        self._power: Floats = np.zeros(len(worlds))

    def act(self, view: FleetView) -> Floats:
        answers, _ = self._model.predict(observe(view, self._power), deterministic=True)
        actions = np.where(view.connected, np.asarray(answers, dtype=np.float64), 0.0)
        # What the site really drew is not in the view; what was asked for is next to it.
        full = np.where(actions > 0, view.charge_kw, view.discharge_kw)
        self._power = (np.clip(actions, -1, 1) * full).sum(axis=1)
        return actions


def train(port_steps: int, *, seed: int = 0, path: Path = MODEL) -> PPO:
    """Train with PPO at stable-baselines3's default settings, and save the model."""
    torch.set_num_threads(1)
    model = PPO("MlpPolicy", SiteEnv(seed), n_steps=Scenario().n_steps, batch_size=448, seed=seed, device="cpu")
    model.learn(port_steps // Scenario().n_ports)
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)
    card = {
        "name": NAME,
        "what": "one policy for the whole stock site, on EV2Gym's own observation and action vector",
        "algo": "ppo, at stable-baselines3's default settings",
        "port_steps": port_steps,
        "seed": seed,
        "command": "python -m core.training.whole_site",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": {name: version(name) for name in ("stable-baselines3", "torch", "numpy")},
    }
    (path.parent / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return model


def load(path: Path = MODEL) -> WholeSite:
    """The shipped baseline. `FileNotFoundError` where there is none."""
    return WholeSite(PPO.load(path, device="cpu"))


if __name__ == "__main__":
    train(PORT_STEPS)
