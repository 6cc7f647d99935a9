"""`regret`: agents on random held-out scenarios."""

from __future__ import annotations

import argparse
import sys

import pandas as pd

from core.cli.options import LAST_SEED, Commands, add_workers, agents, command, whole
from core.cli.output import print_json, print_table


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "regret", run, "judge agents on random held-out scenarios over all slider ranges")
    parser.add_argument("--scenarios", type=whole(1, 100_000), metavar="N", default=200, help="how many (200)")
    parser.add_argument("--seed", type=whole(0, LAST_SEED), metavar="N", default=1, help="of the draw (1)")
    parser.add_argument(
        "--split", choices=("train", "validation", "test"), default="test", help="whose dates and seeds (test)"
    )
    parser.add_argument(
        "--agents",
        default="",
        help="names, separated by commas (the reference, mpc, best, learned ones for any site)",
    )
    add_workers(parser)


def run(options: argparse.Namespace) -> None:
    """Print each agent's regret and captured share, then the latter by kind of scenario."""
    from tqdm import tqdm

    from core.studies.regret import regret

    with tqdm(total=options.scenarios, unit="scenario", file=sys.stderr, disable=None) as bar:
        result = regret(
            options.scenarios,
            seed=options.seed,
            split=options.split,
            agents=agents(options) if options.agents else None,
            workers=options.workers,
            progress=lambda done, total: bar.update(done - bar.n),
        )
    if options.json:
        print_json(result)
        return
    print_table(pd.DataFrame(result["agents"]).T)
    for name, groups in result["groups"].items():
        print(f"\nCaptured by {name}:")
        print_table(pd.DataFrame({value: {a: f["captured"] for a, f in by.items()} for value, by in groups.items()}).T)
