"""The anticipation bound: surprises are nought on average, and without a price it is the bound itself."""

from __future__ import annotations

import numpy as np
import pytest

from core.agents.optimum.best import solve
from core.measure import anticipation as module
from core.measure.anticipation import anticipation, expected_arrivals, penalised, surprises
from core.scenario import Scenario
from core.world import build_world


def test_surprises_are_nought_on_average_whatever_came_before():
    scenario = Scenario(stations=20, place="public", intensity=20, min_stay_min=30)
    worlds = [build_world(scenario.replace(seed=seed)) for seed in range(60)]
    found = np.stack([surprises(world) for world in worlds])
    spread = found.sum(axis=1).std() / np.sqrt(len(worlds))
    assert abs(found.sum(axis=1).mean()) < 3 * spread
    # Nor do they depend on how full the site was.
    full = np.stack([expected_arrivals(world) for world in worlds])
    weighted = (found * full).sum(axis=1)
    assert abs(weighted.mean()) < 3 * weighted.std() / np.sqrt(len(worlds))


def test_without_a_price_it_is_the_bound():
    world = build_world(Scenario(stations=4, transformer_limit_kw=15, load_share=0.4))
    assert penalised(world, 0.0, 2.0) == pytest.approx(solve(world).bound_eur, abs=1e-6)
    assert penalised(world, 0.05, 2.0) != pytest.approx(solve(world).bound_eur, abs=1e-6)


def test_shares(monkeypatch):
    monkeypatch.setattr(module, "MOST_PORTS", 8)
    monkeypatch.setattr(module, "PRICES", (0.0, 0.02))
    found = anticipation(("alap",), n=2, draws=1)
    assert found["n"] == 2
    assert found["price"] in (0.0, 0.02)
    row = found["agents"]["alap"]
    assert row["captured"] / row["share"] == pytest.approx(found["above"])
