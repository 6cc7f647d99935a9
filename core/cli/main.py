"""The command line: what scripts and notebooks in other languages rely on.

Every command prints a table, or JSON with `--json`. Bad input gives one line on standard error and exit code 2.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd

from core.agents.registry import REFERENCE
from core.cli import notices
from core.errors import EnerV2GizeError, ScenarioError
from core.scenario import PRESETS, Scenario

if TYPE_CHECKING:
    from core.studies.study import Study

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
    scenario.add_argument("--ev2gym", action="store_true", help="EV2Gym's own YAML configuration of the preset instead")
    scenario.add_argument("--fields", action="store_true", help="the table of all fields instead")

    study = _command(commands, "study", _study, "run agents over many days and seeds")
    _add_scenario(study)
    study.add_argument("--days", metavar="FIRST:LAST", help="local dates, both included (the scenario's own date)")
    _add_study(study)

    sweep = _command(commands, "sweep", _sweep, "vary fields: a grid, or --latin for a Latin hypercube")
    _add_scenario(sweep)
    sweep.add_argument(
        "--field",
        action="append",
        required=True,
        metavar="NAME=SPEC",
        help="values A,B,C or LOW:HIGH:COUNT (with --latin LOW:HIGH); may be given several times",
    )
    sweep.add_argument("--latin", type=int, metavar="N", help="spread N scenarios over the ranges instead of a grid")
    _add_study(sweep)

    front = _command(commands, "front", _front, "trade-offs between stakeholders over the weights")
    _add_scenario(front)
    front.add_argument("--steps", type=int, default=5, help="shares per stakeholder, ends included (5)")
    _add_study(front)

    train = _command(commands, "train", _train, "train a learned agent and export it to pretrained/")
    train.add_argument("--algo", required=True, help="a2c, ars, ddpg, ppo, recurrentppo, sac, td3, tqc or trpo")
    train.add_argument("--timesteps", type=int, required=True, help="steps of single ports")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument(
        "--tracker", choices=("tensorboard", "wandb", "none"), default="none", help="log elsewhere too (none)"
    )
    train.add_argument("--resume", action="store_true", help="go on with a training that was stopped")

    regret = _command(commands, "regret", _regret, "judge agents on random held-out scenarios over all slider ranges")
    regret.add_argument("--scenarios", type=int, default=200, help="how many (200)")
    regret.add_argument("--seed", type=int, default=1, help="of the draw (1)")
    regret.add_argument(
        "--split", choices=("train", "validation", "test"), default="test", help="whose dates and seeds (test)"
    )
    regret.add_argument(
        "--agents", default="", help="names, separated by commas (the reference, mpc, best, all learned)"
    )
    regret.add_argument("--workers", type=int, default=2, help="number of processes (2)")

    bench = _command(commands, "bench", _bench, "measure speed and memory, all in one run")
    bench.add_argument("--only", default="", help="parts of the benchmark, separated by commas")
    bench.add_argument("--readme", action="store_true", help="also write the table in README.md")
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


def _add_study(command: argparse.ArgumentParser) -> None:
    command.add_argument("--agents", default="afap,cheapest,best", help="names, separated by commas")
    command.add_argument("--seeds", metavar="FIRST:LAST", help="seeds, both included (the scenario's own seed)")
    command.add_argument("--out", type=Path, metavar="FILE", help="Parquet file; a stopped study resumes")
    command.add_argument("--executor", choices=("local", "processes", "dask"), default="processes")
    command.add_argument("--workers", type=int, default=2, help="number of processes (2)")
    command.add_argument("--scheduler", metavar="ADDRESS", help="of an existing Dask cluster, tcp://HOST:PORT")


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
    from core.studies.run import simulate

    result = simulate(_read_scenario(options), options.agent)
    notices.say([result.scenario])
    totals = result.ledger.totals.as_dict()
    if not options.json:
        _print_table(pd.DataFrame({"value": totals}))
        return
    _print_json(
        {
            "agent": options.agent,
            "scenario": result.scenario.model_dump(mode="json"),
            "notices": notices.texts(result.scenario),
            "ledger": totals,
            "bound_eur": result.trace.bound_eur,
            "sessions": _records(result.ledger.sessions),
            "stations": _records(result.ledger.stations),
            "ev2gym_stats": dict(result.trace.ev2gym_stats),
        }
    )


def _compare(options: argparse.Namespace) -> None:
    from core.studies.run import compare

    scenario = _read_scenario(options)
    table = compare(scenario, _names(options))
    notices.say([scenario])
    if options.json:
        _print_json(notices.beside(_records(table), [scenario]))
    else:
        _print_table(table.set_index("agent").T)


def _names(options: argparse.Namespace) -> list[str]:
    names = [name.strip() for name in options.agents.split(",") if name.strip()]
    if not names:
        raise _UsageError("--agents: name at least one agent")
    return names


def _study(options: argparse.Namespace) -> None:
    from core.studies import study

    base = _read_scenario(options)
    first = last = base.date
    if options.days:
        start, _, end = options.days.partition(":")
        first, last = _date("--days", start), _date("--days", end or start)
    _run_study(options, study.over_days(base, first, last, _names(options), _seeds(options)))


def _sweep(options: argparse.Namespace) -> None:
    from core.studies import study

    base, names = _read_scenario(options), _names(options)
    specs = {}
    for text in options.field:
        name, separator, spec = text.partition("=")
        if not separator or name not in Scenario.model_fields:
            raise _UsageError(f"--field: '{text[:40]}' must be NAME=SPEC with a field of the scenario")
        specs[name] = spec
    if options.latin is not None:
        ranges = {name: _numbers(name, spec, (2,)) for name, spec in specs.items()}
        pairs = {name: (low, high) for name, (low, high) in ranges.items()}
        _run_study(options, study.latin_hypercube(base, pairs, options.latin, names, seed=base.seed))
        return
    grid = {name: _values(name, spec) for name, spec in specs.items()}
    _run_study(options, study.sweep(base, grid, names, _seeds(options)))


def _values(name: str, spec: str) -> list[Any]:
    """Values of a grid: A,B,C as they stand, LOW:HIGH:COUNT evenly spaced."""
    if ":" not in spec:
        return spec.split(",")
    low, high, count = _numbers(name, spec, (3,))
    if not 2 <= count <= 1000:
        raise _UsageError(f"--field {name}: COUNT must be from 2 to 1000")
    step = (high - low) / (int(count) - 1)
    values = [round(low + i * step, 10) for i in range(int(count))]
    return [int(value) if value == int(value) else value for value in values]


def _numbers(name: str, spec: str, lengths: tuple[int, ...]) -> list[float]:
    try:
        numbers = [float(part) for part in spec.split(":")]
    except ValueError:
        numbers = []
    if len(numbers) not in lengths or not all(math.isfinite(number) for number in numbers):
        raise _UsageError(f"--field {name}: '{spec[:40]}' must be {'LOW:HIGH:COUNT' if 3 in lengths else 'LOW:HIGH'}")
    return numbers


def _front(options: argparse.Namespace) -> None:
    from core.studies import study

    if not 2 <= options.steps <= 41:
        raise _UsageError("--steps: must be from 2 to 41")
    _run_study(options, study.front(_read_scenario(options), _names(options), options.steps, _seeds(options)))


def _seeds(options: argparse.Namespace) -> list[int] | None:
    if not options.seeds:
        return None
    first, _, last = options.seeds.partition(":")
    if not (first.isdigit() and (last or first).isdigit()):
        raise _UsageError("--seeds: must be FIRST:LAST, for instance 0:9")
    return list(range(int(first), int(last or first) + 1))


def _run_study(options: argparse.Namespace, study: Study) -> None:
    """Run with a progress bar on standard error; print a summary, or every row with `--json`."""
    from tqdm import tqdm

    from core.studies.study import captured_shares, paired_differences, run, with_cars

    _say_left_out(study)
    with tqdm(total=study.n_chunks, unit="chunk", file=sys.stderr, disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.n = done
            bar.refresh()

        table = run(
            study,
            out=options.out,
            executor=options.executor,
            workers=options.workers,
            scheduler=options.scheduler,
            progress=progress,
        )
    notices.say(study.scenarios)
    if options.json:
        _print_json(notices.beside(_records(table), study.scenarios))
        return
    money = ["objective_eur", "user_profit_eur", "provider_margin_eur", "grid_value_eur"]
    asked, table = len(study.scenarios), with_cars(table)
    days = len(table) // len(study.agents)
    if not days:
        print("No car comes in any of the scenarios.")
        return
    print(f"Means over the scenarios with cars, {days:,} of {asked:,}:")
    _print_table(table.groupby("agent", sort=False)[[*money, "ready_frac", "overload_kwh", "wear_kwh"]].mean())
    if REFERENCE in study.agents:
        print(f"\nObjective against {REFERENCE}, EUR per scenario, 95 % interval:")
        _print_table(paired_differences(table).set_index("agent"))
        if "best" in study.agents:
            print("\nShare of the possible gain, 95 % interval:")
            _print_table(captured_shares(table).set_index("agent"))


MOST_LEFT_OUT = 5
"""So many combinations that are left out are named."""


def _say_left_out(study: Study) -> None:
    """On standard error: what was asked for and is impossible, with the reason."""
    for case in study.left_out[:MOST_LEFT_OUT]:
        which = ", ".join(f"{name}={value}" for name, value in case.label.items())
        print(f"left out: {which} ({case.error})", file=sys.stderr)
    more = len(study.left_out) - MOST_LEFT_OUT
    if more > 0:
        print(f"left out: {more:,} more combinations that are impossible", file=sys.stderr)


def _train(options: argparse.Namespace) -> None:
    try:
        from core.training.train import Settings, train
    except ModuleNotFoundError as error:
        raise _UsageError(f"train: {error.name} is not installed; it is only needed for training") from None
    settings = Settings(options.algo, options.timesteps, seed=options.seed, tracker=options.tracker)
    card = train(settings, resume=options.resume)
    if options.json:
        _print_json(card)
    else:
        _print_table(pd.DataFrame({"validation": card["validation"]}))


def _regret(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from core.studies.regret import regret

    if not 1 <= options.scenarios <= 100_000:
        raise _UsageError("--scenarios: must be from 1 to 100000")
    if not 1 <= options.workers <= 64:
        raise _UsageError("--workers: must be from 1 to 64")
    with tqdm(total=options.scenarios, unit="scenario", file=sys.stderr, disable=None) as bar:
        result = regret(
            options.scenarios,
            seed=options.seed,
            split=options.split,
            agents=_names(options) if options.agents else None,
            workers=options.workers,
            progress=lambda done, total: bar.update(done - bar.n),
        )
    if options.json:
        _print_json(result)
        return
    _print_table(pd.DataFrame(result["agents"]).T)
    for name, groups in result["groups"].items():
        print(f"\nCaptured by {name}:")
        _print_table(pd.DataFrame({value: {a: f["captured"] for a, f in by.items()} for value, by in groups.items()}).T)


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
    if options.ev2gym:
        import yaml

        from core.engines.ev2gym import ev2gym_config

        print(yaml.safe_dump(ev2gym_config(_preset(options.preset)), sort_keys=False), end="")
        return
    if not options.fields:
        print(_preset(options.preset).to_json())
        return
    rows = Scenario.fields()
    if options.json:
        _print_json(json.loads(json.dumps(rows, default=str)))
        return
    table = pd.DataFrame(rows)
    table["allowed"] = [_allowed(row) for row in rows]
    _print_table(table.set_index("name")[["group", "unit", "allowed", "default", "meaning"]])


def _allowed(row: dict[str, Any]) -> str:
    if row["choices"]:
        return ", ".join(row["choices"])
    return "" if row["minimum"] is None else f"{row['minimum']}..{row['maximum']}"


def _bench(options: argparse.Namespace) -> None:
    from core.measure.bench import measure, write_readme

    figures = measure([part for part in options.only.split(",") if part])
    if options.readme:
        write_readme(figures)
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
        elif table[name].map(lambda value: isinstance(value, dt.date)).any():
            table[name] = table[name].map(str)
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
