"""Train the agent that corrects the coordinated plan, and export it: `python -m core train --algo NAME`.

The loop is that of `core.training.loop`; here is what is learned in, and what is written.
"""

from __future__ import annotations

import datetime as dt
import json
import platform
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sb3_contrib import ARS, TQC, TRPO, RecurrentPPO
from stable_baselines3 import A2C, DDPG, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.noise import NormalActionNoise
from torch import nn

from core.agents.info import LearnedFamily
from core.agents.learned import FOLDER, NAMES, Learned, Policy
from core.agents.learned.policy import COLUMNS
from core.errors import EnerV2GizeError, quoted
from core.training import loop
from core.training.export import export
from core.training.loop import Budget, learn
from core.training.port_env import DISCOUNT, ManySites
from core.training.validate import Held

FAMILY: LearnedFamily = "planner_corrected"
"""Where agents are written."""

NAME = "residual"
"""The one agent of that family, whichever algorithm it learned by."""

HIDDEN = (32, 32)
"""Small enough that 10,000 ports are answered in milliseconds."""

_ON: dict[str, Any] = {"net_arch": list(HIDDEN), "activation_fn": nn.ReLU}
_GAUSSIAN: dict[str, Any] = {**_ON, "log_std_init": -1.2}
_OFF: dict[str, Any] = {"net_arch": {"pi": list(HIDDEN), "qf": [64, 64]}, "activation_fn": nn.ReLU}
_REPLAY: dict[str, Any] = {
    "buffer_size": 400_000,
    "learning_starts": 10_000,
    "batch_size": 512,
    "train_freq": 1,
    "gradient_steps": 4,
    "learning_rate": 1e-4,
}


class CountingARS(ARS):
    """ARS that counts a step of one environment as one: the original counts all of them for each."""

    def _trigger_callback(self, _locals: Any, _globals: Any, callback: BaseCallback, n_envs: int) -> None:
        super()._trigger_callback(_locals, _globals, callback, 1)


ALGORITHMS: dict[str, tuple[type[BaseAlgorithm], str, dict[str, Any]]] = {
    "a2c": (A2C, "MlpPolicy", {"n_steps": 32, "learning_rate": 5e-5, "gae_lambda": 0.95, "policy_kwargs": _GAUSSIAN}),
    "ars": (
        CountingARS,
        "LinearPolicy",
        {
            "n_delta": 6,
            "n_top": 3,
            "delta_std": 0.05,
            "learning_rate": 0.005,
            "zero_policy": True,
            "n_eval_episodes": 1024,
        },
    ),
    "ddpg": (DDPG, "MlpPolicy", {**_REPLAY, "policy_kwargs": _OFF}),
    "ppo": (
        PPO,
        "MlpPolicy",
        {
            "n_steps": 128,
            "batch_size": 8192,
            "n_epochs": 3,
            "learning_rate": 5e-5,
            "gae_lambda": 0.95,
            "policy_kwargs": _GAUSSIAN,
        },
    ),
    "recurrentppo": (
        RecurrentPPO,
        "MlpLstmPolicy",
        {
            "n_steps": 64,
            "batch_size": 8192,
            "n_epochs": 2,
            "learning_rate": 5e-5,
            "gae_lambda": 0.95,
            "policy_kwargs": {
                **_GAUSSIAN,
                "lstm_hidden_size": 24,
                "net_arch": [32],
                "enable_critic_lstm": False,
                "shared_lstm": True,
            },
        },
    ),
    "sac": (SAC, "MlpPolicy", {**_REPLAY, "ent_coef": 0.003, "policy_kwargs": _OFF}),
    "td3": (TD3, "MlpPolicy", {**_REPLAY, "policy_kwargs": _OFF}),
    "tqc": (TQC, "MlpPolicy", {**_REPLAY, "ent_coef": 0.003, "policy_kwargs": {**_OFF, "n_critics": 2}}),
    "trpo": (
        TRPO,
        "MlpPolicy",
        {"n_steps": 128, "batch_size": 8192, "gae_lambda": 0.95, "target_kl": 0.0005, "policy_kwargs": _GAUSSIAN},
    ),
}  # fmt: skip
"""Class, policy and settings of each algorithm; what is not named is the library's default."""

