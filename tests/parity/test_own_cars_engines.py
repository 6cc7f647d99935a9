"""A visitor's own sessions in both engines: the real EV2Gym and the compiled one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import Scenario, build_world
from core.agents.registry import make_agent
from core.engines import batch, ev2gym
from tests.core.data_in.test_own_sessions import own_sessions


class Random:
    """Actions that look at nothing."""

    name = "random"
    bound_eur = bound_gap_eur = None

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def prepare(self, worlds):
        """Nothing to prepare."""

    def act(self, view):
        return self.rng.uniform(-1, 1, view.connected.shape)


@settings(max_examples=10, deadline=None)
@given(
    own=own_sessions(), cars=st.sampled_from(["mixed", "uniform"]), stations=st.integers(1, 8),
    ports=st.integers(1, 3), v2g=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_random_actions_move_every_port_alike(own, cars, stations, ports, v2g, seed):
    scenario = Scenario(
        date=own.dates[0], own_sessions=own, cars=cars, stations=stations, ports_per_station=ports, v2g=v2g, seed=seed,
        start_hour=0, length_h=48, min_energy_kwh=seed % 12,
    )  # fmt: skip
    world = build_world(scenario)
    real = ev2gym.simulate(world, Random(seed))
    twin = batch.simulate_many([world], Random(seed))[0]
    np.testing.assert_allclose(twin.power_kw, real.power_kw, rtol=0, atol=1e-9)
    here = world.occupancy >= 0
    np.testing.assert_allclose(twin.energy_kwh[here], real.energy_kwh[here], rtol=0, atol=1e-9)
    s = world.sessions
    assert (real.energy_kwh[here] <= s.capacity_kwh[world.occupancy[here]] + 1e-9).all()
    assert (real.energy_kwh[here] >= s.min_energy_kwh[world.occupancy[here]] - 1e-9).all()


@pytest.mark.parametrize("agent", ["afap", "best"])
@settings(max_examples=4, deadline=None)
@given(own=own_sessions(), stations=st.integers(1, 8), seed=st.integers(0, 99))
def test_agents_do_alike_and_nobody_beats_the_bound(agent, own, stations, seed):
    scenario = Scenario(date=own.dates[0], own_sessions=own, stations=stations, seed=seed, start_hour=3)
    world = build_world(scenario)
    real, twin = ev2gym.simulate(world, make_agent(agent)), batch.simulate_many([world], make_agent(agent))[0]
    np.testing.assert_allclose(twin.power_kw, real.power_kw, rtol=0, atol=1e-9)
    if real.bound_eur is not None:
        from core.accounts.ledger import settle

        assert settle(world, real).totals.objective_eur <= real.bound_eur + 1e-6
