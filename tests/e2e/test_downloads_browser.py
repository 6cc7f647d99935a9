"""The report that a page gives, in a browser that has no network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from core import Scenario
from harness.browser import WAITING

pytestmark = pytest.mark.e2e


def test_a_report_opens_without_a_network(visit, browser, tmp_path: Path):
    page = visit("/compare?stations=4&agents=afap,cheapest&lang=ko", scheme="dark")
    headline = page.locator("[data-testid=stMain] h2").inner_text(timeout=90_000)
    expect(page.locator(WAITING)).to_have_count(0, timeout=60_000)  # the menu is opened on a page that stands
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    page.locator(".st-key-downloads-open button").click()
    button = page.locator(".st-key-get-report button")
    with page.expect_download() as waiting:
        button.click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    assert file.name.endswith("-compare.html")

    context = browser.new_context(offline=True)
    report = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    report.on("request", lambda request: asked.append(request.url))
    report.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    report.on("pageerror", lambda error: complaints.append(str(error)))
    report.goto(file.as_uri())
    expect(report.locator("h1")).to_have_text(headline)
    places = report.locator("figure")
    assert places.count() == 6
    for place in places.all():  # each comes alive when it is near
        picture, words = place.locator("img"), place.locator("img").get_attribute("alt")
        place.scroll_into_view_if_needed()
        drawn = place.locator("[role=graphics-document]")
        expect(drawn).to_have_attribute("aria-label", words)
        expect(drawn.locator("svg.marks")).to_be_visible()
        assert drawn.locator("svg.marks").evaluate("x => x.getBoundingClientRect().width") > 200
        expect(picture).to_be_hidden()
    bars = places.first.locator(".mark-rect path")
    widths = bars.evaluate_all("all => all.map(x => x.getBoundingClientRect().width)")
    bars.nth(widths.index(max(widths))).hover()
    expect(report.locator("#vg-tooltip-element")).to_be_visible()
    with report.expect_download() as saving:
        report.locator("a[download]").click()
    assert Scenario.from_json(Path(saving.value.path()).read_bytes()).stations == 4
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert complaints == []
    context.close()

    still = browser.new_context(offline=True, java_script_enabled=False)
    page = still.new_page()
    page.goto(file.as_uri())
    assert page.locator("figure img").count() == page.locator("figure img:visible").count() == 6
    assert "default-src 'none'" in page.content()
    still.close()
