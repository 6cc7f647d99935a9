"""`build_world` draws what EV2Gym draws: every field of every car, loads, PV, limits, set-points."""

from __future__ import annotations

import datetime as dt
import functools
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest

from core import Scenario, build_world
from core.agents.registry import make_agent
from core.engines.ev2gym import simulate
from core.world import MAX_REDRAWS, event_start_chance
from tests.parity import reference
from tests.strategies import random_scenario

SITES = {"stations": (1, 30)}


def assert_same_cars(world, cars):
    """Every field that EV2Gym gives a car."""
    s = world.sessions
    assert len(s) == len(cars)
    uniform = world.scenario.cars == "uniform"
    for i, car in enumerate(cars):
        ours = {
            "location": s.station[i],
            "battery_capacity_at_arrival": s.arrival_energy_kwh[i],
            "time_of_arrival": s.arrival_step[i],
            "time_of_departure": s.departure_step[i],
            "desired_capacity": s.wanted_energy_kwh[i],
            "battery_capacity": s.capacity_kwh[i],
            "min_battery_capacity": s.min_energy_kwh[i],
            "min_emergency_battery_capacity": s.emergency_energy_kwh[i],
            "max_ac_charge_power": s.charge_limit_kw[i],
            "max_discharge_power": -s.discharge_limit_kw[i],
            "transition_soc": s.transition_soc[i],
            "transition_soc_multiplier": 5,
            "min_ac_charge_power": 0,
            "min_discharge_power": 0,
            "ev_phases": 3,
            "timescale": 15,
        }
        theirs = {name: getattr(car, name) for name in ours}
        assert ours == theirs, f"car {i}"
        if uniform:
            assert car.charge_efficiency == car.discharge_efficiency == 1
            assert (world.efficiency[s.model[i]] == 1).all()
        else:
            assert car.charge_efficiency == car.discharge_efficiency
            assert sorted(car.charge_efficiency) == list(range(101))
            table = [car.charge_efficiency[ampere] / 100 for ampere in range(101)]
            assert world.efficiency[s.model[i]].tolist() == table


@pytest.mark.parametrize("block", range(10))
def test_sessions_equal_ev2gym_s_on_200_scenarios(block):
    compared = empty = 0
    seed = 1000 * block
    while compared < 20:
        seed += 1
        scenario = random_scenario(seed, **SITES)
        world = build_world(scenario)
        if not len(world.sessions):
            # EV2Gym would never end; its spawner must find nobody either, as often as we tried.
            assert not reference.spawn(scenario, redraws=3).EVs_profiles
            empty += 1
            continue
        assert_same_cars(world, reference.spawn(scenario, redraws=MAX_REDRAWS).EVs_profiles)
        compared += 1
    assert empty < 20


def test_big_and_long_sites_are_drawn_alike():
    for scenario in (
        Scenario(stations=200, ports_per_station=2, transformers=10, length_h=48, place="public", intensity=100),
        Scenario(stations=150, place="private", cars="uniform", car_capacity_kwh=20, intensity=40, min_stay_min=15),
    ):
        assert_same_cars(build_world(scenario), reference.spawn(scenario).EVs_profiles)


def test_a_day_on_which_nobody_can_come_is_empty():
    sunday = Scenario(date=dt.date(2022, 1, 16), length_h=12)
    assert len(build_world(sunday).sessions) == 0
    assert not reference.spawn(sunday, redraws=3).EVs_profiles


@pytest.mark.parametrize("seed", range(30))
def test_setpoints_equal_ev2gym_s(seed):
    # A price of 0 all day, which EV2Gym divides by, is tested below.
    scenario = random_scenario(seed, setpoint=True, stations=(1, 15), retail_flat_eur_per_kwh=(0.01, 2.0))
    world = build_world(scenario)
    env = reference.spawn(scenario, redraws=3, buy=world.prices.buy_eur_per_kwh)
    if not env.EVs_profiles:
        assert not world.setpoint_kw.any()
        return
    np.testing.assert_allclose(world.setpoint_kw, env.power_setpoints, rtol=1e-12, atol=1e-12)


def test_setpoints_are_finite_where_energy_is_free():
    world = build_world(Scenario(setpoint=True, retail="flat", retail_flat_eur_per_kwh=0))
    assert np.isfinite(world.setpoint_kw).all()
    assert world.setpoint_kw.any()


