"""A shipped shared-port policy, trained further on one scenario: `python -m core train --scenario FILE --algo NAME`.

It goes on learning on other dates and cars of that scenario (`core.environments.sb3.PortVecEnv`), is judged on days of
the validation split, and at the end beside the policy that it began as on days of the test split. What is kept stands
in `core.paths.OWN_AGENTS` and is an agent of this installation at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from stable_baselines3.common.base_class import BaseAlgorithm

from core.agents.learned import available, check, folder_of, load_policy, local
from core.agents.learned.shared_port import COLUMNS, SharedPort
from core.agents.registry import check_local
from core.environments.sb3 import PortVecEnv
from core.errors import EnerV2GizeError
from core.paths import OWN_AGENTS
from core.scenario import Scenario
from core.studies.draw import draw_days
from core.training import loop
from core.training.loop import Budget, learn, trained
from core.training.shared_port import Together
from core.training.train import LOADERS, budget_options, check_algorithm, policy_of, provenance
from core.training.validate import Held

ENVIRONMENTS = 256
"""Cars that are followed at once."""

RATE = 0.3
"""Of the learning rate that the policy was trained with: it is near an optimum already."""

WITHOUT = ("ars",)
"""Algorithms whose file does not hold what going on takes."""


@dataclass(frozen=True)
class Settings:
    """Everything that a training is determined by.

    Parameters
    ----------
    algo : str
    scenario : Scenario
    steps : int, optional
        Of the environment.
    minutes : float, optional
    seed : int
    held_out : int
        On how many days it is judged each time, and at the end on as many others.
    validations : int
        How often.
    """

    algo: str
    scenario: Scenario
    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    held_out: int = 24
    validations: int = 10

    def __post_init__(self) -> None:
        check_algorithm(self.algo)
        if self.algo in WITHOUT or self.algo not in available("shared_port"):
            known = [name for name in available("shared_port") if name not in WITHOUT]
            raise EnerV2GizeError(f"--algo: {self.algo} cannot be trained further; choose from {', '.join(known)}")
        _ = self.budget

    @property
    def budget(self) -> Budget:
        """How long to train."""
        return Budget(self.steps, self.minutes)

    @property
    def name(self) -> str:
        """Of the agent where none is given."""
        return f"{self.algo}_{self.scenario.key[:8]}"


class Further:
    """The form in which one shipped policy learns on."""

    judged: tuple[str, ...] = ("captured", "mean_share", "score", "ready_frac", "overload_kwh")

    def __init__(self, settings: Settings, *, resume: bool) -> None:
        self.name = f"further-{settings.name}-{settings.seed}"
        self._settings = settings
        cache = loop.RUNS / "held"
        days = {split: draw_days(settings.scenario, settings.held_out, split, 0) for split in ("validation", "test")}
        self.held = {split: Held.of(scenarios, cache=cache) for split, scenarios in days.items()}
        self.env = PortVecEnv(ENVIRONMENTS, settings.scenario, seed=settings.seed + (10_000 if resume else 0))

    def make(self, logs: str | None) -> BaseAlgorithm:
        """The shipped learner."""
        check(self._settings.algo)
        model = self._loaded(folder_of(self._settings.algo) / "model.zip", logs, seed=self._settings.seed)
        if isinstance(rate := getattr(model, "learning_rate", None), float):
            model.learning_rate = RATE * rate
        return model

    def load(self, path: Path, logs: str | None) -> BaseAlgorithm:
        """The learner saved there."""
        return self._loaded(path, logs)

    def _loaded(self, path: Path, logs: str | None, **options: Any) -> BaseAlgorithm:
        return LOADERS[self._settings.algo](path, env=self.env, device="cpu", tensorboard_log=logs, **options)

    def judge(self, model: BaseAlgorithm) -> Mapping[str, float]:
        """Figures on the validation days; see `Held.judge`."""
        return self.held["validation"].judge(SharedPort(policy_of(model)))


def train(
    settings: Settings, *, name: str | None = None, resume: bool = False, folder: Path = OWN_AGENTS, bar: bool = True,
    wandb: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Train further, judge, and keep the best as an agent of this installation.

    Parameters
    ----------
    settings : Settings
    name : str, optional
        Of the agent.
    resume, bar, wandb : bool
        As in `core.training.loop.learn`.
    folder : Path
        Where own agents are kept.

    Returns
    -------
    dict
        The card; `comparison` makes a table of it.

    Raises
    ------
    EnerV2GizeError
    """
    name = check_local(name or settings.name)
    run = loop.RUNS / "further" / name
    form = Further(settings, resume=resume)
    wanted = {key: value for key, value in asdict(settings).items() if key not in ("steps", "minutes", "scenario")}
    wanted["scenario"] = settings.scenario.model_dump(mode="json")
    seconds = learn(
        form, settings.budget, run, wanted, validations=settings.validations, resume=resume, bar=bar, wandb=wandb,
        also=(Together(form.env, settings.budget),),
    )  # fmt: skip
    policy = policy_of(LOADERS[settings.algo](run / "best.zip", device="cpu"))
    shipped = load_policy(settings.algo, observation=COLUMNS)
    test = {who: form.held["test"].judge(SharedPort(p)) for who, p in (("trained", policy), ("shipped", shipped))}
    card = local.write(
        name,
        policy,
        {
            "form": "port",
            "title": name,
            "description": f"{settings.algo}, trained further on one scenario",
            "algorithm": settings.algo,
            "scenario": wanted["scenario"],
            "curve": trained(run),
            "held_out": {"days": settings.held_out, **test},
            "training": {
                "command": f"python -m core train --scenario FILE.json --algo {settings.algo} "
                f"{budget_options(settings.budget)} --seed {settings.seed}",
                "seconds": round(seconds),
                **provenance(),
            },
        },
        folder,
    )
    (folder / name / "curve.csv").write_bytes((run / "curve.csv").read_bytes())
    return card


def comparison(card: Mapping[str, Any]) -> pd.DataFrame:
    """A card's test days: a row a figure, the trained policy beside the shipped one."""
    found = card["held_out"]
    table = pd.DataFrame({who: found[who] for who in ("trained", "shipped")})
    table["difference"] = table["trained"] - table["shipped"]
    table.index.name = f"{found['days']} test days"
    return table


def curve(folder: Path) -> str:
    """The learning curve of an agent as one line of blocks, with its ends in numbers."""
    rows = pd.read_csv(folder / "curve.csv")
    score = rows["score"].to_numpy()
    spread = float(np.ptp(score)) or 1.0
    blocks = "".join("▁▂▃▄▅▆▇█"[min(7, int(8 * (value - score.min()) / spread))] for value in score)
    return f"score on validation days, {score[0]:.4f} as shipped: {blocks} best {score.max():.4f}"
