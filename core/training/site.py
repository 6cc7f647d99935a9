"""One policy for one whole site, as EV2Gym and the original project train them: the real EV2Gym, its own vectors.

The environment is EV2Gym's: a function of `ev2gym.rl_agent.state` (or of `core.rewards`) shows the site, one action
for each port answers, a function of `ev2gym.rl_agent.reward` (or of `core.rewards`, or this project's objective) pays.
Learners are those of stable-baselines3 and sb3-contrib at their own defaults.

Days come from one of two sources. A configuration of EV2Gym is run by EV2Gym as it is, its own draws and prices
included. A `Scenario` keeps everything but its date and seed, and EV2Gym runs its World. Either way, days that judge
have dates and seeds that training never meets; only a file with a fixed date has that one date everywhere.

The shipped whole-site agents (`core.training.whole_site`) are of the same form, stepped by the batch engine.
"""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import inspect
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import gymnasium
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.noise import NormalActionNoise

from core.accounts.objective import Objective
from core.agents.learned import Policy
from core.engines import ev2gym as engine
from core.environments.arguments import among
from core.errors import EnerV2GizeError, ScenarioError, quoted
from core.rewards import REWARDS, STATES
from core.scenario import STEP_HOURS, Scenario
from core.scenario.ev2gym_file import find, load, located, read
from core.studies.draw import SEEDS, Split, scenario_on, split_of
from core.training import loop
from core.training.loop import Budget, learn, trained
from core.training.train import (
    ALGORITHMS,
    LOADERS,
    NOISY,
    budget_options,
    check_algorithm,
    policy_of,
    provenance,
)
from core.world import build_world

Singles = NDArray[np.float32]
State = Callable[..., Any]
"""EV2Gym's signature: the environment; gives a vector."""
Reward = Callable[..., float]
"""EV2Gym's signature: the environment, the drivers' money in this step [EUR], satisfaction of those leaving, ..."""

OBJECTIVE = "objective"
"""Name of the reward that is this project's objective."""

NOISE = 0.1
"""Spread of the exploration noise of TD3 and DDPG, which do not explore without."""

INDICATORS = (
    "total_reward", "objective_eur", "total_profits", "total_energy_charged", "total_energy_discharged",
    "average_user_satisfaction", "total_transformer_overload", "energy_tracking_error", "power_tracker_violation",
    "battery_degradation", "total_ev_served",
)  # fmt: skip
"""What a day is judged by: EV2Gym's own statistics, and our objective where it can be told [EUR]."""


@dataclass(frozen=True)
class Settings:
    """Everything that a training is determined by.

    Parameters
    ----------
    algo : str
    site : Path or Scenario
        A configuration of EV2Gym's (its path, or the name of one that EV2Gym brings), or a scenario.
    reward, state : str
        Names among `rewards()` and `states()`.
    steps : int, optional
        Of the environment.
    minutes : float, optional
    seed : int
    validations : int
        How often the policy is judged while it is trained.
    held_out : int
        On how many days each time, and at the end on as many others.
    """

    algo: str
    site: Path | Scenario
    reward: str = OBJECTIVE
    state: str = "V2G_profit_max"
    steps: int | None = None
    minutes: float | None = None
    seed: int = 0
    validations: int = 10
    held_out: int = 10

    def __post_init__(self) -> None:
        check_algorithm(self.algo)
        among("--reward", self.reward, rewards())
        among("--state", self.state, states())
        _ = self.budget

    @property
    def budget(self) -> Budget:
        """How long to train."""
        return Budget(self.steps, self.minutes)

    @property
    def name(self) -> str:
        """Of the run."""
        site = self.site.stem if isinstance(self.site, Path) else self.site.key[:8]
        return "-".join((self.algo, self.reward, self.state, site, str(self.seed)))


# --- states and rewards -----------------------------------------------------------------------------------------------
@cache
def states() -> dict[str, State]:
    """The original's states, and EV2Gym's own functions of `ev2gym.rl_agent.state`, by name."""
    from ev2gym.rl_agent import state

    return {name: entry.function for name, entry in STATES.items()} | _functions(state)


@cache
def rewards() -> dict[str, Reward | None]:
    """The objective (made for each site), the original's rewards, and EV2Gym's own functions, by name."""
    from ev2gym.rl_agent import reward

    return {OBJECTIVE: None, **{name: entry.function for name, entry in REWARDS.items()}, **_functions(reward)}


