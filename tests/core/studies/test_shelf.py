"""The shelf: bounded by bytes, and computing once what several ask for."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

from core.scenario import Scenario
from core.studies.run import simulate
from core.studies.shelf import LEAST_BYTES, Shelf, size_of


def test_a_run_counts_at_least_its_arrays():
    result = simulate(Scenario(stations=3, length_h=12), "afap")
    arrays = 3 * result.trace.power_kw.nbytes + result.trace.decision_ms.nbytes
    assert size_of(result.trace) == LEAST_BYTES + arrays
    assert size_of(result.world) > result.world.limit_kw.nbytes
    assert size_of(pd.DataFrame({"a": np.zeros(1000)})) >= 8000


def test_what_was_not_asked_for_longest_goes_first():
    shelf, kilo = Shelf(50_000), lambda: np.zeros(2000)
    for key in "ab":
        shelf.get(key, kilo)
    shelf.get("a", pytest.fail)
    shelf.get("c", kilo)
    assert [key in shelf for key in "abc"] == [True, False, True]
    assert shelf.bytes == 2 * (LEAST_BYTES + 16_000)
    shelf.get("huge", lambda: np.zeros(10_000))
    assert "huge" not in shelf
    assert len(shelf) == 2


def test_several_who_ask_at_once_share_one_computation():
    shelf, made, asked, go = Shelf(10_000), [], threading.Event(), threading.Event()

    def make() -> int:
        made.append(1)
        go.wait(5)
        return 7

    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(shelf.get("key", make, lambda: asked.set()))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    assert asked.wait(5)
    go.set()
    for thread in threads:
        thread.join(5)
    assert found == [7, 7, 7]
    assert len(made) == 1


def test_whoever_waited_computes_what_another_left():
    shelf, asked, found = Shelf(10_000), threading.Event(), []

    def leave() -> int:
        asked.set()
        waiting.wait(5)
        raise KeyboardInterrupt

    waiting = threading.Event()

    def first() -> None:
        with pytest.raises(KeyboardInterrupt):
            shelf.get("key", leave)

    one = threading.Thread(target=first)
    one.start()
    assert asked.wait(5)
    two = threading.Thread(target=lambda: found.append(shelf.get("key", lambda: 3, waiting.set)))
    two.start()
    one.join(5)
    two.join(5)
    assert found == [3]
