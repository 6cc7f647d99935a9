"""Benchmark of the pages beside Explore: comparing, many days, and sweeps, as their pages run them."""

from __future__ import annotations

import datetime as dt
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.agents.registry import AGENTS, BOUND, REFERENCE
from core.engines import batch
from core.engines.ev2gym import warm_up
from core.figures import Figure, Style
from core.scenario import Scenario
from core.studies.job import Desk
from core.studies.run import Result, simulate
from core.studies.study import Study, draws, over_days, sweep
from core.studies.tradeoff import values_of
from core.world import build_world

Figures = dict[str, float | None]

STYLE = Style(text=lambda key, **numbers: key)

EVERY_STEP = next(name for name, info in AGENTS.items() if info.plans_every_step)
"""The agent that plans at every step, and is measured by itself."""


def eight() -> tuple[str, ...]:
    """The first eight agents that do not plan at every step, the best plan among them; fewer where there are fewer."""
    names = [name for name, info in AGENTS.items() if not info.plans_every_step and name != BOUND]
    return (*names[:7], BOUND)


def measure() -> Figures:
    """Compare with eight agents, 100 and 365 days of eight agents, and a sweep of 15 x 15 values for four."""
    from core.figures import robustness, tradeoffs
    from core.studies.verdict import verdicts

    batch.warm_up()
    agents = eight()
    first = dt.date(2022, 1, 3)
    base = Scenario()
    # Once for nothing: whatever compiles does it once a server, not once a study.
    _job(over_days(base, first, first, agents))
    hundred, year = (_job(over_days(base, first, first + dt.timedelta(days=n - 1), agents)) for n in (100, 365))
    values = {name: values_of(name, 15) for name in ("transformer_limit_kw", "intensity")}
    both = _job(sweep(base, values, (REFERENCE, *agents[-3:]), draws(base, 1)))
    quick, slow = _compare(agents)
    found = verdicts(year.table, "objective_eur", REFERENCE)
    days = [robustness.paired(found, "objective_eur", STYLE), robustness.spread(year.table, "objective_eur", STYLE)]
    fields = ("transformer_limit_kw", "intensity")
    maps = [
        tradeoffs.sweep_map(both.table, name, REFERENCE, fields, fields, "objective_eur", 1.0, STYLE)
        for name in agents[-3:]
    ]
    return {
        "pages_agents": float(len(agents)),
        "compare_8_ms": quick,
        "compare_8_mpc_ms": slow,
        "compare_200_stations_kb": _compare_size(agents),
        "robustness_100x8_s": hundred.seconds,
        "robustness_first_s": hundred.first_s,
        "robustness_365x8_s": year.seconds,
        "robustness_365x8_kb": _size(days) / 1000,
        "sweep_15x15x4_s": both.seconds,
        "sweep_15x15x4_kb": _size(maps) / 1000,
    }


@dataclass(frozen=True, slots=True)
class _Done:
    """A study that ran in the background: seconds until its end and until there was something to show; its table."""

    seconds: float
    first_s: float
    table: pd.DataFrame


def _job(study: Study) -> _Done:
    job = Desk().job(study)
    began = time.perf_counter()
    first = None
    while not job.finished:
        job.watch()
        time.sleep(0.02)
        if first is None and job.done_frac > 0:
            first = time.perf_counter() - began
    if job.error is not None:
        raise job.error
    seconds = time.perf_counter() - began
    return _Done(seconds, seconds if first is None else first, job.table())


def _compare(agents: tuple[str, ...]) -> tuple[float, float]:
    """From a changed scenario to all chart specifications [ms]: without, and with, the agent that plans every step."""
    warm_up()
    quick, slow = [], []
    for seed in range(6):
        scenario = Scenario(seed=seed)
        began = time.perf_counter()
        world = build_world(scenario)
        results = {name: simulate(scenario, name, world=world) for name in dict.fromkeys([*agents, REFERENCE])}
        _draw(list(results.values()), results[REFERENCE])
        quick.append((time.perf_counter() - began) * 1000)
        results[EVERY_STEP] = simulate(scenario, EVERY_STEP, world=world)
        _draw(list(results.values()), results[REFERENCE])
        slow.append((time.perf_counter() - began) * 1000)
    return statistics.median(quick[1:]), statistics.median(slow[1:])


def _compare_size(agents: tuple[str, ...]) -> float:
    """Size of all of Compare's charts at 200 stations [kB]."""
    scenario = Scenario(stations=200, transformers=4, transformer_limit_kw=200)
    world = build_world(scenario)
    results = [simulate(scenario, name, world=world) for name in agents]
    return _draw(results, results[0]) / 1000


def _draw(results: list[Result], base: Result) -> int:
    """Everything that Compare draws; its size in bytes."""
    from core.figures import compare

    scale = compare.shared_power(results)
    entries = [(run.trace.agent, run.ledger.totals) for run in results]
    return _size(
        [
            compare.who_gains(entries, (base.trace.agent, base.ledger.totals), STYLE),
            compare.every_car(results, STYLE),
            *(compare.small_day(run, base, STYLE, scale) for run in results),
            compare.where_they_differ(results[-1], base, STYLE),
        ]
    )


def _size(figures: Sequence[Figure]) -> int:
    """Specifications and data [bytes]."""
    return sum(len(json.dumps(f.spec)) + sum(len(part) for part in f.arrow().values()) for f in figures)
