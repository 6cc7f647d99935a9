"""Shared-port agents: what they see, how the market clears at their bids, and that nothing of the future leaks in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.agents import learned
from core.agents.learned.shared_port import HIGHEST, LOWEST, N_OBSERVED, OBSERVATION, Observer, SharedPort, kernels
from core.agents.registry import AGENTS, make_agent
from core.engines.batch import Batch, BatchState, totals_many
from core.scenario import Scenario
from core.world import build_world

SHIPPED = learned.available("shared_port")
FIRST_COMMON = [row[0] for row in OBSERVATION].index("w_user")


def view_of(scenario: Scenario, steps: int, **changes):
    """The view after `steps` steps of charging a little; and its observer."""
    batch = Batch([build_world(scenario)])
    state = BatchState(batch)
    for _ in range(steps):
        state.step(np.where(state.connected, 0.3, 0.0))
    return batch.views.view(steps, state.energy_kwh.copy()), Observer()


def test_observation_lies_in_its_documented_range():
    view, observer = view_of(Scenario(load_share=0.8, pv_share=1.0, setpoint=True, deviation_price_eur_per_kwh=1.0), 30)
    seen = observer.look(view)
    assert view.connected.sum() >= 5
    assert seen.shape == (1, 25, N_OBSERVED)
    assert (seen >= LOWEST).all()
    assert (seen <= HIGHEST).all()
    assert (seen[~view.connected] == 0).all()
    column = {row[0]: seen[0, :, i] for i, row in enumerate(OBSERVATION)}
    here = view.connected[0]
    np.testing.assert_allclose(column["soc"][here], (view.energy_kwh / view.capacity_kwh.clip(1))[0, here], rtol=1e-5)
    np.testing.assert_allclose(column["w_user"][here], 1 / 3, rtol=1e-6)
    np.testing.assert_allclose(column["steps_left"][here], view.steps_left[0, here] / 96, rtol=1e-6)


def test_a_car_alone_has_the_price_at_which_it_just_gets_what_it_wants():
    """Without V2G and without others: its price of stored energy parts the steps that it needs from the dearer ones."""
    scenario = Scenario(stations=1, v2g=False, intensity=100, transformer_limit_kw=2000, w_grid=0.0, retail="day_ahead")
    batch = Batch([build_world(scenario)])
    state, observer, checked = BatchState(batch), Observer(), 0
    reserve = [row[0] for row in OBSERVATION].index("reserve")
    for step in range(batch.n_steps):
        view = batch.views.view(step, state.energy_kwh.copy())
        seen = observer.look(view)
        if view.connected[0, 0]:
            left = int(min(view.steps_left[0, 0], view.n_steps - step))
            cost = -view.objective.charge_value[0, step : step + left]
            theta = cost[0] + seen[0, 0, reserve] * observer.scale[0]
            needed = max(view.wanted_kwh - view.energy_kwh, 0.0)[0, 0] / (view.charge_kw[0, 0] * 0.25)
            soft = kernels.SOFT * observer.scale[0]
            if needed < left and abs(seen[0, 0, reserve]) < 2.9:
                assert (cost < theta - soft).sum() <= needed + 1
                assert (cost < theta + soft).sum() >= needed - 1
                checked += 1
        state.step(np.zeros((1, 1)))
    assert checked > 10


def test_cars_to_come_are_not_seen():
    """Two worlds that differ only in later arrivals look alike."""
    worlds = [build_world(Scenario(seed=seed)) for seed in range(40)]
    first = min(int(world.sessions.arrival_step.min()) for world in worlds)
    seen = []
    for world in [world for world in worlds if world.sessions.arrival_step.min() > first][:5]:
        batch = Batch([world])
        observer = Observer()
        observer.look(batch.views.view(0, BatchState(batch).energy_kwh))
        seen.append(observer._crowd.load.copy())
    for other in seen[1:]:
        np.testing.assert_array_equal(seen[0], other)


# --- the market -------------------------------------------------------------------------------------------------------
def cleared(
    bid, up, down, *, upper=1e3, lower=-1e3, base=0.0, cap=1e3, setpoint=None, prices=(1.0, 0.0, 0.0), gain=0.1
):
    """Power and toll of one world with one transformer; the cost of charging is 0.2 EUR/kWh."""
    bid = np.asarray([bid], dtype=float)
    one = np.ones((1, 1, 1))
    site = kernels.Site(
        upper * one, lower * one, base * one, np.empty((1, 0)) if setpoint is None else np.full((1, 1), setpoint),
        np.zeros(1),
    )  # fmt: skip
    overload, deviation, peak = (np.full(1, x) for x in prices)
    tariff = kernels.Prices(np.full((1, 1), 0.2), np.full((1, 1), gain), np.ones(1), overload, deviation, peak)
    power, toll = np.empty(bid.shape), np.empty(bid.shape)
    kernels.clear(
        0, np.zeros(bid.shape[1], dtype=np.int64), bid, np.asarray([up], dtype=float), np.asarray([down], dtype=float),
        tuple(site), tuple(tariff), np.full(1, float(cap)), power, toll,
    )  # fmt: skip
    return power[0], toll[0]


def test_who_values_energy_more_charges_first_and_the_limit_holds():
    power, toll = cleared([0.5, 0.9, 0.3, 0.1], [10, 10, 10, 10], [0] * 4, upper=15)
    np.testing.assert_allclose(power, [5, 10, 0, 0])
    np.testing.assert_allclose(toll, 0.5 - 0.2)  # what the first bid gains that was not served wholly


def test_a_limit_is_exceeded_where_that_is_worth_it():
    power, toll = cleared([2.0, 0.5], [10, 10], [0, 0], upper=5, prices=(1.0, 0.0, 0.0))
    np.testing.assert_allclose(power, [10, 0])
    np.testing.assert_allclose(toll, 1.0)


def test_cars_discharge_as_far_as_that_relieves_others():
    power, _ = cleared([0.3, 0.3], [10, 10], [10, 10], base=20, upper=10, gain=0.1)
    assert power.sum() == pytest.approx(-10)  # each would rather charge, but overload costs more
    power, _ = cleared([0.05, 0.05], [10, 10], [10, 10], lower=-12, gain=0.1)
    assert power.sum() == pytest.approx(-12)


def test_the_peak_is_not_raised_for_little():
    power, _ = cleared([0.5, 0.4], [10, 10], [0, 0], cap=12, prices=(0.0, 0.0, 1.0))
    np.testing.assert_allclose(power, [10, 2])
    power, _ = cleared([5.0, 4.5], [10, 10], [0, 0], cap=12, prices=(0.0, 0.0, 1.0))
    np.testing.assert_allclose(power, [10, 10])


def test_a_set_point_draws_load_to_it():
    power, _ = cleared([0.15, 0.1], [10, 10], [0, 0], setpoint=8, prices=(0.0, 0.3, 0.0))
    np.testing.assert_allclose(power, [8, 0])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-1, 3), st.floats(0, 20), st.floats(0, 20)), min_size=1, max_size=8
    ),
    st.floats(0, 60), st.floats(-40, 0), st.floats(-20, 40), st.floats(0, 3),
)  # fmt: skip
def test_nobody_would_rather_have_moved_otherwise(cars, upper, lower, base, overload):
    """No single car could move a little more or less, so that all together gain at its bid."""
    bid, up, down = (np.array(x, dtype=float) for x in zip(*cars, strict=True))
    power, _ = cleared(bid, up, down, upper=upper, lower=lower, base=base, prices=(overload, 0.0, 0.0))
    assert (power <= up + 1e-9).all()
    assert (power >= -down - 1e-9).all()

    def worth(p):
        load = base + p.sum()
        private = np.where(p > 0, (bid - 0.2) * p, (0.1 - bid) * -p).sum()
        return private - overload * (max(load - upper, 0.0) + max(lower - load, 0.0))

    here = worth(power)
    for i in range(len(power)):
        for change in (-0.1, 0.1):
            other = power.copy()
            other[i] = np.clip(other[i] + change, -down[i], up[i])
            if other[i] * power[i] >= 0:
                assert worth(other) <= here + 1e-6


# --- shipped ones -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_ones_charge_most_of_what_drivers_want_and_answer_their_weight(name):
    base = Scenario(retail="day_ahead", intensity=30)
    worlds = [build_world(base.replace(w_user=weight)) for weight in (0.05, 1.0)]
    totals = totals_many(worlds, make_agent(name))
    wanted = worlds[0].sessions.wanted_energy_kwh.sum()
    assert AGENTS[name].family == "shared_port"
    assert totals["unmet_kwh"][1] <= 0.05 * wanted
    assert totals["unmet_kwh"][1] <= totals["unmet_kwh"][0] + 0.02 * wanted
    assert totals["objective_eur"][0] != totals["objective_eur"][1]


def test_one_world_is_answered_as_among_others():
    policy = learned.load_policy(SHIPPED[0], observation=tuple(row[0] for row in OBSERVATION)) if SHIPPED else None
    if policy is None:
        pytest.skip("no shared-port agent is shipped")
    worlds = [build_world(Scenario(seed=seed)) for seed in range(3)]
    together = totals_many(worlds, SharedPort(policy))["objective_eur"]
    alone = [totals_many([world], SharedPort(policy))["objective_eur"][0] for world in worlds]
    np.testing.assert_allclose(together, alone, rtol=1e-9)
