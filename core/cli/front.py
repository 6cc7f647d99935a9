"""`front`: trade-offs between stakeholders over their weights."""

from __future__ import annotations

import argparse

from core.cli.options import Commands, UsageError, add_scenario, add_study, agents, command, read_scenario, seeds
from core.cli.study import run_study


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "front", run, "trade-offs between stakeholders over the weights")
    add_scenario(parser)
    parser.add_argument("--steps", type=int, default=5, help="shares per stakeholder, ends included (5)")
    add_study(parser)


def run(options: argparse.Namespace) -> None:
    """Print what `study` prints, over all weights."""
    from core.studies import study

    if not 2 <= options.steps <= 41:
        raise UsageError("--steps: must be from 2 to 41")
    run_study(options, study.front(read_scenario(options), agents(options), options.steps, seeds(options)))
