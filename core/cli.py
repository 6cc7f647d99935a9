"""The command line: what scripts and notebooks in other languages rely on.

Every command prints a table, or JSON with `--json`. Bad input gives one line on standard error and exit code 2.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd

from core.errors import EnerV2GizeError, ScenarioError
from core.scenario import PRESETS, Scenario

MAX_SCENARIO_BYTES = 100_000
"""A scenario file is a few kilobytes; anything much larger is not one."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of printing the usage."""

    def error(self, message: str) -> NoReturn:
        raise _UsageError(f"{message} (see {self.prog} --help)")


class _UsageError(EnerV2GizeError):
    """The command line itself is wrong."""


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
    except (EnerV2GizeError, OSError) as error:
        text = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error)
        print(f"error: {' '.join(text.split())}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core", description="Vehicle-to-Grid scenarios on the real EV2Gym.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    simulate = _command(commands, "simulate", _simulate, "run one agent through one scenario")
    _add_scenario(simulate)
    simulate.add_argument("--agent", default="afap", help="name of the agent (afap)")

    compare = _command(commands, "compare", _compare, "run several agents on the same day")
    _add_scenario(compare)
    compare.add_argument("--agents", default="afap,alap,rr,cheapest,best", help="names, separated by commas")

    prices = _command(commands, "prices", _prices, "day-ahead prices, hour by hour")
    prices.add_argument("--from", dest="start", required=True, metavar="DATE", help="first local date, YYYY-MM-DD")
    prices.add_argument("--to", dest="end", required=True, metavar="DATE", help="last local date, YYYY-MM-DD")

    scenario = _command(commands, "scenario", _scenario, "print a preset's JSON, or the table of all fields")
    scenario.add_argument("--preset", default="workplace", help=", ".join(PRESETS))
    scenario.add_argument("--fields", action="store_true", help="the table of all fields instead")

    bench = _command(commands, "bench", _bench, "measure speed and memory, all in one run")
    bench.add_argument("--only", default="", help="parts of the benchmark, separated by commas")
    return parser


def _command(commands: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text.capitalize() + ".")
    command.add_argument("--json", action="store_true", help="print JSON instead of a table")
    command.set_defaults(run=run)
    return command


def _add_scenario(command: argparse.ArgumentParser) -> None:
    source = command.add_mutually_exclusive_group()
    source.add_argument("--scenario", metavar="FILE", help="scenario as JSON; '-' reads standard input")
    source.add_argument("--preset", help=", ".join(PRESETS))


def _read_scenario(options: argparse.Namespace) -> Scenario:
    if options.scenario is None:
        return _preset(options.preset or "workplace")
    if options.scenario == "-":
        data = sys.stdin.buffer.read(MAX_SCENARIO_BYTES + 1)
    else:
        with Path(options.scenario).open("rb") as file:
            data = file.read(MAX_SCENARIO_BYTES + 1)
    if len(data) > MAX_SCENARIO_BYTES:
        raise ScenarioError("", f"the file is too large for a scenario; at most {MAX_SCENARIO_BYTES} bytes are read")
    return Scenario.from_json(data)


def _preset(name: str) -> Scenario:
    if name not in PRESETS:
        raise _UsageError(f"preset: there is no '{name[:40]}'; choose from {', '.join(PRESETS)}")
    return PRESETS[name]


def _simulate(options: argparse.Namespace) -> None:
    from core.run import simulate

    result = simulate(_read_scenario(options), options.agent)
    totals = result.ledger.totals.as_dict()
    if not options.json:
        _print_table(pd.DataFrame({"value": totals}))
        return
    _print_json(
        {
            "agent": options.agent,
            "scenario": result.scenario.model_dump(mode="json"),
            "ledger": totals,
            "bound_eur": result.trace.bound_eur,
            "sessions": _records(result.ledger.sessions),
            "stations": _records(result.ledger.stations),
            "ev2gym_stats": dict(result.trace.ev2gym_stats),
        }
    )


def _compare(options: argparse.Namespace) -> None:
    from core.run import compare

    names = [name.strip() for name in options.agents.split(",") if name.strip()]
    if not names:
        raise _UsageError("--agents: name at least one agent")
    table = compare(_read_scenario(options), names)
    if options.json:
        _print_json(_records(table))
    else:
        _print_table(table.set_index("agent").T)


def _prices(options: argparse.Namespace) -> None:
    from core.tariffs import day_ahead

    table = day_ahead.between(_date("--from", options.start), _date("--to", options.end))
    if options.json:
        _print_json(_records(table[["time_local", "time_utc", "eur_per_kwh", "filled"]]))
    else:
        _print_table(table)


def _date(option: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise _UsageError(f"{option}: must be a date such as 2022-01-17") from None


def _scenario(options: argparse.Namespace) -> None:
    if not options.fields:
        print(_preset(options.preset).to_json())
        return
    rows = Scenario.fields()
    if options.json:
        _print_json(json.loads(json.dumps(rows, default=str)))
        return
    table = pd.DataFrame(rows)
    table["allowed"] = [
        ", ".join(row["choices"]) if row["choices"] else "" if row["minimum"] is None else f"{row['minimum']}..{row['maximum']}"
        for row in rows
    ]
    _print_table(table.set_index("name")[["group", "unit", "allowed", "default", "meaning"]])


def _bench(options: argparse.Namespace) -> None:
    from core.bench import measure

    figures = measure([part for part in options.only.split(",") if part])
    if options.json:
        _print_json(figures)
    else:
        _print_table(pd.DataFrame({"value": figures}))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values: times as ISO text, missing numbers as null."""
    table = table.copy()
    for name in table.columns:
        if pd.api.types.is_datetime64_any_dtype(table[name]):
            table[name] = table[name].map(lambda time: time.isoformat())
    records: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=15))
    return records


def _print_json(value: Any) -> None:
    print(json.dumps(_finite(value), indent=2, ensure_ascii=False))


def _finite(value: Any) -> Any:
    """JSON has no NaN: null stands for it."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_table(table: pd.DataFrame) -> None:
    with pd.option_context("display.width", 200, "display.max_columns", 30, "display.max_colwidth", 100):
        print(table.to_string(float_format=lambda value: f"{value:,.3f}"))
