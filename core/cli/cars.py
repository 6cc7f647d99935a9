"""`cars`: charging sessions of a file as a scenario, and what was recognised in it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.cli.options import Commands, add_scenario, command, date, of_file, read_scenario
from core.data_in.read_sessions import MOST_BYTES, read_sessions
from core.scenario import Scenario
from core.scenario.fields import LAST_DATE
from core.world import build_world
from core.world.battery import out_of_reach_kwh


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "cars", run, "print a scenario whose cars are the charging sessions of a file, as JSON")
    parser.add_argument("file", metavar="FILE", type=Path, help="ACN-Data JSON, ElaadNL's transactions, or a plain CSV")
    add_scenario(parser)
    parser.add_argument("--date", metavar="DATE", help="day of the run (that on which most cars arrive)")
    parser.add_argument("--zone", metavar="ZONE", help="the site's time zone, where times of the file are in UTC")
    parser.add_argument(
        "--dates", choices=("day-first", "month-first"), help="how to read dates such as 03/04/2023 where it is open"
    )


def run(options: argparse.Namespace) -> None:
    """Print the scenario; what was recognised, left out and cannot be served goes to standard error."""
    with options.file.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    day_first = None if options.dates is None else options.dates == "day-first"
    with of_file(options.file):
        reading = read_sessions(data, zone=options.zone, day_first=day_first)
    base = read_scenario(options)
    own = reading.sessions.fitting(base.own_prices is not None, LAST_DATE)
    day = date("--date", options.date) if options.date else own.busiest_day
    scenario = base.replace(own_sessions=own, date=day)
    for line in [*reading.said(), *_moved(own.moved_days), *of_day(scenario)]:
        print(f"note: {line}", file=sys.stderr)
    print(scenario.to_json())


def _moved(days: int) -> list[str]:
    return [f"dates are moved by {days} days, to where prices are known; days of the week stay"] if days else []


def of_day(scenario: Scenario) -> list[str]:
    """What becomes of the file's sessions on the scenario's day, in English."""
    world = build_world(scenario)
    day, reach = world.own_day, out_of_reach_kwh(world)
    assert day is not None
    lines = [
        f"{scenario.date}: {len(world.sessions)} of {day.arriving} sessions that begin in the run find a place;"
        f" {day.turned_away} turned away (no free port), {day.too_short} too short for a step,"
        f" {day.outlasting} go on after the run; {day.before} were there before it"
    ]
    if day.beyond_battery:
        lines.append(f"{day.beyond_battery_kwh:.1f} kWh of {day.beyond_battery} cars do not fit into their batteries")
    if (reach > 0.05).any():
        lines.append(f"{reach.sum():.1f} kWh of {(reach > 0.05).sum()} cars cannot be charged in their stays")
    return lines