# --- whole constructions ---------------------------------------------------------------------------------------------
@functools.cache
def whole_scenarios():
    """Scenarios with everything on them, whose events all begin after the run does (see the test on earlier ones)."""
    chosen = [
        Scenario(),
        Scenario(load_share=1.0, pv_share=1.0, dr_events=1, seed=5),
        Scenario(place="public", cars="uniform", date=dt.date(2023, 12, 30), length_h=48, load_share=0.7, pv_share=2.5),
    ]
    seed = 0
    while len(chosen) < 12:
        seed += 1
        scenario = random_scenario(
            seed, stations=(4, 20), load_share=(0.1, 1.5), pv_share=(0.1, 3.0), dr_events=[1, 2, 3], start_hour=(0, 8)
        )
        world = build_world(scenario)
        shifted = any(_start_in_ev2gym(event, scenario) < 0 for event in world.events)
        leap_day = (scenario.date.month, scenario.date.day) == (2, 29)
        if len(world.sessions) and not shifted and not leap_day:
            chosen.append(scenario)
    return chosen


def _start_in_ev2gym(event, scenario):
    """Step at which EV2Gym has an event begin: its hour of the first day, negative before the run."""
    hour_of_day = (event.start_step + 4 * scenario.start_hour) % 96
    return hour_of_day - 4 * scenario.start_hour


@pytest.fixture(scope="module", params=range(12))
def whole(request):
    scenario = whole_scenarios()[request.param]
    world = build_world(scenario)
    return world, reference.make(scenario, world.prices.buy_eur_per_kwh, world.prices.sell_eur_per_kwh)


def test_a_whole_construction_gives_the_same_site(whole):
    world, env = whole
    assert env.simulation_length == world.n_steps
    assert env.sim_date == world.scenario.start
    assert_same_cars(world, env.EVs_profiles)
    assert [cs.connected_transformer for cs in env.charging_stations] == world.station_transformer.tolist()
    for i, transformer in enumerate(env.transformers):
        np.testing.assert_array_equal(world.limit_kw[i], transformer.max_power)
        np.testing.assert_array_equal(world.lower_limit_kw[i], transformer.min_power)
        np.testing.assert_array_equal(world.load_kw[i], transformer.inflexible_load)
        np.testing.assert_array_equal(world.pv_kw[i], -transformer.solar_power)
        events = [
            {"event_start_step": e.start_step, "event_end_step": e.end_step, "capacity_percentage": e.percent}
            for e in world.events
            if e.transformer == i
        ]
        assert events == transformer.dr_events
    if world.scenario.setpoint:
        np.testing.assert_allclose(world.setpoint_kw, env.power_setpoints, rtol=1e-12, atol=1e-12)
    else:
        assert world.setpoint_kw is None
        assert not env.power_setpoints.any()


def test_ports_are_those_that_ev2gym_plugs_the_cars_into(whole):
    world, env = whole
    plugged = {}
    ports = world.scenario.ports_per_station
    for step in range(world.n_steps):
        env.step(np.zeros(world.scenario.n_ports))
        for cs in env.charging_stations:
            for plug, car in enumerate(cs.evs_connected):
                if car is not None and car.time_of_arrival == step + 1:
                    plugged[cs.id, car.time_of_arrival, car.time_of_departure, plug] = cs.id * ports + plug
    s = world.sessions
    ours = {(s.station[i], s.arrival_step[i], s.departure_step[i], s.port[i] % ports): s.port[i] for i in range(len(s))}
    assert ours == plugged


# --- where the world differs from EV2Gym on purpose ------------------------------------------------------------------
def test_forecasts_are_unbiased():
    """EV2Gym's stock forecasts have means of 30 % of the load and 20 % of the PV."""
    world = build_world(Scenario(stations=10, transformers=10, load_share=0.8, pv_share=1, length_h=48))
    for real, forecast in ((world.load_kw, world.load_forecast_kw), (world.pv_kw, world.pv_forecast_kw)):
        some = real > 0.01
        relative = forecast[some] / real[some]
        assert relative.mean() == pytest.approx(1, abs=0.01)
        assert relative.std() == pytest.approx(0.05, abs=0.01)


