"""What several commands share: their options, and how the values of options are read."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, Protocol, TypeAlias

from core.data_in.words import DataError
from core.errors import EnerV2GizeError, quoted
from core.scenario import MOST_BYTES, PRESETS, Scenario

MOST_DIGITS = 18

MOST_SAID = 300
"""Characters of what argparse says: it repeats arguments as they came."""

MOST_PATH = 160
"""Characters of a path that is repeated."""

LARGEST = 1e9
"""No field goes as far."""

MOST_SEEDS = 1_000_000
"""More scenarios than that no study holds."""


class UsageError(EnerV2GizeError):
    """The command line itself is wrong."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of printing the usage."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{quoted(message, MOST_SAID)} (see {self.prog} --help)")


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
    parser.add_argument("--out", type=file_to_write, metavar="FILE", help="Parquet file; a stopped study resumes")
    parser.add_argument("--executor", choices=("local", "processes", "dask"), default="processes")
    add_workers(parser)
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of an existing Dask cluster, tcp://HOST:PORT")


def add_workers(parser: Parser) -> None:
    """`--workers`: how many processes."""
    parser.add_argument("--workers", type=whole(1, 64), default=2, metavar="N", help="number of processes, 1 to 64 (2)")


def whole(low: int, high: int) -> Callable[[str], int]:
    """A type of options: whole numbers from `low` to `high`, in decimal digits."""

    def read(text: str) -> int:
        digits = text.removeprefix("-")
        # `int` also takes spaces, underscores and the digits of other scripts, and is slow for thousands of digits.
        if digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"'{quoted(text)}' must be a whole number from {low} to {high}")

    return read


def file_to_write(text: str) -> Path:
    """A type of options: a file that can be written, so that nobody waits for what cannot be kept."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"'{quoted(text)}' is a folder; name a file to write")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder '{quoted(str(path.parent), MOST_PATH)}' to write to")
    return _writable(path, path if path.exists() else path.parent)


def folder_to_write(text: str) -> Path:
    """A type of options: a folder that files can be written to, there or to be made."""
    path = Path(text)
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise argparse.ArgumentTypeError(f"'{quoted(str(there), MOST_PATH)}' is a file; name a folder to write to")
    return _writable(path, there)


def _writable(path: Path, there: Path) -> Path:
    if not os.access(there, os.W_OK):
        raise argparse.ArgumentTypeError(f"'{quoted(str(there), MOST_PATH)}' cannot be written to")
    return path


def add_results(parser: Parser) -> None:
    """Where to write the result CSV."""
    parser.add_argument(
        "--results", type=file_to_write, metavar="FILE.csv", help="also write SoC by station, agent and step"
    )


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
        return Scenario.from_json(sys.stdin.buffer.read(MOST_BYTES + 1))
    with Path(options.scenario).open("rb") as file:
        return Scenario.from_json(file.read(MOST_BYTES + 1))


@contextmanager
def of_file(file: Path) -> Iterator[None]:
    """What is wrong with a file's data is said of that file."""
    try:
        yield
    except DataError as error:
        raise UsageError(f"{quoted(file.name)}: {error}") from None


def preset(name: str) -> Scenario:
    """The preset of this name. Raises `UsageError`."""
    if name not in PRESETS:
        raise UsageError(f"preset: there is no '{quoted(name)}'; choose from {', '.join(PRESETS)}")
    return PRESETS[name]


def agents(options: argparse.Namespace) -> list[str]:
    """Names in `--agents`, one at least and each once. Raises `UsageError`."""
    names = dict.fromkeys(name.strip() for name in options.agents.split(",") if name.strip())
    if not names:
        raise UsageError("--agents: name at least one agent")
    return list(names)


LAST_SEED = next(row["maximum"] for row in Scenario.fields() if row["name"] == "seed")
_seed = whole(0, LAST_SEED)


def seeds(options: argparse.Namespace) -> list[int] | None:
    """Seeds in `--seeds`, FIRST to LAST; None where it is not given. Raises `UsageError`."""
    if not options.seeds:
        return None
    first, _, last = options.seeds.partition(":")
    try:
        begin, end = _seed(first), _seed(last or first)
    except argparse.ArgumentTypeError:
        begin, end = 1, 0
    if begin > end:
        raise UsageError(f"--seeds: must be FIRST:LAST from 0 to {LAST_SEED}, for instance 0:9")
    if end - begin >= MOST_SEEDS:
        raise UsageError(f"--seeds: at most {MOST_SEEDS:,} seeds")
    return list(range(begin, end + 1))


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
    if len(read) != length or not all(abs(number) <= LARGEST for number in read):
        raise UsageError(f"--field {name}: '{quoted(spec)}' must be {'LOW:HIGH:COUNT' if length == 3 else 'LOW:HIGH'}")
    return read
