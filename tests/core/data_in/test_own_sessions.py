"""What a scenario carries of a visitor's cars."""

from __future__ import annotations

import datetime as dt
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import Scenario
from core.data_in.sessions import UNKNOWN, OwnSessions
from core.data_in.words import DataError
from core.errors import ScenarioError

DAY = dt.date(2023, 8, 8)


@st.composite
def own_sessions(draw, day="2023-08-07", days=4, most=20):
    """Sessions of a few days; some with a battery, a power or a SoC that the file tells."""
    n = draw(st.integers(1, most))

    def column(low, high, missing=False):
        values = st.integers(low, high)
        return draw(st.lists(values | st.just(UNKNOWN) if missing else values, min_size=n, max_size=n))

    arrival = np.datetime64(day, "m").astype(np.int64) + np.sort(column(0, days * 1440 - 1))
    return OwnSessions(
        "table", 0, arrival.astype(np.int32),
        *(np.array(values, dtype=np.int32) for values in (
            column(1, 1500), column(1, 8000), column(500, 15_000, True), column(500, 50_000, True),
            column(0, 10_000, True),
        )),
    )  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(own_sessions())
def test_texts_files_and_keys_go_there_and_back(own):
    assert OwnSessions.read_text(own.text) == own
    scenario = Scenario(date=own.dates[0], own_sessions=own)
    again = Scenario.from_json(scenario.to_json())
    assert again == scenario
    assert (again.key, again.world_key) == (scenario.key, scenario.world_key)
    assert scenario.key != Scenario(date=own.dates[0]).key
    if own.fits_link:
        assert Scenario.from_query(scenario.to_query()) == scenario
    assert np.array_equal(again.own_sessions.energy_10wh, own.energy_10wh)
    assert pickle.loads(pickle.dumps(scenario)) == scenario  # studies hand scenarios to other processes


def test_any_other_value_is_another_key():
    own = OwnSessions.of(["2023-08-08T09:00"], [480], [10.0])
    others = [
        OwnSessions.of(["2023-08-08T09:01"], [480], [10.0]),
        OwnSessions.of(["2023-08-08T09:00"], [480], [10.01]),
        OwnSessions.of(["2023-08-08T09:00"], [480], [10.0], arrival_soc=[0.0]),
    ]
    assert len({Scenario(date=DAY, own_sessions=each).world_key for each in (own, *others)}) == 4


def test_arrays_cannot_be_written_and_columns_are_checked():
    own = OwnSessions.of(["2023-08-08T09:00"], [480], [10.0])
    with pytest.raises(ValueError, match="read-only"):
        own.stay_min[0] = 3
    for wrong in ({"stay_min": [0]}, {"energy_kwh": [1000]}, {"capacity_kwh": [1]}, {"arrival_soc": [1.1]}):
        with pytest.raises(DataError):
            OwnSessions.of(**{"arrival": ["2023-08-08T09:00"], "stay_min": [480], "energy_kwh": [10.0]} | wrong)
    with pytest.raises(DataError):
        OwnSessions.of([], [], [])


def test_a_day_outside_the_file_is_refused_by_name():
    own = OwnSessions.of(["2023-08-08T09:00", "2023-08-11T09:00"], [480, 480], [10.0, 10.0])
    assert Scenario(date=dt.date(2023, 8, 10), own_sessions=own).own_sessions == own
    with pytest.raises(ScenarioError, match=r"own_sessions: no session .* from 2023-08-08 to 2023-08-11"):
        Scenario.parse({"date": "2023-09-01", "own_sessions": own})
    for text in ("sessions1.AAAA", "prices1.", "", "sessions1." + own.text[20:]):
        with pytest.raises(ScenarioError, match="own_sessions"):
            Scenario.parse({"date": "2023-08-08", "own_sessions": text})


@pytest.mark.parametrize("day", ["1995-05-05", "2014-12-31", "2020-02-29", "2025-01-06", "2025-01-07", "2031-07-01"])
def test_dates_without_prices_move_by_whole_years_of_weeks(day):
    first, last = dt.date(2015, 1, 1), dt.date(2025, 1, 5)
    start = np.datetime64(day, "m")
    own = OwnSessions.of(np.array([start, start + 1440]), [60, 60], [1.0, 1.0])
    moved = own.moved_between(first, last)
    assert first <= moved.dates[0] <= moved.dates[-1] <= last
    assert moved.moved_days % 364 == 0
    assert [day.weekday() for day in moved.dates] == [day.weekday() for day in own.dates]
    assert (moved.moved_days == 0) == (first <= own.dates[0] and own.dates[-1] <= last)
