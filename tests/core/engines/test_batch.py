"""The batch engine against itself and the ledger: one day, whichever way it is run, gives one result."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from core.accounts.ledger import settle
from core.agents.registry import AGENTS, make_agent
from core.engines import batch as engine
from core.engines.batch import Batch, BatchState, simulate_many, totals_many
from core.scenario import Scenario
from core.world import World, build_world
from tests.strategies import random_scenario

HEURISTICS = [info.name for info in AGENTS.values() if info.family == "heuristic"]


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    """Sites of several shapes, with loads, PV, events and set-points, and a day without cars."""
    mixed = [
        random_scenario(
            i, stations=(1, 8), ports_per_station=1 + i % 4, length_h=(12.0, 30.0), place=["public", "private"]
        )
        for i in range(16)
    ]
    several = [Scenario(stations=5, ports_per_station=3, intensity=40, seed=i) for i in range(6)]
    nobody = Scenario(date="2022-01-15", stations=2)  # a Saturday at work
    built = [build_world(s) for s in (*mixed, *several, nobody)]
    assert not len(built[-1].sessions)
    return built


@pytest.mark.parametrize("agent", HEURISTICS)
def test_totals_are_those_of_the_ledger(worlds: list[World], agent: str) -> None:
    many = totals_many(worlds, make_agent(agent))
    for i, (world, trace) in enumerate(zip(worlds, simulate_many(worlds, make_agent(agent)), strict=True)):
        one = settle(world, trace).totals.as_dict()
        assert set(one) == set(many)
        for name, value in one.items():
            assert many[name][i] == pytest.approx(value, rel=1e-9, abs=1e-9), name


def _outcome(state: BatchState) -> list[Any]:
    flows = state.flows
    return [
        flows.charged_kwh,
        flows.discharged_kwh,
        flows.departure_energy_kwh,
        state.station_profit_eur,
        state.satisfaction,
    ]


def _assert_same(left: BatchState, right: BatchState) -> None:
    for one, other in zip(_outcome(left), _outcome(right), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)


@pytest.mark.parametrize("ports", [1, 2, 3, 4])
def test_full_current_in_one_call_is_what_afap_does_step_by_step(ports: int) -> None:
    scenarios = [Scenario(stations=6, ports_per_station=ports, intensity=30, seed=seed) for seed in range(8)]
    # A capacity that is no multiple of 0.01 kWh, which scenarios refuse: rounding up overfills such batteries, and then
    # they lose a little.
    overfilled = {"cars": "uniform", "car_capacity_kwh": 33.333, "car_charge_kw": 50.0}
    scenarios += [s.model_copy(update=overfilled) for s in scenarios]
    batch = Batch([build_world(s) for s in scenarios])
    at_once, step_by_step = BatchState(batch), BatchState(batch)
    at_once.run_full_current()
    engine._drive(step_by_step, make_agent("afap"), None)
    assert at_once.done
    assert step_by_step.done
    _assert_same(at_once, step_by_step)


def test_a_day_in_one_call_is_the_same_as_in_steps_for_any_number_of_threads() -> None:
    batch = Batch([build_world(Scenario(stations=4, ports_per_station=2, seed=seed)) for seed in range(5)])
    actions = np.random.default_rng(0).uniform(-0.5, 1, (5, batch.n_steps, batch.n_ports))
    states = [BatchState(batch, threads=threads) for threads in (1, 2, 3)]
    for state in states[:2]:
        state.run_actions(actions)
    for step in range(batch.n_steps):
        states[2].step(actions[:, step])
    _assert_same(states[0], states[1])
    _assert_same(states[0], states[2])


def test_reset_gives_the_same_day_again() -> None:
    batch = Batch([build_world(Scenario(stations=3, seed=seed)) for seed in range(2)])
    state = BatchState(batch)
    full = np.ones((2, batch.n_ports))
    days = []
    for _ in range(2):
        state.reset()
        days.append([tuple(values.copy() for values in state.step(full)) for _ in range(batch.n_steps)])
    np.testing.assert_array_equal(np.array(days[0]), np.array(days[1]))


def test_refuses_what_it_cannot_run() -> None:
    one, other = build_world(Scenario(stations=2)), build_world(Scenario(stations=3))
    with pytest.raises(ValueError, match="site_shape"):
        Batch([one, other])
    state = BatchState(Batch([one]))
    with pytest.raises(ValueError, match="shape"):
        state.step(np.ones(2))
    for _ in range(one.n_steps):
        state.step(np.ones((1, 2)))
    with pytest.raises(ValueError, match="over"):
        state.step(np.ones((1, 2)))


def test_full_cars_neither_charge_nor_lose_energy() -> None:
    batch = Batch([build_world(Scenario(stations=10, seed=3))])
    state = BatchState(batch)
    state.run_full_current()
    full = state.departure_energy_kwh >= batch.worlds[0].sessions.wanted_energy_kwh - 1e-9
    assert full.mean() > 0.5
    assert (state.departure_energy_kwh <= batch.worlds[0].sessions.capacity_kwh + 0.01).all()
    assert state.flows.charged_kwh.sum() > 0
    assert state.flows.discharged_kwh.sum() == 0


def test_importing_core_does_not_import_numba() -> None:
    code = "import core, core.engines.batch, core.accounts.batch_ledger, sys; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
