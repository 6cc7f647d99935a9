"""Where training seldom was: what the groups fix, and what is measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.agents.registry import AGENTS
from core.measure import generalisation
from core.measure.generalisation import CRISIS, FIGURES, GROUPS, Group, page, write_page, written
from core.studies.draw import split_of
from core.tariffs import kind_of

SMALL = {
    "long": Group(2, long=True),
    "kepco": Group(2, kepco=True, left_out=("cheapest",)),
}


@pytest.fixture(scope="module")
def section():
    return generalisation.generalisation(SMALL, ["afap", "cheapest", "best"], counted=50)


@pytest.mark.parametrize("name", GROUPS)
def test_scenarios_are_of_their_group_and_of_the_test_split(name):
    group = GROUPS[name]
    drawn = group.scenarios()
    assert len(drawn) == group.n
    for scenario in drawn:
        assert group.holds(scenario)
        assert split_of(scenario.date) == "test"
        kinds = {kind_of(scenario.retail).name, kind_of(scenario.provider).name}
        if group.large:
            assert (scenario.stations, scenario.v2g_price_factor, scenario.setpoint) == (200, 1.0, False)
        if group.long:
            assert scenario.length_h == 48
        if group.crisis:
            assert CRISIS[0] <= scenario.date <= CRISIS[1]
            assert kinds == {"day_ahead"}
        if group.kepco:
            assert kinds == {"kepco"}
    assert replace(group, n=1).scenarios() == drawn[:1]


def test_groups_differ_in_what_is_fixed_only():
    long, kepco = (GROUPS[name].scenarios()[0] for name in ("long", "kepco"))
    assert kepco.replace(length_h=48.0, retail=long.retail, provider=long.provider) == long


def test_a_limit_grows_with_the_site():
    small = Group(30).scenarios()
    large = Group(30, large=True).scenarios()
    for before, after in zip(small, large, strict=True):
        wanted = before.transformer_limit_kw / before.n_ports * 200
        assert after.transformer_limit_kw == pytest.approx(min(2000, max(10, wanted)), abs=5.001)


def test_what_is_measured(section):
    assert list(section["groups"]) == ["long", "kepco"]
    long, kepco = section["groups"].values()
    assert set(long["agents"]) == {"afap", "cheapest", "best"}
    assert set(kepco["agents"]) == {"afap", "best"}
    assert long["n"] == kepco["n"] == 2
    assert set(long["agents"]["best"]) == set(FIGURES)
    assert long["agents"]["afap"]["captured"] == 0
    assert 0.9 < long["agents"]["best"]["captured"] <= 1
    assert 0 <= long["drawn"] < 0.3 < kepco["drawn"] + 0.3


def test_the_whole_roster_serves_any_site():
    names = [name for name in generalisation.everywhere() if AGENTS[name].family != "own"]
    assert {"mpc", "best"} <= set(names)
    assert all(not AGENTS[name].ports for name in names)


def test_the_page_is_a_row_an_agent(section, tmp_path, monkeypatch):
    held = {"n": 7, "agents": {"best": {"captured": 0.99, "captured_low": 0.98, "captured_high": 1.0}}}
    for row in held["agents"].values():
        row["median_captured"] = 0.995
    lines = page(section, held).split("\n")
    assert lines[0] == "| agent | family | Held out, nothing fixed (7) | 48 hours (2) | KEPCO tariffs (2) |"
    assert lines[2].startswith("| *of training scenarios* | | – | ")
    rows = {line.split("|")[1].strip(): line for line in lines[3:]}
    assert list(rows) == ["`afap`", "`cheapest`", "`best`"]
    assert "| 99.0 (98.0 to 100.0) / 99.5 |" in rows["`best`"]
    assert rows["`cheapest`"].endswith("| – |")
    file = tmp_path / "learning.md"
    file.write_text("<!-- outside:start -->\n<!-- outside:end -->\n")
    monkeypatch.setattr(generalisation, "PAGE", file)
    write_page(section, None)
    assert "| agent | family | 48 hours (2) |" in file.read_text()


def test_nothing_to_gain_is_a_dash():
    assert written({"captured": None}) == "–"
    assert written(None) == "–"
