"""Speed of the batch engine and of building worlds, for `python -m core bench` and the tables in docs/engines.md.

A port-step is one port of one world in one step, whether a car is there or not: EV2Gym walks over all of them, and its
figure counts them all. On the stock day a car is there in about a fifth of them.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import repeat

import numpy as np

from core.agents.registry import AGENTS, make_agent
from core.engines import ev2gym
from core.engines.batch import Batch, BatchState, simulate_batch, totals_by_agent, warm_up
from core.scenario import Scenario
from core.world import World, build_world

ROUNDS = 15
"""Rounds of a measurement. What is compared takes turns, so that a busy machine slows all of it alike."""


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _in_turns(*works: Callable[[], object], rounds: int = ROUNDS) -> list[list[float]]:
    """Seconds of each work, [works][rounds]."""
    times = [[_seconds(work) for work in works] for _ in range(rounds)]
    return [list(column) for column in zip(*times, strict=True)]


def _stock_worlds(n: int) -> list[World]:
    return [build_world(Scenario(seed=seed)) for seed in range(n)]


def measure() -> dict[str, float]:
    """The figures of the batch engine.

    Returns
    -------
    dict
        `batch_port_steps_per_s`: whole episodes of `afap`, one core (median). `batch_vs_ev2gym`: that over plain
        EV2Gym's `step` on the stock day of 25 stations (median of the ratios of rounds). `batch_two_cores`: best time
        on one thread over best time on two. `batch_occupied_per_s`: as the first, counting only port-steps with a car.
        `batch_actions_per_s`: whole episodes under random actions given as an array. `batch_driven_per_s`: `afap` asked
        for its actions in every step, traces kept. `world_ms`: one stock day. `year_4_agents_s`: 365 days x 4
        heuristics x 25 stations, worlds included, one process.
    """
    warm_up()
    ev2gym.warm_up()
    worlds = _stock_worlds(365)
    one_batch = Batch(worlds)
    batch = Batch([world for world in worlds for _ in range(10)])
    one, two = BatchState(batch), BatchState(batch, threads=2)
    given = BatchState(one_batch)
    actions = np.random.default_rng(0).uniform(-1, 1, (one_batch.n_worlds, one_batch.n_steps, one_batch.n_ports))
    one_batch.views  # noqa: B018 -- built once, on first use
    ev2gym_s, one_s, given_s = _in_turns(_ev2gym_day(worlds), one.run_full_current, lambda: given.run_actions(actions))
    # Whoever else uses the second core spoils this one, so the best of many rounds counts.
    alone_s, shared_s = _in_turns(one.run_full_current, two.run_full_current, rounds=4 * ROUNDS)
    driven_s = statistics.median(_in_turns(lambda: simulate_batch(one_batch, make_agent("afap")), rounds=3)[0])
    a_day = one_batch.n_ports * one_batch.n_steps
    speed = batch.n_worlds * a_day / statistics.median(one_s)
    occupied = (batch.cars.departure - batch.cars.arrival + 1).sum() / (batch.n_worlds * a_day)
    per_round = (batch.n_worlds * theirs / ours for theirs, ours in zip(ev2gym_s, one_s, strict=True))
    return {
        "batch_port_steps_per_s": speed,
        "batch_vs_ev2gym": statistics.median(per_round),
        "batch_two_cores": min(alone_s) / min(shared_s),
        "batch_occupied_per_s": speed * float(occupied),
        "batch_actions_per_s": one_batch.n_worlds * a_day / statistics.median(given_s),
        "batch_driven_per_s": one_batch.n_worlds * a_day / driven_s,
        "world_ms": world_ms(),
        "year_4_agents_s": year_4_agents_s(),
    }


def _ev2gym_day(worlds: Sequence[World]) -> Callable[[], object]:
    """Steps EV2Gym through a day with full current; furnishing it is done beforehand."""
    envs = iter([ev2gym.make_env(world) for world in worlds[:ROUNDS]])

    def run() -> None:
        env = next(envs)
        for full in repeat(np.ones(env.number_of_ports), env.simulation_length):
            env.step(full.copy())

    return run


def world_ms(days: int = 100) -> float:
    """Milliseconds to build a stock day of 25 stations, tables loaded; median of three passes over `days` seeds."""
    _stock_worlds(1)
    return statistics.median(_in_turns(lambda: _stock_worlds(days), rounds=3)[0]) * 1000 / days


def year_4_agents_s() -> float:
    """Seconds for every day of 2022 under each of the heuristics, from scenarios to totals, in one process."""
    heuristics = [info.name for info in AGENTS.values() if info.family == "heuristic"][:4]

    def year() -> None:
        dates = (dt.date(2022, 1, 1) + dt.timedelta(days=day) for day in range(365))
        worlds = [build_world(Scenario(date=date, seed=i)) for i, date in enumerate(dates)]
        totals_by_agent(worlds, [make_agent(name) for name in heuristics])

    year()
    return statistics.median(_in_turns(year, rounds=3)[0])


def growth() -> list[dict[str, float]]:
    """Cost of a port-step by size: rows for the table in docs/engines.md.

    Returns
    -------
    list of dict
        `ports`, `worlds`, `full_current_ns` and `actions_ns` (nanoseconds a port-step, one core, medians) and
        `kib_per_world` (batch and state, without actions and traces).
    """
    warm_up()
    return [_size(ports, 1) for ports in (25, 100, 1000, 10_000)] + [_size(25, n) for n in (10, 100, 1000)]


def _size(ports: int, n_worlds: int) -> dict[str, float]:
    # More stations than a Scenario allows: `model_copy` does not ask.
    scenarios = (Scenario().model_copy(update={"stations": ports, "seed": seed}) for seed in range(n_worlds))
    batch = Batch([build_world(scenario) for scenario in scenarios])
    state = BatchState(batch)
    shape = (n_worlds, batch.n_steps, ports)
    actions = np.random.default_rng(0).uniform(-1, 1, shape)
    full_s, given_s = _in_turns(state.run_full_current, lambda: state.run_actions(actions), rounds=2 * ROUNDS)
    arrays = [values for part in (batch.cars, batch.site, state._state) for values in part]
    n_bytes = sum(values.nbytes for values in arrays if isinstance(values, np.ndarray))
    return {
        "ports": ports,
        "worlds": n_worlds,
        "full_current_ns": statistics.median(full_s) / actions.size * 1e9,
        "actions_ns": statistics.median(given_s) / actions.size * 1e9,
        "kib_per_world": n_bytes / n_worlds / 1024,
    }
