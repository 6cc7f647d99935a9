"""Stations in a real browser: a day plays, by mouse and keyboard, and a file of results tells what the ledger says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core import PRESETS, Scenario, build_world
from core.figures.style import PALETTES, Style
from core.measure.bench import bench_playback
from core.reports.result_csv import recorded, write_results
from core.studies.run import simulate
from harness.playback import play
from pages.ui.i18n import translate

pytestmark = pytest.mark.e2e

HERE = Scenario(stations=6)
STATION = 2
LINK = "/stations?stations=6&agent=cheapest&station=2&lang=en"
COUNT_MESSAGES = """
() => {
  const send = WebSocket.prototype.send;
  window.sent = 0;
  WebSocket.prototype.send = function (message) { window.sent += 1; return send.call(this, message); };
}
"""

STYLE = Style(text=lambda key, **numbers: key)


def settled(page: Page) -> Page:
    expect(page.locator(".player .chart svg")).to_be_visible(timeout=120_000)
    expect(page.locator("[data-testid=stMain] h2")).to_be_visible(timeout=120_000)
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible(timeout=60_000)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    return page


def at(page: Page) -> float:
    """Where the day stands, in steps."""
    return float(page.locator(".player .time").input_value())


def total(page: Page) -> str:
    return page.locator(".player dl .total dd").inner_text()


def test_a_day_plays_without_the_server_and_ends_at_the_ledger(visit):
    page = settled(visit(LINK))
    sent: list[object] = []
    page.on("request", lambda request: sent.append(request.url))
    page.evaluate(COUNT_MESSAGES)
    times = play(page)
    result = simulate(HERE, "cheapest")
    n = result.world.n_steps
    assert at(page) == n
    assert len(times) > n  # smoother than step by step
    expect(page.locator(".player .play")).to_have_attribute("aria-label", translate("en", "player.play"))
    row = result.ledger.stations.iloc[STATION]
    assert total(page) == STYLE.amount(row["user_profit_eur"], signed=True)
    assert page.locator(".player .clock").inner_text().endswith("09:00")
    assert (page.evaluate("window.sent"), sent) == (0, [])
    # Played again, it begins anew.
    page.locator(".player .play").click()
    expect(page.locator(".player .play")).to_have_attribute("aria-label", translate("en", "player.pause"))
    page.locator(".player .play").click()
    assert at(page) < n


def test_every_frame_shows_what_the_agent_does_then(visit):
    page = settled(visit(LINK))
    result = simulate(HERE, "cheapest")
    busy = int(np.abs(result.trace.power_kw).sum(axis=0).argmax())
    time = page.locator(".player .time")
    time.focus()
    time.press("Home")
    assert (at(page), total(page)) == (0, "0.00")
    for _ in range(busy // 8):
        time.press("PageUp")
    for _ in range(busy % 8):
        time.press("ArrowRight")
    assert at(page) == busy
    ports = page.locator(".player .port")
    assert ports.count() == HERE.stations
    power, here = result.trace.power_kw[:, busy], result.world.occupancy[:, busy] >= 0
    kinds = np.where(~here, "empty", np.where(power > 0.01, "charging", np.where(power < -0.01, "discharging", "idle")))
    assert ports.evaluate_all("all => all.map(x => x.className)") == [f"port {kind}" for kind in kinds]
    words = page.locator(".player .box").evaluate_all("all => all.map(x => x.getAttribute('aria-label'))")
    for station, kind in enumerate(kinds):
        assert words[station].startswith(f"Station {station}: {translate('en', f'player.{kind}')}")
    price = STYLE.price(result.world.prices.buy_eur_per_kwh[busy])
    assert page.locator(".player dd").first.inner_text() == price


def test_the_keyboard_plays_and_walks(visit):
    page = settled(visit(LINK))
    time, button = page.locator(".player .time"), page.locator(".player .play")
    time.focus()
    time.press("End")
    assert at(page) == 112
    time.press("ArrowLeft")
    assert at(page) == 111
    time.press("Home")
    time.press(" ")
    expect(button).to_have_attribute("aria-label", translate("en", "player.pause"))
    time.press(" ")
    expect(button).to_have_attribute("aria-label", translate("en", "player.play"))
    # From the chosen station to the next one, which is then chosen.
    box = page.locator(".player .box").nth(STATION)
    box.focus()
    assert box.evaluate("x => getComputedStyle(x).outlineStyle") == "solid"
    box.press("ArrowRight")
    expect(page.locator(".player .box").nth(STATION + 1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("station=3"))
    expect(page.locator(".player h4")).to_have_text("Station 3")
    expect(page.locator(".player .box").nth(STATION + 1)).to_be_focused()
    assert page.locator(".player .box[tabindex='0']").count() == 1


def test_a_click_picks_a_station_and_the_day_stays_where_it_is(visit):
    page = settled(visit(LINK))
    time = page.locator(".player .time")
    time.focus()
    time.press("End")
    for _ in range(4):
        time.press("PageDown")
    where = at(page)
    page.locator(".player .box").nth(4).click()
    expect(page).to_have_url(re.compile("station=4"))
    expect(page.locator(".player h4")).to_have_text("Station 4")
    expect(page.locator("[data-testid=stMain] h2")).to_contain_text("tation 4")
    settled(page)
    assert at(page) == where
    page.get_by_role("combobox", name=re.compile(translate("en", "families.agent") + "$")).click()
    page.get_by_role("option", name="Plug and charge").click()
    expect(page).to_have_url(re.compile("agent=afap"))
    settled(page)
    assert at(page) == where


def test_who_wants_less_motion_gets_steps(browser: Browser, server: str):
    context = browser.new_context(reduced_motion="reduce", locale="en-US")
    page = context.new_page()
    page.goto(server + LINK)
    settled(page)
    times = play(page)
    n = 112
    assert at(page) == n
    assert len(times) <= n + 2
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_are_the_themes(visit, scheme):
    page = settled(visit(LINK, scheme=scheme))
    colour = page.locator(".player").evaluate("x => x.style.getPropertyValue('--charge')")
    assert colour == PALETTES[scheme].charge


def test_a_file_written_here_is_read_back_with_the_ledgers_totals(visit, tmp_path):
    scenario = PRESETS["busan-original"].replace(stations=4)
    world = build_world(scenario)
    runs = {name: simulate(scenario, name, world=world) for name in ("cheapest", "best")}
    file = tmp_path / "results.csv"
    file.write_bytes(write_results([recorded(world, {f"*{name}*": run.trace for name, run in runs.items()})]))
    # Where one car takes another's place at once, the file does not tell what the new one brings.
    s = world.sessions
    at_once = (s.arrival_step == 0) | (world.occupancy[s.port, np.maximum(0, s.arrival_step - 1)] >= 0)
    told = [i for i in range(scenario.stations) if i in s.station and not at_once[s.station == i].any()]
    assert told
    page = visit("/stations?source=file&currency=KRW&lang=en")
    page.locator("[data-testid=stMain] input[type=file]").set_input_files(file)
    settled(page)
    won = Style(text=STYLE.text, currency="KRW")
    for name, run in runs.items():
        page.get_by_role("radio", name=f"*{name}*").click()
        for station in told:
            page.locator(".player .box").nth(station).click()
            expect(page.locator(".player h4")).to_have_text(f"Station {station}")
            settled(page)
            page.locator(".player .time").focus()
            page.keyboard.press("End")
            row = run.ledger.stations.iloc[station]
            # EV2Gym rounds what a car brings up to 0.01 kWh, which the file does not tell either.
            hair = row["cars"] * 0.01 * 1.2 * world.prices.buy_eur_per_kwh.max() * won.rate
            assert hair < 0.01 * abs(row["bill_eur"]) * won.rate
            shown = float(total(page).replace("−", "-").replace(",", ""))
            assert shown == pytest.approx(row["bill_eur"] * won.rate, abs=hair + 0.5)
    bad = tmp_path / "bad.csv"
    bad.write_text("Timestamp,SoC\n")
    page.locator("[data-testid=stMain] input[type=file]").set_input_files(bad)
    expect(page.locator("[data-testid=stAlert]")).to_contain_text("The first row must name these nine columns")
    expect(page.locator(".player h4")).to_have_text(f"Station {told[-1]}")


def test_the_benchmark_measures_how_smoothly_a_day_plays(browser):
    figures = bench_playback()
    assert 1 < figures["playback_worst_fps"] <= figures["playback_fps"] + 1 < 500
