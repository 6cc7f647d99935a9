"""`train`: train a learned agent, for single ports of any site or for one whole site under EV2Gym's own environment."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from core.cli.options import LAST_SEED, Commands, UsageError, add_scenario, command, read_scenario, whole
from core.cli.output import print_json, print_table
from core.paths import PRETRAINED

MOST_STEPS = 10**9
"""More steps than that no training ends in."""

OF_SITES = ("reward", "state", "scenario", "config", "preset")
"""Options of `--env ev2gym` alone."""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "train", run, "train a learned agent")
    parser.add_argument("--algo", required=True, help="a2c, ars, ddpg, ppo, recurrentppo, sac, td3, tqc or trpo")
    parser.add_argument(
        "--env",
        choices=("ports", "ev2gym"),
        default="ports",
        help="one policy for the ports of any site, exported to pretrained/ (ports), or for one whole site in EV2Gym",
    )
    parser.add_argument(
        "--family",
        choices=("shared_port", "planner_corrected"),
        default="shared_port",
        help="with --env ports: learned from nothing (shared_port), or a correction of the coordinated plan",
    )
    parser.add_argument(
        "--steps", "--timesteps", type=whole(1, MOST_STEPS), metavar="N", help="steps of the environment"
    )
    parser.add_argument("--minutes", type=float, help="minutes to train, instead of steps or at most")
    parser.add_argument("--seed", type=whole(0, LAST_SEED), metavar="N", default=0)
    parser.add_argument("--resume", action="store_true", help="go on with a training that was stopped")
    parser.add_argument("--wandb", action="store_true", help="log to Weights & Biases too")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where to write (pretrained/, or a folder in runs/)")
    parser.add_argument(
        "--reward", metavar="NAME", help="objective (default), or a reward of EV2Gym's or the original's"
    )
    parser.add_argument("--state", metavar="NAME", help="V2G_profit_max (default), or another state of either")
    add_scenario(parser)


def run(options: argparse.Namespace) -> None:
    """Print what was reached on days that were held out; with `--json` the whole card."""
    try:
        from core.training import shared_port, site
        from core.training import train as planner_corrected
    except ModuleNotFoundError as error:
        raise UsageError(f"train: {error.name} is not installed; it is only needed for training") from None
    if options.env == "ports":
        given = [name for name in OF_SITES if getattr(options, name) is not None]
        if given:
            raise UsageError(
                f"--{given[0]}: only with --env ev2gym; one policy for all ports learns from all scenarios"
            )
        form = shared_port if options.family == "shared_port" else planner_corrected
        settings = form.Settings(options.algo, options.steps, seed=options.seed, minutes=options.minutes)
        card = form.train(settings, resume=options.resume, folder=options.out or PRETRAINED, wandb=options.wandb)
        table = pd.DataFrame({"validation": card["validation"]})
    else:
        card = site.train(
            site.Settings(
                options.algo,
                site=Path(options.config) if options.config else read_scenario(options),
                reward=options.reward or "objective",
                state=options.state or "V2G_profit_max",
                steps=options.steps,
                minutes=options.minutes,
                seed=options.seed,
            ),
            resume=options.resume,
            folder=options.out,
            wandb=options.wandb,
        )
        table = site.comparison(card)
    if options.json:
        print_json(card)
    else:
        print_table(table)