def _functions(module: Any) -> dict[str, Callable[..., Any]]:
    """Functions that a module defines, in its order."""
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
    }


class ObjectiveReward:
    """The objective's change in one step [EUR], in EV2Gym's signature.

    Over a day it adds up to the ledger's objective, apart from what EV2Gym's rounding of batteries to 0.01 kWh is
    worth, which the ledger bills and EV2Gym does not.

    Parameters
    ----------
    objective : Objective
        Of the day.
    tracked : bool
        Whether leaving the power set-point costs anything.
    """

    def __init__(self, objective: Objective[float], tracked: bool) -> None:
        self._objective, self._tracked = objective, tracked
        self._charged = self._discharged = self._peak = 0.0

    def __call__(self, env: Any, *_: Any) -> float:
        now, step = self._objective, env.current_step - 1
        charged = sum(station.total_energy_charged for station in env.charging_stations)
        discharged = sum(station.total_energy_discharged for station in env.charging_stations)
        unmet = sum(max(0.0, car.desired_capacity - car.current_capacity) for car in env.departing_evs)
        power = float(env.current_power_usage[step])
        over = sum(
            max(0.0, tr.current_power - tr.max_power[step], tr.min_power[step] - tr.current_power)
            for tr in env.transformers
        )
        value = now.charge_value[step] * (charged - self._charged)
        value += now.discharge_value[step] * (discharged - self._discharged)
        value -= now.unmet_value * unmet + now.overload_value * over * STEP_HOURS
        value -= now.peak_value * max(0.0, power - self._peak)
        if self._tracked:
            value -= now.deviation_value * abs(power - env.power_setpoints[step]) * STEP_HOURS
        self._charged, self._discharged, self._peak = charged, discharged, max(self._peak, power)
        return float(value)


