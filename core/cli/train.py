"""`train`: train a learned agent, for single ports of any site or of one scenario, or for one whole site in EV2Gym."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from core.cli.options import (
    LAST_SEED,
    Commands,
    UsageError,
    add_scenario,
    command,
    folder_to_write,
    read_scenario,
    whole,
)
from core.cli.output import print_json, print_table
from core.paths import OWN_AGENTS, PRETRAINED

MOST_STEPS = 10**9
"""More steps than that no training ends in."""

OF_SITES = ("reward", "state")
"""Options of `--env ev2gym` alone."""

SITES = ("scenario", "config", "preset")
"""Options that name a site: with `--env ports`, a shipped policy is trained further there."""


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
    parser.add_argument(
        "--out", type=folder_to_write, metavar="FOLDER", help="where to write (pretrained/, or a folder in runs/)"
    )
    parser.add_argument(
        "--reward", metavar="NAME", help="objective (default), or a reward of EV2Gym's or the original's"
    )
    parser.add_argument("--state", metavar="NAME", help="V2G_profit_max (default), or another state of either")
    parser.add_argument("--name", help="of the agent, with a scenario and --env ports (ALGO and the scenario's key)")
    add_scenario(parser)


def run(options: argparse.Namespace) -> None:
    """Print what was reached on days that were held out; with `--json` the whole card."""
    try:
        from core.training import finetune, shared_port, site
        from core.training import train as planner_corrected
    except ModuleNotFoundError as error:
        raise UsageError(f"train: {error.name} is not installed; it is only needed for training") from None
    further = options.env == "ports" and any(getattr(options, name) is not None for name in SITES)
    if options.env == "ports":
        given = [name for name in OF_SITES if getattr(options, name) is not None]
        if given:
            raise UsageError(
                f"--{given[0]}: only with --env ev2gym; policies for single ports have an observation and reward of "
                "their own"
            )
    if options.name is not None and not further:
        raise UsageError("--name: only with --scenario, --config or --preset, and without --env ev2gym")
    if further:
        if options.family != "shared_port":
            raise UsageError("--family: only shared_port policies can be trained further on one scenario")
        folder = options.out or OWN_AGENTS
        card = finetune.train(
            finetune.Settings(
                options.algo, read_scenario(options), options.steps, options.minutes, seed=options.seed
            ),
            name=options.name, resume=options.resume, folder=folder, wandb=options.wandb,
        )  # fmt: skip
        table = finetune.comparison(card)
        if not options.json:
            print(finetune.curve(folder / card["name"]))
            print(f"agent {card['name']}: --agents {card['name']}, and on the pages of a local app")
    elif options.env == "ports":
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
