"""The per-port environment: rewards add up to the objective, shaping telescopes, episodes are cars."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from core.accounts.ledger import settle
from core.accounts.trace import Trace
from core.agents.base import share_current
from core.engines.batch import Batch, BatchState, totals_many
from core.environments.purse import Purse
from core.scenario import Scenario
from core.training.port_env import ManySites, PortEnv
from core.world import build_world

HARD = {
    "overload": {"transformer_limit_kw": 20.0, "load_share": 0.9, "pv_share": 2.0, "dr_events": 2},
    "peak": {"peak_price_eur_per_kw": 2.0, "provider": "kepco_service_high_1"},
    "setpoint": {"setpoint": True, "deviation_price_eur_per_kwh": 0.7},
    "ports": {"ports_per_station": 3, "stations": 5, "transformers": 2, "w_user": 0.3, "w_grid": 0.7},
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("wild", [0.0, 1.0])
def test_rewards_of_a_day_add_up_to_the_objective(name, wild):
    worlds = [build_world(Scenario(seed=seed, **{"stations": 10, **HARD[name]})) for seed in (1, 2)]
    batch = Batch(worlds)
    state = BatchState(batch)
    view = batch.views.view(0, state.energy_kwh)
    purse, stream = Purse(worlds, view), np.random.default_rng(5)
    wanted = np.concatenate([w.sessions.wanted_energy_kwh for w in worlds])[batch.order]
    powers, energies, rewards = [], [], []
    while not state.done:
        view = batch.views.view(state.step_index, state.energy_kwh)
        actions = share_current(
            wild * stream.uniform(-1, 1, view.connected.shape), view.connected, view.ports_per_station
        )
        session, leaving = state.session.copy(), view.connected & (view.steps_left == 1)
        power, energy = state.step(actions)
        unmet = np.zeros(power.shape)
        unmet[leaving] = np.maximum(0, wanted[session[leaving]] - energy[leaving])
        rewards.append(purse.split(view.step, power, unmet))
        powers.append(power)
        energies.append(energy)
    for i, world in enumerate(worlds):
        trace = Trace("", *(np.stack([x[i] for x in a], axis=1) for a in (powers, energies)), None, None, 0.0, {})
        assert sum(r[i].sum() for r in rewards) == pytest.approx(settle(world, trace).totals.objective_eur, abs=1e-6)


def test_differences_are_what_one_port_alone_changes():
    """Against the objective itself, computed twice, with one port's power exchanged for its plan."""
    worlds = [
        build_world(Scenario(seed=1, stations=6, transformer_limit_kw=20, peak_price_eur_per_kw=1, setpoint=True))
    ]
    view = Batch(worlds).views.view(0, np.zeros((1, 6)))
    stream = np.random.default_rng(0)
    for step in (20, 40, 60):
        power, plan, nothing = stream.uniform(-9, 11, (1, 6)), stream.uniform(-9, 11, (1, 6)), np.zeros((1, 6))
        costs = Purse(worlds, view).differences(step, power, plan)

        def shared(p, step=step, nothing=nothing):
            purse = Purse(worlds, view)
            return (purse.own(step, p, nothing) - purse.split(step, p, nothing)).sum()

        for port in range(6):
            other = power.copy()
            other[0, port] = plan[0, port]
            assert costs[0, port] == pytest.approx(shared(power) - shared(other), abs=1e-9)


def test_a_day_under_the_plan_is_the_plan_agents_day():
    from core.agents.learned import Learned

    scenarios = [Scenario(seed=seed, stations=8) for seed in (3, 4)]
    env = PortEnv(16, draw=lambda stream: scenarios)
    env.reset()
    total = np.zeros(2)
    for _ in range(scenarios[0].n_steps):
        env.step(np.zeros((16, 1)))
        total += env.raw_reward_eur.sum(axis=1)
    expected = totals_many([build_world(s) for s in scenarios], Learned())["objective_eur"]
    np.testing.assert_allclose(total, expected, atol=1e-6)


def test_episodes_end_when_cars_leave_and_rewards_are_small_under_the_plan():
    scenarios = [Scenario(seed=seed, stations=8) for seed in (3, 4)]
    env = PortEnv(16, draw=lambda stream: scenarios)
    env.reset()
    cars = sum(len(build_world(s).sessions) for s in scenarios)
    ends = 0
    for _ in range(scenarios[0].n_steps):
        seen, reward, done, _ = env.step(np.zeros((16, 1)))
        ends += done.sum() if not done.all() else 0
        assert np.isfinite(reward).all()
        assert np.isfinite(seen).all()
    assert ends == cars


def test_shaping_telescopes():
    """Along a car's stay it adds up to less what its plan was worth when it came, where nothing is congested."""
    scenario = Scenario(seed=3, stations=6, transformer_limit_kw=2000)
    env = PortEnv(8, draw=lambda stream: [scenario])
    env.reset()
    worth, total, checked = np.full(6, np.nan), np.zeros(6), 0
    for _ in range(scenario.n_steps - 1):
        view = env._view
        here, leaving, came = (
            view.connected[0],
            view.connected[0] & (view.steps_left[0] == 1),
            env._observer.planner.arrived,
        )
        worth[came[0]], total[came[0]] = env._observer.value[0, came[0]], 0.0
        env.step(np.full((8, 1), 0.5))
        total[here] += env.shaping_eur[0, here]
        np.testing.assert_allclose(total[leaving], -worth[leaving], atol=1e-9)
        checked += int((leaving & (np.abs(worth) > 0.1)).sum())
    assert checked >= 3


def test_drawn_days_fit_and_vary():
    env = PortEnv(64, seed=2)
    env.reset()
    keys = set()
    for _ in range(300):
        keys.add(env.worlds[0].scenario.key)
        env.step(np.zeros((64, 1)))
    assert len(keys) >= 2


def test_many_sites_are_single_ones_side_by_side():
    many, alone = ManySites(24, sites=3, seed=2), [PortEnv(8, seed=2000 + i) for i in range(3)]
    np.testing.assert_array_equal(many.reset(), np.concatenate([env.reset() for env in alone]))
    assert len({env.worlds[0].scenario.n_ports for env in many.sites}) > 1
    stream = np.random.default_rng(0)
    for _ in range(20):
        actions = stream.uniform(-1, 1, (24, 1))
        found = many.step(actions)
        expected = [env.step(part) for env, part in zip(alone, np.split(actions, 3), strict=True)]
        for i in range(3):
            np.testing.assert_array_equal(found[i], np.concatenate([one[i] for one in expected]))
        assert len(found[3]) == 24


def test_repeated_resets_begin_on_the_same_day():
    """Candidates are compared by their returns (ARS) on the same cars; the first reset is the learner's own."""
    env = PortEnv(32, seed=1, repeats=3)
    env.reset()
    days = []
    for _ in range(7):
        env.reset()
        days.append(env.worlds[0].scenario.key)
        env.step(np.zeros((32, 1)))
    assert days[0] == days[1] == days[2] != days[3] == days[4] == days[5] != days[6]


def test_raw_rewards_are_the_split_objective():
    env = PortEnv(64, seed=4, raw=True, effort=9.0)
    env.reset()
    for _ in range(40):
        following, port = env._port >= 0, env._port.copy()
        scale = np.repeat(env._purse.scale(env._observer.scale), env._view.connected.shape[1])
        _, reward, _, _ = env.step(np.full((64, 1), 0.8))
        expected = env.raw_reward_eur.reshape(-1)[port[following]] / scale[port[following]]
        np.testing.assert_allclose(reward[following], expected, rtol=1e-5, atol=1e-6)
