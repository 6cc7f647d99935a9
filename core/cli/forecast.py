"""`forecast`: what was expected of day-ahead prices, how far it was off, and how it is computed."""

from __future__ import annotations

import argparse
import sys

from core.cli.options import Commands, command, date
from core.cli.output import print_json, print_table
from core.reports.plain_json import records


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "forecast", run, "forecasts of day-ahead prices: their errors, or those of one day")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--date", metavar="DATE", help="hour by hour, what each model expected of this day and what came")
    what.add_argument("--by-hour", action="store_true", help="the back-test by hour of the day")
    what.add_argument(
        "--build", action="store_true", help="compute all forecasts anew, and with them the tables of docs/forecast.md"
    )
    what.add_argument("--page", action="store_true", help="write the tables of errors of docs/forecast.md alone")
    what.add_argument(
        "--cost", action="store_true", help="what not knowing prices costs each agent, also into docs/forecast.md"
    )


def run(options: argparse.Namespace) -> None:
    """Print errors in EUR/MWh over the back-test, or one day's prices in EUR/kWh."""
    from core.measure import forecasts

    if options.build:
        forecasts.build(tell=lambda text: print(text, file=sys.stderr))
    if options.build or options.page:
        forecasts.write_page()
    if options.cost:
        from core.measure import not_knowing

        table = not_knowing.measure()
        not_knowing.write_page(table)
    elif options.date:
        table = forecasts.day_table(date("--date", options.date))
    else:
        table = forecasts.hour_table() if options.by_hour else forecasts.error_table()
    if options.json:
        print_json(records(table))
    else:
        print_table(table)
