"""`bench`: speed and memory, all in one run."""

from __future__ import annotations

import argparse

import pandas as pd

from core.cli.options import Commands, command
from core.cli.output import print_json, print_table


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "bench", run, "measure speed and memory, all in one run")
    parser.add_argument("--only", default="", help="parts of the benchmark, separated by commas")
    parser.add_argument("--readme", action="store_true", help="also write the table in README.md")


def run(options: argparse.Namespace) -> None:
    """Print all figures by name."""
    from core.measure.bench import measure, write_readme

    figures = measure([part for part in options.only.split(",") if part])
    if options.readme:
        write_readme(figures)
    if options.json:
        print_json(figures)
    else:
        print_table(pd.DataFrame({"value": figures}))
