"""`bill`: a calendar month on KEPCO's bill."""

from __future__ import annotations

import argparse
import datetime as dt

from core.cli import notices
from core.cli.options import Commands, UsageError, add_scenario, add_workers, agents, command, read_scenario
from core.cli.output import print_json, print_table


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "bill", run, "a month on the provider's bill from KEPCO")
    add_scenario(parser)
    parser.add_argument("--month", metavar="YYYY-MM", help="calendar month (that of the scenario's date)")
    parser.add_argument("--agents", default="afap,cheapest,best", help="names, separated by commas")
    parser.add_argument("--executor", choices=("local", "processes"), default="processes")
    add_workers(parser)


def run(options: argparse.Namespace) -> None:
    """Run every day of the month; print a column an agent, in won."""
    import pandas as pd

    from core.studies import study as studies
    from core.studies.monthly_bill import bills, buys_from_kepco, month_study

    base = read_scenario(options)
    if not buys_from_kepco(base):
        raise UsageError("provider: a bill needs a provider who buys from KEPCO; see the preset busan")
    month = _month(options.month) if options.month else None
    study = month_study(base, agents(options), month)
    rows = studies.run(study, executor=options.executor, workers=options.workers)
    notices.say(study.scenarios)
    columns = {bill.agent: bill.figures() for bill in bills(rows, study)}
    first = study.scenarios[0].date
    if options.json:
        print_json({"month": f"{first:%Y-%m}", "provider": base.provider, "agents": columns})
        return
    print(f"KEPCO's bill for {first:%Y-%m}, {base.provider}:")
    print_table(pd.DataFrame(columns))


def _month(text: str) -> dt.date:
    """The first day of a month, YYYY-MM. Raises `UsageError`."""
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        raise UsageError("--month: must be a month such as 2023-08") from None
