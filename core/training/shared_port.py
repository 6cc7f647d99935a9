"""Train one shared-port agent from nothing and export it: `python -m core train --algo NAME`.

The loop is that of `core.training.loop`, the environment `core.training.shared_port_env`.
"""

from __future__ import annotations

import json
import time
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sb3_contrib import TQC, TRPO, RecurrentPPO
from stable_baselines3 import A2C, DDPG, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.noise import NormalActionNoise
from torch import nn

from core.agents.info import LearnedFamily
from core.agents.learned import FOLDER
from core.agents.learned.shared_port import COLUMNS, SharedPort
from core.environments.sb3 import PortVecEnv
from core.training import loop
from core.training.export import export
from core.training.loop import Budget, learn
from core.training.shared_port_env import Ports as PortsEnv
from core.training.train import (
    LOADERS,
    NOISY,
    CountingARS,
    PolicySettings,
    budget_options,
    policy_of,
    provenance,
)
from core.training.validate import Held

FAMILY: LearnedFamily = "shared_port"

DISCOUNT = 0.98
"""Shaping pays for what a step does to the stay; what it does to the crowd shows within hours."""

HIDDEN = [64, 64]
"""Of policies: small enough that 10,000 cars are answered in milliseconds."""

_GAUSSIAN: dict[str, Any] = {"net_arch": {"pi": HIDDEN, "vf": HIDDEN}, "activation_fn": nn.ReLU, "log_std_init": -1.0}
_OFF: dict[str, Any] = {"net_arch": {"pi": HIDDEN, "qf": [96, 96]}, "activation_fn": nn.ReLU}
_REPLAY: dict[str, Any] = {
    "buffer_size": 600_000,
    "learning_starts": 20_000,
    "batch_size": 1024,
    "train_freq": 1,
    "gradient_steps": 6,
    "learning_rate": 7e-4,
}
NOISE = 0.15
"""Spread of the exploration noise of TD3 and DDPG."""

