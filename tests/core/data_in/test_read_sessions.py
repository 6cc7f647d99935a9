"""Files of charging sessions: what is recognised, left out, refused; the corpus is in tests/data/sessions."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data_in import read_sessions as reader
from core.data_in.read_sessions import NOTES, REASONS, read_sessions
from core.data_in.sessions import MOST_SESSIONS, OwnSessions
from core.data_in.words import PROBLEMS, DataError

CORPUS = Path(__file__).resolve().parents[2] / "data" / "sessions"


def good(name, **options):
    return read_sessions((CORPUS / "good" / name).read_bytes(), **options)


def local(sessions):
    return sessions.arrival_min.astype("datetime64[m]").astype(str).tolist()


def noted(reading):
    return {key for key, _ in reading.notes}


def test_acn_data_are_turned_into_local_time_with_stays_that_really_passed():
    reading = good("acn.json")
    assert reading.sessions.source == "acn"
    assert local(reading.sessions) == [
        "2018-03-05T07:12", "2018-03-05T08:02", "2018-03-06T06:55", "2018-03-10T23:30",
    ]  # fmt: skip
    # The clocks went forward that night: six hours passed.
    assert reading.sessions.stay_min.tolist() == [508, 542, 434, 360]
    assert reading.sessions.energy_10wh.tolist() == [1231, 750, 2100, 990]
    assert reading.left_out == {"time": (1, 6), "duplicate": (1, 5)}
    assert reading.sessions.unknown == {"capacity": 4, "power": 4, "soc": 4}
    assert {"delivered", "zone_times"} <= noted(reading)


def test_elaad_s_transactions_have_semicolons_decimal_commas_and_days_first():
    reading = good("elaad.csv")
    assert (reading.sessions.source, reading.separator) == ("elaad", ";")
    assert local(reading.sessions) == ["2019-01-01T09:15", "2019-01-02T10:02", "2019-01-13T18:20"]
    assert reading.sessions.energy_10wh.tolist() == [1012, 3050, 1260]
    assert reading.sessions.power_w.tolist() == [7390, 11040, 3680]
    assert reading.left_out == {"order": (1, 4)}
    assert {"elaad_local", "day_first", "decimal_comma"} <= noted(reading)
    moved = good("elaad.csv", zone="Europe/Amsterdam")
    assert local(moved.sessions)[0] == "2019-01-01T10:15"


def test_a_plain_table_may_lack_values_and_names_what_is_left_out():
    reading = good("plain.csv")
    assert reading.rows == 6
    assert reading.left_out == {"order": (1, 4), "number": (1, 5), "soc": (1, 6)}
    assert reading.sessions.unknown == {"capacity": 1, "power": 1, "soc": 1}
    assert reading.sessions.soc_permyriad.tolist() == [4200, -1, 2000]
    assert reading.columns["energy"] == "energy_kwh"
    assert "left out 1 (first: row 5): a number cannot be read" in reading.said()


def test_months_first_halves_of_the_day_and_percent():
    reading = good("us.tsv")
    assert local(reading.sessions) == ["2024-03-04T09:05", "2024-03-14T12:05"]
    assert reading.sessions.soc_permyriad.tolist() == [3500, 5000]
    assert {"month_first", "percent"} <= noted(reading)


def test_korean_spreadsheets():
    reading = good("korean.csv")
    assert local(reading.sessions) == ["2023-08-08T18:30", "2023-08-09T19:05"]
    assert "encoding" in noted(reading)


def test_offsets_keep_the_local_time_and_the_time_that_passed():
    reading = good("offsets.csv")
    assert local(reading.sessions)[0] == "2023-03-26T01:30"
    assert reading.sessions.stay_min.tolist() == [7 * 60, 8 * 60]
    assert reading.sessions.energy_10wh.tolist() == [1500, 900]
    assert reading.sessions.power_w.tolist() == [7400, 3700]
    assert {"offset_times", "watt_hours", "watts"} <= noted(reading)
    assert local(good("offsets.csv", zone="Asia/Seoul").sessions)[0] == "2023-03-26T09:30"


def test_dates_in_several_unmistakable_ways_are_read_and_said():
    reading = good("two_ways.csv")
    assert local(reading.sessions) == ["2023-08-08T08:05", "2023-08-31T08:05"]
    assert ("mixed_dates", {"n": 2}) in reading.notes


@pytest.mark.parametrize("path", sorted((CORPUS / "bad").iterdir()), ids=lambda path: path.name)
def test_bad_files_are_refused_by_a_rule(path):
    with pytest.raises(DataError) as caught:
        read_sessions(path.read_bytes())
    assert path.name.startswith(caught.value.rule.removeprefix("cars_"))
    assert "{" not in caught.value.sentence


def test_what_the_file_leaves_open_can_be_said():
    data = (CORPUS / "bad" / "ambiguous_dates.csv").read_bytes()
    assert local(read_sessions(data, day_first=True).sessions)[0] == "2023-04-03T09:00"
    assert local(read_sessions(data, day_first=False).sessions)[0] == "2023-03-04T09:00"
    utc = (CORPUS / "bad" / "utc_times.csv").read_bytes()
    assert local(read_sessions(utc, zone="Asia/Seoul").sessions) == ["2023-04-03T18:00"]
    with pytest.raises(DataError, match="no time zone"):
        read_sessions(utc, zone="../../etc/passwd")


def test_sizes_are_limited_before_anything_is_parsed(monkeypatch):
    monkeypatch.setattr(reader, "MOST_BYTES", 100)
    with pytest.raises(DataError) as caught:
        read_sessions(b"x" * 101)
    assert caught.value.rule == "cars_file_size"
    monkeypatch.undo()
    row = b"2023-08-08 08:05,2023-08-08 17:10,18.5\n"
    with pytest.raises(DataError) as caught:
        read_sessions(b"arrival,departure,energy\n" + row * (MOST_SESSIONS + 1))
    assert caught.value.rule == "cars_too_many"


def test_paths_and_bytes_are_read_alike():
    path = CORPUS / "good" / "plain.csv"
    assert OwnSessions.read(path) == OwnSessions.read(str(path)) == OwnSessions.read(path.read_bytes())


def test_words_are_sentences_that_can_be_filled():
    for words in (REASONS, NOTES, PROBLEMS):
        assert all(text and not text.endswith(".") for text in words.values())


STAMPS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M %p")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_table_reads_back_whatever_its_dialect(data):
    n = data.draw(st.integers(1, 12))

    def whole(low, high):
        return np.array(data.draw(st.lists(st.integers(low, high), min_size=n, max_size=n)))

    minutes, stay = whole(0, 500 * 1440), whole(1, 7 * 1440)
    arrival = np.datetime64("2022-01-13T00:00") + minutes * np.timedelta64(1, "m")
    energy, soc = whole(1, 40_000) / 100, whole(0, 10_000) / 10_000
    wanted = OwnSessions.of(arrival, stay, energy, arrival_soc=soc)
    stamp = data.draw(st.sampled_from(STAMPS))
    separator, comma = data.draw(st.sampled_from([(",", "."), (";", ","), ("\t", ","), ("|", ".")]))
    table = pd.DataFrame(
        {
            "n": range(n),  # not a column that is read; rows that agree in the others are one
            "Plug-in": pd.Series(arrival).dt.strftime(stamp),
            "Plug-out": pd.Series(arrival + stay * np.timedelta64(1, "m")).dt.strftime(stamp),
            "Energy (kWh)": energy,
            "SoC [%]": soc * 100,
        }
    )
    out = io.StringIO()
    table.to_csv(out, sep=separator, decimal=comma, index=False)
    reading = read_sessions(out.getvalue().encode(), day_first=stamp[:2] == "%d" if "/%Y" in stamp else None)
    if "duplicate" not in reading.left_out:
        assert np.array_equal(np.sort(reading.sessions.stay_min), np.sort(wanted.stay_min))
        assert np.array_equal(reading.sessions.arrival_min, wanted.arrival_min)
        assert reading.sessions.energy_10wh.sum() == wanted.energy_10wh.sum()
        assert reading.sessions.soc_permyriad.sum() == wanted.soc_permyriad.sum()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_is_uploaded_is_read_or_refused_in_a_sentence(data):
    with contextlib.suppress(DataError):
        assert len(read_sessions(data).sessions)
