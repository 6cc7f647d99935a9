"""Agents on the field's own settings: rewards as EV2Gym counts them, and what is written."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.agents.heuristics import AsFastAsPossible
from core.agents.registry import AGENTS, make_agent
from core.engines.batch import simulate_many
from core.measure import published
from core.measure.published import REWARDS, given, page, run, who_runs, write_page
from core.rewards import ev2gym_statistics
from core.scenario import Scenario
from core.studies.published import settings
from core.world import build_world

NAMES = ("PublicPST_2024", "V2GProfitMax")


@pytest.fixture(scope="module")
def section():
    return published.published(NAMES, ["afap", "cheapest"], 2)


def test_every_agent_meets_every_setting(section):
    assert list(section["settings"]) == list(NAMES)
    for name, found in section["settings"].items():
        assert list(found["agents"]) == ["afap", "cheapest"]
        for row in found["agents"].values():
            assert row["n"] == 2
            assert set(row) == {"n", *settings()[name].figures}
    row = section["settings"]["PublicPST_2024"]["agents"]["afap"]
    assert row["average_user_satisfaction"] == [1.0, 0.0]
    assert 100 < row["total_energy_charged"][0] < 600  # 288 ± 61 in the paper, over 100 runs


def test_agents_are_chosen_by_family():
    on_stock, elsewhere = who_runs(settings()["V2GProfitMax"]), who_runs(settings()["PublicPST"])
    assert {"afap", "alap", "rr", "cheapest", "mpc", "best"} <= set(elsewhere)
    assert all(not AGENTS[name].ports and AGENTS[name].family != "own" for name in elsewhere)
    assert all(AGENTS[name].reward == "objective" for name in set(on_stock) - set(elsewhere))
    order = [list(AGENTS).index(name) for name in elsewhere]
    assert order == sorted(order)


def test_rewards_are_those_of_ev2gym():
    """`profit_maximization` and `ProfitMax_TrPenalty_UserIncentives` of the installed EV2Gym, run step by step."""
    from ev2gym.rl_agent import reward as original

    from core.engines.ev2gym import simulate

    scenario = Scenario(stations=4, transformer_limit_kw=20, load_share=0.9, seed=5)
    world = build_world(scenario)
    trace = simulate(world, AsFastAsPossible())
    found = ev2gym_statistics(world, trace)
    assert found["total_transformer_overload"] > 0

    class Transformer:
        def get_how_overloaded(self):
            return found["total_transformer_overload"]

    class Env:
        transformers = (Transformer(),)

    satisfied = [1.0] * len(world.sessions)  # plug and charge leaves every car ready
    for name, function in (
        ("profit", original.profit_maximization),
        ("profit_overload", original.ProfitMax_TrPenalty_UserIncentives),
    ):
        wanted = function(Env(), found["total_profits"], satisfied)
        assert REWARDS[name](world, trace, found) == pytest.approx(wanted, rel=1e-9)


def test_a_setpoint_that_is_the_limit_hides_nothing_else():
    setting = settings()["PST_V2G_ProfixMax_25"]
    [scenario] = setting.scenarios(1)
    world = build_world(scenario.model_copy(update={"length_h": 24.0}))
    seen = given(world, setting)
    assert seen.setpoint_kw is None
    assert (seen.limit_kw[0] <= world.setpoint_kw + 1e-9).all()
    assert np.array_equal(seen.lower_limit_kw, world.lower_limit_kw)
    assert given(world, replace(setting, setpoint_is_limit=False)) is world
    # An agent that keeps limits then keeps to the set-point, and one that does not is charged for it.
    kept, broken = (simulate_many([seen], make_agent(name))[0] for name in ("rr", "afap"))
    assert ev2gym_statistics(world, kept)["power_tracker_violation"] < 0.1
    found = ev2gym_statistics(world, broken)
    above = found["power_tracker_violation"]
    assert above > 10
    assert REWARDS[setting.reward](world, broken, found) < found["total_profits"] - 99 * above


def test_optimisers_meet_fewer_runs(monkeypatch):
    monkeypatch.setattr(published, "PLAN_RUNS", 1)
    agents = published.published(["V2GProfitPlusLoads_2024"], ["afap", "best"], 2)["settings"][
        "V2GProfitPlusLoads_2024"
    ]["agents"]
    assert [agents[name]["n"] for name in ("afap", "best")] == [2, 1]
    assert agents["best"]["total_profits"][0] > agents["afap"]["total_profits"][0]
    assert agents["best"]["average_user_satisfaction"][0] > 0.99


def test_the_page_sets_ours_beside_theirs(section, tmp_path, monkeypatch):
    text = page(section)
    assert text.count("\n## ") == 1  # and one at the very beginning
    assert "| `afap` | simple rules | 2 |" in text
    assert "| RR | *published* | 100 | 276 ±59 | 99.0 ±1.0 | 4.2 ±2.3 | 57 ±16 | −2.0 ±0.8 |" in text
    assert "Table VI of S. Orfanoudakis" in text
    assert "No published results were found for this file as it is." in text
    file = tmp_path / "published.md"
    file.write_text("# Title\n\n<!-- published:start -->\nold\n<!-- published:end -->\nrest\n")
    monkeypatch.setattr(published, "PAGE", file)
    write_page(section)
    assert text in file.read_text()
    assert "old" not in file.read_text()


def test_days_without_cars_do_not_count(monkeypatch):
    monkeypatch.setattr(published, "ev2gym_statistics", lambda *_: {})
    row = run("V2GProfitMax", "afap", 1)
    assert row["n"] == 0
    assert row["total_profits"] == [None, None]
