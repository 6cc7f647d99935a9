"""Learning single ports from nothing: the environment, its potential, and training from end to end on a few steps."""

from __future__ import annotations

import itertools
from copy import deepcopy

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")

from core.agents import learned  # noqa: E402
from core.agents.learned import NAMES, Policy  # noqa: E402
from core.agents.learned.shared_port import COLUMNS, HIGHEST, LOWEST, N_OBSERVED, SharedPort  # noqa: E402
from core.engines.batch import Batch, simulate_many  # noqa: E402
from core.environments.ports import Alone  # noqa: E402
from core.environments.sb3 import PortVecEnv  # noqa: E402
from core.scenario import Scenario  # noqa: E402
from core.training import loop, shared_port  # noqa: E402
from core.training.shared_port_env import Ports  # noqa: E402
from core.training.train import LOADERS, policy_of  # noqa: E402
from core.world import build_world  # noqa: E402

SHIPPED = learned.available("shared_port")

pytestmark = pytest.mark.filterwarnings("ignore:You have specified a mini-batch size")


def any_policy(seed: int = 0) -> Policy:
    """A small network of random weights."""
    stream = np.random.default_rng(seed)
    sizes = (N_OBSERVED, 8, 1)
    layers = tuple(
        (stream.normal(0, 0.4, (b, a)).astype(np.float32), stream.normal(0, 0.1, b).astype(np.float32))
        for a, b in itertools.pairwise(sizes)
    )
    return Policy(layers, "relu", False)


def fixed(n_envs: int, **options) -> PortVecEnv:
    """Days of the same scenarios."""
    env = PortVecEnv(n_envs, **options)
    days = [Scenario(seed=seed, intensity=30, stations=6, transformer_limit_kw=40) for seed in range(3)]
    env.cars.scenarios = lambda: days
    return env


def test_a_day_in_the_environment_is_the_agents_day():
    policy, env = any_policy(), fixed(40, seed=1)
    seen = env.reset()
    traces = simulate_many(env.cars.market.worlds, SharedPort(policy))
    for step in range(70):
        view = env.cars.market.view
        there = np.stack([trace.energy_kwh[:, step] for trace in traces])
        env.step_async(policy.answers(seen)[0][:, None])
        connected = view.connected
        seen, *_ = env.step_wait()
        staying = connected & env.cars.market.view.connected & (view.steps_left > 1)
        np.testing.assert_allclose(env.cars.market.view.energy_kwh[staying], there[staying], atol=1e-9)


def test_cars_that_nobody_follows_do_as_the_policy():
    policy, few, many = any_policy(), fixed(4, seed=1), fixed(40, seed=1)
    few.drive_others(lambda seen: policy.answers(seen)[0])
    seen = [few.reset(), many.reset()]
    for _ in range(60):
        for env, observed in zip((few, many), seen, strict=True):
            env.step_async(policy.answers(observed)[0][:, None])
        seen = [env.step_wait()[0] for env in (few, many)]
        np.testing.assert_allclose(few.cars.market.view.energy_kwh, many.cars.market.view.energy_kwh, atol=1e-9)


def test_alone_without_v2g_buys_at_the_cheapest_steps():
    """The potential at arrival is what the cheapest steps of the stay cost, up to the grid of energies."""
    scenario = Scenario(v2g=False, retail="day_ahead", wanted_soc=1.0, place="workplace", intensity=30, cars="uniform")
    world = build_world(scenario)
    batch = Batch([world])
    alone = Alone(batch)
    cost, sessions = world.prices.buy_eur_per_kwh, world.sessions
    order = batch.order
    for i in range(0, len(order), 3):
        s = order[i]
        first, last = int(sessions.arrival_step[s]), min(int(sessions.departure_step[s]), world.n_steps - 1)
        missing = sessions.wanted_energy_kwh[s] - sessions.arrival_energy_kwh[s]
        value = alone.value(np.array([i]), first, np.array([sessions.arrival_energy_kwh[s]]))[0]
        stay = np.sort(cost[first : last + 1])
        assert value <= -missing * stay[0] + 0.05 * abs(missing * stay[0]) + 0.02
        assert value >= -missing * max(stay[-1], world.scenario.unmet_price_eur_per_kwh) - 0.02
    done = alone.value(np.array([0]), world.n_steps + 1, np.array([10.0]))
    assert done[0] == 0.0


