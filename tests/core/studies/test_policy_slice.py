"""A slice of a policy is what the agent does in a run, and follows what it is a slice along."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from core.agents.base import Agent
from core.agents.registry import AGENTS, everywhere
from core.engines.batch import Batch, BatchState
from core.errors import AgentError
from core.scenario import Scenario
from core.studies import policy_slice as module
from core.studies.policy_slice import RATIOS, SOCS, STEPS_LEFT, policy_slice
from core.world import build_world

DAY = build_world(Scenario())
NAMES = [name for name in everywhere() if AGENTS[name].family != "optimiser"]


def at(found, **values):
    for name, value in values.items():
        found = found[np.isclose(found[name], value)]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_combination_is_answered_within_what_is_possible(name):
    found = policy_slice(DAY, name)
    assert len(found) == len(RATIOS) * len(SOCS) * len(STEPS_LEFT)
    assert not found.duplicated(["steps_left", "price_ratio", "soc_frac"]).any()
    assert found["action"].between(-1, 1).all()
    assert found["power_frac"].between(-1, 1).all()
    assert np.isfinite(found.to_numpy(dtype=float)).all()
    assert found["power_frac"].abs().max() > 0.9


def test_plug_and_charge_always_charges_and_the_cheapest_hours_follow_the_price():
    assert (policy_slice(DAY, "afap")["power_frac"] > 0.99).all()
    cheap = at(policy_slice(DAY, "cheapest"), steps_left=32, soc_frac=0.5)
    assert (cheap[cheap["price_ratio"] < 0.99]["power_frac"] > 0.5).all()
    assert (cheap[cheap["price_ratio"] > 1.01]["power_frac"] == 0).all()


def test_less_time_and_less_energy_make_nobody_wait_longer():
    found = policy_slice(DAY, "cheapest", ratios=(1.5,))
    charging = found.pivot(index="soc_frac", columns="steps_left", values="power_frac") > 0.05
    assert (charging.to_numpy().astype(int)[:, :-1] >= charging.to_numpy().astype(int)[:, 1:]).all()
    assert (np.diff(charging.to_numpy().astype(int), axis=0) <= 0).all()


class Spy(Agent):
    """Keeps the view it is shown, and does nothing."""

    name = "afap"

    def prepare(self, worlds):
        type(self).worlds = worlds

    def act(self, view):
        type(self).view = view
        return np.zeros(view.connected.shape)


def test_the_view_holds_the_scenario_s_car_prices_and_weights(monkeypatch):
    monkeypatch.setattr(module, "make_agent", lambda name: Spy())
    world = build_world(Scenario(w_user=0.2, w_grid=0.9, v2g=True, load_share=0.5, dr_events=1))
    policy_slice(world, "afap", ratios=(0.5, 2.0), socs=(0.25,), steps_left=(8,))
    view, mean = Spy.view, float(world.prices.buy_eur_per_kwh.mean())
    assert view.connected.tolist() == [[True], [True]]
    assert view.objective.buy[:, 0] == pytest.approx([0.5 * mean, 2.0 * mean])
    assert view.objective.buy[:, 1:] == pytest.approx(np.full((2, world.n_steps - 1), mean))
    assert view.objective.w_user.tolist() == [0.2, 0.2]
    assert view.objective.w_grid.tolist() == [0.9, 0.9]
    middle = np.sort(world.sessions.capacity_kwh)[len(world.sessions) // 2]
    assert view.capacity_kwh[:, 0] == pytest.approx([middle, middle])
    assert view.energy_kwh == pytest.approx(0.25 * view.capacity_kwh)
    assert view.steps_left.tolist() == [[8], [8]]
    assert not view.base_load_kw.any()
    assert len(Spy.worlds) == 2
    assert Spy.worlds[0].scenario.n_ports == 1


@pytest.mark.parametrize("name", ["afap", "alap"])
def test_it_is_what_the_agent_does_in_a_run(name):
    """Both look at their car alone: a car of this kind gets the same answer on a day of any site."""
    world = build_world(Scenario(stations=3, cars="uniform", seed=3, transformer_limit_kw=2000))
    batch, agent, met = Batch([world]), AGENTS[name].make(), 0
    state = BatchState(batch)
    agent.prepare([world])
    while not state.done:
        view = batch.views.view(state.step_index, state.energy_kwh)
        did = agent.act(view)
        for port in np.flatnonzero(view.connected[0])[:1] if state.step_index % 8 == 0 else ():
            soc = float(view.energy_kwh[0, port] / view.capacity_kwh[0, port])
            left = int(view.steps_left[0, port])
            asked = policy_slice(world, name, ratios=(1.0,), socs=(soc,), steps_left=(left,))["action"].iloc[0]
            assert did[0, port] == pytest.approx(asked, abs=1e-9)
            met += 1
        state.step(did)
    assert met >= 3


def test_weights_move_what_an_agent_that_sees_them_does():
    learned = next((name for name in NAMES if AGENTS[name].learned), None)
    if learned is None:
        pytest.skip("no learned agent is there")
    base = Scenario(retail="day_ahead", provider="kepco_service_1")
    slices = [
        policy_slice(build_world(base.replace(w_user=user, w_provider=provider)), learned)["power_frac"]
        for user, provider in ((1.0, 0.0), (0.1, 1.0))
    ]
    assert not np.allclose(*slices)


def test_who_knows_the_future_or_serves_another_site_is_refused(monkeypatch):
    with pytest.raises(AgentError, match="knows the whole day"):
        policy_slice(DAY, "best")
    monkeypatch.setitem(AGENTS, "afap", replace(AGENTS["afap"], ports=(7,)))
    with pytest.raises(AgentError, match="other numbers of ports"):
        policy_slice(DAY, "afap")


def test_an_agent_for_a_whole_site_is_asked_with_all_its_ports(monkeypatch):
    monkeypatch.setitem(AGENTS, "afap", replace(AGENTS["afap"], ports=(25,)))
    monkeypatch.setattr(module, "make_agent", lambda name: Spy())
    policy_slice(DAY, "afap", ratios=(1.0,), socs=(0.5,), steps_left=(8,))
    assert Spy.view.connected.shape == (1, 25)
    assert Spy.view.connected.sum() == 1


def test_a_day_without_cars_has_no_slice():
    nobody = build_world(Scenario(date="2022-01-16"))
    assert len(nobody.sessions) == 0
    assert policy_slice(nobody, "afap").empty


def test_it_is_quick():
    name = next((name for name in NAMES if AGENTS[name].learned), "cheapest")
    policy_slice(DAY, name)
    best = min(_seconds(name) for _ in range(5))
    assert best < 0.25  # some tens of milliseconds where nothing else runs


def _seconds(name: str) -> float:
    began = time.process_time()
    policy_slice(DAY, name)
    return time.process_time() - began
