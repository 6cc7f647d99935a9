"""The batch engine is EV2Gym: every port of every step, every station and every car, in random scenarios."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.accounts.ledger import settle
from core.accounts.trace import Trace
from core.agents.registry import AGENTS, make_agent
from core.data_in.own import OwnPrices, OwnSite
from core.data_in.series import OwnSeries
from core.engines import ev2gym
from core.engines.batch import Batch, BatchState, simulate_many
from core.scenario import STEP_HOURS
from core.world import World, build_world
from core.world.battery import ROUNDING_KWH, on_grid
from tests.strategies import random_scenario, scenarios

TOLERANCE = 1e-9
SITES: dict[str, Any] = {
    "stations": (1, 6),
    "length_h": (12.0, 32.0),
    "intensity": (2.0, 60.0),
    "date": (dt.date(2015, 1, 2), dt.date(2025, 1, 5)),
}
HEURISTICS = [info.name for info in AGENTS.values() if info.family == "heuristic"]

# About where EV2Gym rounds actions and where it ignores a discharging current, and beyond what is allowed.
CORNERS = [5e-6, 1.5e-5, 1e-5, -1e-5, -3.1e-4, -3.2e-4, 1 / 3, -1 / 3, 0.5, 0.999995, -0.999995, 1.5, -2.0, 0.0]

KINDS = {
    "any": lambda rng, n: rng.uniform(-1, 1, n),
    "extreme": lambda rng, n: rng.choice([-1.0, 0.0, 1.0], n),
    "charge": lambda rng, n: rng.uniform(0, 1, n),
    "full": lambda rng, n: np.ones(n),
    "empty": lambda rng, n: -np.ones(n),
    "tiny": lambda rng, n: rng.uniform(-1, 1, n) * 10 ** rng.uniform(-6, 0, n),
    "corners": lambda rng, n: rng.choice(CORNERS, n),
}


def world_number(seed: int, i: int) -> World:
    """Ports per station and start hour go round; everything else is drawn from its whole range."""
    return build_world(random_scenario(seed, **SITES, ports_per_station=1 + i % 4, start_hour=i % 24))


def compare_steps(world: World, actions: np.ndarray[Any, Any]) -> int:
    """Drive EV2Gym and the batch engine with the same raw actions, [steps, ports]: the number of cars that came.

    Stops where EV2Gym stops with its exception; the batch engine must refuse that step too.
    """
    if not len(world.sessions):
        return 0
    plugs = world.scenario.ports_per_station
    env, batch = ev2gym.make_env(world), Batch([world])
    state = BatchState(batch)
    for action in actions:
        cars = {
            station.id * plugs + plug: car
            for station in env.charging_stations
            for plug, car in enumerate(station.evs_connected)
            if car is not None
        }
        assert np.flatnonzero(state.connected[0]).tolist() == sorted(cars)
        before = {port: car.current_capacity for port, car in cars.items()}
        rounding = float(state.flows.rounding_kwh[0])
        capacity = batch.cars.capacity[state.session[0, list(cars)]] if cars else np.zeros(0)
        try:
            env.step(action.copy())
        except Exception as error:
            if "sum of amps" not in str(error):
                raise
            with pytest.raises(ValueError, match="more than its current"):
                state.step(action[None])
            return len(env.EVs)
        power, energy = (values[0] for values in state.step(action[None]))
        empty = np.ones(len(action), dtype=bool)
        empty[list(cars)] = False
        assert (power[empty] == 0).all()
        assert np.isnan(energy[empty]).all()
        exchanged = 0.0
        for soc_base, (port, car) in zip(capacity, cars.items(), strict=True):
            # What the battery gained: EV2Gym's energy and what it rounds up, from the grid that it rounds to.
            moved = car.current_capacity != before[port]
            gained = car.current_capacity - on_grid(before[port]) if moved else 0.0
            assert abs(power[port] * STEP_HOURS - gained) <= TOLERANCE
            assert abs(gained - car.current_energy) < 2 * ROUNDING_KWH
            exchanged += car.current_energy
            assert abs(energy[port] - car.current_capacity) <= TOLERANCE
            assert abs(energy[port] / soc_base - car.get_soc()) <= TOLERANCE
        added = float(state.flows.rounding_kwh[0]) - rounding
        assert abs(power.sum() * STEP_HOURS - exchanged - added) <= TOLERANCE
    assert state.done
    profits = [station.total_profits for station in env.charging_stations]
    np.testing.assert_allclose(state.station_profit_eur[0], profits, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(
        state.satisfaction, [car.get_user_satisfaction() for car in env.EVs], rtol=0, atol=TOLERANCE
    )
    return len(env.EVs)


@pytest.mark.parametrize("kind", KINDS)
def test_every_port_at_every_step_under_raw_actions(kind: str) -> None:
    compared = 0
    for i in range(96):
        world = world_number(1000 * list(KINDS).index(kind) + i, i)
        rng = np.random.default_rng(i)
        steps = [KINDS[kind](rng, world.scenario.n_ports) for _ in range(world.n_steps)]
        compared += compare_steps(world, np.array(steps))
    assert compared > 500


def assert_equal(ours: Trace, reference: Trace) -> None:
    assert ours.agent == reference.agent
    for name in ("power_kw", "energy_kwh", "action"):
        np.testing.assert_allclose(getattr(ours, name), getattr(reference, name), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("agent", HEURISTICS)
def test_agents_get_the_same_day_in_either_engine(agent: str) -> None:
    # All worlds at once: those of one shape share a batch, and the order of worlds is kept.
    worlds = [world_number(20_000 + i, i) for i in range(64)]
    worlds += [build_world(worlds[i].scenario.replace(seed=7 + i)) for i in range(0, 64, 4)]
    for world, ours in zip(worlds, simulate_many(worlds, make_agent(agent)), strict=True):
        assert_equal(ours, ev2gym.simulate(world, make_agent(agent)))


@settings(max_examples=120, derandomize=True, database=None)
@given(scenario=scenarios(**{**SITES, "stations": (1, 3)}), data=st.data())
def test_no_counter_example(scenario: Any, data: st.DataObject) -> None:
    world = build_world(scenario)
    action = st.one_of(st.floats(-1, 1), st.sampled_from(CORNERS))
    pattern = data.draw(st.lists(action, min_size=1, max_size=24))
    actions = np.resize(np.array(pattern), (world.n_steps, scenario.n_ports))
    compare_steps(world, actions)


@pytest.mark.parametrize("seed", [3, 4])
def test_a_visitors_own_prices_load_and_limits(seed):
    hours = np.arange(24.0)
    price = OwnSeries.of(0.1 + 0.05 * np.sin(hours), "EUR/kWh")
    own = {
        "own_prices": OwnPrices(buy=price, sell=OwnSeries.of(0.3 - hours / 100, "EUR/kWh"), provider=price),
        "own_site": OwnSite(load=OwnSeries.of(hours, "kW"), limit=OwnSeries.of(20 + hours, "kW")),
    }
    world = build_world(random_scenario(seed, **SITES).replace(**own))
    actions = np.random.default_rng(seed).uniform(-1, 1, (world.n_steps, world.scenario.n_ports))
    compare_steps(world, actions)
    totals = [settle(world, ev2gym.simulate(world, make_agent("afap"))).totals]
    totals.append(settle(world, simulate_many([world], make_agent("afap"))[0]).totals)
    assert totals[0].energy_cost_eur == pytest.approx(totals[1].energy_cost_eur, abs=TOLERANCE)