def test_shaping_telescopes():
    """Shaped rewards of a stay less unshaped ones are the potential at arrival with its sign turned."""
    policy = any_policy()
    shaped, raw = fixed(40, seed=1), fixed(40, seed=1, raw=True)
    seen = [shaped.reset(), raw.reset()]
    sums, starts = np.zeros(40), {}
    for _ in range(80):
        ports, view = shaped.cars.port.copy(), shaped.cars.market.view
        scale = shaped.cars.market.purse.scale(shaped.cars.market.observer.scale, 0.1)[:, None] * np.maximum(
            np.maximum(view.charge_kw, view.discharge_kw) * 0.25, 0.25
        )
        for e in np.flatnonzero(ports >= 0):
            if e not in starts:
                here = int(np.flatnonzero(shaped.cars.market.here == ports[e])[0])
                energy = view.energy_kwh.reshape(-1)[ports[e] : ports[e] + 1]
                session = shaped.cars.market.session[here : here + 1]
                value = shaped.cars.market.alone.value(session, view.step, energy)[0]
                starts[e] = value / scale.reshape(-1)[ports[e]]
        out = []
        for env, observed in zip((shaped, raw), seen, strict=True):
            env.step_async(policy.answers(observed)[0][:, None])
            out.append(env.step_wait())
        seen = [o[0] for o in out]
        sums += out[0][1] - out[1][1]
        for e in np.flatnonzero(out[0][2] & (ports >= 0)):
            assert sums[e] == pytest.approx(-starts.pop(e), rel=1e-3, abs=2e-3)
            sums[e] = 0.0


def test_sites_side_by_side_draw_days_that_differ():
    env = Ports(64, sites=2, seed=3)
    seen = env.reset()
    assert seen.shape == (64, N_OBSERVED)
    assert env.sites[0].cars.market.worlds[0].scenario != env.sites[1].cars.market.worlds[0].scenario
    env.drive_others(lambda rows: np.zeros(len(rows)))
    env.step_async(np.zeros((64, 1)))
    seen, rewards, _, infos = env.step_wait()
    assert np.isfinite(rewards).all()
    assert len(infos) == 64


@pytest.mark.parametrize("name", [name for name in NAMES if name != "recurrentppo"])
def test_numpy_policy_answers_as_stable_baselines3_does(name, tmp_path):
    cls, kind, options = shared_port.ALGORITHMS[name]
    model = cls(kind, PortVecEnv(8, seed=1), seed=3, device="cpu", **deepcopy(options))
    torch.manual_seed(0)
    for parameter in model.policy.parameters():
        parameter.data.add_(0.15 * torch.randn_like(parameter))
    seen = np.random.default_rng(0).uniform(LOWEST, HIGHEST, (2000, N_OBSERVED)).astype(np.float32)
    expected, _ = model.predict(seen, deterministic=True)
    policy_of(model).save(tmp_path / "policy.npz", COLUMNS)
    found, _ = Policy.load((tmp_path / "policy.npz").read_bytes(), COLUMNS).answers(seen)
    np.testing.assert_allclose(found, expected[:, 0], atol=1e-5)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_policy_is_the_shipped_model(name):
    model = LOADERS[name](learned.folder_of(name) / "model.zip", device="cpu")
    policy = learned.load_policy(name, observation=COLUMNS)
    if policy.lstm is None:
        seen = np.random.default_rng(0).uniform(LOWEST, HIGHEST, (2000, N_OBSERVED)).astype(np.float32)
        expected, _ = model.predict(seen, deterministic=True)
        np.testing.assert_allclose(policy.answers(seen)[0], expected[:, 0], atol=1e-5)
    else:
        for ours, theirs in zip(policy_of(model).lstm, policy.lstm, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_trains_exports_and_resumes(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "RUNS", tmp_path / "runs")
    monkeypatch.setitem(shared_port.ENVIRONMENTS, "ppo", (32, 2))
    small = {"validation_scenarios": 4, "validations": 2}
    card = shared_port.train(shared_port.Settings("ppo", 3000, **small), folder=tmp_path, bar=False)
    assert learned.available("shared_port", tmp_path) == ("ppo",)
    assert learned.card("ppo", tmp_path) == card
    assert card["family"] == "shared_port"
    curve = (tmp_path / "shared_port/ppo/curve.csv").read_text().splitlines()
    shared_port.train(shared_port.Settings("ppo", 6000, **small), resume=True, folder=tmp_path, bar=False)
    again = (tmp_path / "shared_port/ppo/curve.csv").read_text().splitlines()
    assert again[: len(curve)] == curve
    assert float(again[-1].split(",")[0]) >= 6000
