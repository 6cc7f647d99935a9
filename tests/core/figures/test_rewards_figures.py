"""Whom each reward would have preferred, and the sentence that says so."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from core import Scenario
from core.figures import Style
from core.figures.rewards import COLUMNS, agreement, preferred, scored
from core.reports.words import translate
from core.rewards import REWARDS, scores
from core.studies.run import compared

STYLE = Style(text=partial(translate, "en"))


def rows(**first: str) -> pd.DataFrame:
    """Agents afap, best, rr with objective 1, 3, 2; a reward ranks `best` first unless `first` names another."""
    agents = ["afap", "best", "rr"]
    table = pd.DataFrame({"agent": agents, "objective_eur": [1.0, 3.0, 2.0]})
    for column, name in COLUMNS.items():
        table[column] = [float(agent == first.get(name, "best")) for agent in agents]
    return table.sort_values("objective_eur", ascending=False, ignore_index=True)


def said(table: pd.DataFrame) -> str:
    finding = agreement(table, STYLE)
    return translate("en", finding.key, **finding.values)


def test_all_agree():
    assert said(rows()) == "Best plan is first under the objective and under all six of the original rewards."


def test_some_agree():
    sentence = said(rows(provider="rr", combined1="afap"))
    assert sentence.startswith(
        "Best plan is first under the objective and under the original rewards Grid operator, EV"
    )
    assert sentence.endswith("Combined 2, Combined 3, but not under Service provider, Combined 1.")


def test_none_agrees():
    assert said(rows(**dict.fromkeys(REWARDS, "afap"))).endswith("but under none of the six original rewards.")


def test_who_is_alike_shares_the_first_place_and_nobody_has_it_where_all_are():
    table = rows(provider="afap")
    table.loc[table["agent"] == "rr", "reward_provider"] = 1.0 - 1e-12
    table["reward_ev_user"] = 7.0
    assert sorted(preferred(table)["reward_provider"]) == ["afap", "rr"]
    assert preferred(table)["reward_ev_user"] == []
    assert agreement(table, STYLE).values["others"] == "EV user, Service provider"
    table["objective_eur"] = 0.0
    assert agreement(table, STYLE).key == "rewards.no_leader"


def test_the_table_holds_each_run_s_scores():
    runs = list(compared(Scenario(stations=3), ["afap", "cheapest"]).values())
    table = scored(runs, [scores(run.world, run.trace) for run in runs]).set_index("agent")
    assert table["objective_eur"].is_monotonic_decreasing
    for run in runs:
        for name, value in scores(run.world, run.trace).items():
            assert table.loc[run.trace.agent, f"reward_{name}"] == pytest.approx(value)
