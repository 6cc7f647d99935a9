"""`train`: train a learned agent and export it."""

from __future__ import annotations

import argparse

import pandas as pd

from core.cli.options import LAST_SEED, Commands, UsageError, command, whole
from core.cli.output import print_json, print_table


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "train", run, "train a learned agent and export it to pretrained/")
    parser.add_argument("--algo", required=True, help="a2c, ars, ddpg, ppo, recurrentppo, sac, td3, tqc or trpo")
    parser.add_argument("--timesteps", type=int, required=True, help="steps of single ports")
    parser.add_argument("--seed", type=whole(0, LAST_SEED), metavar="N", default=0)
    parser.add_argument(
        "--tracker", choices=("tensorboard", "wandb", "none"), default="none", help="log elsewhere too (none)"
    )
    parser.add_argument("--resume", action="store_true", help="go on with a training that was stopped")


def run(options: argparse.Namespace) -> None:
    """Print the quality on validation scenarios; with `--json` the whole card."""
    try:
        from core.training.train import Settings, train
    except ModuleNotFoundError as error:
        raise UsageError(f"train: {error.name} is not installed; it is only needed for training") from None
    settings = Settings(options.algo, options.timesteps, seed=options.seed, tracker=options.tracker)
    card = train(settings, resume=options.resume)
    if options.json:
        print_json(card)
    else:
        print_table(pd.DataFrame({"validation": card["validation"]}))