OFF_POLICY = ("ddpg", "sac", "td3", "tqc")

EFFORT = {name: 0.3 if name in OFF_POLICY else 0.1 for name in NAMES}
"""See `PortEnv`: without it, unsure critics lead far from the plan, and all is lost in a few thousand steps."""

MYOPIC = 0.5
"""Discount of those methods: the plan's value looks ahead already, and critics learn the more surely."""

NOISY = ("ddpg", "td3")
"""Algorithms that explore by noise alone."""

NOISE = 0.25
"""Spread of the exploration noise of TD3 and DDPG."""


@dataclass(frozen=True)
class PolicySettings:
    """What determines every training of a policy for any site."""

    algo: str
    timesteps: int | None = None
    seed: int = 0
    validation_scenarios: int = 120
    validation_seed: int = 1
    validations: int = 20
    """How often the agent is judged while it trains."""
    minutes: float | None = None
    """Ends the training where the steps do not."""

    @property
    def budget(self) -> Budget:
        """How long to train."""
        return Budget(self.timesteps, self.minutes)

    def __post_init__(self) -> None:
        check_algorithm(self.algo)
        _ = self.budget


@dataclass(frozen=True)
class Settings(PolicySettings):
    """Everything that a training is determined by."""

    envs: int = 1024


def check_algorithm(name: str) -> None:
    """Raise `EnerV2GizeError` where there is no such algorithm."""
    if name not in NAMES:
        raise EnerV2GizeError(f"--algo: there is no '{quoted(name)}'; choose from {', '.join(NAMES)}")


class Ports:
    """The form in which single ports of many sites are learned."""

    judged: tuple[str, ...] = ("captured", "mean_share", "score", "ready_frac", "overload_kwh")

    def __init__(self, settings: Settings, *, resume: bool) -> None:
        self.name = f"{settings.algo}-{settings.seed}"
        self._settings, cache = settings, loop.RUNS / "held"
        self.held = Held(
            settings.validation_scenarios, "validation", settings.validation_seed, cache=cache, most_ports=200
        )
        self._env = ManySites(
            settings.envs,
            seed=settings.seed + (10_000 if resume else 0),
            effort=EFFORT[settings.algo],
            repeats=2 * ALGORITHMS[settings.algo][2].get("n_delta", 0) or 1,
            raw=settings.algo == "ars",
        )

    def make(self, logs: str | None) -> BaseAlgorithm:
        """A fresh learner, next to the plan."""
        algo = self._settings.algo
        cls, policy, options = ALGORITHMS[algo]
        options = deepcopy(options)  # stable-baselines3 writes into policy_kwargs
        if algo in NOISY:
            options["action_noise"] = NormalActionNoise(np.zeros(1), np.full(1, NOISE))
        if algo != "ars":
            options["gamma"] = MYOPIC if algo in OFF_POLICY else DISCOUNT
        model = cls(policy, self._env, seed=self._settings.seed, device="cpu", tensorboard_log=logs, **options)
        _begin_at_plan(model)
        return model

    def load(self, path: Path, logs: str | None) -> BaseAlgorithm:
        """The learner saved there."""
        return LOADERS[self._settings.algo](path, env=self._env, tensorboard_log=logs)

    def judge(self, model: BaseAlgorithm) -> dict[str, float]:
        """Figures on the validation scenarios; see `Held.judge`."""
        return self.held.judge(Learned(policy_of(model)))


