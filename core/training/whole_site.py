"""Train policies for one whole site: `python -m core.training.whole_site ALGO REWARD SITE`, or all that are missing.

The original's experiment: nine algorithms, each with the original's six rewards and with our objective, on the
original's site and on EV2Gym's V2GProfitMax, several seeds each. Every learner is the class of stable-baselines3 or
sb3-contrib, on the batch engine (`core.training.site_days`). Each training ends with `HELD_OUT` test days, whose
figures stand in the card; of the seeds, the policy that was best on validation days is kept.

=========================  ========================================================================================
file                       content of `pretrained/whole_site/site_ALGO_REWARD/`
=========================  ========================================================================================
`policy_SITE.npz`          the best seed's network, normalisation folded into its first layer
`card.json`                for each site: settings, budget, every seed's validation and held-out figures
`curve.csv`                every seed's validation score while it was trained
=========================  ========================================================================================
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sb3_contrib import ARS, TQC, TRPO, RecurrentPPO
from stable_baselines3 import A2C, DDPG, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.noise import NormalActionNoise
from torch import nn

from core.agents.learned import FOLDER, NAMES, Policy
from core.agents.learned.whole_site import (
    FAMILY,
    POLICY_FILES,
    SITES,
    STATE_OF,
    SiteAgent,
    columns,
    site_card,
)
from core.agents.looks import OBJECTIVE, SITE_REWARDS, site_name
from core.environments.site import Group, Run
from core.errors import EnerV2GizeError, quoted
from core.studies.draw import draw_days
from core.studies.original_experiment import figures_of, held_out_worlds, plug_and_charge, summary
from core.training.manifest import write_manifest
from core.training.site_days import GROUPS, TOGETHER, SiteDays, scales_of, training_days
from core.training.train import policy_of, provenance
from core.world import build_world

Floats = NDArray[np.float64]

SEEDS = 3
"""Trainings of each kind that a complete table has."""

VALIDATION = 32
"""Days by which the best policy of a training, and the best of the seeds, is chosen."""

VALIDATIONS = 8
"""How often a policy is judged while it is trained."""

DISCOUNT = 0.99


class SiteARS(ARS):
    """ARS that lets all candidates of an iteration play at once, each the same `ARS_DAYS` days."""

    def evaluate_candidates(self, candidate_weights: torch.Tensor, callback: BaseCallback, async_eval: Any) -> Any:
        """The return of each candidate, [candidates]."""
        callback.on_rollout_start()
        env = self.env
        assert isinstance(env, CandidateDays)
        nets = [deepcopy(self.policy) for _ in range(self.pop_size)]
        for net, weights in zip(nets, candidate_weights, strict=True):
            net.load_from_vector(weights.cpu().numpy())
        layers = [next(m for m in net.action_net if isinstance(m, nn.Linear)) for net in nets]  # type: ignore[union-attr]
        weight = np.stack([layer.weight.detach().numpy() for layer in layers])
        bias = np.stack([layer.bias.detach().numpy() for layer in layers])
        returns, steps = env.play(weight, bias)
        self.num_timesteps += steps
        callback.on_step()
        callback.on_rollout_end()
        return torch.as_tensor(returns, dtype=torch.float32)


ARS_DELTAS, ARS_DAYS = 8, 8
"""Directions that ARS tries in an iteration, and days on which each is tried."""


@lru_cache(maxsize=2)
def _candidate_groups(site: str) -> list[Group]:
    """Groups of `ARS_DAYS` training days, each as often as there are candidates."""
    worlds = [world for group in training_days(site) for world in group.batch.worlds]
    parts = [worlds[i : i + ARS_DAYS] for i in range(0, 16 * ARS_DAYS, ARS_DAYS)]
    return [Group(part * (2 * ARS_DELTAS)) for part in parts]


class CandidateDays(SiteDays):
    """The same days for every candidate of ARS."""

    def __init__(self, site: str, reward: str, seed: int = 0) -> None:
        super().__init__(site, reward, seed)
        self._same = _candidate_groups(site)

    def play(self, weight: Floats, bias: Floats) -> tuple[Floats, int]:
        """Mean return of each candidate, a linear policy under tanh, and steps that were made."""
        group = self._same[int(self._stream.integers(len(self._same)))]
        run, n = Run(group, self._reward), len(weight)
        total, steps = np.zeros(group.batch.n_worlds), 0
        while not run.done:
            seen = self._normalised(run.observation()).reshape(n, -1, weight.shape[2])
            answers = np.tanh(np.matmul(seen, weight.transpose(0, 2, 1)) + bias[:, None])
            total += self._paid(run.step(answers.reshape(group.batch.n_worlds, -1).astype(np.float64)))
            steps += group.batch.n_worlds
        return total.reshape(n, -1).mean(axis=1), steps


def _on_policy(log_std: float) -> dict[str, Any]:
    return {"net_arch": [64, 64], "activation_fn": nn.Tanh, "log_std_init": log_std}


_OFF: dict[str, Any] = {"net_arch": [64, 64], "activation_fn": nn.ReLU}
_REPLAY: dict[str, Any] = {
    "buffer_size": 100_000,
    "learning_starts": 60 * TOGETHER,
    "batch_size": 256,
    "train_freq": 1,
    "gradient_steps": 1,
    "policy_kwargs": _OFF,
}
_LSTM: dict[str, Any] = {
    **_on_policy(-0.3), "net_arch": [64], "lstm_hidden_size": 32, "enable_critic_lstm": False, "shared_lstm": True,
}  # fmt: skip

ALGORITHMS: dict[str, tuple[type[BaseAlgorithm], str, int, dict[str, Any]]] = {
    "a2c": (
        A2C, "MlpPolicy", 120_000,
        {"n_steps": 28, "learning_rate": 2e-3, "gae_lambda": 1.0, "policy_kwargs": _on_policy(-0.7)},
    ),
    "ars": (
        SiteARS, "LinearPolicy", 400_000,
        {"n_delta": ARS_DELTAS, "n_top": ARS_DELTAS // 2, "delta_std": 0.1, "learning_rate": 0.05,
         "zero_policy": True, "policy_kwargs": {"with_bias": True}},
    ),
    "ddpg": (DDPG, "MlpPolicy", 50_000, {**_REPLAY, "learning_rate": 1e-3, "tau": 0.01}),
    "ppo": (
        PPO, "MlpPolicy", 80_000,
        {"n_epochs": 5, "learning_rate": 3e-3, "gae_lambda": 0.98, "policy_kwargs": _on_policy(-0.3)},
    ),
    "recurrentppo": (
        RecurrentPPO, "MlpLstmPolicy", 40_000,
        {"n_epochs": 2, "learning_rate": 5e-3, "gae_lambda": 0.98, "policy_kwargs": _LSTM},
    ),
    "sac": (SAC, "MlpPolicy", 40_000, {**_REPLAY, "learning_rate": 2e-3}),
    "td3": (TD3, "MlpPolicy", 50_000, {**_REPLAY, "learning_rate": 1e-3, "tau": 0.01}),
    "tqc": (
        TQC, "MlpPolicy", 30_000,
        {**_REPLAY, "learning_rate": 2e-3, "policy_kwargs": {**_OFF, "n_critics": 2, "n_quantiles": 15}},
    ),
    "trpo": (
        TRPO, "MlpPolicy", 60_000,
        {"target_kl": 0.05, "sub_sampling_factor": 2, "cg_max_steps": 10, "n_critic_updates": 5,
         "gae_lambda": 0.98, "policy_kwargs": _on_policy(-0.5)},
    ),
}  # fmt: skip
"""Class, policy, steps of a training and settings of each algorithm; what is not named is the library's default.

