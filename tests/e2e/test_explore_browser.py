"""Explore in a real browser, as a visitor uses it."""

from __future__ import annotations

import io
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from core.scenario import PRESETS, Scenario
from core.studies.run import simulate
from harness.browser import WAITING, unfold
from pages.ui.i18n import translate

pytestmark = pytest.mark.e2e

GROUP = {row["name"]: row["group"] for row in Scenario.fields()}

CHARTS = ("power_map", "station_bars", "site_power", "stakeholder_ledger")


def chart(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-figure_{key} [data-testid=stVegaLiteChart] svg.marks")


def settled(page: Page) -> Page:
    """Wait until all figures are drawn and nothing is being computed."""
    for key in CHARTS:
        expect(chart(page, key)).to_be_visible(timeout=60_000)
    expect(page.locator(WAITING)).to_have_count(0)
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    return page


def press(page: Page, field: str, key: str) -> None:
    """Move a slider by one stop with the keyboard."""
    thumb = page.locator(f".st-key-field-{field} input[type=range]")
    group = GROUP[field]
    if group != "weights" and not thumb.count():
        unfold(page, group)
    thumb.focus()
    thumb.press(key)


def query(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def shown(page: Page) -> dict[str, list[str]]:
    """Everything that a reader sees: cards, findings, and the shapes of the figures."""
    drawn = {
        key: chart(page, key).locator("path").evaluate_all("all => all.map(x => x.getAttribute('d'))") for key in CHARTS
    }
    return {
        "cards": page.locator("[data-testid=stMetricValue]").all_inner_texts(),
        "findings": page.locator("[data-testid=stMain] :is(h2, h3)").all_inner_texts(),
        **drawn,
    }


@pytest.mark.parametrize(("first", "then"), [("en", "한국어"), ("ko", "English")])
def test_another_language_changes_words_only(visit, first, then):
    page = settled(visit(f"/?lang={first}&agent=rr&place=private&retail=kepco_self_use_low&currency=KRW"))
    page.get_by_role("radio", name=then).or_(page.get_by_role("button", name=then)).first.click()
    other = {"en": "ko", "ko": "en"}[first]
    expect(page.get_by_text(translate(other, "families.family"), exact=True).first).to_be_visible()
    settled(page)
    # The browser sends all widgets with the next change, also those whose options are called otherwise now.
    press(page, "stations", "ArrowLeft")
    expect(page).to_have_url(re.compile("stations=24"))
    settled(page)
    wanted = {"agent": "rr", "place": "private", "retail": "kepco_self_use_low", "currency": "KRW", "lang": other}
    assert {name: query(page).get(name) for name in wanted} == wanted
    expect(page.locator("[data-testid=stMetricValue]").nth(1)).to_contain_text(translate(other, "units.KRW"))


def test_three_sliders_and_a_shared_link(visit):
    page = settled(visit("/?lang=en"))
    before = shown(page)
    press(page, "stations", "ArrowLeft")
    expect(page).to_have_url(re.compile("stations=24"))
    press(page, "w_provider", "ArrowLeft")
    expect(page).to_have_url(re.compile(r"w_provider=0\.95"))
    press(page, "transformer_limit_kw", "ArrowRight")
    expect(page).to_have_url(re.compile(r"transformer_limit_kw=110\.0"))
    settled(page)
    after = shown(page)
    assert after != before
    assert Scenario.from_query(query(page)) == Scenario(stations=24, w_provider=0.95, transformer_limit_kw=110)

    friend = settled(visit(page.url))
    assert shown(friend) == after
    assert query(friend) == query(page)


def test_clicking_a_station_explains_it(visit):
    page = settled(visit("/?lang=en&stations=6"))
    assert "station" not in query(page)
    chart(page, "station_bars").locator("path[aria-label*='Station: 2;']").click()
    expect(page).to_have_url(re.compile("station=2"))
    expect(chart(page, "station_detail")).to_be_visible()
    finding = page.locator(".st-key-figure_station_detail h3")
    expect(finding).to_contain_text("tation 2")
    # The map takes clicks as well.
    sessions = simulate(Scenario(stations=6), "afap").ledger.sessions
    other = int(sessions.loc[sessions["station"] != 2, "station"].iloc[0])
    chart(page, "power_map").locator(f"path[aria-label*='Station: {other};']").first.click()
    expect(page).to_have_url(re.compile(f"station={other}"))
    expect(finding).to_contain_text(f"Station {other}:")
    # Back to the first by the same click as before.
    chart(page, "station_bars").locator("path[aria-label*='Station: 2;']").click()
    expect(page).to_have_url(re.compile("station=2"))


def test_language_is_switched_and_kept_in_the_link(visit):
    page = settled(visit("/", locale="ko-KR"))
    expect(page.get_by_text(translate("ko", "families.family"), exact=True)).to_be_visible()
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_text(translate("en", "families.family"), exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("lang=en"))
    settled(page)


def test_a_korean_browser_begins_in_won_and_its_address_means_the_same_elsewhere(visit):
    page = settled(visit("/", locale="ko-KR"))
    expect(page.locator("[data-testid=stMetricValue]").nth(1)).to_contain_text("원")
    expect(page).to_have_url(re.compile("provider=kepco_service_1"))
    other = settled(visit(page.url, locale="en-US"))
    expect(other.locator("[data-testid=stMetricValue]").nth(1)).to_contain_text("원")
    # What an English visitor's address leaves out has its default in Korea, too.
    again = settled(visit("/?v=1&lang=en", locale="ko-KR"))
    expect(again.locator("[data-testid=stMetricValue]").nth(1)).to_contain_text("EUR")


def test_downloaded_numbers_are_cores(visit, tmp_path: Path):
    page = settled(visit("/?lang=en&stations=6&agent=cheapest&seed=3"))
    page.get_by_role("button", name=translate("en", "downloads.open")).click()
    for table, button in (("sessions", "downloads.sessions_csv"), ("steps", "downloads.steps_csv")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=translate("en", button)).click()
        path = tmp_path / table
        waiting.value.save_as(path)
        got = pd.read_csv(io.BytesIO(path.read_bytes()))
        exact = getattr(simulate(Scenario.from_query(query(page)), "cheapest").ledger, table)
        assert list(got.columns) == list(exact.columns)
        numbers = exact.select_dtypes("number").columns
        pd.testing.assert_frame_equal(got[numbers], exact[numbers], check_dtype=False, rtol=1e-12)
    with page.expect_download() as waiting:
        page.get_by_role("button", name=translate("en", "downloads.scenario")).click()
    assert Scenario.from_json(Path(waiting.value.path()).read_bytes()) == Scenario(stations=6, seed=3)


def test_a_phone_shows_the_same_page(visit):
    page = settled(visit("/?lang=ko&stations=6", width=390, scheme="dark"))
    widths = page.locator("[data-testid=stVegaLiteChart]").evaluate_all(
        "all => all.map(x => x.getBoundingClientRect().right)"
    )
    assert max(widths) <= 390


@pytest.mark.parametrize(("slug", "language"), [("sunny", "en"), ("busan", "ko")])
def test_a_phone_shows_finding_and_main_chart_within_two_screens(visit, slug, language):
    address = urlencode({"v": 1, "lang": language, **PRESETS[slug].to_query()})
    page = visit(f"/?{address}", width=390, height=2 * 844)
    expect(chart(page, "power_map")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name=translate(language, "tour.skip")).click()  # seen once
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    assert page.locator(".st-key-figure_power_map").evaluate("figure => figure.getBoundingClientRect().bottom") <= 1688


def test_the_link_to_the_files_arrives_though_sections_are_drawn_on_the_way(visit):
    page = visit("/?lang=en&stations=6", height=900)
    expect(chart(page, "power_map")).to_be_visible(timeout=60_000)
    page.locator(".st-key-ask").get_by_role("link", name=translate("en", "downloads.title")).click()
    expect(page.locator(WAITING)).to_have_count(0, timeout=30_000)
    expect(page.locator("#downloads")).to_be_in_viewport(timeout=30_000)


def test_pages_are_reached_by_their_addresses(visit):
    page = visit("/about?lang=en&stations=6")
    expect(page.get_by_role("heading", name=translate("en", "about.limits_title"))).to_be_visible()
    expect(page).to_have_url(re.compile("stations=6"))
    page.get_by_role("link", name=translate("en", "pages.explore")).click()
    settled(page)
    expect(page).to_have_url(re.compile("stations=6"))


@pytest.mark.parametrize("path", ["/", "/data?lang=en"])
def test_one_press_of_back_leaves_the_app_as_it_was_entered(visit, path):
    page = visit("about:blank")
    page.goto(visit.address + path)
    page.wait_for_url("**v=1**")
    expect(page.locator("[data-testid=stMain] h2")).to_be_visible(timeout=60_000)
    page.wait_for_function("window.history.pagesAreSteps")
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible(timeout=60_000)
    whole = page.url
    page.get_by_role("link", name="About", exact=True).first.click()
    page.wait_for_url("**/about?**")
    page.go_back()
    page.wait_for_url(whole)
    page.go_back()
    page.wait_for_url("about:blank")


def test_back_takes_one_press_a_page_and_steps_back_through_scenarios(visit):
    page = settled(visit("/?lang=en&agent=afap&v=1"))
    first = query(page)
    press(page, "w_grid", "ArrowLeft")
    expect(page).to_have_url(re.compile(r"w_grid=0\.95"))
    settled(page)
    page.get_by_role("link", name="Data", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"/data\?.*w_grid=0\.95"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/\?.*w_grid=0\.95"))
    settled(page)
    page.go_back()
    expect(page.locator(".st-key-field-w_grid input[type=range]")).to_have_value("1")
    settled(page)
    assert query(page) == first
    page.go_forward()
    expect(page.locator(".st-key-field-w_grid input[type=range]")).to_have_value("0.95")


def test_what_is_far_is_drawn_when_a_reader_comes_near_it(visit):
    page = visit("/?lang=en&stations=6&agent=cheapest&v=1", height=900)
    expect(chart(page, "power_map")).to_be_visible(timeout=60_000)
    end = page.locator(".st-key-near_end")
    expect(end).to_be_attached()
    assert chart(page, "policy_slice").count() == 0
    end.scroll_into_view_if_needed()
    expect(chart(page, "policy_slice")).to_be_visible()
    expect(page.locator(".st-key-rewards")).to_be_visible()


def test_no_chart_is_mounted_anew_when_a_slider_moves(visit):
    page = settled(visit("/?lang=en&stations=6&agent=best&v=1"))
    unfold(page, "tariff")
    settled(page)
    charts = page.locator("[data-testid=stVegaLiteChart]")
    n = charts.count()
    charts.evaluate_all("all => all.forEach(x => { x.stays = true })")
    money = ".st-key-figure_stakeholder_ledger svg.marks"
    before = page.locator(money).inner_html()
    press(page, "v2g_price_factor", "ArrowRight")
    page.wait_for_function("([money, was]) => document.querySelector(money)?.innerHTML !== was", arg=[money, before])
    settled(page)
    expect(charts).to_have_count(n)
    assert charts.evaluate_all("all => all.every(x => x.stays)")