def test_events_before_the_run_take_place_a_day_later():
    """EV2Gym lets negative steps count from the end of the run."""
    late = {"dr_events": 1, "dr_start_hour": 8.0, "dr_length_min": 60, "start_hour": 20, "length_h": 28.0}
    world = build_world(Scenario(**late, seed=3))
    (event,) = world.events
    assert event.start_step >= 0
    hour = (20 + event.start_step / 4) % 24
    assert hour == pytest.approx(8, abs=6)  # spread two hours
    lowered = np.flatnonzero(world.limit_kw[0] < 100)
    assert lowered.tolist() == list(range(event.start_step, event.end_step))
    short = build_world(Scenario(**{**late, "length_h": 12.0}, seed=3, min_stay_min=60))
    if short.events[0].start_step >= short.n_steps:
        assert (short.limit_kw == 100).all()


def test_29_february_has_the_loads_of_the_28th():
    """EV2Gym fails on this date: its tables are of years without it."""
    both = [
        build_world(Scenario(date=dt.date(2024, 2, day), load_share=1, pv_share=1, length_h=12)) for day in (28, 29)
    ]
    np.testing.assert_array_equal(both[0].load_kw, both[1].load_kw)
    np.testing.assert_array_equal(both[0].pv_kw, both[1].pv_kw)


# --- nothing global --------------------------------------------------------------------------------------------------
def assert_same_world(one, two):
    parts = [(one, two), (one.sessions, two.sessions), (one.prices, two.prices)]
    assert (one.expected_prices is None) == (two.expected_prices is None)
    if one.expected_prices is not None:
        parts.append((one.expected_prices, two.expected_prices))
    for part_one, part_two in parts:
        for field in fields(part_one):
            a, b = getattr(part_one, field.name), getattr(part_two, field.name)
            if isinstance(a, np.ndarray):
                np.testing.assert_array_equal(a, b)
            elif field.name not in ("sessions", "prices", "expected_prices"):
                assert a == b


def assert_same_trace(one, two):
    for name in ("power_kw", "energy_kwh", "action"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert one.ev2gym_stats == two.ev2gym_stats


def run(scenario, agent="afap"):
    world = build_world(scenario)
    return world, simulate(world, make_agent(agent))


def test_global_random_streams_are_left_alone():
    scenario = Scenario(load_share=1, pv_share=1, dr_events=2, setpoint=True)
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()
    run(scenario)
    after = random.getstate(), np.random.get_state()
    assert before[0] == after[0]
    assert all(np.array_equal(a, b) for a, b in zip(before[1], after[1], strict=True))


def test_global_random_streams_do_not_matter():
    scenario = Scenario(load_share=1, pv_share=1, dr_events=2, setpoint=True)
    np.random.seed(1)
    one = run(scenario)
    np.random.seed(2)
    random.seed(2)
    two = run(scenario)
    assert_same_world(one[0], two[0])
    assert_same_trace(one[1], two[1])


def test_eight_threads_get_what_each_gets_alone():
    chosen = [random_scenario(seed, stations=(3, 15)) for seed in range(16)]
    alone = [run(scenario, "cheapest") for scenario in chosen]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda s: run(s, "cheapest"), chosen))
    for one, two in zip(alone, together, strict=True):
        assert_same_world(one[0], two[0])
        assert_same_trace(one[1], two[1])


def test_a_world_cannot_be_changed():
    world = build_world(Scenario())
    with pytest.raises(ValueError, match="read-only"):
        world.limit_kw[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        world.sessions.arrival_step[0] = 1
    with pytest.raises(AttributeError):
        world.limit_kw = None
    assert replace(world, events=()).events == ()


@pytest.mark.parametrize(("event_hour", "start_hour"), [(12, 5), (2, 5), (23, 0), (0, 18)])
def test_event_statistics_are_those_that_events_are_drawn_from(event_hour, start_hour):
    scenario = Scenario(stations=1, dr_events=3, dr_start_hour=event_hour, start_hour=start_hour, intensity=0.5)
    chance = event_start_chance(scenario)
    starts = [e.start_step for seed in range(500) for e in build_world(scenario.replace(seed=seed)).events]
    seen = (np.array(starts)[:, None] <= np.arange(len(chance))).mean(axis=0)
    # 1,500 draws: Kolmogorov and Smirnov's distance stays below 0.05 but once in a thousand times.
    assert np.abs(seen - chance).max() < 0.05
    assert chance[-1] == pytest.approx(1)
