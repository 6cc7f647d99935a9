"""`evaluate`: any agents in the same runs, with means, spread and paired differences."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from core.agents.registry import REFERENCE
from core.cli import notices
from core.cli.options import (
    Commands,
    UsageError,
    add_results,
    add_scenario,
    add_study,
    agents,
    command,
    date,
    file_to_write,
    folder_to_write,
    read_scenario,
    seeds,
    whole,
)
from core.cli.output import print_json, print_table
from core.cli.study import run_with_bar
from core.paths import write

if TYPE_CHECKING:
    from core.scenario import Scenario
    from core.studies.study import Study

TABLES = (".csv", ".parquet")

MOST_RUNS = 100_000
"""As many as a study holds."""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "evaluate", run, "run any agents through the same runs and compare them")
    add_scenario(parser)
    parser.add_argument(
        "--runs", type=whole(1, MOST_RUNS), metavar="N", help="number of seeds, from the scenario's own on (50)"
    )
    parser.add_argument("--days", metavar="FIRST:LAST", help="every seed on each of these dates (the scenario's own)")
    parser.add_argument("--against", default=REFERENCE, metavar="AGENT", help=f"compare with this one ({REFERENCE})")
    add_study(parser)
    parser.add_argument(
        "--table", type=file_to_write, metavar="FILE", help="also write the summary, as .csv or .parquet"
    )
    parser.add_argument(
        "--plots", type=folder_to_write, metavar="FOLDER", help="also write a report and comparison plots (PNG)"
    )
    parser.add_argument("--lang", choices=("en", "ko"), default="en", help="language of report and plots (en)")
    add_results(parser)


def run(options: argparse.Namespace) -> None:
    """Print means with their spread, then differences from the reference; with `--json` the whole summary."""
    from core.reports.plain_json import records
    from core.studies import evaluation, study
    from core.studies.provenance import made_with

    if options.table is not None and options.table.suffix not in TABLES:
        raise UsageError(f"--table: the file's name must end in {' or '.join(TABLES)}")
    base, names = read_scenario(options), list(dict.fromkeys([*agents(options), options.against]))
    first, _, last = (options.days or base.date.isoformat()).partition(":")
    asked = evaluation.runs(base, names, _seeds(options, base), date("--days", first), date("--days", last or first))
    # First, so that what cannot be written is said before the runs.
    results = None if options.results is None else _results(asked)
    table = run_with_bar(options, asked)
    notices.say(asked.scenarios)
    counted = study.with_cars(table)
    summary = evaluation.summary(table, options.against)
    if options.table is not None:
        _write_table(options.table, summary)
    if results is not None:
        write(options.results, results)
    if options.plots is not None and len(counted):
        from core.reports import evaluation as reports

        reports.write(options.plots, asked, table, options.against, options.lang)
    n = len(counted) // len(names)
    shares = study.captured_shares(table) if n and {REFERENCE, "best"} <= set(names) else None
    if options.json:
        print_json(
            {
                "scenario": base.model_dump(mode="json"),
                "made_with": made_with(asked.scenarios, names),
                "agents": names,
                "against": options.against,
                "runs": n,
                "runs_without_cars": len(asked.scenarios) - n,
                "notices": notices.texts(base),
                "summary": records(summary),
                "captured": [] if shares is None else records(shares),
            }
        )
        return
    if not n:
        print("No car comes in any of the runs.")
        return
    _print(summary, evaluation.figures_in(table, shown=True), n, len(asked.scenarios), options.against)
    if shares is not None:
        print("\nShare of the possible gain, 95 % interval:")
        print_table(shares.set_index("agent"))


def _seeds(options: argparse.Namespace, base: Scenario) -> list[int]:
    """Those of `--seeds`, else as many as `--runs` says. Raises `UsageError`."""
    from core.studies.evaluation import RUNS
    from core.studies.study import draws

    given = seeds(options)
    if given is not None and options.runs is not None:
        raise UsageError("--runs: cannot be given together with --seeds")
    return draws(base, options.runs or RUNS) if given is None else given


def _write_table(file: Path, summary: pd.DataFrame) -> None:
    from core.reports import exports

    write(file, exports.to_csv(summary) if file.suffix == ".csv" else exports.to_parquet(summary))


def _results(study: Study) -> bytes:
    """The result CSV of each day's first run, on the real EV2Gym."""
    from core.reports.result_csv import MAX_ROWS, fits, recorded, write_results
    from core.studies.run import simulate
    from core.world import build_world

    days: dict[dt.date, Scenario] = {}
    for scenario in study.scenarios:
        days.setdefault(scenario.date, scenario)
    if not fits(sum(day.n_ports * day.n_steps for day in days.values()) * len(study.agents)):
        raise UsageError(f"--results: a result CSV has at most {MAX_ROWS:,} rows; name fewer agents or days")
    runs = []
    for scenario in days.values():
        world = build_world(scenario)
        traces = {name: simulate(scenario, name, world=world).trace for name in study.agents}
        runs.append(recorded(world, traces))
    return write_results(runs)


def _print(summary: pd.DataFrame, shown: list[str], n: int, asked: int, against: str) -> None:
    """Indicators, one column an agent: means with standard deviations, then differences with intervals."""
    from core.studies.evaluation import digits

    agents = list(dict.fromkeys(summary["agent"]))
    by_name = {name: rows.set_index("agent") for name, rows in summary.groupby("figure", sort=False)}
    means, differences = {}, {}
    for name in shown:
        rows, say = by_name[name].to_dict("index"), partial(_plain, digits=digits(name))
        means[name] = [f"{say(rows[agent]['mean'])} ± {say(rows[agent]['sd'])}" for agent in agents]
        differences[name] = [_difference(rows[agent], say) for agent in agents if agent != against]
    print(f"Mean ± standard deviation over the runs with cars, {n:,} of {asked:,}:")
    print_table(pd.DataFrame(means, index=agents).T)
    if len(agents) > 1:
        print(f"\nMean difference from {against} in the same runs, 95 % interval; = the same, ~ may be noise:")
        print_table(pd.DataFrame(differences, index=[agent for agent in agents if agent != against]).T)


def _difference(row: Mapping[Any, Any], say: Callable[..., str]) -> str:
    middle, low, high = (say(row[name], sign="+") for name in ("difference", "difference_low", "difference_high"))
    mark = "=" if row["difference_low"] == row["difference_high"] == 0 else "~" if row["noise"] else " "
    return f"{middle} [{low}, {high}] {mark}"


def _plain(value: float, *, digits: int, sign: str = "") -> str:
    """So many decimals; no zero is negative."""
    rounded = round(value, digits) + 0.0
    return f"{rounded:{sign if rounded else ''},.{digits}f}"
