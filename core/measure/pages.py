"""Benchmark of the pages beside Explore: comparing, many days, and sweeps, as their pages run them."""

from __future__ import annotations

import datetime as dt
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.accounts.explain import explain_station
from core.accounts.ledger import settle
from core.accounts.playback import of_run, running_money
from core.agents.registry import AGENTS, BOUND, REFERENCE, everywhere
from core.engines import batch
from core.engines.ev2gym import warm_up
from core.figures import Figure, Style, playback
from core.figures.detail import station_detail
from core.figures.explore import Shown, run_figures
from core.scenario import Scenario
from core.studies.job import Desk
from core.studies.run import Result, simulate
from core.studies.study import Study, draws, over_days, sweep
from core.studies.tradeoff import values_of
from core.world import build_world

Figures = dict[str, float | None]

TIGHT_KW = 72.0
"""A limit that binds on most days."""

STYLE = Style(text=lambda key, **numbers: key)

EVERY_STEP = next(name for name, info in AGENTS.items() if info.plans_every_step)
"""The agent that plans at every step, and is measured by itself."""


def eight() -> tuple[str, ...]:
    """The first eight agents that do not plan at every step, the best plan among them; fewer where there are fewer."""
    names = [name for name in everywhere() if not AGENTS[name].plans_every_step and name != BOUND]
    return (*names[:7], BOUND)


def measure() -> Figures:
    """Compare with eight agents, Stations with all quick ones, 100 and 365 days of eight, 15 x 15 values for four."""
    from core.figures import robustness, tradeoffs
    from core.studies.verdict import verdicts

    batch.warm_up()
    agents = eight()
    first = dt.date(2022, 1, 3)
    base = Scenario()
    # Once for nothing: whatever compiles does it once a server, not once a study.
    _job(over_days(base, first, first, agents))
    hundred, year = (_job(over_days(base, first, first + dt.timedelta(days=n - 1), agents)) for n in (100, 365))
    last = first + dt.timedelta(days=99)
    tight = _job(over_days(base.replace(transformer_limit_kw=TIGHT_KW), first, last, agents))
    values = {name: values_of(name, 15) for name in ("transformer_limit_kw", "intensity")}
    both = _job(sweep(base, values, (REFERENCE, *agents[-3:]), draws(base, 1)))
    quick, slow = _compare(agents)
    known, new = _stations()
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
        "stations_first_frame_ms": known,
        "stations_new_day_ms": new,
        "page_data_mb": max(_compare_size(agents) / 1000, _explore_size(), _stations_size()),
        "robustness_100x8_s": hundred.seconds,
        "robustness_100x8_tight_s": tight.seconds,
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
    world = build_world(LARGE)
    results = [simulate(LARGE, name, world=world) for name in agents]
    return _draw(results, results[0]) / 1000


LARGE = Scenario(stations=200, transformers=4, transformer_limit_kw=200)


def _stations() -> tuple[float, float]:
    """All of Stations for one station [ms]: where all runs are known, and where they run first."""
    names = [name for name in everywhere() if not AGENTS[name].plans_every_step]
    known, new = [], []
    for seed in range(6):
        scenario = Scenario(seed=seed)
        began = time.perf_counter()
        world = build_world(scenario)
        results = [simulate(scenario, name, world=world) for name in names]
        ran = time.perf_counter()
        _play([Result(scenario, world, run.trace, settle(world, run.trace)) for run in results])
        known.append((time.perf_counter() - ran) * 1000)
        new.append((time.perf_counter() - began) * 1000)
    return statistics.median(known[1:]), statistics.median(new[1:])


def _play(results: Sequence[Result]) -> float:
    """The last one's day as it plays, and the ranking of all at its first busy station; their size [MB]."""
    station = int(results[0].world.sessions.station.min())
    days = [of_run(run.world, run.trace, run.ledger) for run in results]
    served = [
        playback.Served(run.trace.agent, running_money(day, station), foresight=run.trace.agent == BOUND)
        for run, day in zip(results, days, strict=True)
    ]
    playback.serves_best(served, station, 1, STYLE)
    ranking = playback.station_ranking(served, station, served[-1].name, STYLE)
    return (len(json.dumps(playback.player(days[-1], station, STYLE))) + _size([ranking])) / 1e6


def _stations_size() -> float:
    """Size of what plays on Stations, and of its ranking, at 200 stations [MB]."""
    world = build_world(LARGE)
    return _play([simulate(LARGE, name, world=world) for name in (REFERENCE, "cheapest")])


def _explore_size() -> float:
    """Size of all of Explore's charts at 200 stations [MB]."""
    world = build_world(LARGE)
    result, reference = (simulate(LARGE, name, world=world) for name in ("cheapest", REFERENCE))
    shown = Shown(result, reference, STYLE, station=int(world.sessions.station.min()))
    charts = [entry.draw(shown) for row in run_figures().values() for entry in row]
    steps = explain_station(world, result.trace, shown.station or 0)
    return _size([*charts, station_detail(result, reference, shown.station or 0, steps, STYLE)]) / 1e6


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
