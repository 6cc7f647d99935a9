"""The whole-site baseline sees what EV2Gym's own state shows, and earns the objective."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from core.agents.base import Agent
from core.engines import ev2gym as engine
from core.engines.batch import totals_many
from core.scenario import Scenario
from core.studies.draw import split_of
from core.training import whole_site
from core.training.whole_site import PRICES_AHEAD, REWARD_EUR, WORLDS, SiteEnv, observe, stock_scenarios
from core.world import build_world


class Wavering(Agent):
    """Charges and discharges in turns, and keeps what it would have shown a policy."""

    name = "wavering"

    def prepare(self, worlds):
        self.envs, self.pairs = [], []

    def act(self, view):
        from ev2gym.rl_agent.state import V2G_profit_max

        self.pairs.append((V2G_profit_max(self.envs[0]), observe(view, np.zeros(1))[0]))
        return np.full(view.connected.shape, 0.7 if view.step % 3 else -0.4)


def test_observation_is_ev2gym_s_own(monkeypatch):
    agent, make_env = Wavering(), engine.make_env

    def keep(world):
        agent.envs.append(make_env(world))
        return agent.envs[0]

    monkeypatch.setattr(engine, "make_env", keep)
    engine.simulate(build_world(Scenario(stations=6, intensity=20)), agent)
    assert len(agent.pairs) == Scenario().n_steps
    cars = 0
    for theirs, ours in agent.pairs:
        assert ours[0] == theirs[0]
        # The second is the power of the step before, which is the environment's to give.
        np.testing.assert_allclose(ours[2:], theirs[2:].astype(np.float32), rtol=1e-6)
        cars += (ours[2 + PRICES_AHEAD :: 2] > 0).sum()
    assert cars > 100


def test_rewards_are_the_objective():
    env = SiteEnv(seed=3)
    worlds = [build_world(s) for s in stock_scenarios(WORLDS, "train", 3)]
    env.reset()
    total = np.zeros(WORLDS)
    for _ in range(Scenario().n_steps):
        _, rewards, done, _ = env.step(np.ones((WORLDS, 25)))
        total += rewards * REWARD_EUR
    assert done.all()
    expected = totals_many(worlds, AllOn())["objective_eur"]
    np.testing.assert_allclose(total, expected, rtol=1e-4, atol=1e-2)


class AllOn(Agent):
    """Asks for everything, everywhere."""

    name = "all_on"

    def act(self, view):
        return np.ones(view.connected.shape)


def test_days_are_working_days_of_their_split():
    for split in ("train", "test"):
        days = stock_scenarios(30, split, 0)
        assert all(split_of(s.date) == split and s.date.weekday() < 5 for s in days)
        assert all(s.replace(date=Scenario().date, seed=Scenario().seed) == Scenario() for s in days)


def test_a_trained_policy_drives_the_stock_site(tmp_path):
    model = whole_site.train(25 * 112 * WORLDS, path=tmp_path / "model.zip")
    agent = whole_site.load(tmp_path / "model.zip")
    world = build_world(Scenario())
    found = totals_many([world], agent)["charged_kwh"][0]
    assert found > 0
    assert found == totals_many([world], whole_site.WholeSite(model))["charged_kwh"][0]
