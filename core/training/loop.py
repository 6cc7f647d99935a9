"""What every training has in common: its budget, progress, logs, the judge now and then, and the best model kept.

What is learned in, and by whom it is judged, is a `Form`: single ports of many sites (`core.training.train`), or one
whole site under EV2Gym's own observation and action vector (`core.training.site`).
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from core.errors import EnerV2GizeError, quoted
from core.paths import ROOT

RUNS = ROOT / "runs"
"""What training keeps while it goes on; not part of the repository."""

UNTRAINED = 0.1
"""Share of the budget before which no model counts as best."""

FAR = 10**9
"""Steps that no training reaches: what a learner is told whose budget is time alone."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to train: steps, minutes, or whichever ends first.

    Parameters
    ----------
    steps : int, optional
    minutes : float, optional
    """

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if self.steps is None and self.minutes is None:
            raise EnerV2GizeError("--steps: say how long to train, with --steps or --minutes")
        if self.steps is not None and self.steps < 1:
            raise EnerV2GizeError("--steps: must be at least 1")
        if self.minutes is not None and not 0 < self.minutes <= 100_000:
            raise EnerV2GizeError("--minutes: must be a number above 0, and at most 100000")

    def used(self, steps: int, seconds: float) -> float:
        """Share of the budget that is used up; 1 or more at its end."""
        by_steps = 0.0 if self.steps is None else steps / self.steps
        return max(by_steps, 0.0 if self.minutes is None else seconds / (60 * self.minutes))


class Form(Protocol):
    """What is learned in and by whom it is judged."""

    name: str
    """Of the run, in logs."""

    @property
    def judged(self) -> tuple[str, ...]:
        """What `judge` gives: columns of the learning curve. `score` is among them; the highest is kept."""

    def make(self, logs: str | None) -> BaseAlgorithm:
        """A fresh learner that logs for TensorBoard to that folder."""

    def load(self, path: Path, logs: str | None) -> BaseAlgorithm:
        """The learner that was saved there, to go on."""

    def judge(self, model: BaseAlgorithm) -> Mapping[str, float]:
        """How good it is on worlds that it never learns from."""


def learn(
    form: Form,
    budget: Budget,
    run: Path,
    wanted: Mapping[str, Any],
    *,
    validations: int = 20,
    resume: bool = False,
    bar: bool = True,
    wandb: bool = False,
    also: Sequence[BaseCallback] = (),
) -> float:
    """Train, judge now and then, keep the best model; seconds that it took.

    `run` then holds `best.zip`, `last.zip`, `curve.csv` and `settings.json`.

    Parameters
    ----------
    form : Form
    budget : Budget
    run : Path
        Folder for what is kept.
    wanted : mapping
        Settings that a resumed training must share, as plain values.
    validations : int
        How often the model is judged on the way.
    resume : bool
        Go on from where the last training in `run` was stopped.
    bar : bool
        Show progress, and where logs are, on standard error.
    wandb : bool
        Log to Weights & Biases too.
    also : sequence of BaseCallback
        What else is to happen while the model learns.

    Raises
    ------
    EnerV2GizeError
    """
    torch.set_num_threads(1)
    run.mkdir(parents=True, exist_ok=True)
    record = run / "settings.json"
    wanted = json.loads(json.dumps(dict(wanted), default=str))
    if resume:
        if not (run / "last.zip").is_file():
            raise EnerV2GizeError(f"--resume: no training of {form.name} was begun here")
        if json.loads(record.read_text(encoding="utf-8")) != wanted:
            raise EnerV2GizeError("--resume: that training had other settings")
    record.write_text(json.dumps(wanted), encoding="utf-8")
    logs = _logs(bar)
    with _weights_and_biases(form.name, wanted) if wandb else _nothing():
        model = form.load(run / "last.zip", logs) if resume else form.make(logs)
        keeper = Keeper(form, budget, run, validations=validations, bar=bar, resume=resume)
        started = time.time()
        stopped = False
        before = model.num_timesteps if resume else 0
        try:
            model.learn(
                FAR if budget.steps is None else max(1, budget.steps - before),
                callback=[*also, keeper],
                reset_num_timesteps=not resume,
                tb_log_name=form.name,
            )
        except KeyboardInterrupt:
            stopped = True
        keeper.validate(last=not stopped)
    if stopped:
        raise EnerV2GizeError("training was stopped; go on with --resume")
    return time.time() - started


def _logs(say: bool) -> str | None:
    """The folder of TensorBoard's logs; None where it is not installed. A line says which."""
    from tqdm import tqdm

    folder = RUNS / "tensorboard"
    installed = find_spec("tensorboard") is not None
    line = f"Logs: tensorboard --logdir {folder}"
    if not installed:
        line = "TensorBoard is not installed (pip install tensorboard): nothing is logged."
    if say:
        tqdm.write(line, file=sys.stderr)
    return str(folder) if installed else None


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _weights_and_biases(name: str, config: Mapping[str, Any]) -> Iterator[None]:
    """A run of Weights & Biases that repeats what TensorBoard logs."""
    for package, called in (("wandb", "Weights & Biases"), ("tensorboard", "TensorBoard, whose logs it reads,")):
        if find_spec(package) is None:
            raise EnerV2GizeError(f"--wandb: {called} is not installed (pip install {package})")
    import wandb  # type: ignore[import-not-found, unused-ignore]

    RUNS.mkdir(parents=True, exist_ok=True)
    try:
        run = wandb.init(
            project="enerv2gize", name=name, config=dict(config), sync_tensorboard=True, dir=RUNS,
            settings=wandb.Settings(silent=True),
        )  # fmt: skip
    except wandb.errors.Error as error:  # no account, or no connection
        raise EnerV2GizeError(
            f"--wandb: {quoted(str(error), 200)} (WANDB_MODE=offline logs without an account)"
        ) from None
    try:
        yield
    finally:
        run.finish()


