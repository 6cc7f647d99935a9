"""Studies: the same table whatever runs it, resumable, and honest statistics."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core import Scenario, simulate
from core.errors import EnerV2GizeError, ScenarioError
from core.studies import processes, study

BASE = Scenario(stations=3, intensity=8)
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(study, "CHUNK", 3)


def days(last: int = 8, agents=("afap", "cheapest", "best")) -> study.Study:
    return study.over_days(BASE, dt.date(2022, 3, 7), dt.date(2022, 3, last), agents)


def test_rows_are_what_the_real_ev2gym_gives():
    table = study.run(days(9, ("afap", "mpc")))
    for _, row in table.iterrows():
        scenario = BASE.replace(date=row["date"], seed=row["seed"] + 1000 * (row["date"] - dt.date(2022, 3, 7)).days)
        totals = simulate(scenario, row["agent"]).ledger.totals.as_dict()
        assert {name: row[name] for name in totals} == pytest.approx(totals, abs=1e-6)


def test_agents_meet_the_same_cars():
    table = study.run(days(18))
    assert (table.groupby("date")["cars"].nunique() == 1).all()
    assert table["cars"].nunique() > 1  # but days differ


def test_processes_give_the_same_table():
    wanted = study.run(days(18))
    pd.testing.assert_frame_equal(study.run(days(18), executor="processes", workers=2), wanted)


def test_a_stopped_study_goes_on_where_it_was(tmp_path, monkeypatch):
    out = tmp_path / "study.parquet"
    wanted = study.run(days(18))
    real, ran = study._run, []

    def run_some(scenarios, *rest):
        if len(ran) == 2:
            raise KeyboardInterrupt
        ran.append(scenarios)
        return real(scenarios, *rest)

    monkeypatch.setattr(study, "_run", run_some)
    with pytest.raises(KeyboardInterrupt):
        study.run(days(18), out=out)
    assert not out.exists()
    ran.clear()
    monkeypatch.setattr(study, "_run", lambda *a: ran.append(a[0]) or real(*a))
    table = study.run(days(18), out=out)
    assert len(ran) == days(18).n_chunks - 2
    pd.testing.assert_frame_equal(table, wanted)
    pd.testing.assert_frame_equal(pd.read_parquet(out), wanted)
    assert list(tmp_path.iterdir()) == [out]


def test_another_study_never_takes_up_its_chunks(tmp_path):
    out = tmp_path / "study.parquet"
    store = study._ChunkStore(out, days(18))
    store.save(0, days(18).chunk(0))
    assert study._ChunkStore(out, days(18)).load().keys() == {0}
    assert study._ChunkStore(out, days(17)).load() == {}


def test_chunks_of_other_sources_are_never_taken_up(tmp_path, monkeypatch):
    out = tmp_path / "study.parquet"
    study._ChunkStore(out, days(18)).save(0, days(18).chunk(0))
    monkeypatch.setattr(study, "results_key", lambda: "another")
    assert study._ChunkStore(out, days(18)).load() == {}


def test_damaged_and_foreign_chunks_are_run_again(tmp_path):
    out = tmp_path / "study.parquet"
    store = study._ChunkStore(out, days(18))
    first, second = days(18).chunk(0), days(18).chunk(1)
    store.save(0, first)
    whole = store.path(0).read_bytes()
    store.path(1).write_bytes(whole[: len(whole) // 2])  # half-written
    second.head(5).to_parquet(store.path(2))  # somebody else's
    store.path(0).with_name("notes.parquet").write_bytes(b"nothing")
    assert store.load().keys() == {0}
    pd.testing.assert_frame_equal(study.run(days(18), out=out), study.run(days(18)))
    assert list(tmp_path.iterdir()) == [out]


def test_a_killed_worker_is_one_sentence():
    with pytest.raises(EnerV2GizeError, match="a worker process was killed"):
        list(processes.each(_die, [(9,)] * 2, 2))


def _die(signal: int) -> None:
    os.kill(os.getpid(), signal)


def test_workers_end_with_whoever_started_them():
    """A killed parent leaves no process behind."""
    script = (
        "from core.studies.processes import each; import time, os\n"
        "for pid in each(os.getpid, [()] * 2, 2): print(pid, flush=True)\n"
        "time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    workers = {int(parent.stdout.readline()) for _ in range(2)}
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 20
    while any(_alive(pid) for pid in workers) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(_alive(pid) for pid in workers)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_closing_the_generator_stops_the_work():
    chunks = study.run_chunks(days(18), range(4))
    next(chunks)
    chunks.close()
    assert next(chunks, None) is None


def test_dask_cluster_gives_the_same_table_though_a_worker_dies(monkeypatch, tmp_path):
    """A scheduler without workers, then with one that cannot compute, then with two, one of which is killed."""
    pytest.importorskip("distributed", reason="the optional package 'distributed' is not installed")
    many = days(30)
    wanted = study.run(many)
    processes: list[subprocess.Popen[str]] = []
    (tmp_path / "core.py").write_text("raise ImportError('nothing here')")

    def start(*arguments: str, folder: Path = ROOT) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
            cwd=folder, text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(folder)},
        )  # fmt: skip
        processes.append(process)
        return process

    def drain(process: subprocess.Popen[str]) -> None:
        # A full pipe would stop the process.
        threading.Thread(target=process.stderr.read, daemon=True).start()

    try:
        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        for line in scheduler.stderr:
            if found := re.search(r"Scheduler at:\s*(tcp://127\.0\.0\.1:\d+)", line):
                address = found[1]
                break
        drain(scheduler)
        joining = (
            "worker",
            address,
            "--nworkers",
            "1",
            "--nthreads",
            "1",
            "--no-dashboard",
            "--no-nanny",
            "--preload-nanny",
            "",
            "--host",
            "127.0.0.1",
            "--memory-limit",
            "0",
            "--local-directory",
            "/tmp",
        )
        with monkeypatch.context() as patch:
            patch.setattr(study, "WORKERS_WITHIN_S", 0.2)
            with pytest.raises(EnerV2GizeError, match=r"no worker joined the Dask cluster within 0\.2 s"):
                study.run(many, executor="dask", scheduler=address)
        useless = start(*joining, folder=tmp_path)
        drain(useless)
        with pytest.raises(EnerV2GizeError, match=r"cannot import EnerV2Gize \(nothing here\)"):
            study.run(many, executor="dask", scheduler=address)
        useless.kill()
        useless.wait()
        workers = [start(*joining) for _ in range(2)]
        for worker in workers:
            drain(worker)

        def kill_one(done: int, total: int) -> None:
            if done == 2:
                workers[0].kill()

        table = study.run(many, executor="dask", scheduler=address, progress=kill_one)
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stderr.close()
    assert workers[0].returncode == -9
    pd.testing.assert_frame_equal(table, wanted)


def test_sweep_crosses_all_values():
    swept = study.sweep(BASE, {"v2g_price_factor": [0, 1], "stations": ["1", "2", "3"]}, ["afap"], seeds=[1, 2])
    assert len(swept.scenarios) == 2 * 3 * 2
    assert swept.labels[0] == {"v2g_price_factor": 0.0, "stations": 1, "seed": 1}
    assert {s.stations for s in swept.scenarios} == {1, 2, 3}


def test_an_impossible_combination_is_left_out_and_named():
    swept = study.sweep(BASE, {"stations": [1, 3], "transformers": [1, 2]}, ["afap"], seeds=[4, 5])
    assert {(s.stations, s.transformers) for s in swept.scenarios} == {(1, 1), (3, 1), (3, 2)}
    (case,) = swept.left_out
    assert case.label == {"stations": 1, "transformers": 2}
    assert "at most one per station" in str(case.error)


def test_a_value_that_is_not_allowed_is_an_error_not_left_out():
    with pytest.raises(ScenarioError, match="stations: must be a whole number from 1 to 200"):
        study.sweep(BASE, {"stations": [0, 3]}, ["afap"])


def test_a_sweep_of_impossible_combinations_alone_is_an_error():
    with pytest.raises(ScenarioError, match="transformers: at most one per station"):
        study.sweep(BASE, {"stations": [1], "transformers": [2, 3]}, ["afap"])


def test_latin_hypercube_fills_every_stratum():
    drawn = study.latin_hypercube(BASE, {"transformer_limit_kw": (50, 150), "stations": (1, 20)}, 20, ["afap"], seed=4)
    limits = sorted(s.transformer_limit_kw for s in drawn.scenarios)
    assert all(50 + 5 * i <= limit <= 55 + 5 * i for i, limit in enumerate(limits))
    with pytest.raises(ScenarioError, match="place: only numeric"):
        study.latin_hypercube(BASE, {"place": (0, 1)}, 3, ["afap"])


def test_front_covers_the_corners():
    weights = [(s.w_user, s.w_provider, s.w_grid) for s in study.front(BASE, ["best"], steps=3).scenarios]
    least = study.LEAST_WEIGHT
    assert {(1, least, least), (least, 1, least), (least, least, 1)} <= set(weights)
    assert len(weights) == 6
    assert all(max(w) == 1 and min(w) >= least for w in weights)


def test_raising_a_weight_never_costs_its_stakeholder():
    table = study.run(
        study.front(Scenario(stations=8, provider="flat", retail_markup_eur_per_kwh=0.1), ["best"], steps=4)
    )
    for weight, money in (
        ("w_user", "user_profit_eur"),
        ("w_provider", "provider_margin_eur"),
        ("w_grid", "grid_value_eur"),
    ):
        share = (table[weight] / table[["w_user", "w_provider", "w_grid"]].sum(axis=1)).round(9)
        only, without = table.loc[share == share.max(), money].item(), table.loc[share == share.min(), money].max()
        assert only >= without - 0.5


def test_too_many_scenarios_are_refused():
    with pytest.raises(EnerV2GizeError, match="100,000"):
        study.sweep(
            BASE, {"transformer_limit_kw": np.linspace(10, 2000, 101), "pv_share": np.linspace(0, 3, 1000)}, ["afap"]
        )


def table_of(differences: list[float]) -> pd.DataFrame:
    rows = [("afap", 1.0)] * len(differences) + [("x", 1.0 + d) for d in differences]
    return pd.DataFrame(rows, columns=["agent", "objective_eur"])


def test_paired_difference_of_noise_is_called_noise():
    rows = study.paired_differences(table_of([1, -1, 2, -2, 0.5, -0.5])).set_index("agent")
    assert rows.loc["x", "noise"]
    assert rows.loc["x", "low"] < 0 < rows.loc["x", "high"]
    assert rows.loc["x", "win_frac"] == 0.5


def test_paired_difference_of_a_sure_gain():
    rows = study.paired_differences(table_of([1.0, 1.5, 2.0, 1.2, 1.8])).set_index("agent")
    assert not rows.loc["x", "noise"]
    assert rows.loc["x", "mean"] == pytest.approx(1.5)
    assert 1.0 <= rows.loc["x", "low"] < 1.5 < rows.loc["x", "high"] <= 2.0
    again = study.paired_differences(table_of([1.0, 1.5, 2.0, 1.2, 1.8])).set_index("agent")
    pd.testing.assert_frame_equal(rows, again)


def test_worlds_without_cars_are_not_counted():
    table = table_of([1.0, 1.5, 2.0]).assign(cars=3)
    empty = table_of([0.0] * 4).assign(cars=0)
    rows = study.paired_differences(pd.concat([table, empty], ignore_index=True)).set_index("agent")
    assert rows.loc["x", "n"] == 3
    assert rows.loc["x", "mean"] == pytest.approx(1.5)


def test_captured_share_sums_before_dividing():
    table = pd.DataFrame(
        {
            "agent": ["afap", "afap", "x", "x", "best", "best"],
            "objective_eur": [0.0, 0.0, 1.0, 5.0, 1.0, 8.0],
            "bound_eur": [np.nan] * 4 + [1.0, 9.0],
        }
    )
    rows = study.captured_shares(table).set_index("agent")
    assert rows.loc["x", "captured"] == pytest.approx(0.6)  # (1 + 5) / (1 + 9), not the mean of 1 and 5/9
    assert rows.loc["best", "captured"] == pytest.approx(0.9)  # against the bound, not against itself
    assert rows.loc["x", "median"] == pytest.approx((1 + 5 / 9) / 2)
    nothing = table.assign(bound_eur=table["bound_eur"] * 0 + 0.001)
    assert study.captured_shares(nothing)["captured"].isna().all()  # less than a cent
    assert rows.loc["x", "low"] < 0.6 < rows.loc["x", "high"]


def test_worlds_needed_is_the_sample_size_of_a_paired_test():
    # Differences of mean 1 and deviation 2: ((1.96 + 0.84) * 2 / 1)^2 = 31.4.
    differences = np.array([-1.0, 3.0] * 50)
    assert study.worlds_needed(differences * np.sqrt(99 / 100) + (1 - np.sqrt(99 / 100))) == 32
    assert study.worlds_needed(np.array([2.0, 2.0, 2.0])) == 2
    assert study.worlds_needed(np.zeros(5)) is None