Steps are those of all days together. Budgets are small, about ten seconds of one core each, and alike in time rather
than in steps.
"""

WHOLE_DAYS = ("ppo", "trpo", "recurrentppo")
"""Methods whose rollouts are whole days, in `BATCHES` batches: cut in the middle, what a battery is worth at the cut is
the critic's guess, and cars are emptied for its sake."""

BATCHES = 4

NOISY = {"td3": 0.3, "ddpg": 0.3}
"""Spread of the exploration noise of those that do not explore without."""


# --- one training -----------------------------------------------------------------------------------------------------
def fold(policy: Policy, mean: Floats, spread: Floats) -> Policy:
    """A policy that takes observations as they are, out of one that takes them less `mean` and over `spread`."""

    def folded(weight: Any, bias: Any) -> tuple[Any, Any]:
        scaled = weight.astype(np.float64) / spread
        return scaled.astype(np.float32), (bias - scaled @ mean).astype(np.float32)

    if policy.lstm is not None:
        into, back, bias = policy.lstm
        into, bias = folded(into, bias)
        return replace(policy, lstm=(into, back, bias))
    return replace(policy, layers=(folded(*policy.layers[0]), *policy.layers[1:]))


@lru_cache(maxsize=4)
def _validation(site: str) -> Group:
    return Group([build_world(s) for s in draw_days(SITES[site], VALIDATION, "validation", 1)])


def score_of(policy: Policy, site: str, reward: str) -> float:
    """Mean over validation days of the reward that a day adds up to, in the reward's own unit."""
    run, memory = Run(_validation(site), reward), None
    total = 0.0
    while not run.done:
        answers, memory = policy.outputs(run.observation(), memory)
        total += float(run.step(answers.astype(np.float64)).mean())
    return total


