"""What cannot be read or found is one sentence on the page that needs it, and every other page goes on."""

from __future__ import annotations

import json

import pytest
from scipy.optimize import OptimizeResult

from core.agents.optimum import linear_program
from core.errors import DataFileError
from core.paths import ROOT
from core.studies.provenance import made_with
from core.tariffs import day_ahead, kepco
from core.world import tables
from pages.ui import state

SMALL = {"stations": "4", "lang": "en", "cars": "mixed"}
PAGE = "explore"
PAGES = sorted(path.stem for path in (ROOT / "pages/views").glob("[a-z]*.py"))


@pytest.fixture
def no_data(monkeypatch, tmp_path):
    """Empties a module's folder of data while a test runs."""
    cleared = []

    def without(module, cache) -> None:
        monkeypatch.setattr(module, "DATA", tmp_path)
        cache.cache_clear()
        cleared.append(cache)

    yield without
    monkeypatch.undo()
    for cache in cleared:
        cache.cache_clear()


@pytest.mark.parametrize("page", PAGES)
def test_missing_prices_are_one_sentence_on_every_page(open_at, no_data, page):
    no_data(day_ahead, day_ahead._prices)
    app = open_at(page, **SMALL, seed=str(500 + len(page)), date="2019-03-04")
    said = {error.value for error in app.error}
    assert said == {
        "The file `data/day_ahead_nl.parquet` is missing or damaged, so that what needs it cannot be shown. Whoever"
        " runs this app brings it back with: `python -m core.tariffs.build`"
    }


def test_damaged_tariffs_concern_who_asks_for_them(open_page, no_data):
    no_data(kepco, kepco._tables)
    kepco.versions.cache_clear()
    try:
        assert kepco.versions() == ()
        assert open_page(seed="611").metric
        (error,) = open_page(seed="611", retail="kepco_self_use_low").error
        assert "`data/kepco_ev_tariffs.json` is missing or damaged" in error.value
    finally:
        kepco.versions.cache_clear()


@pytest.mark.parametrize("content", [None, b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"workplace\n1\n"])
@pytest.mark.parametrize(
    ("file", "read"),
    [
        ("distribution-of-arrival.csv", lambda: tables.arrival_tables("workplace")),
        ("mean-session-length-per.csv", lambda: tables.arrival_tables("workplace")),
        ("ev_specs_v2g_enabled2024.json", tables.mixed_cars),
        ("residential_loads.csv", tables.residential_load),
        ("pv_netherlands.csv", tables.solar_profile),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damaged_tables_of_ev2gym_are_named(monkeypatch, tmp_path, file, read, content):
    for path in tables.ev2gym_data().iterdir():
        if path.is_file() and path.name != file:
            (tmp_path / path.name).symlink_to(path)
    if content is not None:
        (tmp_path / file).write_bytes(content)
    caches = (tables.arrival_tables, tables.mixed_cars, tables.residential_load, tables.solar_profile)
    monkeypatch.setattr(tables, "ev2gym_data", lambda: tmp_path)
    for cache in caches:
        cache.cache_clear()
    try:
        with pytest.raises(DataFileError, match=f"ev2gym/data/{file} is missing or damaged; this brings it back: pip"):
            read()
    finally:
        for cache in caches:
            cache.cache_clear()


def test_a_solver_that_finds_nothing_is_one_sentence(open_page, monkeypatch):
    monkeypatch.setattr(
        linear_program, "linprog", lambda *_, **__: OptimizeResult(x=None, message="Time limit reached.")
    )
    (error,) = open_page(seed="612", agent="best").error
    assert error.value == (
        "The optimum could not be found for this scenario. Choose another agent, or change the scenario a little."
    )
    app = open_page(seed="612", agent="cheapest")  # all but the share of the optimum is there
    assert not app.error
    assert app.metric


def test_a_page_that_is_not_there_is_named(open_page, monkeypatch):
    monkeypatch.setattr(state, "page_asked_for", lambda: "no![x](y)where")
    said = open_page().warning[0].value
    assert "There is no page `no![x](y)where`; allowed are: explore, compare," in said


def test_runs_to_take_away_say_what_made_them(open_page, made):
    files = made("json")
    app = open_page(seed="613", agent="ppo")
    (content,) = [json.loads(data) for name, data in files.items() if name.endswith("-runs.json")]
    assert [run["agent"] for run in content["runs"]] == ["ppo", "afap"]
    assert content["made_with"] == made_with([app.session_state["scenario"]], ["ppo", "afap"])
    assert content["made_with"]["policies_sha256"].keys() == {"ppo"}