def _guarded(option: str, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, whose failures become one sentence: some of EV2Gym's need what its released package lacks."""

    def guarded(*arguments: Any) -> Any:
        try:
            value = function(*arguments)
        except EnerV2GizeError:
            raise
        except Exception as error:
            why = f"{type(error).__name__}: {quoted(str(error), 120)}"
            raise EnerV2GizeError(f"{option}: {name} cannot be computed on this site ({why})") from None
        if not np.isfinite(value).all():
            raise EnerV2GizeError(f"{option}: {name} gave something that is not a number on this site")
        return value

    return guarded


# --- days -------------------------------------------------------------------------------------------------------------
class Day(NamedTuple):
    """EV2Gym before its first step, the day's objective where there is one, and whether that minds the set-point."""

    env: Any
    objective: Objective[float] | None
    tracked: bool


class Days(Protocol):
    """Where the days of a site come from."""

    described: dict[str, Any]
    """The site, for a card."""

    def day(self, split: Split, stream: np.random.Generator) -> Day:
        """A random day of a split."""


class ScenarioDays:
    """A scenario on other dates, with other cars; EV2Gym runs its Worlds."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.described: dict[str, Any] = {"scenario": scenario.model_dump(mode="json")}

    def day(self, split: Split, stream: np.random.Generator) -> Day:
        """See `Days`."""
        while True:
            world = build_world(scenario_on(self._scenario, split, stream))
            if len(world.sessions):  # EV2Gym has no answer for a day without cars
                return Day(engine.make_env(world), Objective.of(world), self._scenario.setpoint)


class ConfigDays:
    """A configuration of EV2Gym, run by EV2Gym as it is.

    Its list of cars is looked for inside the installed package, and after a reset it may be stepped again, which
    EV2Gym 2.0.0 forgets; nothing else is changed. One object draws loads and solar power once, for all of its days.

    Parameters
    ----------
    path : Path
        The file's, or the name of one that EV2Gym brings.
    seed : int
        Of the loads.

    Raises
    ------
    EnerV2GizeError
        Where EV2Gym cannot run it.
    """

    def __init__(self, path: Path, seed: int) -> None:
        text = find(path).read_bytes()
        self.config = located(load(text))
        if self.config.get("simulate_grid"):
            raise EnerV2GizeError("simulate_grid: EV2Gym 2.0.0 lacks the networks that it would simulate")
        try:
            self._scenario: Scenario | None = read(text).scenario
        except ScenarioError:
            self._scenario = None
        self.described: dict[str, Any] = {"config": dict(self.config)}
        self._check_cars()
        with tempfile.TemporaryDirectory() as folder, _quiet():
            file = Path(folder, "config.json")  # JSON is YAML, too
            file.write_text(json.dumps(self.config), encoding="utf-8")
            try:
                self._env = _plain()(config_file=str(file), seed=seed, lightweight_plots=True)
            except Exception as error:
                why = f"{type(error).__name__}: {quoted(str(error), 120)}"
                raise EnerV2GizeError(f"--config: EV2Gym cannot run this file ({why})") from None

    def _check_cars(self) -> None:
        """EV2Gym draws until a car comes: for ever, at a workplace on a weekend."""
        c = self.config
        if c.get("random_day") or c.get("scenario") != "workplace":
            return
        with contextlib.suppress(KeyError, TypeError, ValueError):  # EV2Gym says what is wrong
            start = dt.datetime(c["year"], c["month"], c["day"], c["hour"], c["minute"])
            if (
                start.weekday() > 4
                and (start + dt.timedelta(minutes=c["timescale"] * c["simulation_length"])).weekday() > 4
            ):
                raise EnerV2GizeError("day: no car comes to a workplace on a weekend, and EV2Gym would wait for ever")

    def day(self, split: Split, stream: np.random.Generator) -> Day:
        """See `Days`."""
        while True:
            seed = int(stream.integers(*SEEDS[split]))
            date = date_of(self.config, seed)
            if date is None or split_of(date) == split:
                break
        env = self._env
        with _quiet():
            env.reset(seed=seed)
        env.done = False
        s = self._scenario
        if s is None:
            return Day(env, None, False)
        buy = -env.charge_prices[0]
        objective = Objective(
            w_user=s.w_user,
            w_provider=s.w_provider,
            w_grid=s.w_grid,
            buy=buy,
            sell=env.discharge_prices[0],
            wholesale=buy,
            unmet_price=s.unmet_price_eur_per_kwh,
            wear_price=s.wear_price_eur_per_kwh,
            overload_price=s.overload_price_eur_per_kwh,
            deviation_price=s.deviation_price_eur_per_kwh,
            demand_price=s.peak_price_eur_per_kw,
        )
        return Day(env, objective, s.setpoint)


class Kept:
    """Some days of a split, drawn once and begun anew each time: for judging."""

    def __init__(self, days: Days, split: Split, n: int) -> None:
        self.described = days.described
        self._days = [copy.deepcopy(days.day(split, np.random.default_rng([day, 31]))) for day in range(n)]
        self._next = 0

    def rewind(self) -> None:
        """Go on with the first."""
        self._next = 0

    def day(self, split: Split, stream: np.random.Generator) -> Day:
        """The next of them, whatever is asked for."""
        day = copy.deepcopy(self._days[self._next % len(self._days)])
        self._next += 1
        return day


def date_of(config: Mapping[str, Any], seed: int) -> dt.date | None:
    """The date that EV2Gym draws for a seed; None where the file fixes it."""
    if not config["random_day"]:
        return None
    stream = random.Random(seed)
    if config.get("random_hour"):
        stream.randint(5, 15)
    date = dt.date(2022, 1, 1) + dt.timedelta(days=stream.randint(0, int(1.5 * 365)))
    days, workplace = config["simulation_days"], config["scenario"] == "workplace"
    while date.weekday() > 4 and (workplace or days == "weekdays"):
        date += dt.timedelta(days=1)
    while date.weekday() < 5 and days == "weekends" and not workplace:
        date += dt.timedelta(days=1)
    return date


@cache
def _plain() -> type[Any]:
    """EV2Gym, reading its price table once in a process instead of once an object (two seconds)."""
    original: type[Any] = engine.original()

    class Plain(original):  # type: ignore[misc]
        _table: Any = None

        @property
        def price_data(self) -> Any:
            return Plain._table

        @price_data.setter
        def price_data(self, table: Any) -> None:
            if table is not None:
                Plain._table = table

    return Plain


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the process's random streams, which EV2Gym seeds and learners draw from; its prints go to standard error."""
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 - EV2Gym seeds the global stream
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)  # noqa: NPY002


