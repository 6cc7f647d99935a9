"""A visitor's file as a series: what was detected, what was found, what must still be said, and the series itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data_in.series import FILLED, MISSING, MOST_LABEL, READ, STEPS_MIN, OwnSeries
from core.data_in.table import MOST_BYTES, Table, read_table
from core.data_in.times import AS_WRITTEN, ZONES, Times, read_times, spring_gaps, to_wall
from core.data_in.words import DataError
from core.errors import quoted

Quantity = Literal["price", "power"]

UNITS: Final[dict[str, tuple[str, float]]] = {
    "EUR/MWh": ("EUR/kWh", 1e-3), "EUR/kWh": ("EUR/kWh", 1.0), "ct/kWh": ("EUR/kWh", 1e-2),
    "KRW/kWh": ("KRW/kWh", 1.0), "KRW/MWh": ("KRW/kWh", 1e-3),
    "GBP/kWh": ("rate", 1.0), "GBp/kWh": ("rate", 1e-2), "GBP/MWh": ("rate", 1e-3),
    "USD/MWh": ("rate", 1e-3), "USD/kWh": ("rate", 1.0),
    "W": ("kW", 1e-3), "kW": ("kW", 1.0), "MW": ("kW", 1e3), "Wh": ("energy", 1e-3), "kWh": ("energy", 1.0),
}  # fmt: skip
"""Units of files: what they become, and by what factor. ``rate`` needs an exchange rate, ``energy`` is by the step."""
PRICE_UNITS: Final = tuple(unit for unit, (kind, _) in UNITS.items() if kind not in ("kW", "energy"))
POWER_UNITS: Final = tuple(unit for unit, (kind, _) in UNITS.items() if kind in ("kW", "energy"))

FORMATS: Final = ("entsoe", "energy_charts", "octopus", "kepco_smp", "caiso", "by_hour", "plain")
"""Kinds of files that are recognised: the Korean market's system marginal price, a row a day, and so on."""

_FORMAT: Final[dict[str, dict[str, str]]] = {
    "entsoe": {"site_zone": "Europe/Brussels"},
    "energy_charts": {"site_zone": "Europe/Berlin"},
    "octopus": {"site_zone": "Europe/London", "unit": "GBp/kWh"},
    "kepco_smp": {"zone": "Asia/Seoul", "site_zone": "Asia/Seoul", "unit": "KRW/kWh"},
    "caiso": {"site_zone": "America/Los_Angeles", "unit": "USD/MWh"},
}

MOST_WITHOUT_TIME: Final = 0.2
MOST_WITHOUT_NUMBER: Final = 0.5
"""Shares of a file's rows that may lack a time, and a number."""

LARGEST_NUMBER: Final = 1e12
"""In any unit; what a series holds is less."""

MOST_NAMED: Final = 10
"""So many columns of a file are named."""

MOST_FILLED_MIN: Final = 120
"""A gap as long as this lies between its neighbours; a longer one stays a gap."""
_FILE_STEPS: Final = (1, 5, 10, 15, 30, 60)

