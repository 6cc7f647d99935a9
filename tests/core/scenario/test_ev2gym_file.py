"""EV2Gym's configuration files: every key is accounted for, both ways, and no file does harm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.cli.main import main
from core.errors import ScenarioError
from core.scenario import PRESETS, Scenario
from core.scenario import ev2gym_file as file
from core.world import EMERGENCY_ENERGY_KWH, TRANSITION_MULTIPLIER
from core.world.site import EVENT_START_STD_MIN
from tests.strategies import scenarios

FOLDER = Path(__file__).parents[2] / "data" / "ev2gym"
GOOD, BAD = sorted((FOLDER / "good").glob("*.yaml")), sorted((FOLDER / "bad").glob("*.yaml"))


def of(keys: tuple[file.Key, ...], *statuses: str) -> dict[str, str]:
    return {key.key: key.note for key in keys if key.status in statuses}


# --- EV2Gym's own ---------------------------------------------------------------------------------------------------
def test_the_stock_day_is_the_default_scenario():
    scenario, keys = Scenario.from_ev2gym("V2GProfitMax.yaml")
    assert scenario == Scenario()
    assert of(keys, "differs", "unknown", "absent") == {}
    ignored = {name for name, note in of(keys, "ignored").items() if note not in file._HARMLESS}
    assert ignored == {"random_day", "simulation_days"}


def test_loads_are_the_preset():
    assert Scenario.from_ev2gym(Path("V2GProfitPlusLoads.yaml")).scenario == PRESETS["workplace-loads"]


def test_the_set_point_and_the_grid():
    scenario, keys = Scenario.from_ev2gym("PublicPST.yaml")
    assert (scenario.setpoint, scenario.v2g, scenario.place, scenario.charger_current_a) == (True, False, "public", 16)
    assert of(keys, "differs") == {"ev_specs_file": "cars_file"}
    scenario, keys = Scenario.from_ev2gym("V2Ggrid.yaml")
    assert (scenario.stations, scenario.transformers, scenario.cars) == (150, 1, "uniform")
    assert scenario.min_stay_min == 195  # 200 minutes are 13 whole steps
    assert of(keys, "differs") == {"number_of_transformers": "grid_nodes"}
    assert of(keys, "ignored")["network_info.bus_info_file"] == "no_grid"


@pytest.mark.parametrize("name", sorted(file.shipped()))
def test_every_key_is_accounted_for(name):
    config = yaml.safe_load(file.shipped()[name].read_text())
    listed = [key.key for key in Scenario.from_ev2gym(name).keys]
    wanted = []
    for key, value in config.items():
        wanted += [f"{key}.{inner}" for inner in value] if isinstance(value, dict) else [key]
    assert listed == wanted


def test_what_every_scenario_shares_is_what_worlds_are_built_with():
    assert file.FIXED["ev.transition_soc_multiplier"] == TRANSITION_MULTIPLIER
    assert file.FIXED["ev.min_emergency_battery_capacity"] == EMERGENCY_ENERGY_KWH
    assert file.FIXED["demand_response.event_start_hour_std"] * 60 == EVENT_START_STD_MIN
    assert Scenario.model_fields["seed"].metadata[1].le == file.MOST_SEED


# --- there and back -------------------------------------------------------------------------------------------------
@given(scenario=scenarios())
def test_what_ev2gym_can_hold_comes_back(scenario):
    text = scenario.to_ev2gym()
    again, keys = Scenario.from_ev2gym(text)
    lost = file.not_held(scenario)
    for name, value in scenario.model_dump().items():
        if name not in lost:
            assert getattr(again, name) == value, name
        else:
            assert getattr(again, name) == Scenario.model_fields[name].default
            assert f"#   {name}: " in text
    assert of(keys, "differs", "unknown", "absent") == {}
    assert {note for note in of(keys, "ignored").values()} <= set(file._HARMLESS)
    assert (file.loss(scenario) == "") == all(value == getattr(Scenario(), name) for name, value in lost.items())


@given(scenario=scenarios(), data=st.data())
def test_damaged_files_give_a_scenario_or_one_sentence(scenario, data):
    lines = scenario.to_ev2gym().splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    value = data.draw(
        st.sampled_from(["", "null", "-1", "1e309", ".nan", "'5'", "[1, 2]", "{a: 1}", "true", "9" * 40, "2022-01-17"])
        | st.text(max_size=12)
    )
    lines[at] = lines[at].partition(":")[0] + ": " + value
    problem = ""
    try:
        Scenario.from_ev2gym("\n".join(lines).encode("utf-8", "replace"))
    except ScenarioError as error:
        problem = str(error)
    assert problem == "" or (problem.isprintable() and 5 < len(problem) < 300)


# --- a corpus -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_files(path):
    """The comment in a file's first line says which fields and keys must be found."""
    wanted = (
        yaml.safe_load(path.read_text().partition("\n")[0].removeprefix("# wanted: "))
        if "# wanted" in path.read_text()
        else {}
    )
    scenario, keys = Scenario.from_ev2gym(path)
    for name, value in wanted.get("fields", {}).items():
        assert getattr(scenario, name) == value, name
    for name, note in wanted.get("notes", {}).items():
        assert {key.key: key.note for key in keys}[name] == note


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_files_are_refused_in_one_sentence(path):
    """The comment in a file's first line is the sentence."""
    wanted = path.read_text("utf-8").partition("\n")[0].removeprefix("# ")
    started = time.perf_counter()
    with pytest.raises(ScenarioError) as raised:
        Scenario.from_ev2gym(path.read_bytes())
    assert str(raised.value) == wanted
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe\x00", b"\x00", b"", b"[" * 90_000, b"- " * 40_000, b"{a: " * 20_000,
        b"!!python/object/apply:os.system [ls]",
        b"a: &x [*x]", b"x" * 100_001, "\ud800".encode("utf-8", "surrogatepass"), b"year: 2022-99-99", b"? [a]\n: 1",
    ],
)  # fmt: skip
def test_what_could_do_harm_is_refused(text):
    started = time.perf_counter()
    with pytest.raises(ScenarioError):
        Scenario.from_ev2gym(text)
    assert time.perf_counter() - started < 5


