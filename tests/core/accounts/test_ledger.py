"""Every figure of the ledger, by hand on a tiny day; energy and money are conserved on all others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import Scenario, build_world
from core.accounts.ledger import overload_kw, settle, station_power_kw, transformer_power_kw
from core.accounts.objective import Objective
from core.accounts.trace import Trace
from core.agents.registry import make_agent
from core.engines.ev2gym import simulate
from core.world import Sessions
from core.world.battery import on_grid
from tests.agents import RandomActions
from tests.strategies import SMALL, random_scenario


# --- a tiny day, by hand ---------------------------------------------------------------------------------------------
def steps(**at):
    """[48]: zero but for the steps given, as ``s4=1.5``."""
    values = np.zeros(48)
    for step, value in at.items():
        values[int(step[1:])] = value
    return values


@pytest.fixture(scope="module")
def tiny():
    """Two stations of one port, two cars, 12 hours in 48 steps of 15 minutes; 1 kW for one step is 0.25 kWh."""
    scenario = Scenario(
        stations=2, length_h=12, cars="uniform", transformer_limit_kw=10, w_user=1, w_provider=0.5, w_grid=0.25,
        unmet_price_eur_per_kwh=2, wear_price_eur_per_kwh=0.05, overload_price_eur_per_kwh=1.5,
        deviation_price_eur_per_kwh=0.1, peak_price_eur_per_kw=0.2,
    )  # fmt: skip
    base = build_world(scenario)
    two = np.ones(2)
    sessions = Sessions(
        station=np.array([0, 1]),
        port=np.array([0, 1]),
        arrival_step=np.array([4, 5]),
        departure_step=np.array([7, 6]),
        arrival_energy_kwh=np.array([20.0, 10.0]),
        wanted_energy_kwh=np.array([30.0, 12.0]),
        capacity_kwh=40 * two,
        min_energy_kwh=5 * two,
        emergency_energy_kwh=25 * two,
        charge_limit_kw=11 * two,
        discharge_limit_kw=11 * two,
        transition_soc=two,
        model=np.array([0, 0]),
    )
    prices = replace(
        base.prices,
        buy_eur_per_kwh=steps(s4=0.20, s5=0.30, s6=0.50),
        sell_eur_per_kwh=steps(s6=0.60),
        wholesale_eur_per_kwh=steps(s4=0.10, s5=0.20, s6=0.40),
        demand_eur_per_kw_day=0.3,
    )
    world = replace(
        base,
        sessions=sessions,
        prices=prices,
        load_kw=steps(s5=1.0)[None],
        pv_kw=steps(s20=15.0)[None],
        setpoint_kw=steps(s4=6.0, s5=6.0),
    )
    energy = np.full((2, 48), np.nan)
    energy[0, 4:8] = [22.0, 24.01, 23.01, 23.01]
    energy[1, 5:7] = [11.0, 13.0]
    power = np.stack([steps(s4=8.0, s5=8.0, s6=-4.0), steps(s5=4.0, s6=8.0)])
    trace = Trace("hand", power, energy, np.zeros((2, 48)), np.zeros(48), 0.0, {}, rounding_kwh=0.01)
    return world, settle(world, trace)


def test_drivers_by_hand(tiny):
    _, ledger = tiny
    a, b = ledger.sessions.to_dict("records")
    assert a["charged_kwh"] == pytest.approx(4)  # 8 kW for two quarters of an hour
    assert a["discharged_kwh"] == pytest.approx(1)  # 4 kW for one
    assert a["energy_cost_eur"] == pytest.approx(1.0)  # 2 kWh at 0.20 and 2 at 0.30
    assert a["v2g_revenue_eur"] == pytest.approx(0.6)  # 1 kWh at 0.60
    assert a["departure_energy_kwh"] == 23.01
    assert a["unmet_kwh"] == pytest.approx(6.99)  # of 30 wanted
    assert a["ready_frac"] == pytest.approx(23.01 / 30)
    assert a["wear_cost_eur"] == pytest.approx(0.05)  # 1 kWh at 0.05
    assert a["unmet_cost_eur"] == pytest.approx(13.98)  # 6.99 kWh at 2
    assert a["user_profit_eur"] == pytest.approx(0.6 - 1.0 - 0.05 - 13.98)
    assert b["energy_cost_eur"] == pytest.approx(1.3)  # 1 kWh at 0.30 and 2 at 0.50
    assert b["unmet_kwh"] == 0  # 13 kWh, 12 wanted
    assert b["ready_frac"] == 1
    assert b["bill_eur"] == pytest.approx(-1.3)
    # Arrives at 05:00 + 5 quarters; its last step, 6, ends at 05:00 + 7 quarters.
    assert str(b["arrival_time"]) == "2022-01-17 06:15:00"
    assert str(b["departure_time"]) == "2022-01-17 06:45:00"


def test_site_by_hand(tiny):
    world, ledger = tiny
    t = ledger.totals
    assert t.bill_eur == pytest.approx(0.6 - 2.3)
    assert t.user_profit_eur == pytest.approx(-15.73)
    # Bought wholesale: 2 kWh at 0.10, 3 at 0.20, and net 1 (2 charged, 1 fed back) at 0.40.
    assert t.wholesale_cost_eur == pytest.approx(1.2)
    assert t.peak_kw == pytest.approx(12)  # 8 + 4 kW in step 5; the other load is not the provider's
    assert t.demand_cost_eur == pytest.approx(12 * (0.2 + 0.3))
    assert t.provider_margin_eur == pytest.approx(2.3 - 0.6 - 1.2 - 6.0)
    # Step 5: 12 kW of cars and 1 of load, 3 beyond 10 kW. Step 20: 15 kW of sun, 5 beyond the reverse limit.
    assert t.overload_kwh == pytest.approx(3 / 4 + 5 / 4)
    assert t.overload_cost_eur == pytest.approx(3.0)
    # Set-point 6, 6, 0 kW; cars 8, 12, 4 kW.
    assert t.deviation_kwh == pytest.approx((2 + 6 + 4) / 4)
    assert t.deviation_cost_eur == pytest.approx(0.3)
    assert t.grid_value_eur == pytest.approx(-3.3)
    assert t.objective_eur == pytest.approx(1 * -15.73 + 0.5 * -5.5 + 0.25 * -3.3)
    assert t.rounding_kwh == pytest.approx(0.01)
    assert (t.charged_kwh, t.discharged_kwh, t.wear_kwh) == pytest.approx((7, 1, 1))
    assert t.unmet_kwh == pytest.approx(6.99)
    assert t.ready_frac == pytest.approx(1 - 6.99 / 42)  # 42 kWh wanted by both
    assert t.worst_ready_frac == pytest.approx(23.01 / 30)
    assert t.cars == 2
    assert ledger.steps["site_power_kw"][5] == pytest.approx(13)
    assert ledger.steps["site_power_kw"][20] == pytest.approx(-15)
    assert ledger.steps["connected"].tolist()[3:9] == [0, 1, 2, 2, 1, 0]
    assert Objective.of(world).demand_price == pytest.approx(0.5)


def test_peak_and_valley_by_hand(tiny):
    """The site's power is 8, 13, 4 kW in steps 4 to 6 and −15 kW in step 20; the limit is 10 kW either way."""
    _, ledger = tiny
    t = ledger.totals
    assert t.site_peak_kw == pytest.approx(13)  # 8 + 4 kW of cars and 1 of load: the peak of the cars alone is 12
    assert t.site_valley_kw == pytest.approx(-15)
    assert t.load_factor_frac == pytest.approx((8 + 13 + 4) / 48 / 13)  # what is fed back counts as nothing
    assert t.ramp_kw == pytest.approx(15)  # into step 20 and out of it
    assert t.over_limit_h == pytest.approx(0.5)  # steps 5 and 20
    assert t.added_peak_kw == pytest.approx(13 - 1)  # without cars 1 kW of load is the peak


