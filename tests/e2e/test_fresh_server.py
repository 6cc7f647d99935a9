"""A shared link may be the first request that a server sees: the page it names opens, with the frame around it."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest

from core.measure.bench import bench_app
from core.scenario import Scenario
from harness.server import running_app
from harness.visitor import Visitor
from pages.ui.frame import PAGES

pytestmark = pytest.mark.e2e


def test_every_page_but_the_first_can_be_the_first_request():
    scripts = {path.stem for path in (Path(__file__).parents[2] / "pages").glob("*.py")} - {"__init__"}
    assert scripts == set(PAGES[1:])


def test_a_link_to_compare_opens_compare_on_a_fresh_server(browser):
    with running_app() as (address, _):
        page = browser.new_page()
        page.goto(f"{address}/compare?v=1&stations=7&lang=en")
        page.get_by_role("heading", name="Who does best", exact=True).wait_for()
        assert page.get_by_role("dialog").count() == 0
        assert page.get_by_test_id("stSidebar").is_visible()
        page.get_by_test_id("stSidebar").get_by_text("Site", exact=True).click()
        assert page.get_by_role("slider", name="Charging stations").input_value() == "7"
        page.close()


def test_the_benchmark_measures_the_app_from_outside(browser):
    figures = bench_app(repeats=1)
    assert 0.2 < figures["first_chart_s"] < 60
    assert 50 < figures["rss_mb"] < 4000


def test_a_file_waits_for_its_visitor_though_others_go_on(server):
    with Visitor(server) as one, Visitor(server) as other:
        for visitor in (one, other):
            visitor.open(v=1, lang="en")
        made = one.have_made("scenario")
        for factor in (1.1, 1.2, 1.3):
            other.move({"v2g_price_factor": factor})
        with urllib.request.urlopen(made) as file:
            assert Scenario.from_json(file.read()) == Scenario()
