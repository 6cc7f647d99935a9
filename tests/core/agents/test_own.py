"""Anybody's own agents: taken in every form, judged at every step, on every page under their own names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core import Scenario, compare, register_agent, simulate
from core.agents import registry
from core.agents.base import Agent
from core.agents.heuristics import Cheapest
from core.agents.own import Own, source_of
from core.engines.batch import totals_many
from core.errors import AgentError, AnswerError
from core.studies.study import over_days
from core.world import build_world

SMALL = Scenario(stations=4, seed=3)
ROOT = Path(__file__).parents[3]


class Half:
    """Charges at half of the current."""

    def act(self, view):
        return 0.5 * view.connected


class Counting(Agent):
    """A class derived from the project's own, with a name."""

    name = "counting"

    def __init__(self):
        self.prepared = self.asked = 0

    def prepare(self, worlds):
        self.prepared += 1

    def act(self, view):
        self.asked += 1
        return np.ones(view.connected.shape)


def half(view):
    return 0.5 * view.connected


@pytest.fixture
def fresh(monkeypatch):
    """The registry as it was, after whatever the test registers."""
    monkeypatch.setattr(registry, "AGENTS", registry.AGENTS)
    before = dict(registry.AGENTS)
    yield
    registry.AGENTS.clear()
    registry.AGENTS.update(before)


def test_every_form_gives_the_same_run():
    runs = [simulate(SMALL, agent) for agent in (Half(), Half, half, lambda view: (0.5 * view.connected)[0].tolist())]
    assert [run.trace.agent for run in runs] == ["Half", "Half", "half", "function"]
    for run in runs[1:]:
        np.testing.assert_array_equal(run.trace.power_kw, runs[0].trace.power_kw)
        assert run.ledger.totals == runs[0].ledger.totals


def test_full_current_is_plug_and_charge():
    mine = Counting()
    run = simulate(SMALL, mine)
    assert run.ledger.totals == simulate(SMALL, "afap").ledger.totals
    assert (mine.prepared, mine.asked) == (1, SMALL.n_steps)


def test_an_own_agent_stands_beside_the_others():
    table = compare(SMALL, agents=["afap", Half(), half, Half(), Cheapest2])
    assert table["agent"].tolist() == ["afap", "Half", "half", "Half 2", "mine"]
    alone = simulate(SMALL, "cheapest").ledger.totals
    assert table["objective_eur"].iloc[-1] == alone.objective_eur
    assert (table["captured"] <= 1).all()


class Cheapest2(Cheapest):
    name = "mine"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda view: np.zeros((1, 3)), "step 0: its answer has the shape (1, 3) and must have (1, 4)"),
        (lambda view: 0.5, "step 0: its answer has the shape () and must have (1, 4)"),
        (lambda view: None, "step 0: its answer has the shape () and must have (1, 4)"),
        (lambda view: "full", "step 0: its answer must be an array of (1, 4) numbers"),
        (lambda view: [[1, 2], [3]], "step 0: its answer must be an array of (1, 4) numbers"),
        (
            lambda view: np.where(view.step < 7, 0.0, np.nan) * np.ones((1, 4)),
            "step 7: its answer holds NaN or infinity",
        ),
        (lambda view: np.full(4, 11.0 if view.step == 9 else 0.0), "step 9: its answer holds 11; actions are numbers"),
        (lambda view: np.full(4, -1.1), "step 0: its answer holds -1.1; actions are numbers from -1 to 1"),
    ],
)
def test_a_bad_answer_is_named_with_its_step(answer, said):
    with pytest.raises(AnswerError) as caught:
        simulate(SMALL, answer)
    assert said in str(caught.value)
    assert str(caught.value).startswith("function: ")


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (7, "int: must be the name of an agent, an object with a method act(view), or a function of a view"),
        ("nobody", "nobody: there is no such agent"),
        (type("Named", (Half,), {"name": "afap"}), "afap: there is an agent of this name already"),
        (type("Named", (Half,), {"name": "a\nb"}), "an agent's name must have 1 to 40 printable letters"),
        (type("Named", (Half,), {"name": "x" * 41}), "an agent's name must have 1 to 40 printable letters"),
        (type("Named", (Half,), {"name": 7}), "an agent's name must have 1 to 40 printable letters"),
    ],
)
def test_what_is_no_agent_is_refused(agent, said):
    with pytest.raises(AgentError) as caught:
        simulate(SMALL, agent)
    assert said in str(caught.value)
    with pytest.raises(AgentError):
        compare(SMALL, agents=[agent])


