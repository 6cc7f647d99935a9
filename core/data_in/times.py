"""Times in a visitor's files: which way they are written, and which clock they follow. Nothing is guessed silently."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.data_in.words import DataError

ZONES: Final = (
    "UTC", "Europe/Amsterdam", "Europe/Berlin", "Europe/Brussels", "Europe/Paris", "Europe/Madrid", "Europe/London",
    "Europe/Dublin", "Europe/Lisbon", "Europe/Helsinki", "Europe/Athens", "Europe/Zurich", "Europe/Warsaw",
    "Europe/Oslo", "Europe/Stockholm", "Europe/Copenhagen", "Europe/Vienna", "Europe/Rome", "Asia/Seoul", "Asia/Tokyo",
    "Asia/Shanghai", "Australia/Sydney", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
)  # fmt: skip
"""Clocks that can be named."""

AS_WRITTEN: Final = "as_written"
"""No clock named: times are the site's own, as they stand in the file."""

_DATE = r"(?P<a>\d{1,4})[-./](?P<b>\d{1,2})[-./](?P<c>\d{1,4})"
_SHAPE: Final = re.compile(
    rf"^{_DATE}\.?(?:[T ]+(?P<h>\d{{1,2}})(?::(?P<m>\d{{2}})(?::(?P<s>\d{{2}})(?:[.,]\d+)?)?)?)?"
    r"\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2}|\([A-Z]+\))?$"
)
_COMPACT: Final = re.compile(r"^(?P<y>\d{4})(?P<mo>\d{2})(?P<d>\d{2})(?:[T ]?(?P<h>\d{2}):?(?P<m>\d{2}))?$")
_SUMMER: Final = {"(CEST)": 120, "(CET)": 60, "(BST)": 60, "(GMT)": 0, "(UTC)": 0, "(EEST)": 180, "(EET)": 120}


@dataclass(frozen=True, eq=False)
class Times:
    """Times of a file's rows.

    Parameters
    ----------
    wall : numpy.ndarray of datetime64[m], [rows]
        As written; NaT where a row holds no time.
    offset_min : numpy.ndarray of float64, [rows]
        Offset from UTC, NaN where none is written.
    formats : dict of str to int
        How many rows are written in each way.
    order : str
        ``iso``, ``day_first``, ``month_first``, or ``unsure``: both fit.
    has_24 : bool
        Whether hours count to 24, so that they name the end of an interval.
    """

    wall: NDArray[np.datetime64]
    offset_min: NDArray[np.float64]
    formats: dict[str, int]
    order: str
    has_24: bool


def read_times(cells: pd.Series, order: str | None = None) -> Times:
    """Times of texts.

    Parameters
    ----------
    cells : Series of str
        Where a cell holds an interval, ``a - b``, its begin counts.
    order : str, optional
        ``day_first`` or ``month_first``, where the visitor has said so.
    """
    texts = cells.astype(str).str.strip().str.split(r"\s+-\s+", n=1, regex=True).str[0]
    parts = texts.str.extract(_SHAPE)
    compact = texts.str.extract(_COMPACT)
    a, b, c = (pd.to_numeric(parts[name], errors="coerce").to_numpy(dtype=float) for name in "abc")
    iso = (parts["a"].str.len() == 4).to_numpy(dtype=bool)
    other = ~iso & np.isfinite(a) & (parts["c"].str.len() == 4).to_numpy(dtype=bool)
    dotted = other & texts.str.contains(r"^\d{1,2}\.", regex=True).to_numpy(dtype=bool)
    open_ = other & ~dotted
    found = "iso"
    if other.any():
        found = order or _order(a[open_], b[open_], dotted.any())
    day_first = found != "month_first"
    year = np.where(iso, a, c)
    month = np.where(iso, b, np.where(dotted | day_first, b, a))
    day = np.where(iso, c, np.where(dotted | day_first, a, b))
    hour, minute = (pd.to_numeric(parts[n], errors="coerce").fillna(0).to_numpy(dtype=float) for n in "hm")
    dense = compact["y"].notna().to_numpy(dtype=bool)
    if dense.any():
        values = {n: pd.to_numeric(compact[n], errors="coerce").fillna(0).to_numpy(dtype=float) for n in compact}
        year, month, day = (np.where(dense, values[n], x) for n, x in (("y", year), ("mo", month), ("d", day)))
        hour, minute = np.where(dense, values["h"], hour), np.where(dense, values["m"], minute)
    good = (iso | other | dense) & (year >= 1900) & (year < 2200) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= (hour <= 24) & (minute < 60) & ((hour < 24) | (minute == 0))
    wall = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[m]")
    months = ((year - 1970) * 12 + month - 1)[good].astype(np.int64).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day[good].astype(np.int64) - 1)
    real = days.astype("datetime64[M]") == months  # no 30 February
    minutes = (hour * 60 + minute)[good].astype(np.int64)
    wall[good] = np.where(real, days.astype("datetime64[m]") + minutes, np.datetime64("NaT"))
    zone = parts["zone"].fillna("")
    offset = zone.map({text: _offset(text) for text in zone.unique()}).to_numpy(dtype=float)
    formats = {
        "iso": int((iso & good).sum()), "dotted": int((dotted & good).sum()), "slashed": int((open_ & good).sum()),
        "compact": int((dense & good).sum()),
    }  # fmt: skip
    return Times(wall, offset, {k: n for k, n in formats.items() if n}, found, bool(((hour == 24) & good).any()))


