"""Policies of this installation: trained further on a scenario, or imported, they stand beside the shipped ones."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from stable_baselines3 import PPO

from core import simulate
from core.agents import registry
from core.agents.learned import local
from core.agents.learned.policy import Policy
from core.cli.main import main
from core.environments.port import Port
from core.environments.site import Site
from core.errors import AgentError, EnerV2GizeError
from core.scenario import Scenario
from core.training import convert, finetune, loop

SMALL = Scenario(stations=3, length_h=12, intensity=40, transformer_limit_kw=25, seed=4)

pytestmark = pytest.mark.filterwarnings("ignore:You have specified a mini-batch size")


@pytest.fixture
def _fresh(monkeypatch):
    """The registry as it was, after whatever the test registers."""
    before = dict(registry.AGENTS)
    monkeypatch.setattr(registry, "_LOCAL", {})
    yield
    registry.AGENTS.clear()
    registry.AGENTS.update(before)


def saved(env, path):
    model = PPO("MlpPolicy", env, n_steps=8, device="cpu", seed=1)
    model.save(path)
    return model


@pytest.mark.usefixtures("_fresh")
def test_a_site_model_becomes_an_agent_that_does_what_it_does(tmp_path):
    model = saved(Site(SMALL), tmp_path / "mine.zip")
    policy, card = convert.convert(tmp_path / "mine.zip", "site", "V2G_profit_max")
    local.write("mine", policy, card, tmp_path / "own")
    registry.register_local(tmp_path / "own")
    info = registry.AGENTS["mine"]
    assert (info.family, info.ports) == ("own", (3,))
    env = Site(SMALL, days="own")
    (seen, _), total, over = env.reset(), 0.0, False
    while not over:
        seen, reward, over, *_ = env.step(model.predict(seen, deterministic=True)[0])
        total += reward
    # The agent works out from batteries what the environment knows of the step before, to 0.01 kWh a car.
    assert simulate(SMALL, "mine").ledger.totals.objective_eur == pytest.approx(total, abs=0.05)


def test_models_of_other_shapes_are_refused_by_name(tmp_path):
    saved(Site(SMALL), tmp_path / "mine.zip")
    with pytest.raises(EnerV2GizeError, match=r"observes \(28,\) and answers \(3,\); a model of the port environment"):
        convert.convert(tmp_path / "mine.zip", "port", "V2G_profit_max")
    with pytest.raises(EnerV2GizeError, match=r"a model of a site of 3 ports shown combined observes \(16,\)"):
        convert.convert(tmp_path / "mine.zip", "site", "combined")
    (tmp_path / "text.zip").write_text("no model")
    with pytest.raises(EnerV2GizeError, match=r"no file that model\.save"):
        convert.convert(tmp_path / "text.zip", "site", "combined")


def test_the_command_wants_trust_first_and_then_writes(tmp_path, capsys):
    saved(Port(SMALL, others=None), tmp_path / "bids.zip")
    command = ["import-agent", str(tmp_path / "bids.zip"), "--env", "port", "--out", str(tmp_path / "own")]
    assert main(command) == 2
    assert "add --trusted only for a file that you made yourself" in capsys.readouterr().err
    assert not (tmp_path / "own").exists()
    assert main([*command, "--trusted", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["form"], card["algorithm"]) == ("port", "ppo")
    assert local.maker("bids", tmp_path / "own")().name == "bids"


@pytest.mark.usefixtures("_fresh")
def test_a_policy_that_is_not_the_card_s_is_not_used(tmp_path):
    small = (np.zeros((3, 28), dtype=np.float32), np.zeros(3, dtype=np.float32))
    said = {"form": "site", "state": "V2G_profit_max", "ports": 3}
    local.write("still", Policy((small,), "relu", False), said, tmp_path)
    (tmp_path / "still" / "policy.npz").write_bytes(b"something else")
    registry.register_local(tmp_path)
    with pytest.raises(AgentError, match="not the one that its card names"):
        simulate(SMALL, "still")
    (tmp_path / "still" / "card.json").write_text("{}")
    with pytest.warns(UserWarning, match="'still' is left out"):
        registry.register_local(tmp_path)


@pytest.mark.usefixtures("_fresh")
def test_a_shipped_policy_learns_on_and_is_an_agent_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(finetune, "ENVIRONMENTS", 4)
    settings = finetune.Settings("ppo", SMALL, steps=256, held_out=2, validations=1)
    card = finetune.train(settings, name="mine", folder=tmp_path / "own", bar=False)
    assert set(card["held_out"]) == {"days", "trained", "shipped"}
    assert "as shipped" in finetune.curve(tmp_path / "own" / "mine")
    registry.register_local(tmp_path / "own")
    assert simulate(SMALL, "mine").trace.agent == "mine"


def test_what_cannot_be_trained_further_is_named():
    with pytest.raises(EnerV2GizeError, match="--algo: ars cannot be trained further; choose from a2c"):
        finetune.Settings("ars", SMALL, steps=10)
