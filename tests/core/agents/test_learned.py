"""Learned agents at run time: files are checked, answers mean what is documented, torch stays out."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from core.agents import learned
from core.agents.learned import FOLDER, N_OBSERVED, OBSERVATION, Learned, Observer, Policy, project
from core.agents.registry import AGENTS
from core.engines import ev2gym
from core.engines.batch import Batch, BatchState, simulate_many, totals_many
from core.errors import AgentError
from core.scenario import Scenario
from core.studies.draw import draw_scenarios
from core.world import build_world


def constant(answer: float) -> Policy:
    """A policy that always gives the same answer."""
    return Policy(((np.zeros((1, N_OBSERVED), np.float32), np.full(1, answer, np.float32)),), "relu", False)


def view_of(scenario: Scenario, step: int):
    batch = Batch([build_world(scenario)])
    state = BatchState(batch)
    observer = Observer()
    for _ in range(step):
        view = batch.views.view(state.step_index, state.energy_kwh)
        observer.look(view)
        state.step(view.action_for(observer.power(view, np.zeros(view.connected.shape))))
    return batch.views.view(step, state.energy_kwh), observer


# --- files ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def shipped(tmp_path):
    """A folder with one agent whose files match the manifest."""
    (tmp_path / "shared_port/ppo").mkdir(parents=True)
    constant(0.25).save(tmp_path / "shared_port/ppo" / "policy.npz")
    digest = hashlib.sha256((tmp_path / "shared_port/ppo" / "policy.npz").read_bytes()).hexdigest()
    manifest = {"schema_version": 1, "agents": {"ppo": {"family": "shared_port", "sha256": {"policy.npz": digest}}}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_reads_what_was_saved(shipped):
    assert learned.available(folder=shipped) == ("ppo",)
    answers, _ = learned.load_policy("ppo", shipped).answers(np.ones((3, N_OBSERVED), np.float32))
    np.testing.assert_allclose(answers, 0.25)


def test_a_changed_file_is_refused_with_one_sentence(shipped):
    path = shipped / "shared_port/ppo" / "policy.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(AgentError, match=r"^ppo: its file policy.npz is damaged or was exchanged"):
        learned.load_policy("ppo", shipped)


def test_a_pickle_is_not_read(shipped):
    path = shipped / "shared_port/ppo" / "policy.npz"
    np.savez(path, observation=np.array([row[0] for row in OBSERVATION]), weight_0=np.array([{}], dtype=object))
    manifest = json.loads((shipped / "manifest.json").read_text())
    manifest["agents"]["ppo"]["sha256"]["policy.npz"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (shipped / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(AgentError, match="its policy cannot be read"):
        learned.load_policy("ppo", shipped)


def test_a_missing_or_broken_manifest_offers_nothing(shipped):
    (shipped / "manifest.json").write_text("{")
    assert learned.available(folder=shipped) == ()
    with pytest.raises(AgentError, match="is missing"):
        learned.load_policy("ppo", shipped)


def test_shipped_files_match_the_manifest_and_are_small():
    names = learned.available()
    assert set(names) == {info.name for info in AGENTS.values() if info.learned}
    for name in names:
        files = learned.manifest()[name]["sha256"]
        assert {"card.json", "curve.csv"} < set(files)
        assert all(learned.read_checked(name, file) for file in files)
        assert learned.card(name)["name"] == name
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 25e6


def test_torch_stays_out():
    code = (
        "import sys; from core.agents.registry import AGENTS; from core import Scenario, simulate;"
        "[simulate(Scenario(stations=2), name) for name, info in AGENTS.items() if info.learned and not info.ports];"
        "import core.agents.learned; sys.exit('torch' in sys.modules or 'stable_baselines3' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent).returncode == 0


# --- the notice -------------------------------------------------------------------------------------------------------
def test_outside_names_field_and_distance():
    ranges = {"stations": [1, 100], "wanted_soc": [0.5, 1.0]}
    found = learned.outside(Scenario(stations=130), ranges)
    assert [(o.field, o.value, o.beyond) for o in found] == [("stations", 130, 30)]
    assert learned.outside(Scenario(stations=100), ranges) == []


def test_a_choice_that_no_training_scenario_had_is_named():
    seen = {"retail": ["day_ahead", "flat"], "place": ["workplace"], "tariff_version": ["by_date"], "v2g": [True]}
    found = learned.unseen(Scenario(retail="kepco_self_use_low", tariff_version="2026-04-16", v2g=False), seen)
    assert [(u.field, u.value) for u in found] == [
        ("v2g", False), ("retail", "kepco_self_use_low"), ("tariff_version", "2026-04-16"),
    ]  # fmt: skip
    assert learned.unseen(Scenario(retail="flat"), seen) == []


def test_of_a_field_that_came_after_the_training_only_the_default_was_seen():
    assert [u.field for u in learned.unseen(Scenario(cars="uniform"), {})] == ["cars"]
    assert [o.field for o in learned.outside(Scenario(load_share=0.5), {})] == ["load_share"]
    assert learned.outside(Scenario(), {}) == learned.unseen(Scenario(), {}) == []


@pytest.mark.parametrize("name", [name for name in learned.available() if not AGENTS[name].ports])
def test_cards_hold_what_training_scenarios_had(name):
    """Of the draw's first scenarios; training draws tariffs that came after an agent, its card does not hold them."""
    drawn, card = draw_scenarios(1000, "train", 0), learned.card(name)
    for scenario in drawn:
        new = [u for u in learned.unseen(scenario, card["trained_choices"]) if u.field not in ("retail", "provider")]
        assert not new
        assert not learned.outside(scenario, card["trained_ranges"])
    for field, values in card["trained_choices"].items():
        assert set(values) <= {getattr(s, field) for s in drawn}, field
    assert card["trained_choices"]["tariff_version"] == ["by_date"]


