"""Training whole sites: exported policies are the learners', and cards know every seed."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from core.agents.learned import NAMES
from core.agents.learned.whole_site import SITES, load_site_policy, maker, site_card, sites_of
from core.agents.looks import OBJECTIVE
from core.engines.batch import totals_many
from core.errors import AgentError, EnerV2GizeError
from core.scenario import Scenario
from core.studies import original_experiment
from core.studies.draw import draw_days, split_of
from core.training import site_days, whole_site
from core.training.site_days import SiteDays, scales_of
from core.training.train import policy_of
from core.training.whole_site import fold, learner, main, missing, train
from core.world import build_world


@pytest.fixture(autouse=True, scope="module")
def _few_days():
    """Fewer days than a real training has: these are about files and numbers, not about learning."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site_days, "GROUPS", 2)
        patch.setattr(whole_site, "VALIDATION", 4)
        patch.setattr(original_experiment, "DAYS", 3)
        caches = (
            site_days.training_days, site_days.scales_of, whole_site._candidate_groups, whole_site._validation,
            original_experiment.held_out_worlds, original_experiment.plug_and_charge,
        )  # fmt: skip
        for cache in caches:
            cache.cache_clear()
        yield
        for cache in caches:
            cache.cache_clear()


@pytest.mark.parametrize("algo", NAMES)
def test_an_exported_policy_answers_as_its_learner(algo):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = learner(algo, "combined2", "original", 1)
        model.learn(1)
    scales = scales_of("original", "combined2")
    exported = fold(policy_of(model), scales.mean, scales.spread)
    env = SiteDays("original", "combined2", 3)
    env.reset()
    state, memory, begins = None, None, np.ones(env.num_envs, dtype=bool)
    for _ in range(10):
        raw = env._run.observation()
        theirs, state = model.predict(env._normalised(raw), state, begins, deterministic=True)
        ours, memory = exported.outputs(raw, memory)
        np.testing.assert_allclose(ours, theirs, atol=1e-4)  # single precision, observations of hundreds of kWh
        begins[:] = False
        env.step(theirs)


def test_a_constant_taken_from_rewards_and_a_scale_are_all_that_is_changed():
    env, scales = SiteDays("stock", "provider", 3), scales_of("stock", "provider")
    env.reset()
    run = site_days.Run(env._run._group, "provider")
    actions = np.full((env.num_envs, 25), 0.5)
    _, found, done, _ = env.step(actions)
    np.testing.assert_allclose(found * scales.reward_spread + scales.reward_mean, run.step(actions), rtol=1e-4)
    assert not done.any()


def test_an_objective_s_rewards_add_up_to_the_ledger_s():
    worlds = [build_world(day) for day in draw_days(SITES["stock"], 4, "train", 3)]
    run, total = site_days.Run(site_days.Group(worlds), OBJECTIVE), np.zeros(4)
    while not run.done:
        total += run.step(np.full((4, 25), 1.0))
    assert total == pytest.approx(site_days.Group(worlds).batch.books.totals(run.state.flows)["objective_eur"])


def test_days_are_of_their_split_and_working_days_at_work():
    for split in ("train", "test"):
        days = draw_days(Scenario(), 30, split, 0)
        assert all(split_of(day.date) == split and day.date.weekday() < 5 for day in days)
        assert all(day.replace(date=Scenario().date, seed=Scenario().seed) == Scenario() for day in days)


def test_trainings_leave_what_agents_and_the_experiment_need(tmp_path):
    kind = ("ars", "provider")
    assert list(missing(("ars",), ("provider",), folder=tmp_path))[:2] == [(*kind, "original", 0), (*kind, "stock", 0)]
    for site in SITES:
        train("ars", "provider", site, 0, steps=2000, folder=tmp_path)
    train("ars", "provider", "original", 1, steps=2000, folder=tmp_path)
    left = list(missing(("ars",), ("provider",), folder=tmp_path))
    assert left == [(*kind, "stock", 1), (*kind, "original", 2), (*kind, "stock", 2)]
    assert len(list(missing(("ars",), ("provider",), folder=tmp_path, again=True))) == 6

    name = "site_ars_provider"
    card = site_card(name, tmp_path)
    assert card["ports"] == [20, 25]
    seeds = card["sites"]["original"]["seeds"]
    assert set(seeds) == {"0", "1"}
    best = max(seeds, key=lambda seed: seeds[seed]["validation"])
    assert card["sites"]["original"]["shipped_seed"] == int(best)
    assert sites_of(name, tmp_path) == ("original", "stock")
    entry = json.loads((tmp_path / "manifest.json").read_text())["agents"][name]
    assert (entry["family"], entry["ports"]) == ("whole_site", [20, 25])
    assert entry["sha256"]["policy_original.npz"] == seeds[best]["sha256"]
    curve = (tmp_path / "whole_site" / name / "curve.csv").read_text().splitlines()
    assert curve[0] == "site,seed,timesteps,score"
    assert {tuple(line.split(",")[:2]) for line in curve[1:]} == {("original", "0"), ("original", "1"), ("stock", "0")}

    worlds = original_experiment.held_out_worlds("original")
    found = totals_many(worlds, maker(name, tmp_path)())
    assert found["user_profit_eur"].mean() == pytest.approx(seeds[best]["held_out"]["user_profit_eur"][0], rel=1e-3)
    assert load_site_policy(name, "stock", tmp_path).layers[-1][0].shape[0] == 25
    with pytest.raises(AgentError, match="20 or 25 ports"):
        totals_many([build_world(Scenario(stations=3))], maker(name, tmp_path)())

    whole = original_experiment.experiment(tmp_path)
    cell = whole["sites"]["original"]["cells"]["provider"]["ars"]
    assert cell["seeds"] == 2
    mean, days, over_seeds, less, _ = cell["figures"]["total_energy_charged"]
    rows = [row["held_out"]["total_energy_charged"] for row in seeds.values()]
    assert mean == pytest.approx(np.mean([row[0] for row in rows]), rel=1e-4)
    assert days == pytest.approx(np.mean([row[1] for row in rows]), rel=1e-4)
    assert over_seeds == pytest.approx(np.std([row[0] for row in rows], ddof=1), rel=1e-3, abs=1e-6)
    charge = whole["sites"]["original"]["references"]["afap"]["total_energy_charged"][0]
    assert less == pytest.approx(mean - charge, rel=1e-3, abs=0.01)
    assert whole["sites"]["stock"]["cells"]["provider"]["ars"]["figures"]["ready_frac"][2] is None
    assert original_experiment.changed(tmp_path) == []


def test_what_there_is_not_is_named():
    with pytest.raises(EnerV2GizeError, match="there is no 'dqn'; choose from a2c"):
        main(["dqn"])
