"""Training from end to end on a few steps, and that what is exported is what stable-baselines3 would have answered."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

from core.agents import learned  # noqa: E402
from core.agents.learned import HIGHEST, LOWEST, N_OBSERVED, NAMES, Learned, Policy  # noqa: E402
from core.cli.main import main  # noqa: E402
from core.engines.batch import totals_many  # noqa: E402
from core.errors import EnerV2GizeError  # noqa: E402
from core.scenario import Scenario  # noqa: E402
from core.training import loop  # noqa: E402
from core.training.port_env import PortEnv  # noqa: E402
from core.training.train import ALGORITHMS, LOADERS, Settings, policy_of, train  # noqa: E402
from core.world import build_world  # noqa: E402

SHIPPED = learned.available("planner_corrected")

# Tests run with few environments, so that a batch is larger than what is collected.
pytestmark = pytest.mark.filterwarnings("ignore:You have specified a mini-batch size")


def observations(n: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(LOWEST, HIGHEST, (n, N_OBSERVED)).astype(np.float32)


def scatter(model) -> None:
    """Parameters far from the cautious start, so that a difference shows."""
    torch.manual_seed(0)
    for parameter in model.policy.parameters():
        parameter.data.add_(0.15 * torch.randn_like(parameter))


def reread(policy: Policy, folder) -> Policy:
    policy.save(folder / "policy.npz")
    return Policy.load((folder / "policy.npz").read_bytes())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "recurrentppo"])
def test_numpy_policy_answers_as_stable_baselines3_does(name, tmp_path):
    cls, kind, options = ALGORITHMS[name]
    model = cls(kind, PortEnv(8, seed=1), seed=3, device="cpu", **deepcopy(options))
    scatter(model)
    seen = observations(10_000)
    expected, _ = model.predict(seen, deterministic=True)
    found, _ = reread(policy_of(model), tmp_path).answers(seen)
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(found, expected[:, 0], atol=1e-5)


def test_numpy_memory_follows_stable_baselines3_over_episodes(tmp_path):
    cls, kind, options = ALGORITHMS["recurrentppo"]
    model = cls(kind, PortEnv(8, seed=1), seed=3, device="cpu", **deepcopy(options))
    scatter(model)
    policy = reread(policy_of(model), tmp_path)
    seen = observations(10_000).reshape(250, 40, N_OBSERVED)
    state, memory, start = None, None, np.ones(40, dtype=bool)
    ends = np.random.default_rng(1).random((250, 40)) < 0.05
    spread = 0.0
    for t in range(250):
        expected, state = model.predict(seen[t], state=state, episode_start=start, deterministic=True)
        if memory is not None:
            memory[:, start] = 0
        found, memory = policy.answers(seen[t], memory)
        np.testing.assert_allclose(found, expected[:, 0], atol=1e-5)
        spread = max(spread, float(np.ptp(expected)))
        start = ends[t]
    assert spread > 0.1


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_policy_is_the_shipped_model(name):
    model = LOADERS[learned.card(name)["training"]["algo"]](learned.folder_of(name) / "model.zip", device="cpu")
    policy = learned.load_policy(name)
    if policy.lstm is None:
        seen = observations(10_000)
        expected, _ = model.predict(seen, deterministic=True)
        np.testing.assert_allclose(policy.answers(seen)[0], expected[:, 0], atol=1e-5)
    else:
        for ours, theirs in zip(policy_of(model).lstm, policy.lstm, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Runs of their own, and few validation scenarios."""
    monkeypatch.setattr(loop, "RUNS", tmp_path / "runs")
    return Settings("ppo", 3000, envs=32, validation_scenarios=4, validations=2)


def test_trains_exports_resumes(small, tmp_path):
    card = train(small, folder=tmp_path, bar=False)
    assert learned.available(folder=tmp_path) == ("residual",)
    assert learned.card("residual", tmp_path) == card
    assert card["training"]["timesteps"] == 3000
    assert card["trained_ranges"]["stations"][1] >= 150
    agent = Learned(learned.load_policy("residual", tmp_path))
    assert np.isfinite(totals_many([build_world(Scenario(stations=4))], agent)["objective_eur"]).all()
    curve = (tmp_path / "planner_corrected/residual/curve.csv").read_text().splitlines()
    longer = Settings("ppo", 6000, envs=32, validation_scenarios=4, validations=2)
    train(longer, resume=True, folder=tmp_path, bar=False)
    again = (tmp_path / "planner_corrected/residual/curve.csv").read_text().splitlines()
    assert again[: len(curve)] == curve
    assert float(again[-1].split(",")[0]) >= 6000
    with pytest.raises(EnerV2GizeError, match="other settings"):
        train(
            Settings("ppo", 9000, seed=5, envs=32, validation_scenarios=4, validations=2), resume=True, folder=tmp_path
        )


def test_bad_settings_are_refused_in_one_line(capsys):
    assert main(["train", "--algo", "dqn", "--timesteps", "10"]) == 2
    assert "there is no 'dqn'" in capsys.readouterr().err
    assert main(["train", "--algo", "ppo", "--timesteps", "0"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
