"""Runs in processes of their own: the same traces, shared, in fair order, and ended when nobody waits."""

from __future__ import annotations

import threading
import time

import numpy as np
import pandas as pd
import pytest

from core.agents.registry import AGENTS
from core.errors import BusyError, EnerV2GizeError, TooLargeError
from core.scenario import Scenario
from core.studies import job as jobs
from core.studies import outside
from core.studies.outside import Outside, Waiting, expected_s, is_heavy
from core.studies.run import simulate
from core.studies.study import Study, run
from core.studies.worker import pack_totals, unpack_totals
from core.world import build_world

SMALL = Scenario(stations=3, length_h=24)
LARGEST = Scenario(stations=200, ports_per_station=4, transformers=4, length_h=48)


class LeftError(Exception):
    """The page has been left."""


@pytest.fixture(scope="module")
def processes():
    started = Outside()
    yield started
    started.close()


def patient(_: Waiting) -> None:
    """Whoever waits as long as it takes."""


def quiet(processes: Outside, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while processes.busy and time.monotonic() < until:
        time.sleep(0.01)
    return not processes.busy


def test_a_run_outside_is_the_run_inside(processes):
    here, there = simulate(SMALL, "best").trace, processes.trace(build_world(SMALL), "best", patient)
    for name in ("power_kw", "energy_kwh", "action"):
        np.testing.assert_array_equal(getattr(here, name), getattr(there, name))
        assert not getattr(there, name).flags.writeable
    assert (here.agent, here.bound_eur, here.ev2gym_stats) == (there.agent, there.bound_eur, there.ev2gym_stats)


def test_whoever_leaves_ends_a_solver_call(processes):
    """At the largest site the first plan takes many seconds, in which HiGHS cannot be asked anything."""
    world, began = build_world(LARGEST), time.monotonic()

    def leave(now: Waiting) -> None:
        if time.monotonic() - began > 0.5:
            raise LeftError

    with pytest.raises(LeftError):
        processes.trace(world, "best", leave)
    assert quiet(processes, 2.0)


def test_an_order_that_is_dropped_on_its_way_to_a_process_keeps_nobody_waiting(processes, monkeypatch):
    """It is handed out, but not sent yet, when whoever asked is gone."""
    sent, answer = threading.Event(), outside._Worker.answer

    def late(worker, line, share):
        assert sent.wait(60)
        return answer(worker, line, share)

    def leave(_: Waiting) -> None:
        raise LeftError

    monkeypatch.setattr(outside._Worker, "answer", late)
    with pytest.raises(LeftError):
        processes.trace(build_world(LARGEST), "best", leave)
    sent.set()
    assert quiet(processes, 5.0)


def test_a_run_goes_on_while_one_of_two_waits(processes):
    scenario = SMALL.replace(seed=5)
    found, asked = [], threading.Event()

    def other() -> None:
        found.append(processes.trace(build_world(scenario), "best", lambda _: asked.set()))

    def leave(_: Waiting) -> None:
        raise LeftError

    thread = threading.Thread(target=other)
    thread.start()
    assert asked.wait(10)
    with pytest.raises(LeftError):
        processes.trace(build_world(scenario), "best", leave)
    thread.join(20)
    assert found[0].agent == "best"


def test_an_error_comes_back_as_itself(processes):
    with pytest.raises(EnerV2GizeError):
        processes._ask("trace", [SMALL], ["nobody"], bytes, 0.1, patient)


def test_short_goes_before_long_and_more_than_enough_is_refused(monkeypatch):
    monkeypatch.setattr(outside, "MOST_WAITING", 2)
    queue, over, told = Outside(places=0), threading.Event(), {}

    def wait(seconds: float) -> None:
        def look(now: Waiting) -> None:
            told[seconds] = now
            if over.is_set():
                raise LeftError

        with pytest.raises(LeftError):
            queue._ask("trace", [SMALL.replace(seed=round(seconds))], ["best"], bytes, seconds, look)

    threads = [threading.Thread(target=wait, args=(seconds,)) for seconds in (50.0, 5.0)]
    for thread in threads:
        thread.start()
    while queue.busy < 2:
        time.sleep(0.01)
    with pytest.raises(BusyError):
        queue._ask("trace", [SMALL], ["best"], bytes, 1.0, patient)
    told.clear()
    while len(told) < 2:
        time.sleep(0.01)
    over.set()
    for thread in threads:
        thread.join(5)
    assert [told[seconds].ahead for seconds in (5.0, 50.0)] == [0, 1]
    assert told[50.0].seconds == pytest.approx(5.0)
    assert queue.busy == 0


def test_a_study_sends_heavy_days_outside_and_gives_the_same_table(processes, monkeypatch):
    asked = []
    monkeypatch.setattr(jobs, "is_heavy", lambda _, agent: agent == "best" and not asked.append(agent))
    scenarios = tuple(SMALL.replace(seed=seed) for seed in range(3))
    study = Study(scenarios, tuple({"seed": s.seed} for s in scenarios), ("afap", "best"))
    job = jobs.Desk(processes).job(study)
    until = time.monotonic() + 60
    while not job.finished and time.monotonic() < until:
        job.watch()
        job.join(0.05)
    there = run(study).sort_values(["agent", "seed"], ignore_index=True)
    here = job.table().sort_values(["agent", "seed"], ignore_index=True)[there.columns]
    pd.testing.assert_frame_equal(here, there, rtol=1e-9, atol=1e-9)
    assert asked


def test_what_cannot_stop_between_two_steps_is_heavy():
    assert not any(is_heavy(build_world(Scenario()), name) for name in AGENTS)
    assert {name for name in AGENTS if is_heavy(build_world(LARGEST), name)} == {"best", "mpc"}
    both_pay = Scenario(w_provider=0.25, w_grid=0.25, v2g_price_factor=1.5, retail_markup_eur_per_kwh=0.1)
    assert [name for name in AGENTS if is_heavy(build_world(both_pay), name)] == ["best"]
    assert expected_s([LARGEST], ["mpc"]) > expected_s([LARGEST], ["best"]) > expected_s([SMALL], ["best"])


def test_totals_come_back_as_they_went():
    totals = {"best": {"cars": np.array([3.0, 4.0]), "bound_eur": np.array([np.nan, 1.5])}, "mpc": {}}
    back = unpack_totals(pack_totals(totals))
    assert list(back) == list(totals)
    assert list(back["best"]) == list(totals["best"])
    for name, values in totals["best"].items():
        np.testing.assert_array_equal(back["best"][name], values)


def test_what_does_not_fit_into_memory_is_refused_or_waits_for_the_others(processes, monkeypatch):
    monkeypatch.setattr(outside, "free_mb", lambda: 190.0)
    large = SMALL.replace(stations=200, ports_per_station=4, length_h=48)
    with pytest.raises(TooLargeError, match=r"4\d\d MB of memory and 190 MB are free"):
        processes.trace(build_world(large), "best", patient)
    # Two that fit alone but not together: one after the other.
    together = []

    def look(_: Waiting) -> None:
        together.append(len(processes._at_work))

    days = [build_world(SMALL.replace(seed=seed)) for seed in (1, 2)]
    threads = [threading.Thread(target=processes.trace, args=(day, "best", look)) for day in days]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert max(together) == 1