class Judge(BaseCallback):
    """Judges the policy `VALIDATIONS` times on validation days, and keeps the best one."""

    def __init__(self, site: str, reward: str, steps: int) -> None:
        super().__init__()
        self._site, self._reward, self._budget = site, reward, steps
        self._scales = scales_of(site, reward)
        self.curve: list[tuple[int, float]] = []
        self.best: Policy | None = None

    def judge(self) -> None:
        """Now."""
        policy = fold(policy_of(self.model), self._scales.mean, self._scales.spread)
        score = score_of(policy, self._site, self._reward)
        if not np.isfinite(score):
            score = -np.inf
        if self.best is None or score > max(s for _, s in self.curve):
            self.best = policy
        self.curve.append((self.num_timesteps, score))

    def _on_step(self) -> bool:
        if self.num_timesteps >= (len(self.curve) + 1) * self._budget / VALIDATIONS:
            self.judge()
        return True


def learner(algo: str, reward: str, site: str, seed: int) -> BaseAlgorithm:
    """A fresh one."""
    cls, policy, _, options = ALGORITHMS[algo]
    options = deepcopy(options)  # stable-baselines3 writes into policy_kwargs
    env = (CandidateDays if algo == "ars" else SiteDays)(site, reward, seed)
    if algo in WHOLE_DAYS:
        options["n_steps"] = SITES[site].n_steps
        options["batch_size"] = SITES[site].n_steps * TOGETHER // BATCHES
    if algo in NOISY:
        ports = SITES[site].n_ports
        options["action_noise"] = NormalActionNoise(np.zeros(ports), np.full(ports, NOISY[algo]))
    if algo != "ars":
        options["gamma"] = DISCOUNT
    return cls(policy, env, seed=seed, device="cpu", **options)


def train(algo: str, reward: str, site: str, seed: int, *, steps: int | None = None, folder: Path = FOLDER) -> float:
    """Train once, measure on held-out days, and enter it in the agent's files; gives its validation score.

    Parameters
    ----------
    algo, reward, site : str
    seed : int
    steps : int, optional
        Of single days' environments; the algorithm's own budget by default.
    folder : Path
        Where agents are kept.
    """
    torch.set_num_threads(1)
    budget = steps or ALGORITHMS[algo][2]
    judge = Judge(site, reward, budget)
    model = learner(algo, reward, site, seed)  # days and scales, which all learners share, are made before the clock
    _validation(site)
    started = time.perf_counter()
    model.learn(budget, callback=judge)
    if len(judge.curve) < VALIDATIONS:
        judge.judge()
    seconds = time.perf_counter() - started
    assert judge.best is not None
    enter(algo, reward, site, seed, judge.best, judge.curve, seconds, budget, folder)
    return max(score for _, score in judge.curve)


# --- files ------------------------------------------------------------------------------------------------------------
def enter(
    algo: str, reward: str, site: str, seed: int, policy: Policy, curve: list[tuple[int, float]], seconds: float,
    steps: int, folder: Path,
) -> None:  # fmt: skip
    """Write what a training gave into the agent's folder: the card last, so that what it names is there."""
    name = site_name(algo, reward)
    target = folder / FAMILY / name
    target.mkdir(parents=True, exist_ok=True)
    card = site_card(name, folder) or {
        "name": name,
        "what": "one policy for one whole site under EV2Gym's action vector",
        "algo": algo,
        "reward": reward,
        "state": STATE_OF[reward],
        "ports": [],
        "sites": {},
    }
    entry = card["sites"].setdefault(
        site,
        {
            "n_ports": SITES[site].n_ports,
            "scenario": SITES[site].model_dump(mode="json"),
            "days": {"training": GROUPS * TOGETHER, "validation": VALIDATION},
            "normalisation": (
                "observations less their mean over their spread on 128 training days of random actions, folded into "
                "the first layer; rewards likewise, scores are unscaled"
            ),
            "seeds": {},
        },
    )
    score = max(value for _, value in curve)
    seeds = entry["seeds"]
    first = not seeds or score > max(row["validation"] for key, row in seeds.items() if key != str(seed))
    content = io.BytesIO()
    policy.save(content, columns(STATE_OF[reward], SITES[site].n_ports))  # type: ignore[arg-type]
    row = {
        "validation": score,
        "seconds": round(seconds, 1),
        "steps": steps,
        "sha256": hashlib.sha256(content.getvalue()).hexdigest(),
        "held_out": measure(policy, reward, site),
    }
    seeds[str(seed)] = row
    if first:
        _write(target / POLICY_FILES[site], content.getvalue())
        entry["shipped_seed"] = seed
        entry["parameters"] = int(
            sum(w.size + b.size for w, b in policy.layers) + sum(part.size for part in policy.lstm or ())
        )
    card["ports"] = sorted(SITES[known].n_ports for known in card["sites"])
    card["training"] = {"algo": algo, "command": f"python -m core.training.whole_site {algo} {reward} --again"}
    entry["training"] = {
        "command": f"python -m core.training.whole_site {algo} {reward} {site} --seeds {SEEDS} --again",
        "settings": json.loads(json.dumps(ALGORITHMS[algo][3], default=str)),
        "discount": 1.0 if algo == "ars" else DISCOUNT,
        **provenance(),
    }
    _write(target / "curve.csv", _curve(target / "curve.csv", site, seed, curve).encode())
    _write(target / "card.json", (json.dumps(card, indent=1) + "\n").encode())
    write_manifest(folder)


