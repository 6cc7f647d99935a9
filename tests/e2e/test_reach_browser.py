"""Phone and keyboard: what `python -m harness.reach` measures of every page, here of two that are soon drawn."""

from __future__ import annotations

import pytest

from harness import reach

pytestmark = pytest.mark.e2e


def test_the_first_page_shows_its_finding_and_chart_within_two_screens_of_a_phone(browser, server):
    finding, chart, end = reach.on_a_phone(browser, f"{server}/?lang=ko")
    assert 0 < finding < chart < end
    assert chart <= reach.MOST_SCREENS["explore"]


def test_every_control_is_reached_by_tab_and_every_picture_has_words(browser, server):
    found = reach.look(browser, server, "about", "ko")
    assert reach.problems(found) == []
    assert found.controls > 20
    assert 0 < found.first_paint_ms <= found.chart_ms
