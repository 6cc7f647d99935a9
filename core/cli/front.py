"""`front`: trade-offs between stakeholders over their weights."""

from __future__ import annotations

import argparse

from core.cli.options import Commands, add_scenario, add_study, agents, command, read_scenario, seeds, whole
from core.cli.study import run_study


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "front", run, "trade-offs between stakeholders over the weights")
    add_scenario(parser)
    parser.add_argument(
        "--steps", type=whole(2, 41), metavar="N", default=5, help="shares per stakeholder, ends included (5)"
    )
    add_study(parser)


def run(options: argparse.Namespace) -> None:
    """Print what `study` prints, over all weights."""
    from core.studies import study

    run_study(options, study.front(read_scenario(options), agents(options), options.steps, seeds(options)))
