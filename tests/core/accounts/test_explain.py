"""Explanations: the quantities are right, and every reason fits what was done."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.accounts.explain import ENERGY_KWH, POWER_KW, REASONS, explain_station
from core.accounts.ledger import transformer_power_kw
from core.scenario import Scenario
from core.studies.run import Result, simulate
from core.world import build_world

SCENARIO = Scenario(
    stations=6, ports_per_station=2, transformer_limit_kw=40, intensity=20, dr_events=1, v2g_price_factor=1.2
)


@pytest.fixture(scope="module", params=["afap", "alap", "rr", "cheapest", "best"])
def result(request) -> Result:
    return simulate(SCENARIO, request.param, world=build_world(SCENARIO))


@pytest.fixture(scope="module")
def table(result) -> pd.DataFrame:
    parts = [explain_station(result.world, result.trace, i) for i in range(SCENARIO.stations)]
    return pd.concat(parts, ignore_index=True)


def test_one_row_a_port_and_step(result, table):
    assert len(table) == SCENARIO.n_ports * result.world.n_steps
    assert table["power_kw"].to_numpy() == pytest.approx(result.trace.power_kw.ravel())
    assert set(table["reason"]) <= set(REASONS)


def test_reason_agrees_with_what_was_done(table):
    verb = table["reason"].str.split("_").str[0]
    here = table["session"] >= 0
    assert (verb[~here] == "empty").all()
    assert (verb[here & (table["power_kw"] > POWER_KW)] == "charge").all()
    assert (verb[here & (table["power_kw"] < -POWER_KW)] == "discharge").all()
    assert (verb[here & (table["power_kw"].abs() <= POWER_KW)] == "idle").all()


def test_price_rank_orders_each_stay(table):
    for _, stay in table[table["session"] >= 0].groupby("session"):
        assert stay["price_rank"].min() == 1
        assert stay["price_rank"].max() <= stay["stay_steps"].iloc[0] == len(stay)
        by_price = stay.sort_values("buy_eur_per_kwh", kind="stable")
        assert by_price["price_rank"].is_monotonic_increasing
        expected = [
            int((stay["buy_eur_per_kwh"].iloc[i + 1 :] < p - 1e-9).sum()) for i, p in enumerate(stay["buy_eur_per_kwh"])
        ]
        assert stay["cheaper_steps_left"].tolist() == expected


def test_energy_needed_and_slack(result, table):
    sessions = result.ledger.sessions
    here = table[table["session"] >= 0]
    first = here.groupby("session").first()
    wanted = (sessions["wanted_energy_kwh"] - sessions["arrival_energy_kwh"]).clip(lower=0)
    assert first["energy_needed_kwh"].to_numpy() == pytest.approx(wanted[first.index].to_numpy())
    left = sessions["departure_step"].to_numpy()[here["session"]] - here["step"] + 1
    assert (here["slack_steps"] + here["steps_needed"]).tolist() == left.tolist()
    assert ((here["energy_needed_kwh"] < 1e-6) == (here["steps_needed"] == 0)).all()


def test_headroom_is_limit_less_site_power(result, table):
    site = transformer_power_kw(result.world, result.trace)[0]
    one = table[table["port"] == 0]
    assert one["headroom_kw"].to_numpy() == pytest.approx(result.world.limit_kw[0] - site)
    assert one["limit_share"].to_numpy() == pytest.approx(site / result.world.limit_kw[0])


def test_must_charge_means_no_slack(table):
    assert (table.loc[table["reason"] == "charge_must", "slack_steps"] <= 0).all()
    assert (table.loc[table["reason"] == "idle_late", "slack_steps"] <= 0).all()
    assert (table.loc[table["reason"] == "idle_cheaper_later", "cheaper_steps_left"] > 0).all()
    ready = table["reason"].isin(["idle_ready", "idle_done", "idle_full"])
    assert (table.loc[ready, "energy_needed_kwh"] <= ENERGY_KWH + 1e-9).all()


def test_a_station_that_gives_nothing_back_is_not_said_to():
    """The default story: station 8 gives nothing back, and was said to charge in order to give back later."""
    scenario = Scenario(w_user=0.05, w_provider=0, w_grid=1, seed=0)
    run = simulate(scenario, "td3")
    still = np.flatnonzero(run.ledger.stations["discharged_kwh"].to_numpy() == 0)
    assert 8 in still
    said = pd.concat([explain_station(run.world, run.trace, int(i)) for i in still])["reason"]
    assert set(said) & {"charge_resale", "charge_peak"} == set()


def test_as_late_as_possible_waits_then_must(table, result):
    if result.trace.agent == "alap":
        charging = table[table["reason"].str.startswith("charge")]
        assert (charging["reason"] == "charge_must").mean() > 0.9


def test_plug_and_charge_is_told_what_it_misses():
    scenario = Scenario()
    run = simulate(scenario, "afap")
    reasons = pd.concat([explain_station(run.world, run.trace, i) for i in range(scenario.stations)])["reason"]
    assert "charge_early" in set(reasons)


def test_without_v2g_nobody_charges_to_give_back():
    scenario = Scenario(v2g=False, stations=5)
    run = simulate(scenario, "afap")
    reasons = pd.concat([explain_station(run.world, run.trace, i) for i in range(5)])["reason"]
    assert not reasons.str.startswith("discharge").any()
    assert "charge_resale" not in set(reasons)


def test_empty_day():
    scenario = Scenario().replace(date="2022-01-22", stations=2)
    run = simulate(scenario, "afap")
    table = explain_station(run.world, run.trace, 1)
    assert set(table["reason"]) == {"empty"}
    assert np.isnan(table["soc_frac"]).all()
