"""Background studies: the same figures as a study in the foreground, and an end when nobody watches."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pandas as pd
import pytest

from core.agents.heuristics import AsFastAsPossible
from core.agents.optimum import best as optimal
from core.agents.registry import make_agent
from core.engines import batch
from core.paths import ROOT
from core.scenario import Scenario
from core.studies import job as jobs
from core.studies.job import Desk
from core.studies.study import Study, run
from core.world import build_world


def a_study(agents: tuple[str, ...], n: int = 6, **changes: object) -> Study:
    scenarios = tuple(Scenario(stations=3, seed=seed).replace(**changes) for seed in range(n))
    return Study(scenarios, tuple({"seed": s.seed} for s in scenarios), agents)


def end(job: jobs.Job) -> None:
    until = time.monotonic() + 60
    while not job.finished and time.monotonic() < until:
        job.watch()
        job.join(0.05)
    assert job.finished


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    batch.warm_up()


def test_a_job_gives_what_the_study_gives():
    study = a_study(("afap", "mpc", "best", "cheapest"))
    job = Desk().job(study)
    end(job)
    key = ["agent", "seed"]
    here = job.table().drop(columns="world").sort_values(key, ignore_index=True)
    there = run(study).sort_values(key, ignore_index=True)
    pd.testing.assert_frame_equal(here, there[here.columns], rtol=1e-9, atol=1e-9)


def test_nothing_runs_before_somebody_watches():
    job = Desk().job(a_study(("afap",)))
    assert not job.running
    assert job.table().empty


def test_a_stopped_job_ends_within_a_step_and_goes_on():
    job = Desk().job(a_study(("mpc",), n=40))
    job.watch()
    time.sleep(0.2)
    job.stop()
    job.join(1.0)
    assert not job.running
    assert not job.finished
    done = len(job.table())
    end(job)
    table = job.table()
    assert len(table) == 40 > done
    assert table["world"].tolist() == list(range(40))


def test_a_job_that_nobody_watches_ends(monkeypatch):
    monkeypatch.setattr(jobs, "LEASE_S", 0.2)
    job = Desk().job(a_study(("mpc",), n=200, stations=25))
    job.watch()
    job.join(5.0)
    assert not job.running
    assert not job.finished


def test_a_process_ends_cleanly_within_a_study():
    ended = subprocess.run([sys.executable, "-c", LEFT_AT_WORK], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")


LEFT_AT_WORK = """
import threading
from core.scenario import Scenario
from core.studies.job import Desk
from core.studies.study import Study
days = tuple(Scenario(stations=25, seed=seed) for seed in range(60))
job = Desk().job(Study(days, tuple({"seed": day.seed} for day in days), ("best",)))
threading.Thread(target=job.watch, daemon=True).start()
job.wait_for_something(60)
"""


def test_planning_stops_between_two_optima(monkeypatch):
    solved, plan = [], optimal.solve
    monkeypatch.setattr(optimal, "solve", lambda world: solved.append(world) or plan(world))
    checks = iter([True, True, True])

    def check() -> None:
        if not next(checks, False):
            raise TimeoutError

    worlds = [build_world(scenario) for scenario in a_study(("best",)).scenarios]
    with pytest.raises(TimeoutError):
        jobs.watched(make_agent("best"), check).prepare(worlds)
    assert len(solved) == 3 < len(worlds)


class _Stuck(AsFastAsPossible):
    """An agent in whose step both places of a desk are, until it is let on."""

    inside, on = threading.Semaphore(0), threading.Event()

    def act(self, view):
        self.inside.release()
        assert self.on.wait(600)
        return super().act(view)


def test_a_study_does_not_wait_for_the_places_of_one_that_was_left(monkeypatch):
    """Nobody can end a step that takes long; the next study begins all the same."""
    make = jobs.make_agent
    monkeypatch.setattr(jobs, "make_agent", lambda name: _Stuck() if name == "afap" else make(name))
    desk = Desk()
    long, short = desk.job(a_study(("afap",), n=40)), desk.job(a_study(("cheapest",)))
    try:
        long.watch()
        for _ in range(jobs.THREADS):
            assert _Stuck.inside.acquire(timeout=60)
        short.watch()
        short.join(0.3)
        assert short.table().empty  # as long as somebody waits for the other
        long.stop()
        end(short)
        assert long.running
    finally:
        _Stuck.on.set()
    long.join(60)
    assert not long.running
    assert len(long.table()) <= 8  # its parts end at their next step


def test_a_study_that_is_left_while_it_waits_for_a_place_ends(monkeypatch):
    monkeypatch.setattr(jobs, "THREADS", 0)
    job = Desk().job(a_study(("afap",)))
    monkeypatch.setattr(jobs, "min", lambda *_: 2, raising=False)
    job.watch()
    assert job.running
    job.stop()
    job.join(5)
    assert not job.running


def test_waiting_ends_with_the_first_results():
    job = Desk().job(a_study(("afap", "mpc"), n=40))
    job.watch()
    job.wait_for_something(60)
    assert 0 < len(job.table()) < 80
    job.stop()
    job.join(5)


def test_only_time_at_work_counts():
    job = Desk().job(a_study(("mpc",), n=12, stations=8))
    job.watch()
    job.wait_for_something(60)
    job.stop()
    job.join(5)
    stopped = job.seconds
    time.sleep(0.5)
    assert job.seconds == stopped > 0
    began = time.monotonic()
    end(job)
    assert stopped < job.seconds <= stopped + time.monotonic() - began
    # Two threads at a time are one stretch of time.
    done = job.seconds
    time.sleep(0.2)
    assert job.seconds == done


def test_time_left_is_told_as_soon_as_every_agent_has_done_something():
    job = Desk().job(a_study(("afap", "mpc"), n=6))
    assert job.left_s is None
    job.watch()
    while not job.table()["agent"].eq("mpc").any():
        job.watch()
        job.join(0.02)
        assert job.table()["agent"].eq("mpc").any() or job.left_s is None
    job.stop()
    job.join(5)
    done = int(job.table()["agent"].eq("mpc").sum())
    left = job.left_s
    assert left is not None
    # Of the slow agent alone, each of whose days took as long as those that are done.
    assert (left > 0) == (done < 6)
    assert left < job.seconds * 2 * 6 / done
    end(job)
    assert job.left_s == 0


def test_equal_studies_share_a_job():
    desk = Desk()
    assert desk.job(a_study(("afap",))) is desk.job(a_study(("afap",)))
    assert desk.job(a_study(("afap",))) is not desk.job(a_study(("rr",)))


def test_a_failure_is_kept(monkeypatch):
    def fail(_):
        raise ValueError("no world")

    monkeypatch.setattr(jobs, "build_world", fail)
    job = Desk().job(a_study(("afap",)))
    end(job)
    assert isinstance(job.error, ValueError)
