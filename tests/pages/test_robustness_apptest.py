"""Robustness without a browser: a study that runs, is stopped, goes on, and is left."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.agents.registry import AGENTS
from core.scenario import Scenario
from core.studies.monthly_bill import bills
from core.studies.run import simulate
from pages.parts.robustness.days import study
from pages.ui import jobs
from pages.ui.i18n import translate

PAGE = "robustness"
SMALL = {"stations": "3", "lang": "en", "agents": "afap,cheapest,rr", "n": "10"}


def tables(app, *, paid: bool = False):
    """The page's tables of the days, in order; or that of what stations pay back."""
    heads = {translate(language, "payback.payback") for language in ("en", "ko")}
    return [part.value for part in app.dataframe if bool(heads & set(part.value.columns)) is paid]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_study_runs_to_its_end(open_page, finished, language):
    app = finished(open_page(lang=language))
    verdicts, worst = tables(app)[0], tables(app)[2]
    assert len(verdicts) == 3
    assert len(worst) == 6
    assert app.header[0].value


def test_stations_are_paid_for_by_a_years_margins_and_a_bad_cost_is_one_sentence(open_page, finished):
    app = finished(open_page(retail_markup_eur_per_kwh="0.5", years="20"))
    assert any(head.value.startswith("Stations for 9,000.00 EUR") for head in app.subheader)
    assert all("life" in years or years.endswith("years") for years in tables(app, paid=True)[0]["Payback"])
    # The answer stands in the panel, below what was asked.
    (panel,) = (part for part in app.expander if part.label == translate("en", "payback.ask"))
    assert len(panel.number_input) == 3
    assert [part.value.columns[2] for part in panel.dataframe] == ["Payback"]
    assert [head.value.startswith("Stations for 9,000.00 EUR") for head in panel.subheader] == [True]
    app = open_page(station_eur="-5")
    assert [w.value for w in app.warning] == ["A station costs (EUR) must be from 0 to 1,000,000; 3,000 is used."]


def test_a_worst_day_opens_in_explore_with_the_same_figures(open_page, finished):
    app = finished(open_page())
    row = tables(app)[2].iloc[0]
    query = dict(part.split("=") for part in row["open"].removeprefix("/?").split("&"))
    run = simulate(Scenario.from_query(query), query["agent"])
    assert f"{run.ledger.totals.objective_eur:,.2f} EUR".replace("-", "−") == row["value"]


def test_choices_are_in_the_address_and_come_back(open_page, finished, link):
    app = open_page()
    app.selectbox(key="choice.indicator").set_value("overload_kwh").run()
    app.selectbox(key="choice.over").set_value("seeds").run()
    query = link(app)
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


def test_a_stopped_study_stays_stopped_when_the_page_is_loaded_again(open_page, link, fine):
    app = open_page(agents="afap,mpc", n="365", seed="8")
    app.button(key="job.stop_button").click().run()
    job = app.session_state[jobs.JOB]
    job.join(1.0)
    query = link(app)
    again = fine(open_page(**query))
    assert again.session_state[jobs.JOB] is job
    assert not job.running
    again.button(key="job.go_button").click().run()
    assert job.running
    assert "stopped" not in link(again)
    again.button(key="job.stop_button").click().run()
    again.selectbox(key="choice.n").set_value(10).run()  # another study is not stopped
    assert again.button(key="job.stop_button") or again.session_state[jobs.JOB].finished
    again.run()
    assert "stopped" not in link(again)
    again.session_state[jobs.JOB].stop()


def test_the_best_two_are_compared_with_each_other(open_page, finished):
    app = finished(open_page(agents="afap,alap,cheapest", transformer_limit_kw="2000", over="days"))
    said = "\n".join(part.value for part in [*app.header, *app.markdown])
    first, second = (row.agent for row in tables(app)[0].iloc[:2].itertuples())
    assert any(f"{first} {verb} {second}" in said for verb in ("beats", "against", "and")), said


def test_won_in_the_title_are_those_of_the_table(open_page, finished):
    app = finished(open_page(currency="KRW", transformer_limit_kw="12", over="days"))
    title = next(part.value for part in app.subheader if part.value.startswith("Best for the grid"))
    cells = tables(app)[1]
    assert any(f" {cell.removeprefix('≈ ').split(' ')[0]} KRW" in title for cell in cells.iloc[:, 4]), title


