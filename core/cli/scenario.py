"""`scenario`: a scenario as JSON or as EV2Gym's configuration, what one of those holds, or the table of all fields."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from core.cli.options import Commands, UsageError, add_scenario, command, read_scenario
from core.cli.output import print_json, print_table
from core.scenario import Scenario, ev2gym_file


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "scenario", run, "print a scenario as JSON or for EV2Gym, or the table of all fields")
    add_scenario(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--ev2gym", action="store_true", help="EV2Gym's own configuration (YAML) of it instead")
    what.add_argument("--keys", action="store_true", help="what became of each key of --config instead")
    what.add_argument("--fields", action="store_true", help="the table of all fields instead")


def run(options: argparse.Namespace) -> None:
    """Print what was asked for."""
    if options.keys:
        _keys(options)
        return
    if options.ev2gym:
        scenario = read_scenario(options)
        lost = ev2gym_file.loss(scenario)
        if lost:
            print(f"note: {lost}", file=sys.stderr)
        print(scenario.to_ev2gym(), end="")
        return
    if not options.fields:
        print(read_scenario(options).to_json())
        return
    rows = Scenario.fields()
    if options.json:
        print_json(json.loads(json.dumps(rows, default=str)))
        return
    table = pd.DataFrame(rows)
    table["allowed"] = [_allowed(row) for row in rows]
    print_table(table.set_index("name")[["group", "unit", "allowed", "default", "meaning"]])


def _keys(options: argparse.Namespace) -> None:
    if options.config is None:
        raise UsageError("--keys: name EV2Gym's configuration with --config")
    rows = [{**asdict(key), "note": key.text} for key in Scenario.from_ev2gym(Path(options.config)).keys]
    if options.json:
        print_json(rows)
    else:
        print_table(pd.DataFrame(rows).set_index("key")[["value", "status", "field", "note"]])


def _allowed(row: dict[str, Any]) -> str:
    if row["choices"]:
        return ", ".join(row["choices"])
    return "" if row["minimum"] is None else f"{row['minimum']}..{row['maximum']}"
