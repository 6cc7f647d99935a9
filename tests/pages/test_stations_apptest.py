"""Stations without a browser: what can be chosen, what is ranked, and files of results."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from streamlit.testing.v1 import AppTest

from core import PRESETS
from core.accounts.playback import of_soc, running_money
from core.agents.registry import AGENTS, everywhere
from core.errors import AgentError
from core.reports.result_csv import MAX_BYTES, read_results, recorded, write_results
from core.scenario import Scenario
from core.studies.run import simulate
from core.world import build_world
from pages.ui import runs
from pages.ui.i18n import translate
from tests.pages.shown import words

PAGE = "stations"
SMALL = {"stations": "4", "lang": "en"}
HERE = Scenario(stations=4)
QUICK = [name for name in everywhere() if not AGENTS[name].plans_every_step]


def players(app: AppTest) -> list:
    """Components of the page itself; the frame has some of its own."""
    return [one for one in app.get("bidi_component") if one.key not in ("history_steps", "tour_kept")]


def playing(app: AppTest) -> dict:
    """What the component is given."""
    (player,) = players(app)
    return json.loads(player.proto.json)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_day_plays_and_its_last_frame_is_the_ledger(open_page, language):
    app = open_page(lang=language, agent="cheapest", station="2", currency="KRW")
    data = playing(app)
    row = simulate(HERE, "cheapest").ledger.stations.iloc[2]
    assert data["place"] == 2
    assert data["words"]["play"] == translate(language, "player.play")
    assert float(data["shown"]["money"]["total"][-1].replace("−", "-").replace(",", "")) == pytest.approx(
        1400 * row["user_profit_eur"], abs=0.51
    )


def test_the_headline_names_the_best_for_this_station(open_page):
    app = open_page(station="1")
    profit = {name: simulate(HERE, name).ledger.stations["user_profit_eur"].iloc[1] for name in QUICK if name != "best"}
    top = max(profit, key=profit.__getitem__)
    alike = [name for name in profit if round(profit[name], 2) == round(profit[top], 2)]
    said = app.header[0].value
    assert said.startswith("Station 1: ")
    assert translate("en", f"agents.{top}.name") in said or len(alike) > 3
    assert f"{profit[top]:.2f}".replace("-", "−").lstrip("+") in said
    assert len(app.get("vega_lite_chart")) == 1


def test_the_agent_is_chosen_by_family_and_in_the_address(open_page, fine, link):
    app = open_page()
    fine(app.selectbox(key="stations.agent.family").set_value("heuristic").run())
    fine(app.selectbox(key="stations.agent").set_value("afap").run())
    assert link(app)["agent"] == "afap"
    assert playing(app)["status"] == playing(open_page(agent="afap"))["status"]


def test_a_slow_agent_is_ranked_once_it_was_chosen(open_page, fine):
    # A world that no other test runs.
    app = open_page(seed="4711", stations="2")
    name, left_out = translate("en", "agents.mpc.name"), translate("en", "stations.left_out").partition(":")[0]
    assert left_out in words(app)
    assert name in words(app)
    fine(app.selectbox(key="stations.agent.family").set_value("optimiser").run())
    fine(app.selectbox(key="stations.agent").set_value("mpc").run())
    assert left_out not in words(app)
    assert not app.get("progress")


def test_days_and_site_of_the_original_are_one_click_away(open_page, fine, link):
    app = open_page()
    fine(app.pills(key="stations.week").set_value(dt.date(2023, 10, 5)).run())
    assert app.session_state["scenario"] == HERE.replace(date=dt.date(2023, 10, 5))
    assert link(app)["date"] == "2023-10-05"
    fine(app.button(key="stations.original").click().run())
    original = PRESETS["busan-original"].replace(date=dt.date(2023, 10, 5))
    assert app.session_state["scenario"] == original
    assert len(playing(app)["stations"]) == 20
    fine(app.date_input(key="stations.date").set_value(dt.date(2022, 3, 1)).run())
    assert app.session_state["scenario"] == original.replace(date=dt.date(2022, 3, 1))
    assert app.pills(key="stations.week").value is None
    assert app.button(key="stations.original").disabled


def test_the_station_is_in_the_address_and_comes_back(open_page, fine, link):
    app = open_page()
    fine(app.selectbox(key="stations.station").set_value(3).run())
    assert link(app)["station"] == "3"
    assert playing(open_page(**link(app)))["place"] == 3


@pytest.mark.parametrize(
    "query",
    [
        {"station": "99"}, {"agent": "nobody"}, {"source": "nowhere"}, {"capacity": "x", "source": "file"},
        {"date": "2022-01-22"}, {"stations": "1"}, {"ports_per_station": "4"}, {"retail": "flat"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "ko"])
def test_odd_links_still_show_a_page(open_page, query, language):
    open_page(**{**query, "lang": language})


def test_a_day_without_cars_says_so(open_page):
    app = open_page(date="2022-01-22")
    assert app.header[0].value == "No car comes to station 0 on this day."
    assert set("".join(playing(app)["status"])) == {"0"}


def test_an_agent_that_cannot_run_is_said_and_the_others_are_ranked(open_page, monkeypatch):
    run = runs.run

    def broken(scenario, agent):
        if agent == "rr":
            raise AgentError(agent, "its files are damaged")
        return run(scenario, agent)

    monkeypatch.setattr(runs, "run", broken)
    app = open_page(agent="afap")
    assert len(app.error) == 1
    assert app.header[0].value.startswith("Station ")


# --- files ------------------------------------------------------------------------------------------------------------
ORIGINAL = PRESETS["busan-original"].replace(stations=3)


@pytest.fixture(scope="module")
def file() -> bytes:
    """Two days of three stations under three agents."""
    days = [ORIGINAL, ORIGINAL.replace(date=dt.date(2023, 10, 5))]
    worlds = [build_world(day) for day in days]
    return write_results(
        [
            recorded(world, {name: simulate(day, name, world=world).trace for name in ("afap", "cheapest", "best")})
            for day, world in zip(days, worlds, strict=True)
        ]
    )


def upload(app: AppTest, data: bytes, name: str = "results.csv") -> AppTest:
    return app.file_uploader(key="results.upload").set_value((name, data, "text/csv")).run()


@pytest.mark.parametrize("capacity", [50.0, 70.0])
def test_a_file_plays_and_is_ranked(open_page, fine, file, capacity):
    app = open_page(source="file", capacity=f"{capacity:g}")
    assert not players(app)
    fine(upload(app, file))
    results = read_results(file)
    for day, steps in enumerate((slice(0, 85), slice(85, 170))):
        fine(app.selectbox(key="results.day").set_value(day).run())
        for place in range(3):
            fine(app.selectbox(key="results.station").set_value(place).run())
            bills = [
                running_money(
                    of_soc(
                        results.times, results.stations, levels, capacity, results.charging_eur_per_kwh,
                        results.discharging_eur_per_kwh, steps,
                    ),
                    place,
                ).total_eur[-1]
                for levels in results.soc_frac
            ]  # fmt: skip
            shown = playing(app)
            assert shown["place"] == place
            assert shown["shown"]["money"]["total"][-1] == f"{bills[0]:+.2f}".replace("-", "−").replace("+0.00", "0.00")
            assert "unmet" not in shown["shown"]["money"]
            assert f"{max(bills):.2f}".replace("-", "−") in app.header[0].value


def test_algorithms_and_capacity_can_be_chosen(open_page, fine, file, link):
    app = fine(upload(open_page(source="file"), file))
    first = playing(app)
    fine(app.pills(key="results.algorithm").set_value(2).run())
    assert playing(app)["status"] != first["status"]
    fine(app.number_input(key="choice.capacity").set_value(100.0).run())
    assert link(app)["capacity"] == "100"
    fine(app.number_input(key="choice.capacity").set_value(0.5).run())
    assert [warning.value for warning in app.warning] == [
        "The battery of a car must hold 1 to 1,000 kWh: 50 kWh is used."
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_bad_file_is_said_in_one_sentence_and_nothing_is_lost(open_page, fine, file, language):
    app = fine(upload(open_page(source="file", lang=language), file))
    before = playing(app)
    bad = file.replace(b"cheapest,0.", b"cheapest,7.", 1)
    fine(upload(app, bad, "bad.csv"))
    (error,) = app.error
    row = bad[: bad.index(b"cheapest,7.")].count(b"\n") + 1
    assert error.value == translate(language, "errors.results.soc", row=row)
    assert playing(app) == before
    fine(upload(app, file))
    assert not app.error


def test_what_is_too_large_is_not_read(open_page):
    app = open_page(source="file")
    assert app.file_uploader(key="results.upload").proto.max_upload_size_mb * 1_000_000 <= MAX_BYTES


def test_what_no_browser_could_play_is_said(open_page, fine):
    head = "Timestamp,Date,Time,Charging Price,Discharging Price,Average Price,CS Id,Algorithm Name,SoC\n"
    seconds = [f"2023-10-03 0{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(3001)]
    app = fine(
        upload(open_page(source="file"), (head + "".join(f"{s},,,-0.1,0.1,,0,A,0.5\n" for s in seconds)).encode())
    )
    assert "at most 366 days, 3,000 steps a day and 1,000 charging points" in app.error[0].value
    assert not players(app)


def test_names_in_a_file_are_shown_as_they_are(open_page, fine, file):
    name = "<b>**x**</b> [y](http://z) :smile: www.z.org $1$ `a` # ~b~"
    app = fine(upload(open_page(source="file"), file.replace(b",cheapest,", f",{name},".encode()), "**x**.csv"))
    fine(app.pills(key="results.algorithm").set_value(1).run())
    assert any(r"\*\*x\*\*.csv" in caption.value for caption in app.caption)
    label = app.pills(key="results.algorithm").options[1]
    for text in (label, *(header.value for header in app.header)):
        for marked in ("**", " [y", "http://", ":smile:", "www.", " $1", " `a", " #", " ~b"):
            assert marked not in text
