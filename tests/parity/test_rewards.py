"""Rewards, states and statistics of real EV2Gym environments, against what World and Trace alone give."""

from __future__ import annotations

import copy
import datetime as dt
import pickle

import numpy as np
import pytest

from core import Scenario, build_world
from core.accounts.ledger import overload_kw
from core.engines import batch, ev2gym
from core.rewards import REWARDS, STATES, ev2gym_statistics, scores
from core.rewards.counts import count
from core.rewards.facts import facts_of_run
from core.world.battery import ACTION_DECIMALS
from tests.parity import reference
from tests.parity.test_engine import AGENTS, SCENARIOS
from tests.strategies import SMALL, random_scenario

MORE = {
    "original": Scenario(
        stations=20, cars="uniform", place="private", intensity=100, start_hour=5, length_h=21, min_energy_kwh=10.0,
        load_share=0.8, pv_share=2.0, dr_events=1, v2g_price_factor=1.2, date=dt.date(2023, 10, 3),
    ),
    "tight limits": Scenario(stations=10, transformers=2, transformer_limit_kw=10, ports_per_station=2, intensity=50,
                             setpoint=True, dr_events=2, pv_share=3.0),
}  # fmt: skip
RANDOM = {f"random {n}": random_scenario(n, **SMALL) for n in range(12)}
DAYS = SCENARIOS | MORE | RANDOM
RUNS = [(name, agent) for name in SCENARIOS | MORE for agent in ("afap", "random", "bang")]
RUNS += [(name, "bang") for name in RANDOM]


def close(value: float, wanted: float) -> bool:
    """Within 1e-6, of 1 or of the sum's own size: some add up to millions."""
    return abs(value - wanted) <= 1e-6 * max(1.0, 1e-3 * abs(wanted))


def rewarded(env, actions):
    """What each reward's function gives over an episode."""
    total = dict.fromkeys(REWARDS, 0.0)

    def reward_function(env, *arguments):
        for name, reward in REWARDS.items():
            total[name] += reward.function(env, *arguments)
        return 0.0

    env.reward_function = reward_function
    for step in range(actions.shape[1]):
        *_, info = env.step(np.round(actions[:, step], ACTION_DECIMALS).tolist())
    return total, info


@pytest.mark.parametrize(("name", "agent"), RUNS)
def test_scores_and_statistics_are_those_of_an_episode(name, agent):
    world = build_world(DAYS[name])
    if not len(world.sessions):
        pytest.skip("EV2Gym cannot simulate a day without cars")
    trace = ev2gym.simulate(world, AGENTS[agent]())
    env = reference.make(world.scenario, world.prices.buy_eur_per_kwh, world.prices.sell_eur_per_kwh)
    for transformer, limit in zip(env.transformers, world.limit_kw, strict=True):
        transformer.max_power = limit  # an event before the run begins takes place a day later here (core.world.site)
    total, info = rewarded(env, trace.action)
    ours = scores(world, trace)
    assert ours.keys() == REWARDS.keys()
    assert {name: (ours[name], total[name]) for name in ours if not close(ours[name], total[name])} == {}

    # The environment above asked each car's ageing on departure, the engine never did: both end with these figures.
    figures = ev2gym_statistics(world, trace)
    assert figures.keys() == trace.ev2gym_stats.keys()
    for figure, value in figures.items():
        assert value == pytest.approx(trace.ev2gym_stats[figure], rel=1e-9, abs=1e-9), figure
        if figure != "total_reward":
            assert value == pytest.approx(float(info[figure]), rel=1e-9, abs=1e-9), figure


@pytest.mark.parametrize("name", ["stock", "shared stations", "tight limits"])
def test_a_batch_s_traces_score_alike(name):
    world = build_world(DAYS[name])
    one = ev2gym.simulate(world, AGENTS["bang"]())
    [other] = batch.simulate_many([world], AGENTS["bang"]())
    assert scores(world, other) == pytest.approx(scores(world, one), rel=1e-9)
    assert ev2gym_statistics(world, other) == pytest.approx(ev2gym_statistics(world, one), rel=1e-9)


def test_these_days_have_what_rewards_look_at():
    """Or the comparison above would be empty."""
    seen = dict.fromkeys(["over", "reverse", "peak discharge", "short", "last step", "shared", "emergency"], False)
    for scenario in DAYS.values():
        world = build_world(scenario)
        if not len(world.sessions):
            continue
        trace = ev2gym.simulate(world, AGENTS["bang"]())
        facts = facts_of_run(world, trace)
        seen["over"] |= bool((facts.overload_kw > facts.reverse_kw).any())
        seen["reverse"] |= bool(facts.reverse_kw.any())
        seen["peak discharge"] |= bool((facts.current_a[facts.peak] < 0).any())
        seen["short"] |= bool(((facts.satisfaction_frac > 0) & (facts.satisfaction_frac < 0.7)).any())
        seen["shared"] |= bool(((world.occupancy >= 0).reshape(scenario.stations, -1, world.n_steps).sum(1) > 1).any())
        seen["emergency"] |= bool(count(world, trace).below_emergency.any())
        seen["last step"] |= bool((world.sessions.departure_step == world.n_steps - 1).any())
    assert {name for name, there in seen.items() if not there} <= {"last step"}


def test_a_day_without_cars_scores_what_no_car_can_change():
    world = build_world(Scenario(date=dt.date(2022, 1, 16), length_h=12))
    trace = ev2gym.simulate(world, AGENTS["afap"]())
    ours = scores(world, trace)
    assert ours["provider"] == pytest.approx(-(80 + 50 * world.scenario.v2g_price_factor) * world.n_steps)
    assert ours["grid_operator"] == ours["ev_user"] == 0
    assert ev2gym_statistics(world, trace) == {}


