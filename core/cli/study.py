"""`study`: agents over many days and seeds; and the run of a study, which `sweep` and `front` share."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from core.agents.registry import REFERENCE
from core.cli import notices
from core.cli.options import Commands, add_scenario, add_study, agents, command, date, read_scenario, seeds
from core.cli.output import print_json, print_table

if TYPE_CHECKING:
    import pandas as pd

    from core.studies.study import Study

MOST_LEFT_OUT = 5
"""So many combinations that are left out are named."""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "study", run, "run agents over many days and seeds")
    add_scenario(parser)
    parser.add_argument("--days", metavar="FIRST:LAST", help="local dates, both included (the scenario's own date)")
    add_study(parser)


def run(options: argparse.Namespace) -> None:
    """Print means over all days and seeds, differences from the reference and shares of the possible gain."""
    from core.studies.study import over_days

    base = read_scenario(options)
    first = last = base.date
    if options.days:
        start, _, end = options.days.partition(":")
        first, last = date("--days", start), date("--days", end or start)
    run_study(options, over_days(base, first, last, agents(options), seeds(options)))


def run_study(options: argparse.Namespace, study: Study) -> None:
    """Print a summary, or every row with `--json`."""
    from core.reports.plain_json import records
    from core.studies import study as studies
    from core.studies.provenance import made_with

    _say_left_out(study)
    table = run_with_bar(options, study)
    notices.say(study.scenarios)
    if options.json:
        rows = notices.beside(records(table), study.scenarios)
        print_json({"made_with": made_with(study.scenarios, study.agents), "rows": rows})
        return
    money = ["objective_eur", "user_profit_eur", "provider_margin_eur", "grid_value_eur"]
    asked, table = len(study.scenarios), studies.with_cars(table)
    days = len(table) // len(study.agents)
    if not days:
        print("No car comes in any of the scenarios.")
        return
    print(f"Means over the scenarios with cars, {days:,} of {asked:,}:")
    physical = ["ready_frac", "overload_kwh", "wear_kwh", "site_peak_kw", "site_valley_kw", "load_factor_frac"]
    print_table(table.groupby("agent", sort=False)[[*money, *physical]].mean())
    if REFERENCE in study.agents:
        print(f"\nObjective against {REFERENCE}, EUR per scenario, 95 % interval:")
        print_table(studies.paired_differences(table).set_index("agent"))
        if "best" in study.agents:
            print("\nShare of the possible gain, 95 % interval:")
            print_table(studies.captured_shares(table).set_index("agent"))


def run_with_bar(options: argparse.Namespace, study: Study) -> pd.DataFrame:
    """The study's table; a progress bar on standard error meanwhile."""
    from tqdm import tqdm

    from core.studies import study as studies

    with tqdm(total=study.n_chunks, unit="chunk", file=sys.stderr, disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.n = done
            bar.refresh()

        return studies.run(
            study,
            out=options.out,
            executor=options.executor,
            workers=options.workers,
            scheduler=options.scheduler,
            progress=progress,
        )


def _say_left_out(study: Study) -> None:
    """On standard error: what was asked for and is impossible, with the reason."""
    for case in study.left_out[:MOST_LEFT_OUT]:
        which = ", ".join(f"{name}={value}" for name, value in case.label.items())
        print(f"left out: {which} ({case.error})", file=sys.stderr)
    more = len(study.left_out) - MOST_LEFT_OUT
    if more > 0:
        print(f"left out: {more:,} more combinations that are impossible", file=sys.stderr)
