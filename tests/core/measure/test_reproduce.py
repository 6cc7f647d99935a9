"""Committed results: they come out again, and a difference is told."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy

import pytest

from core.cli.main import main as command
from core.measure.reproduce import FILE, TIE_EUR, N, differences, run
from core.paths import PRETRAINED
from core.scenario import Scenario
from core.studies.provenance import made_with
from core.world.series import in_use

COMMITTED = json.loads(FILE.read_text("utf-8"))["results"]


@pytest.mark.parametrize("index", [0, 1, 5])
def test_committed_results_come_out_again(index):
    then = COMMITTED[index]
    assert list(differences(run(index, Scenario.from_json(json.dumps(then["scenario"]))), then)) == []


def test_a_hundred_are_committed_and_each_is_another():
    assert [row["index"] for row in COMMITTED] == list(range(N))
    assert len({json.dumps(row["scenario"]) for row in COMMITTED}) == N
    assert sum("ev2gym" in row for row in COMMITTED) == N // 10


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        (("agents", "afap", "peak_kw"), 1e-3, "afap: peak_kw"),
        (("ev2gym", "charged_kwh"), 1.0, "ev2gym: charged_kwh"),
        (("best", "bound_eur"), 0.01, "the bound"),
        (("best", "objective_eur"), -2 * TIE_EUR, "best: the objective"),
        (("sessions",), 1, "cars come"),
    ],
)
def test_a_difference_is_told(path, change, said):
    then, now = COMMITTED[0], deepcopy(COMMITTED[0])
    place = now
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] += change
    assert any(said in text for text in differences(now, then))


def test_an_order_that_turned_is_told_and_a_tie_is_none():
    then = deepcopy(COMMITTED[0])
    for name in then["agents"]:
        then["agents"][name]["objective_eur"] = 0.0
    then["best"]["objective_eur"] = 0.01
    now = deepcopy(then)
    now["best"]["objective_eur"] = -0.005
    assert list(differences(now, then)) == []
    then["agents"]["afap"]["objective_eur"] = -3.0
    now["agents"]["afap"]["objective_eur"] = 3.0
    assert any("best was better than afap" in text for text in differences(now, then))


@pytest.mark.parametrize(
    "words", [["simulate", "--agent", "ppo"], ["compare", "--agents", "ppo"], ["study", "--agents", "ppo"],
              ["evaluate", "--agents", "ppo", "--against", "ppo", "--runs", "1"]],
)  # fmt: skip
def test_a_result_as_json_says_what_made_it(capsys, words):
    local = ["--executor", "local"] if words[0] in ("study", "evaluate") else []
    assert command([*words, *local, "--preset", "workplace", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["made_with"]
    assert made == made_with([Scenario()], ["ppo"])
    assert {"enerv2gize", "ev2gym", "numpy", "scipy", "python"} <= set(made["versions"])
    assert set(made["data_sha256"]) == in_use(Scenario())
    policy = (PRETRAINED / "shared_port/ppo/policy.npz").read_bytes()
    assert made["policies_sha256"] == {"ppo": {"policy.npz": hashlib.sha256(policy).hexdigest()}}
    assert all(len(digest) == 64 for digest in made["data_sha256"].values())
