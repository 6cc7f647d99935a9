"""Measuring quality: each section holds what its readers expect, from worlds of the test split."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from core.agents import learned
from core.measure import quality
from core.measure.quality import main
from tests.made_up_quality import quality as example


@pytest.fixture
def small(monkeypatch, tmp_path):
    for name in ("HELD_OUT", "STOCK", "WEIGHTS"):
        monkeypatch.setattr(quality, name, 2)
    few = ("afap", "cheapest", "best", learned.available()[0])
    monkeypatch.setattr(quality, "AGENTS", {name: quality.AGENTS[name] for name in few})
    monkeypatch.setattr(quality, "everywhere", lambda: list(few))
    monkeypatch.setattr(quality, "available", lambda family: learned.available(family)[:1])
    monkeypatch.setattr(quality, "FOLDER", tmp_path)
    monkeypatch.setattr(quality, "load", lambda: {})
    # Tests of their own run these.
    for name in ("decomposition", "anticipation", "published", "generalisation"):
        monkeypatch.setattr(getattr(quality, name), name, lambda name=name, **_: example()[name])
    written = {}
    monkeypatch.setattr(quality.readme, "put", lambda name, table, path=None: written.__setitem__(name, table))
    return tmp_path / "quality.json", written


def test_writes_what_the_page_reads(small):
    file, readme = small
    assert main([]) == 0
    found, wanted = json.loads(file.read_text()), example()
    assert set(found) == set(wanted)
    for section in ("held_out", "stock", "unprojected"):
        figures = set(next(iter(wanted[section]["agents"].values()))) - {"family"}  # the plan has none
        assert all(figures <= set(row) for row in found[section]["agents"].values())
        assert found[section]["n"] == 2
    assert set(found["held_out"]["agents"]) == {"afap", "cheapest", "best", "plan", learned.available()[0]}
    assert set(found["held_out"]["groups"]) >= set(wanted["held_out"]["groups"])
    assert re.search(r"\| `best` \| (9[5-9]|100)\.\d % \((9[5-9]|100)\.\d to (9[5-9]|100)\.\d\) \|", readme["quality"])
    assert {"quality", "published", "outside", "cost", "decomposition", "anticipation"} <= set(readme)
    row = found["weights"]["agents"]["best"]["w_grid"]
    assert set(row) == set(next(iter(wanted["weights"]["agents"].values()))["w_grid"])


def test_one_section_leaves_the_others(small, monkeypatch):
    file, _ = small
    monkeypatch.setattr(quality, "load", lambda: {"schema_version": 1, "held_out": {"n": 7, "agents": {}}})
    assert main(["stock"]) == 0
    found = json.loads(file.read_text())
    assert found["held_out"] == {"n": 7, "agents": {}}
    assert found["stock"]["n"] == 2


def test_raising_a_weight_serves_its_stakeholder(small, monkeypatch):
    """The optimum can be no worse for a stakeholder that counts for more: the comparison has the right sign."""
    monkeypatch.setattr(quality, "WEIGHTS", 4)
    changes = quality.weights()["agents"]["best"]
    for weight, row in changes.items():
        assert row["change"] >= -0.05, weight
        assert row["change"] == pytest.approx(row["high"] - row["low"])
        assert row["change_low"] <= row["change"] <= row["change_high"]
    assert max(row["change"] for row in changes.values()) > 0.01


def test_interval_is_of_the_mean_difference():
    row = quality._change(np.zeros(40), np.linspace(0, 2, 40))
    assert row["change"] == pytest.approx(1)
    assert 0.7 < row["change_low"] < 1 < row["change_high"] < 1.3
