"""`import-agent`: somebody's stable-baselines3 model as a policy that stands beside ours."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from core.agents.learned import local
from core.agents.learned.policy import Policy
from core.agents.learned.whole_site import STATE_OF
from core.agents.registry import check_local
from core.cli.options import Commands, UsageError, command, folder_to_write
from core.cli.output import print_json, print_table
from core.errors import EnerV2GizeError, quoted
from core.paths import OWN_AGENTS, ROOT

STATES = sorted(set(STATE_OF.values()))

MOST_BYTES = 500_000_000


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "import-agent", run, "turn a trusted stable-baselines3 model into an agent")
    parser.add_argument("file", type=Path, metavar="MODEL.zip", help="what model.save wrote")
    parser.add_argument("--trusted", action="store_true", help="unpickle the file, which runs the code in it")
    parser.add_argument("--env", choices=("site", "port"), required=True, help="which environment it was trained in")
    parser.add_argument("--state", choices=STATES, default="V2G_profit_max", help="with --env site: what it was shown")
    parser.add_argument("--name", help="of the agent, in small letters (the file's name)")
    parser.add_argument(
        "--out", type=folder_to_write, metavar="FOLDER", default=OWN_AGENTS, help="where own agents are kept"
    )


def run(options: argparse.Namespace) -> None:
    """Write policy and card, and print the card."""
    told = quoted(options.file.name)
    if not options.trusted:
        raise UsageError(
            f"import-agent: {told} holds pickles, and reading them runs whatever code is in them; add --trusted only "
            "for a file that you made yourself, or whose maker you trust with this computer"
        )
    if find_spec("stable_baselines3") is None:
        raise UsageError("import-agent: stable-baselines3 is not installed; it is only needed for training")
    name = check_local(options.name or options.file.stem.lower().replace("-", "_"))
    with options.file.open("rb"):  # a missing file is said here
        pass
    if options.file.stat().st_size > MOST_BYTES:
        raise UsageError(f"import-agent: {told} is larger than {MOST_BYTES // 1_000_000} MB")
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.npz"
        ended = subprocess.run(
            [sys.executable, "-m", "core.training.convert", str(options.file.resolve()), str(policy), options.env,
             options.state],
            capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip
        try:
            said = json.loads(ended.stdout.splitlines()[-1])
        except (ValueError, IndexError):
            raise EnerV2GizeError(f"import-agent: {told} cannot be read as a model of stable-baselines3") from None
        if "error" in said:
            raise EnerV2GizeError(f"import-agent: {told}: {said['error']}")
        found = Policy.load(policy.read_bytes(), local.observed(said))
    said = {"title": name, "description": f"{said['algorithm']}, imported from {options.file.name[:80]}", **said}
    card = local.write(name, found, said, options.out)
    if options.json:
        print_json(card)
    else:
        print_table(pd.DataFrame({"imported": {key: str(value) for key, value in card.items()}}))
