"""The decomposition against HiGHS's branch and bound on sites so small that both find nearly everything."""

from __future__ import annotations

import pytest

from core.measure import directions


@pytest.fixture(scope="module")
def table():
    return directions.measure(stations=[2], seconds=[1.0])


def test_every_day_is_planned_in_every_way_and_no_plan_is_above_any_bound(table):
    assert len(table) == len(directions.DAYS) * len(directions.SEEDS) * 3
    of_day = table.groupby("day")
    # HiGHS's tolerances are 1e-6 on each of some thousand numbers.
    assert (of_day["value_eur"].max() <= of_day["bound_eur"].min() + 1e-3).all()
    assert (table["behind_eur"] >= 0).all()
    assert (table["above_eur"] >= 0).all()


def test_the_decomposition_is_as_good_as_a_search_that_finishes(table):
    behind = table[table["way"] == "decomposition"]["behind_eur"]
    assert behind.median() < 0.02
    assert behind.max() < 0.2
    assert table[table["way"] == "rounding"]["behind_eur"].max() > 0.1  # these days do need it


def test_the_page_has_a_row_for_each_size_and_way(table):
    lines = directions._page(table).splitlines()
    assert [line.split("|")[3].strip() for line in lines[2:]] == ["rounding", "decomposition", "highs 1 s"]
