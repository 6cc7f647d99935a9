"""An episode of `engines.ev2gym` is an episode of EV2Gym: same power, energy and statistics, step by step."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from core import Scenario, build_world
from core.accounts.ledger import settle
from core.agents.base import Agent
from core.agents.registry import make_agent
from core.engines import ev2gym
from core.scenario.ev2gym_file import config_of, located
from tests.parity import reference

SCENARIOS = {
    "stock": Scenario(),
    "loads and PV": Scenario(load_share=1.0, pv_share=1.5, dr_events=2, transformers=3, seed=8),
    "set-point": Scenario(setpoint=True, place="public", stations=10, date=dt.date(2023, 7, 1), v2g_price_factor=1.4),
    "uniform cars": Scenario(cars="uniform", place="private", intensity=20, stations=12, min_energy_kwh=7.77),
    "no V2G": Scenario(v2g=False, stations=8, intensity=10),
    "shared stations": Scenario(ports_per_station=3, stations=8, intensity=30, place="public", charger_current_a=20),
    "odd chargers": Scenario(charger_phases=1, charger_voltage_v=230, charger_current_a=48.5, stations=9, intensity=9),
}


class RandomActions(Agent):
    """Anything at all, seeded."""

    name = "random"

    def prepare(self, worlds):
        self._rng = np.random.default_rng(worlds[0].scenario.seed)

    def act(self, view):
        return self._rng.uniform(-1 if view.v2g else 0, 1, view.connected.shape)


class Bang(Agent):
    """Full power one way or the other, now and then nothing; one direction a station at a time."""

    name = "bang"

    def prepare(self, worlds):
        self._rng = np.random.default_rng(worlds[0].scenario.seed)

    def act(self, view):
        choice = self._rng.choice([-1.0, 0.0, 1.0] if view.v2g else [0.0, 1.0], view.connected.shape)
        return np.repeat(choice[:, :: view.ports_per_station], view.ports_per_station, axis=1)


AGENTS = {
    "afap": lambda: make_agent("afap"),
    "cheapest": lambda: make_agent("cheapest"),
    "random": RandomActions,
    "bang": Bang,
}


def episode(world, actions):
    """EV2Gym's own episode: per port and step power as it counts it, power as the battery gained it [kW], and energy
    [kWh]; the stations' power, and its statistics."""
    env = reference.make(world.scenario, world.prices.buy_eur_per_kwh, world.prices.sell_eur_per_kwh)
    ports = world.scenario.ports_per_station
    power, gained = np.zeros(actions.shape), np.zeros(actions.shape)
    energy = np.full(actions.shape, np.nan)
    station_power = np.zeros((world.scenario.stations, world.n_steps))
    for step in range(world.n_steps):
        there = [
            (cs.id * ports + plug, car)
            for cs in env.charging_stations
            for plug, car in enumerate(cs.evs_connected)
            if car is not None
        ]
        before = {port: car.current_capacity for port, car in there}
        *_, done, _, stats = env.step(actions[:, step].copy())
        for port, car in there:
            power[port, step], energy[port, step] = car.current_energy * 4, car.current_capacity
            if car.current_capacity != before[port]:
                gained[port, step] = (car.current_capacity - np.ceil(before[port] * 100 - 1e-6) / 100) * 4
        station_power[:, step] = [cs.current_power_output for cs in env.charging_stations]
    assert done
    return power, gained, energy, station_power, stats


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize("name", SCENARIOS)
def test_an_episode_equals_ev2gym_s(name, agent):
    world = build_world(SCENARIOS[name])
    # Events before the run are where the worlds differ on purpose; none here.
    trace = ev2gym.simulate(world, AGENTS[agent]())
    power, gained, energy, station_power, stats = episode(world, trace.action)
    np.testing.assert_allclose(trace.power_kw, gained, rtol=0, atol=1e-9)
    np.testing.assert_allclose(trace.energy_kwh, energy, rtol=0, atol=1e-9)
    # EV2Gym's own power leaves out what it rounds up: less than 0.01 kWh a battery and step, either way at arrival.
    assert np.abs(trace.power_kw - power).max() < 0.04 + 1e-9
    assert trace.rounding_kwh == pytest.approx((gained - power).sum() / 4, abs=1e-9)
    summed = power.reshape(world.scenario.stations, -1, world.n_steps).sum(axis=1)
    np.testing.assert_allclose(summed, station_power, rtol=0, atol=1e-9)
    theirs = {name: value for name, value in stats.items() if np.isscalar(value)}
    assert set(trace.ev2gym_stats) == set(theirs)
    for figure, value in theirs.items():
        assert trace.ev2gym_stats[figure] == pytest.approx(value, rel=1e-9, abs=1e-9), figure