class Keeper(BaseCallback):
    """Ends a training with its budget, judges it at intervals, keeps the best model and the last, writes the curve."""

    def __init__(
        self, form: Form, budget: Budget, run: Path, *, validations: int, bar: bool, resume: bool
    ) -> None:  # fmt: skip
        super().__init__()
        self._form, self._budget, self._run = form, budget, run
        self._fields = ("timesteps", "seconds", *form.judged)
        self._every, self._next = 1 / validations, 0.0
        self._started = time.time()
        self._bar: Any = None
        if bar:
            from tqdm import tqdm

            shape = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"
            self._bar = tqdm(total=1.0, file=sys.stderr, desc=form.name, bar_format=shape)
        self._curve = run / "curve.csv"
        self._best = -np.inf
        if resume and self._curve.is_file():
            self._best = max((row["score"] for row in trained(run)), default=-np.inf)
        else:
            (run / "best.zip").unlink(missing_ok=True)  # of an earlier training
            with self._curve.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerow((*self._fields, "used"))

    @property
    def _used(self) -> float:
        return self._budget.used(self.num_timesteps, time.time() - self._started)

    def _on_step(self) -> bool:
        used = self._used
        if self._bar is not None and min(used, 1.0) - self._bar.n >= 0.01:  # a hundred lines at most
            self._bar.update(min(used, 1.0) - self._bar.n)
        if used >= self._next:
            self._next = used + self._every
            self.validate()
        # The learner itself ends after so many steps, with a whole update.
        return self._budget.minutes is None or time.time() - self._started < 60 * self._budget.minutes

    def validate(self, *, last: bool = False) -> None:
        """Judge the model as it is now; the `last` time, what was trained least of all is still better than nothing."""
        figures, used = self._form.judge(self.model), self._used
        row = {"timesteps": self.num_timesteps, "seconds": time.time() - self._started, **figures, "used": used}
        with self._curve.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([round(float(row[name]), 6) for name in (*self._fields, "used")])
        # What was not trained yet is not shipped, however good its start makes it.
        if (figures["score"] > self._best and used > UNTRAINED) or (last and not (self._run / "best.zip").is_file()):
            self._best = figures["score"]
            self.model.save(self._run / "best.zip", exclude=["replay_buffer"])
        self.model.save(self._run / "last.zip")
        if self._bar is not None:
            self._bar.set_postfix(score=f"{figures['score']:.4g}", best=f"{self._best:.4g}")
        for name, value in figures.items():
            self.logger.record(f"held_out/{name}", value)

    def _on_training_end(self) -> None:
        if self._bar is not None:
            self._bar.close()


def trained(run: Path) -> list[dict[str, float]]:
    """Rows of the learning curve of models that count."""
    with (run / "curve.csv").open(encoding="utf-8") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    return [row for row in rows if row["used"] > UNTRAINED] or rows[-1:]
