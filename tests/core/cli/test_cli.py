"""The command line as scripts use it: JSON shapes, and one clear line for bad input."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import PRESETS, Scenario, compare, simulate
from core.agents.optimum import linear_program
from core.cli.main import main
from core.reports.result_csv import read_results, recorded
from core.rewards import scores
from core.studies import study as studies
from core.studies.monthly_bill import bills, month_study
from core.studies.provenance import made_with

SMALL = Scenario(stations=4, seed=3)

COMPARE_FIELDS = {
    "agent", "objective_eur", "captured", "user_profit_eur", "bill_eur", "provider_margin_eur", "grid_value_eur",
    "ready_frac", "unmet_kwh", "overload_kwh", "wear_kwh", "peak_kw", "bound_eur",
}  # fmt: skip


@pytest.fixture
def scenario_file(tmp_path: Path) -> str:
    path = tmp_path / "scenario.json"
    path.write_text(SMALL.to_json())
    return str(path)


def output(capsys: pytest.CaptureFixture[str], *arguments: str):
    assert main(arguments) == 0
    return json.loads(capsys.readouterr().out)


def test_simulate_prints_what_the_library_computes(capsys, scenario_file):
    printed = output(capsys, "simulate", "--scenario", scenario_file, "--agent", "best", "--json")
    result = simulate(SMALL, "best")
    assert printed["scenario"] == SMALL.model_dump(mode="json")
    assert printed["ledger"] == pytest.approx(result.ledger.totals.as_dict(), abs=1e-9)
    assert len(printed["sessions"]) == len(result.world.sessions)
    first = printed["sessions"][0]
    assert {
        "station", "port", "arrival_step", "departure_step", "arrival_energy_kwh", "wanted_energy_kwh",
        "departure_energy_kwh", "capacity_kwh", "charge_limit_kw", "discharge_limit_kw",
    } <= first.keys()  # fmt: skip
    assert sum(row["bill_eur"] for row in printed["stations"]) == pytest.approx(printed["ledger"]["bill_eur"])
    assert printed["rewards"] == pytest.approx(scores(result.world, result.trace))
    # EV2Gym's own bill, untouched, beside ours: it leaves out what its rounding adds.
    assert printed["ev2gym_stats"] == pytest.approx(dict(result.trace.ev2gym_stats))
    assert printed["ev2gym_stats"]["total_profits"] == pytest.approx(
        printed["ledger"]["bill_eur"], abs=0.5 * abs(printed["ledger"]["rounding_kwh"]) + 1e-6
    )


def test_compare_lists_agents_in_the_order_asked(capsys, scenario_file):
    printed = output(capsys, "compare", "--scenario", scenario_file, "--agents", "cheapest,afap", "--json")["rows"]
    assert [row["agent"] for row in printed] == ["cheapest", "afap"]
    assert all(row.keys() >= COMPARE_FIELDS for row in printed)
    assert printed[1]["captured"] == 0
    afap = simulate(SMALL, "afap")
    assert printed[1]["rewards"] == pytest.approx(scores(afap.world, afap.trace))
    assert printed[0]["bound_eur"] == printed[1]["bound_eur"]
    table = compare(SMALL, ["cheapest", "afap"]).set_index("agent")
    assert printed[0]["objective_eur"] == pytest.approx(table.loc["cheapest", "objective_eur"])


@pytest.mark.parametrize(
    ("command", "names"),
    [(["simulate", "--agent", "rr"], ("rr",)), (["compare", "--agents", "cheapest,rr,cheapest"], ("cheapest", "rr"))],
)
def test_runs_are_written_as_result_csv(capsys, scenario_file, tmp_path, command, names):
    file = tmp_path / "results.csv"
    assert main([*command, "--scenario", scenario_file, "--results", str(file)]) == 0
    read = read_results(file.read_bytes(), file.name)
    assert read.algorithms == names
    result = simulate(SMALL, "rr")
    expected = recorded(result.world, {"rr": result.trace})
    assert read.stations == expected.stations
    np.testing.assert_allclose(read.soc_frac[-1], expected.soc_frac[0], rtol=0, atol=1e-9)


def test_a_result_csv_that_cannot_be_written_is_one_line(capsys, scenario_file):
    assert main(["simulate", "--scenario", scenario_file, "--results", "/no/such/folder/a.csv"]) == 2
    assert "argument --results: there is no folder '/no/such/folder' to write to" in capsys.readouterr().err


def test_captured_is_null_where_nothing_can_be_gained(capsys, tmp_path):
    path = tmp_path / "saturday.json"
    path.write_text(SMALL.replace(date="2022-01-22").to_json())  # nobody comes to work
    (row,) = output(capsys, "compare", "--scenario", str(path), "--agents", "afap", "--json")["rows"]
    assert row["captured"] is None
    assert row["cars"] == 0


def test_prices_of_the_day_clocks_go_back(capsys):
    rows = output(capsys, "prices", "--from", "2023-10-29", "--to", "2023-10-29", "--json")
    assert len(rows) == 25
    assert rows[0].keys() == {"time_local", "time_utc", "eur_per_kwh", "filled"}
    assert [row["time_local"] for row in rows].count("2023-10-29T02:00:00") == 2


@pytest.mark.parametrize("name", PRESETS)
def test_scenario_prints_a_preset_that_reads_back(capsys, name):
    assert main(["scenario", "--preset", name]) == 0
    assert Scenario.from_json(capsys.readouterr().out) == PRESETS[name]


def test_fields_lists_every_field_with_its_meaning(capsys):
    rows = output(capsys, "scenario", "--fields", "--json")
    assert [row["name"] for row in rows] == [row["name"] for row in Scenario.fields()]
    assert all(row["meaning"].endswith(".") for row in rows)
    assert main(["scenario", "--fields"]) == 0
    assert "10..2000" in capsys.readouterr().out


SAYS = "KEPCO's tariff in force since 2026-04-16 is used here, not the one in force on 2022-01-17."


def test_rates_that_are_not_the_day_s_are_said(capsys, tmp_path):
    path = tmp_path / "scenario.json"
    path.write_text(SMALL.replace(retail="kepco_self_use_low", tariff_version="2026-04-16").to_json())
    given = ["--scenario", str(path), "--json"]
    assert main(["simulate", *given]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["notices"] == [SAYS]
    assert said.err == f"note: {SAYS}\n"
    assert main(["compare", "--agents", "afap,alap", *given]) == 0
    said = capsys.readouterr()
    assert [row["notices"] for row in json.loads(said.out)["rows"]] == [[SAYS]] * 2
    assert said.err == f"note: {SAYS}\n"


@pytest.mark.parametrize(
    "command",
    [
        ("simulate", "--agent", "best"),
        ("simulate", "--agent", "mpc"),
        ("compare", "--agents", "afap,best"),
        ("study", "--agents", "afap,best", "--seeds", "0:2", "--workers", "1"),
        ("sweep", "--field", "stations=3,4", "--agents", "mpc", "--workers", "1"),
        ("front", "--steps", "2", "--agents", "best", "--workers", "1"),
        ("regret", "--scenarios", "1", "--workers", "1"),
    ],
    ids=" ".join,
)
def test_a_solver_out_of_time_is_one_line(capsys, monkeypatch, command):
    monkeypatch.setattr(linear_program, "MOST_S", 0.0)
    assert main(command) == 2
    said = capsys.readouterr()
    assert not said.out
    (line,) = said.err.splitlines()
    assert line.startswith("error: HiGHS found no schedule: Time limit reached.")


def test_a_study_says_which_of_its_days_have_other_rates(capsys, tmp_path):
    path = tmp_path / "scenario.json"
    path.write_text(SMALL.replace(provider="kepco_service_1").to_json())
    given = ["study", "--scenario", str(path), "--days", "2016-12-31:2017-01-02", "--agents", "afap,alap"]
    assert main([*given, "--executor", "local", "--json"]) == 0
    said = capsys.readouterr()
    rows = json.loads(said.out)["rows"]
    assert {row["date"]: bool(row["notices"]) for row in rows} == {
        "2016-12-31": True, "2017-01-01": False, "2017-01-02": False
    }  # fmt: skip
    assert len(rows) == 6
    assert "2016-12-31 is not known here" in said.err
    assert said.err.endswith("This concerns 1 of 3 scenarios.\n")


def test_nothing_is_said_of_the_day_s_own_rates(capsys, scenario_file):
    assert main(["simulate", "--scenario", scenario_file, "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["notices"] == []
    assert said.err == ""


def test_json_never_holds_nan(capsys, scenario_file):
    assert main(["simulate", "--scenario", scenario_file, "--json"]) == 0
    text = capsys.readouterr().out
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["simulate", "--scenario", "/no/such/file.json"], "no/such/file.json"),
        (["simulate", "--agent", "nobody"], "choose from afap"),
        (["compare", "--agents", ","], "at least one agent"),
        (["prices", "--from", "yesterday", "--to", "2022-01-01"], "--from: must be a date"),
        (["prices", "--from", "2030-01-01", "--to", "2030-01-02"], "2025-01-07"),
        (["scenario", "--preset", "mars"], "workplace"),
        (["sweep", "--field", "warp=1:2:3"], "field of the scenario"),
        (["sweep", "--field", "stations=1:2"], "LOW:HIGH:COUNT"),
        (["sweep", "--field", "stations=0:2:2"], "stations: must be a whole number from 1 to 200"),
        (["front", "--steps", "1"], "from 2 to 41"),
        (["study", "--days", "2022-02-02:2022-02-01"], "before the first"),
        (["study", "--executor", "dask"], "--scheduler"),
        (["evaluate", "--runs", "0"], "argument --runs: '0' must be a whole number from 1 to 100000"),
        (["evaluate", "--days", "2022-01-01:2022-03-31", "--runs", "1", "--results", "a.csv"], "at most 150,000 rows"),
        (["evaluate", "--runs", "2", "--seeds", "1:2"], "together with --seeds"),
        (["evaluate", "--against", "nobody"], "choose from afap"),
        (["evaluate", "--table", "a.xlsx"], ".csv or .parquet"),
        (["evaluate", "--days", "soon"], "--days: must be a date"),
        (["frobnicate"], "invalid choice"),
        ([], "COMMAND"),
    ],
)
def test_bad_input_gives_one_line_and_exit_code_2(capsys, arguments, says):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert says in captured.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not json", "not a JSON file"),
        ("[1]", "one JSON object"),
        ('{"stations": 0}', "stations: must be a whole number from 1 to 200"),
        ('{"stations": 1e999}', "stations"),
        ('{"schema_version": 99}', "version 99"),
        ('{"warp": 9}', "warp: there is no such field"),
        ("{" * 1_200_000, "too large"),
    ],
)
def test_bad_scenario_files_name_the_field(capsys, tmp_path, text, says):
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert main(["simulate", "--scenario", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert says in error


def test_study_writes_parquet_that_says_what_it_is(capsys, tmp_path):
    import pyarrow.parquet as pq

    out = tmp_path / "study.parquet"
    arguments = ["study", "--days", "2022-01-17:2022-01-18", "--agents", "afap,best", "--executor", "local"]
    assert main([*arguments, "--out", str(out)]) == 0
    assert "interval" in capsys.readouterr().out
    table = pd.read_parquet(out)
    assert table[["date", "agent"]].astype(str).to_numpy().tolist() == [
        ["2022-01-17", "afap"], ["2022-01-18", "afap"], ["2022-01-17", "best"], ["2022-01-18", "best"],
    ]  # fmt: skip
    note = json.loads(pq.read_metadata(out).metadata[b"enerv2gize"])
    assert note["agents"] == ["afap", "best"]
    assert note["made_with"] == made_with([Scenario()], ["afap", "best"])
    assert list(tmp_path.iterdir()) == [out]


def test_evaluate_writes_what_it_prints(capsys, scenario_file, tmp_path):
    files = {name: tmp_path / f"a.{name}" for name in ("parquet", "csv")}
    given = ["evaluate", "--scenario", scenario_file, "--runs", "3", "--agents", "best,rr", "--executor", "local"]
    writes = ["--out", str(tmp_path / "runs.parquet"), "--plots", str(tmp_path / "plots")]
    printed = output(
        capsys, *given, *writes, "--results", str(tmp_path / "r.csv"), "--table", str(files["csv"]), "--json"
    )
    assert printed["agents"] == ["best", "rr", "afap"]  # compared with plug and charge, so that runs, too
    assert (printed["runs"], printed["against"]) == (3, "afap")
    assert {row["agent"] for row in printed["captured"]} == {"best", "rr", "afap"}
    table = pd.read_csv(files["csv"])
    assert table["mean"].tolist() == pytest.approx([row["mean"] for row in printed["summary"]])
    rows = pd.read_parquet(tmp_path / "runs.parquet")
    assert len(rows) == 3 * 3
    mean = rows.loc[rows["agent"] == "rr", "user_profit_eur"].mean()
    (said,) = [r for r in printed["summary"] if (r["figure"], r["agent"]) == ("user_profit_eur", "rr")]
    assert said["mean"] == pytest.approx(mean)
    assert (tmp_path / "plots/report.html").stat().st_size > 1000
    read = read_results((tmp_path / "r.csv").read_bytes())
    day = simulate(SMALL, "rr")  # the first run
    assert read.algorithms == ("best", "rr", "afap")
    np.testing.assert_allclose(read.soc_frac[1], recorded(day.world, {"rr": day.trace}).soc_frac[0], atol=1e-9)
    assert main([*given, "--table", str(files["parquet"])]) == 0
    assert len(pd.read_parquet(files["parquet"])) == len(table)
    text = capsys.readouterr().out
    assert "Mean difference from afap in the same runs" in text
    assert not re.search(r"-0\.0+\b", text)


def test_evaluate_says_where_no_car_comes(capsys, tmp_path):
    path = tmp_path / "saturday.json"
    path.write_text(SMALL.replace(date="2022-01-22").to_json())
    plots = tmp_path / "plots"
    given = ["evaluate", "--scenario", str(path), "--runs", "2", "--agents", "afap", "--executor", "local"]
    assert main([*given, "--plots", str(plots)]) == 0
    assert capsys.readouterr().out == "No car comes in any of the runs.\n"
    assert not plots.exists()
    assert output(capsys, *given, "--json")["summary"] == []


def test_a_closed_pipe_is_not_an_error():
    command = f"{sys.executable} -m core scenario --fields | head -1"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment)
    assert ended.stderr == ""


def test_a_sweep_says_which_combinations_it_leaves_out_and_why(capsys):
    fields = ["--field", "stations=1,2", "--field", "transformers=1,2"]
    assert main(["sweep", *fields, "--agents", "afap", "--executor", "local", "--json"]) == 0
    printed = capsys.readouterr()
    assert len(json.loads(printed.out)["rows"]) == 3
    assert "left out: stations=1, transformers=2 (transformers: at most one per station" in printed.err


def test_days_without_cars_are_counted_apart(capsys):
    assert main(["study", "--days", "2022-01-07:2022-01-09", "--agents", "afap,rr", "--executor", "local"]) == 0
    assert "scenarios with cars, 1 of 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("study --seeds 0:²", "--seeds: must be FIRST:LAST from 0 to 999999, for instance 0:9"),
        ("study --seeds 0:9999999999", "--seeds: must be FIRST:LAST from 0 to 999999, for instance 0:9"),
        ("study --seeds 5:1", "--seeds: must be FIRST:LAST from 0 to 999999, for instance 0:9"),
        (f"study --seeds {'9' * 5000}", "--seeds: must be FIRST:LAST from 0 to 999999, for instance 0:9"),
        ("study --workers 0", "argument --workers: '0' must be a whole number from 1 to 64"),
        ("study --workers -5", "argument --workers: '-5' must be a whole number from 1 to 64"),
        ("regret --seed -1", "argument --seed: '-1' must be a whole number from 0 to 999999"),
        ("regret --scenarios 1_0", "argument --scenarios: '1_0' must be a whole number from 1 to 100000"),
        ("front --steps 1", "argument --steps: '1' must be a whole number from 2 to 41"),
        ("sweep --field stations=-1e308:1e308:3", "--field stations: '-1e308:1e308:3' must be LOW:HIGH:COUNT"),
        ("sweep --field stations=-1e308:1e308 --latin 3", "--field stations: '-1e308:1e308' must be LOW:HIGH"),
        ("sweep --field stations=1:5:2.5", "--field stations: COUNT must be a whole number from 2 to 1000"),
        ("simulate --agent \ud800", "\ufffd: there is no such agent"),
        ("simulate --preset \x1b[31m", "preset: there is no '\ufffd[31m'"),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_are_refused_in_one_line(capsys, arguments, said):
    assert main(arguments.split()) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_an_agent_named_twice_is_one_agent(capsys, scenario_file):
    printed = output(capsys, "compare", "--scenario", scenario_file, "--agents", "afap,cheapest,afap", "--json")["rows"]
    assert [row["agent"] for row in printed] == ["afap", "cheapest"]


@pytest.mark.parametrize(
    "command",
    [
        ["study", "--out"], ["sweep", "--field", "stations=1:9:2", "--out"], ["front", "--out"], ["evaluate", "--out"],
        ["evaluate", "--table"], ["evaluate", "--results"], ["simulate", "--results"], ["compare", "--results"],
        ["import-prices", "x.csv", "--out"], ["export", "x.pkl", "--out"], ["export", "x.pkl", "--results"],
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_said_before_anything_is_computed(capsys, monkeypatch, tmp_path, command):
    monkeypatch.setattr("core.cli.options.read_scenario", lambda _: pytest.fail("it went on"))
    assert main([*command, str(tmp_path)]) == 2
    assert "is a folder; name a file to write" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "none" / "file.csv")]) == 2
    assert "there is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [["evaluate", "--plots"], ["train", "--algo", "ppo", "--out"], ["import-agent", "x", "--env", "port", "--out"]],
)
def test_folders_to_write_are_no_files(capsys, tmp_path, command):
    file = tmp_path / "file"
    file.touch()
    for path in (file, file / "inside"):
        assert main([*command, str(path)]) == 2
        assert "/file' is a file; name a folder to write to" in capsys.readouterr().err


def test_a_full_disk_names_the_file_and_leaves_nothing_half_written(capsys, scenario_file, tmp_path):
    """A limit on the size of files, as a full disk is: the operating system names no file then."""
    file = tmp_path / "results.csv"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        assert main(["simulate", "--scenario", scenario_file, "--results", str(file)]) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert capsys.readouterr().err == f"error: File too large: {file}\n"
    assert list(tmp_path.glob("results*")) == []


def test_a_full_disk_is_one_line(capsys, monkeypatch, scenario_file):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.cli.simulate.print_json", full)
    assert main(["simulate", "--scenario", scenario_file, "--json"]) == 2
    assert capsys.readouterr().err == "error: No space left on device\n"


def test_interrupting_says_what_is_kept(capsys, monkeypatch, scenario_file):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.cli.simulate.print_json", stop)
    assert main(["simulate", "--scenario", scenario_file, "--json"]) == 130
    assert capsys.readouterr().err.startswith("stopped; ")


def test_bill_prints_a_month_that_the_library_computes(capsys, tmp_path):
    base = SMALL.replace(provider="kepco_service_1", date="2023-02-08", length_h=12)
    path = tmp_path / "scenario.json"
    path.write_text(base.to_json())
    given = ["bill", "--scenario", str(path), "--agents", "afap", "--executor", "local"]
    printed = output(capsys, *given, "--json")
    study = month_study(base, ["afap"])
    (bill,) = bills(studies.run(study), study)
    assert printed["month"] == "2023-02"
    assert printed["agents"]["afap"] == pytest.approx(bill.figures())
    assert output(capsys, *given, "--month", "2023-03", "--json")["month"] == "2023-03"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--preset", "workplace"], "buys from KEPCO"),
        (["--preset", "busan", "--month", "2023"], "must be a month such as 2023-08"),
        (["--preset", "busan", "--month", "2023-13"], "must be a month such as 2023-08"),
    ],
)
def test_bill_says_what_it_needs(capsys, arguments, said):
    assert main(["bill", *arguments]) == 2
    assert said in capsys.readouterr().err