@pytest.mark.parametrize("done", [0, 1, 7])
def test_a_stopped_study_compares_all_on_the_same_days(open_page, finished, fine, monkeypatch, done):
    app = finished(open_page(agents="afap,cheapest,rr,best", over="days"))
    job = app.session_state[jobs.JOB]
    whole = job.table()
    part = whole[(whole["agent"] != "best") | (whole["world"] < done)]
    monkeypatch.setattr(job, "table", lambda: part)
    fine(app.run())
    met = done if 2 * done >= 10 else 10
    caption = next(part.value for part in app.caption if "days have cars" in part.value)
    assert caption.startswith(translate("en", "robustness.so_far", days=met, all=10)) is (done >= 5)
    assert ("Left out" in caption) is (done < 5)
    table = tables(app)[0]
    assert len(table) == (4 if done >= 5 else 3)
    assert table["days"].replace("", None).dropna().nunique() == 1


def test_equals_for_the_grid_are_all_named(open_page, finished):
    app = finished(open_page(agents="afap,rr,td3", transformer_limit_kw="12", over="days"))
    title = next(part.value for part in app.subheader if part.value.startswith("Best for the grid"))
    grid = tables(app)[1].set_index(tables(app)[1].columns[0]).iloc[:, 3]
    means = grid.str.removeprefix("≈ ").str.split(" ").str[0]
    assert all((name in title) for name in means.index[means == means.max()]), title
    assert ("alike" in title) == (len(set(means)) == 1), (title, means)


def test_the_others_are_judged_while_an_agent_that_plans_anew_is_still_at_it(open_page, finished, fine, monkeypatch):
    """Everything but its own days: the verdict on them stands, and says who is missing."""
    monkeypatch.setitem(AGENTS, "alap", replace(AGENTS["alap"], plans_every_step=True))
    app = finished(open_page(agents="afap,alap,cheapest,rr", stations="2", over="days"))
    job = app.session_state[jobs.JOB]
    whole = job.table()
    part = whole[(whole["agent"] != "alap") | (whole["world"] < 7)].reset_index(drop=True)
    monkeypatch.setattr(job, "table", lambda: part)
    monkeypatch.setattr(type(job), "finished", property(lambda _: False))
    fine(app.run())
    assert app.header[0].value.startswith(
        translate("en", "partial.without", agents=translate("en", "agents.alap.name"))
    )
    assert len(tables(app)[0]) == 3
    assert not app.get("download_button")  # the files come with the last day
    # One of the others missing: nothing is judged.
    less = part[(part["agent"] != "rr") | (part["world"] < 9)].reset_index(drop=True)
    monkeypatch.setattr(job, "table", lambda: less)
    fine(app.run())
    assert app.header[0].value == translate("en", "robustness.computing", done=9, all=10)


def test_one_agent_is_told_that_a_comparison_takes_two(open_page, finished):
    app = finished(open_page(agents="rr"))
    assert app.header[0].value == translate("en", "verdict.one_agent")
    assert len(app.get("vega_lite_chart")) == 2  # its days, and their peaks
    assert (len(tables(app)), len(tables(app, paid=True))) == (1, 1)
    said = "\n".join(part.value for part in [*app.subheader, *app.caption, *app.markdown])
    assert "varies most" not in said
    assert "difference to  on" not in said


@pytest.mark.parametrize(
    ("date", "first", "last"),
    [
        ("2022-01-17", "2021-12-01", "2022-02-28"),
        ("2022-12-31", "2022-12-01", "2023-02-28"),
        ("2022-03-01", "2022-03-01", "2022-05-31"),
        ("2024-02-29", "2023-12-01", "2024-02-29"),
        ("2022-08-31", "2022-06-01", "2022-08-31"),
        ("2022-11-15", "2022-09-01", "2022-11-30"),
    ],
)
def test_a_season_is_every_day_of_its_three_months(date, first, last):
    scenario = Scenario(stations=3, date=dt.date.fromisoformat(date))
    days = [s.date for s in study(scenario, ("afap",), "season", 365).scenarios]
    assert (days[0].isoformat(), days[-1].isoformat()) == (first, last)
    assert len(days) == len(set(days)) == (days[-1] - days[0]).days + 1


