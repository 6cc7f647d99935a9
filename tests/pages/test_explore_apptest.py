"""The app without a browser: every widget and preset, odd days, links good and bad."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from core.agents.optimum.best import solve
from core.agents.registry import AGENTS, everywhere
from core.rewards import REWARDS, scores
from core.scenario import PRESETS, Scenario
from core.studies.run import simulate
from pages.ui import runs, state
from pages.ui.i18n import catalogue, translate
from pages.ui.sidebar import WEIGHTS
from tests.pages.shown import words

ROOT = Path(__file__).resolve().parents[2]
FIELDS = {row["name"]: row for row in Scenario.fields()}
SMALL = {"stations": "4", "lang": "en"}


@pytest.fixture
def open_app(open_at):
    return lambda **query: open_at("explore", **query)


def scenario(app: AppTest) -> Scenario:
    return app.session_state["scenario"]


def widget(app: AppTest, name: str) -> Any:
    for kind in (app.slider, app.number_input, app.selectbox, app.toggle, app.date_input):
        for item in kind:
            if item.key == state.widget_key(name):
                return item
    raise AssertionError(f"no widget for {name}")


def other_value(row: dict[str, Any], value: Any) -> Any:
    """Some allowed value that is not `value`."""
    if row["choices"]:
        return next(choice for choice in row["choices"] if choice != value)
    if row["type"] == "boolean":
        return not value
    if row["type"] == "date":
        return value + dt.timedelta(days=1)
    step = row["step"] or 1
    up = value + step
    return type(value)(up if up <= row["maximum"] else value - step)


@pytest.mark.parametrize("name", FIELDS)
def test_every_widget_changes_the_scenario(open_app, fine, link, name):
    row = FIELDS[name]
    query = dict(SMALL)
    if row["shown_if"]:
        field, wanted = (part[0] if isinstance(part, tuple) else part for part in row["shown_if"])
        query[field] = "1" if wanted in ("positive", True) else wanted
    app = fine(open_app(**query, agent="afap"))
    if row["advanced"] and row["group"] != "weights":  # whose others stand at the top
        fine(app.toggle(key=f"advanced.{row['group']}").set_value(True).run())
    before = getattr(scenario(app), name)
    fine(widget(app, name).set_value(other_value(row, before)).run())
    assert getattr(scenario(app), name) == other_value(row, before)
    assert Scenario.from_query(link(app)) == scenario(app)


def test_widgets_that_nothing_asks_for_are_hidden(open_app):
    keys = {item.key for item in open_app(**SMALL).slider}
    assert state.widget_key("dr_depth_percent") not in keys
    assert state.widget_key("car_capacity_kwh") not in keys


def test_a_hidden_widget_keeps_its_value(open_app, fine):
    app = open_app(**SMALL, dr_events="1", dr_depth_percent="60", agent="afap")
    widget(app, "dr_events").set_value(0).run()
    widget(app, "dr_events").set_value(1).run()
    assert scenario(fine(app)).dr_depth_percent == 60


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("slug", PRESETS)
def test_every_preset_renders(open_app, fine, slug, language):
    app = open_app(lang=language, stations="3", agent="afap")
    fine(app.selectbox(key="preset").set_value(slug).run())
    assert scenario(app) == PRESETS[slug]
    assert len(app.get("vega_lite_chart")) == 6
    assert len(app.metric) == 14
    assert translate(language, f"presets.{slug}.description") in words(app)


def test_changes_are_taken_back_one_by_one_group_by_group_and_all_together(open_app, fine):
    app = open_app(**SMALL, agent="afap")
    base = scenario(app)
    fine(widget(app, "seed").set_value(5).run())
    fine(widget(app, "w_grid").set_value(0.5).run())
    fine(widget(app, "pv_share").set_value(0.5).run())
    fine(app.button(key="undo").click().run())
    assert scenario(app) == base.replace(seed=5, w_grid=0.5)
    assert widget(app, "pv_share").value == base.pv_share
    fine(app.button(key="reset.calendar").click().run())
    assert scenario(app) == base.replace(w_grid=0.5)
    fine(app.button(key="undo").click().run())
    assert scenario(app) == base.replace(seed=5, w_grid=0.5)
    fine(app.button(key="reset").click().run())
    assert scenario(app) == PRESETS["workplace"]
    assert app.button(key="reset").disabled
    fine(app.button(key="undo").click().run())
    assert scenario(app) == base.replace(seed=5, w_grid=0.5)


@pytest.mark.parametrize("name", WEIGHTS)
def test_weight_presets(open_app, fine, name):
    app = open_app(**SMALL, w_user="0.3", agent="afap")
    fine(app.segmented_control(key="weight_preset").set_value(name).run())
    now = scenario(app)
    assert (now.w_user, now.w_provider, now.w_grid) == WEIGHTS[name]


@pytest.mark.parametrize("agent", everywhere())
def test_every_agent(open_app, fine, link, agent):
    app = fine(open_app(**SMALL, agent=agent))
    assert app.selectbox(key="agent").value == agent
    assert link(app)["agent"] == agent
    assert len(app.get("vega_lite_chart")) == 5 + (AGENTS[agent].family != "optimiser")


@pytest.mark.parametrize("agent", ["rr", "afap"])
def test_peak_and_valley_are_the_ledger_s_beside_plug_and_charge(open_app, fine, agent):
    query = {**SMALL, "load_share": "0.5", "pv_share": "0.5", "transformer_limit_kw": "20"}
    app = fine(open_app(**{**query, "lang": "en"}, agent=agent))
    mine, base = (simulate(scenario(app), name).ledger.totals for name in (agent, "afap"))
    cards = {card.label: card for card in app.metric}
    peak = cards[translate("en", "indicator.site_peak_kw")]
    assert peak.value == f"{mine.site_peak_kw:,.1f} kW"
    assert cards[translate("en", "indicator.site_valley_kw")].value == f"{mine.site_valley_kw:,.1f} kW".replace(
        "-", "−"
    )
    assert cards[translate("en", "indicator.load_factor_frac")].value == f"{100 * mine.load_factor_frac:.1f} %"
    assert cards[translate("en", "indicator.over_limit_h")].value == f"{mine.over_limit_h:.2f} h"
    added = cards[translate("en", "peaks.added")]
    assert added.value == f"{mine.added_peak_kw:+.1f} kW".replace("-", "−").replace("+0.0", "0.0")
    assert added.delta == f"{mine.site_peak_kw - mine.added_peak_kw:,.1f} kW without cars"
    change = mine.site_peak_kw - base.site_peak_kw
    said = f"{change:+.1f} ({100 * change / base.site_peak_kw:+.1f} %)".replace("-", "−")
    assert peak.delta == ("" if agent == "afap" else said)


def test_a_site_that_draws_nothing_has_a_dash_for_a_load_factor(open_app, fine):
    app = fine(open_app(date="2022-01-22", agent="rr", lang="en"))
    card = next(card for card in app.metric if card.label == translate("en", "indicator.load_factor_frac"))
    assert (card.value, card.delta) == ("–", "")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_says_what_the_weights_change(open_app, fine, language):
    query = {**SMALL, "lang": language, "agent": "cheapest", "provider": "flat"}
    app = fine(open_app(**query))
    assert translate(language, "explore.weights_balanced") in words(app)
    fine(widget(app, "w_user").set_value(0.0).run())
    day = scenario(app)
    balanced = day.replace(w_user=1.0, w_provider=1.0, w_grid=1.0)
    now, then = (simulate(s, "cheapest") for s in (day, balanced))
    moved = abs(now.trace.power_kw - then.trace.power_kw).sum() / 4
    key = "finding.weights_change" if moved >= 0.05 else "finding.weights_nothing"
    begin = translate(language, key, agent="{agent}", kwh="{kwh}", drivers="", provider="", grid="").partition("{")[0]
    assert begin in words(app)
    assert (f"{moved:,.1f} kWh" in words(app)) == (moved >= 0.05)
    blind = fine(open_app(**{**query, "agent": "afap"}, w_user="0.3"))
    assert translate(language, "explore.weights_blind") in words(blind)


@pytest.mark.parametrize("agent", ["mpc", "best"])
def test_plans_have_no_map_by_price_and_say_so(open_app, fine, agent):
    app = fine(open_app(**SMALL, agent=agent))
    assert translate("en", "explore.no_slice_plan") in words(app)


def test_choosing_an_agent_is_in_the_link(open_app, fine, link):
    app = open_app(**SMALL)
    fine(app.selectbox(key="agent.family").set_value("heuristic").run())
    fine(app.selectbox(key="agent").set_value("cheapest").run())
    assert link(app)["agent"] == "cheapest"
    assert translate("en", "agents.cheapest.description") in words(app)


def test_choosing_a_station_explains_its_steps(open_app, fine, link):
    app = open_app(**SMALL)
    assert len(app.dataframe) == 2  # rewards and EV2Gym's statistics
    fine(app.selectbox(key="station_box").set_value(0).run())
    assert link(app)["station"] == "0"
    assert len(app.get("vega_lite_chart")) == 7
    assert len(app.dataframe) == 3


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"date": "2022-01-22"}, "headline.empty"),
        ({"v2g": "0"}, "explore.v2g_off"),
        ({"stations": "1", "station": "0"}, None),
        ({"date": "2022-03-26"}, "explore.dst"),
        ({"date": "2022-10-30"}, "explore.dst"),
    ],
    ids=["nobody comes", "no V2G", "one station", "clocks go forward", "clocks go back"],
)
def test_odd_days(open_app, fine, query, sentence):
    app = fine(
        open_app(**{**SMALL, "place": "public", "intensity": "20", **query} if sentence != "headline.empty" else query)
    )
    drawn = len(app.get("vega_lite_chart"))
    assert drawn == 0 if sentence == "headline.empty" else drawn >= 5  # nothing is drawn of nothing
    if sentence:
        assert translate("en", sentence) in words(app)


def test_two_hundred_stations(open_app, fine):
    app = fine(open_app(stations="200", transformer_limit_kw="800", agent="afap", station="150"))
    assert len(app.get("vega_lite_chart")) == 7
    size = sum(len(chart.proto.SerializeToString()) for chart in app.get("vega_lite_chart"))
    assert size < 1_000_000


def test_a_bad_link_says_what_is_wrong_and_keeps_the_rest(open_app, fine):
    app = fine(open_app(lang="en", stations="7", seed="many", v2g_price_factor="9", agent="nobody", station="70"))
    said = app.warning[0].value
    assert "Seed must be a whole number from 0 to 999,999" in said
    assert "V2G price must be a number from 0.0 to 2.0 ×" in said or "V2G price must be a number from 0 to 2 ×" in said
    assert "nobody" in said
    assert "no station `70`" in said
    assert scenario(app) == Scenario(stations=7)


def test_a_bad_link_speaks_korean(open_app, fine):
    app = fine(open_app(lang="ko", stations="1000"))
    assert "충전기 수" in app.warning[0].value
    assert "1 이상 200 이하" in app.warning[0].value


def test_a_link_of_another_version_is_refused(open_app, fine):
    app = fine(open_app(lang="en", v="999", stations="7"))
    assert "another version" in app.warning[0].value
    assert "is kept" not in app.warning[0].value
    assert scenario(app) == Scenario()


def test_an_impossible_combination_keeps_the_last_result(open_app, fine):
    app = open_app(lang="en", stations="6", transformers="3", agent="afap")
    shown = scenario(app)
    fine(widget(app, "stations").set_value(2).run())
    assert "at most one per station, so at most 2" in app.error[0].value
    assert scenario(app) == shown
    assert widget(app, "stations").value == 2
    fine(widget(app, "transformers").set_value(1).run())
    assert not app.error
    assert scenario(app).stations == 2


def test_an_impossible_link_shows_the_nearest_possible(open_app, fine):
    app = fine(open_app(lang="en", stations="2", transformers="5", agent="afap"))
    assert "so at most 2" in app.error[0].value
    assert "last possible" not in app.error[0].value  # there was none
    assert "Transformers 1" in app.error[0].value
    assert scenario(app) == Scenario(stations=2)
    assert widget(app, "transformers").value == 5


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_link_without_any_weight_falls_back_to_the_usual_ones(open_app, fine, link, language):
    app = fine(open_app(lang=language, stations="3", agent="afap", w_user="0", w_provider="0", w_grid="0"))
    assert not app.error
    usual = Scenario()
    titles = [translate(language, f"fields.{name}.title") for name in state.WEIGHT_FIELDS]
    shown = ", ".join(
        f"{title} {getattr(usual, name):g}" for title, name in zip(titles, state.WEIGHT_FIELDS, strict=True)
    )
    assert translate(language, "errors.weights", shown=shown) in app.warning[0].value
    assert scenario(app) == Scenario(stations=3)
    assert [widget(app, name).value for name in state.WEIGHT_FIELDS] == [1.0, 1.0, 1.0]
    assert {name for name in state.WEIGHT_FIELDS if name in link(app)} == set()
    fine(widget(app, "seed").set_value(5).run())
    assert scenario(app) == Scenario(stations=3, seed=5)


def test_weights_slid_to_nothing_keep_what_was_shown(open_app, fine):
    app = fine(open_app(**SMALL, agent="afap", w_user="0", w_provider="0", w_grid="0.5"))
    fine(widget(app, "w_grid").set_value(0.0).run())
    assert "last possible scenario" in app.error[0].value
    assert scenario(app).w_grid == 0.5


def test_the_link_makes_the_same_page(open_app, link):
    app = open_app(**SMALL, agent="cheapest", currency="KRW", w_grid="0.5", station="2")
    again = open_app(**link(app))
    assert scenario(again) == scenario(app)
    assert [m.value for m in again.metric] == [m.value for m in app.metric]
    assert link(again) == link(app)


def test_money_is_shown_in_the_chosen_currency(open_app, fine):
    app = fine(open_app(**SMALL, currency="KRW", krw_per_eur="1500.0", agent="afap"))
    assert "KRW" in app.metric[1].value
    assert "1,500 KRW" in words(app)


def test_weights_leave_plug_and_charge_alone(open_app, fine, monkeypatch):
    from core.engines import batch, ev2gym

    app = open_app(**SMALL, agent="afap", seed="7")
    ran = []
    for engine, name in ((ev2gym, "simulate"), (batch, "simulate_many")):
        real = getattr(engine, name)
        monkeypatch.setattr(engine, name, lambda world, agent, real=real: ran.append(agent.name) or real(world, agent))
    monkeypatch.setattr(runs, "solve", lambda world: ran.append("bound") or solve(world))
    fine(widget(app, "w_user").set_value(0.5).run())
    assert ran == ["bound"]


def test_stories_are_there_where_the_agent_does_not_serve_the_site(open_app):
    app = open_app(**SMALL, agent="site_ars_objective")
    assert len(app.metric) == 0
    assert [button.key for button in app.button if button.key.startswith("story.")] == [f"story.{x}" for x in PRESETS]


def test_the_agent_on_screen_runs_in_ev2gym(open_app):
    app = open_app(**SMALL, agent="cheapest", seed="8")
    stats = next(frame.value for frame in app.dataframe if translate("en", "table.name") in frame.value.columns)
    assert len(stats) > 10


def test_what_v2g_itself_gains_is_said(open_app):
    app = open_app(**SMALL, agent="best", v2g_price_factor="1.5")
    day = Scenario(stations=4, v2g_price_factor=1.5)
    with_it, without = (simulate(x, "best").ledger.totals.user_profit_eur for x in (day, day.replace(v2g=False)))
    assert f"V2G itself gains the drivers {with_it - without:.2f} EUR" in words(app)
    assert "V2G itself" not in words(open_app(**SMALL, agent="best", v2g="0"))
    assert "V2G itself" not in words(open_app(**SMALL, agent="afap"))


def test_busan_says_what_v2g_does_there(open_app, fine):
    app = open_app(lang="en", agent="best")
    fine(app.selectbox(key="preset").set_value("busan").run())
    totals = simulate(PRESETS["busan"], "best").ledger.totals
    sold, bought = totals.v2g_revenue_eur / totals.discharged_kwh, totals.energy_cost_eur / totals.charged_kwh
    assert sold > bought
    said = (
        f"Cars give back {totals.discharged_kwh:,.1f} kWh, paid {1400 * sold:,.1f} KRW a kWh on average; "
        f"what they charge costs {1400 * bought:,.1f} KRW a kWh."
    )
    assert said in words(app)
    fine(app.selectbox(key="preset").set_value("busan-original").run())
    assert "Cars give back" not in words(app)  # one price all day


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("page", ["explore", "compare", "robustness", "tradeoffs"])
def test_pages_say_whose_rates_are_used(open_at, fine, page, language):
    query = {"lang": language, "stations": "2", "agents": "afap", "agent": "afap", "retail": "kepco_self_use_low"}
    # Robustness looks at days of its own; the first is said.
    first = "2022-01-01" if page == "robustness" else "2022-01-17"
    sentence = translate(language, "tariffs.kepco.other_version", since="2026-04-16", date=first)
    app = open_at(page, **query, tariff_version="2026-04-16")
    assert [x.value.startswith(sentence) for x in app.info] == [True]
    assert [x.value for x in open_at(page, **query).info] == []


def test_language_is_switched(open_app, fine, link):
    app = open_app(**SMALL)
    fine(app.segmented_control(key="lang").set_value("ko").run())
    assert link(app)["lang"] == "ko"
    assert app.selectbox(key="agent").label == catalogue("ko")["families.agent"]


def test_about_renders_in_both_languages(open_app, fine):
    for language in ("en", "ko"):
        app = open_app(lang=language, stations="3", agent="afap")
        fine(app.switch_page("pages/views/about.py").run())
        assert translate(language, "about.limit_battery") in words(app)
        terms = [key for key in catalogue(language) if key.startswith("glossary.")]
        assert len(terms) >= 25
        for key in terms:
            line = f"- **{translate(language, key)}**: {translate(language, key.replace('glossary', 'glossary_help'))}"
            assert line in words(app)
        assert scenario(app).stations == 3


def test_the_app_never_imports_torch():
    probe = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('streamlit_app.py', default_timeout=60).run()\n"
        "assert not app.exception\n"
        "sys.exit(int('torch' in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True).returncode == 0


def test_v2g_gains_nothing_where_nothing_is_given_back(open_app, fine):
    app = fine(open_app(lang="en", stations="6", agent="td3", wear_price_eur_per_kwh="1.0"))
    assert any("Nothing was given back on this day" in x.value for x in app.markdown)


def test_the_original_s_rewards_compare_with_plug_and_charge(open_app):
    app = open_app(**SMALL, agent="best")
    (table,) = (table.value for table in app.dataframe if "reward_combined1" in table.value.columns)
    assert set(table["agent"]) == {"Best plan", "Plug and charge"}
    run = simulate(Scenario(stations=4), "best")
    shown = table.set_index("agent").loc["Best plan"]
    assert {name: shown[f"reward_{name}"] for name in REWARDS} == pytest.approx(scores(run.world, run.trace))


def test_there_are_no_rewards_to_compare_for_plug_and_charge_alone(open_app):
    app = open_app(**SMALL, agent="afap")
    assert not [table for table in app.dataframe if "reward_combined1" in table.value.columns]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_first_line_leads_to_the_year_and_to_the_files(open_at, language):
    app = open_at("explore", lang=language, agent="afap", stations="3")
    (line,) = (text.value for text in app.caption if text.value.startswith(translate(language, "ask.head")))
    (link,) = re.findall(r"\(robustness\?([^)]*)\)", line)
    assert Scenario.from_query(dict(parse_qsl(link))) == scenario(app)
    assert line.endswith(f"[{translate(language, 'downloads.title')}](#downloads)")
    (head,) = (part for part in app.subheader if part.value == translate(language, "downloads.title"))
    assert head.anchor == "downloads"
    app = open_at("about", lang=language)
    assert not any("#downloads" in text.value for text in app.caption)