def test_stations_by_hand(tiny):
    _, ledger = tiny
    first, second = ledger.stations.to_dict("records")
    assert (first["station"], first["cars"], second["cars"]) == (0, 1, 1)
    assert first["user_profit_eur"] == pytest.approx(-14.43)
    assert second["user_profit_eur"] == pytest.approx(-1.3)
    assert first["ready_frac"] == pytest.approx(23.01 / 30)


def test_without_a_setpoint_nothing_deviates(tiny):
    world, _ = tiny
    trace = Trace("hand", np.ones((2, 48)), np.ones((2, 48)), np.zeros((2, 48)), np.zeros(48), 0.0, {})
    assert settle(replace(world, setpoint_kw=None), trace).totals.deviation_kwh == 0


def test_overload_counts_both_ways_from_the_limit_that_is_broken(tiny):
    world, _ = tiny
    power = steps(s0=10.0, s1=10.5, s2=-10.0, s3=-10.5, s4=25.0, s5=-25.0)[None]
    assert overload_kw(world, power)[0, :7].tolist() == [0, 0.5, 0, 0.5, 15, 15, 0]


# --- any day ---------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def days():
    """Settled days of random scenarios, charging as fast as possible and at random."""
    settled = []
    for seed in range(300, 330):
        world = build_world(random_scenario(seed, **SMALL))
        for agent in (make_agent("afap"), RandomActions()):
            trace = simulate(world, agent)
            settled.append((world, trace, settle(world, trace)))
    return settled


