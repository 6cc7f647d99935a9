"""Files of prices and power: what is recognised, what is counted, what must be said first."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cli.main import main
from core.data_in.own import OwnPrices
from core.data_in.read import Said, read_series
from core.data_in.table import MOST_BYTES, MOST_ROWS, read_table
from core.data_in.words import FINDINGS, DataError
from core.scenario import Scenario

FOLDER = Path(__file__).parents[2] / "data" / "own"
RATE = Said(eur_per_unit=1.1)
BRUSSELS = Said(site_zone="Europe/Brussels")


def counts(reading) -> dict[str, int]:
    return {finding.key: finding.n for finding in reading.findings}


@pytest.mark.parametrize(
    ("name", "said", "kind", "unit", "step", "values", "found"),
    [
        ("entsoe_autumn.csv", None, "entsoe", "EUR/MWh", 60, 72, {"dst_twice": 1, "negative": 1}),
        ("entsoe_2025.csv", Said(node="Sequence 1"), "entsoe", "EUR/MWh", 15, 96, {"other_rows": 96}),
        ("energy_charts_autumn.csv", None, "energy_charts", "EUR/MWh", 60, 72, {"dst_twice": 1, "negative": 1}),
        ("octopus_agile.csv", RATE, "octopus", "GBp/kWh", 30, 144, {"shuffled": 141, "dst_skipped": 2}),
        ("kepco_smp.csv", None, "kepco_smp", "KRW/kWh", 60, 72, {}),
        ("caiso_lmp.csv", RATE, "caiso", "USD/MWh", 60, 48, {"other_rows": 48, "shuffled": 21}),
        ("plain.csv", None, "plain", "EUR/kWh", 60, 72, {}),
        ("comma_ct.csv", None, "plain", "ct/kWh", 60, 72, {}),
        ("plain_no_unit.csv", Said(unit="EUR/kWh"), "plain", "EUR/kWh", 60, 72, {}),
        ("autumn.parquet", BRUSSELS, "plain", "EUR/MWh", 60, 72, {"dst_twice": 1, "negative": 1}),
        ("bad_gaps_duplicates.csv", None, "plain", "EUR/kWh", 60, 72,
         {"mixed_formats": 2, "no_time": 1, "no_number": 1, "duplicates": 1, "conflicts": 1, "filled": 3, "gaps": 6}),
    ],
)  # fmt: skip
def test_files_are_recognised_and_what_they_lack_is_counted(name, said, kind, unit, step, values, found):
    reading = read_series(FOLDER / name, "price", said)
    assert (reading.detected.format, reading.detected.unit, reading.detected.resolution_min) == (kind, unit, step)
    assert reading.must().values.size == values
    assert counts(reading) == found
    assert set(found) <= set(FINDINGS)


def test_the_same_day_in_three_formats_is_the_same_series():
    said = {"autumn.parquet": BRUSSELS}
    names = ("entsoe_autumn.csv", "energy_charts_autumn.csv", "autumn.parquet")
    read = [read_series(FOLDER / name, "price", said.get(name)).must() for name in names]
    for other in read[1:]:
        assert other.start == read[0].start
        assert np.array_equal(other.values, read[0].values)
    assert str(read[0].start) == "2023-10-28T00:00"


def test_korean_hours_end_where_they_are_named():
    one = read_series(FOLDER / "kepco_smp.csv").must()
    assert str(one.start) == "2024-07-01T00:00"
    assert one.numbers[:2] == pytest.approx([120.0, 127.42])


@pytest.mark.parametrize(
    ("name", "questions"),
    [
        ("plain_no_unit.csv", ("unit",)), ("bad_month_or_day.csv", ("order",)), ("autumn.parquet", ("site_zone",)),
        ("octopus_agile.csv", ("eur_per_unit",)), ("entsoe_2025.csv", ("node",)),
    ],
)  # fmt: skip
def test_what_a_file_does_not_say_is_asked(name, questions):
    reading = read_series(FOLDER / name)
    assert reading.questions == questions
    assert reading.series is None
    with pytest.raises(DataError, match=questions[0]):
        OwnPrices.read(FOLDER / name)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("bad_binary.csv", "not_a_table"), ("bad_empty.csv", "no_rows"), ("bad_mixed_dates.csv", "mixed_dates"),
        ("bad_no_numbers.csv", "no_value_column"), ("bad_no_times.csv", "no_time_column"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_by_rule(name, rule):
    with pytest.raises(DataError) as error:
        read_series(FOLDER / name)
    assert error.value.rule == rule


def test_large_files_are_refused_before_they_are_read():
    with pytest.raises(DataError, match="bytes"):
        read_table(b"a" * (MOST_BYTES + 1))
    with pytest.raises(DataError, match="rows"):
        read_table(b"a,b\n" + b"1,2\n" * (MOST_ROWS + 100))


@pytest.mark.parametrize(
    "said", [{"unit": "EUR"}, {"site_zone": "../etc/passwd"}, {"column": "x"}, {"eur_per_unit": -1.0}, {"order": "x"}]
)
def test_what_is_said_is_checked(said):
    with pytest.raises(DataError):
        read_series(FOLDER / "plain.csv", "price", Said(**said))


def test_power_comes_in_kilowatts_by_quarters():
    load = read_series(FOLDER / "load_5min.csv", "power").must()
    assert (load.unit, load.step_min, load.values.size) == ("kW", 15, 288)
    pv = read_series(FOLDER / "pv_kwh.csv", "power").must()
    assert pv.numbers.max() == pytest.approx(32.0)  # 8 kWh in a quarter of an hour


# --- whatever way the same values are written -------------------------------------------------------------------------
UNITS = {"EUR/MWh": 1000, "EUR/kWh": 1, "ct/kWh": 100}


@given(
    values=st.lists(st.integers(-500_000, 500_000), min_size=30, max_size=60),
    unit=st.sampled_from(sorted(UNITS)),
    zone=st.sampled_from(["Europe/Amsterdam", "UTC", "Asia/Seoul", "America/New_York"]),
    shuffle=st.randoms(use_true_random=False),
    parquet=st.booleans(),
)
@settings(max_examples=12, deadline=None)
def test_units_zones_order_and_format_make_no_difference(values, unit, zone, shuffle, parquet):
    start = pd.Timestamp("2024-06-10 00:00", tz="Europe/Amsterdam")
    times = pd.date_range(start, periods=len(values), freq="h").tz_convert(zone)
    price = [value / 1e6 * UNITS[unit] for value in values]
    rows = list(zip(times, price, strict=True))
    shuffle.shuffle(rows)
    name = f"price ({unit})"
    frame = pd.DataFrame(rows, columns=["time", name])
    if parquet:
        file = io.BytesIO()
        frame.to_parquet(file)
        data = file.getvalue()
    else:
        frame["time"] = [time.isoformat() for time in frame["time"]]
        data = frame.to_csv(index=False).encode()
    one = read_series(data, "price", Said(site_zone="Europe/Amsterdam")).must()
    assert one.values.tolist() == values
    assert str(one.start) == "2024-06-10T00:00"
    own = OwnPrices(buy=one)
    assert OwnPrices.read_text(own.text).buy.values.tolist() == values


# --- the command line -------------------------------------------------------------------------------------------------
def test_command_writes_a_scenario_on_a_day_of_the_file(tmp_path, capsys):
    out = tmp_path / "mine.json"
    assert main(["import-prices", str(FOLDER / "entsoe_autumn.csv"), "--out", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    scenario = Scenario.from_json(out.read_bytes())
    assert printed["scenario"] == scenario.key
    assert str(scenario.date) == "2023-10-28"
    assert set(scenario.own_prices.series) == {"buy", "provider"}
    more = ["import-site", str(FOLDER / "load_5min.csv"), "--as", "load", "--preset", "street", "--out", str(out)]
    assert main(more) == 0
    assert set(Scenario.from_json(out.read_bytes()).own_site.series) == {"load"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["octopus_agile.csv"], "--rate"), (["plain.csv", "--unit", "EUR"], "must be one of"),
        (["plain.csv", "--as", "me"], "--as"), (["bad_empty.csv"], "must hold rows"),
    ],
)  # fmt: skip
def test_command_says_what_is_missing(arguments, said, capsys):
    assert main(["import-prices", str(FOLDER / arguments[0]), *arguments[1:]]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("value", ["1e308", "-1e300", "1e13"])
def test_a_number_that_no_unit_can_hold_is_refused_not_taken_for_a_gap(value):
    rows = [f"2023-01-01 {hour:02d}:00,{value if hour == 5 else 1}" for hour in range(24)]
    with pytest.raises(DataError, match=r"every value must be from -1,000,000,000,000 to 1,000,000,000,000"):
        read_series("\n".join(["time,load MW", *rows]).encode(), "power", Said(site_zone="Asia/Seoul"))


@pytest.mark.parametrize("text", [b",", b";;\n;\n", b"\t \t"])
def test_separators_alone_are_no_rows(text):
    with pytest.raises(DataError, match="must hold rows of data"):
        read_table(text)
