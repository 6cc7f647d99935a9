"""A day step by step: a run's sums are the ledger's; what charge levels tell, by hand and against the ledger."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from core import PRESETS, Scenario, build_world
from core.accounts.ledger import settle, transformer_power_kw
from core.accounts.playback import (
    CHARGING,
    DISCHARGING,
    EMPTY,
    FASTEST_KW,
    IDLE,
    days_of,
    of_run,
    of_soc,
    running_money,
)
from core.agents.registry import make_agent
from core.engines.ev2gym import simulate
from core.reports.result_csv import read_results, recorded, write_results
from tests.agents import RandomActions
from tests.strategies import SMALL, scenarios

ORIGINAL = PRESETS["busan-original"]
SUMS = {
    "energy_cost_eur": "energy_cost_eur", "v2g_revenue_eur": "v2g_revenue_eur", "wear_cost_eur": "wear_cost_eur",
    "unmet_cost_eur": "unmet_cost_eur", "total_eur": "user_profit_eur",
}  # fmt: skip
"""Running sums, and the ledger's columns that they end at."""


def run(scenario: Scenario, agent):
    world = build_world(scenario)
    trace = simulate(world, agent)
    return world, trace, settle(world, trace)


# --- of a run ---------------------------------------------------------------------------------------------------------
def assert_ends_at_the_ledger(world, trace, ledger):
    day = of_run(world, trace, ledger)
    money = [running_money(day, station) for station in range(world.scenario.stations)]
    for sums, column in SUMS.items():
        so_far = np.array([getattr(one, sums) for one in money])
        assert so_far.shape == (world.scenario.stations, world.n_steps + 1)
        assert (so_far[:, 0] == 0).all()
        assert so_far[:, -1] == pytest.approx(ledger.stations[column].to_numpy(), abs=1e-9)
        assert so_far[:, -1].sum() == pytest.approx(getattr(ledger.totals, column), abs=1e-8)
    # In between, all stations' payments grow as the site's do.
    paid = np.sum([one.energy_cost_eur for one in money], axis=0)
    assert np.diff(paid) == pytest.approx(ledger.steps["energy_cost_eur"].to_numpy(), abs=1e-9)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("agent", ["afap", "best"])
def test_a_days_end_is_the_ledgers(preset, agent):
    assert_ends_at_the_ledger(*run(PRESETS[preset], make_agent(agent)))


@settings(max_examples=25)
@given(scenarios(**SMALL))
def test_a_days_end_is_the_ledgers_whatever_happens(scenario):
    assert_ends_at_the_ledger(*run(scenario, RandomActions()))


def test_levels_and_status_are_those_of_the_trace():
    world, trace, ledger = run(PRESETS["street"], RandomActions())
    day, at = of_run(world, trace, ledger), world.occupancy
    assert {EMPTY, IDLE, CHARGING, DISCHARGING} == set(np.unique(day.status))
    assert ((day.status == EMPTY) == (at < 0)).all()
    assert (np.isnan(day.soc_before_frac) == (at < 0)).all()
    moved = (day.soc_after_frac - day.soc_before_frac) * world.sessions.capacity_kwh[at]
    # EV2Gym's batteries stand on a grid of 0.01 kWh once they have been charged.
    assert np.nan_to_num(moved) == pytest.approx(np.where(at >= 0, trace.power_kw, 0) / 4, abs=0.0101)
    assert (np.sign(moved[day.status == CHARGING]) == 1).all()
    assert (np.sign(moved[day.status == DISCHARGING]) == -1).all()
    assert day.transformers is not None
    assert (day.transformers.power_kw == transformer_power_kw(world, trace)).all()
    assert [day.ports_of(3).start, day.ports_of(3).stop] == [6, 8]


# --- of charge levels -------------------------------------------------------------------------------------------------
def quarters(n: int, begin: str = "2023-10-03T05:00"):
    return np.datetime64(begin, "s") + np.arange(n) * np.timedelta64(15, "m")


def by_hand(levels, **more):
    """One station, 50 kWh batteries; 0.10 EUR/kWh in the first step, 0.20 in the second and so on; back 1.5 times."""
    buy = 0.1 * np.arange(1, len(levels) + 1)
    times = more.pop("times", quarters(len(levels)))
    return of_soc(times, (7,), np.array(levels)[:, None], 50.0, buy, 1.5 * buy, **more)


def test_energy_is_the_change_of_level_times_the_capacity():
    day = by_hand([0.0, 0.4, 0.5, 0.5, 0.42, 0.0])
    # Comes with 20 kWh, charges 5 kWh at 0.30 EUR, waits, gives 4 kWh back at 1.5 x 0.50 EUR, leaves.
    assert day.power_kw[0] == pytest.approx([0, 0, 20, 0, -16, 0])
    assert day.status[0].tolist() == [EMPTY, IDLE, CHARGING, IDLE, DISCHARGING, EMPTY]
    money = running_money(day, 0)
    assert money.energy_cost_eur == pytest.approx([0, 0, 0, 1.5, 1.5, 1.5, 1.5])
    assert money.v2g_revenue_eur == pytest.approx([0, 0, 0, 0, 0, 3.0, 3.0])
    assert money.total_eur[-1] == pytest.approx(1.5)
    assert money.wear_cost_eur is None
    assert money.unmet_cost_eur is None


