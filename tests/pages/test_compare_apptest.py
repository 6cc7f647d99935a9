"""Compare without a browser: agents, reference, pins, and what its address restores."""

from __future__ import annotations

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.errors import AgentError
from core.rewards import scores
from core.scenario import Scenario
from core.studies.run import simulate
from pages.ui import numbers, runs
from pages.ui.i18n import translate

PAGE = "compare"
SMALL = {"stations": "4", "lang": "en"}


def ranking(app: AppTest):
    return app.dataframe[0].value


def table_with(app: AppTest, column: str):
    (found,) = (table.value for table in app.dataframe if column in table.value.columns)
    return found


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_agent_is_ranked_by_the_objective(open_page, language):
    app = open_page(lang=language)
    rows = ranking(app)
    assert len(rows) == len(app.multiselect(key="choice.agents").value)
    assert rows["objective_eur"].is_monotonic_decreasing
    assert rows["captured"].max() == pytest.approx(100, abs=1)


def test_the_table_shows_the_ledger(open_page):
    app = open_page(agents="cheapest,afap")
    scenario = Scenario(stations=4)
    expected = {simulate(scenario, name).ledger.totals.objective_eur for name in ("cheapest", "afap")}
    assert set(ranking(app)["objective_eur"].round(9)) == {round(x, 9) for x in expected}


def test_differences_are_signed_against_the_reference(open_page):
    app = open_page(agents="afap,cheapest,best", against="cheapest")
    values = ranking(app).set_index("agent")["user_profit_eur"]
    app.segmented_control(key="compare.kind.en").set_value("differences").run()
    differences = ranking(app).set_index("agent")["user_profit_eur"]
    assert differences["Cheapest hours"] == 0
    assert differences["Best plan"] == pytest.approx(values["Best plan"] - values["Cheapest hours"])


def test_choices_are_in_the_address_and_come_back(open_page, link):
    app = open_page()
    app.selectbox(key="choice.agents.family").set_value("heuristic").run()
    app.multiselect(key="choice.agents").set_value(["afap", "cheapest"]).run()
    app.selectbox(key="choice.against").set_value("cheapest").run()
    query = link(app)
    assert (query["agents"], query["against"]) == ("afap,cheapest", "cheapest")
    again = open_page(**query)
    assert again.multiselect(key="choice.agents").value == ["afap", "cheapest"]
    assert again.selectbox(key="choice.against").value == "cheapest"


def test_pins_keep_a_run_of_another_scenario(open_page, fine, link):
    app = open_page(agents="afap,best", agent="best")
    app.button(key="compare.pin").click().run()
    app.slider(key="field.transformer_limit_kw").set_value(20.0).run()
    app.button(key="compare.pin").click().run()
    fine(app)
    again = open_page(pins=link(app)["pins"])
    pins = table_with(again, "pin")
    assert len(pins) == 2
    expected = [
        simulate(Scenario(stations=4).replace(**change), "best").ledger.totals.objective_eur
        for change in ({}, {"transformer_limit_kw": 20.0})
    ]
    assert pins["objective_eur"].tolist() == pytest.approx(expected, abs=1e-6)


def test_a_slow_run_ends_when_its_page_is_left(monkeypatch):
    monkeypatch.setattr(runs, "LOOK_S", 0.0)  # at every step, however quick the machine

    class Place:
        shown: list[float] = []  # noqa: RUF012

        def progress(self, share, words):
            self.shown.append(share)
            if len(self.shown) == 5:
                raise TimeoutError  # as any Streamlit call does when the page has been left or changed

    scenario = Scenario(stations=3, seed=77)
    with pytest.raises(TimeoutError):
        runs.prepare(scenario, "mpc", Place(), "planning")
    assert len(Place.shown) == 5
    assert not runs.at_hand(scenario, "mpc")


def test_an_agent_that_cannot_run_is_said_and_the_others_are_compared(open_page, monkeypatch):
    run = runs.run

    def broken(scenario, agent):
        if agent == "cheapest":
            raise AgentError(agent, "its files are damaged")
        return run(scenario, agent)

    monkeypatch.setattr(runs, "run", broken)
    app = open_page(agents="afap,cheapest,best", against="cheapest")
    assert len(app.error) == 1
    assert "Cheapest hours" in app.error[0].value or "cheapest" in app.error[0].value
    assert set(ranking(app)["agent"]) == {"Plug and charge", "Best plan"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"agents": "afap,nobody"}, "`nobody` under Agents"),
        ({"against": "nobody"}, "`nobody` under Measured against"),
        ({"pins": "best?stations=-3|nobody?|afap?v=1"}, "2 of the 3 pins"),
    ],
)
def test_a_choice_that_cannot_be_made_is_said_once(open_page, fine, link, query, said):
    app = open_page(**query)
    assert [said in x.value for x in app.warning] == [True]
    # Choosing something settles it.
    if "against" in query:
        fine(app.selectbox(key="choice.against").select("best").run())
        assert not app.warning
        assert link(app)["against"] == "best"


@pytest.mark.parametrize(
    "query",
    [
        {"agents": "nobody,afap"},
        {"agents": "afap"},
        {"against": "nobody"},
        {"pins": "best?stations=-3|nobody?|%%|afap?v=1"},
        {"date": "2022-01-22"},
        {"one": "afap", "other": "afap"},
    ],
)
def test_odd_links_still_show_a_page(open_page, query):
    open_page(**query)


def test_numbers_are_written_alike_everywhere():
    written = [numbers.number(v, 0) for v in (-304034.4, 80054.33, -0.2, None)]
    assert written == ["−304,034", "80,054", "0", "–"]
    assert numbers.number(0.271, 2, signed=True) == "+0.27"
    rows = pd.DataFrame({"agent": ["a", "b"], "gain": [-1234.5, -0.001]})
    assert numbers.worded(rows, {"agent": "Agent", "gain": "Gain"}, {"gain": 2})["Gain"].tolist() == [
        "−1,234.50",
        "0.00",
    ]
    assert "−1,234.50" in numbers.dressed(rows, {"gain": 2}).to_html()


def test_the_original_s_rewards_stand_beside_the_objective(open_page):
    app = open_page(agents="afap,cheapest,best")
    table = table_with(app, "reward_combined1")
    scenario = Scenario(stations=4)
    for agent, row in zip(["best", "cheapest", "afap"], table.itertuples(), strict=True):
        run = simulate(scenario, agent)
        assert row.objective_eur == pytest.approx(run.ledger.totals.objective_eur, abs=1e-6)
        for name, value in scores(run.world, run.trace).items():
            assert getattr(row, f"reward_{name}") == pytest.approx(value, rel=1e-9)


def test_rewards_do_not_speak_before_all_are_there(open_page, monkeypatch):
    monkeypatch.setattr(runs, "must_wait", lambda scenario, agent: agent == "cheapest")
    monkeypatch.setattr(runs, "prepare", lambda *_: st.stop())
    app = open_page(agents="afap,rr,cheapest")
    assert translate("en", "rewards.waiting") in [x.value for x in app.subheader]
