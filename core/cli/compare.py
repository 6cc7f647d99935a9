"""`compare`: several agents on the same day."""

from __future__ import annotations

import argparse

from core.cli import notices
from core.cli.options import Commands, add_results, add_scenario, agents, command, read_scenario
from core.cli.output import print_json, print_table, records


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "compare", run, "run several agents on the same day")
    add_scenario(parser)
    parser.add_argument("--agents", default="afap,alap,rr,cheapest,best", help="names, separated by commas")
    add_results(parser)


def run(options: argparse.Namespace) -> None:
    """Print one column an agent; with `--json` one record an agent."""
    from core.reports.result_csv import results_of
    from core.studies.run import compared, table_of

    scenario, names = read_scenario(options), agents(options)
    results = compared(scenario, names)
    table = table_of(results, names)
    if options.results:
        options.results.write_bytes(results_of([results[name] for name in dict.fromkeys(names)]))
    notices.say([scenario])
    if options.json:
        print_json(notices.beside(records(table), [scenario]))
    else:
        print_table(table.set_index("agent").T)