def _curve(path: Path, site: str, seed: int, curve: list[tuple[int, float]]) -> str:
    """The file with this training's rows in it."""
    rows = []
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.reader(file)][1:]
    rows = [row for row in rows if row[:2] != [site, str(seed)]]
    rows += [[site, str(seed), str(steps), f"{score:.6g}"] for steps, score in curve]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        [["site", "seed", "timesteps", "score"], *sorted(rows, key=lambda row: (row[0], int(row[1]), int(row[2])))]
    )
    return out.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(content)
    os.replace(part, path)


def measure(policy: Policy, reward: str, site: str) -> dict[str, Any]:
    """Every indicator on the held-out days: mean and spread, and the mean difference to plug and charge."""
    agent = SiteAgent(STATE_OF[reward], {SITES[site].n_ports: lambda: policy})
    return summary(figures_of(held_out_worlds(site), agent), plug_and_charge(site))


# --- all of them ------------------------------------------------------------------------------------------------------
def missing(
    algos: tuple[str, ...] = NAMES,
    reward_names: tuple[str, ...] = SITE_REWARDS,
    sites: tuple[str, ...] = tuple(SITES),
    seeds: int = SEEDS,
    folder: Path = FOLDER,
    *,
    again: bool = False,
) -> Iterator[tuple[str, str, str, int]]:
    """Trainings that no card knows yet (with `again`, all), the most telling first: the first seed on the original's
    site, then on the stock site, then further seeds."""
    for seed in range(seeds):
        for site in sites:
            for reward in sorted(reward_names, key=lambda name: name != OBJECTIVE):
                for algo in algos:
                    done: Mapping[str, Any] = site_card(site_name(algo, reward), folder).get("sites", {})
                    if again or str(seed) not in done.get(site, {}).get("seeds", {}):
                        yield algo, reward, site, seed


def main(arguments: list[str] | None = None) -> int:
    """Train what is named, or everything that is missing."""
    parser = argparse.ArgumentParser(prog="python -m core.training.whole_site", description=__doc__.split("\n")[0])
    parser.add_argument("algo", nargs="?", help=f"{', '.join(NAMES)} (all)")
    parser.add_argument("reward", nargs="?", help=f"{', '.join(SITE_REWARDS)} (all)")
    parser.add_argument("site", nargs="?", help=f"{', '.join(SITES)} (all)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many trainings of each kind there shall be")
    parser.add_argument("--steps", type=int, help="of each training; the algorithm's own budget by default")
    parser.add_argument("--again", action="store_true", help="train anew what was trained before, too")
    parser.add_argument("--minutes", type=float, help="begin no further training after so many minutes")
    asked = parser.parse_args(arguments)
    chosen: list[tuple[str, ...]] = []
    for given, known in ((asked.algo, NAMES), (asked.reward, SITE_REWARDS), (asked.site, tuple(SITES))):
        if given is not None and given not in known:
            raise EnerV2GizeError(f"there is no '{quoted(given)}'; choose from {', '.join(known)}")
        chosen.append(known if given is None else (given,))
    started = time.monotonic()
    algos, reward_names, sites = chosen
    todo = list(missing(algos, reward_names, sites, asked.seeds, again=asked.again))
    for i, (algo, reward, site, seed) in enumerate(todo):
        if asked.minutes is not None and time.monotonic() - started > 60 * asked.minutes:
            break
        begun = time.monotonic()
        score = train(algo, reward, site, seed, steps=asked.steps)
        spent = time.monotonic() - begun
        sys.stderr.write(f"{i + 1}/{len(todo)} {site} {algo} {reward} seed {seed}: {score:.6g}, {spent:.1f} s\n")
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
