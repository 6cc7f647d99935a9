"""Regret: shares are sums before dividing, groups hold every scenario, and the command prints what it promises."""

from __future__ import annotations

import json

import pytest

from core.agents.learned import available
from core.cli.main import main
from core.scenario import Scenario
from core.studies.regret import groups_of, regret
from core.studies.run import compare

KEYS = {"captured", "captured_low", "captured_high", "ready_frac", "overload_kwh", "wear_kwh", "decision_ms"}


def test_agrees_with_compare_and_sums_before_dividing():
    scenarios = [Scenario(stations=4, seed=1), Scenario(stations=12, seed=2, load_share=0.5)]
    found = regret(0, scenarios=scenarios, agents=["cheapest", "afap", "best"])
    tables = [compare(s, ["cheapest", "afap", "best"]).set_index("agent") for s in scenarios]
    gained = sum(t["objective_eur"]["cheapest"] - t["objective_eur"]["afap"] for t in tables)
    possible = sum(t["bound_eur"]["best"] - t["objective_eur"]["afap"] for t in tables)
    assert found["agents"]["cheapest"]["captured"] == pytest.approx(gained / possible, rel=1e-6)
    assert found["agents"]["afap"]["captured"] == 0
    assert 0.99 < found["agents"]["best"]["captured"] <= 1 + 1e-9
    assert found["agents"]["cheapest"]["captured"] - found["agents"]["best"]["captured"] == pytest.approx(
        next(p["mean"] for p in found["pairs"] if (p["a"], p["b"]) == ("cheapest", "best"))
    )
    assert {(p["a"], p["b"]) for p in found["pairs"]} == {("cheapest", "afap"), ("cheapest", "best"), ("afap", "best")}
    assert all(p["low"] <= p["mean"] <= p["high"] for p in found["pairs"])
    assert 0.5 <= found["largest_share"] <= 1
    assert found["groups"]["load"]["load"]["best"]["n"] == 1
    for groups in found["groups"].values():
        assert sum(by["best"]["n"] for by in groups.values()) == 2


def test_processes_do_not_change_figures():
    scenarios, names = [Scenario(stations=4, seed=seed) for seed in range(3)], ["cheapest", *available()[:1]]
    one, two = (regret(0, scenarios=scenarios, agents=names, workers=n) for n in (1, 2))
    for row in (*one["agents"].values(), *two["agents"].values()):
        del row["decision_ms"]
    assert one == two


def test_groups_name_presets():
    assert groups_of(Scenario())["weights"] == "balanced"
    assert groups_of(Scenario(w_user=0.35))["weights"] == "other"
    assert groups_of(Scenario(retail="kepco_self_use_high"))["tariff"] == "kepco"


def test_command_prints_json_and_is_repeatable(capsys):
    command = ["regret", "--scenarios", "3", "--seed", "3", "--agents", "cheapest,best", "--json"]
    results = []
    for workers in ("1", "2"):
        assert main([*command, "--workers", workers]) == 0
        results.append(json.loads(capsys.readouterr().out))
    assert set(results[0]["agents"]) == {"cheapest", "best"}
    assert set(results[0]["agents"]["best"]) >= KEYS
    # `best` may search as long as its time lets it: only the other's own figures must repeat.
    for figure in ("objective_eur", "overload_kwh", "wear_kwh", "ready_frac"):
        assert results[0]["agents"]["cheapest"][figure] == results[1]["agents"]["cheapest"][figure]


def test_command_refuses_unknown_agents(capsys):
    assert main(["regret", "--scenarios", "2", "--agents", "nobody"]) == 2
    assert "there is no such agent" in capsys.readouterr().err
