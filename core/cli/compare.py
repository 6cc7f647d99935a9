"""`compare`: several agents on the same day."""

from __future__ import annotations

import argparse

from core.cli import notices
from core.cli.options import Commands, add_results, add_scenario, agents, command, read_scenario
from core.cli.output import print_json, print_table
from core.paths import write


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "compare", run, "run several agents on the same day")
    add_scenario(parser)
    parser.add_argument("--agents", default="afap,alap,rr,cheapest,best", help="names, separated by commas")
    add_results(parser)


def run(options: argparse.Namespace) -> None:
    """Print one column an agent; with `--json` one row an agent, the original's rewards in it."""
    from core.reports.plain_json import records
    from core.reports.result_csv import results_of
    from core.rewards import scores
    from core.studies.provenance import made_with
    from core.studies.run import compared, table_of

    scenario, names = read_scenario(options), agents(options)
    results = compared(scenario, names)
    table = table_of(results, names)
    if options.results:
        write(options.results, results_of([results[name] for name in dict.fromkeys(names)]))
    notices.say([scenario])
    if options.json:
        rewards = [scores(results[name].world, results[name].trace) for name in names]
        rows = [{**row, "rewards": of_run} for row, of_run in zip(records(table), rewards, strict=True)]
        print_json({"made_with": made_with([scenario], names), "rows": notices.beside(rows, [scenario])})
    else:
        print_table(table.set_index("agent").T)
