"""`sweep`: fields over a grid of values, or over a Latin hypercube."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from core.cli.options import (
    Commands,
    UsageError,
    add_scenario,
    add_study,
    agents,
    command,
    numbers,
    read_scenario,
    seeds,
    whole,
)
from core.cli.study import run_study
from core.errors import quoted
from core.scenario import Scenario


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "sweep", run, "vary fields: a grid, or --latin for a Latin hypercube")
    add_scenario(parser)
    parser.add_argument(
        "--field",
        action="append",
        required=True,
        metavar="NAME=SPEC",
        help="values A,B,C or LOW:HIGH:COUNT (with --latin LOW:HIGH); may be given several times",
    )
    parser.add_argument(
        "--latin", type=whole(1, 100_000), metavar="N", help="spread N scenarios over the ranges instead of a grid"
    )
    add_study(parser)


def run(options: argparse.Namespace) -> None:
    """Print what `study` prints, over all scenarios of the sweep."""
    from core.studies import study

    base, names = read_scenario(options), agents(options)
    specs = {}
    for text in options.field:
        name, separator, spec = text.partition("=")
        if not separator or name not in Scenario.model_fields:
            raise UsageError(f"--field: '{quoted(text)}' must be NAME=SPEC with a field of the scenario")
        specs[name] = spec
    if options.latin is not None:
        ranges = {name: numbers(name, spec, 2) for name, spec in specs.items()}
        pairs = {name: (low, high) for name, (low, high) in ranges.items()}
        run_study(options, study.latin_hypercube(base, pairs, options.latin, names, seed=base.seed))
        return
    grid = {name: _values(name, spec) for name, spec in specs.items()}
    run_study(options, study.sweep(base, grid, names, seeds(options)))


def _values(name: str, spec: str) -> list[Any]:
    """Values of a grid: A,B,C as they stand, LOW:HIGH:COUNT evenly spaced."""
    if ":" not in spec:
        return spec.split(",")
    low, high, count = numbers(name, spec, 3)
    if not (2 <= count <= 1000 and count == int(count)):
        raise UsageError(f"--field {name}: COUNT must be a whole number from 2 to 1000")
    values = [round(float(value), 10) for value in np.linspace(low, high, int(count))]
    return [int(value) if value == int(value) else value for value in values]
