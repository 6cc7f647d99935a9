"""A scenario is validated, round-trips through JSON and links, and keeps its key everywhere."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import PRESETS, Scenario
from core.errors import ScenarioError
from core.scenario import DEFAULT_PRESET, GROUPS, SCHEMA_VERSION
from tests.strategies import ROWS, random_scenario, scenarios

ROOT = Path(__file__).parents[3]


# --- round trips -----------------------------------------------------------------------------------------------------
@given(scenarios())
@settings(max_examples=100)
def test_json_and_link_give_the_same_scenario_back(scenario):
    for back in (Scenario.from_json(scenario.to_json()), Scenario.from_query(scenario.to_query())):
        assert back == scenario
        assert back.key == scenario.key
        assert hash(back) == hash(scenario)


def test_json_holds_every_field_and_the_version():
    written = json.loads(Scenario().to_json())
    assert written.pop("schema_version") == SCHEMA_VERSION
    assert set(written) == set(Scenario.model_fields) - set(Scenario.carried_fields())


def test_link_holds_only_what_differs_from_the_defaults():
    assert Scenario().to_query() == {"v": str(SCHEMA_VERSION)}
    assert Scenario(stations=7, v2g=False).to_query() == {"v": str(SCHEMA_VERSION), "stations": "7", "v2g": "0"}


def test_link_leaves_foreign_parameters_alone():
    assert Scenario.from_query({"stations": "7", "utm_source": "x", "lang": "ko"}) == Scenario(stations=7)


OLD_LINK = (
    "v=1&stations=20&load_share=0.8&pv_share=2.0&dr_events=1&dr_depth_percent=25.0&dr_start_hour=18.0&dr_notice_min=15"
    "&charger_current_a=56.0&charger_voltage_v=230.0&date=2023-10-03&length_h=21.25&place=private&intensity=100.0"
    "&cars=uniform&car_charge_kw=22.0&car_discharge_kw=22.0&min_energy_kwh=10.0&retail=kepco_self_use_low"
    "&v2g_price_factor=1.2&provider=kepco_service_1&currency=KRW"
)
"""A link from before tariffs had versions."""


def test_links_and_files_from_before_tariffs_had_versions_open():
    fields = dict(parse_qsl(OLD_LINK))
    assert Scenario.from_query(fields) == PRESETS["busan-original"]
    del fields["v"]
    for old in (Scenario.from_query(fields), Scenario.from_json(json.dumps({"schema_version": 1, **fields}))):
        assert old == PRESETS["busan-original"]
        assert old.tariff_version == "by_date"
        assert old.notices == ()


def test_missing_fields_take_their_defaults():
    assert Scenario.from_json("{}") == Scenario()
    assert Scenario.from_json(b'{"stations": 3}') == Scenario(stations=3)


# --- keys ------------------------------------------------------------------------------------------------------------
def test_keys_are_the_same_in_every_process():
    chosen = [Scenario(), *PRESETS.values(), *(random_scenario(seed) for seed in range(5))]
    code = (
        "import sys\nfrom core.scenario import Scenario\n"
        "for text in sys.stdin.read().split('\\0'):\n"
        "    s = Scenario.from_json(text)\n    print(s.key, s.world_key)\n"
    )
    text = "\0".join(s.to_json() for s in chosen)
    for hash_seed in ("0", "12345"):
        answer = subprocess.run(
            [sys.executable, "-c", code],
            input=text,
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        )
        assert answer.stdout.split() == [key for s in chosen for key in (s.key, s.world_key)]


@given(scenarios(), st.sampled_from(sorted(ROWS)), st.integers(0, 10_000))
@settings(max_examples=100)
def test_key_changes_with_every_field_and_world_key_with_those_that_change_the_world(scenario, name, seed):
    other = random_scenario(seed)
    try:
        changed = scenario.replace(**{name: getattr(other, name)})
    except ScenarioError:
        return
    same = getattr(changed, name) == getattr(scenario, name)
    assert (changed.key == scenario.key) == same
    kept = ROWS[name]["group"] == "weights" or name == "currency"
    assert (changed.world_key == scenario.world_key) == (same or kept)


def test_equal_scenarios_have_equal_keys_whatever_the_spelling():
    assert Scenario(load_share=-0.0) == Scenario(load_share=0.0)
    assert Scenario(load_share=-0.0).key == Scenario(load_share=0.0).key
    assert Scenario.parse({"transformer_limit_kw": 100}).key == Scenario.parse({"transformer_limit_kw": "100.0"}).key


# --- the table of fields ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("row", Scenario.fields(), ids=lambda row: row["name"])
def test_every_field_says_what_it_is(row):
    assert row["group"] in GROUPS
    assert row["title"]
    assert row["meaning"].endswith(".")
    assert "\n" not in row["meaning"]
    assert row["default"] == getattr(Scenario(), row["name"])
    if row["choices"]:
        assert row["default"] in row["choices"]
    elif row["type"] != "boolean":
        assert row["minimum"] <= row["default"] <= row["maximum"]
    if row["type"] == "number":
        assert row["unit"] or row["name"].startswith("w_"), "only weights have no unit"
        assert row["step"] > 0
    if row["shown_if"] is not None:
        names = row["shown_if"][0]
        assert ({names} if isinstance(names, str) else {*names}) <= ROWS.keys()


NUMERIC = [row for row in Scenario.fields() if row["type"] in ("integer", "number")]


@pytest.mark.parametrize("row", NUMERIC, ids=lambda row: row["name"])
def test_values_outside_a_field_s_range_are_refused_by_name(row):
    for value in (row["minimum"] - 1, row["maximum"] + 1, "many", None, [], {}, float("nan"), float("inf"), 10**400):
        with pytest.raises(ScenarioError) as refused:
            Scenario.parse({row["name"]: value})
        assert refused.value.field == row["name"]
        assert f"from {row['minimum']} to {row['maximum']}" in refused.value.message


@pytest.mark.parametrize("row", [r for r in Scenario.fields() if r["choices"]], ids=lambda row: row["name"])
def test_unknown_choices_are_refused_with_the_list(row):
    for value in ("nothing", 3, None, ["day_ahead"]):
        with pytest.raises(ScenarioError) as refused:
            Scenario.parse({row["name"]: value})
        assert refused.value.field == row["name"]
        assert all(choice in refused.value.message for choice in row["choices"])


@pytest.mark.parametrize("value", ["2014-12-31", "2025-01-07", "yesterday", 20220117, 1642377600.0, True, None, ""])
def test_impossible_dates_are_refused(value):
    with pytest.raises(ScenarioError, match="YYYY-MM-DD") as refused:
        Scenario.parse({"date": value})
    assert refused.value.field == "date"


# --- rules over several fields ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("transformers", {"stations": 3, "transformers": 4}),
        ("min_energy_kwh", {"min_energy_kwh": 23.2}),
        ("min_energy_kwh", {"cars": "uniform", "car_capacity_kwh": 20, "min_energy_kwh": 10}),
        ("min_stay_min", {"length_h": 12, "min_stay_min": 615}),
        ("w_user", {"w_user": 0, "w_provider": 0, "w_grid": 0}),
        ("length_h", {"date": "2025-01-06", "length_h": 48, "start_hour": 5}),
        ("start_hour", {"date": "2015-01-01", "start_hour": 0}),
        ("length_h", {"length_h": 12.1}),
        ("min_stay_min", {"min_stay_min": 100}),
    ],
)
def test_impossible_combinations_are_refused_with_one_sentence_that_names_the_field(field, changes):
    with pytest.raises(ScenarioError) as refused:
        Scenario.parse(changes)
    assert refused.value.field == field
    assert refused.value.message
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    "changes",
    [
        {"stations": 3, "transformers": 3},
        {"min_energy_kwh": 23.1},
        {"length_h": 12, "min_stay_min": 600},
        {"w_user": 0, "w_provider": 0, "w_grid": 0.05},
        {"date": "2025-01-06", "start_hour": 5, "length_h": 44},
        {"date": "2025-01-06", "start_hour": 23, "length_h": 48, "retail": "flat", "provider": "kepco_service_1"},
        {"date": "2015-01-01", "start_hour": 1},
    ],
)
def test_combinations_on_the_edge_are_allowed(changes):
    Scenario.parse(changes)


# --- hostile input ---------------------------------------------------------------------------------------------------
HOSTILE = [
    "",
    "not json",
    "[]",
    "null",
    "3",
    '"text"',
    '{"stations": }',
    '{"stations": NaN}',
    '{"stations": Infinity}',
    '{"stations": 1e999}',
    '{"stations": ' + "9" * 5000 + "}",
    '{"transformer_limit_kw": ' + "9" * 400 + "}",
    '{"stations": [[[]]]}',
    '{"stations": {"a": {"b": 1}}}',
    '{"stations": true}',
    '{"v2g": 2}',
    '{"no_such_field": 1}',
    '{"__class__": 1}',
    '{"self": 1}',
    '{"schema_version": 0}',
    '{"schema_version": [[[[]]]]}',
    '{"schema_version": ' + "[" * 300 + "]" * 300 + "}",
    "[" * 100_000,
    '{"a":' * 100_000,
    '{"stations": ' + "[" * 900 + "]" * 900 + "}",
    "\x00",
    "{" + " " * 1_000_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_bad_files_are_refused_in_one_short_line(text):
    for given_as in (text, text.encode()):
        with pytest.raises(ScenarioError) as refused:
            Scenario.from_json(given_as)
        assert "\n" not in str(refused.value)
        assert len(str(refused.value)) < 400


def test_bytes_that_are_not_text_are_refused():
    for data in (b"\xff\xfe\x00", b"\x80", b"\xff" * 1000):
        with pytest.raises(ScenarioError):
            Scenario.from_json(data)


def outcome(read: Callable[[Any], Scenario], source: Any) -> Scenario | ScenarioError:
    """What reading gives: a scenario, or the error it may raise; any other error fails the test."""
    try:
        return read(source)
    except ScenarioError as refused:
        return refused


@given(st.dictionaries(st.sampled_from([*ROWS, "v", "x"]), st.text(max_size=30), max_size=5))
@settings(max_examples=100)
def test_any_link_gives_a_scenario_or_one_sentence(query):
    scenario = outcome(Scenario.from_query, query)
    if isinstance(scenario, ScenarioError):
        assert "\n" not in scenario.message
    else:
        assert Scenario.from_query(scenario.to_query()) == scenario


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*ROWS, "schema_version", "other"]), JSON_VALUES, max_size=4))
@settings(max_examples=100)
def test_any_json_gives_a_scenario_or_one_sentence(fields):
    scenario = outcome(Scenario.from_json, json.dumps(fields))
    if isinstance(scenario, ScenarioError):
        assert "\n" not in scenario.message
    else:
        assert Scenario.from_json(scenario.to_json()) == scenario


def test_extra_fields_are_forbidden():
    with pytest.raises(ScenarioError, match="no such field") as refused:
        Scenario.parse({"station": 3})
    assert refused.value.field == "station"


def test_a_scenario_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Scenario().stations = 3


def test_replace_validates():
    assert Scenario().replace(stations=3).stations == 3
    with pytest.raises(ScenarioError):
        Scenario().replace(stations=0)


# --- derived ---------------------------------------------------------------------------------------------------------
@given(scenarios())
@settings(max_examples=50)
def test_clock_has_a_quarter_of_an_hour_a_step(scenario):
    times = scenario.times_local
    assert len(times) == scenario.n_steps == 4 * scenario.length_h
    assert times[0] == np.datetime64(scenario.start)
    assert (np.diff(times) == np.timedelta64(15, "m")).all()
    assert scenario.n_ports == scenario.stations * scenario.ports_per_station


def test_presets_are_the_agreed_ones():
    assert {"workplace", "workplace-loads", "busan", "busan-original", "street"} <= set(PRESETS)
    assert PRESETS[DEFAULT_PRESET] == Scenario()
    assert PRESETS["busan-original"].date == dt.date(2023, 10, 3)
    hours = {"date": dt.date(2023, 10, 3), "start_hour": 5, "length_h": 21.25}
    assert PRESETS["busan"].replace(**hours) == PRESETS["busan-original"]  # one site
    for preset in PRESETS.values():
        assert Scenario.from_query(preset.to_query()) == preset
