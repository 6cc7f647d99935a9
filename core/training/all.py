"""`make train-all`: every shipped agent again, with the settings of its card, and the baseline; two at a time."""

from __future__ import annotations

import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from core.agents.learned import manifest
from core.training.manifest import write_manifest

AT_ONCE = 2


def commands() -> list[list[str]]:
    """The command of each agent in the manifest, and the whole-site baseline's."""
    agents = [shlex.split(entry["training"]["command"])[1:] for entry in manifest().values()]
    return [[sys.executable, *rest] for rest in (*agents, ["-m", "core.training.whole_site"])]


def main() -> int:
    """Run them all; the number of failures."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        failures = sum(done.returncode != 0 for done in pool.map(subprocess.run, commands()))
    write_manifest()  # two that ended at once may have missed each other
    return failures


if __name__ == "__main__":
    sys.exit(main())
