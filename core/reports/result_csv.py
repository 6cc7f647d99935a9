"""The result CSV of the original project: what each algorithm did at each station, step by step.

One row a station, algorithm and step, with the nine `COLUMNS`. The rules, where the original leaves them open:

- **CS Id** counts charging points. A station with one port is one; where stations have several, each port is one,
  numbered over the whole site as `World.sessions.port` is, so that no row mixes two cars.
- **SoC** is that of the car at the end of the step, as EV2Gym records it; 0 where no car is. A car that has just
  plugged in already counts: the row before its first step holds its SoC on arrival, and the change between two rows is
  what happened in the later one.
- **Charging Price** is what drivers pay [EUR/kWh] with a minus sign, **Discharging Price** what they are paid.
- **Average Price** is the mean Charging Price over all steps of the run. In the original's first row it differs from
  the Charging Price, so it is no mean up to now, and has its sign, so it is no mean of both prices.
- A file may hold several runs one after another. Where one lasts into the next, it is written up to there.

Files are read from anybody: nothing in them is believed before it is checked, and nothing of their text but checked
names of algorithms is handed on. Date, Time and Average Price follow from the other columns and are not read.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.accounts.trace import Trace
from core.errors import EnerV2GizeError, ResultFileError
from core.studies.run import Result
from core.world import World

Floats = NDArray[np.float64]

COLUMNS: Final = (
    "Timestamp", "Date", "Time", "Charging Price", "Discharging Price", "Average Price", "CS Id", "Algorithm Name",
    "SoC",
)  # fmt: skip

MAX_BYTES: Final = 20_000_000
"""Larger files are refused before they are read."""
MAX_ROWS: Final = 150_000
"""More rows are refused before they are parsed: a week of 20 stations under 12 algorithms has 142,800."""
MAX_PRICE: Final = 100.0
"""EUR/kWh: beyond it, prices are surely in another unit."""
MAX_STATION: Final = 9999
"""Four digits."""
MAX_NAME: Final = 60
"""Characters in the name of an algorithm."""
DECIMALS: Final = 9
"""Of what is written."""

NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
TIME: Final = re.compile(r"(?:19[7-9]|20[0-9])[0-9]-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?")

DANGEROUS: Final = re.compile("'*[=+@\\-＝＋－＠]")
"""Spreadsheets run a cell that begins like this as a formula; an apostrophe in front keeps it a text."""

BREAKS: Final = re.compile("[\t\r\n]+")
"""What may begin another cell where somebody pastes the text."""

SENTENCES: Final[Mapping[str, str]] = {
    "too_large": "The file is too large: at most {limit} MB are read.",
    "too_many_rows": "The file has too many rows: at most {limit} are read.",
    "empty": "The file is empty: it must hold a header and a row for each station, algorithm and step.",
    "encoding": "The file is not text in UTF-8: save it as CSV in that encoding.",
    "columns": "The first row must name these nine columns, each once: {columns}.",
    "cells": "Row {row} must have nine cells, one for each column.",
    "quotes": "Row {row} must be CSV: every quotation mark closed, no cell longer than {limit} characters.",
    "timestamp": "Row {row}, Timestamp: must be a date from 1970 on and a time, "
    "such as 2023-10-03 05:00:00 or 2023-10-03 05:00.",
    "price": "Row {row}, {column}: must be a number from -{limit} to {limit}, in EUR/kWh.",
    "station": "Row {row}, CS Id: must be a whole number from 0 to {limit}.",
    "algorithm": "Row {row}, Algorithm Name: must be a name of 1 to {limit} printable characters.",
    "soc": "Row {row}, SoC: must be a number from 0 (empty) to 1 (full).",
    "other_price": "Row {row}, {column}: must be the price of row {first}, which has the same Timestamp.",
    "repeated": "Row {row} has the Timestamp, CS Id and Algorithm Name of row {first}: each may occur once.",
    "missing": "CS Id {station} has no row at {time} for the algorithm of row {first}: every station and every "
    "algorithm must have one at each Timestamp.",
}
"""What is said of a file that cannot be read, by rule."""

PRICES: Final = ("Charging Price", "Discharging Price")

RULES: Final[Mapping[str, tuple[str, object]]] = {
    "Timestamp": ("timestamp", ""), **dict.fromkeys(PRICES, ("price", int(MAX_PRICE))),
    "CS Id": ("station", MAX_STATION), "Algorithm Name": ("algorithm", MAX_NAME), "SoC": ("soc", ""),
}  # fmt: skip
"""By column: the rule for its cells, and the limit that its sentence names."""


@dataclass(frozen=True, slots=True, eq=False)
class ResultFile:
    """What algorithms did at stations, step by step; what a result CSV holds.

    Parameters
    ----------
    times : numpy.ndarray of datetime64[s], [steps]
        Local times at which the steps begin, ascending.
    charging_eur_per_kwh, discharging_eur_per_kwh : numpy.ndarray of float64, [steps]
        What a driver pays for charging, and is paid for discharging [EUR/kWh].
    stations : tuple of int
        Their numbers, ascending.
    algorithms : tuple of str
        Their names, in the order in which the file first names them.
    soc_frac : numpy.ndarray of float64, [algorithms, steps, stations]
        State of charge at the end of the step, 0 where no car is plugged in.
    """

    times: NDArray[np.datetime64]
    charging_eur_per_kwh: Floats
    discharging_eur_per_kwh: Floats
    stations: tuple[int, ...]
    algorithms: tuple[str, ...]
    soc_frac: Floats


# --- writing ----------------------------------------------------------------------------------------------------------
def recorded(world: World, traces: Mapping[str, Trace]) -> ResultFile:
    """What a result CSV says of one day.

    Parameters
    ----------
    world : World
    traces : mapping of str to Trace
        By the algorithm's name, of that world.

    Returns
    -------
    ResultFile
        `stations` are ports, numbered over the site.
    """
    s, at = world.sessions, world.occupancy
    here = at >= 0
    soc = np.zeros((len(traces), world.n_steps, world.scenario.n_ports))
    # EV2Gym plugs a car in at the end of the step before its first; a car that leaves then still has that row.
    before = s.arrival_step - 1
    free = before >= 0
    free[free] = ~here[s.port[free], before[free]]
    for k, trace in enumerate(traces.values()):
        if len(s):
            soc[k] = np.where(here, trace.energy_kwh / s.capacity_kwh[at], 0.0).T
        soc[k, before[free], s.port[free]] = (s.arrival_energy_kwh / s.capacity_kwh)[free]
    return ResultFile(
        times=world.times_local.astype("datetime64[s]"),
        charging_eur_per_kwh=world.prices.buy_eur_per_kwh,
        discharging_eur_per_kwh=world.prices.sell_eur_per_kwh,
        stations=tuple(range(world.scenario.n_ports)),
        algorithms=tuple(traces),
        soc_frac=np.clip(soc, 0.0, 1.0),
    )


def write_results(runs: Sequence[ResultFile]) -> bytes:
    """One result CSV of one or several runs, in UTF-8; see the module for its rules.

    Parameters
    ----------
    runs : sequence of ResultFile
        Of the same stations and algorithms; no two may begin at the same time.

    Raises
    ------
    EnerV2GizeError
        Where they do, a name is none that could be read again, or there are more than `MAX_ROWS` rows.
    """
    runs = sorted(runs, key=lambda run: run.times[0])
    if not fits(sum(run.soc_frac.size for run in runs)):
        raise EnerV2GizeError(
            f"a result CSV has at most {MAX_ROWS:,} rows; name fewer agents or days, or a smaller site"
        )
    if len({(run.stations, run.algorithms) for run in runs}) != 1:
        raise EnerV2GizeError("a result file holds runs of the same stations and algorithms, at least one")
    if not all(_is_name(name) for name in runs[0].algorithms):
        raise EnerV2GizeError(f"names of algorithms must have 1 to {MAX_NAME} printable characters")
    begins = [run.times[0] for run in runs]
    if len(set(begins)) != len(begins):
        raise EnerV2GizeError("a result file holds each time once; two of these runs begin at the same time")
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for run, end in zip(runs, [*begins[1:], None], strict=True):
        rows.writerows(_rows(run, len(run.times) if end is None else int(np.searchsorted(run.times, end))))
    return text.getvalue().encode()


def _rows(run: ResultFile, n_steps: int) -> Iterator[tuple[Any, ...]]:
    stamps = [str(time).replace("T", " ") for time in run.times[:n_steps].astype("datetime64[s]")]
    pay, get = _decimals(-run.charging_eur_per_kwh), _decimals(run.discharging_eur_per_kwh)
    average = _decimals(np.mean(pay, keepdims=True))[0]
    soc = _decimals(run.soc_frac)
    for s, station in enumerate(run.stations):
        for a, name in enumerate(run.algorithms):
            algorithm = harmless(name)
            for i, stamp in enumerate(stamps):
                yield stamp, stamp[:10], stamp[11:], pay[i], get[i], average, station, algorithm, soc[a][i][s]


def harmless(text: str) -> str:
    """A cell's text as no spreadsheet runs it: on one line, an apostrophe in front where it is `DANGEROUS`."""
    line = BREAKS.sub(" ", text).strip() if BREAKS.search(text) else text
    return f"'{line}" if DANGEROUS.match(line) else line


