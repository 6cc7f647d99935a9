"""`import-prices` and `import-site`: a file of prices, load, solar power or limits, into a scenario file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from core.cli.options import Commands, Parser, UsageError, add_scenario, command, file_to_write, of_file, read_scenario
from core.cli.output import print_json
from core.errors import ScenarioError, quoted
from core.paths import write
from core.scenario import Scenario


def add(commands: Commands) -> None:
    """Add both commands."""
    from core.data_in.own import PARTIES, POWERS

    prices = command(commands, "import-prices", run_prices, "put a file of prices into a scenario file")
    _shared(prices)
    prices.add_argument(
        "--as", dest="roles", default="buy,provider", metavar="WHO",
        help=f"who pays or gets them, separated by commas: {', '.join(PARTIES)} (buy,provider)",
    )  # fmt: skip
    prices.add_argument("--rate", type=float, metavar="EUR", help="euros for one pound or dollar")
    site = command(commands, "import-site", run_site, "put a file of load, solar power or limits into a scenario file")
    _shared(site)
    site.add_argument("--as", dest="roles", required=True, metavar="WHAT", help=f"one of {', '.join(POWERS)}")


def _shared(parser: Parser) -> None:
    parser.add_argument("file", type=Path, help="CSV or Parquet")
    add_scenario(parser)
    parser.add_argument(
        "--out", type=file_to_write, metavar="FILE.json", help="scenario file to write (nothing is written)"
    )
    parser.add_argument("--column", help="name of the column of values")
    parser.add_argument("--time-column", help="name of the column of times")
    parser.add_argument("--unit", help="of the values, for instance EUR/MWh")
    parser.add_argument("--zone", help="clock of times without an offset, for instance Europe/Berlin")
    parser.add_argument("--site-zone", help="clock of the site, for instance Asia/Seoul; as_written turns nothing")
    parser.add_argument("--order", choices=("day_first", "month_first"), help="how 1/2/2024 is meant")
    parser.add_argument("--node", help="which place or auction of the file counts")


def run_prices(options: argparse.Namespace) -> None:
    """Read prices, say what was found, write the scenario."""
    _run(options, "own_prices", "price", options.rate)


def run_site(options: argparse.Namespace) -> None:
    """The same for load, solar power or limits."""
    _run(options, "own_site", "power", None)


OPTION_OF = {
    "unit": "--unit", "eur_per_unit": "--rate", "site_zone": "--site-zone", "order": "--order", "node": "--node",
}  # fmt: skip
"""Option that answers a question of a reading."""


def _run(options: argparse.Namespace, field: str, quantity: Any, rate: float | None) -> None:
    from core.data_in.own import OwnPrices, OwnSite
    from core.data_in.read import MOST_NAMED, Said, read_series
    from core.reports.words import translate

    kind: type[OwnPrices] | type[OwnSite] = OwnPrices if field == "own_prices" else OwnSite
    roles = [role.strip() for role in options.roles.split(",") if role.strip()]
    if not roles or not set(roles) <= set(kind.ROLES):
        raise UsageError(f"--as: must be some of {', '.join(kind.ROLES)}, separated by commas")
    base = read_scenario(options)
    said = Said(
        column=options.column, time_column=options.time_column, unit=options.unit, zone=options.zone,
        site_zone=options.site_zone, order=options.order, eur_per_unit=rate, node=options.node,
    )  # fmt: skip
    with of_file(options.file):
        reading = read_series(options.file, quantity, said)
    found = reading.detected
    findings = [translate("en", f"own_data.findings.{f.key}", n=f.n, **f.values) for f in reading.findings]
    if reading.series is None:
        need = ", ".join(OPTION_OF[name] for name in reading.questions)
        more = (
            f" ({', '.join(quoted(name) for name in found.nodes[:MOST_NAMED])})" if "node" in reading.questions else ""
        )
        raise UsageError(f"{quoted(options.file.name)}: say first with {need}{more}; nothing is guessed")
    series = reading.series
    earlier = getattr(base, field)
    data = kind(**({} if earlier is None else earlier.series) | dict.fromkeys(roles, series)).must_fit()
    moved = ""
    try:
        scenario = base.replace(**{field: data})
    except ScenarioError:
        scenario = _on_own_day(base, field, data)
        moved = f"the scenario's date is now {scenario.date}, the first day of the file that can be run"
    facts = {
        "format": found.format, "time_column": found.time_column, "column": found.column, "unit": found.unit,
        "zone": found.zone, "site_zone": found.site_zone, "date_order": found.order,
        "resolution_min": found.resolution_min, "values": int(series.values.size), "step_min": series.step_min,
        "first": str(series.times[0]), "last": str(series.times[-1]), "whole_days": len(data.dates), "as": roles,
    }  # fmt: skip
    if options.json:
        print_json({"detected": facts, "findings": findings, "moved": moved, "scenario": scenario.key})
    else:
        for name, value in facts.items():
            print(f"{name:16} {', '.join(value) if isinstance(value, list) else value}")
        for sentence in [*findings, *([moved] if moved else [])]:
            print(f"- {sentence}")
    if options.out is None:
        print("note: name a file with --out to write the scenario", file=sys.stderr)
    else:
        write(options.out, f"{scenario.to_json()}\n".encode())


def _on_own_day(base: Scenario, field: str, data: Any) -> Scenario:
    """The scenario on the first day that the data cover; a shorter file takes its day alone. Raises `ScenarioError`."""
    problem = None
    for hours in ({}, {"start_hour": 0, "length_h": 24.0}):
        for date in data.dates:
            try:
                return base.replace(**{field: data, "date": date}, **hours)
            except ScenarioError as error:
                problem = problem or error
    if problem is None:
        return base.replace(**{field: data})
    raise problem
