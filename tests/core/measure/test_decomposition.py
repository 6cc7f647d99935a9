"""What not knowing costs: parts add up, and `mpc` that knows everything is next to the bound."""

from __future__ import annotations

import numpy as np
import pytest

from core.agents.registry import make_agent
from core.engines.batch import totals_many
from core.measure import decomposition as module
from core.measure.decomposition import KINDS, Revealed, decomposition
from core.scenario import Scenario
from core.world import build_world


def test_with_all_revealed_only_physics_is_left():
    scenario = Scenario(stations=5, transformer_limit_kw=20, load_share=0.5, pv_share=0.5, dr_events=2, dr_notice_min=0)
    world = build_world(scenario)
    totals = {name: totals_many([world], make_agent(name)) for name in ("afap", "mpc", "best")}
    reached = {name: values["objective_eur"][0] for name, values in totals.items()}
    knows = totals_many([world], Revealed(KINDS))["objective_eur"][0]
    bound = totals["best"]["bound_eur"][0]
    assert reached["mpc"] < knows <= bound + 1e-6
    assert knows - reached["afap"] > 0.98 * (bound - reached["afap"])


def test_parts_add_up(monkeypatch):
    monkeypatch.setattr(module, "MOST_PORTS", 4)
    found = decomposition(2)
    assert found["n"] == 2
    assert list(found["parts"]) == ["captured", "planner", "load", "events", "arrivals", "physics"]
    assert sum(part["share"] for part in found["parts"].values()) == pytest.approx(1.0)
    assert all(np.isfinite(list(part.values())).all() for part in (*found["parts"].values(), *found["alone"].values()))
