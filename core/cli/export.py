"""`export`: EV2Gym's pickled environments and replays as result CSV and Parquet."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from core.cli.options import Commands, UsageError, command, file_to_write
from core.cli.output import print_json, print_table
from core.errors import EnerV2GizeError, quoted
from core.paths import write


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "export", run, "turn a trusted EV2Gym pickle into a result CSV and Parquet")
    parser.add_argument("file", type=Path, metavar="FILE", help="environment, environments by algorithm, or replay")
    parser.add_argument("--trusted", action="store_true", help="unpickle the file, which runs the code in it")
    parser.add_argument("--name", help="of the algorithm, where the file does not say (the file's name)")
    parser.add_argument("--results", type=file_to_write, metavar="FILE.csv", help="SoC by station, algorithm and step")
    parser.add_argument(
        "--out", type=file_to_write, metavar="FILE.parquet", help="the same, tidy; of a replay, its cars"
    )


def run(options: argparse.Namespace) -> None:
    """Print EV2Gym's own indicators, and write what is asked for."""
    told = quoted(options.file.name)
    if not options.trusted:
        raise UsageError(
            f"export: {told} is a pickle, and reading a pickle runs whatever code is in it; add --trusted only for a "
            "file that you made yourself, or whose maker you trust with this computer"
        )
    from core.cli import pickled
    from core.reports import exports
    from core.reports.result_csv import tidy, write_results

    found = pickled.read(options.file, options.name or options.file.stem)
    if options.results is not None:
        if found.run is None:
            raise EnerV2GizeError(
                f"{told}: a replay holds a day, not what was done on it, so there is no SoC to write; --out writes its "
                "cars, and the environment of a run (save_plots=True) holds both"
            )
        write(options.results, write_results([found.run]))
    if options.out is not None:
        write(options.out, exports.to_parquet(found.sessions if found.run is None else tidy(found.run)))
    if options.json:
        print_json({name: dict(values) for name, values in found.stats.items()})
    elif len(found.stats):
        print_table(found.stats)
    else:
        print_table(pd.DataFrame({"cars": found.sessions.groupby("algorithm", sort=False).size()}))
