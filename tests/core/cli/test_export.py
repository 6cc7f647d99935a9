"""EV2Gym's own pickles, made here by EV2Gym itself: what is exported is what was run, and nothing is read untrusted."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core import Scenario, simulate
from core.cli.main import main
from core.reports.result_csv import read_results, recorded
from core.studies.run import Result
from tests.parity import reference

SCENARIO = Scenario(stations=3, ports_per_station=2, intensity=8, seed=4)


@pytest.fixture(scope="module")
def runs() -> dict[str, Result]:
    return {name: simulate(SCENARIO, name) for name in ("best", "afap")}


def played(run: Result, folder: Path, **settings: Any) -> Any:
    """EV2Gym's own environment after the run's actions; it writes a replay into the folder."""
    prices = run.world.prices
    env = reference.make(SCENARIO, prices.buy_eur_per_kwh, prices.sell_eur_per_kwh)
    env.save_replay, env.replay_path = True, f"{folder}/"
    for name, value in settings.items():
        setattr(env, name, value)
    for step in range(run.world.n_steps):
        env.step(np.round(run.trace.action[:, step], 5).tolist())
    return env


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)  # EV2Gym makes a folder beside whoever runs it
    return tmp_path


def kept(thing: Any, folder: Path) -> Path:
    file = folder / "env.pkl"
    file.write_bytes(pickle.dumps(thing))
    return file


def test_environments_by_algorithm_become_a_result_csv(runs, folder, capsys):
    envs = {"=best": played(runs["best"], folder), "afap": played(runs["afap"], folder)}
    assert len({car.time_of_departure for car in envs["afap"].EVs}) > 3
    capsys.readouterr()
    given = ["export", "--trusted", str(kept(envs, folder)), "--results", "a.csv", "--out", "a.parquet", "--json"]
    assert main(given) == 0
    stats = json.loads(capsys.readouterr().out)
    assert stats["afap"] == pytest.approx(dict(runs["afap"].trace.ev2gym_stats))
    assert "'=best" in (folder / "a.csv").read_text()
    read = read_results((folder / "a.csv").read_bytes())
    traces = {"=best": runs["best"].trace, "afap": runs["afap"].trace}
    expected = recorded(runs["best"].world, traces)
    assert (read.algorithms, read.stations) == (("=best", "afap"), expected.stations)
    np.testing.assert_array_equal(read.times, expected.times)
    np.testing.assert_allclose(read.soc_frac, expected.soc_frac, rtol=0, atol=1e-9)
    np.testing.assert_allclose(read.charging_eur_per_kwh, expected.charging_eur_per_kwh, rtol=0, atol=1e-9)
    tidy = pd.read_parquet(folder / "a.parquet")
    assert len(tidy) == read.soc_frac.size
    some = tidy[(tidy["algorithm"] == "afap") & (tidy["station"] == 4)]
    np.testing.assert_allclose(some["soc_frac"], expected.soc_frac[1, :, 4], rtol=0, atol=1e-9)
    np.testing.assert_array_equal(some["time_local"].to_numpy(), expected.times)


def test_one_environment_is_named_after_its_file(runs, folder, capsys):
    file = kept(played(runs["afap"], folder), folder)
    assert main(["export", "--trusted", str(file), "--results", "a.csv"]) == 0
    assert "total_profits" in capsys.readouterr().out
    assert read_results((folder / "a.csv").read_bytes()).algorithms == ("env",)
    assert main(["export", "--trusted", str(file), "--results", "a.csv", "--name", "PPO"]) == 0
    assert read_results((folder / "a.csv").read_bytes()).algorithms == ("PPO",)


def test_a_replay_has_cars_and_no_soc(runs, folder, capsys):
    played(runs["afap"], folder)
    (file,) = folder.glob("replay_*.pkl")
    capsys.readouterr()
    assert main(["export", "--trusted", str(file), "--results", "a.csv"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "a replay holds a day, not what was done on it" in said
    assert not (folder / "a.csv").exists()
    assert main(["export", "--trusted", str(file), "--out", "a.parquet"]) == 0
    cars, sessions = pd.read_parquet(folder / "a.parquet"), runs["afap"].ledger.sessions
    same = ["station", "arrival_time", "departure_time", "arrival_energy_kwh", "capacity_kwh"]
    same += ["wanted_energy_kwh", "charge_limit_kw", "discharge_limit_kw"]
    order = ["arrival_time", "station"]
    pd.testing.assert_frame_equal(
        cars.sort_values(order)[same].reset_index(drop=True),
        sessions.sort_values(order)[same].reset_index(drop=True),
        check_dtype=False,
    )


def test_a_replay_of_an_optimal_run_has_both(runs, folder):
    played(runs["best"], folder, eval_mode="optimal")
    (file,) = folder.glob("replay_*.pkl")
    assert main(["export", "--trusted", str(file), "--results", "a.csv", "--name", "optimal"]) == 0
    read = read_results((folder / "a.csv").read_bytes())
    expected = recorded(runs["best"].world, {"optimal": runs["best"].trace})
    np.testing.assert_allclose(read.soc_frac, expected.soc_frac, rtol=0, atol=1e-9)


def test_a_run_that_was_stopped_is_written_as_far_as_it_went(runs, folder):
    env = reference.make(
        SCENARIO, runs["afap"].world.prices.buy_eur_per_kwh, runs["afap"].world.prices.sell_eur_per_kwh
    )
    for step in range(40):
        env.step(np.round(runs["afap"].trace.action[:, step], 5).tolist())
    assert main(["export", "--trusted", str(kept(env, folder)), "--results", "a.csv"]) == 0
    read = read_results((folder / "a.csv").read_bytes())
    expected = recorded(runs["afap"].world, {"env": runs["afap"].trace})
    np.testing.assert_array_equal(read.times, expected.times[:40])
    np.testing.assert_allclose(read.soc_frac, expected.soc_frac[:, :40], rtol=0, atol=1e-9)
    assert read.soc_frac[0, -1].any()  # some car is still there


class Trap:
    """What an attacker would pickle."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return Path.touch, (self.mark,)