ALGORITHMS: dict[str, tuple[type[BaseAlgorithm], str, dict[str, Any]]] = {
    "a2c": (
        A2C,
        "MlpPolicy",
        {
            "n_steps": 8,
            "learning_rate": 7e-4,
            "gae_lambda": 0.9,
            "use_rms_prop": False,
            "normalize_advantage": True,
            "policy_kwargs": _GAUSSIAN,
        },
    ),
    "ars": (
        CountingARS,
        "LinearPolicy",
        {
            "n_delta": 4,
            "n_top": 2,
            "delta_std": 0.03,
            "learning_rate": 0.02,
            "zero_policy": True,
            "n_eval_episodes": 512,
        },
    ),
    "ddpg": (DDPG, "MlpPolicy", {**_REPLAY, "policy_kwargs": _OFF}),
    "ppo": (
        PPO,
        "MlpPolicy",
        {
            "n_steps": 64,
            "batch_size": 4096,
            "n_epochs": 4,
            "learning_rate": 5e-4,
            "gae_lambda": 0.9,
            "policy_kwargs": _GAUSSIAN,
        },
    ),
    "recurrentppo": (
        RecurrentPPO,
        "MlpLstmPolicy",
        {
            "n_steps": 32,
            "batch_size": 8192,
            "n_epochs": 2,
            "learning_rate": 7e-4,
            "gae_lambda": 0.9,
            "policy_kwargs": {
                **_GAUSSIAN,
                "lstm_hidden_size": 32,
                "net_arch": [64],
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
        {
            "n_steps": 32,
            "batch_size": 4096,
            "gae_lambda": 0.9,
            "target_kl": 0.02,
            "n_critic_updates": 4,
            "learning_rate": 1e-3,
            "policy_kwargs": _GAUSSIAN,
        },
    ),
}  # fmt: skip
"""Class, policy and settings of each algorithm; what is not named is the library's default."""

ENVIRONMENTS: dict[str, tuple[int, int]] = {
    "a2c": (768, 6), "ars": (256, 2), "ddpg": (1024, 8), "ppo": (2048, 8), "recurrentppo": (1024, 8), "sac": (1024, 8),
    "td3": (1024, 8), "tqc": (1024, 8), "trpo": (1024, 8),
}  # fmt: skip
"""Cars that are followed at once, and sites that they stand at: fewer where updates have to be frequent."""


LAST_RATE = 0.1
"""Of the learning rate, what is left of it at the end."""

FOLLOWED_EVERY = 32
"""Steps after which cars that no environment follows take on what was learned since."""


@dataclass(frozen=True)
class Settings(PolicySettings):
    """Everything that a training is determined by."""

    validations: int = 12


class Ports:
    """The form in which single ports of many sites are learned without a plan."""

    judged: tuple[str, ...] = ("captured", "mean_share", "score", "ready_frac", "overload_kwh")

    def __init__(self, settings: Settings, *, resume: bool) -> None:
        self.name = f"{FAMILY}-{settings.algo}-{settings.seed}"
        self._settings = settings
        cache = loop.RUNS / "held"
        self.held = Held(
            settings.validation_scenarios, "validation", settings.validation_seed, cache=cache, most_ports=200
        )
        options = ALGORITHMS[settings.algo][2]
        environments, sites = ENVIRONMENTS[settings.algo]
        self.env = PortsEnv(
            environments,
            sites=sites,
            seed=settings.seed + (10_000 if resume else 0),
            repeats=2 * options.get("n_delta", 0) or 1,
        )

    def make(self, logs: str | None) -> BaseAlgorithm:
        """A fresh learner."""
        algo = self._settings.algo
        cls, policy, options = ALGORITHMS[algo]
        options = deepcopy(options)  # stable-baselines3 writes into policy_kwargs
        if algo in NOISY:
            options["action_noise"] = NormalActionNoise(np.zeros(1), np.full(1, NOISE))
        if algo != "ars":
            options["gamma"] = DISCOUNT
        return cls(policy, self.env, seed=self._settings.seed, device="cpu", tensorboard_log=logs, **options)

    def load(self, path: Path, logs: str | None) -> BaseAlgorithm:
        """The learner saved there."""
        return LOADERS[self._settings.algo](path, env=self.env, tensorboard_log=logs)

    def judge(self, model: BaseAlgorithm) -> dict[str, float]:
        """Figures on the validation scenarios; see `Held.judge`."""
        return self.held.judge(SharedPort(policy_of(model)))


class Together(BaseCallback):
    """Lets all other cars do as the learner does, and lowers its learning rate towards the end of its budget."""

    def __init__(self, env: PortsEnv | PortVecEnv, budget: Budget) -> None:
        super().__init__()
        self._env, self._budget = env, budget
        self._keeper: loop.Keeper | None = None

    def _on_training_start(self) -> None:
        self._rate = float(getattr(self.model, "learning_rate", 0.0))
        self._calls, self._began = 0, time.time()

    def _on_step(self) -> bool:
        if self._calls % FOLLOWED_EVERY == 0:
            policy = policy_of(self.model)
            self._env.drive_others(lambda seen: policy.answers(seen)[0])
            used = min(1.0, self._budget.used(self.num_timesteps, time.time() - self._began))
            rate = self._rate * (1.0 - (1.0 - LAST_RATE) * used)
            self.model.lr_schedule = lambda _: rate
        self._calls += 1
        return True


def train(
    settings: Settings, *, resume: bool = False, folder: Path = FOLDER, bar: bool = True, wandb: bool = False
) -> dict[str, Any]:
    """Train, judge now and then, keep the best, export it to `folder`/shared_port/NAME.

    Parameters are those of `core.training.train.train`.

    Returns
    -------
    dict
        The agent's card.
    """
    run = loop.RUNS / FAMILY / settings.algo
    wanted = {name: value for name, value in asdict(settings).items() if name not in ("timesteps", "minutes")}
    form = Ports(settings, resume=resume)
    seconds = learn(
        form, settings.budget, run, wanted, validations=settings.validations, resume=resume, bar=bar, wandb=wandb,
        also=(Together(form.env, settings.budget),),
    )  # fmt: skip
    name = settings.algo
    model = LOADERS[name](run / "best.zip", device="cpu")
    said = {
        "what": "one policy shared by all ports, learned from nothing, that bids for energy in the site's market",
        "parts": ["prices that all cars' answers make", "policy that bids", "market cleared at the policy's bids"],
        "training": {
            **asdict(settings),
            "command": f"python -m core train --algo {name} {budget_options(settings.budget)} --seed {settings.seed}",
            "seconds": round(seconds),
            **provenance(),
            "start": "random weights",
            "discount": DISCOUNT,
            "environments": ENVIRONMENTS[name][0],
            "shaping": "what the rest of the stay is worth to the car alone in the world",
            "settings": json.loads(json.dumps(ALGORITHMS[name][2], default=str)),
        },
    }
    return export(
        name, FAMILY, run, folder, model=model, policy=policy_of(model), observation=COLUMNS, judged=Ports.judged,
        said=said,
    )  # fmt: skip
