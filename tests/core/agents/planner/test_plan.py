"""The coordinated plan: possible, within limits where it can be, and nearly as good as the optimum."""

from __future__ import annotations

import numpy as np
import pytest

from core.agents.learned import Learned
from core.agents.optimum.best import Best
from core.agents.planner import plan as planning
from core.agents.planner.kernels import expect
from core.agents.planner.plan import Planner
from core.agents.registry import make_agent
from core.engines.batch import Batch, BatchState, totals_many
from core.scenario import STEP_HOURS, Scenario
from core.world import build_world


@pytest.fixture(scope="module")
def stock():
    return [build_world(Scenario(seed=seed)) for seed in range(8)]


def test_captures_nearly_all_on_stock_days_without_overload(stock):
    afap, best, plan = (totals_many(stock, agent) for agent in (make_agent("afap"), Best(), Learned()))
    gained = (plan["objective_eur"] - afap["objective_eur"]).sum()
    assert gained > 0.95 * (best["objective_eur"] - afap["objective_eur"]).sum()
    assert plan["overload_kwh"].sum() < 0.001 * plan["charged_kwh"].sum()
    assert plan["ready_frac"].mean() > best["ready_frac"].mean() - 0.01


def test_cars_make_way_for_one_another():
    # Twenty cars that all find the same hours cheapest, at a transformer that carries three of them at a time.
    scenario = Scenario(stations=20, transformer_limit_kw=30, intensity=50, v2g=False)
    world = build_world(scenario)
    herd, plan = (totals_many([world], agent) for agent in (make_agent("cheapest"), Learned()))
    assert herd["overload_kwh"][0] > 100
    assert plan["overload_kwh"][0] < 0.1 * herd["overload_kwh"][0]


def test_tight_limits_are_used_as_fully_as_the_linear_program_does():
    """Congestion prices rise over a share of a limit, but settle where the load is at the limit."""
    scenarios = [Scenario(stations=12, transformer_limit_kw=25, intensity=40, v2g=False, seed=seed) for seed in (1, 2)]
    worlds = [build_world(scenario) for scenario in scenarios]
    agents = (make_agent("afap"), make_agent("mpc"), Learned())
    afap, mpc, plan = (totals_many(worlds, agent)["objective_eur"] for agent in agents)
    assert (plan - afap).sum() > 0.985 * (mpc - afap).sum()


def test_cars_go_round_where_that_pays():
    """With a V2G price above the charging price, whoever charges and discharges in turns gains in every pair of steps.

    An exchange between two steps alone does not find that: on its way a step does nothing, which is worse than both.
    """
    scenario = Scenario(
        stations=3, v2g_price_factor=1.8, w_user=1.0, w_provider=0.25, wear_price_eur_per_kwh=0.0,
        transformer_limit_kw=500, intensity=30,
    )  # fmt: skip
    world = build_world(scenario)
    agents = (make_agent("afap"), Best(), Learned())
    afap, best, plan = (totals_many([world], agent)["objective_eur"][0] for agent in agents)
    assert plan - afap > 0.95 * (best - afap)


@pytest.mark.parametrize(
    "changes", [{}, {"ports_per_station": 3, "stations": 8}, {"peak_price_eur_per_kw": 1.0}, {"setpoint": True}]
)
def test_plan_is_possible(changes):
    """Energy stays within the battery, power within the car's and the station's limits, in every step of the plan."""
    worlds = [build_world(Scenario(seed=seed, load_share=0.5, **changes)) for seed in (1, 2)]
    batch = Batch(worlds)
    state, planner = BatchState(batch), Planner()
    while not state.done:
        view = batch.views.view(state.step_index, state.energy_kwh)
        power = planner.update(view)
        plan = planner.plan_kwh[:, : batch.n_ports, view.step :]
        for w, p in zip(*np.nonzero(view.connected), strict=True):
            stay = plan[w, p, : view.steps_left[w, p]]
            energy = view.energy_kwh[w, p] + np.concatenate([[0], stay.cumsum()])
            assert energy.max() <= max(view.capacity_kwh[w, p], view.energy_kwh[w, p]) + 1e-6
            assert energy.min() >= min(view.min_energy_kwh[w, p], view.energy_kwh[w, p]) - 1e-6
            assert stay.max() <= view.charge_kw[w, p] * STEP_HOURS + 1e-9
            assert stay.min() >= -view.discharge_kw[w, p] * STEP_HOURS - 1e-9
            tapered = view.taper[w, p] * (view.capacity_kwh[w, p] - energy[:-1])
            assert (stay <= np.maximum(tapered, 0) + 1e-6).all()
        best = view.efficiency[view.model, : round(view.charger_current_a) + 1].max(axis=-1)
        share = plan / (best * view.charger_current_a * view.kw_per_ampere * STEP_HOURS)[:, :, None]
        by_station = np.maximum(share, 0).reshape(2, -1, view.ports_per_station, share.shape[2]).sum(axis=2)
        assert by_station.max() <= 1 + 1e-6
        state.step(view.action_for(power))


def test_worlds_do_not_disturb_each_other(stock):
    together = totals_many(stock[:3], Learned())["objective_eur"]
    alone = [totals_many([world], Learned())["objective_eur"][0] for world in stock[:3]]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-9)


def test_threads_do_not_change_the_plan(stock, monkeypatch):
    few = stock[:4]
    alone = totals_many(few, Learned())["objective_eur"]
    monkeypatch.setattr(planning, "PORTS_A_THREAD", 10)
    monkeypatch.setattr(planning.os, "cpu_count", lambda: 3)
    assert planning.threads_for(Batch(few).views.view(0, np.zeros((4, 25)))) == 3
    np.testing.assert_array_equal(totals_many(few, Learned())["objective_eur"], alone)


def test_discharges_only_where_it_pays(stock):
    dear = [build_world(world.scenario.replace(wear_price_eur_per_kwh=1.0)) for world in stock[:3]]
    assert totals_many(stock[:3], Learned())["discharged_kwh"].sum() > 50
    assert totals_many(dear, Learned())["discharged_kwh"].sum() < 1


def test_guests_are_expected_at_ports_that_become_free():
    steps, rate, stay = 12, np.full(12, 0.5), np.full(12, 3.0)

    def expected(connected, steps_left):
        coming = np.zeros((1, steps))
        expect(0, np.array([connected]), np.array([steps_left]), np.zeros(1, dtype=np.int64), rate, stay, coming)
        return coming[0]

    free, taken, for_ever = expected(False, 0), expected(True, 4), expected(True, 99)
    # By hand: half of a free port fills in each step, and who came three steps ago leaves.
    np.testing.assert_allclose(free[:6], [0, 0.5, 0.25, 0.125, 0.3125, 0.28125])
    np.testing.assert_allclose(taken[:6], [0, 0, 0, 0, 0.5, 0.25])
    assert for_ever.sum() == 0
    # A port never holds more than one car.
    assert all(free[max(0, t - 2) : t + 1].sum() <= 1 for t in range(steps))