def test_rounding_beyond_full_current_is_no_mistake():
    assert simulate(SMALL, lambda view: np.full(4, 1 + 1e-9)).ledger.totals == simulate(SMALL, "afap").ledger.totals


def test_the_batch_engine_drives_them_too():
    worlds = [build_world(SMALL.replace(seed=seed)) for seed in range(3)]
    batch = totals_many(worlds, Own(half))["objective_eur"]
    one_by_one = [simulate(world.scenario, half, world=world).ledger.totals.objective_eur for world in worlds]
    assert batch == pytest.approx(one_by_one, abs=1e-9)


@pytest.mark.usefixtures("fresh")
def test_a_registered_agent_is_one_among_all():
    register_agent("half", Half, title="Half speed")
    assert registry.AGENTS["half"].description == "Charges at half of the current."
    run = simulate(SMALL, "half")
    assert run.trace.agent == "half"
    assert run.ledger.totals == simulate(SMALL, half).ledger.totals
    study = over_days(SMALL, SMALL.date, SMALL.date, ["afap", "half"])
    assert study.chunk(0)["objective_eur"].iloc[1] == pytest.approx(run.ledger.totals.objective_eur, abs=1e-9)


@pytest.mark.usefixtures("fresh")
def test_results_of_other_code_are_not_taken_up():
    register_agent("half", half)
    key = over_days(SMALL, SMALL.date, SMALL.date, ["half"]).key
    del registry.AGENTS["half"]
    register_agent("half", lambda view: 0.4 * view.connected)
    assert over_days(SMALL, SMALL.date, SMALL.date, ["half"]).key != key


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("name", ["afap", "Half", "a b", "", "x" * 31, 7, "half/../x"])
def test_names_that_cannot_be_registered(name):
    with pytest.raises(AgentError):
        register_agent(name, Half)


def test_colours_of_own_agents_are_nobody_elses(fresh):
    for i in range(len(registry.OWN_COLOURS)):
        register_agent(f"own_{i}", Half)
    looks = [colour for info in registry.AGENTS.values() for colour in (info.look.light, info.look.dark)]
    assert len(set(looks)) == len(looks)


def test_the_hash_follows_the_code():
    assert source_of(half) != source_of(Half) == source_of(Half())
    assert source_of(len) == ""


def test_installed_agents_are_registered_and_broken_ones_left_out(tmp_path):
    """A package with the entry point, as pip would install it, in a process of its own."""
    (tmp_path / "theirs.py").write_text(
        '"""Agents."""\ndef lazy(view):\n    """Never charges."""\n    return 0.0 * view.connected\n'
    )
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[enerv2gize.agents]\nlazy = theirs:lazy\nbroken = theirs:nothing\nafap = theirs:lazy\n"
    )
    code = (
        "from core.cli.main import main; from core.agents.registry import AGENTS; "
        "assert AGENTS['lazy'].description == 'Never charges.'; "
        "raise SystemExit(main(['simulate', '--agent', 'lazy', '--json']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert '"charged_kwh": 0' in done.stdout
    assert "the agent 'broken' is left out" in done.stderr
    assert "the agent 'afap' is left out: afap: there is an agent of this name already" in done.stderr


@pytest.mark.usefixtures("fresh")
def test_the_guide_does_what_it_says():
    guide = (ROOT / "docs" / "extending.md").read_text("utf-8")
    section = guide.partition("### Your own, outside of this repository")[2]
    code = section.partition("```python\n")[2].partition("```")[0]
    room: dict[str, object] = {}
    exec(code.replace("Scenario()", "Scenario(stations=4)"), room)
    assert registry.AGENTS["half"].title == "Half speed"
