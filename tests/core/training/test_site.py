"""Whole sites under EV2Gym: every algorithm learns there, what is kept answers alike, and days are what they claim."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from core.accounts.ledger import settle
from core.agents.base import Agent
from core.agents.learned import NAMES, Policy
from core.cli.main import main
from core.engines import ev2gym as engine
from core.errors import EnerV2GizeError
from core.rewards import REWARDS, STATES
from core.scenario import Scenario
from core.scenario.ev2gym_file import shipped
from core.studies.draw import SEEDS, split_of
from core.training import loop, site
from core.training.loop import Budget
from core.training.site import ConfigDays, Kept, ObjectiveReward, ScenarioDays, Settings, SiteEnv, date_of, play, train
from core.training.train import LOADERS
from core.world import build_world

SMALL = Path(__file__).parents[2] / "data" / "ev2gym" / "good" / "small.yaml"
"""Four stations for twelve hours."""

pytestmark = [
    pytest.mark.filterwarnings("ignore:Could not infer format"),  # EV2Gym's reading of its price table
    pytest.mark.filterwarnings("ignore:You have specified a mini-batch size"),
]


@pytest.fixture(autouse=True)
def _own_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "RUNS", tmp_path / "runs")


@pytest.mark.parametrize("algo", NAMES)
def test_every_algorithm_learns_and_what_is_kept_answers_as_it_does(algo, tmp_path):
    settings = Settings(algo, SMALL, reward="profit_maximization", steps=130, validations=1, held_out=1)
    card = train(settings, folder=tmp_path / "out", bar=False)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"policy.npz", "model.zip", "card.json", "curve.csv"}
    assert json.loads((tmp_path / "out" / "card.json").read_text()) == card
    assert card["held_out"]["plug_and_charge"]["average_user_satisfaction"] > 0.95
    assert np.isfinite(list(card["held_out"]["policy"].values())).all()
    model = LOADERS[algo](tmp_path / "out" / "model.zip", device="cpu")
    assert model.num_timesteps >= 130
    policy = Policy.load((tmp_path / "out" / "policy.npz").read_bytes(), ["V2G_profit_max"])
    seen = np.random.default_rng(0).uniform(0, 5, (40, *model.observation_space.shape)).astype(np.float32)
    state, memory, start = None, None, np.ones(1, dtype=bool)
    for row in seen:
        expected, state = model.predict(row[None], state=state, episode_start=start, deterministic=True)
        found, memory = policy.outputs(row[None], memory)
        np.testing.assert_allclose(found, expected, atol=1e-5)
        start[:] = False
    with pytest.raises(ValueError, match="another observation"):
        Policy.load((tmp_path / "out" / "policy.npz").read_bytes())


def test_a_site_without_v2g_is_never_asked_to_discharge(tmp_path):
    scenario = Scenario(stations=3, length_h=12, v2g=False, intensity=20)
    card = train(Settings("sac", scenario, steps=200, validations=1, held_out=2), folder=tmp_path, bar=False)
    policy = Policy.load((tmp_path / "policy.npz").read_bytes(), ["V2G_profit_max"])
    seen = np.random.default_rng(0).normal(0, 50, (200, 28)).astype(np.float32)
    model = LOADERS["sac"](tmp_path / "model.zip", device="cpu")
    np.testing.assert_allclose(policy.outputs(seen)[0], model.predict(seen, deterministic=True)[0], atol=1e-5)
    assert policy.low == 0
    assert policy.outputs(seen)[0].min() >= 0
    assert card["held_out"]["policy"]["total_energy_discharged"] == 0


class Wavering(Agent):
    """Charges and discharges in turns."""

    name = "wavering"

    def act(self, view):
        return np.full(view.connected.shape, 0.8 if view.step % 3 else -0.6)


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(stations=6, intensity=20, transformer_limit_kw=20, w_user=0.7, v2g_price_factor=1.3),
        Scenario(
            stations=5, place="private", intensity=40, setpoint=True, load_share=0.8, pv_share=1.5, dr_events=1,
            provider="kepco_service_1", retail="kepco_self_use_low", transformers=2, peak_price_eur_per_kw=0.4,
        ),
    ],
)  # fmt: skip
def test_the_objective_as_a_reward_is_the_ledger_s(scenario):
    world = build_world(scenario)
    trace = engine.simulate(world, Wavering())
    env, total = engine.make_env(world), 0.0
    reward = ObjectiveReward(site.Objective.of(world), scenario.setpoint)

    def collect(env, *rest):
        nonlocal total
        total += reward(env, *rest)
        return 0.0

    env.reward_function = collect
    for step in range(world.n_steps):
        env.step(np.full(scenario.n_ports, 0.8 if step % 3 else -0.6))
    # Apart from what rounding batteries up is worth, and what it spares of unmet energy.
    dearest = np.abs(world.prices.buy_eur_per_kwh).max() + scenario.unmet_price_eur_per_kwh
    assert total == pytest.approx(settle(world, trace).totals.objective_eur, abs=trace.rounding_kwh * dearest + 1e-6)
    assert trace.rounding_kwh < 3
    assert abs(total) > 30


@pytest.mark.parametrize("state", ["PublicPST", "V2G_profit_max", "V2G_profit_max_loads"])
def test_a_scenario_shows_the_states_that_ev2gym_shows(state):
    env = SiteEnv(ScenarioDays(Scenario(stations=4, load_share=0.5, dr_events=1, transformers=2)), state, "objective")
    statistics = play(env, lambda seen: np.ones(env.action_space.shape))
    assert statistics["total_reward"] == pytest.approx(statistics["objective_eur"])


def test_held_out_days_are_never_trained_on():
    config = ConfigDays(Path("V2GProfitMax.yaml"), 0).config
    for seed in range(40):
        assert date_of(config, seed).weekday() < 5
    days = ConfigDays(SMALL.with_name("random_days.yaml"), 3)
    stream = np.random.default_rng(0)
    for split in ("train", "validation", "test", "train"):
        env = days.day(split, stream).env
        assert split_of(env.sim_starting_date.date()) == split
        assert SEEDS[split][0] <= env.seed < SEEDS[split][1]
        assert date_of(days.config, env.seed) == env.sim_starting_date.date()
    scenarios = ScenarioDays(Scenario(stations=3))
    assert split_of(scenarios.day("test", stream).env.sim_date.date()) == "test"


def test_a_kept_day_begins_anew_each_time():
    kept = Kept(ConfigDays(SMALL, 0), "test", 2)
    env = SiteEnv(kept, "V2G_profit_max", "V2G_profitmaxV2")
    found = []
    for _ in range(2):
        kept.rewind()
        found.append([play(env, lambda _: np.ones(4)) for _ in range(2)])
    assert found[0] == found[1]
    assert found[0][0] != found[0][1]


def test_plain_ev2gym_is_what_runs_a_configuration():
    env = SiteEnv(ConfigDays(SMALL, 0), "V2G_profit_max", "ProfitMax_TrPenalty_UserIncentives", seed=5)
    before = np.random.get_state()[1].copy()
    ours = play(env, lambda _: np.ones(4))
    assert (np.random.get_state()[1] == before).all()
    with site._quiet():
        plain = engine.original()(
            config_file=str(SMALL), seed=env._env.seed, lightweight_plots=True,
            reward_function=site.rewards()["ProfitMax_TrPenalty_UserIncentives"],
            state_function=site.states()["V2G_profit_max"],
        )  # fmt: skip
    for _ in range(plain.simulation_length):
        *_, stats = plain.step(np.ones(4))
    for name in site.INDICATORS:
        if name != "objective_eur":
            assert ours[name] == pytest.approx(stats[name], rel=1e-9), name


def test_stops_with_its_minutes_and_goes_on(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_bytes(SMALL.read_bytes())
    settings = Settings("a2c", file, minutes=0.02, validations=1, held_out=1)
    with pytest.raises(EnerV2GizeError, match="no training of a2c-objective-V2G_profit_max-mine-0 was begun"):
        train(settings, resume=True, bar=False)
    train(settings, bar=False)
    run = loop.RUNS / "sites" / settings.name
    first = (run / "curve.csv").read_text()
    train(settings, resume=True, bar=False)
    assert (run / "curve.csv").read_text().startswith(first)
    file.write_text(SMALL.read_text().replace("spawn_multiplier: 20", "spawn_multiplier: 10"))
    with pytest.raises(EnerV2GizeError, match="other settings"):
        train(settings, resume=True, bar=False)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--algo", "dqn"], "--algo: there is no 'dqn'; choose from a2c, ars, ddpg"),
        (["--reward", "profit"], "--reward: there is no 'profit'; choose from objective, "),
        (["--state", "everything"], "--state: there is no 'everything'; choose from grid_operator, "),
        (["--config", "V2GProfit.yaml"], "there is no file 'V2GProfit.yaml'; EV2Gym itself brings PublicPST.yaml, "),
        (["--config", "V2Ggrid.yaml"], "simulate_grid: EV2Gym 2.0.0 lacks the networks"),
        (["--reward", "V2G_grid_full_reward"], "--reward: V2G_grid_full_reward cannot be computed on this site"),
        (["--steps", "0"], "must be a whole number from 1 to 1000000000"),
        (["--minutes", "-1"], "--minutes: must be a number above 0"),
        (["--env", "ports", "--reward", "objective"], "--reward: only with --env ev2gym"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(options, sentence, capsys):
    arguments = ["train", "--env", "ev2gym", "--algo", "ppo", "--config", str(SMALL), "--steps", "10", *options]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_a_budget_is_needed(capsys):
    assert main(["train", "--algo", "ppo"]) == 2
    assert "--steps: say how long to train" in capsys.readouterr().err
    assert Budget(100, 10).used(50, 30) == 0.5
    assert Budget(100, 1).used(10, 45) == 0.75


def test_the_command_says_where_logs_are_and_compares_with_plug_and_charge(capsys):
    assert main(["train", "--env", "ev2gym", "--algo", "a2c", "--config", str(SMALL), "--steps", "20"]) == 0
    out, err = capsys.readouterr()
    assert "plug_and_charge" in out
    assert "mean of 10 held-out days" in out
    assert ("tensorboard --logdir" in err) or ("TensorBoard is not installed" in err)


def test_tensorboard_logs_by_default(tmp_path):
    pytest.importorskip("tensorboard")
    train(Settings("a2c", SMALL, steps=600, validations=1, held_out=1), bar=False)
    events = list((loop.RUNS / "tensorboard").rglob("events.out.tfevents*"))
    assert events
    assert b"held_out/score" in events[0].read_bytes()


def test_weights_and_biases_offline(monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    train(Settings("a2c", SMALL, steps=600, validations=1, held_out=1), bar=False, wandb=True)
    kept = list(loop.RUNS.rglob("run-*.wandb"))
    assert kept
    assert b"held_out/score" in kept[0].read_bytes()


def test_weights_and_biases_must_be_installed(monkeypatch, capsys):
    monkeypatch.setattr(loop, "find_spec", lambda name: None)
    arguments = ["train", "--env", "ev2gym", "--algo", "a2c", "--config", str(SMALL), "--steps", "20", "--wandb"]
    assert main(arguments) == 2
    assert "--wandb: Weights & Biases is not installed (pip install wandb)" in capsys.readouterr().err


def test_every_shipped_configuration_but_the_grid_s_runs():
    for name in shipped():
        if name != "V2Ggrid.yaml":
            assert ConfigDays(Path(name), 1).day("train", np.random.default_rng(0)).objective is not None


@pytest.mark.parametrize("reward", list(REWARDS))
def test_the_original_s_rewards_and_states_serve_both_kinds_of_days(reward):
    scenario = Scenario(stations=3, length_h=12, intensity=20, place="public", min_stay_min=60)
    for days in (ScenarioDays(scenario), ConfigDays(SMALL, 0)):
        for state in STATES:
            env = SiteEnv(days, state, reward)
            statistics = play(env, lambda _, env=env: np.ones(env.action_space.shape))
            assert statistics["total_reward"] != statistics["objective_eur"]
