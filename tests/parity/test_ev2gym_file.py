"""What EV2Gym makes of the configuration files written for it: the same cars and energy, at prices of its own."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
import yaml

from core.engines import ev2gym
from core.scenario import PRESETS, Scenario
from core.scenario.ev2gym_file import located
from core.world import build_world
from tests.parity.reference import EV2Gym, global_random_kept

SAME = ("total_energy_charged", "total_ev_served", "total_transformer_overload", "average_user_satisfaction")


@pytest.mark.parametrize("name", ["street", "workplace-loads"])
def test_only_money_differs(name: str, tmp_path) -> None:
    scenario = PRESETS[name]
    path = tmp_path / "config.yaml"
    path.write_text(json.dumps(located(yaml.safe_load(scenario.to_ev2gym()))))
    with global_random_kept(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = EV2Gym(config_file=str(path), seed=scenario.seed, lightweight_plots=True)
    for _ in range(scenario.n_steps):
        *_, stats = plain.step(np.ones(scenario.n_ports))
    world = build_world(scenario)
    ours = ev2gym.make_env(world)
    for _ in range(scenario.n_steps):
        *_, ours_stats = ours.step(np.ones(scenario.n_ports))
    for key in SAME:
        assert ours_stats[key] == pytest.approx(stats[key], rel=1e-9), key
    np.testing.assert_allclose(ours.current_power_usage, plain.current_power_usage, rtol=0, atol=1e-9)
    # EV2Gym's bill is that power at its own prices, ours the same power at the scenario's.
    energy = ours.current_power_usage / 4
    assert stats["total_profits"] == pytest.approx(float((energy * plain.charge_prices[0]).sum()), rel=1e-9)
    assert ours_stats["total_profits"] == pytest.approx(-float((energy * world.prices.buy_eur_per_kwh).sum()), rel=1e-9)
    assert abs(stats["total_profits"] - ours_stats["total_profits"]) > 1
    assert "money differs" in scenario.to_ev2gym()


def test_events_before_the_run_are_named() -> None:
    assert "a day later" in Scenario(dr_events=1).to_ev2gym()
    assert "set-point follows these prices" in Scenario(setpoint=True).to_ev2gym()
