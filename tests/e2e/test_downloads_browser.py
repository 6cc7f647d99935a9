"""The report that a page gives, in a browser that has no network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def test_a_report_opens_without_a_network(visit, browser, tmp_path: Path):
    page = visit("/compare?stations=4&agents=afap,cheapest&lang=ko", scheme="dark")
    headline = page.locator("[data-testid=stMain] h2").inner_text(timeout=90_000)
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
    report.on("request", lambda request: asked.append(request.url))
    report.goto(file.as_uri())
    expect(report.locator("h1")).to_have_text(headline)
    pictures = report.locator("figure img")
    assert pictures.count() == 6
    assert pictures.evaluate_all("all => all.every(x => x.complete && x.naturalWidth > 300)")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()