# --- observation and answers ------------------------------------------------------------------------------------------
def test_observation_lies_in_its_documented_range():
    view, observer = view_of(Scenario(load_share=0.8, pv_share=1.0), 30)
    seen = observer.look(view)
    assert view.connected.sum() >= 5
    assert seen.shape == (1, 25, N_OBSERVED)
    assert (seen >= learned.LOWEST).all()
    assert (seen <= learned.HIGHEST).all()
    assert (seen[~view.connected] == 0).all()
    column = {row[0]: seen[0, :, i] for i, row in enumerate(OBSERVATION)}
    here = view.connected[0]
    np.testing.assert_allclose(column["soc"][here], (view.energy_kwh / view.capacity_kwh.clip(1))[0, here], rtol=1e-5)
    np.testing.assert_allclose(column["w_user"][here], 1 / 3, rtol=1e-6)
    np.testing.assert_allclose(column["steps_left"][here], view.steps_left[0, here] / 96, rtol=1e-6)


def test_cars_to_come_are_not_seen():
    """Two worlds that differ only in later arrivals look alike."""
    seeds = range(40)
    worlds = [build_world(Scenario(seed=seed)) for seed in seeds]
    first = min(int(world.sessions.arrival_step.min()) for world in worlds)
    quiet = [world for world in worlds if world.sessions.arrival_step.min() > first]
    seen = []
    for world in quiet[:5]:
        batch = Batch([world])
        observer = Observer()
        observer.look(batch.views.view(0, BatchState(batch).energy_kwh))
        seen.append(observer.planner.site_kw.copy())
    for other in seen[1:]:
        np.testing.assert_array_equal(seen[0], other)


def test_zero_is_the_plan_and_answers_move_towards_the_limits():
    view, observer = view_of(Scenario(transformer_limit_kw=2000), 30)
    observer.look(view)
    plan = observer.plan_kw.copy()
    zero = observer.power(view, np.zeros(plan.shape))
    up, down = (observer.power(view, np.full(plan.shape, answer)) for answer in (1.0, -1.0))
    kept = np.abs(plan) > 0.5
    np.testing.assert_allclose(zero[kept], plan[kept])
    assert (up >= zero - 1e-9).all()
    assert (down <= zero + 1e-9).all()
    assert (up - down)[view.connected].max() > 3
    assert (up <= view.most_kwh * 4 + 1e-9).all()
    assert (down >= -view.discharge_kw - 1e-9).all()


def test_projection_keeps_limits_and_spares_the_urgent():
    view, observer = view_of(Scenario(transformer_limit_kw=30, v2g=False), 40)
    observer.look(view)
    plan = np.zeros(view.connected.shape)
    wish = np.where(view.connected, 10.0, 0.0)
    power = project(view, plan, wish)
    assert wish.sum() > 40
    assert power.sum() == pytest.approx(30)
    urgency = (view.wanted_kwh - view.energy_kwh) / np.maximum(view.steps_left, 1)
    served, cut = power >= 10 - 1e-9, view.connected & (power < 1e-9)
    assert urgency[served].min() >= urgency[cut].max()


def test_projection_off_overloads():
    world = build_world(Scenario(transformer_limit_kw=40, intensity=30))
    with_it, without = (totals_many([world], Learned(constant(1.0), projection=on)) for on in (True, False))
    assert without["overload_kwh"][0] > 5 * max(1.0, with_it["overload_kwh"][0])


def test_the_same_in_both_engines():
    world = build_world(Scenario(stations=6, seed=3))
    one, many = ev2gym.simulate(world, Learned(constant(0.4))), simulate_many([world], Learned(constant(0.4)))[0]
    np.testing.assert_allclose(one.action, many.action, atol=1e-9)


def test_memory_begins_anew_with_each_car():
    """With memory, a car's answers do not depend on who was at its port before."""
    hidden = 3
    stream = np.random.default_rng(0)
    lstm = tuple(stream.normal(size=shape).astype(np.float32) for shape in ((12, N_OBSERVED), (12, hidden), (12,)))
    policy = Policy(
        ((stream.normal(size=(1, hidden)).astype(np.float32), np.zeros(1, np.float32)),), "relu", False, lstm
    )
    agent = Learned(policy)
    world = build_world(Scenario(stations=3, intensity=60, length_h=48, place="public", min_stay_min=30))
    batch = Batch([world])
    agent.prepare([world])
    state, arrivals = BatchState(batch), 0
    while not state.done:
        view = batch.views.view(state.step_index, state.energy_kwh)
        before = None if agent._memory is None else agent._memory.copy()
        actions = agent.act(view)
        rows = np.flatnonzero(agent._observer.planner.arrived) if view.connected.any() else []
        for row in rows:
            arrivals += before is not None and bool(before[:, row].any())
            seen = agent._observer.observed.reshape(-1, N_OBSERVED)[row : row + 1]
            _, fresh = policy.answers(seen)
            np.testing.assert_allclose(agent._memory[:, row], fresh[:, 0], atol=1e-6)
        state.step(actions)
    assert arrivals >= 3  # ports were used before
