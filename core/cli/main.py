"""The command line: what scripts and notebooks in other languages rely on.

Every command prints a table, or JSON with `--json`. Bad input gives one line on standard error and exit code 2.
Each command is a module with `add` (its options) and `run`; what they share is in `options` and `output`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from core.cli import (
    bench,
    bill,
    cars,
    compare,
    evaluate,
    export,
    forecast,
    front,
    import_data,
    prices,
    regret,
    scenario,
    simulate,
    study,
    sweep,
    train,
)
from core.cli.options import Parser
from core.errors import EnerV2GizeError, quoted

COMMANDS = (
    simulate, compare, prices, import_data, forecast, scenario, cars, study, bill, sweep, front, evaluate, export,
    train, regret, bench,
)  # fmt: skip
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
        Exit code: 0; 2 for bad input; 130 where it was interrupted.
    """
    try:
        options = _parser().parse_args(arguments)
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing is left to say, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("stopped; finished parts of a study with --out are kept, the same command goes on", file=sys.stderr)
        return INTERRUPTED
    except (EnerV2GizeError, OSError) as error:
        print(f"error: {' '.join(_sentence(error).split())}", file=sys.stderr)
        return 2
    return 0


INTERRUPTED = 130
"""What shells say of a command that Ctrl-C ended."""


def _sentence(error: EnerV2GizeError | OSError) -> str:
    if not isinstance(error, OSError):
        return str(error)
    # A full disk names no file, an error made in Python may hold a text alone.
    said = error.strerror or str(error) or type(error).__name__
    return f"{said}: {quoted(error.filename, 200)}" if error.filename is not None else said


def _parser() -> Parser:
    parser = Parser(prog="python -m core", description="Vehicle-to-Grid scenarios on the real EV2Gym.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS:
        command.add(commands)
    return parser
