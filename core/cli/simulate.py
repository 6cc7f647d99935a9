"""`simulate`: one agent through one scenario."""

from __future__ import annotations

import argparse

import pandas as pd

from core.cli import notices
from core.cli.options import Commands, add_results, add_scenario, command, read_scenario
from core.cli.output import print_json, print_table
from core.paths import write


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "simulate", run, "run one agent through one scenario")
    add_scenario(parser)
    parser.add_argument("--agent", default="afap", help="name of the agent (afap)")
    add_results(parser)


def run(options: argparse.Namespace) -> None:
    """Print the ledger's totals; with `--json` sessions, stations, rewards and EV2Gym's statistics too."""
    from core.reports.outcome import head, outcome
    from core.reports.result_csv import results_of
    from core.studies.run import simulate

    result = simulate(read_scenario(options), options.agent)
    if options.results:
        write(options.results, results_of([result]))
    notices.say([result.scenario])
    if not options.json:
        print_table(pd.DataFrame({"value": result.ledger.totals.as_dict()}))
        return
    print_json({**head([result]), **outcome(result)})
