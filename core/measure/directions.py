"""Days on which charging and discharging at once would pay: the decomposition beside HiGHS's own branch and bound.

Four ways to a plan in which no car does both, each with its bound (`core.agents.optimum`):

===============  ==================================================================================================
way
===============  ==================================================================================================
`rounding`       the linear program alone: each car goes the way that it mostly goes; the bound is the program's
`decomposition`  what `best` does
`highs 1 s` ...  branch and bound over binaries, stopped after so many seconds
===============  ==================================================================================================

Branch and bound searches the program with every limit eased, so that its bound holds for what EV2Gym's rounding allows,
too; its directions then give the plan. `python -m core.measure.directions` writes the table of docs/yardstick.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from tqdm import tqdm

from core.agents.optimum.best import problem_of
from core.agents.optimum.formulation import formulate
from core.agents.optimum.problem import Problem
from core.agents.optimum.schedule import RELATIVE_GAP, best_schedule
from core.errors import SolverError
from core.measure import readme
from core.measure.yardstick import PAGE
from core.scenario import Scenario
from core.world import build_world

STATIONS: Final = (8, 25, 60)
LIMIT_KW: Final = 5.0
"""Of the transformer, per station: tight enough that cars compete."""
SEEDS: Final = (1, 2)
SECONDS: Final = (1.0, 5.0, 20.0)
DAYS: Final[tuple[dict[str, Any], ...]] = (
    {"v2g_price_factor": 1.5, "w_user": 1.0, "w_provider": 0.25},
    {"v2g_price_factor": 2.0, "w_provider": 0.5, "w_grid": 1.0, "dr_events": 1},
    {"v2g_price_factor": 0.8, "w_user": 0.0, "w_provider": 1.0, "retail_markup_eur_per_kwh": 0.1},
    {"v2g_price_factor": 0.7, "w_user": 0.25, "w_provider": 1.0, "w_grid": 0.25, "wear_price_eur_per_kwh": 0.0},
    {
        "v2g_price_factor": 1.5, "w_provider": 0.25, "w_grid": 0.25, "retail_markup_eur_per_kwh": 0.1,
        "setpoint": True, "peak_price_eur_per_kw": 0.2,
    },
)  # fmt: skip
"""Scenarios in which doing both would pay."""

_Found = tuple[float, float]
"""EUR of the plan, and the bound on all plans."""


def problems(stations: Sequence[int]) -> Iterator[tuple[int, Problem]]:
    """Number of stations, and a day's problem."""
    for n in stations:
        for day in DAYS:
            for seed in SEEDS:
                scenario = Scenario(stations=n, transformer_limit_kw=LIMIT_KW * n, seed=seed, **day)
                yield n, problem_of(build_world(scenario))


def rounding(problem: Problem) -> _Found:
    """Directions of the linear program, and its bound."""
    f = formulate(problem)
    relaxed = f.program.solve(ties=False)
    plan = f.directed(f.net(relaxed.x)).solve(ties=True)
    return -float(f.program.cost @ plan.x), f.program.bound(relaxed)


def decomposition(problem: Problem) -> _Found:
    """What `best` plans and proves."""
    solution = best_schedule(problem)
    return solution.value, solution.bound


def branch_and_bound(problem: Problem, seconds: float) -> _Found:
    """What HiGHS plans and proves in a time; where it finds nothing, nobody ever discharges where doing both pays."""
    f = formulate(replace(problem, exclusive_steps=len(problem.values.charge)))
    try:
        found = f.program.eased().search(f.binaries, RELATIVE_GAP, seconds=seconds)
        net, bound = f.net(found.x), -float(found.mip_dual_bound)
    except SolverError:
        net, bound = np.ones(len(f.charge)), f.program.bound(f.program.solve(ties=False))
    plan = f.directed(net).solve(ties=True)
    return -float(f.program.cost @ plan.x), bound


def ways(seconds: Sequence[float]) -> dict[str, Callable[[Problem], _Found]]:
    """All ways by name."""
    searches = {f"highs {s:g} s": lambda problem, s=s: branch_and_bound(problem, s) for s in seconds}
    return {"rounding": rounding, "decomposition": decomposition, **searches}


def measure(stations: Sequence[int] = STATIONS, seconds: Sequence[float] = SECONDS) -> pd.DataFrame:
    """A row for each day and way.

    Returns
    -------
    DataFrame
        `stations`, `day`, `way`, `seconds`, `processor_seconds`, `value_eur`, `bound_eur`; `behind_eur`: how much less
        the plan is worth than the best of all ways; `above_eur`: how much higher the bound is than the lowest.
    """
    tried = ways(seconds)
    warm = next(problems([2]))[1]  # compiled code is loaded before the clock runs
    decomposition(warm)
    rows = []
    drawn = list(problems(stations))
    for day, (n, problem) in enumerate(tqdm(drawn, file=sys.stderr, disable=None)):
        for way, plan in tried.items():
            started, worked = time.perf_counter(), time.process_time()
            value, bound = plan(problem)
            rows.append(
                {
                    "stations": n,
                    "day": day,
                    "way": way,
                    "seconds": time.perf_counter() - started,
                    "processor_seconds": time.process_time() - worked,
                    "value_eur": value,
                    "bound_eur": bound,
                }
            )
    table = pd.DataFrame(rows)
    of_day = table.groupby("day")
    table["behind_eur"] = of_day["value_eur"].transform("max") - table["value_eur"]
    table["above_eur"] = table["bound_eur"] - of_day["bound_eur"].transform("min")
    return table


def _page(table: pd.DataFrame) -> str:
    """The table of docs/yardstick.md: medians and, after a slash, the worst day."""
    lines = [
        "| stations | days | way | gap, EUR | plan behind the best known, EUR | bound above the lowest known, EUR |"
        " time, s | processor time, s |",
        "|---:|---:|---|---:|---:|---:|---:|---:|",
    ]
    table = table.assign(gap_eur=table["bound_eur"] - table["value_eur"])
    for (n, way), part in table.groupby(["stations", "way"], sort=False):
        columns = ("gap_eur", "behind_eur", "above_eur", "seconds", "processor_seconds")
        cells = (f"{part[name].median() + 0.0:.2f} / {part[name].max() + 0.0:.2f}" for name in columns)
        lines.append(f"| {n} | {len(part)} | {way} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m core.measure.directions", description=__doc__.split("\n")[0])
    parser.add_argument("--stations", type=int, nargs="+", default=STATIONS, help="sizes of sites (8 25 60)")
    parser.add_argument("--seconds", type=float, nargs="+", default=SECONDS, help="HiGHS's time limits (1 5 20)")
    parser.add_argument("--rows", help="also write every row to this CSV file")
    options = parser.parse_args(arguments)
    table = measure(options.stations, options.seconds)
    if options.rows:
        table.to_csv(options.rows, index=False)
    page = _page(table)
    print(page)
    readme.put("directions", page, PAGE)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
