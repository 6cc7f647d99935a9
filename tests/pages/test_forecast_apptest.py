"""Forecasts on pages: the switch in the sidebar, what came against them, and what not knowing costs."""

from __future__ import annotations

import pytest

from core import Scenario, simulate
from core.agents.registry import AGENTS
from core.figures.style import Style
from pages.ui import families, forecasts, state
from pages.ui.i18n import translate
from tests.pages.shown import charts, words

PAGE = "data"
SMALL = {"v": "1", "stations": "3", "date": "2023-10-04", "lang": "en"}
DAY = Scenario(stations=3, date="2023-10-04")


def test_the_default_knows_all_prices_and_says_nothing_of_forecasts_elsewhere(open_page):
    said = words(open_page("explore"))
    assert "forecast" not in said.lower()


def test_the_switch_is_a_choice_of_the_sidebar_and_in_the_address(open_page, link):
    app = open_page("explore")
    box = app.selectbox(key=state.widget_key("price_forecast"))
    assert len(box.options) == 4
    box.set_value("sarima").run()
    assert link(app)["price_forecast"] == "sarima"
    assert "seasonal ARIMA forecast" in words(app)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("model", ["seasonal_naive", "sarima", "boosted"])
def test_each_model_is_shown_against_what_came(open_page, language, model):
    app = open_page(lang=language, price_forecast=model, load_share="0.5", pv_share="0.5")
    assert charts(app) == 4  # the day's prices, the forecast, errors by hour, load and solar power
    assert app.selectbox(key="choice.model").value == model
    assert translate(language, f"tariffs.forecast.{model}") in words(app)


def test_the_cost_of_not_knowing_is_that_of_two_runs(open_page):
    app = open_page(price_forecast="seasonal_naive")
    costs = app.dataframe[-1].value
    agents = [name for name in forecasts.looking_ahead(families.telling(DAY)) if not AGENTS[name].plans_every_step]
    assert list(costs["agent"]) == [translate("en", f"agents.{name}.name") for name in agents]
    known, expected = (
        simulate(DAY.replace(price_forecast=p), agents[0]).ledger.totals.objective_eur
        for p in ("perfect", "seasonal_naive")
    )
    assert known != expected
    assert costs["cost"].iloc[0] == Style(text=str).rounded(known - expected)


def test_agents_that_plan_every_step_are_measured_when_asked(open_page, fine):
    app = open_page(price_forecast="seasonal_naive", length_h="14")
    before = len(app.dataframe[-1].value)
    fine(app.button(key="ask_cost").click().run())
    assert len(app.dataframe[-1].value) == before + 1
    assert translate("en", "agents.mpc.name") in list(app.dataframe[-1].value["agent"])


def test_where_all_prices_are_published_ahead_the_page_says_that_the_switch_changes_nothing(open_page):
    known = {"retail": "flat", "provider": "kepco_service_1", "price_forecast": "boosted"}
    said = words(open_page(**known))
    assert translate("en", "tariffs.forecast.known") in said
    assert translate("en", "forecast.cost_none") in said


def test_a_date_without_a_forecast_is_refused_in_a_sentence_and_the_page_goes_on(open_page):
    app = open_page(date="2015-06-03")
    assert any("2016-04-02" in part.value for part in app.info)
    assert charts(app) == 2  # the day's prices, and errors by hour


def test_compare_says_in_a_line_what_not_knowing_costs(open_page):
    app = open_page("compare", agents="afap,cheapest", price_forecast="sarima")
    line = next(part.value for part in app.caption if part.value.startswith("What not knowing prices ahead costs"))
    assert translate("en", "agents.cheapest.name") in line
    assert translate("en", "agents.afap.name") not in line
    assert "What not knowing" not in words(open_page("compare", agents="afap,cheapest"))
