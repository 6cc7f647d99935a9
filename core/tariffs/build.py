"""Make ``data/day_ahead_nl.parquet`` from the price CSV inside the installed ev2gym package.

Run ``python -m core.tariffs.build``. The CSV (ev2gym 2.0.0) is not used as it is because it changes its date format
on the way: ISO stamps up to 2023-09-30, one row without stamps, then ``dd/mm/yyyy HH:MM`` stamps that start again at
2022-12-31 23:00 UTC. A parser left to guess swaps day and month wherever both are at most 12.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from core.errors import EnerV2GizeError
from core.paths import DATA, ev2gym_data

if TYPE_CHECKING:
    import pandas as pd

CSV_NAME: Final = "Netherlands_day-ahead-2015-2024.csv"
PARQUET_PATH: Final = DATA / "day_ahead_nl.parquet"
TIME_ZONE: Final = ZoneInfo("Europe/Amsterdam")

_UTC, _LOCAL, _PRICE = "Datetime (UTC)", "Datetime (Local)", "Price (EUR/MWhe)"

# One pattern and one format a block, in the order of the file: nothing is ever guessed.
_BLOCKS: Final = (
    (r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", "%Y-%m-%d %H:%M:%S"),
    (r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}", "%d/%m/%Y %H:%M"),
)


class PriceFileError(EnerV2GizeError):
    """The price CSV is missing or is not the file that this command knows how to clean."""


def locate_csv() -> Path:
    """Find the price CSV in the installed ev2gym package without importing the package.

    Returns
    -------
    pathlib.Path
        The CSV.

    Raises
    ------
    PriceFileError
        If ev2gym is not installed or does not hold the file.
    """
    try:
        path = ev2gym_data() / CSV_NAME
    except ModuleNotFoundError:
        raise PriceFileError("The package ev2gym is not installed, so its price CSV cannot be read.") from None
    if not path.is_file():
        raise PriceFileError(f"The installed ev2gym package holds no data/{CSV_NAME}.")
    return path


def clean(csv_path: Path) -> pd.DataFrame:
    """Read the price CSV and return one row an hour.

    Parameters
    ----------
    csv_path : pathlib.Path
        CSV with the columns ``Datetime (UTC)``, ``Datetime (Local)`` and ``Price (EUR/MWhe)``.

    Returns
    -------
    pandas.DataFrame
        One row an hour, ordered by ``time_utc``: ``time_utc`` and ``time_local`` (naive datetime64[ns], start of
        the hour, the latter Europe/Amsterdam wall clock), ``utc_offset_hours`` (int8), ``eur_per_kwh`` (float64)
        and ``filled`` (bool, true where the CSV has no such hour).

    Raises
    ------
    PriceFileError
        If a row fits neither date format, a price is no number, the CSV's local column disagrees with the time
        zone, an hour occurs twice within one block, or more than one hour in a row is missing.

    Notes
    -----
    Where the two blocks overlap (January to September 2023) the later one wins. A missing hour takes the mean of
    the hour before it and the hour after it.
    """
    import numpy as np
    import pandas as pd

    raw = pd.read_csv(csv_path, dtype=str, keep_default_na=False)
    missing = {_UTC, _LOCAL, _PRICE} - set(raw.columns)
    if missing:
        raise PriceFileError(f"The price CSV lacks the columns {sorted(missing)}.")
    # The row between the blocks has a price (0.0) but no hour that it could belong to.
    rows = raw[(raw[_UTC] != "") | (raw[_LOCAL] != "")]
    blocks = []
    for pattern, date_format in _BLOCKS:
        block = rows[rows[_UTC].str.fullmatch(pattern) & rows[_LOCAL].str.fullmatch(pattern)]
        utc = pd.to_datetime(block[_UTC], format=date_format)
        if utc.duplicated().any():
            raise PriceFileError("The price CSV gives an hour twice within one block.")
        blocks.append(
            pd.DataFrame(
                {
                    "time_utc": utc,
                    "time_local": pd.to_datetime(block[_LOCAL], format=date_format),
                    "eur_per_mwh": pd.to_numeric(block[_PRICE], errors="coerce").astype("float64"),
                }
            )
        )
    table = pd.concat(blocks)
    if len(table) != len(rows):
        raise PriceFileError(f"{len(rows) - len(table)} rows of the price CSV fit neither of its date formats.")
    if not np.isfinite(table["eur_per_mwh"]).all():
        raise PriceFileError("At least one row of the price CSV holds no number as its price.")
    if (_to_local(table["time_utc"]) != table["time_local"]).any():
        raise PriceFileError("The price CSV's local times disagree with the time zone Europe/Amsterdam.")

    price = table.drop_duplicates("time_utc", keep="last").set_index("time_utc")["eur_per_mwh"].sort_index()
    hours = pd.date_range(price.index[0], price.index[-1], freq="h", unit="ns")
    price = price.reindex(hours)
    filled = price.isna()
    price = price.fillna((price.shift(1) + price.shift(-1)) / 2.0)
    if price.isna().any():
        raise PriceFileError("The price CSV lacks two hours in a row: neighbours cannot fill them.")

    time_utc = pd.Series(hours)
    time_local = _to_local(time_utc)
    offset = (time_local - time_utc) // pd.Timedelta(hours=1)
    return pd.DataFrame(
        {
            "time_utc": time_utc,
            "time_local": time_local,
            "utc_offset_hours": offset.astype("int8"),
            "eur_per_kwh": price.to_numpy() / 1000.0,
            "filled": filled.to_numpy(),
        }
    )


def _to_local(time_utc: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    """Turn naive UTC times into naive Europe/Amsterdam wall clock."""
    return time_utc.dt.tz_localize("UTC").dt.tz_convert(TIME_ZONE).dt.tz_localize(None)


def build(parquet_path: Path = PARQUET_PATH, csv_path: Path | None = None) -> pd.DataFrame:
    """Clean the price CSV and write the Parquet file in one move.

    Parameters
    ----------
    parquet_path : pathlib.Path
        File to write; replaced if it is there.
    csv_path : pathlib.Path, optional
        CSV to read; by default the one of the installed ev2gym package.

    Returns
    -------
    pandas.DataFrame
        The table that was written, as `clean` returns it.

    Raises
    ------
    PriceFileError
        If the CSV cannot be found or cleaned.
    """
    table = clean(locate_csv() if csv_path is None else csv_path)
    # Hourly times are nothing but equal steps: coded as differences, the file is a seventh of the size.
    write_parquet(
        table, parquet_path, dictionary=["eur_per_kwh", "utc_offset_hours"], differences=["time_utc", "time_local"]
    )
    return table


def write_parquet(table: pd.DataFrame, path: Path, *, dictionary: list[str], differences: list[str]) -> None:
    """Write a small Parquet file in one move: a reader never meets half a file.

    Parameters
    ----------
    table : pandas.DataFrame
    path : pathlib.Path
        Replaced if it is there.
    dictionary, differences : list of str
        Columns whose values repeat, and columns that rise in equal steps.
    """
    handle, name = tempfile.mkstemp(suffix=".parquet", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        table.to_parquet(
            temporary,
            engine="pyarrow",
            index=False,
            compression="zstd",
            compression_level=15,
            use_dictionary=dictionary,
            column_encoding=dict.fromkeys(differences, "DELTA_BINARY_PACKED"),
        )
        temporary.chmod(0o644)  # mkstemp makes it private to its owner
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code (0 done, 2 with one line on stderr)."""
    parser = argparse.ArgumentParser(prog="python -m core.tariffs.build", description="Rebuild the price table.")
    parser.add_argument("--csv", type=Path, help="price CSV (default: the one of the installed ev2gym)")
    parser.add_argument("--out", type=Path, default=PARQUET_PATH, help="file to write (default: the one in data)")
    options = parser.parse_args(arguments)
    try:
        table = build(options.out, options.csv)
    except (PriceFileError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    first, last, filled = table["time_utc"].iloc[0], table["time_utc"].iloc[-1], int(table["filled"].sum())
    print(f"{len(table)} hours from {first} to {last} UTC, {filled} of them filled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