def _order(a: NDArray[np.float64], b: NDArray[np.float64], dotted: bool) -> str:
    """Which number is the day where they stand as 1/2/2023."""
    if not a.size:
        return "day_first"
    if (a > 12).any():
        if (b > 12).any():
            raise DataError("mixed_dates", days_first=int((a > 12).sum()), months_first=int((b > 12).sum()))
        return "day_first"
    if (b > 12).any():
        return "month_first"
    return "day_first" if dotted else "unsure"


def _offset(text: str) -> float:
    if text in ("Z", "UTC"):
        return 0.0
    if text in _SUMMER:
        return float(_SUMMER[text])
    if not text or text[0] not in "+-":
        return float("nan")
    digits = text[1:].replace(":", "")
    return (-1 if text[0] == "-" else 1) * (int(digits[:2]) * 60 + int(digits[2:] or 0))


def to_wall(times: Times, zone: str, site_zone: str, step_min: int) -> tuple[NDArray[np.datetime64], dict[str, int]]:
    """Times on the site's wall clock, and how many rows a change of clock touches.

    Parameters
    ----------
    times : Times
    zone : str
        Clock of times without an offset: one of `ZONES`, or `AS_WRITTEN`.
    site_zone : str
        Clock of the site: one of `ZONES`, or `AS_WRITTEN`.
    step_min : int
        Minutes between two values.

    Returns
    -------
    wall : numpy.ndarray of datetime64[m], [rows]
        NaT for the second pass of an hour that occurs twice.
    counts : dict of str to int
        ``dst_twice``: rows of second passes, which are left out.
    """
    fixed = np.isfinite(times.offset_min)
    utc = np.full(times.wall.shape, np.datetime64("NaT"), dtype="datetime64[m]")
    utc[fixed] = times.wall[fixed] - times.offset_min[fixed].astype(np.int64).astype("timedelta64[m]")
    if site_zone == AS_WRITTEN:
        return times.wall.copy(), {}
    naive = ~fixed & ~np.isnat(times.wall)
    if naive.any():
        if zone in (AS_WRITTEN, site_zone):
            if not fixed.any():  # the site's own clock: nothing to turn
                return times.wall.copy(), {}
            zone = site_zone
        index = pd.DatetimeIndex(times.wall[naive])
        first = ~pd.Series(index).duplicated().to_numpy()
        local = index.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
        utc[naive] = local.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[m]")
    known = ~np.isnat(utc)
    stamps = pd.DatetimeIndex(utc[known]).tz_localize("UTC").tz_convert(site_zone)
    wall = np.full(utc.shape, np.datetime64("NaT"), dtype="datetime64[m]")
    wall[known] = stamps.tz_localize(None).to_numpy().astype("datetime64[m]")
    # The later of two passes of an hour: the clock has just been turned back.
    back = (stamps - pd.Timedelta(hours=1)).tz_localize(None) == stamps.tz_localize(None)
    second = np.zeros(utc.shape, dtype=bool)
    second[known] = np.asarray(back)
    wall[second] = np.datetime64("NaT")
    return wall, {"dst_twice": int(second.sum())}


def spring_gaps(zone: str, start: np.datetime64, n: int, step_min: int) -> NDArray[np.bool_]:
    """[n]: steps of a wall clock that never jumps that do not exist in a zone, since the clock is turned on then."""
    wall = start + np.arange(n) * np.timedelta64(step_min, "m")
    if zone == AS_WRITTEN:
        return np.zeros(n, dtype=bool)
    stamps = pd.DatetimeIndex(wall).tz_localize(zone, ambiguous=True, nonexistent="NaT")
    return np.asarray(stamps.isna())
