"""`make extremes` in short, and that it would notice each thing it looks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import Scenario, build_world
from core.accounts.ledger import settle
from core.agents.registry import make_agent
from core.engines import batch
from core.world.battery import car_limits
from harness.extremes import broken, quick_agent, scenario_of, try_one


@pytest.mark.parametrize("number", [0, 1, 2, 3, 126, 127, 131])
def test_a_scenario_keeps_what_is_always_true(number):
    assert try_one("batch", number)[2] == []


def test_both_engines_do_the_same():
    assert try_one("ev2gym", 130) == (130, 2, [])


def test_a_number_gives_the_same_scenario_and_agents_take_turns():
    assert scenario_of(1001) == scenario_of(1001) != scenario_of(1002)
    assert quick_agent(0) != quick_agent(1)


def test_an_exception_is_said_and_not_raised(monkeypatch):
    monkeypatch.setattr("harness.extremes.build_world", lambda scenario: 1 / 0)
    assert try_one("batch", 3) == (3, 1, ["ZeroDivisionError: division by zero"])


@pytest.fixture(scope="module")
def run():
    world = build_world(Scenario(stations=4, ports_per_station=2, v2g=False, transformer_limit_kw=20))
    return world, batch.simulate_many([world], make_agent("afap"))[0]


def _with(values: np.ndarray, where: tuple, value: float) -> np.ndarray:
    changed = values.copy()
    changed[where] = value
    return changed


@pytest.mark.parametrize(
    ("rule", "damage"),
    [
        ("finite", lambda w, t, p, k: {"action": _with(t.action, (p, k), np.nan)}),
        ("nothing flows where no car is", lambda w, t, p, k: {"power_kw": _with(t.power_kw, _empty(w), 1.0)}),
        ("energy balance of a step", lambda w, t, p, k: {"power_kw": _with(t.power_kw, (p, k), 3.21)}),
        ("energy balance of the day", lambda w, t, p, k: {"power_kw": _with(t.power_kw, (p, k), 3.21)}),
        ("state of charge", lambda w, t, p, k: {"energy_kwh": _with(t.energy_kwh, (p, k), -0.1)}),
        ("state of charge", lambda w, t, p, k: {"energy_kwh": _with(t.energy_kwh, (p, k), 1e3)}),
        (
            "the car's charger",
            lambda w, t, p, k: {"power_kw": _with(t.power_kw, (p, k), car_limits(w).charge_kw.max() + 0.1)},
        ),
        ("the station's current", lambda w, t, p, k: {"action": _with(t.action, (slice(None), k), 0.6)}),
        ("no V2G, no discharging", lambda w, t, p, k: {"power_kw": _with(t.power_kw, (p, k), -0.01)}),
    ],
)
def test_what_is_wrong_is_noticed(run, rule, damage):
    world, trace = run
    port, step = (int(i) for i in np.argwhere(world.occupancy >= 0)[20])
    totals = settle(world, trace).totals
    assert broken(world, trace, totals) == []
    assert rule in broken(world, replace(trace, **damage(world, trace, port, step)), totals)


def test_wrong_figures_are_noticed(run):
    world, trace = run
    totals = settle(world, trace).totals
    assert totals.overload_kwh > 0
    assert broken(world, trace, totals.replace(overload_kwh=0.0)) == ["overload is what passes the limit"]
    assert broken(world, trace, totals.replace(bill_eur=np.nan)) == ["every figure is a number"]


def _empty(world) -> tuple[int, int]:
    port, step = np.argwhere(world.occupancy < 0)[0]
    return int(port), int(step)