def _decimals(values: Floats) -> Any:
    """Nested lists; no zero is negative."""
    return (np.round(values, DECIMALS) + 0.0).tolist()


def fits(rows: int) -> bool:
    """Whether a result CSV with so many rows can be read back."""
    return rows <= MAX_ROWS


def results_of(runs: Sequence[Result]) -> bytes:
    """One result CSV of runs of the same day by different agents."""
    return write_results([recorded(runs[0].world, {run.trace.agent: run.trace for run in runs})])


def tidy(run: ResultFile) -> pd.DataFrame:
    """The same rows under this project's names: a row a station, algorithm and step."""
    a, t, s = run.soc_frac.shape
    return pd.DataFrame(
        {
            "time_local": np.tile(np.repeat(run.times, s), a),
            "station": np.tile(np.array(run.stations), a * t),
            "algorithm": np.repeat(np.array(run.algorithms, dtype=object), t * s),
            "soc_frac": run.soc_frac.ravel(),
            "buy_eur_per_kwh": np.tile(np.repeat(run.charging_eur_per_kwh, s), a),
            "sell_eur_per_kwh": np.tile(np.repeat(run.discharging_eur_per_kwh, s), a),
        }
    )


# --- reading ----------------------------------------------------------------------------------------------------------
def read_results(data: bytes, name: str = "") -> ResultFile:
    """Read a result CSV that may come from anybody.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        What it is called, for errors.

    Returns
    -------
    ResultFile

    Raises
    ------
    ResultFileError
        With one sentence on the first thing that is wrong: which row and column, and what is allowed. Rows are counted
        as spreadsheets do, the header being row 1.
    """
    return _Reader(name).read(data)


