"""The whole scenario space, corners first: what is always true of a run, and whether every page is drawn.

`python -m harness.extremes` numbers scenarios. The first have one field at an end of its range or at each of its
choices; after them come in turn such with all fields at ends and such with each anywhere in its range. Of each number
the same scenario comes again: `--first N --batch 1` repeats one.

========  ==============================================================================================
`batch`   the batch engine under plug-and-charge, another quick agent in turn and, on small sites, `best`
`ev2gym`  EV2Gym itself under the same two, and the batch engine, which must do the same
`pages`   a page of the real server in turn, by a websocket, in both languages in turn
========  ==============================================================================================

It prints a row a part, and a line for each thing that is not as it should be; then it fails.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import sys
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import numpy as np

from core.accounts.indicators import Totals
from core.accounts.ledger import settle
from core.accounts.trace import Trace
from core.agents.registry import AGENTS, everywhere, make_agent
from core.engines import batch, ev2gym
from core.errors import ScenarioError
from core.scenario import STEP_HOURS, Scenario
from core.studies.processes import each
from core.world import World, build_world
from core.world.battery import car_limits, on_grid
from harness.server import running_app
from harness.visitor import Visitor

N: Final = {"batch": 10_000, "ev2gym": 500, "pages": 200}
PAGES: Final = ("", "compare", "stations", "robustness", "tradeoffs", "agents", "data", "about")
PLANNED: Final = 2000
"""Ports x steps: sites that small are planned by `best`, too, and nobody may be above its bound."""
ROUNDED_KWH: Final = 0.01 + 1e-9
"""EV2Gym rounds a battery's energy up by less than that in a step."""
EUR: Final = 1e-6


@cache
def _singles() -> tuple[Scenario, ...]:
    """One field at an end or at one of its choices, all others at their default."""
    found = [Scenario()]
    for row in Scenario.fields():
        for value in _ends(row):
            try:
                found.append(Scenario.parse({row["name"]: value}))
            except ScenarioError:  # not with the defaults of others
                continue
    return tuple(found)


def _ends(row: dict[str, Any]) -> list[Any]:
    if row["type"] == "boolean":
        return [False, True]
    return row["choices"] or [row["minimum"], row["maximum"]]


def scenario_of(number: int) -> Scenario:
    """The scenario of a number."""
    singles = _singles()
    if number < len(singles):
        return singles[number]
    rng = np.random.default_rng([15, number])
    rows = {row["name"]: row for row in Scenario.fields()}
    while True:
        fields = {name: _value(rng, row, anywhere=bool(number % 2)) for name, row in rows.items()}
        for _ in rows:
            try:
                return Scenario.parse(fields)
            except ScenarioError as error:  # fields that rule each other out: the one that is named gives way
                if fields.pop(error.field.rpartition(".")[2], None) is None:
                    break


def _value(rng: np.random.Generator, row: dict[str, Any], *, anywhere: bool) -> Any:
    ends = _ends(row)
    if not anywhere or row["choices"] or row["type"] == "boolean":
        return ends[int(rng.integers(len(ends)))]
    low, high = ends
    if row["type"] == "date":
        return low + dt.timedelta(days=int(rng.integers((high - low).days + 1)))
    # Sites are drawn evenly in their logarithm, or nearly all would be large.
    value = np.exp(rng.uniform(np.log(low), np.log(high))) if row["name"] == "stations" else rng.uniform(low, high)
    multiple = row["multiple_of"] or (1 if row["type"] == "integer" else None)
    value = round(value / multiple) * multiple if multiple else float(value)
    return min(max(value, low), high)


def broken(world: World, trace: Trace, totals: Totals) -> list[str]:
    """What is not true of a run though it is of every run; empty where all is well.

    Energies count as the accounts count them: from the multiple of 0.01 kWh to which EV2Gym rounds them up.
    """
    s, at = world.sessions, world.occupancy
    here, car = at >= 0, at[at >= 0]
    power, energy = trace.power_kw, trace.energy_kwh
    limits = car_limits(world)
    hair = ROUNDED_KWH / STEP_HOURS
    before = np.empty_like(energy)
    before[:, 0], before[:, 1:] = np.nan, energy[:, :-1]
    before[s.port, s.arrival_step] = s.arrival_energy_kwh
    by_station = trace.action.reshape(world.scenario.stations, -1, world.n_steps)
    # Two ways to the same sum: over the books of cars, and over what flowed.
    flowed = float(power.sum()) * STEP_HOURS
    gained = float((on_grid(energy[s.port, s.departure_step]) - on_grid(s.arrival_energy_kwh)).sum())
    gains = on_grid(energy[here]) - on_grid(before[here])
    rules = {
        "finite": np.isfinite(power).all() and np.isfinite(trace.action).all() and np.isfinite(energy[here]).all(),
        "nothing flows where no car is": not power[~here].any() and np.isnan(energy[~here]).all(),
        "energy balance of a step": np.allclose(gains, power[here] * STEP_HOURS, rtol=0, atol=1e-7),
        "energy balance of the day": abs(flowed - gained) <= 1e-6 * max(1.0, abs(gained)),
        "state of charge": (energy[here] <= s.capacity_kwh[car] + ROUNDED_KWH).all()
        and (energy[here] >= np.minimum(s.min_energy_kwh, s.arrival_energy_kwh)[car] - ROUNDED_KWH).all(),
        "the car's charger": (power[here] <= limits.charge_kw[car] + hair).all()
        and (power[here] >= -limits.discharge_kw[car] - hair).all(),
        "the station's current": (np.maximum(by_station, 0).sum(axis=1) <= 1 + 1e-9).all()
        and (np.maximum(-by_station, 0).sum(axis=1) <= 1 + 1e-9).all(),
        "no V2G, no discharging": world.scenario.v2g or not (power < 0).any(),
        "overload is what passes the limit": np.isclose(totals.overload_kwh, _overload_kwh(world, power), atol=1e-6),
        "every figure is a number": all(np.isfinite(v) for v in totals.as_dict().values() if isinstance(v, float)),
    }
    return [rule for rule, holds in rules.items() if not holds]