def test_twice_the_capacity_is_twice_the_money():
    levels, prices = np.array([[0.0], [0.4], [0.45], [0.5]]), np.full(4, 0.2)
    one, two = (running_money(of_soc(quarters(4), (0,), levels, kwh, prices, prices), 0) for kwh in (50.0, 100.0))
    assert two.energy_cost_eur == pytest.approx(2 * one.energy_cost_eur)
    assert one.energy_cost_eur[-1] == pytest.approx(0.1 * 50 * 0.2)


@pytest.mark.parametrize(
    ("levels", "why"),
    [
        ([0.3, 0.3, 0.3], "a car that is there from the first step on brings what it has"),
        ([0.0, 0.9, 0.0], "coming and leaving is no energy"),
        ([0.9, 0.3, 0.3], "120 kW are more than any car can: another one has come in its place"),
    ],
)
def test_what_is_no_energy(levels, why):
    assert by_hand(levels).power_kw.any() == np.False_, why


def test_the_fastest_car_is_still_a_car():
    change = FASTEST_KW / 4 / 50
    assert by_hand([0.5, 0.5 + change]).power_kw[0, 1] == pytest.approx(FASTEST_KW)


def test_nothing_flows_over_a_gap_in_time():
    times = np.concatenate([quarters(2), quarters(2, "2023-10-04T05:00")])
    assert by_hand([0.5, 0.55, 0.6, 0.65], times=times).power_kw[0] == pytest.approx([0, 10, 0, 10])


def test_steps_of_another_length_hold_the_same_energy():
    hourly = np.datetime64("2023-10-03T05", "s") + np.arange(3) * np.timedelta64(60, "m")
    day = by_hand([0.0, 0.4, 0.5], times=hourly)
    assert day.power_kw[0] == pytest.approx([0, 0, 5])
    assert running_money(day, 0).energy_cost_eur[-1] == pytest.approx(5 * 0.3)
    assert str(day.edges_local[-1]) == "2023-10-03T08:00:00"


def test_a_part_of_the_file_knows_the_step_before():
    whole, part = by_hand([0.4, 0.5, 0.6]), by_hand([0.4, 0.5, 0.6], steps=slice(1, 3))
    assert part.power_kw[0] == pytest.approx(whole.power_kw[0, 1:])
    assert part.n_steps == 2


@pytest.mark.parametrize(
    ("times", "days"),
    [
        (quarters(1), [1]),
        (quarters(85), [85]),
        (quarters(112), [112]),  # 28 hours
        (quarters(96 * 2), [96, 96]),
        (quarters(96 * 3 + 16), [96, 96, 96 + 16]),
        (np.concatenate([quarters(85), quarters(85, "2023-10-04T05:00")]), [85, 85]),
        (np.concatenate([quarters(10), quarters(96 * 2 + 8, "2023-10-05T00:00")]), [10, 96, 96 + 8]),
    ],
)
def test_days_of_a_file(times, days):
    found = days_of(times)
    assert [day.stop - day.start for day in found] == days
    assert found[0].start == 0
    assert [day.start for day in found[1:]] == [day.stop for day in found[:-1]]


@pytest.mark.parametrize("agent", ["afap", "cheapest", "best"])
def test_a_file_written_here_tells_what_the_ledger_says(agent):
    """To the last cent, but for cars that take another's place at once: the file does not tell what they bring."""
    world, trace, ledger = run(ORIGINAL, make_agent(agent))
    file = read_results(write_results([recorded(world, {agent: trace})]))
    day = of_soc(
        file.times, file.stations, file.soc_frac[0], ORIGINAL.car_capacity_kwh, file.charging_eur_per_kwh,
        file.discharging_eur_per_kwh,
    )  # fmt: skip
    s = world.sessions
    at_once = (s.arrival_step == 0) | (world.occupancy[s.port, np.maximum(0, s.arrival_step - 1)] >= 0)
    assert sum(~at_once) > len(s) / 2
    missing_kwh = np.zeros_like(trace.power_kw)
    missing_kwh[s.port[at_once], s.arrival_step[at_once]] = trace.power_kw[s.port[at_once], s.arrival_step[at_once]] / 4
    for station in range(ORIGINAL.stations):
        money, row = running_money(day, station), ledger.stations.iloc[station]
        paid = row["energy_cost_eur"] - (np.maximum(missing_kwh[station], 0) * world.prices.buy_eur_per_kwh).sum()
        got = row["v2g_revenue_eur"] - (np.maximum(-missing_kwh[station], 0) * world.prices.sell_eur_per_kwh).sum()
        assert money.energy_cost_eur[-1] == pytest.approx(paid, abs=1e-3)
        assert money.v2g_revenue_eur[-1] == pytest.approx(got, abs=1e-3)
