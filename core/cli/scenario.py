"""`scenario`: a preset as JSON or as EV2Gym's configuration, or the table of all fields."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pandas as pd

from core.cli.options import Commands, command, preset
from core.cli.output import print_json, print_table
from core.scenario import PRESETS, Scenario


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "scenario", run, "print a preset's JSON, or the table of all fields")
    parser.add_argument("--preset", default="workplace", help=", ".join(PRESETS))
    parser.add_argument("--ev2gym", action="store_true", help="EV2Gym's own YAML configuration of the preset instead")
    parser.add_argument("--fields", action="store_true", help="the table of all fields instead")


def run(options: argparse.Namespace) -> None:
    """Print what was asked for."""
    if options.ev2gym:
        import yaml

        from core.engines.ev2gym import ev2gym_config

        print(yaml.safe_dump(ev2gym_config(preset(options.preset)), sort_keys=False), end="")
        return
    if not options.fields:
        print(preset(options.preset).to_json())
        return
    rows = Scenario.fields()
    if options.json:
        print_json(json.loads(json.dumps(rows, default=str)))
        return
    table = pd.DataFrame(rows)
    table["allowed"] = [_allowed(row) for row in rows]
    print_table(table.set_index("name")[["group", "unit", "allowed", "default", "meaning"]])


def _allowed(row: dict[str, Any]) -> str:
    if row["choices"]:
        return ", ".join(row["choices"])
    return "" if row["minimum"] is None else f"{row['minimum']}..{row['maximum']}"
