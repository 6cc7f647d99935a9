"""`prices`: day-ahead prices, hour by hour."""

from __future__ import annotations

import argparse

from core.cli.options import Commands, command, date
from core.cli.output import print_json, print_table
from core.reports.plain_json import records


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "prices", run, "day-ahead prices, hour by hour")
    parser.add_argument("--from", dest="start", required=True, metavar="DATE", help="first local date, YYYY-MM-DD")
    parser.add_argument("--to", dest="end", required=True, metavar="DATE", help="last local date, YYYY-MM-DD")


def run(options: argparse.Namespace) -> None:
    """Print the prices from the first date to the last."""
    from core.tariffs import day_ahead

    table = day_ahead.between(date("--from", options.start), date("--to", options.end))
    if options.json:
        print_json(records(table[["time_local", "time_utc", "eur_per_kwh", "filled"]]))
    else:
        print_table(table)
