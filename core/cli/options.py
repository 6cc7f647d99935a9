"""What several commands share: their options, and how the values of options are read."""

from __future__ import annotations

import argparse
import datetime as dt
import math
import sys
from pathlib import Path
from typing import NoReturn, Protocol, TypeAlias

from core.errors import EnerV2GizeError, ScenarioError
from core.scenario import PRESETS, Scenario
from core.scenario.ev2gym_file import MAX_FILE_BYTES


class UsageError(EnerV2GizeError):
    """The command line itself is wrong."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of printing the usage."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"
"""Where commands are added."""


class Run(Protocol):
    """A command at work: reads its options, prints."""

    def __call__(self, options: argparse.Namespace) -> None: ...


def command(commands: Commands, name: str, run: Run, text: str) -> Parser:
    """Add a command that `run` carries out; `text` says in the list of commands what it does."""
    parser = commands.add_parser(name, help=text, description=text.capitalize() + ".")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.set_defaults(run=run)
    return parser


# --- options of several commands --------------------------------------------------------------------------------------
def add_scenario(parser: Parser) -> None:
    """`--scenario`, `--config` or `--preset`; see `read_scenario`."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--scenario", metavar="FILE", help="scenario as JSON; '-' reads standard input")
    source.add_argument("--config", metavar="FILE", help="EV2Gym's own configuration, for instance V2GProfitMax.yaml")
    source.add_argument("--preset", help=", ".join(PRESETS))


def add_study(parser: Parser) -> None:
    """What every study has: agents, seeds, where to write and what to run on."""
    parser.add_argument("--agents", default="afap,cheapest,best", help="names, separated by commas")
    parser.add_argument("--seeds", metavar="FIRST:LAST", help="seeds, both included (the scenario's own seed)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="Parquet file; a stopped study resumes")
    parser.add_argument("--executor", choices=("local", "processes", "dask"), default="processes")
    parser.add_argument("--workers", type=int, default=2, help="number of processes (2)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of an existing Dask cluster, tcp://HOST:PORT")


# --- their values -----------------------------------------------------------------------------------------------------
def read_scenario(options: argparse.Namespace) -> Scenario:
    """The scenario that `--scenario`, `--config` or `--preset` names; the workplace where none is given.

    What a configuration holds that a scenario cannot is said on standard error.

    Raises
    ------
    ScenarioError, UsageError, OSError
    """
    if options.config is not None:
        scenario, keys = read = Scenario.from_ev2gym(Path(options.config))
        if read.summary():
            print(
                f"note: {Path(options.config).name}, {len(keys)} keys: {read.summary()}"
                " (see python -m core scenario --config FILE --keys)",
                file=sys.stderr,
            )
        return scenario
    if options.scenario is None:
        return preset(options.preset or "workplace")
    if options.scenario == "-":
        data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    else:
        with Path(options.scenario).open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ScenarioError("", f"the file is too large for a scenario; at most {MAX_FILE_BYTES} bytes are read")
    return Scenario.from_json(data)


def preset(name: str) -> Scenario:
    """The preset of this name. Raises `UsageError`."""
    if name not in PRESETS:
        raise UsageError(f"preset: there is no '{name[:40]}'; choose from {', '.join(PRESETS)}")
    return PRESETS[name]


def agents(options: argparse.Namespace) -> list[str]:
    """Names in `--agents`, one at least. Raises `UsageError`."""
    names = [name.strip() for name in options.agents.split(",") if name.strip()]
    if not names:
        raise UsageError("--agents: name at least one agent")
    return names


def seeds(options: argparse.Namespace) -> list[int] | None:
    """Seeds in `--seeds`, FIRST to LAST; None where it is not given. Raises `UsageError`."""
    if not options.seeds:
        return None
    first, _, last = options.seeds.partition(":")
    if not (first.isdigit() and (last or first).isdigit()):
        raise UsageError("--seeds: must be FIRST:LAST, for instance 0:9")
    return list(range(int(first), int(last or first) + 1))


def date(option: str, text: str) -> dt.date:
    """A local date, YYYY-MM-DD. Raises `UsageError`."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option}: must be a date such as 2022-01-17") from None


def numbers(name: str, spec: str, length: int) -> list[float]:
    """LOW:HIGH (`length` 2) or LOW:HIGH:COUNT (3) of `--field` for one field. Raises `UsageError`."""
    try:
        read = [float(part) for part in spec.split(":")]
    except ValueError:
        read = []
    if len(read) != length or not all(math.isfinite(number) for number in read):
        raise UsageError(f"--field {name}: '{spec[:40]}' must be {'LOW:HIGH:COUNT' if length == 3 else 'LOW:HIGH'}")
    return read
