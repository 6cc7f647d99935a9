"""Day-ahead prices: the hours that a guessing parser gets wrong, continuity, daylight saving time, bounds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import ScenarioError
from core.tariffs import build, day_ahead

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

# Copied by hand from rows of the CSV: UTC hour (day first, as in the CSV's later block) and EUR/MWh.
ROWS_BY_HAND = [
    ("2015-01-01T00", 34.94),  # first row of the file
    ("2020-10-25T01", 0.09),
    ("2022-01-17T05", 201.9),
    ("2022-12-31T23", -3.61),  # 31/12/2022 23:00, first row of the later block
    ("2023-03-10T12", 112.83),  # 10/03/2023
    ("2023-10-03T00", 71.94),  # 03/10/2023: read month first, this would be 10 March
    ("2023-10-03T05", 44.74),
    ("2023-10-03T12", 0.07),
    ("2023-10-03T18", 124.0),
    ("2024-02-05T12", 45.5),  # 05/02/2024, twin of the next
    ("2024-05-02T12", -0.1),
    ("2024-06-01T09", 33.74),
    ("2024-08-15T10", 9.91),
    ("2024-11-12T16", 292.33),  # 12/11/2024, twin of the next
    ("2024-12-11T16", 423.13),
    ("2025-01-06T09", 60.0),
    ("2025-01-07T23", 66.19),  # last row of the file
]


@pytest.fixture(scope="module")
def by_utc() -> pd.DataFrame:
    return day_ahead.table().set_index("time_utc")


def minutes(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[m]")


# --- what the CSV says --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("hour_utc", "eur_per_mwh"), ROWS_BY_HAND)
def test_price_equals_the_row_of_the_csv(by_utc, hour_utc, eur_per_mwh):
    row = by_utc.loc[pd.Timestamp(hour_utc)]
    assert row["eur_per_kwh"] == eur_per_mwh / 1000
    assert not row["filled"]


def test_guessing_the_date_format_is_wrong_where_the_table_is_right(by_utc):
    """What EV2Gym does: let pandas guess each stamp, then take the first row of the hour."""
    raw = pd.read_csv(build.locate_csv())
    stamps = pd.to_datetime(raw["Datetime (UTC)"], format="mixed")
    guessed = raw["Price (EUR/MWhe)"].groupby(stamps).first() / 1000
    measured = by_utc[~by_utc["filled"]]
    wrong = guessed.reindex(measured.index) != measured["eur_per_kwh"]
    hours_wrong = wrong.groupby(measured.index.year).sum()
    assert dict(hours_wrong[hours_wrong > 0]) == {2023: 791, 2024: 3168, 2025: 144}
    assert len(measured.loc["2024"]) == 8783
    week = wrong.loc["2023-10-03":"2023-10-09"]
    assert len(week) == 7 * 24
    assert week.all()


# --- one row an hour ----------------------------------------------------------------------------------------------
def test_exactly_one_row_an_hour():
    table = day_ahead.table()
    expected = pd.date_range("2015-01-01 00:00", "2025-01-07 23:00", freq="h")
    assert table["time_utc"].tolist() == expected.tolist()
    assert len(table) == 87_840
    assert np.isfinite(table["eur_per_kwh"]).all()
    assert table.dtypes.astype(str).to_dict() == {
        "time_utc": "datetime64[ns]",
        "time_local": "datetime64[ns]",
        "utc_offset_hours": "int8",
        "eur_per_kwh": "float64",
        "filled": "bool",
    }


def test_local_time_and_offset_follow_the_time_zone():
    table = day_ahead.table().iloc[::7]  # a step that meets every hour of the day
    for utc, local, offset in zip(table["time_utc"], table["time_local"], table["utc_offset_hours"], strict=True):
        there = utc.to_pydatetime().replace(tzinfo=UTC).astimezone(AMSTERDAM)
        assert local.to_pydatetime() == there.replace(tzinfo=None)
        assert timedelta(hours=offset) == there.utcoffset()


def test_only_the_two_missing_hours_are_filled_by_the_mean_of_their_neighbours():
    table = day_ahead.table()
    filled = table[table["filled"]]
    assert filled["time_utc"].astype(str).tolist() == ["2023-12-30 23:00:00", "2024-12-30 23:00:00"]
    by_hand = [(43.23 + 12.56) / 2 / 1000, (36.47 + 54.9) / 2 / 1000]
    np.testing.assert_allclose(filled["eur_per_kwh"], by_hand, rtol=1e-12)


# --- whole days ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "rows"),
    [
        (date(2023, 3, 26), 23),  # clocks go forward
        (date(2024, 3, 31), 23),
        (date(2023, 10, 29), 25),  # clocks go back
        (date(2024, 10, 27), 25),
        (date(2023, 10, 3), 24),
        (date(2023, 12, 31), 24),  # holds a filled hour
        (date(2015, 1, 2), 24),
        (day_ahead.LAST_DATE, 24),
    ],
)
def test_rows_of_a_day(day, rows):
    frame = day_ahead.between(day, day)
    assert list(frame.columns) == ["time_local", "time_utc", "eur_per_kwh", "filled"]
    assert len(frame) == rows
    assert (frame["time_local"].dt.date == day).all()
    assert frame["time_local"].iloc[0].hour == 0
    assert frame["time_local"].iloc[-1].hour == 23


def test_first_day_begins_an_hour_late():
    frame = day_ahead.between(day_ahead.FIRST_DATE, day_ahead.FIRST_DATE)
    assert frame["time_local"].iloc[0] == pd.Timestamp("2015-01-01 01:00")
    assert len(frame) == 23


def test_autumn_day_has_both_passes_of_the_repeated_hour():
    frame = day_ahead.between(date(2023, 10, 29), date(2023, 10, 29))
    twice = frame[frame["time_local"] == pd.Timestamp("2023-10-29 02:00")]
    assert twice["eur_per_kwh"].tolist() == [-1.93 / 1000, -1.59 / 1000]


def test_days_add_up():
    start, end = date(2023, 3, 20), date(2023, 11, 5)
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    apart = pd.concat([day_ahead.between(day, day) for day in days])
    assert apart.reset_index(drop=True).equals(day_ahead.between(start, end).reset_index(drop=True))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2014, 12, 31), date(2015, 1, 3)),
        (date(2025, 1, 1), date(2025, 1, 8)),
        (date(1999, 1, 1), date(1999, 1, 1)),
        (date(2030, 1, 1), date(2030, 1, 1)),
    ],
)
def test_dates_out_of_range_name_the_allowed_dates(start, end):
    with pytest.raises(ScenarioError, match=r"days from 2015-01-01 to 2025-01-07\.$"):
        day_ahead.between(start, end)


def test_dates_in_the_wrong_order():
    with pytest.raises(ScenarioError, match=r"2023-10-02, lies before the first, 2023-10-03\.$"):
        day_ahead.between(date(2023, 10, 3), date(2023, 10, 2))


# --- the clock that never jumps -----------------------------------------------------------------------------------
@given(
    minute=st.integers(0, int((day_ahead.LAST_LOCAL - day_ahead.FIRST_LOCAL).astype(int))),
)
@example(minute=0)
@example(minute=int((np.datetime64("2023-03-26T02:30") - day_ahead.FIRST_LOCAL).astype(int)))
@example(minute=int((np.datetime64("2023-10-29T02:30") - day_ahead.FIRST_LOCAL).astype(int)))
def test_price_of_any_minute_agrees_with_the_time_zone(by_utc, minute):
    """Against an independent way: local time -> UTC by zoneinfo -> row of the table."""
    time = day_ahead.FIRST_LOCAL + np.timedelta64(minute, "m")
    local: datetime = time.astype(object)
    utc = local.replace(tzinfo=AMSTERDAM, fold=0).astimezone(UTC)
    if utc.astimezone(AMSTERDAM).replace(tzinfo=None) != local:  # skipped in spring: the hour before
        utc = (local - timedelta(hours=1)).replace(tzinfo=AMSTERDAM).astimezone(UTC)
    row = by_utc.loc[pd.Timestamp(utc.replace(minute=0, tzinfo=None))]
    price, filled = day_ahead.price_at(np.array([time]))
    assert price[0] == row["eur_per_kwh"]
    assert filled[0] == row["filled"]


def test_the_hour_skipped_in_spring_takes_the_hour_before():
    price, _ = day_ahead.price_at(
        minutes("2023-03-26T01:45", "2023-03-26T02:00", "2023-03-26T02:59", "2023-03-26T03:00")
    )
    np.testing.assert_array_equal(price, np.array([80.0, 80.0, 80.0, 84.9]) / 1000)


def test_the_first_pass_of_the_repeated_autumn_hour_counts():
    price, _ = day_ahead.price_at(minutes("2020-10-25T02:00", "2020-10-25T02:59", "2020-10-25T03:00"))
    np.testing.assert_array_equal(price, np.array([0.15, 0.15, -0.1]) / 1000)


def test_filled_hours_are_flagged():
    _, filled = day_ahead.price_at(
        minutes("2023-12-30T23:59", "2023-12-31T00:00", "2023-12-31T00:45", "2023-12-31T01:00")
    )
    assert filled.tolist() == [False, True, True, False]


def test_shape_and_order_are_kept():
    times = minutes("2024-05-02T14:15", "2022-01-17T06:00").reshape(2, 1)
    price, filled = day_ahead.price_at(times)
    np.testing.assert_array_equal(price, np.array([[-0.1], [201.9]]) / 1000)
    assert filled.shape == (2, 1)


def test_bounds_are_the_first_and_last_minute_with_a_price():
    price, _ = day_ahead.price_at(np.array([day_ahead.FIRST_LOCAL, day_ahead.LAST_LOCAL]))
    np.testing.assert_array_equal(price, np.array([34.94, 66.19]) / 1000)


@pytest.mark.parametrize(
    "time", [day_ahead.FIRST_LOCAL - 1, day_ahead.LAST_LOCAL + 1, np.datetime64("2222-02-02T02:02")]
)
def test_times_out_of_range_name_the_allowed_times(time):
    with pytest.raises(ScenarioError, match=r"from 2015-01-01 01:00 to 2025-01-08 00:59 local time\.$"):
        day_ahead.price_at(np.array([np.datetime64("2023-10-03T05:00"), time]))


@pytest.mark.parametrize(
    "times", [np.array(["2023-10-03", "NaT"], dtype="datetime64[m]"), np.array([5.0]), np.array(["x"])]
)
def test_what_is_no_time_is_refused(times):
    with pytest.raises(ScenarioError, match=r"^times_local: "):
        day_ahead.price_at(times)


# --- shared state -------------------------------------------------------------------------------------------------
def test_callers_cannot_spoil_each_others_prices():
    time = minutes("2023-10-03T07:00")
    for frame in (day_ahead.table(), day_ahead.between(date(2023, 10, 3), date(2023, 10, 3))):
        frame.loc[:, "eur_per_kwh"] = 99.0
    price, filled = day_ahead.price_at(time)
    price[:], filled[:] = 99.0, True
    assert day_ahead.price_at(time)[0][0] == 44.74 / 1000
    assert day_ahead.table()["eur_per_kwh"].max() < 1.0


def test_threads_that_load_at_once_get_the_same_prices():
    day_ahead._prices.cache_clear()
    times = minutes("2023-10-03T07:00", "2024-05-02T14:00")
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: day_ahead.price_at(times)[0].tolist(), range(32)))
    assert results == [[44.74 / 1000, -0.1 / 1000]] * 32


# --- the build ----------------------------------------------------------------------------------------------------
def test_rebuilding_gives_the_committed_table(tmp_path, capsys):
    target = tmp_path / "again.parquet"
    assert build.main(["--out", str(target)]) == 0
    assert capsys.readouterr().out.startswith("87840 hours from 2015-01-01 00:00:00 to 2025-01-07 23:00:00 UTC, 2 of")
    pd.testing.assert_frame_equal(pd.read_parquet(target), pd.read_parquet(build.PARQUET_PATH), check_exact=True)
    assert list(tmp_path.iterdir()) == [target]  # no temporary file left behind


HEADER = "Country,Datetime (UTC),Datetime (Local),Price (EUR/MWhe)\n"
GOOD = "NL,2022-12-31 22:00:00,2022-12-31 23:00:00,10.0\nNL,2022-12-31 23:00:00,2023-01-01 00:00:00,20.0\n"


def write_csv(folder: Path, rows: str) -> Path:
    path = folder / "prices.csv"
    path.write_text(HEADER + rows)
    return path


def test_the_later_block_wins_and_the_blank_row_is_dropped(tmp_path):
    rows = GOOD + "NL,,,0.0\nNL,31/12/2022 23:00,01/01/2023 00:00,30.0\nNL,01/01/2023 01:00,01/01/2023 02:00,50.0\n"
    table = build.clean(write_csv(tmp_path, rows))
    assert table["eur_per_kwh"].tolist() == [0.010, 0.030, 0.040, 0.050]
    assert table["filled"].tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("NL,2022.12.31 22:00,2022.12.31 23:00,10.0\n", "1 rows of the price CSV fit neither"),
        ("NL,2023-01-01 00:00:00,2023-01-01 00:00:00,10.0\n", "disagree with the time zone"),
        ("NL,2023-01-01 00:00:00,2023-01-01 01:00:00,\n", "no number as its price"),
        ("NL,2023-01-01 00:00:00,2023-01-01 01:00:00,inf\n", "no number as its price"),
        ("NL,2022-12-31 23:00:00,2023-01-01 00:00:00,20.0\n", "an hour twice"),
        ("NL,2023-01-01 02:00:00,2023-01-01 03:00:00,20.0\n", "lacks two hours in a row"),
    ],
)
def test_a_csv_of_another_kind_is_refused(tmp_path, rows, message):
    with pytest.raises(build.PriceFileError, match=message):
        build.clean(write_csv(tmp_path, GOOD + rows))


def test_the_command_says_in_one_line_what_is_wrong_and_leaves_the_target_alone(tmp_path, capsys):
    target = tmp_path / "kept.parquet"
    target.write_text("before")
    assert build.main(["--csv", str(write_csv(tmp_path, GOOD + "NL,x,y,1\n")), "--out", str(target)]) == 2
    assert capsys.readouterr().err == "1 rows of the price CSV fit neither of its date formats.\n"
    assert target.read_text() == "before"


def test_a_failed_write_leaves_no_temporary_file(tmp_path, capsys):
    csv = write_csv(tmp_path, GOOD)
    folder = tmp_path / "taken"
    folder.mkdir()
    assert build.main(["--csv", str(csv), "--out", str(folder)]) == 2
    assert str(folder) in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == [csv, folder]


def test_the_title_says_the_first_and_the_last_date_of_the_table():
    days = day_ahead.table()["time_utc"].dt.date
    assert f"{days.min()} to {days.max()}" in day_ahead.source().title
