"""Costs: read from cards, files and what was timed before."""

from __future__ import annotations

import json

import pytest

from core.agents import learned
from core.agents.registry import AGENTS
from core.measure import cost
from core.measure.cost import page, write_page

MEASURED = {
    "held_out": {"agents": {"afap": {"decision_ms": 0.004}, "mpc": {"decision_ms": 40.0}, "best": {"decision_ms": 0}}},
    "stock": {"agents": {"mpc": {"decision_ms": 9.0}, "alap": {"decision_ms": 0.5}}},
}


def test_decisions_are_those_timed_on_held_out_scenarios_first():
    agents = cost.cost(MEASURED)["agents"]
    assert agents["mpc"] == {"decisions_per_s": 25.0}
    assert agents["alap"]["decisions_per_s"] == 2000.0
    assert agents["afap"]["decisions_per_s"] == 250_000.0
    assert agents["best"]["decisions_per_s"] is None
    assert set(agents) == {name for name, info in AGENTS.items() if info.family != "own"}


@pytest.mark.parametrize("name", [name for name, info in AGENTS.items() if info.learned][:3])
def test_the_rest_is_of_card_and_files(name):
    row = cost.cost({})["agents"][name]
    training = json.loads(learned.read_checked(name, "card.json"))["training"]
    assert row["training_s"] == training.get("seconds")
    assert row["timesteps"] == training.get("timesteps")
    assert 0 < row["policy_bytes"] <= row["bytes"]
    files = learned.manifest()[name]["sha256"]
    assert row["bytes"] == sum(len(learned.read_checked(name, file)) for file in files)


def test_damaged_files_tell_nothing(tmp_path):
    agents = cost.cost(MEASURED, tmp_path)["agents"]
    assert all(set(row) == {"decisions_per_s"} for row in agents.values())


def test_the_page_is_a_row_an_agent(tmp_path, monkeypatch):
    section = {"agents": {"mpc": {"decisions_per_s": 25.4}, "gone": {"decisions_per_s": 1.0}}}
    name = next((name for name, info in AGENTS.items() if info.learned), None)
    if name:
        section["agents"][name] = {
            "decisions_per_s": 3000.0, "training_s": 7200, "timesteps": 5_000_000, "policy_bytes": 15_000,
            "bytes": 300_000,
        }  # fmt: skip
    lines = page(section).split("\n")
    assert lines[2].startswith("| `mpc` | ")
    assert lines[2].endswith("| – | – | 25 | – | – |")
    assert "gone" not in "\n".join(lines)
    if name:
        assert lines[3].endswith("| 2.00 | 5.0 | 3,000 | 15 | 300 |")
    file = tmp_path / "learning.md"
    file.write_text("<!-- cost:start -->\n<!-- cost:end -->\n")
    monkeypatch.setattr(cost, "PAGE", file)
    write_page(section)
    assert "| `mpc` |" in file.read_text()
