"""The command line: what scripts and notebooks in other languages rely on.

Every command prints a table, or JSON with `--json`. Bad input gives one line on standard error and exit code 2.
Each command is a module with `add` (its options) and `run`; what they share is in `options` and `output`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from core.cli import bench, bill, compare, front, prices, regret, scenario, simulate, study, sweep, train
from core.cli.options import Parser
from core.errors import EnerV2GizeError

COMMANDS = (simulate, compare, prices, scenario, study, bill, sweep, front, train, regret, bench)
"""In the order in which `--help` lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments without the program's name; those of the process by default.

    Returns
    -------
    int
        Exit code: 0, or 2 for bad input.
    """
    try:
        options = _parser().parse_args(arguments)
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing is left to say, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (EnerV2GizeError, OSError) as error:
        text = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error)
        print(f"error: {' '.join(text.split())}", file=sys.stderr)
        return 2
    return 0


def _parser() -> Parser:
    parser = Parser(prog="python -m core", description="Vehicle-to-Grid scenarios on the real EV2Gym.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS:
        command.add(commands)
    return parser
