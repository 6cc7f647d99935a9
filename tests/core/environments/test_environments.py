"""Environments: as Gymnasium, stable-baselines3 and PettingZoo want them, and paying what the ledger counts."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import core.environments  # noqa: F401 - registers
from core.accounts.ledger import settle
from core.agents.heuristics import AsFastAsPossible
from core.agents.looks import SITE_REWARDS
from core.engines.batch import simulate_many
from core.environments.port import Port
from core.environments.site import Site
from core.errors import EnerV2GizeError
from core.scenario import Scenario
from core.world import build_world

SMALL = Scenario(stations=3, length_h=12, intensity=40, transformer_limit_kw=25, seed=4)


def play(env, action):
    """Rewards of an episode."""
    rewards, over = [], False
    while not over:
        _, reward, over, _, _ = env.step(action)
        rewards.append(reward)
    return rewards


def objective_of(scenario):
    """What the ledger counts for plug and charge."""
    world = build_world(scenario)
    return settle(world, simulate_many([world], AsFastAsPossible())[0]).totals.objective_eur


@pytest.mark.parametrize("name", ["EnerV2Gize/Site-v0", "EnerV2Gize/Port-v0"])
def test_gymnasium_s_checker_finds_nothing(name):
    check_env(gymnasium.make(name, scenario=SMALL).unwrapped)


@pytest.mark.parametrize("kind", [Site, Port])
def test_stable_baselines3_s_checker_finds_nothing(kind):
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(kind(SMALL))


def test_rewards_of_the_own_day_add_up_to_the_ledger_s_objective():
    env = Site(SMALL, days="own")
    env.reset(seed=1)
    assert sum(play(env, np.ones(SMALL.n_ports))) == pytest.approx(objective_of(SMALL), abs=1e-6)


@pytest.mark.parametrize("reward", SITE_REWARDS)
def test_every_reward_pays_numbers(reward):
    env = Site(SMALL.model_dump(mode="json"), reward=reward)
    seen, info = env.reset(seed=3)
    assert env.observation_space.contains(seen)
    assert info["date"] != SMALL.date.isoformat()
    assert np.isfinite(play(env, env.action_space.sample())).all()


def test_what_cannot_be_is_named():
    with pytest.raises(EnerV2GizeError, match="reward: there is no 'gold'; choose from grid_operator"):
        Site(SMALL, reward="gold")
    with pytest.raises(EnerV2GizeError, match="state: there is no 'all'"):
        Site(SMALL, state="all")
    with pytest.raises(EnerV2GizeError, match="days: there is no 'often'; choose from train"):
        Site(SMALL, days="often").reset()
    with pytest.raises(EnerV2GizeError, match="scenario: must be a Scenario, its fields or its JSON, not int"):
        Site(3)
    with pytest.raises(EnerV2GizeError, match="others: there is no 'best'"):
        Port(SMALL, others="best")


def test_an_episode_of_a_port_is_one_car_s_stay():
    env = Port(SMALL, days="own", others=None)
    sessions = build_world(SMALL).sessions
    _, info = env.reset(seed=2)
    stays = sessions.departure_step - sessions.arrival_step + 1
    here = (sessions.port == info["port"]) & (sessions.arrival_step == info["step"])
    assert len(play(env, np.zeros(1))) == min(stays[here][0], build_world(SMALL).n_steps - info["step"])


def test_pettingzoo_s_test_passes_and_rewards_add_up():
    api = pytest.importorskip("pettingzoo.test.parallel_test")
    from core.environments.parallel import Site as Ports

    env = Ports(SMALL, days="own")
    api.parallel_api_test(env, num_cycles=60)
    env.reset(seed=0)
    total, bids = 0.0, {agent: np.ones(1, dtype=np.float32) for agent in env.agents}
    while env.agents:
        _, rewards, *_ = env.step(bids)
        total += sum(rewards.values())
    assert env.observation_space("port_0") is env.observation_space("port_0")
    assert np.isfinite(total)
    assert total != 0


def test_many_days_at_once_are_those_of_the_single_one():
    sb3 = pytest.importorskip("core.environments.sb3")
    many, one = sb3.SiteVecEnv(SMALL, 2, days="own"), Site(SMALL, days="own")
    seen, (alone, _) = many.reset(), one.reset()
    actions = np.linspace(-1, 1, SMALL.n_ports, dtype=np.float32)
    for _ in range(build_world(SMALL).n_steps):
        np.testing.assert_array_equal(seen, np.stack([alone, alone]))
        alone, reward, over, *_ = one.step(actions)
        seen, rewards, done, infos = many.step(np.stack([actions, actions]))
        assert rewards == pytest.approx([reward, reward], rel=1e-6)
        assert done.tolist() == [over, over]
    np.testing.assert_array_equal(infos[0]["terminal_observation"], alone)


@pytest.mark.filterwarnings("ignore:You have specified a mini-batch size")
def test_ppo_learns_on_both_kinds():
    sb3, learners = pytest.importorskip("core.environments.sb3"), pytest.importorskip("stable_baselines3")
    for env in (sb3.SiteVecEnv(SMALL, 4, n_groups=1), sb3.PortVecEnv(8, SMALL)):
        model = learners.PPO("MlpPolicy", env, n_steps=16, n_epochs=1, device="cpu").learn(64)
        assert model.num_timesteps >= 64
