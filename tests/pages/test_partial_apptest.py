"""Pages while a study runs: nothing is concluded before what it compares is there."""

from __future__ import annotations

import pandas as pd
import pytest
import streamlit as st

from core.studies.job import _parts
from core.studies.partial import so_far
from pages.ui import jobs, runs
from pages.ui.i18n import translate
from tests.pages.shown import words

SMALL = {"stations": "2", "lang": "en", "agents": "afap,rr,cheapest,best"}
TRADEOFFS = {
    "sweep": {"points": "5", "days": "3"},
    "map": {"points": "5", "days": "1", "field2": "intensity"},
    "front": {"view": "front", "days": "3"},
    "break_even": {"view": "break_even", "points": "5", "days": "3"},
}
AMONG = ("leads", "giving up", "hardly conflict", "gains the drivers", "pays drivers", "is better than", "are alike")
"""Words of findings."""


def some_of(job: jobs.Job, share: float) -> pd.DataFrame:
    """The rows of the first parts that a job delivers."""
    parts = list(_parts(job.study))
    whole, have = job.table(), None
    for part in parts[: max(1, round(share * len(parts)))]:
        mine = whole["world"].between(part.begin, part.end - 1) & whole["agent"].isin(part.agents)
        have = mine if have is None else have | mine
    # The latest World of the last part is missing, as one of two threads leaves it.
    last = have[have].index[-1]
    have[last] = False
    return whole[have].reset_index(drop=True)


@pytest.mark.parametrize("kind", TRADEOFFS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 1.0])
def test_trade_offs_conclude_nothing_before_all_points_are_there(open_at, finished, fine, monkeypatch, kind, share):
    app = finished(open_at("tradeoffs", **SMALL, **TRADEOFFS[kind]))
    job, spoken = app.session_state[jobs.JOB], app.header[0].value
    assert any(some in words(app) for some in AMONG)
    whole = job.table()
    part = some_of(job, share)
    assert 0 < len(part) < len(whole)
    monkeypatch.setattr(job, "table", lambda: part)
    fine(app.run())
    assert app.header[0].value != spoken
    said = words(app)
    assert [some for some in AMONG if some in said] == []
    for chart in app.get("vega_lite_chart"):
        assert not any(some in str(chart.proto) for some in AMONG)
    # The finding comes with the last row, and is the one of the whole.
    monkeypatch.setattr(job, "table", lambda: whole)
    assert fine(app.run()).header[0].value == spoken


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_robustness_concludes_nothing_while_it_runs_and_says_its_days_when_stopped(
    open_at, finished, fine, monkeypatch, share
):
    app = finished(open_at("robustness", **{**SMALL, "n": "30", "over": "days"}))
    job = app.session_state[jobs.JOB]
    part = some_of(job, share)
    found = so_far(part, job.study, keep="afap")
    monkeypatch.setattr(job, "table", lambda: part)
    monkeypatch.setattr(type(job), "finished", property(lambda _: False))
    fine(app.run())
    verdicts = ("beats", "falls behind", "within noise", "differ surely", "varies most", "middle 80 % of")
    waiting = ", ".join(translate("en", f"agents.{name}.name") for name in found.waiting)
    if found.points < 30:
        assert app.header[0].value == translate("en", "robustness.computing", done=found.points, all=30)
    else:
        assert app.header[0].value == translate("en", "partial.agents", agents=waiting)
    assert [some for some in verdicts if some in words(app)] == []
    app.button(key="job.stop_button").click()
    fine(app.run())
    begins = [translate("en", "robustness.on_days", done=found.points, all=30)] * (found.points < 30)
    begins += [translate("en", "partial.without", agents=waiting)] * bool(waiting)
    assert begins
    assert app.header[0].value.startswith(" ".join(begins))
    assert any(some in app.header[0].value for some in verdicts)
    # Days without cars are never among those that a sentence counts.
    with_cars = found.rows.groupby("world")["cars"].max().gt(0).sum()
    assert with_cars < found.points
    assert f"{with_cars} days" in words(app)


def test_compare_names_no_best_before_all_have_run(open_at, monkeypatch):
    query = {**SMALL, "agents": "afap,rr,mpc"}
    best = (" more than ", "does better", "gains most", "Nobody gains")
    assert any(some in words(open_at("compare", **query)) for some in best)
    monkeypatch.setattr(runs, "must_wait", lambda scenario, agent: agent == "mpc")
    monkeypatch.setattr(runs, "prepare", lambda *rest: st.stop())
    said = words(app := open_at("compare", **{**query, "seed": "5"}))
    assert app.header[0].value == translate("en", "compare.waiting", agents=translate("en", "agents.mpc.name"))
    assert [some for some in best if some in said] == []
    # On a day without cars there is nothing to wait for.
    empty = open_at("compare", **{**query, "date": "2022-01-22"})
    assert empty.header[0].value == translate("en", "headline.empty")
