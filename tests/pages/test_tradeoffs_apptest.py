"""Trade-offs without a browser: its three questions, and what its address restores."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.ui import jobs

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"stations": "3", "lang": "en", "agents": "afap,cheapest,best", "points": "5", "days": "1"}


@pytest.fixture(scope="module", autouse=True)
def _fresh_caches():
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def fine(app: AppTest) -> AppTest:
    assert [x.value for x in app.exception] == []
    return app


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    for name, value in {**SMALL, **query}.items():
        app.query_params[name] = value
    app.run()
    fine(app.switch_page("pages/views/tradeoffs.py").run())
    return finished(app)


def finished(app: AppTest) -> AppTest:
    job = app.session_state[jobs.JOB]
    until = time.monotonic() + 60
    while not job.finished and time.monotonic() < until:
        job.watch()
        job.join(0.1)
    assert job.finished
    assert job.error is None
    return fine(app.run())


def charts(app: AppTest) -> int:
    return len(app.get("vega_lite_chart"))


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("query", "drawn"),
    [
        ({}, 1),
        ({"field": "intensity", "indicator": "overload_kwh"}, 1),
        ({"field2": "intensity"}, 2),
        ({"view": "front", "axes": "user_provider"}, 1),
        ({"view": "break_even"}, 1),
        ({"view": "break_even", "price": "wear_price_eur_per_kwh"}, 1),
    ],
)
def test_every_question_is_answered(language, query, drawn):
    app = open_page(lang=language, **query)
    assert charts(app) == drawn
    assert app.header[0].value


def test_choices_are_in_the_address_and_come_back():
    app = open_page()
    app.selectbox(key="choice.field").set_value("pv_share").run()
    app.selectbox(key="choice.field2").set_value("load_share").run()
    query = {name: v if isinstance(v, str) else v[-1] for name, v in app.query_params.items()}
    assert (query["field"], query["field2"], query["points"]) == ("pv_share", "load_share", "5")
    again = open_page(**query)
    assert again.selectbox(key="choice.field2").value == "load_share"


@pytest.mark.parametrize(
    "query",
    [
        {"view": "nowhere", "field": "luck", "field2": "transformer_limit_kw", "points": "1000"},
        {"agents": "afap"},
        {"agents": "afap", "view": "break_even"},
        {"date": "2022-01-22", "view": "front"},
        {"v2g": "0", "view": "break_even"},
        {"field": "length_h", "field2": "min_stay_min"},
    ],
)
def test_odd_links_still_show_a_page(query):
    open_page(**query)
