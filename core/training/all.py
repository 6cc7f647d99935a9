"""`make train-all`: every shipped agent again, with the settings of its card, two at a time."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from core.agents.learned import manifest

AT_ONCE = 2


def commands() -> list[list[str]]:
    """The command of each agent in the manifest."""
    return [
        [
            sys.executable,
            *("-m", "core", "train", "--algo", name, "--timesteps", str(entry["training"]["timesteps"])),
            *("--seed", str(entry["training"]["seed"])),
        ]
        for name, entry in manifest().items()
    ]


def main() -> int:
    """Run them all; the number of failures."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(done.returncode != 0 for done in pool.map(subprocess.run, commands()))


if __name__ == "__main__":
    sys.exit(main())