class _Reader:
    """One reading of one file; keeps what has been met so that each text is checked once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._known: dict[str, dict[str, Any]] = {column: {} for column in COLUMNS}
        self._first_of: dict[str, int] = {}
        """Row in which an algorithm is named first."""

    def _fail(self, rule: str, **values: object) -> NoReturn:
        raise ResultFileError(self._name, rule, SENTENCES[rule].format(**values), values)

    def read(self, data: bytes) -> ResultFile:
        times, stations, algorithms, rows, soc = (array(kind) for kind in "qqqqd")
        prices: dict[int, tuple[int, float, float]] = {}
        numbers: dict[str, int] = {}
        for row, cells in self._cells(data):
            time, pay, get, station, algorithm, full = (
                self._once(column, cells[column], row, check) for column, check in CHECKS.items()
            )
            first, *before = prices.setdefault(time, (row, pay, get))
            for column, now, then in zip(PRICES, (pay, get), before, strict=True):
                if now != then:
                    self._fail("other_price", row=row, column=column, first=first)
            self._first_of.setdefault(algorithm, row)
            algorithms.append(numbers.setdefault(algorithm, len(numbers)))
            for values, value in ((times, time), (stations, station), (soc, full), (rows, row)):
                values.append(value)
        if not rows:
            self._fail("empty")
        integers = {"times": times, "stations": stations, "algorithms": algorithms, "rows": rows}
        columns = {name: np.array(values, dtype=np.int64) for name, values in integers.items()}
        return self._whole(**columns, soc=np.array(soc), prices=prices)

    def _cells(self, data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
        """Rows below the header, by column; blank ones are left out."""
        if len(data) > MAX_BYTES:
            self._fail("too_large", limit=MAX_BYTES // 1_000_000)
        if max(data.count(b"\n"), data.count(b"\r")) > MAX_ROWS + 1:
            self._fail("too_many_rows", limit=f"{MAX_ROWS:,}")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            self._fail("encoding")
        if not text.strip():
            self._fail("empty")
        row = 0
        try:
            lines = csv.reader(io.StringIO(text, newline=""), strict=True)
            header, row = [cell.strip() for cell in next(lines)], 1
            if sorted(header) != sorted(COLUMNS):
                self._fail("columns", columns=", ".join(COLUMNS))
            for row, cells in enumerate(lines, start=2):
                if not cells:
                    continue
                if len(cells) != len(header):
                    self._fail("cells", row=row)
                yield row, dict(zip(header, cells, strict=True))
        except csv.Error:
            self._fail("quotes", row=row + 1, limit=csv.field_size_limit())

    def _once(self, column: str, text: str, row: int, check: Callable[[str], Any]) -> Any:
        """The value of a cell; each text of a column is checked where it first occurs."""
        known = self._known[column]
        if text not in known:
            try:
                known[text] = check(text.strip())
            except ValueError:
                rule, limit = RULES[column]
                self._fail(rule, row=row, column=column, limit=limit)
        return known[text]

    def _whole(
        self,
        *,
        times: NDArray[np.int64],
        stations: NDArray[np.int64],
        algorithms: NDArray[np.int64],
        rows: NDArray[np.int64],
        soc: Floats,
        prices: Mapping[int, tuple[int, float, float]],
    ) -> ResultFile:
        """Put rows in their places; each place must be taken once."""
        moments, step = np.unique(times, return_inverse=True)
        numbers, station = np.unique(stations, return_inverse=True)
        names = tuple(self._first_of)
        shape = (len(names), len(moments), len(numbers))
        place = (algorithms * shape[1] + step) * shape[2] + station
        order = np.argsort(place, kind="stable")
        again = np.flatnonzero(np.diff(place[order]) == 0)
        if len(again):
            later = again[np.argmin(rows[order[again + 1]])]
            self._fail("repeated", row=int(rows[order[later + 1]]), first=int(rows[order[later]]))
        if len(place) != shape[0] * shape[1] * shape[2]:
            expected = np.arange(len(place))
            gap = int(np.argmax(place[order] != expected)) if (place[order] != expected).any() else len(place)
            a, rest = divmod(gap, shape[1] * shape[2])
            i, s = divmod(rest, shape[2])
            when = str(moments[i].astype("datetime64[s]")).replace("T", " ")
            self._fail("missing", station=int(numbers[s]), time=when, first=self._first_of[names[a]])
        in_order = [prices[moment] for moment in moments.tolist()]
        return ResultFile(
            times=moments.astype("datetime64[s]"),
            charging_eur_per_kwh=0.0 - np.array([pay for _, pay, _ in in_order]),
            discharging_eur_per_kwh=np.array([get for _, _, get in in_order]) + 0.0,
            stations=tuple(numbers.tolist()),
            algorithms=names,
            soc_frac=soc[order].reshape(shape),
        )


def _is_name(name: str) -> bool:
    return 1 <= len(name) <= MAX_NAME and name == name.strip() and name.isprintable()


# What cells may hold: each gives the value, or raises `ValueError`.
def _time(text: str) -> int:
    if not TIME.fullmatch(text):
        raise ValueError
    return int((dt.datetime.fromisoformat(text) - dt.datetime(1970, 1, 1)).total_seconds())


def _number(text: str, low: float, high: float) -> float:
    if len(text) > 40 or not NUMBER.fullmatch(text) or not low <= float(text) <= high:
        raise ValueError
    return float(text) + 0.0


def _price(text: str) -> float:
    return _number(text, -MAX_PRICE, MAX_PRICE)


def _station(text: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", text):
        raise ValueError
    return int(text)


def _algorithm(text: str) -> str:
    name = text[1:] if text.startswith("'") and DANGEROUS.match(text) else text
    if not _is_name(name):
        raise ValueError
    return name


def _soc(text: str) -> float:
    return _number(text, 0.0, 1.0)


CHECKS: Final[Mapping[str, Callable[[str], Any]]] = {
    "Timestamp": _time, "Charging Price": _price, "Discharging Price": _price, "CS Id": _station,
    "Algorithm Name": _algorithm, "SoC": _soc,
}  # fmt: skip
"""What is read, and how."""
