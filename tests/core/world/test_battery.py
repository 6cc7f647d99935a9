"""The closed form of a car at its charger, against EV2Gym's own `EV.step`."""

from __future__ import annotations

import numpy as np
import pytest

from core import Scenario, build_world
from core.engines.ev2gym import make_env
from core.world import charger_power_kw
from core.world.battery import (
    ACTION_DECIMALS,
    ROUNDING_KWH,
    action_for_power,
    car_limits,
    kw_per_ampere,
    steps_to_reach,
)

CHARGERS = {
    "three phases, 32 A": {},
    "one phase, 32 A": {"charger_phases": 1, "charger_voltage_v": 230.0},
    "weak": {"charger_current_a": 6.5},
    "odd current": {"charger_current_a": 20.5, "charger_voltage_v": 415.0},
    "strong": {"charger_current_a": 100.0, "charger_voltage_v": 400.0},
    "uniform car": {"cars": "uniform", "car_capacity_kwh": 24.0, "car_charge_kw": 7.4, "car_discharge_kw": 3.7},
    "uniform, more than the charger": {"cars": "uniform", "car_charge_kw": 50.0, "charger_current_a": 16.0},
}
ACTIONS = np.unique(np.concatenate([np.linspace(0.00001, 1, 90).round(5), [0.25, 0.5, 0.75]]))
SOCS = np.concatenate([np.linspace(0.0, 0.6, 7), np.linspace(0.62, 1.0, 25)])


@pytest.fixture(scope="module", params=CHARGERS)
def site(request):
    """A world on such chargers, and one session of each car model in it."""
    world = build_world(
        Scenario(stations=60, place="public", intensity=50, min_energy_kwh=6, **CHARGERS[request.param])
    )
    _, first = np.unique(world.sessions.model, return_index=True)
    return world, first, make_env(world).EVs_profiles


def step(world, car, energy, action):
    """What EV2Gym's car exchanges in one step [kWh], before it rounds; and its energy after it has."""
    car.reset()
    car.current_capacity = energy
    scenario = world.scenario
    amps = round(action, ACTION_DECIMALS) * scenario.charger_current_a
    car.step(amps, scenario.charger_voltage_v, phases=scenario.charger_phases)
    return car.current_energy, car.current_capacity


def test_no_action_stores_or_draws_more_than_the_limits_say(site):
    """A dense grid of actions and SoC, every model; at the top the power limit is reached, so it is not just large."""
    world, chosen, cars = site
    s, limits = world.sessions, car_limits(world)
    for i in chosen:
        capacity, floor = s.capacity_kwh[i], s.min_energy_kwh[i]
        charge_most = limits.charge_kw[i] / 4
        reached_up = reached_down = 0.0
        for soc in SOCS:
            energy = max(floor, soc * capacity)
            for action in ACTIONS:
                stored, after = step(world, cars[i], energy, action)
                assert stored <= charge_most + 1e-9
                assert stored <= limits.taper[i] * (capacity - energy) + 1e-9
                assert after <= np.ceil(capacity * 100) / 100 + 1e-9
                reached_up = max(reached_up, stored)
                drawn, after = step(world, cars[i], energy, -action)
                assert -drawn <= limits.discharge_kw[i] / 4 + 1e-9
                assert -drawn <= max(0.0, energy - floor) + 1e-9
                assert after >= min(floor, energy) - 1e-9
                reached_down = max(reached_down, -drawn)
        assert reached_up == pytest.approx(min(charge_most, limits.taper[i] * (capacity - floor)), rel=0.02)
        assert reached_down == pytest.approx(limits.discharge_kw[i] / 4, rel=0.05)


def test_the_full_actions_reach_the_limits_and_no_smaller_ones_do(site):
    world, chosen, cars = site
    s, limits = world.sessions, car_limits(world)
    for i in chosen:
        middle = 0.5 * s.capacity_kwh[i]
        for sign, action, most in (
            (1, limits.full_charge_action[i], limits.charge_kw[i]),
            (-1, limits.full_discharge_action[i], limits.discharge_kw[i]),
        ):
            assert 0 < action <= 1
            full, _ = step(world, cars[i], middle, sign * action)
            assert abs(full) * 4 == pytest.approx(most, rel=1e-4)
            less, _ = step(world, cars[i], middle, sign * (action - 0.002))
            assert abs(less) < abs(full)