def _overload_kwh(world: World, power_kw: np.ndarray) -> float:
    """Written here anew, transformer by transformer."""
    over = 0.0
    station = np.arange(world.scenario.n_ports) // world.scenario.ports_per_station
    for i in range(world.scenario.transformers):
        load = power_kw[world.station_transformer[station] == i].sum(axis=0) + world.base_load_kw[i]
        over += np.maximum(load - world.limit_kw[i], 0).sum() + np.maximum(world.lower_limit_kw[i] - load, 0).sum()
    return over * STEP_HOURS


def quick_agent(number: int) -> str:
    """One after the other of those that run everywhere and plan nothing."""
    names = [name for name in everywhere() if AGENTS[name].family != "optimiser" and name != "afap"]
    return names[number % len(names)]


def _run(engine: Any, number: int, names: list[str]) -> list[str]:
    world, bound, said = build_world(scenario_of(number)), math.inf, []
    for name in names:  # the one that proves a bound is the first
        trace = engine(world, name)
        totals = settle(world, trace).totals
        said += [f"{name}: {rule}" for rule in broken(world, trace, totals)]
        bound = min(bound, math.inf if trace.bound_eur is None else trace.bound_eur)
        if totals.objective_eur > bound + EUR:
            said.append(f"{name}: {totals.objective_eur} EUR is above the bound, {bound}")
    return said


def _in_batch(world: World, name: str) -> Trace:
    return batch.simulate_many([world], make_agent(name))[0]


def _in_both(world: World, name: str) -> Trace:
    real, twin = ev2gym.simulate(world, make_agent(name)), _in_batch(world, name)
    if not np.allclose(real.power_kw, twin.power_kw, rtol=0, atol=1e-9):
        raise ArithmeticError("engines differ")
    return real


def try_one(part: str, number: int) -> tuple[int, int, list[str]]:
    """One scenario in one engine: its number, runs, and what is not as it should be."""
    try:
        scenario, names = scenario_of(number), ["afap", quick_agent(number)]
        if part == "batch" and scenario.n_ports * scenario.n_steps <= PLANNED:
            names.insert(0, "best")
        return number, len(names), _run(_in_batch if part == "batch" else _in_both, number, names)
    except Exception as error:  # whatever it is, it is what this looks for
        return number, 1, [f"{type(error).__name__}: {error}"]


def draw_pages(first: int, n: int) -> Iterator[tuple[int, int, list[str]]]:
    """Pages of a server in turn, each in a session of its own."""
    with running_app() as (address, _):
        for number in range(first, first + n):
            scenario, page = scenario_of(number), PAGES[number % len(PAGES)]
            query = {**scenario.to_query(), "lang": ("en", "ko")[number // len(PAGES) % 2]}
            try:
                with Visitor(address) as visitor:
                    shown = visitor.open(page, **query, agent=quick_agent(number))
                said = list(shown.problems) if shown.headings else ["nothing was drawn"]
            except TimeoutError:
                said = ["did not end in time"]
            yield number, 1, [f"{page or 'explore'}: {text}" for text in said]


def main() -> int:
    """Try all parts and print a table; 1 where anything is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m harness.extremes", description=__doc__)
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first scenario (0)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (1)")
    for part, n in N.items():
        parser.add_argument(f"--{part}", type=int, default=n, metavar="N", help=f"scenarios ({n:,}); 0 for none")
    options = parser.parse_args()
    bad = 0
    for part in N:
        n, runs, wrong, began = getattr(options, part), 0, 0, time.monotonic()
        if not n:
            continue
        numbers = range(options.first, options.first + n)
        tried = (
            draw_pages(options.first, n)
            if part == "pages"
            else each(try_one, ((part, number) for number in numbers), options.workers)
        )
        for number, some, said in tried:
            runs += some
            wrong += bool(said)
            for text in said:
                print(f"  ! {part}, scenario {number} (--first {number} --{part} 1): {text}", flush=True)
        print(f"{part:8} {n:7,} scenarios {runs:9,} runs {wrong:5} wrong {time.monotonic() - began:9.0f} s", flush=True)
        bad += wrong
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
