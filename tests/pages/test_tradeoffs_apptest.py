"""Trade-offs without a browser: its four questions, and what its address restores."""

from __future__ import annotations

import pytest

from pages.ui import downloads, jobs
from pages.ui.i18n import translate
from tests.pages.shown import charts

PAGE = "tradeoffs"
SMALL = {"stations": "3", "lang": "en", "agents": "afap,cheapest,best", "points": "5", "days": "1"}


@pytest.fixture
def open_page(open_page, finished):
    return lambda **query: finished(open_page(**query))


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("query", "drawn"),
    [
        ({}, 1),
        ({"field": "intensity", "indicator": "overload_kwh"}, 1),
        ({"field2": "intensity"}, 2),
        ({"view": "tornado", "agent": "cheapest", "reach": "far"}, 1),
        ({"view": "front", "axes": "user_provider"}, 1),
        ({"view": "break_even"}, 1),
        ({"view": "break_even", "price": "wear_price_eur_per_kwh"}, 1),
    ],
)
def test_every_question_is_answered(open_page, language, query, drawn):
    app = open_page(lang=language, **query)
    assert charts(app) == drawn
    assert app.header[0].value


def test_a_slow_agent_begins_with_one_draw_of_cars_and_says_how_many_runs(open_at):
    address = {"lang": "en", "view": "tornado", "stations": "1", "length_h": "4"}
    app = open_at("tradeoffs", agent="mpc", **address)
    study = app.session_state[jobs.JOB].study
    assert app.selectbox(key="choice.days").value == 1
    assert len({scenario.seed for scenario in study.scenarios}) == 1
    said = translate(
        "en", "tradeoffs.slow", agent=translate("en", "agents.mpc.name"), runs=len(study.scenarios), days=1
    )
    assert said in [caption.value for caption in app.caption]
    app = open_at("tradeoffs", agent="cheapest", **address)
    assert app.selectbox(key="choice.days").value == 3
    assert said not in [caption.value for caption in app.caption]


def test_choices_are_in_the_address_and_come_back(open_page, link):
    app = open_page()
    app.selectbox(key="choice.field").set_value("pv_share").run()
    app.selectbox(key="choice.field2").set_value("load_share").run()
    query = link(app)
    assert (query["field"], query["field2"], query["points"]) == ("pv_share", "load_share", "5")
    again = open_page(**query)
    assert again.selectbox(key="choice.field2").value == "load_share"


def test_a_range_of_ones_own_is_in_the_address_and_swept(open_page, finished, link):
    app = open_page()
    app.number_input(key="choice.from").set_value(50.0).run()
    app.number_input(key="choice.to").set_value(90.0).run()
    swept = {scenario.transformer_limit_kw for scenario in app.session_state[jobs.JOB].study.scenarios}
    assert swept == {50.0, 60.0, 70.0, 80.0, 90.0}
    assert (link(app)["from"], link(app)["to"]) == ("50", "90")
    again = open_page(**link(app))
    assert (again.number_input(key="choice.from").value, again.number_input(key="choice.to").value) == (50.0, 90.0)
    # Another field has another range.
    finished(app.selectbox(key="choice.field").set_value("intensity").run())
    assert "from" not in link(app)
    assert app.number_input(key="choice.from").value == 0.5


@pytest.mark.parametrize("query", [{"from": "300"}, {"to": "9999"}, {"from": "many"}, {"from": "nan"}, {"to": "-inf"}])
def test_a_bad_range_is_one_sentence_and_the_usual_range(open_page, query):
    app = open_page(**query)
    (warning,) = app.warning
    assert "Transformer limit" in warning.value
    assert "between 10" in warning.value
    assert "2,000" in warning.value
    swept = {s.transformer_limit_kw for s in app.session_state[jobs.JOB].study.scenarios}
    assert swept == {20.0, 65.0, 100.0, 110.0, 155.0, 200.0}  # the scenario's own 100 among them


def test_break_even_takes_a_range_of_its_own(open_page):
    app = open_page(view="break_even", price_from="0.5", price_to="1.5")
    swept = {s.v2g_price_factor for s in app.session_state[jobs.JOB].study.scenarios if s.v2g}
    assert swept == {0.5, 0.75, 1.0, 1.25, 1.5}


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
def test_odd_links_still_show_a_page(open_page, query):
    open_page(**query)


@pytest.mark.parametrize("name", ["view", "field", "field2", "points", "days", "indicator"])
def test_a_choice_that_does_not_exist_is_named_with_what_is_allowed(open_at, name):
    app = open_at(
        "tradeoffs", lang="en", stations="2", **{"agents": "afap,rr", "points": "5", "days": "1", name: "zzz"}
    )
    assert [("zzz" in x.value, "Allowed are: " in x.value) for x in app.warning] == [(True, True)]


@pytest.mark.parametrize(("query", "heads"), [({}, 1), ({"field2": "intensity"}, 2)])
def test_the_report_of_a_sweep_holds_the_values_drawn(open_page, monkeypatch, query, heads):
    kept = []
    monkeypatch.setattr(downloads, "bar", lambda sheet, *rest: kept.append((sheet, rest[2]["table"])))
    open_page(currency="KRW", **query)
    sheet, rows = kept[-1]
    (table,) = [section.table for section in sheet.sections if section.table is not None]
    assert len(table) == rows.groupby(["transformer_limit_kw", "intensity"][:heads]).ngroups
    assert table.shape[1] == heads + 3  # three agents
    first = table.iloc[0, heads]
    assert "-" not in first
    assert "." not in first  # whole won
