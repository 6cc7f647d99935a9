"""Measured quality is read as it was committed, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from core.agents.looks import SITE_PARTS
from core.agents.registry import AGENTS
from core.studies import shipped_quality
from tests.made_up_quality import quality as made_up


def test_reads_what_was_measured(tmp_path):
    (tmp_path / "quality.json").write_text(json.dumps(made_up()))
    assert shipped_quality.load(tmp_path) == made_up()


@pytest.mark.parametrize("text", [None, "", "{", "[1]", "7", '{"schema_version": 2, "held_out": {}}', "\ufffe"])
def test_what_cannot_be_read_is_nothing(tmp_path, text):
    if text is not None:
        (tmp_path / "quality.json").write_text(text, encoding="utf-16")
        assert shipped_quality.load(tmp_path) == {}
        (tmp_path / "quality.json").write_text(text, encoding="utf-8")
    assert shipped_quality.load(tmp_path) == {}


def test_the_best_of_a_family_is_the_one_that_captures_most(tmp_path, monkeypatch):
    measured = {"afap": 0.0, "rr": 0.1, "cheapest": 0.3, "mpc": 0.9, "best": 1.0}
    agents = {name: {"captured": share} for name, share in measured.items()}
    content = {"schema_version": shipped_quality.SCHEMA_VERSION, "held_out": {"agents": agents}}
    (tmp_path / "quality.json").write_text(json.dumps(content))
    assert shipped_quality.best_of("heuristic", tmp_path) == "cheapest"
    assert shipped_quality.best_of("optimiser", tmp_path) == "best"
    assert shipped_quality.best_of("whole_site", tmp_path) is None
    (tmp_path / "quality.json").unlink()
    assert shipped_quality.best_of("heuristic", tmp_path) == "alap"  # nothing was measured
    # Of whole-site agents nobody measured, one that learned the objective.
    for name in ("site_ppo_provider", "site_sac_objective"):
        algorithm, reward = SITE_PARTS[name]
        info = replace(AGENTS["afap"], name=name, family="whole_site", algorithm=algorithm, reward=reward, ports=(20,))
        monkeypatch.setitem(AGENTS, name, info)
    monkeypatch.setattr(shipped_quality, "available", lambda folder: ("site_ppo_provider", "site_sac_objective"))
    assert shipped_quality.best_of("whole_site", tmp_path) == "site_sac_objective"


def test_the_best_learned_agent_is_the_one_that_captures_most(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped_quality, "available", lambda folder: ("a2c", "ppo", "sac"))
    assert shipped_quality.first_learned(tmp_path) == "a2c"  # nothing was measured
    measured = {"afap": 0.0, "best": 1.0, "ppo": 0.8, "sac": 0.9, "tqc": 0.95}
    agents = {name: {"captured": share} for name, share in measured.items()}
    content = {"schema_version": shipped_quality.SCHEMA_VERSION, "held_out": {"agents": agents}}
    (tmp_path / "quality.json").write_text(json.dumps(content))
    assert shipped_quality.first_learned(tmp_path) == "sac"
    monkeypatch.setattr(shipped_quality, "available", lambda folder: ())
    assert shipped_quality.first_learned(tmp_path) is None