def test_at_full_current_the_taper_is_exact(site):
    """Above the transition SoC a step at full power stores `taper` of what is missing, or the power limit."""
    world, chosen, cars = site
    s, limits = world.sessions, car_limits(world)
    for i in chosen:
        for soc in np.linspace(s.transition_soc[i], 1, 20):
            room = (1 - soc) * s.capacity_kwh[i]
            stored, _ = step(world, cars[i], soc * s.capacity_kwh[i], limits.full_charge_action[i])
            assert stored == pytest.approx(min(limits.charge_kw[i] / 4, limits.taper[i] * room), abs=1e-4)


def test_action_for_power_gives_the_power_or_stays_below_a_jump(site):
    """Where the efficiency jumps by a table's step no current gives the power: then the largest below the jump."""
    world, chosen, cars = site
    s, limits, scenario = world.sessions, car_limits(world), world.scenario
    for i in chosen:
        table = world.efficiency[s.model[i]][: round(scenario.charger_current_a) + 1]
        jump = float(table.max() / table.min() - 1)
        for sign, full_kw, full_action in (
            (1, limits.charge_kw[i], limits.full_charge_action[i]),
            (-1, limits.discharge_kw[i], limits.full_discharge_action[i]),
        ):
            wanted = np.linspace(0, 1, 401) * full_kw
            actions = action_for_power(
                wanted,
                full_kw=np.full(401, full_kw),
                full_action=np.full(401, full_action),
                efficiency=world.efficiency,
                model=np.full(401, s.model[i]),
                charger_current_a=scenario.charger_current_a,
                kw_per_ampere=kw_per_ampere(scenario),
            )
            assert (actions >= 0).all()
            assert (actions <= full_action).all()
            got = np.array([sign * step(world, cars[i], 0.5 * s.capacity_kwh[i], sign * a)[0] * 4 for a in actions])
            # Never more, but for the last digits.
            assert (got <= wanted + 1e-9 * full_kw + 1e-9).all()
            # Short by the resolution of actions at most, but where the efficiency jumps.
            resolution = 1.5e-5 * charger_power_kw(scenario)
            short = wanted - got
            assert (short <= resolution + jump * wanted + 0.002 * kw_per_ampere(scenario)).all()
            if jump == 0:
                assert (short <= resolution).all()
            else:
                # A jump is met by few powers: the rest are given exactly.
                assert (short <= resolution).mean() > 0.8
            assert got[-1] == pytest.approx(full_kw, rel=1e-4)
            assert got[0] == 0


def test_without_v2g_nothing_can_be_drawn():
    limits = car_limits(build_world(Scenario(v2g=False)))
    assert not limits.discharge_kw.any()
    assert not limits.full_discharge_action.any()


def test_a_world_without_cars_has_empty_limits():
    limits = car_limits(build_world(Scenario(date="2022-01-16", length_h=12)))
    assert limits.charge_kw.shape == limits.taper.shape == (0,)


def test_steps_to_reach_counts_ev2gym_s_steps(site):
    world, chosen, cars = site
    s, limits = world.sessions, car_limits(world)
    for i in chosen:
        for soc, wanted in ((0.3, 1.0), (0.5, 0.9), (0.9, 1.0), (0.2, 0.5), (0.8, 0.7)):
            energy, target = soc * s.capacity_kwh[i], wanted * s.capacity_kwh[i]
            counted = steps_to_reach(
                np.array([energy]),
                np.array([target]),
                charge_kw=limits.charge_kw[i : i + 1],
                taper=limits.taper[i : i + 1],
                capacity_kwh=s.capacity_kwh[i : i + 1],
                most_steps=200,
            )[0]
            steps = 0
            while energy < target - 1e-6:
                before = energy
                energy = step(world, cars[i], energy, limits.full_charge_action[i])[1]
                steps += 1
                assert energy - before <= limits.charge_kw[i] / 4 + ROUNDING_KWH + 1e-9
            assert abs(counted - steps) <= 1
            if not limits.taper[i] < 1:
                assert counted == steps
