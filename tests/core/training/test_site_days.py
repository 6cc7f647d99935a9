"""Whole sites on the batch engine: states and rewards are those that EV2Gym gives, step by step."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from core.agents.base import share_current
from core.agents.learned.whole_site import SITES, STATE_OF
from core.agents.looks import OBJECTIVE, SITE_REWARDS
from core.engines import ev2gym as engine
from core.environments.site import Group, Run
from core.rewards import REWARDS, STATES
from core.scenario import Scenario
from core.studies.draw import draw_days
from core.training import site as slow
from core.world import build_world
from core.world.battery import ACTION_DECIMALS

SHARED = Scenario(
    stations=5, ports_per_station=2, transformers=2, transformer_limit_kw=12, intensity=50, setpoint=True, dr_events=1,
    pv_share=2.0, load_share=0.5,
)  # fmt: skip


def worlds_of(site):
    scenario = SHARED if site == "shared" else SITES[site]
    return [build_world(day) for day in draw_days(scenario, 3, "train", 5)]


def waver(shape, step, stream, ports_per_station):
    """Actions that charge, rest and discharge; of one sign in a station."""
    sign = np.repeat(
        stream.choice([-1.0, 0.0, 1.0, 1.0], (shape[0], shape[1] // ports_per_station)), ports_per_station, 1
    )
    return np.round(sign * stream.uniform(0.0, 1.0, shape), ACTION_DECIMALS)


def states():
    from ev2gym.rl_agent.state import V2G_profit_max

    return {**{name: entry.function for name, entry in STATES.items()}, "V2G_profit_max": V2G_profit_max}


@pytest.mark.parametrize("site", ["original", "stock", "shared"])
def test_states_and_rewards_are_ev2gym_s(site):
    worlds = worlds_of(site)
    group = Group(worlds)
    runs = {reward: Run(group, reward) for reward in SITE_REWARDS}
    envs = [engine.make_env(world) for world in worlds]
    found = [dict.fromkeys(REWARDS, 0.0) for _ in worlds]
    objectives = [slow.ObjectiveReward(slow.Objective.of(world), world.scenario.setpoint) for world in worlds]
    shown = states()

    def rewarding(i):
        def reward(env, *arguments):
            found[i] = {name: entry.function(env, *arguments) for name, entry in REWARDS.items()}
            found[i][OBJECTIVE] = objectives[i](env, *arguments)
            return 0.0

        return reward

    for i, env in enumerate(envs):
        env.reward_function = rewarding(i)
    stream = np.random.default_rng(3)
    ports = worlds[0].scenario.ports_per_station
    for step in range(worlds[0].n_steps):
        for reward, run in runs.items():
            if reward == OBJECTIVE and site == "shared":  # EV2Gym's own lists ports by transformer; sites here have one
                continue
            theirs = np.stack([shown[STATE_OF[reward]](env) for env in envs])
            np.testing.assert_allclose(run.observation(), theirs, rtol=1e-6, atol=1e-6, err_msg=f"{reward} {step}")
        wanted = waver((len(worlds), worlds[0].scenario.n_ports), step, stream, ports)
        actions = np.round(share_current(wanted, runs[OBJECTIVE].state.connected, ports), ACTION_DECIMALS)
        ours = {reward: run.step(actions) for reward, run in runs.items()}
        for i, env in enumerate(envs):
            env.step(actions[i].tolist())
            for name in REWARDS:
                assert ours[name][i] == pytest.approx(found[i][name], rel=1e-9, abs=1e-6), (name, step)
            # EV2Gym does not bill what it rounds up; the ledger does: at most 0.01 kWh a car, at the day's prices.
            assert ours[OBJECTIVE][i] == pytest.approx(found[i][OBJECTIVE], abs=0.2), step
    assert all(run.done for run in runs.values())