# --- the environment --------------------------------------------------------------------------------------------------
class SiteEnv(gymnasium.Env[Singles, Singles]):
    """EV2Gym, day after day, under one state and one reward.

    Parameters
    ----------
    days : Days
    state, reward : str
        Names among `states()` and `rewards()`.
    seed : int
        Of the days drawn.
    split : {"train", "validation", "test"}
    """

    def __init__(self, days: Days, state: str, reward: str, *, seed: int = 0, split: Split = "train") -> None:
        self._days, self._split = days, split
        self._state = _guarded("--state", state, states()[state])
        self._reward_name = reward
        self._stream = np.random.default_rng([seed, 30])
        seen, _ = self.reset()
        least = -1.0 if any(station.max_discharge_current < 0 for station in self._env.charging_stations) else 0.0
        ports = int(sum(station.n_ports for station in self._env.charging_stations))
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, seen.shape, dtype=np.float32)
        self.action_space = gymnasium.spaces.Box(least, 1.0, (ports,), dtype=np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Singles, dict[str, Any]]:  # fmt: skip
        """A new day."""
        if seed is not None:
            self._stream = np.random.default_rng([seed, 30])
        self._env, objective, tracked = self._days.day(self._split, self._stream)
        self._env.objective_eur = None if objective is None else 0.0
        beside = None if objective is None else ObjectiveReward(objective, tracked)
        chosen = rewards()[self._reward_name]
        if chosen is None:
            if objective is None:
                raise EnerV2GizeError("--reward: objective needs a file that can be a scenario; see scenario --config")
            chosen = ObjectiveReward(objective, tracked)
        chosen = _guarded("--reward", self._reward_name, chosen)

        def reward(env: Any, *rest: Any) -> float:
            if beside is not None:
                env.objective_eur += beside(env, *rest)
            return float(chosen(env, *rest))

        self._env.reward_function, self._env.state_function = reward, self._state
        return self._single(self._state(self._env)), {}

    def step(self, action: Singles) -> tuple[Singles, float, bool, bool, dict[str, Any]]:
        """EV2Gym's step. At the end of the day `info` holds its statistics."""
        # A copy of plain numbers: EV2Gym writes into what it is given.
        seen, reward, done, _, stats = self._env.step(np.asarray(action, dtype=np.float64).tolist())
        info = {"statistics": self._statistics(stats)} if done else {}
        return self._single(seen), float(reward), bool(done), False, info

    def _statistics(self, stats: Mapping[str, Any]) -> dict[str, float]:
        values = {**stats, "objective_eur": self._env.objective_eur}
        return {name: float(values[name]) for name in INDICATORS if values[name] is not None}

    @staticmethod
    def _single(seen: Any) -> Singles:
        return np.asarray(seen, dtype=np.float32)


def play(env: SiteEnv, act: Callable[[Singles], Any]) -> dict[str, float]:
    """The next day: statistics at its end (`INDICATORS`)."""
    seen, _ = env.reset()
    while True:
        seen, _, done, _, info = env.step(act(seen))
        if done:
            statistics: dict[str, float] = info["statistics"]
            return statistics


def acting(policy: Policy) -> Callable[[Singles], Singles]:
    """What `policy` does from the beginning of a day on."""
    memory: Singles | None = None

    def act(seen: Singles) -> Singles:
        nonlocal memory
        out, memory = policy.outputs(seen[None], memory)
        answers: Singles = out[0]
        return answers

    return act


