"""What a visitor begins with: by the browser's language where the address says nothing; the same for all in a link."""

from __future__ import annotations

import pytest

from core import build_world
from core.scenario import PRESETS, SCHEMA_VERSION, Scenario
from core.world import expected_cars
from pages.ui import i18n, state
from pages.ui.i18n import translate


@pytest.fixture
def browser(monkeypatch):
    """Makes the browser speak a language."""

    def speak(language: str) -> None:
        for module in (i18n, state):
            monkeypatch.setattr(module, "default_language", lambda: language)

    return speak


def test_a_korean_browser_begins_in_korean_at_a_korean_site_in_won(open_at, browser, link):
    browser("ko")
    app = open_at("explore")
    assert app.session_state["lang"] == "ko"
    assert app.session_state["scenario"] == PRESETS["busan"]
    assert app.session_state["scenario"].currency == "KRW"
    assert app.selectbox(key="preset").value == "busan"
    # What the address says from now on means the same in any browser.
    address = link(app)
    browser("en")
    assert open_at("explore", **address).session_state["scenario"] == PRESETS["busan"]


def test_any_other_browser_begins_with_a_day_on_which_v2g_gains_the_drivers(open_at, browser):
    browser("en")
    app = open_at("explore")
    assert (app.session_state["lang"], app.session_state["scenario"]) == ("en", PRESETS["crisis"])
    assert any("V2G itself gains the drivers" in text.value for text in app.markdown)


def test_a_card_of_the_gallery_sets_its_story(open_at):
    app = open_at("explore", lang="en", agent="afap")
    assert len([button for button in app.button if (button.key or "").startswith("story.")]) == len(PRESETS) >= 6
    app.button(key="story.sunny").click().run()
    assert app.session_state["scenario"] == PRESETS["sunny"]
    assert app.selectbox(key="preset").value == "sunny"


@pytest.mark.parametrize(
    "query",
    [
        {"v": str(SCHEMA_VERSION)},
        {"v": str(SCHEMA_VERSION), "lang": "en", "agent": "afap"},
        {"stations": "7"},
        {"agent": "afap"},
        {"lang": "ko"},
        {"one": "afap"},
    ],
)
def test_a_link_is_the_same_scenario_for_everybody(open_at, browser, query):
    seen = []
    for language in ("en", "ko"):
        browser(language)
        seen.append(open_at("explore", **query).session_state["scenario"])
    assert seen[0] == seen[1] == Scenario(stations=int(query.get("stations", 25)))


def test_the_address_of_an_english_visitors_first_page_is_theirs_in_korea_too(open_at, browser, link):
    browser("en")
    address = link(open_at("explore"))
    browser("ko")
    app = open_at("explore", **address)
    assert (app.session_state["lang"], app.session_state["scenario"]) == ("en", PRESETS["crisis"])


@pytest.mark.parametrize("language", ["en", "ko"])
def test_how_many_cars_a_setting_gives_stands_under_it(open_at, language):
    scenario = Scenario(stations=8, intensity=20.0)
    app = open_at("explore", lang=language, agent="afap", stations="8", intensity="20")
    cars = {"cars": len(build_world(scenario).sessions), "expected": expected_cars(scenario)}
    (said,) = (text.value for text in app.sidebar.caption if translate(language, "summary.cars", **cars) in text.value)
    assert said.startswith(translate(language, "choices.place.workplace"))
    # A combination that is impossible is said elsewhere; no count stands beside it.
    app = open_at("explore", lang=language, agent="afap", stations="2", transformers="5")
    assert any(text.value.endswith("× 5") for text in app.sidebar.caption)
