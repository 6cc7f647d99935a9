"""`mpc`: near the optimum with what is known then, and blind to what is not."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from core import Scenario, simulate
from core.accounts.ledger import settle
from core.agents.mpc import ModelPredictiveControl
from core.engines import ev2gym
from core.studies import study
from core.world import arrival_forecast, build_world

BUSY = Scenario(load_share=0.6, pv_share=0.8, dr_events=1, transformer_limit_kw=50, stations=12, intensity=8)


@pytest.fixture(scope="module")
def table():
    days = study.over_days(BUSY, dt.date(2023, 5, 8), dt.date(2023, 5, 12), ["afap", "mpc", "best"])
    return study.run(days)


def test_captures_nearly_everything_on_days_with_a_binding_limit(table):
    assert (table.loc[table["agent"] == "afap", "overload_kwh"] > 1).any()  # the limit does bind
    shares = study.captured_shares(table).set_index("agent")
    assert 0.95 < shares.loc["mpc", "captured"] <= 1


def test_cars_leave_ready(table):
    by_agent = table.groupby("agent")["ready_frac"].min()
    assert by_agent["mpc"] > by_agent["best"] - 0.01


def test_the_first_step_of_a_lone_car_is_the_optimums():
    # One station, no uncertainty once the car is there: planning anew each step changes nothing.
    scenario = Scenario(stations=1, seed=8, intensity=20)
    mpc, best = simulate(scenario, "mpc").ledger.totals, simulate(scenario, "best").ledger.totals
    assert best.cars == 1
    assert mpc.objective_eur == pytest.approx(best.objective_eur, abs=0.02)


def test_a_shorter_horizon_knows_less():
    world = build_world(BUSY.replace(seed=3))
    short = settle(world, ev2gym.simulate(world, ModelPredictiveControl(horizon_steps=4))).totals
    long = settle(world, ev2gym.simulate(world, ModelPredictiveControl())).totals
    assert short.objective_eur < long.objective_eur
    assert short.ready_frac > 0.98  # what is wanted beyond the horizon is charged in time all the same
    with pytest.raises(ValueError, match="at least 1"):
        ModelPredictiveControl(horizon_steps=0)


def test_arrival_forecast_tells_statistics_not_cars():
    scenario = Scenario(stations=40, place="public", intensity=2)
    forecast = arrival_forecast(scenario)
    assert forecast.rate.shape == (scenario.n_steps,)
    again = arrival_forecast(scenario.replace(seed=99))
    assert (forecast.rate == again.rate).all()
    # Over many seeds, as many cars come to free ports as the rates say.
    worlds = [build_world(scenario.replace(seed=seed)) for seed in range(40)]
    arrived = sum(len(w.sessions) for w in worlds)
    free = np.zeros(scenario.n_steps)
    for world in worlds:
        busy = np.zeros((scenario.n_ports, scenario.n_steps), dtype=bool)
        for port, start, end in zip(
            world.sessions.port, world.sessions.arrival_step, world.sessions.departure_step, strict=True
        ):
            busy[port, start + 1 : end + 3] = True  # EV2Gym leaves a port empty for a while
        free += (~busy).sum(axis=0)
    assert arrived == pytest.approx((free * forecast.rate).sum(), rel=0.15)


@pytest.mark.parametrize(
    "fields",
    [
        {"wanted_soc": 0.75, "cars": "uniform", "car_capacity_kwh": 150.0, "place": "private"},
        {"wanted_soc": 0.6, "place": "public"},
        {"min_energy_kwh": 15.0},
    ],
)
def test_arrival_forecast_expects_what_cars_want_and_how_long_they_stay(fields):
    """Of days that are really drawn: cars that would come fuller than they leave are drawn again, with any energy."""
    scenario = Scenario(stations=40, intensity=20, length_h=36, start_hour=5, **fields)
    forecast = arrival_forecast(scenario)
    need, stay, expected_need, expected_stay = [], [], [], []
    for seed in range(12):
        s = build_world(scenario.replace(seed=seed)).sessions
        need.append(np.maximum(0, s.wanted_energy_kwh - s.arrival_energy_kwh))
        stay.append(s.departure_step - s.arrival_step + 1)
        expected_need.append(forecast.need_kwh[s.arrival_step])
        expected_stay.append(forecast.stay_steps[s.arrival_step])
    assert np.concatenate(expected_need).mean() == pytest.approx(np.concatenate(need).mean(), rel=0.08)
    assert np.concatenate(expected_stay).mean() == pytest.approx(np.concatenate(stay).mean(), rel=0.02)
