"""Evaluations: the same runs for all, and honest statistics of every figure."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from core import Scenario, simulate
from core.accounts.indicators import FIGURES
from core.errors import ScenarioError
from core.studies import evaluation, study
from core.studies.bootstrap import interval
from core.studies.traced import ORIGINAL

BASE = Scenario(stations=3, intensity=8)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(study, "TRACED_CHUNK", 2)


def runs(*agents: str, n: int = 5) -> study.Study:
    return evaluation.runs(BASE, agents or ("afap", "cheapest", "best"), study.draws(BASE, n))


def test_rows_are_what_the_real_ev2gym_gives():
    table = study.run(runs("afap", "best", n=3))
    assert set(FIGURES) <= set(table)
    for _, row in table.iterrows():
        result = simulate(BASE.replace(seed=row["seed"]), row["agent"])
        expected = result.ledger.totals.as_dict()
        assert {name: row[name] for name in expected} == pytest.approx(expected, abs=1e-6)
        if row["agent"] == "best":
            assert row["bound_eur"] == pytest.approx(result.trace.bound_eur, abs=1e-6)


def test_the_original_s_indicators_are_those_of_ev2gym():
    """From traces of the batch engine, against what the real EV2Gym reports at the end of its day."""
    base = BASE.replace(setpoint=True, load_share=0.8, transformer_limit_kw=40)
    table = study.run(evaluation.runs(base, ("afap", "rr"), study.draws(base, 2)))
    names = [name for name in ORIGINAL if not name.startswith("reward_")]
    assert len(names) == 12
    for _, row in table.iterrows():
        stats = simulate(base.replace(seed=row["seed"]), row["agent"]).trace.ev2gym_stats
        assert {name: row[name] for name in names} == pytest.approx({name: stats[name] for name in names}, rel=1e-7)
    assert table["tracking_error"].min() > 0
    assert table["total_transformer_overload"].max() > 0


def test_scores_are_those_of_the_rewards():
    from core.rewards import REWARDS, scores

    table = study.run(runs("afap", n=1))
    result = simulate(BASE, "afap")
    expected = scores(result.world, result.trace)
    assert list(expected) == list(REWARDS)
    assert {f"reward_{name}": table.loc[0, f"reward_{name}"] for name in expected} == pytest.approx(
        {f"reward_{name}": score for name, score in expected.items()}, rel=1e-7
    )


def test_a_day_without_cars_has_no_indicators_of_the_original():
    base = Scenario(stations=2, date="2022-01-22")
    table = study.run(evaluation.runs(base, ("afap",), [base.seed]))
    assert table["objective_eur"].notna().all()
    assert not set(ORIGINAL) & set(table) or table[[*ORIGINAL]].isna().all().all()


def test_figures_from_traces_are_those_of_a_study():
    asked = runs()
    plain = study.Study(asked.scenarios, asked.labels, asked.agents)
    assert plain.key != asked.key  # they share no parts
    traced, quick = (study.run(one).sort_values(["agent", "seed"]).reset_index(drop=True) for one in (asked, plain))
    pd.testing.assert_frame_equal(traced[list(quick)], quick, check_exact=False, rtol=0, atol=1e-8)


def test_every_seed_meets_every_day():
    asked = evaluation.runs(BASE, ("afap",), [4, 9], dt.date(2022, 3, 7), dt.date(2022, 3, 8))
    days = [(str(scenario.date), scenario.seed) for scenario in asked.scenarios]
    assert days == [("2022-03-07", 4), ("2022-03-07", 9), ("2022-03-08", 1004), ("2022-03-08", 1009)]
    with pytest.raises(ScenarioError):
        evaluation.runs(BASE, ("afap",), [4], dt.date(2022, 3, 8), dt.date(2022, 3, 7))


def test_an_interrupted_evaluation_ends_in_the_same_table(tmp_path, monkeypatch):
    out, wanted = tmp_path / "runs.parquet", study.run(runs())
    real, ran = study._run, []

    def stop_at_the_third(scenarios, *rest):
        if len(ran) == 2:
            raise KeyboardInterrupt
        ran.append(scenarios)
        return real(scenarios, *rest)

    monkeypatch.setattr(study, "_run", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        study.run(runs(), out=out)
    monkeypatch.setattr(study, "_run", lambda *given: ran.append(given) or real(*given))
    pd.testing.assert_frame_equal(study.run(runs(), out=out), wanted)
    assert len(ran) == 3  # of three parts, one was left
    pd.testing.assert_frame_equal(evaluation.summary(pd.read_parquet(out), "afap"), evaluation.summary(wanted, "afap"))


def made_up(**figures: dict[str, list[float]]) -> pd.DataFrame:
    """Two agents in four runs; in the last no car comes."""
    rows = [
        {"agent": agent, "cars": float(run < 3), **{name: values[agent][run] for name, values in figures.items()}}
        for agent in ("afap", "best")
        for run in range(4)
    ]
    return pd.DataFrame(rows)


def test_means_spread_and_paired_differences_by_hand():
    """Runs are far apart, but the agents differ by 1, 2 and 3 EUR in the same ones."""
    table = made_up(objective_eur={"afap": [10.0, 100.0, 1000.0, 0.0], "best": [11.0, 102.0, 1003.0, 77.0]})
    rows = evaluation.summary(table, "afap").set_index(["figure", "agent"])
    best = rows.loc[("objective_eur", "best")]
    assert best["n"] == 3  # not the day without cars
    assert best["mean"] == pytest.approx(372.0)
    assert best["sd"] == pytest.approx(np.sqrt((361.0**2 + 270.0**2 + 631.0**2) / 2))
    assert (best["least"], best["most"]) == (11.0, 1003.0)
    assert best["difference"] == pytest.approx(2.0)
    assert (best["difference_low"], best["difference_high"]) == interval(np.array([1.0, 2.0, 3.0]))
    assert not best["noise"]
    assert np.isnan(rows.loc[("objective_eur", "afap"), "difference"])
    assert rows.loc[("cars", "best"), "noise"]  # equal is never sure


def test_the_rounding_of_sums_is_no_difference():
    table = made_up(objective_eur={"afap": [0.3] * 4, "best": [0.1 + 0.2] * 4})
    best = evaluation.summary(table, "afap").set_index(["figure", "agent"]).loc[("objective_eur", "best")]
    assert (best["difference"], best["difference_low"], best["difference_high"]) == (0, 0, 0)
    assert best["noise"]


def test_nothing_is_said_of_runs_without_cars():
    table = made_up(objective_eur={"afap": [1.0] * 4, "best": [1.0] * 4}).assign(cars=0.0)
    assert evaluation.summary(table, "afap").empty