# --- training ---------------------------------------------------------------------------------------------------------
class Site:
    """The form in which one whole site is learned."""

    judged = ("score", *(name for name in INDICATORS if name != "objective_eur"))

    def __init__(self, settings: Settings) -> None:
        self.name = settings.name
        self._settings = settings
        self.days = self._source(settings.seed)
        held = self._source(settings.seed + 1_000_000)
        self._kept = {split: Kept(held, split, settings.held_out) for split in ("validation", "test")}
        self.env = SiteEnv(self.days, settings.state, settings.reward, seed=settings.seed)

    def _source(self, seed: int) -> Days:
        site = self._settings.site
        return ScenarioDays(site) if isinstance(site, Scenario) else ConfigDays(site, seed)

    def make(self, logs: str | None) -> BaseAlgorithm:
        """A fresh learner at its library's defaults."""
        s, ports = self._settings, self.env.action_space.shape[0]  # type: ignore[index]
        cls, policy, _ = ALGORITHMS[s.algo]
        options: dict[str, Any] = {}
        if s.algo in NOISY:
            options["action_noise"] = NormalActionNoise(np.zeros(ports), np.full(ports, NOISE))
        if s.algo in ("ppo", "trpo") and s.steps is not None:  # their first update is after 2048 steps by default
            options["n_steps"] = max(128, min(2048, s.steps // 128 * 128))
        return cls(policy, self.env, seed=s.seed, device="cpu", tensorboard_log=logs, **options)

    def load(self, path: Path, logs: str | None) -> BaseAlgorithm:
        """The learner saved there."""
        return LOADERS[self._settings.algo](path, env=self.env, tensorboard_log=logs)

    def judge(self, model: BaseAlgorithm) -> dict[str, float]:
        """Means over the validation days; the score is the reward of a day."""
        table = self.table(policy_of(model), "validation")
        means = {name: float(value) for name, value in table.mean().items()}
        return {"score": means["total_reward"], **{name: means[name] for name in self.judged[1:]}}

    def table(self, policy: Policy | None, split: Split) -> pd.DataFrame:
        """A row a held-out day, columns `INDICATORS`; plug and charge where there is no policy."""
        s, kept = self._settings, self._kept[split]
        env = SiteEnv(kept, s.state, s.reward, split=split)
        kept.rewind()
        full = np.ones(env.action_space.shape or ())
        return pd.DataFrame([play(env, acting(policy) if policy else lambda _: full) for _ in range(s.held_out)])


def train(
    settings: Settings, *, resume: bool = False, folder: Path | None = None, bar: bool = True, wandb: bool = False
) -> dict[str, Any]:
    """Train one policy for one site; write `policy.npz`, `model.zip`, `curve.csv` and `card.json`.

    Parameters
    ----------
    settings : Settings
    resume : bool
        Go on from where the last training of the same name was stopped.
    folder : Path, optional
        Where to write; ``runs/sites/NAME`` by default.
    bar : bool
        Show progress on standard error.
    wandb : bool
        Log to Weights & Biases too.

    Returns
    -------
    dict
        The card; `comparison` makes a table of it.

    Raises
    ------
    EnerV2GizeError
    """
    run = loop.RUNS / "sites" / settings.name
    target = folder or run
    form = Site(settings)
    charge = form.table(None, "test")  # before anything is trained: what cannot be computed shows here
    wanted = {name: getattr(settings, name) for name in ("algo", "reward", "state", "seed")} | form.days.described
    seconds = learn(
        form, settings.budget, run, wanted, validations=settings.validations, resume=resume, bar=bar, wandb=wandb
    )
    target.mkdir(parents=True, exist_ok=True)
    model = LOADERS[settings.algo](run / "best.zip", device="cpu")
    model.save(target / "model.zip", exclude=["replay_buffer", "action_noise"])
    policy_of(model).save(target / "policy.npz", [settings.state])
    if target != run:
        (target / "curve.csv").write_bytes((run / "curve.csv").read_bytes())
    policy = Policy.load((target / "policy.npz").read_bytes(), [settings.state])  # what is kept is what is judged
    tables = {"policy": form.table(policy, "test"), "plug_and_charge": charge}
    best = max(trained(run), key=lambda row: row["score"])
    ahead = int((tables["policy"]["total_reward"] > charge["total_reward"]).sum())
    card = {
        "name": settings.name,
        "what": "one policy for one whole site under EV2Gym's observation and action vectors",
        **wanted,
        "folder": str(target),
        "parameters": int(sum(parameter.numel() for parameter in model.policy.parameters())),
        "validation": {"timesteps": best["timesteps"], "score": best["score"]},
        "held_out": {
            "days": settings.held_out,
            "days_ahead": ahead,
            **{who: {name: float(v) for name, v in table.mean().items()} for who, table in tables.items()},
        },
        "training": {
            "steps": settings.steps,
            "minutes": settings.minutes,
            "seconds": round(seconds),
            "command": command_of(settings),
            **provenance(),
        },
    }
    (target / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return card


def command_of(settings: Settings) -> str:
    """What to type to train it again."""
    site = f" --config {settings.site}" if isinstance(settings.site, Path) else " --scenario FILE.json"
    return (
        f"python -m core train --env ev2gym --algo {settings.algo} --reward {settings.reward} --state {settings.state}"
        f"{site} {budget_options(settings.budget)} --seed {settings.seed}"
    )


def comparison(card: Mapping[str, Any]) -> pd.DataFrame:
    """A card's held-out days: a row a figure (means over days), the policy beside plug and charge."""
    found = card["held_out"]
    table = pd.DataFrame({who: found[who] for who in ("policy", "plug_and_charge")})
    table["difference"] = table["policy"] - table["plug_and_charge"]
    table.index.name = f"mean of {found['days']} held-out days"
    return table