def train(
    settings: Settings, *, resume: bool = False, folder: Path = FOLDER, bar: bool = True, wandb: bool = False
) -> dict[str, Any]:
    """Train, judge now and then, keep the best, export it to `folder`/planner_corrected/residual.

    Parameters
    ----------
    settings : Settings
    resume : bool
        Go on from where the last training of this algorithm was stopped; it must have had the same settings apart
        from its budget.
    folder : Path
        Where agents are kept.
    bar : bool
        Show progress on standard error.
    wandb : bool
        Log to Weights & Biases too.

    Returns
    -------
    dict
        The agent's card.
    """
    run = loop.RUNS / settings.algo
    wanted = {name: value for name, value in asdict(settings).items() if name not in ("timesteps", "minutes")}
    form = Ports(settings, resume=resume)
    seconds = learn(
        form, settings.budget, run, wanted, validations=settings.validations, resume=resume, bar=bar, wandb=wandb
    )
    algo = settings.algo
    model = LOADERS[algo](run / "best.zip", device="cpu")
    said = {
        "what": "one policy shared by all ports, a correction of the coordinated plan",
        "parts": ["coordinated plan", "policy", "projection onto transformer limits by urgency"],
        "plan_alone": form.held.judge(Learned()),
        "training": {
            **asdict(settings),
            "command": f"python -m core train --family {FAMILY} --algo {algo} {budget_options(settings.budget)} "
            f"--seed {settings.seed}",
            "seconds": round(seconds),
            **provenance(),
            "discount": MYOPIC if algo in OFF_POLICY else DISCOUNT,
            "effort": EFFORT[algo],
            "settings": json.loads(json.dumps(ALGORITHMS[algo][2], default=str)),
        },
    }
    return export(
        NAME, FAMILY, run, folder, model=model, policy=policy_of(model), observation=COLUMNS, judged=Ports.judged,
        said=said,
    )  # fmt: skip


def _begin_at_plan(model: BaseAlgorithm) -> None:
    """Let the first answers of actors be next to 0: the plan itself."""
    actor = getattr(model.policy, "actor", None)
    if actor is None:
        return
    with torch.no_grad():
        for network in (actor, getattr(model.policy, "actor_target", None)):
            if network is None:
                continue
            last = (
                network.mu
                if isinstance(network.mu, nn.Linear)
                else [m for m in network.mu if isinstance(m, nn.Linear)][-1]
            )
            last.weight.mul_(0.05)
            last.bias.zero_()


def policy_of(model: BaseAlgorithm) -> Policy:
    """The deterministic policy of a stable-baselines3 model, as plain arrays."""

    def linear(modules: Any) -> list[tuple[Any, Any]]:
        out = []
        for m in modules:
            if isinstance(m, nn.Linear):
                weight = m.weight.detach().numpy().copy()
                bias = np.zeros(len(weight), dtype=np.float32) if m.bias is None else m.bias.detach().numpy().copy()
                out.append((weight, bias))
        return out

    net: Any = model.policy
    lstm = None
    activation = "tanh" if getattr(net, "activation_fn", nn.ReLU) is nn.Tanh else "relu"
    low = float(np.min(model.action_space.low))  # type: ignore[attr-defined]  # a Box
    if isinstance(model, SAC | TQC):
        layers = linear(net.actor.latent_pi) + linear([net.actor.mu])
        squash = True
    elif isinstance(model, TD3):
        layers, squash = linear(net.actor.mu), True
    elif isinstance(model, ARS):
        layers, squash = linear(net.action_net), bool(net.squash_output)
    else:
        layers, squash = linear(net.mlp_extractor.policy_net) + linear([net.action_net]), False
        if isinstance(model, RecurrentPPO):
            cell = net.lstm_actor
            parts = (cell.weight_ih_l0, cell.weight_hh_l0, cell.bias_ih_l0 + cell.bias_hh_l0)
            into, back, bias = (part.detach().numpy().copy() for part in parts)
            lstm = (into, back, bias)
    return Policy(tuple(layers), activation, squash, lstm, low=low)


LOADERS: dict[str, Callable[..., BaseAlgorithm]] = {name: cls.load for name, (cls, _, _) in ALGORITHMS.items()}


def budget_options(budget: Budget) -> str:
    """The budget as the command line takes it."""
    given = {"--steps": budget.steps, "--minutes": budget.minutes}
    return " ".join(f"{option} {value}" for option, value in given.items() if value is not None)


def provenance() -> dict[str, Any]:
    """When, and by which versions; part of a card."""
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "python": platform.python_version(),
        "versions": {p: version(p) for p in ("stable-baselines3", "sb3-contrib", "torch", "numpy")},
    }