def test_nothing_is_unpickled_untrusted(folder, capsys):
    file, mark = kept(Trap(folder / "mark"), folder), folder / "mark"
    assert main(["export", str(file), "--results", "a.csv"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "runs whatever code is in it; add --trusted only" in said
    assert not mark.exists()
    assert main(["export", "--trusted", str(file)]) == 2  # it is what the reader asked for
    assert mark.exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "cannot be unpickled (EOFError)"),
        (b"not a pickle", "cannot be unpickled"),
        (b"cno_such_module\nthing\n.", "needs the module no_such_module"),
        (pickle.dumps([1, 2]), "holds neither an EV2Gym environment"),
        (pickle.dumps({}), "holds neither an EV2Gym environment"),
        (pickle.dumps({"ppo": 1}), "holds neither an EV2Gym environment"),
    ],
)
def test_other_files_get_one_sentence(folder, capsys, data, says):
    (folder / "a.pkl").write_bytes(data)
    assert main(["export", "--trusted", "a.pkl"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert says in said


def test_environments_of_other_days_do_not_fit_together(runs, folder, capsys):
    env, other = played(runs["afap"], folder), played(runs["afap"], folder)
    other.charge_prices = other.charge_prices * 2
    assert main(["export", "--trusted", str(kept({"a": env, "b": other}, folder))]) == 2
    assert "not of one day" in capsys.readouterr().err
    other.charge_prices[0] *= 2
    assert main(["export", "--trusted", str(kept(other, folder))]) == 2
    assert "prices of their own" in capsys.readouterr().err


def test_a_file_that_is_not_there(capsys):
    assert main(["export", "--trusted", "/no/such/file.pkl"]) == 2
    assert "/no/such/file.pkl" in capsys.readouterr().err
