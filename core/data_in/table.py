"""A visitor's file as a table of texts: CSV or Parquet, within limits that are checked before anything is parsed."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Final

import pandas as pd

from core.data_in.words import DataError

MOST_BYTES: Final = 8_000_000
MOST_ROWS: Final = 400_000
MOST_COLUMNS: Final = 200
MOST_CELL: Final = 2000
"""Characters of a cell of a file's first lines."""
MOST_PREAMBLE: Final = 30
"""Lines that may stand above the names of columns."""

_ENCODINGS: Final = ("utf-8-sig", "cp949", "cp1252")
_DELIMITERS: Final = (",", ";", "\t", "|")


@dataclass(frozen=True, eq=False)
class Table:
    """Texts by column; `above` are lines above the names of columns, `units` a line below them that holds no data."""

    frame: pd.DataFrame
    above: tuple[str, ...] = ()
    decimal_comma: bool = False

    @property
    def columns(self) -> list[str]:
        """Names, as in the file."""
        return [str(name) for name in self.frame.columns]


def read_table(data: bytes) -> Table:
    """Read a file's bytes.

    Raises
    ------
    DataError
        Where it is neither CSV nor Parquet, too large, or holds no rows.
    """
    if len(data) > MOST_BYTES:
        raise DataError("file_too_large", most=f"{MOST_BYTES:,}")
    return _parquet(data) if data[:4] == b"PAR1" else _csv(data)


def _parquet(data: bytes) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        shape = file.metadata
        size = sum(shape.row_group(i).total_byte_size for i in range(shape.num_row_groups))
        if shape.num_rows > MOST_ROWS:
            raise DataError("too_many_rows", most=f"{MOST_ROWS:,}")
        if shape.num_columns > MOST_COLUMNS:
            raise DataError("too_many_columns", most=MOST_COLUMNS)
        if size > 8 * MOST_BYTES:
            raise DataError("file_too_large", most=f"{8 * MOST_BYTES:,}")
        frame = file.read().to_pandas()
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError):
        raise DataError("not_a_table") from None
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    if frame.empty:
        raise DataError("no_rows")
    return Table(frame.apply(_texts).set_axis([str(name) for name in frame.columns], axis=1))


def _texts(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return pd.Series(column.dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%M:%SZ").fillna(""))
    if pd.api.types.is_datetime64_dtype(column.dtype):
        return pd.Series(column.dt.strftime("%Y-%m-%dT%H:%M:%S").fillna(""))
    return column.map(lambda value: "" if value is None or value != value else str(value)).astype(object)


def _csv(data: bytes) -> Table:
    if data.count(b"\n") > MOST_ROWS + MOST_PREAMBLE:
        raise DataError("too_many_rows", most=f"{MOST_ROWS:,}")
    text = _decoded(data)
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise DataError("no_rows")
    delimiter = max(_DELIMITERS, key=lambda mark: sum(mark in line for line in lines[:200]))
    if not any(delimiter in line for line in lines[:200]):
        raise DataError("not_a_table")
    csv.field_size_limit(max(csv.field_size_limit(), MOST_CELL))
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter, strict=False))
    except csv.Error:
        raise DataError("not_a_table") from None
    rows = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        raise DataError("no_rows")
    head = _head(rows)
    width = len(rows[head])
    if width > MOST_COLUMNS:
        raise DataError("too_many_columns", most=MOST_COLUMNS)
    names = rows[head]
    body = rows[head + 1 :]
    above = [" ".join(row) for row in rows[:head]]
    if body and not any(_looks_like_data(cell) for cell in body[0]):  # a second line of names, for instance units
        names = [f"{a} {b}".strip() for a, b in zip(names, [*body[0], *[""] * width], strict=False)]
        body = body[1:]
    if not body:
        raise DataError("no_rows")
    names = [name or f"column {k + 1}" for k, name in enumerate(names)]
    names = [name if names.index(name) == k else f"{name} ({k + 1})" for k, name in enumerate(names)]
    frame = pd.DataFrame([(row + [""] * width)[:width] for row in body], columns=names, dtype=object)
    return Table(frame, tuple(above), delimiter == ";")


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = _ENCODINGS
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        if "\0" in text:
            break
        return text
    raise DataError("not_a_table")


def _head(rows: list[list[str]]) -> int:
    """Index of the row that names columns: the last one of the first rows without data, as wide as those below."""
    widths = [len(row) for row in rows[: MOST_PREAMBLE + 20]]
    usual = max(set(widths), key=widths.count)
    for k, row in enumerate(rows[:MOST_PREAMBLE]):
        if len(row) >= usual and not any(_looks_like_data(cell) for cell in row):
            return k
    raise DataError("no_header")


def _looks_like_data(cell: str) -> bool:
    """Whether a cell is a number or a time, and so no name."""
    bare = cell.strip().lstrip("+-").replace(",", ".").replace(" ", "")
    return bool(bare) and bare[0].isdigit() and not any(name in cell for name in ("시", "/MWh", "/kWh", "H"))