@pytest.mark.parametrize("name", ["stock", "loads and PV", "no V2G"])
def test_afap_is_ev2gym_s_own(name):
    """All actions 1 from first to last step, whatever is plugged in: EV2Gym's ChargeAsFastAsPossible."""
    world = build_world(SCENARIOS[name])
    trace = ev2gym.simulate(world, make_agent("afap"))
    *_, stats = episode(world, np.ones((world.scenario.n_ports, world.n_steps)))
    for figure in ("total_profits", "total_energy_charged", "average_user_satisfaction", "energy_user_satisfaction"):
        assert trace.ev2gym_stats[figure] == pytest.approx(stats[figure], rel=1e-12)


@pytest.mark.parametrize("agent", ["afap", "cheapest", "bang"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_ledger_s_bill_is_ev2gym_s_total_profit_but_for_rounding(name, agent):
    world = build_world(SCENARIOS[name])
    trace = ev2gym.simulate(world, AGENTS[agent]())
    power, *_ = episode(world, trace.action)
    totals, stats = settle(world, replace(trace, power_kw=power)).totals, trace.ev2gym_stats
    assert totals.bill_eur == pytest.approx(stats["total_profits"], rel=1e-9)
    assert totals.charged_kwh == pytest.approx(stats["total_energy_charged"], rel=1e-9)
    assert totals.discharged_kwh == pytest.approx(stats["total_energy_discharged"], rel=1e-9)
    assert totals.cars == stats["total_ev_served"]


def test_nothing_happens_at_empty_ports_and_energy_is_known_at_all_others():
    world = build_world(SCENARIOS["shared stations"])
    trace = ev2gym.simulate(world, RandomActions())
    empty = world.occupancy < 0
    assert (trace.power_kw[empty] == 0).all()
    assert (trace.action[empty] == 0).all()
    np.testing.assert_array_equal(np.isnan(trace.energy_kwh), empty)


def test_a_day_without_cars_gives_an_empty_trace():
    world = build_world(Scenario(date=dt.date(2022, 1, 16), length_h=12))
    trace = ev2gym.simulate(world, make_agent("afap"))
    assert not trace.power_kw.any()
    assert trace.ev2gym_stats == {}


def test_simulation_says_nothing(capsys):
    ev2gym.simulate(build_world(SCENARIOS["stock"]), make_agent("afap"))
    assert capsys.readouterr() == ("", "")


def test_an_episode_repeats():
    world = build_world(SCENARIOS["stock"])
    one, two = (ev2gym.simulate(world, RandomActions()) for _ in range(2))
    np.testing.assert_array_equal(one.power_kw, two.power_kw)
    assert one.ev2gym_stats == two.ev2gym_stats


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_the_configuration_handed_out_is_the_scenario(scenario):
    handed_out, wanted = located(config_of(scenario)), reference.config(scenario)
    wanted["tr_seed"] = scenario.seed
    if not scenario.v2g:
        wanted["charging_station"]["max_discharge_current"] = 0  # EV2Gym ignores the current without V2G
    wanted["discharge_price_factor"] = scenario.v2g_price_factor
    unread = (
        {"ev": {"battery_capacity", "max_ac_charge_power", "max_discharge_power"}} if scenario.cars == "mixed" else {}
    )
    for name, value in handed_out.items():
        if not isinstance(value, dict):
            assert wanted.get(name, value) == value, name
            continue
        for inner, number in value.items():
            # Forecasts are unbiased here, and an event's hour varies by two hours.
            if inner.startswith("forecast_") or inner in unread.get(name, ()):
                continue
            assert wanted[name].get(inner, number) == number, (name, inner)
