"""Pages that count to one or to none: one station, one car, no car; on screen and in reports, in both languages."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from core.scenario import Scenario
from core.world import build_world
from pages.ui.i18n import translate
from tests.pages.shown import words

ONE = {"stations": "1"}
NONE = {"stations": "3", "date": "2022-01-22"}  # Saturday at a workplace
SUNNY = {**NONE, "date": "2022-06-18", "pv_share": "3.0"}  # a Saturday, too
AGENTS = "afap,cheapest,td3"

MANY_OF_ONE = r"\b1 ([a-z]+ )?(stations|cars|agents|transformers)\b|\ball 1\b|1(대|개)[가이]? ?모두"


@pytest.fixture
def reports(made) -> dict[str, bytes]:
    """Reports that the page would give, by name."""
    return made("html")


def all_words(app: AppTest) -> str:
    charts = [chart.proto.alt for chart in app.get("vega_lite_chart") if hasattr(chart.proto, "alt")]
    cards = [f"{card.label} {card.value} {card.delta}" for card in app.metric]
    return "\n".join([words(app), *charts, *cards])


def text_of(report: bytes) -> str:
    """A report's words, without drawings and the scenario's file."""
    unread = r"<svg.*?</svg>|<pre>.*?</pre>|<style>.*?</style>|<[^>]+>"
    return re.sub(unread, " ", report.decode(), flags=re.DOTALL)


def test_the_days_are_what_they_are_called():
    assert len(build_world(Scenario(stations=1)).sessions) == 1
    assert len(build_world(Scenario(stations=3).replace(date="2022-01-22")).sessions) == 0


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("agent", ["td3", "afap"])
def test_one_station_with_one_car(open_at, reports, language, agent):
    app = open_at("explore", **ONE, lang=language, agent=agent, station="0")
    shown = all_words(app)
    assert re.search(MANY_OF_ONE, shown, re.IGNORECASE) is None
    assert translate(language, "headline.all_ready", cars=1) in shown
    assert not [name for name, report in reports.items() if re.search(MANY_OF_ONE, text_of(report), re.IGNORECASE)]
    assert reports
    compare = open_at("compare", **ONE, lang=language, agents=AGENTS)
    assert re.search(MANY_OF_ONE, all_words(compare), re.IGNORECASE) is None


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("agent", ["td3", "afap"])
def test_nobody_is_ready_where_nobody_came(open_at, reports, language, agent):
    app = open_at("explore", **NONE, lang=language, agent=agent)
    ready = next(card for card in app.metric if card.label == translate(language, "kpi.ready"))
    assert ready.value == "–"
    assert ready.delta == translate(language, "kpi.no_cars")
    assert "100 %" not in all_words(app)
    (report,) = (text_of(report) for name, report in reports.items() if "explore" in name)
    for indicator in ("ready_frac", "worst_ready_frac"):
        name = translate(language, f"indicator.{indicator}")
        assert re.search(rf"{re.escape(name)}\s+–\s+–\s+–", report)
    assert "100.0 %" not in report


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_pinned_day_without_cars_has_no_readiness(open_at, language):
    pin = "cheapest?stations=3&date=2022-01-22"
    app = open_at("compare", **NONE, lang=language, agents=AGENTS, pins=pin)
    (table,) = (frame.value for frame in app.dataframe if "pin" in frame.value)
    assert table[["ready_frac", "worst_ready_frac"]].isna().all(axis=None)
    assert translate(language, "headline.one_day", page=translate(language, "pages.robustness")) not in all_words(app)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_overload_without_any_car_is_said(open_at, language):
    said = all_words(open_at("explore", **SUNNY, lang=language, agent="afap"))
    pattern = re.escape(translate(language, "headline.overload_empty", over=7.0, transformers=1))
    assert re.search(pattern.replace(r"7\.0", r"[\d,]+\.\d"), said)
