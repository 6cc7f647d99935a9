"""A visitor's sessions become the day's cars; whom the site cannot serve is counted."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import Scenario, build_world
from core.agents.registry import make_agent
from core.data_in.sessions import OwnSessions
from core.engines.batch import simulate_many
from core.world import arrival_forecast
from core.world.battery import out_of_reach_kwh
from tests.core.data_in.test_own_sessions import own_sessions

DAY = dt.date(2023, 8, 8)


def day_of(*sessions, **columns):
    """Sessions of `DAY` from (arrival, minutes, kWh)."""
    arrival, stay, energy = zip(*sessions, strict=True)
    return OwnSessions.of([f"{DAY}T{time}" for time in arrival], stay, energy, **columns)


def world_of(own, **fields):
    return build_world(Scenario(**{"date": DAY, "own_sessions": own, "stations": 4} | fields))


def test_stays_are_whole_steps_within_them():
    # The run begins at 05:00; a car acts in the steps that lie wholly within its stay.
    world = world_of(day_of(("05:00", 60, 1), ("05:15", 60, 1), ("05:16", 60, 1), ("09:01", 14, 1)))
    assert world.sessions.arrival_step.tolist() == [1, 1, 2]
    assert world.sessions.departure_step.tolist() == [3, 4, 4]
    assert world.own_day.too_short == 1


def test_ports_go_to_whoever_comes_first_and_others_are_counted():
    own = day_of(("08:00", 120, 5), ("08:01", 600, 5), ("08:20", 600, 5), ("10:00", 60, 5))
    world = world_of(own, stations=2)
    # The third finds both ports taken; the fourth takes over from the first.
    assert world.sessions.port.tolist() == [0, 1, 0]
    assert (world.own_day.arriving, world.own_day.turned_away) == (4, 1)
    two_plugs = world_of(own, stations=2, ports_per_station=2)
    assert two_plugs.sessions.station.tolist() == [0, 1, 0, 0]
    assert two_plugs.own_day.turned_away == 0


def test_cars_before_and_beyond_the_run_are_counted():
    own = day_of(("04:00", 300, 5), ("08:00", 300, 5), ("22:00", 6 * 1440, 5))
    day = world_of(own).own_day
    assert (day.arriving, day.before, day.outlasting, day.turned_away) == (2, 1, 1, 0)


def test_what_the_file_tells_of_a_car_is_taken():
    own = day_of(
        ("08:00", 600, 20), ("08:00", 600, 20), ("08:00", 600, 20), ("09:00", 600, 90),
        capacity_kwh=[60, 60, np.nan, 64], power_kw=[7.4, np.nan, np.nan, 11], arrival_soc=[0.5, np.nan, 0.25, 0.5],
    )  # fmt: skip
    world = world_of(own, wanted_soc=0.9)
    s = world.sessions
    assert s.arrival_energy_kwh[:2].tolist() == [30, 0.9 * 60 - 20]
    assert s.wanted_energy_kwh[:2].tolist() == [50, 54]
    assert s.charge_limit_kw[0] == 7.4
    assert s.discharge_limit_kw[0] <= 7.4
    assert s.capacity_kwh[2] * 0.75 >= 20 - 0.01  # a battery that can take what was charged
    assert s.wanted_energy_kwh[3] == s.capacity_kwh[3] == 64
    assert (world.own_day.beyond_battery, world.own_day.beyond_battery_kwh) == (1, pytest.approx(90 - 32))


def test_models_are_the_same_however_many_ports_there_are():
    own = day_of(*((f"{8 + i // 6:02d}:{i % 6 * 10:02d}", 300, 8) for i in range(24)))
    few, many = (world_of(own, stations=n).sessions for n in (10, 24))
    at = np.isin(many.arrival_step, few.arrival_step)
    assert set(zip(few.arrival_step, few.model, strict=True)) <= set(zip(many.arrival_step, many.model, strict=True))
    assert at.any()
    assert len(few) < len(many) == 24


def test_energy_that_no_agent_can_charge_is_named():
    world = world_of(day_of(("08:00", 60, 30), ("08:00", 600, 30)), cars="uniform", car_charge_kw=11)
    kwh = out_of_reach_kwh(world)
    assert kwh.tolist() == pytest.approx([30 - 11, 0])
    trace = simulate_many([world], make_agent("afap"))[0]
    s = world.sessions
    left = [trace.energy_kwh[s.port[i], s.departure_step[i]] for i in range(2)]
    assert s.wanted_energy_kwh - left == pytest.approx(kwh, abs=0.05)  # EV2Gym rounds up in every step


@settings(max_examples=20, deadline=None)
@given(
    own=own_sessions(), cars=st.sampled_from(["mixed", "uniform"]), stations=st.integers(1, 12),
    ports=st.integers(1, 3), start_hour=st.integers(0, 23), seed=st.integers(0, 99), v2g=st.booleans(),
)  # fmt: skip
def test_every_session_is_accounted_for_and_possible(own, cars, stations, ports, start_hour, seed, v2g):
    scenario = Scenario(
        date=own.dates[0], own_sessions=own, cars=cars, stations=stations, ports_per_station=ports, seed=seed,
        start_hour=start_hour, v2g=v2g, setpoint=bool(seed % 2),
    )  # fmt: skip
    world = build_world(scenario)
    s, day = world.sessions, world.own_day
    assert len(s) + day.turned_away + day.too_short + day.outlasting == day.arriving
    assert (np.diff(s.arrival_step) >= 0).all()
    assert (s.arrival_step >= 1).all()
    assert (s.arrival_step <= s.departure_step).all()
    assert (s.departure_step < world.n_steps).all()
    assert (s.station == s.port // ports).all()
    assert ((world.occupancy >= 0).sum() == (s.departure_step - s.arrival_step + 1).sum()).all()  # nobody overlaps
    assert (s.min_energy_kwh >= 0).all()
    assert (s.min_energy_kwh <= s.arrival_energy_kwh).all()
    assert (s.arrival_energy_kwh <= s.wanted_energy_kwh).all()
    assert (s.wanted_energy_kwh <= s.capacity_kwh).all()
    assert build_world(scenario).own_day == day
    reach = out_of_reach_kwh(world)
    trace = simulate_many([world], make_agent("afap"))[0]
    soc = trace.energy_kwh[s.port, s.departure_step] / s.capacity_kwh
    assert (soc <= 1 + 1e-12).all()
    if ports == 1:  # otherwise plugs share their station's current
        left = s.wanted_energy_kwh - trace.energy_kwh[s.port, s.departure_step]
        rounding = 0.01 * (s.departure_step - s.arrival_step + 1)
        assert (np.abs(np.maximum(left, 0) - reach) <= rounding + 1e-6).all()


def test_expected_cars_are_those_of_the_file_s_other_days():
    # Two cars at nine on every working day of three weeks, but six at noon on the day of the run.
    days = np.datetime64("2023-07-24") + np.arange(19)
    days = days[np.is_busday(days)]
    arrival = [f"{day}T09:00" for day in days for _ in range(2) if day != np.datetime64(DAY)]
    own = OwnSessions.of(
        [*arrival, *[f"{DAY}T12:00"] * 6], [240] * len(arrival) + [60] * 6, [12.0] * len(arrival) + [3.0] * 6
    )
    scenario = Scenario(date=DAY, own_sessions=own, stations=10, length_h=14)
    forecast = arrival_forecast(scenario)
    at = np.flatnonzero(forecast.rate)
    assert at.tolist() == [14, 15, 16, 17, 18]  # around nine, the run beginning at five
    free_port_arrivals = forecast.rate[at] * 10
    assert free_port_arrivals.sum() == pytest.approx(2, rel=0.25)
    assert forecast.need_kwh[at] == pytest.approx(12)
    assert forecast.stay_steps[at] == pytest.approx(16)
    # The run's own day is not looked at.
    alone = scenario.replace(own_sessions=OwnSessions.of([f"{DAY}T12:00"] * 6, [60] * 6, [3.0] * 6))
    drawn = arrival_forecast(Scenario(date=DAY, stations=10, length_h=14))
    assert np.array_equal(arrival_forecast(alone).rate, drawn.rate)