def test_rewards_change_nothing_in_the_environment():
    world = build_world(SCENARIOS["stock"])
    trace = ev2gym.simulate(world, AGENTS["afap"]())
    env = ev2gym.make_env(world)
    _, info = rewarded(env, trace.action)
    assert info["battery_degradation"] == trace.ev2gym_stats["battery_degradation"]


def test_overload_counts_what_is_beyond_the_lower_limit_not_ev2gym_s_distance_to_the_upper():
    world = build_world(MORE["tight limits"])
    trace = ev2gym.simulate(world, AGENTS["bang"]())
    facts = facts_of_run(world, trace)
    np.testing.assert_allclose(facts.overload_kw.T, overload_kw(world, facts.transformer_kw.T))
    assert facts.overload_kw.sum() < ev2gym_statistics(world, trace)["total_transformer_overload"]


# --- states -----------------------------------------------------------------------------------------------------------
SIZES = {"grid_operator": (5, True), "ev_user": (5, True), "provider": (5, False), "combined": (10, True)}


@pytest.mark.parametrize("name", STATES)
def test_states_have_one_shape_all_day_and_show_the_day(name):
    world = build_world(SCENARIOS["set-point"])
    trace = ev2gym.simulate(world, AGENTS["bang"]())
    env = ev2gym.make_env(world)
    env.state_function = STATES[name].function
    site, has_ports = SIZES[name]
    seen = [env.state_function(env)]
    for step in range(world.n_steps):
        seen.append(env.step(np.round(trace.action[:, step], ACTION_DECIMALS).tolist())[0])
    shown = np.array(seen)
    assert shown.shape == (world.n_steps + 1, site + 2 * world.scenario.n_ports * has_ports)
    assert np.isfinite(shown).all()
    np.testing.assert_allclose(shown[:, 0], np.arange(world.n_steps + 1) / world.n_steps)


def test_the_combined_state_is_the_day():
    world = build_world(SCENARIOS["set-point"])
    trace = ev2gym.simulate(world, AGENTS["bang"]())
    facts = facts_of_run(world, trace)
    env = ev2gym.make_env(world)
    state = STATES["combined"].function
    rows = [state(env)]
    for step in range(world.n_steps):
        env.step(np.round(trace.action[:, step], ACTION_DECIMALS).tolist())
        rows.append(state(env))
    shown = np.array(rows)
    np.testing.assert_allclose(shown[:-1, 1], world.setpoint_kw)
    np.testing.assert_allclose(shown[1:, 2], facts.power_kw, atol=1e-9)
    np.testing.assert_allclose(shown[:-1, 3], world.prices.buy_eur_per_kwh)
    np.testing.assert_allclose(shown[:-1, 4], world.prices.sell_eur_per_kwh)
    np.testing.assert_allclose(shown[1:, 5], facts.charged_kwh, atol=1e-9)
    np.testing.assert_allclose(shown[1:, 6], facts.discharged_kwh, atol=1e-9)
    np.testing.assert_allclose(shown[1:, 7], facts.overload_kw.sum(axis=-1), atol=1e-9)
    np.testing.assert_allclose(shown[1:, 8], facts.satisfaction_frac, atol=1e-9)
    leaving = np.bincount(world.sessions.departure_step, minlength=world.n_steps)
    np.testing.assert_allclose(shown[1:, 9], np.cumsum(leaving))
    soc, left = shown[:-1, 10::2].T, shown[:-1, 11::2].T
    s, at = world.sessions, world.occupancy
    here = at >= 0
    np.testing.assert_allclose(soc, count(world, trace).before_kwh / np.where(here, s.capacity_kwh[at], 1), atol=1e-9)
    np.testing.assert_allclose(left, np.where(here, s.departure_step[at] - np.arange(world.n_steps), 0))


# --- in plain EV2Gym --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Makes EV2Gym environments by EV2Gym's own constructor."""
    scenario = Scenario(stations=3, intensity=20)
    world = build_world(scenario)

    def make(reward: str, state: str):
        env = reference.make(
            scenario, world.prices.buy_eur_per_kwh, world.prices.sell_eur_per_kwh,
            reward_function=REWARDS[reward].function, state_function=STATES[state].function,
        )  # fmt: skip
        prices = env.charge_prices, env.discharge_prices
        return env, prices

    return make


@pytest.mark.parametrize(
    ("reward", "state"), [*((name, "combined") for name in REWARDS), *(("combined2", s) for s in STATES)]
)
def test_plain_ev2gym_runs_with_them(plain, reward, state):
    env, _ = plain(reward, state)
    done = False
    while not done:
        seen, value, done, _, _ = env.step(np.ones(env.number_of_ports))
        assert isinstance(value, float)
        assert np.isfinite(value)
        assert env.observation_space.contains(seen)


def test_stable_baselines3_accepts_the_environment(plain, monkeypatch):
    check_env = pytest.importorskip("stable_baselines3.common.env_checker").check_env
    env, prices = plain("combined2", "combined")
    monkeypatch.setattr(reference.environment, "load_electricity_prices", lambda _: prices)
    with reference.global_random_kept():
        check_env(env, warn=False)


def test_functions_can_be_pickled_and_copied():
    for entry in (*REWARDS.values(), *STATES.values()):
        assert pickle.loads(pickle.dumps(entry.function)) is entry.function
        assert copy.deepcopy(entry.function) is entry.function
