"""Robustness without a browser: a study that runs, is stopped, goes on, and is left."""

from __future__ import annotations

import pytest

from core.run import simulate
from core.scenario import Scenario
from pages.ui import jobs

SMALL = {"stations": "3", "lang": "en", "agents": "afap,cheapest,rr", "n": "10"}


@pytest.fixture
def open_page(open_at):
    return lambda **query: open_at("robustness", **{**SMALL, **query})


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_study_runs_to_its_end(open_page, finished, language):
    app = finished(open_page(lang=language))
    verdicts, worst = app.dataframe[0].value, app.dataframe[1].value
    assert len(verdicts) == 3
    assert len(worst) == 6
    assert app.header[0].value


def test_a_worst_day_opens_in_explore_with_the_same_figures(open_page, finished):
    app = finished(open_page())
    row = app.dataframe[1].value.iloc[0]
    query = dict(part.split("=") for part in row["open"].removeprefix("/?").split("&"))
    run = simulate(Scenario.from_query(query), query["agent"])
    assert f"{run.ledger.totals.objective_eur:,.2f} EUR".replace("-", "−") == row["value"]


def test_choices_are_in_the_address_and_come_back(open_page, finished):
    app = open_page()
    app.selectbox(key="choice.indicator").set_value("overload_kwh").run()
    app.selectbox(key="choice.over").set_value("seeds").run()
    query = {name: v if isinstance(v, str) else v[-1] for name, v in app.query_params.items()}
    assert (query["indicator"], query["over"], query["n"]) == ("overload_kwh", "seeds", "10")
    again = finished(open_page(**query))
    assert again.selectbox(key="choice.indicator").value == "overload_kwh"
    assert again.selectbox(key="choice.over").value == "seeds"


def test_a_superseded_study_stops(open_page):
    app = open_page(agents="afap,mpc", n="365", stations="25")
    job = app.session_state[jobs.JOB]
    app.selectbox(key="choice.n").set_value(10).run()
    assert app.session_state[jobs.JOB] is not job
    job.join(1.0)
    assert not job.running
    app.session_state[jobs.JOB].stop()


def test_leaving_the_page_stops_its_study(open_page):
    app = open_page(agents="afap,mpc", n="365", stations="25", seed="3")
    job = app.session_state[jobs.JOB]
    app.switch_page("pages/views/about.py").run()
    job.join(1.0)
    assert not job.running


def test_stop_keeps_what_is_done_and_go_on_finishes(open_page, fine, finished):
    app = open_page(agents="afap,mpc", n="10", seed="4")
    app.button(key="job.stop_button").click().run()
    job = app.session_state[jobs.JOB]
    job.join(1.0)
    assert not job.running
    done = len(job.table())
    fine(app)
    app.button(key="job.go_button").click().run()
    assert app.session_state[jobs.JOB] is job
    assert len(finished(app).session_state[jobs.JOB].table()) == 20 > done or done == 20


@pytest.mark.parametrize(
    "query",
    [
        {"agents": "afap"},
        {"n": "7", "over": "never", "indicator": "luck"},
        {"date": "2025-01-05"},
        {"date": "2025-01-05", "over": "year"},
        {"indicator": "charged_kwh", "currency": "KRW"},
    ],
)
def test_odd_links_still_show_a_page(open_page, finished, query):
    finished(open_page(**query))