_UNIT_WORDS: Final = (
    (r"(?:€|eur)\s*/\s*mwh", "EUR/MWh"), (r"(?:€|eur)\s*/\s*kwh", "EUR/kWh"), (r"(?:ct|cents?)\s*/\s*kwh", "ct/kWh"),
    (r"(?:원|krw|won)\s*/\s*kwh", "KRW/kWh"), (r"(?:원|krw|won)\s*/\s*mwh", "KRW/MWh"),
    (r"(?:£|gbp)\s*/\s*mwh", "GBP/MWh"), (r"(?:£|gbp)\s*/\s*kwh", "GBP/kWh"), (r"(?:p|pence)\s*/\s*kwh", "GBp/kWh"),
    (r"(?:\$|usd)\s*/\s*mwh", "USD/MWh"), (r"(?:\$|usd)\s*/\s*kwh", "USD/kWh"),
    (r"eur_per_kwh", "EUR/kWh"), (r"eur_per_mwh", "EUR/MWh"), (r"krw_per_kwh", "KRW/kWh"),
    (r"(?<![a-z])mwh?(?![a-z])", "MW"), (r"(?<![a-z])kwh(?![a-z])", "kWh"), (r"(?<![a-z])kw(?![a-z])", "kW"),
    (r"(?<![a-z])wh(?![a-z])", "Wh"), (r"(?<![a-z])w(?![a-z])", "W"),
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What a visitor says of a file; None leaves it to detection.

    Parameters
    ----------
    column, time_column : str, optional
        Names in the file.
    unit : str, optional
        One of `UNITS`.
    zone : str, optional
        Clock of times without an offset, one of `core.data_in.times.ZONES` or `AS_WRITTEN`.
    site_zone : str, optional
        Clock of the site, likewise.
    order : {"day_first", "month_first"}, optional
        How dates such as 1/2/2023 are meant.
    eur_per_unit : float, optional
        Euros for one pound or dollar.
    node : str, optional
        Which rows of a file with several places or auctions.
    """

    column: str | None = None
    time_column: str | None = None
    unit: str | None = None
    zone: str | None = None
    site_zone: str | None = None
    order: str | None = None
    eur_per_unit: float | None = None
    node: str | None = None


@dataclass(frozen=True)
class Detected:
    """How a file is read; each value can be said otherwise (`Said`)."""

    format: str
    time_column: str
    column: str
    columns: tuple[str, ...]
    unit: str | None
    zone: str
    site_zone: str | None
    order: str
    resolution_min: int | None = None
    node: str | None = None
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something about a file, with how often: a key of `core.data_in.words.FINDINGS` and what is filled in."""

    key: str
    n: int
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Reading:
    """What came of a file: `series` is None as long as `questions` (names of fields of `Said`) are open."""

    label: str
    detected: Detected
    findings: tuple[Finding, ...]
    questions: tuple[str, ...]
    series: OwnSeries | None

    def must(self) -> OwnSeries:
        """The series. Raises `DataError` where something must be said first."""
        if self.series is None:
            raise DataError("question", what=", ".join(self.questions))
        return self.series


def read_series(
    source: bytes | str | Path, quantity: Quantity = "price", said: Said | None = None, label: str = ""
) -> Reading:
    """Read a file of prices or of power.

    Parameters
    ----------
    source : bytes or path
        Of a CSV or Parquet file.
    quantity : {"price", "power"}
    said : Said, optional
    label : str, optional
        What the series is called; a path's own name by default.

    Raises
    ------
    DataError
        Where it cannot be read at all, or something said is not allowed.
    """
    said = said or Said()
    _check(said, quantity)
    if isinstance(source, bytes):
        data = source
    else:
        with Path(source).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        label = label or Path(source).name
    label = quoted(label or quantity, MOST_LABEL - 1)
    table = read_table(data)
    findings: list[Finding] = []
    table, kind, nodes, node = _recognised(table, quantity, said, findings)
    time_column = _time_column(table, said)
    column = _value_column(table, kind, time_column, quantity, said)
    times = read_times(table.frame[time_column], said.order)
    defaults = _FORMAT.get(kind, {})
    unit = said.unit or _unit(table, column, quantity) or (defaults.get("unit") if quantity == "price" else None)
    zone, site_zone = _zones(kind, table, time_column, times, said)
    detected = Detected(
        kind, time_column, column, tuple(table.columns), unit, zone, site_zone, said.order or times.order,
        None, node, nodes,
    )  # fmt: skip
    questions = [
        name
        for name, open_ in (
            ("unit", unit is None),
            ("eur_per_unit", unit is not None and UNITS[unit][0] == "rate" and said.eur_per_unit is None),
            ("site_zone", site_zone is None),
            ("order", times.order == "unsure"),
            ("node", len(nodes) > 1 and node is None),
        )
        if open_
    ]
    if len(times.formats) > 1:
        shown = ", ".join(f"{name} {n}" for name, n in times.formats.items())
        findings.append(Finding("mixed_formats", len(times.formats), {"formats": shown}))
    if questions:
        return Reading(label, detected, tuple(findings), tuple(questions), None)
    assert unit is not None
    assert site_zone is not None
    numbers, step, start, state = _on_grid(table, column, times, zone, site_zone, quantity, findings)
    detected = replace(detected, resolution_min=step)
    becomes, factor = UNITS[unit]
    numbers = numbers * factor * (said.eur_per_unit or 1.0 if becomes == "rate" else 1.0)
    if becomes == "energy":
        numbers = numbers * 60 / step
    numbers, state, kept = _in_steps(numbers, state, step, start, findings)
    n = int((numbers[state != MISSING] < 0).sum())
    if n:
        findings.append(Finding("negative", n, {}))
    target = {"rate": "EUR/kWh", "energy": "kW"}.get(becomes, becomes)
    if target == "EUR/kWh" and not 0.002 <= float(np.nanmedian(np.abs(numbers))) <= 2:
        findings.append(Finding("unlikely", 1, {"median": f"{float(np.nanmedian(np.abs(numbers))):.4g}"}))
    series = OwnSeries.of(numbers, target, start=start, step_min=kept, state=state, label=label)
    return Reading(label, detected, tuple(findings), (), series)


def _check(said: Said, quantity: Quantity) -> None:
    allowed = PRICE_UNITS if quantity == "price" else POWER_UNITS
    if said.unit is not None and said.unit not in allowed:
        raise DataError("no_unit", unit=quoted(said.unit), allowed=", ".join(allowed))
    for zone in (said.zone, said.site_zone):
        if zone is not None and zone not in (*ZONES, AS_WRITTEN):
            raise DataError("no_zone", zone=quoted(zone), allowed=", ".join((AS_WRITTEN, *ZONES)))
    if said.order not in (None, "day_first", "month_first"):
        raise DataError("no_order", order=quoted(said.order))
    if said.eur_per_unit is not None and not 1e-6 <= said.eur_per_unit <= 1e6:
        raise DataError("no_rate")


# --- what kind of file ------------------------------------------------------------------------------------------------
def _recognised(
    table: Table, quantity: Quantity, said: Said, findings: list[Finding]
) -> tuple[Table, str, tuple[str, ...], str | None]:
    """The table with the rows that count, its kind, and what there is to choose from."""
    names = table.columns
    low = [name.lower() for name in names]
    frame = table.frame
    wide = _hours_of(names)
    if len(wide) == 24:
        kind = "kepco_smp" if any("시" in name or "기간" in name or "구분" in name for name in names) else "by_hour"
        return replace(table, frame=_tall(frame, wide)), kind, (), None
    if quantity == "power":
        return table, "plain", (), None
    if any(name.startswith("mtu") for name in low):
        at = next((name for name in names if name.lower() == "sequence"), None)
        if at is not None:
            return _chosen(table, "entsoe", at, said, findings)
        return table, "entsoe", (), None
    if "lmp_type" in low or "intervalstarttime_gmt" in low:
        by_name = dict(zip(low, names, strict=True))
        if "lmp_type" in by_name:
            rows = frame[by_name["lmp_type"]].str.upper() == "LMP"
            if not rows.all() and rows.any():
                findings.append(Finding("other_rows", int((~rows).sum()), {"column": by_name["lmp_type"]}))
                table = replace(table, frame=frame[rows].reset_index(drop=True))
        at = by_name.get("node") or by_name.get("node_id")
        return _chosen(table, "caiso", at, said, findings) if at else (table, "caiso", (), None)
    if {"valid_from", "value_inc_vat"} <= set(low) or {"valid_from", "value_exc_vat"} <= set(low):
        return table, "octopus", (), None
    if re.search(r"energy.?charts|day.?ahead (?:auktion|auction)", " ".join((*table.above, *low)).lower()):
        return table, "energy_charts", (), None
    return table, "plain", (), None


def _chosen(
    table: Table, kind: str, column: str, said: Said, findings: list[Finding]
) -> tuple[Table, str, tuple[str, ...], str | None]:
    """The rows of one place or auction; where there are several, the visitor says which."""
    values = tuple(sorted(set(table.frame[column])))[:50]
    if len(values) < 2:
        return table, kind, values, values[0] if values else None
    if said.node is None:
        return table, kind, values, None
    if said.node not in values:
        raise DataError("no_node", node=quoted(said.node), allowed=quoted(", ".join(values), 200))
    rows = table.frame[column] == said.node
    findings.append(Finding("other_rows", int((~rows).sum()), {"column": column}))
    return replace(table, frame=table.frame[rows].reset_index(drop=True)), kind, values, said.node


def _hours_of(names: list[str]) -> dict[str, int]:
    """Columns that are hours of a day, 1 to 24 (the hour that ends then) or 0 to 23."""
    hours = {}
    for name in names:
        match = re.fullmatch(r"(?:H|h)?0?(\d{1,2})\s*(?:시|h|H|:00)?", name.strip())
        if match:
            hours[name] = int(match.group(1))
    values = sorted(hours.values())
    if values == list(range(1, 25)):
        return {name: hour - 1 for name, hour in hours.items()}
    return hours if values == list(range(24)) else {}


def _tall(frame: pd.DataFrame, hours: Mapping[str, int]) -> pd.DataFrame:
    """A row a day as a row an hour."""
    day = next(name for name in frame.columns if name not in hours)
    parts = [
        pd.DataFrame({"time": frame[day].astype(str) + f" {hour:02d}:00", "price": frame[name].to_numpy()})
        for name, hour in hours.items()
    ]
    # Row by row, as they stand in the file.
    out = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    return out[out["price"].astype(str).str.strip() != ""].reset_index(drop=True)


# --- columns, unit, clock ---------------------------------------------------------------------------------------------
def _named(table: Table) -> str:
    more = ["…"] if len(table.columns) > MOST_NAMED else []
    return ", ".join([*(quoted(name) for name in table.columns[:MOST_NAMED]), *more])


def _time_column(table: Table, said: Said) -> str:
    if said.time_column is not None:
        if said.time_column not in table.columns:
            raise DataError("no_column", column=quoted(said.time_column), allowed=_named(table))
        return said.time_column
    sample = table.frame.head(200)
    share = {name: float((~np.isnat(read_times(sample[name], "day_first").wall)).mean()) for name in table.columns}
    best = max(share.values())
    if best < 0.5:
        raise DataError("no_time_column")
    # Of several times, one in UTC says most; else the first, which is the begin.
    good = [name for name in table.columns if share[name] >= 0.9 * best]
    named = [name for name in good if re.search(r"utc|gmt|valid_from|start", name.lower())]
    return (named or good)[0]


def _value_column(table: Table, kind: str, time_column: str, quantity: Quantity, said: Said) -> str:
    if said.column is not None:
        if said.column not in table.columns:
            raise DataError("no_column", column=quoted(said.column), allowed=_named(table))
        return said.column
    sample = table.frame.head(200)
    numeric = []
    for name in table.columns:
        if name == time_column:
            continue
        values = _numbers(sample[name], table.decimal_comma)
        times = ~np.isnat(read_times(sample[name], "day_first").wall)
        if np.isfinite(values).mean() >= 0.5 and times.mean() < 0.5:
            numeric.append(name)
    if not numeric:
        raise DataError("no_value_column")
    of_kind = {
        "octopus": (r"inc_vat", r"exc_vat"),
        "caiso": (r"^mw$|^value$|^prc$|lmp",),
        "entsoe": (r"day.?ahead.*price", r"price"),
        "energy_charts": (r"day.?ahead", r"price|preis"),
    }
    usual = r"price|preis|prix|smp|lmp|단가|가격|value" if quantity == "price" else r"k?w|load|power|pv|부하|발전"
    wanted = of_kind.get(kind, (usual,))
    for pattern in wanted:
        for name in numeric:
            if re.search(pattern, name.lower()):
                return name
    return numeric[0]


def _numbers(cells: pd.Series, decimal_comma: bool) -> NDArray[np.float64]:
    texts = cells.astype(str).str.strip().str.replace("\N{MINUS SIGN}", "-", regex=False)
    comma = texts.str.contains(r"^-?\d+,\d+$", regex=True)
    if decimal_comma or (comma.any() and not texts.str.contains(".", regex=False).any()):
        texts = texts.str.replace(".", "", regex=False).where(texts.str.contains(",", regex=False), texts)
        texts = texts.str.replace(",", ".", regex=False)
    else:
        texts = texts.str.replace(",", "", regex=False)
    values = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _unit(table: Table, column: str, quantity: Quantity) -> str | None:
    """The unit that the file names: in the column's name, above it, or in a column of currencies."""
    allowed = PRICE_UNITS if quantity == "price" else POWER_UNITS
    for text in (column, *table.above):
        for pattern, unit in _UNIT_WORDS:
            if unit in allowed and re.search(pattern, text.lower()):
                return unit
    return None


def _zones(kind: str, table: Table, time_column: str, times: Times, said: Said) -> tuple[str, str | None]:
    """The clock of times without an offset, and the clock of the site; None where somebody must say it."""
    defaults = _FORMAT.get(kind, {})
    zone, site_zone = said.zone or defaults.get("zone"), said.site_zone or defaults.get("site_zone")
    name = time_column.lower()
    fixed = np.isfinite(times.offset_min)
    if zone is None:
        if "utc" in name or "gmt" in name:
            zone = "UTC"
        elif kind == "entsoe":
            zone = "Europe/Brussels"
        else:
            zone = site_zone or AS_WRITTEN
    if site_zone is None:
        utc = zone == "UTC" or (fixed.any() and bool((times.offset_min[fixed] == 0).all()))
        # In UTC nobody's day begins where the file's does; other offsets come with the clock on the wall.
        site_zone = None if utc or zone not in (AS_WRITTEN,) else AS_WRITTEN
        if zone not in (AS_WRITTEN, "UTC") and not fixed.any():
            site_zone = zone
    return zone, site_zone


# --- the series -------------------------------------------------------------------------------------------------------
def _on_grid(
    table: Table, column: str, times: Times, zone: str, site_zone: str, quantity: Quantity, findings: list[Finding]
) -> tuple[NDArray[np.float64], int, np.datetime64, NDArray[np.uint8]]:
    """Values one after another on the wall clock, the step between them, when they begin, and their states."""
    values = _numbers(table.frame[column], table.decimal_comma)
    no_time, no_value = np.isnat(times.wall), ~np.isfinite(values)
    for key, rows in (("no_time", no_time), ("no_number", no_value & ~no_time)):
        if rows.any():
            findings.append(Finding(key, int(rows.sum()), {}))
    if no_time.mean() > MOST_WITHOUT_TIME or no_value.mean() > MOST_WITHOUT_NUMBER:
        raise DataError(
            "too_many_bad", n=int((no_time | no_value).sum()), of=len(values),
            most_times=f"{100 * MOST_WITHOUT_TIME:g}", most_numbers=f"{100 * MOST_WITHOUT_NUMBER:g}",
        )  # fmt: skip
    good = ~(no_time | no_value)
    if (np.abs(values[good]) > LARGEST_NUMBER).any():
        raise DataError("too_large", most=f"{LARGEST_NUMBER:,.0f}")
    times = replace(times, wall=times.wall[good], offset_min=times.offset_min[good])
    values = values[good]
    wall, counts = to_wall(times, zone, site_zone, 60)
    clock = site_zone if site_zone != AS_WRITTEN else zone
    keep = ~np.isnat(wall)
    wall, values = wall[keep], values[keep]
    if wall.size < 2:
        raise DataError("too_few", n=int(wall.size))
    order = np.argsort(wall, kind="stable")
    if (order != np.arange(order.size)).any():
        findings.append(Finding("shuffled", int((np.diff(wall.astype(np.int64)) < 0).sum()), {}))
    wall, values = wall[order], values[order]
    minutes, where = np.unique(wall.astype(np.int64), return_index=True)
    step = _step(minutes, findings)
    if times.has_24 and site_zone == AS_WRITTEN:
        minutes = minutes - step
        wall = wall - np.timedelta64(step, "m")
        findings.append(Finding("ends", 1, {"step": step}))
    values, conflicts = _once(wall.astype(np.int64), values, minutes, where, clock, counts, findings)
    start = minutes[0] // step * step
    off = (minutes - start) % step != 0
    if off.any():
        findings.append(Finding("off_grid", int(off.sum()), {"step": step}))
        if off.mean() > 0.2:
            raise DataError("no_step")
        minutes, values, conflicts = minutes[~off], values[~off], conflicts[~off]
    n = int((minutes[-1] - start) // step) + 1
    if n > 2_000_000:
        raise DataError("too_long_span")
    at = (minutes - start) // step
    grid, state = np.full(n, np.nan), np.full(n, MISSING, dtype=np.uint8)
    grid[at], state[at] = values, READ
    grid[at[conflicts]], state[at[conflicts]] = np.nan, MISSING
    first = np.datetime64(int(start), "m")
    _hold_coarse(grid, state, minutes, at, step, findings)
    spring = spring_gaps(clock, first, n, step) & (state == MISSING) if n <= 2_000_000 else np.zeros(n, dtype=bool)
    if spring.any():  # an hour that no clock shows takes the value before it, as the data that ship do
        for k in np.flatnonzero(spring):
            back = k - max(1, 60 // step)
            if back >= 0 and state[back] != MISSING:
                grid[k], state[k] = grid[back], READ
        findings.append(Finding("dst_skipped", int(spring.sum()), {}))
    if counts.get("dst_twice"):
        findings.append(Finding("dst_twice", counts["dst_twice"], {}))
    _fill(grid, state, step, first, findings)
    return grid, step, first, state


def _step(minutes: NDArray[np.int64], findings: list[Finding]) -> int:
    """Minutes between two values: the shortest distance that is common."""
    gaps, counts = np.unique(np.diff(minutes), return_counts=True)
    common = [int(gap) for gap, n in zip(gaps, counts, strict=True) if gap in _FILE_STEPS and n >= 0.02 * counts.sum()]
    if not common:
        raise DataError("no_step")
    return min(common)


def _once(
    wall: NDArray[np.int64],
    values: NDArray[np.float64],
    minutes: NDArray[np.int64],
    where: NDArray[np.int64],
    clock: str,
    counts: dict[str, int],
    findings: list[Finding],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """One value a time, and which times have several that differ; of an hour that occurs twice the first counts."""
    first = values[where]
    of = np.searchsorted(minutes, wall)
    extra = np.ones(wall.size, dtype=bool)
    extra[where] = False
    differs = np.zeros(minutes.size, dtype=bool)
    np.logical_or.at(differs, of, values != first[of])
    if not extra.any():
        return first, differs
    twice = np.zeros(minutes.size, dtype=bool)
    if clock != AS_WRITTEN:
        stamps = pd.DatetimeIndex(minutes.astype("datetime64[m]"))
        twice = np.asarray(stamps.tz_localize(clock, ambiguous="NaT", nonexistent="shift_forward").isna())
    again = extra & twice[of]
    if again.any():
        counts["dst_twice"] = counts.get("dst_twice", 0) + int(again.sum())
    differs &= ~twice
    same = extra & ~twice[of] & ~differs[of]
    if same.any():
        findings.append(Finding("duplicates", int(same.sum()), {}))
    if differs.any():
        findings.append(Finding("conflicts", int(differs.sum()), {}))
    return first, differs


def _hold_coarse(
    grid: NDArray[np.float64],
    state: NDArray[np.uint8],
    minutes: NDArray[np.int64],
    at: NDArray[np.int64],
    step: int,
    findings: list[Finding],
) -> None:
    """Where a file's step is coarser for a while, each value holds until the next."""
    gaps = np.diff(minutes)
    held = 0
    for coarse in (30, 60):
        if coarse <= step:
            continue
        same = gaps == coarse
        run = same & (np.roll(same, 1) | np.roll(same, -1))
        for k in np.flatnonzero(run):
            grid[at[k] : at[k] + coarse // step] = grid[at[k]]
            state[at[k] : at[k] + coarse // step] = state[at[k]]
            held += 1
    if held:
        findings.append(Finding("coarser", held, {"step": step}))


def _fill(
    grid: NDArray[np.float64], state: NDArray[np.uint8], step: int, first: np.datetime64, findings: list[Finding]
) -> None:
    """Short gaps get values between their neighbours, long ones stay; both are counted."""
    gone = state == MISSING
    if not gone.any():
        return
    edges = np.diff(np.concatenate([[0], gone.astype(np.int8), [0]]))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    known = np.flatnonzero(~gone)
    short = [
        (b, e) for b, e in zip(begins, ends, strict=True) if (e - b) * step <= MOST_FILLED_MIN and b and e < len(grid)
    ]
    for b, e in short:
        grid[b:e] = np.interp(np.arange(b, e), known, grid[known])
        state[b:e] = FILLED
    filled = sum(int(e - b) for b, e in short)
    if filled:
        findings.append(Finding("filled", filled, {"minutes": MOST_FILLED_MIN}))
    left = np.flatnonzero(state == MISSING)
    if left.size:
        days = np.unique((first + left * np.timedelta64(step, "m")).astype("datetime64[D]"))
        some = ", ".join(str(day) for day in days[:3]) + (" …" if days.size > 3 else "")
        findings.append(Finding("gaps", int(left.size), {"days": int(days.size), "which": some}))


def _in_steps(
    grid: NDArray[np.float64], state: NDArray[np.uint8], step: int, start: np.datetime64, findings: list[Finding]
) -> tuple[NDArray[np.float64], NDArray[np.uint8], int]:
    """Values by the steps of a scenario: finer ones are averaged over 15 minutes."""
    if step in STEPS_MIN:
        return grid, state, step
    if step == 10:
        grid, state, step = np.repeat(grid, 2), np.repeat(state, 2), 5
    per = 15 // step
    head = int(start.astype(np.int64)) // step % per
    if head:
        raise DataError("not_on_quarter")
    n = len(grid) // per * per
    parts, states = grid[:n].reshape(-1, per), state[:n].reshape(-1, per)
    findings.append(Finding("averaged", n // per, {"step": step}))
    return parts.mean(axis=1), states.max(axis=1), 15