def test_energy_is_conserved_in_every_car(days):
    for world, trace, ledger in days:
        s, table = world.sessions, ledger.sessions
        gained = table["departure_energy_kwh"] - table["arrival_energy_kwh"]
        gift = gained - (table["charged_kwh"] - table["discharged_kwh"])
        # Only what lifts an arriving battery to EV2Gym's grid of 0.01 kWh is nobody's, and only where it is used.
        used = (np.abs(trace.power_kw[s.port]) * _stays(world)).sum(axis=1) > 0
        lifted = on_grid(s.arrival_energy_kwh) - s.arrival_energy_kwh
        assert (gift[used] <= lifted[used] + 1e-9).all()
        assert (gift >= -1e-9).all()
        assert (np.minimum(np.abs(gift), np.abs(gift - lifted)) < 1e-9).all()
        # Step by step as well.
        for i in range(len(s)):
            at = slice(s.arrival_step[i], s.departure_step[i] + 1)
            energy = trace.energy_kwh[s.port[i], at]
            np.testing.assert_allclose(np.diff(on_grid(energy)), trace.power_kw[s.port[i], at][1:] / 4, atol=1e-9)
            # On the grid, rounding up gives nothing away.
            assert (np.abs(np.diff(on_grid(energy)) * 100 - np.round(np.diff(on_grid(energy)) * 100)) < 1e-6).all()


def _stays(world):
    """[sessions, steps]: where a session may act."""
    s, steps = world.sessions, np.arange(world.n_steps)
    return (steps >= s.arrival_step[:, None]) & (steps <= s.departure_step[:, None])


def test_money_is_conserved_across_stakeholders(days):
    for world, _, ledger in days:
        t = ledger.totals
        # What drivers pay, the provider gets; what it does not keep goes to the market and the grid's demand charge.
        assert t.bill_eur + t.provider_margin_eur + t.wholesale_cost_eur + t.demand_cost_eur == pytest.approx(
            0, abs=1e-6
        )
        assert t.user_profit_eur == pytest.approx(t.bill_eur - t.wear_cost_eur - t.unmet_cost_eur, abs=1e-6)
        assert t.grid_value_eur == pytest.approx(-t.overload_cost_eur - t.deviation_cost_eur, abs=1e-6)
        o = Objective.of(world)
        assert t.objective_eur == pytest.approx(
            o.w_user * t.user_profit_eur + o.w_provider * t.provider_margin_eur + o.w_grid * t.grid_value_eur, abs=1e-6
        )


def test_the_objective_s_coefficients_price_the_same(days):
    """J from charged and discharged energy step by step, as the optimum and the rewards see it."""
    for world, trace, ledger in days:
        o, t = Objective.of(world), ledger.totals
        charged, discharged = np.maximum(trace.power_kw, 0) / 4, np.maximum(-trace.power_kw, 0) / 4
        value = (charged * o.charge_value + discharged * o.discharge_value).sum()
        value -= o.w_user * o.unmet_price * t.unmet_kwh + o.w_provider * o.demand_price * t.peak_kw
        assert value + o.w_grid * t.grid_value_eur == pytest.approx(t.objective_eur, rel=1e-9, abs=1e-6)


def test_sessions_stations_and_steps_add_up_to_the_site(days):
    for world, trace, ledger in days:
        t = ledger.totals
        for table in (ledger.sessions, ledger.stations):
            for name in ("charged_kwh", "discharged_kwh", "unmet_kwh", "energy_cost_eur", "v2g_revenue_eur",
                         "bill_eur", "wear_cost_eur", "unmet_cost_eur", "user_profit_eur"):  # fmt: skip
                assert table[name].sum() == pytest.approx(getattr(t, name), abs=1e-6), name
        for name in ("charged_kwh", "discharged_kwh", "energy_cost_eur", "v2g_revenue_eur", "wholesale_cost_eur",
                     "overload_kwh", "deviation_kwh"):  # fmt: skip
            assert ledger.steps[name].sum() == pytest.approx(getattr(t, name), abs=1e-6), name
        assert ledger.stations["cars"].sum() == t.cars == len(world.sessions)
        assert len(ledger.stations) == world.scenario.stations
        assert len(ledger.steps) == world.n_steps
        np.testing.assert_allclose(station_power_kw(world, trace).sum(axis=0), trace.power_kw.sum(axis=0), atol=1e-9)
        cars_and_base = trace.power_kw.sum(axis=0) + world.base_load_kw.sum(axis=0)
        np.testing.assert_allclose(transformer_power_kw(world, trace).sum(axis=0), cars_and_base, atol=1e-9)


def test_figures_keep_their_signs_and_ranges(days):
    for world, trace, ledger in days:
        t = ledger.totals
        for name in ("charged_kwh", "discharged_kwh", "unmet_kwh", "overload_kwh", "deviation_kwh", "peak_kw"):
            assert getattr(t, name) >= 0, name
        assert 0 <= t.worst_ready_frac <= 1
        assert 0 <= t.ready_frac <= 1
        assert t.grid_value_eur <= 0
        assert (trace.power_kw[world.occupancy < 0] == 0).all()
        assert all(np.isfinite(value) for value in t.as_dict().values())


def test_an_empty_day_settles_to_nothing():
    world = build_world(Scenario(date="2022-01-16", length_h=12))
    ledger = settle(world, simulate(world, make_agent("afap")))
    assert (ledger.totals.cars, ledger.totals.objective_eur, ledger.totals.ready_frac) == (0, 0, 1)
    assert len(ledger.sessions) == 0
    assert len(ledger.stations) == 25