def test_days_without_cars_are_said_to_be_such(open_page, finished):
    app = finished(open_page(date="2022-01-22", over="seeds"))
    assert app.header[0].value == translate("en", "finding.no_cars_ever")
    assert not app.get("vega_lite_chart")


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


KEPCO = {"provider": "kepco_service_1", "retail": "kepco_self_use_low", "date": "2023-08-08", "length_h": "12"}


def test_one_press_runs_the_month_and_shows_kepcos_bill(open_page, finished, link):
    app = open_page(**KEPCO)
    assert translate("en", "month.8", year="2023") in app.button(key="bill.run").label
    app = finished(app.button(key="bill.run").click().run())
    assert link(app)["over"] == "month"
    assert app.selectbox(key="choice.n").disabled
    asked = app.session_state[jobs.JOB].study
    assert [s.date.day for s in asked.scenarios] == list(range(1, 32))
    (shown,) = (part for part in tables(app) if part.columns[0] == translate("en", "bill.line"))
    lines = shown.set_index(shown.columns[0])
    found = {bill.agent: bill for bill in bills(app.session_state[jobs.JOB].table(), asked)}
    for agent, bill in found.items():
        column = lines[translate("en", f"agents.{agent}.name")]
        assert column[translate("en", "bill.total", currency="EUR")] == f"{bill.total_krw / 1400:,.2f}"
        assert column[translate("en", "bill.billed")] == f"{bill.billed_kw:,.1f} kW"
    # The panel about what stations pay back stays, and leads to the days that it needs.
    (panel,) = (part for part in app.expander if part.label == translate("en", "payback.ask"))
    assert panel.button[0].label == translate("en", "payback.year")
    titles = [part.value for part in app.subheader]
    assert any("August 2023" in title for title in titles), titles
    assert app.button(key="payback.year").click().run().selectbox(key="choice.over").value == "year"
    app.session_state[jobs.JOB].stop()


def test_a_bill_says_why_its_peak_is_not_that_of_the_site_and_who_keeps_most(open_page, finished):
    app = finished(open_page(**KEPCO, over="month", load_share="0.5", agents="afap,rr,best"))
    found = {bill.agent: bill for bill in bills(app.session_state[jobs.JOB].table(), app.session_state[jobs.JOB].study)}
    base, said = found["afap"], "\n".join(part.value for part in app.caption)
    assert base.peak_kw < base.site_peak_kw
    assert f"{base.peak_kw:,.1f} kW); peaks in the chart above" in said
    assert f"({base.site_peak_kw:,.1f} kW)" in said
    assert translate("en", "payback.note_best", agent=translate("en", "agents.best.name")) in said
    most = max((bill for bill in found.values() if bill.agent != "best"), key=lambda bill: bill.margin_krw)
    (title,) = (part.value for part in app.subheader if "KEPCO's bill for" in part.value)
    assert f"keeps most with {translate('en', f'agents.{most.agent}.name')}" in title or "lowers" in title
    app = finished(open_page(**KEPCO, over="month"))
    assert "peaks in the chart above" not in "\n".join(part.value for part in app.caption)


def test_no_bill_is_offered_where_the_provider_does_not_buy_from_kepco(open_page):
    assert [button.key for button in open_page().button if button.key == "bill.run"] == []


def test_no_bill_is_shown_of_days_that_are_no_month(open_page, finished):
    app = finished(open_page(**KEPCO, over="days"))
    assert [part for part in app.dataframe if part.value.columns[0] == translate("en", "bill.line")] == []


def test_a_stop_that_another_run_took_is_seen_at_the_next_look(monkeypatch):
    class Again(Exception):  # noqa: N818 - stands for Streamlit's own
        pass

    class Going:
        study, finished, watched = SimpleNamespace(key="0123456789"), False, 0

        def watch(self) -> None:
            self.watched += 1

    def again() -> None:
        raise Again

    looks, stopped = [], [None]
    monkeypatch.setattr(jobs.st, "fragment", lambda look, run_every: looks.append(look) or (lambda: None))
    monkeypatch.setattr(jobs.st, "rerun", again)
    monkeypatch.setattr(jobs.choices, "get", lambda name: stopped[0])
    job = Going()
    jobs.follow(job, lambda _: None)
    stopped[0] = "01234567"
    with pytest.raises(Again):
        looks[0]()
    assert job.watched == 0
