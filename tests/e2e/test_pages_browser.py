"""Compare, Robustness and Trade-offs in a real browser, as a visitor uses them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from harness.browser import WAITING, unfold

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", autouse=True)
def _awake(browser: Browser, server: str) -> None:
    """A server that has shown its first page; what a fresh one does is tested elsewhere."""
    page = browser.new_page()
    page.goto(server)
    expect(page.locator("[data-testid=stMain] h2")).to_be_visible(timeout=90_000)
    page.close()


def settled(page: Page, *figures: str) -> Page:
    """Wait until these figures are drawn and nothing is being computed."""
    for key in figures:
        expect(page.locator(f".st-key-figure_{key} svg.marks").first).to_be_visible(timeout=90_000)
    expect(page.locator("[data-testid=stProgress]")).to_have_count(0, timeout=90_000)
    expect(page.locator(WAITING)).to_have_count(0)
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    return page


def findings(page: Page) -> list[str]:
    return page.locator("[data-testid=stMain] :is(h2, h3)").all_inner_texts()


@pytest.mark.parametrize(
    ("path", "figures"),
    [
        ("/compare?stations=6&agents=afap,cheapest,best", ("who_gains", "every_car", "where_they_differ")),
        ("/robustness?stations=6&agents=afap,rr,cheapest&n=10&over=seeds", ("paired", "spread")),
        ("/tradeoffs?stations=6&agents=afap,rr,cheapest&points=5&days=1", ("sweep",)),
        ("/tradeoffs?stations=6&agents=afap,best&points=5&days=1&view=front", ("front",)),
    ],
)
def test_a_link_shows_the_same_in_a_fresh_browser(visit, path, figures):
    first = settled(visit(f"{path}&lang=en"), *figures)
    again = settled(visit(first.url), *figures)
    assert findings(first) == findings(again)


def test_a_pin_stays_while_the_scenario_changes(visit):
    page = settled(visit("/compare?stations=6&agents=afap,best&lang=en"), "who_gains")
    page.get_by_role("button", name="Pin this run").click()
    expect(page.get_by_role("button", name="Remove all")).to_be_visible()
    settled(page, "who_gains")
    thumb = page.locator(".st-key-field-transformer_limit_kw input[type=range]")
    unfold(page, "site")
    thumb.focus()
    thumb.press("ArrowLeft")
    page.wait_for_url("**transformer_limit_kw=90**")
    settled(page, "who_gains")
    expect(page.get_by_role("button", name="Pin this run")).to_be_enabled()
    page.get_by_role("button", name="Pin this run").click()
    settled(page, "who_gains", "pins")
    again = settled(visit(page.url), "who_gains", "pins")
    assert findings(page) == findings(again)


def test_a_long_study_is_stopped_and_keeps_what_is_done(visit):
    page = visit("/robustness?agents=afap,rr,mpc&n=100&lang=en")
    page.get_by_role("button", name="Stop").click(timeout=60_000)
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    expect(page.locator(".st-key-figure_paired svg.marks")).to_be_visible()


@pytest.mark.parametrize("path", ["/compare", "/robustness", "/tradeoffs", "/stations", "/agents"])
def test_nothing_is_wider_than_a_phone(visit, path):
    page = visit(f"{path}?stations=6&agents=afap,cheapest&n=10&points=5&days=1&lang=ko", width=390)
    expect(page.locator("svg.marks").first).to_be_visible(timeout=90_000)
    wide = "document.querySelector('[data-testid=stMain]').scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


def test_an_address_of_several_levels_says_which_pages_there_are(visit):
    page = visit("/compare/at/all?lang=en")
    expect(page.get_by_text("compare.at.all")).to_be_visible()
    expect(page.locator("[data-testid=stMetric]").first).to_be_visible()
    # Streamlit's browser side says the same to its console, where it is quick enough.
    visit.complaints[:] = [said for said in visit.complaints if "does not seem to exist" not in said]