def test_no_file_that_a_file_names_is_opened(tmp_path, monkeypatch):
    text = Scenario().to_ev2gym().replace("charging_network_topology: None", "charging_network_topology: /etc/passwd")
    opened = []
    monkeypatch.setattr(Path, "open", lambda *a, **k: opened.append(a))
    _, keys = Scenario.from_ev2gym(text.encode())
    assert of(keys, "ignored")["charging_network_topology"] == "topology"
    assert opened == []


# --- the command line -----------------------------------------------------------------------------------------------
def test_any_command_takes_a_configuration(capsys):
    assert main(["scenario", "--config", "V2GProfitPlusLoads.yaml"]) == 0
    out, err = capsys.readouterr()
    assert Scenario.from_json(out) == PRESETS["workplace-loads"]
    assert err.count("\n") == 1
    assert "not taken: random_day, simulation_days, inflexible_loads.forecast_mean" in err
    assert main(["simulate", "--config", str(FOLDER / "good" / "small.yaml"), "--agent", "afap"]) == 0
    assert main(["scenario", "--config", "V2GProfitMax.yaml", "--keys"]) == 0
    assert "random_day" in capsys.readouterr().out
    assert main(["scenario", "--keys"]) == 2
    assert main(["scenario", "--config", "V2GProfitMax.yaml", "--preset", "street"]) == 2
    assert main(["compare", "--config", "None.yaml"]) == 2
    assert "there is no file 'None.yaml'; EV2Gym itself brings" in capsys.readouterr().err


def test_what_ev2gym_cannot_hold_is_said(capsys, tmp_path):
    assert main(["scenario", "--preset", "street", "--ev2gym"]) == 0
    out, err = capsys.readouterr()
    assert "EV2Gym cannot hold retail kepco_self_use_low, provider kepco_service_2" in err
    assert "#   retail: kepco_self_use_low\n" in out
    assert "./ev2gym/data/ev_specs_v2g_enabled2024.json" in out
    own = tmp_path / "own.json"
    own.write_text(Scenario(stations=7, w_grid=0.5).to_json())
    assert main(["scenario", "--scenario", str(own), "--ev2gym"]) == 0
    out, err = capsys.readouterr()
    assert "number_of_charging_stations: 7\n" in out
    assert "w_grid 0.5" in err
    assert main(["scenario", "--ev2gym"]) == 0
    assert capsys.readouterr().err == ""
