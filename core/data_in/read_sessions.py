"""Files of charging sessions -> `OwnSessions`: what was recognised, what was left out and why.

Three forms are read: ACN-Data's JSON (Lee, Li and Low 2019, doi:10.1145/3307772.3328313), ElaadNL's open transactions
(CSV with ``UTCTransactionStart`` and so on), and a plain table with a line of names. Where a file can be read in two
ways the reader asks instead of choosing.
"""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from core.data_in.sessions import (
    LARGEST_BATTERY_KWH,
    LEAST_POWER_KW,
    MOST_ENERGY_KWH,
    MOST_POWER_KW,
    MOST_SESSIONS,
    MOST_STAY_MIN,
    SMALLEST_BATTERY_KWH,
    OwnSessions,
)
from core.data_in.words import DataError
from core.errors import quoted

MOST_BYTES: Final = 16_000_000
"""Of a file; larger ones are not parsed."""
MOST_COLUMNS: Final = 100
MOST_FIELD: Final = 10_000
"""Characters of one value of a table."""

REASONS: Final[dict[str, str]] = {
    "time": "a time is missing or cannot be read",
    "order": "the car leaves before it arrives, or in the same minute",
    "long": f"the stay is longer than {MOST_STAY_MIN // 1440} days",
    "number": "a number cannot be read",
    "energy": f"no energy was charged, or more than {MOST_ENERGY_KWH:g} kWh",
    "capacity": f"the battery is not between {SMALLEST_BATTERY_KWH:g} and {LARGEST_BATTERY_KWH:g} kWh",
    "power": f"the power is not between {LEAST_POWER_KW:g} and {MOST_POWER_KW:g} kW",
    "soc": "the state of charge is not between 0 and 100 %",
    "duplicate": "the same row stands in the file before",
}
"""Why a row is left out."""

NOTES: Final[dict[str, str]] = {
    "decimal_comma": "numbers are written with a decimal comma",
    "local_times": "times are taken as the site's local time, as they are written",
    "offset_times": "times carry their difference from UTC; the local time written in them is used",
    "zone_times": "times are turned from UTC into local time of {zone}",
    "elaad_local": "ElaadNL describes these times as local, whatever the columns are called: they are used as written",
    "day_first": "dates are read as day, month, year",
    "month_first": "dates are read as month, day, year",
    "mixed_dates": "dates are written in {n} ways, none of which can be mistaken",
    "percent": "states of charge are in percent",
    "watt_hours": "energies are in Wh",
    "watts": "powers are in W",
    "delivered": "the energy that was charged is what the driver wanted; what they asked for (userInputs) is not read",
    "encoding": "the file is not UTF-8; it is read as {encoding}",
}
"""What was assumed or recognised in a file."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was understood."""

    sessions: OwnSessions
    rows: int
    """Rows of the file, those left out among them."""
    left_out: dict[str, tuple[int, int]]
    """By key of `REASONS`: how many rows, and the first one's number (the first row below the names is 1)."""
    columns: dict[str, str]
    """What a column was taken for -> its name in the file."""
    separator: str
    """Of a table's columns; empty for JSON."""
    notes: tuple[tuple[str, dict[str, object]], ...]
    """Keys of `NOTES` and what is filled in."""

    def said(self) -> list[str]:
        """All of it in English, one sentence each."""
        s = self.sessions
        days = s.dates
        lines = [f"{len(s):,} of {self.rows:,} sessions on {len(days):,} days, {days[0]} to {days[-1]}"]
        lines += [NOTES[key].format(**values) for key, values in self.notes]
        lines += [f"left out {n:,} (first: row {first:,}): {REASONS[key]}" for key, (n, first) in self.left_out.items()]
        return lines


@dataclass(slots=True)
class _Rows:
    """A file's columns as texts, all of the same length."""

    source: str
    columns: dict[str, list[str]]
    names: dict[str, str]
    units: dict[str, str]
    separator: str
    zones: list[str] | None
    """Each row's own time zone, where the file names it."""
    notes: list[tuple[str, dict[str, object]]]


def read_sessions(data: bytes, *, zone: str | None = None, day_first: bool | None = None) -> Reading:
    """Read a file of charging sessions.

    Parameters
    ----------
    data : bytes
        The file.
    zone : str, optional
        The site's time zone (IANA name). Times are then turned into its local time, those without a difference from UTC
        being UTC. Without it times count as written; ACN-Data names each session's zone.
    day_first : bool, optional
        Whether dates such as 03/04/2023 begin with the day; needed where the file leaves it open.

    Raises
    ------
    DataError
        Where it is none of the forms that are read, where it can be read in two ways, or where no row is left.
    """
    if len(data) > MOST_BYTES:
        raise DataError("cars_file_size", most=f"{MOST_BYTES // 1_000_000}")
    site = _zone(zone) if zone is not None else None
    text, notes = _text(data)
    rows = _json(text) if text.lstrip()[:1] in ("{", "[") else _table(text)
    rows.notes[:0] = notes
    return _reading(rows, site, day_first)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DataError("cars_zone", zone=quoted(name)) from None


def _text(data: bytes) -> tuple[str, list[tuple[str, dict[str, object]]]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        tries = ["utf-16"]
    else:
        # Korean spreadsheets write CP949; whatever else there is has no letter outside ASCII that matters here.
        tries = ["utf-8-sig", "cp949"]
    if b"\0" in data and tries[0] != "utf-16":
        raise DataError("cars_not_text")
    for encoding in tries:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text, [] if encoding.startswith("utf") else [("encoding", {"encoding": "CP949"})]
    raise DataError("cars_not_text")


# --- the three forms --------------------------------------------------------------------------------------------------
_ACN = {"arrival": "connectionTime", "departure": "disconnectTime", "energy": "kWhDelivered"}


def _json(text: str) -> _Rows:
    """ACN-Data: ``{"_items": [{"connectionTime": ..., "disconnectTime": ..., "kWhDelivered": ...}, ...]}``."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise DataError("cars_not_json") from None
    items = content.get("_items") if isinstance(content, dict) else content
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise DataError("cars_not_acn")
    if len(items) > MOST_SESSIONS:
        raise DataError("cars_too_many", rows=f"{len(items):,}", most=f"{MOST_SESSIONS:,}")
    missing = [name for name in _ACN.values() if not any(name in item for item in items)]
    if missing:
        raise DataError("cars_not_acn")

    def text_of(item: dict[str, Any], name: str) -> str:
        value = item.get(name)
        return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""

    columns = {role: [text_of(item, name) for item in items] for role, name in _ACN.items()}
    names = dict(_ACN)
    if any("sessionID" in item for item in items):
        columns["id"] = [text_of(item, "sessionID") for item in items]
        names["id"] = "sessionID"
    zones = [text_of(item, "timezone") for item in items]
    return _Rows("acn", columns, names, {}, "", zones if all(zones) else None, [("delivered", {})])


_NAMES: Final[dict[str, str]] = {
    "arrival": """
        arrival arrivaltime arrivaldatetime arrivaldate arrivallocal arrivalat arrived start starttime startdatetime
        startdate startedat sessionstart sessionstarttime chargingstart chargestart begin plugin plugintime
        plugindatetime connectiontime connecttime connectedat utctransactionstart transactionstart
        도착 도착시각 도착시간 도착일시 입차 입차시각 시작 시작시각 시작시간 시작일시
        충전시작 충전시작시각 충전시작시간 충전시작일시""",
    "departure": """
        departure departuretime departuredatetime departuredate departurelocal departureat departed end endtime
        enddatetime enddate endedat sessionend sessionendtime chargingend chargeend stop stoptime plugout plugouttime
        plugoutdatetime unplug disconnecttime disconnectedat utctransactionstop transactionstop
        출발 출발시각 출발시간 출발일시 출차 출차시각 종료 종료시각 종료시간 종료일시
        충전종료 충전종료시각 충전종료시간 충전종료일시""",
    "energy": """
        energy totalenergy energycharged chargedenergy energydelivered deliveredenergy energytransferred energysupplied
        energyused consumption kwhdelivered kwh wh 충전량 충전전력량 에너지 전력량""",
    "capacity": "capacity batterycapacity battery batterysize usablecapacity 배터리 배터리용량 용량",
    "power": """
        power maxpower maximumpower chargingpower chargepower maxchargingpower maxchargepower maxchargingrate ratedpower
        출력 최대출력 충전출력 충전전력""",
    "soc": """
        soc arrivalsoc socarrival socatarrival soconarrival initialsoc startsoc socstart 도착soc 초기soc 시작soc""",
    "id": "id sessionid transactionid chargingid 번호 세션id",
}
"""Names of columns in lower case, without units and whatever is neither letter nor digit."""

_ROLES: Final = {name: role for role, names in _NAMES.items() for name in names.split()}
_UNITS: Final = ("kwh", "wh", "kw", "w", "percent", "pct", "%", "frac", "utc", "local")
_REQUIRED: Final = ("arrival", "departure", "energy")


def _role(name: str) -> tuple[str, str]:
    """What a column's name stands for (empty: nothing that is read), and the unit it names."""
    words = re.findall(r"[^\W_]+|%", name.lower())
    unit = ""
    plain = "".join(words)
    if plain in _ROLES:
        return _ROLES[plain], plain if plain in ("kwh", "wh") else ""
    if len(words) > 1 and words[-1] in _UNITS:
        unit, plain = words[-1], "".join(words[:-1])
    return _ROLES.get(plain, ""), unit


def _table(text: str) -> _Rows:
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise DataError("cars_empty")
    counts = {mark: first.count(mark) for mark in ";\t,|"}
    separator = max(counts, key=lambda mark: counts[mark])
    if not counts[separator]:
        raise DataError("cars_no_columns")
    try:
        reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
        rows = []
        for row in reader:
            if any(map(str.strip, row)):
                if len(row) > MOST_COLUMNS or max(map(len, row)) > MOST_FIELD:
                    raise DataError("cars_no_columns")
                rows.append(row)
            if len(rows) > MOST_SESSIONS + 1:
                raise DataError("cars_too_many", rows=f"{len(lines) - 1:,}", most=f"{MOST_SESSIONS:,}")
    except csv.Error:
        raise DataError("cars_no_columns") from None
    if len(rows) < 2:
        raise DataError("cars_empty")
    header, body = rows[0], rows[1:]
    columns: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    units: dict[str, str] = {}
    for i, name in enumerate(header):
        role, unit = _role(name)
        if not role:
            continue
        if role in columns:
            raise DataError("cars_two_columns", first=quoted(names[role]), second=quoted(name), role=role)
        columns[role] = [row[i].strip() if i < len(row) else "" for row in body]
        names[role], units[role] = name.strip(), unit
    missing = [role for role in _REQUIRED if role not in columns]
    if missing:
        raise DataError("cars_missing_columns", missing=", ".join(missing), there=quoted(", ".join(header), 200))
    source = "elaad" if "utctransactionstart" in (name.strip().lower() for name in header) else "table"
    return _Rows(source, columns, names, units, separator, None, [])


# --- times ------------------------------------------------------------------------------------------------------------
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?\s*(?P<half>[AaPp][Mm])?"
_OFFSET = r"\s*(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})([-/.])\s?(?P<month>\d{{1,2}})\2\s?(?P<day>\d{{1,2}})\.?(?:T|\s+){_CLOCK}{_OFFSET}"
)
_DAY_OR_MONTH = re.compile(
    rf"(?P<a>\d{{1,2}})(?P<mark>[-/.])(?P<b>\d{{1,2}})(?P=mark)(?P<year>\d{{4}})(?:T|,?\s*){_CLOCK}{_OFFSET}"
)
_HTTP = re.compile(
    rf"(?:[A-Z][a-z]{{2}},\s+)?(?P<day>\d{{1,2}})\s+(?P<name>[A-Z][a-z]{{2}})\s+(?P<year>\d{{4}})\s+{_CLOCK}{_OFFSET}"
)
_MONTHS = {name: i for i, name in enumerate(calendar.month_abbr)}


@dataclass(frozen=True, slots=True)
class _Time:
    shape: str
    parts: dict[str, str | None]


def _shape(text: str) -> _Time | None:
    for shape, pattern in (("year", _YEAR_FIRST), ("other", _DAY_OR_MONTH), ("http", _HTTP)):
        match = pattern.fullmatch(text)
        if match:
            return _Time(shape, match.groupdict())
    return None


def _day_first(times: Sequence[_Time | None], wanted: bool | None) -> bool | None:
    """Whether days stand before months in dates such as 03/04/2023; None where the file has no such dates."""
    pairs = [
        (int(time.parts["a"] or 0), int(time.parts["b"] or 0), time.parts["mark"])
        for time in times
        if time is not None and time.shape == "other"
    ]
    if not pairs:
        return None
    if wanted is not None:
        return wanted
    # A date with dots begins with the day wherever it is written so.
    days = sum((12 < a <= 31 and b <= 12) or mark == "." for a, b, mark in pairs)
    months = sum(a <= 12 < b <= 31 and mark != "." for a, b, mark in pairs)
    if days and months:
        raise DataError("cars_mixed_dates", days=f"{days:,}", months=f"{months:,}")
    if not days and not months:
        raise DataError("cars_ambiguous_dates", n=f"{len(pairs):,}")
    return days > 0


def _moment(time: _Time | None, day_first: bool | None) -> dt.datetime | None:
    """A time with its offset where it carries one; None where there is no such time."""
    if time is None:
        return None
    parts = time.parts
    if time.shape == "other":
        day, month = (parts["a"], parts["b"]) if day_first else (parts["b"], parts["a"])
    else:
        day = parts["day"]
        month = parts["month"] if time.shape == "year" else str(_MONTHS.get(parts["name"] or "", 0))
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if parts["half"].lower() == "pm" else 0)
    try:
        moment = dt.datetime(
            int(parts["year"] or 0), int(month or 0), int(day or 0), hour, int(parts["minute"] or 0),
            min(int(parts["second"] or 0), 59),
        )  # fmt: skip
        offset = parts["offset"]
        if offset is None:
            return moment
        if offset[0] not in "+-":
            return moment.replace(tzinfo=dt.UTC)
        minutes = int(offset[1:3]) * 60 + int(offset[-2:])
        return moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes if offset[0] == "+" else -minutes)))
    except ValueError:
        return None


def _stays(
    rows: _Rows, site: ZoneInfo | None, wanted: bool | None
) -> tuple[list[tuple[int, int] | None], list[tuple[str, dict[str, object]]]]:
    """Each row's local arrival [minutes since 1970] and stay [min], or None; and what was assumed of times."""
    shapes = [[_shape(text) for text in rows.columns[role]] for role in ("arrival", "departure")]
    both = shapes[0] + shapes[1]
    order = _day_first(both, wanted)
    notes: list[tuple[str, dict[str, object]]] = []
    if order is not None:
        notes.append(("day_first" if order else "month_first", {}))
    ways = Counter(time.shape for time in both if time is not None)
    if len(ways) > 1:
        notes.append(("mixed_dates", {"n": len(ways)}))
    arrivals, departures = ([_moment(time, order) for time in column] for column in shapes)
    known = [moment for moment in (*arrivals, *departures) if moment is not None]
    aware = [moment for moment in known if moment.tzinfo is not None]
    if 0 < len(aware) < len(known):
        raise DataError("cars_mixed_zones", aware=f"{len(aware):,}", naive=f"{len(known) - len(aware):,}")
    named: list[ZoneInfo] | None = None
    if site is not None:
        notes.append(("zone_times", {"zone": site.key}))
    elif aware and rows.zones is not None:
        zones = {name: _zone(name) for name in dict.fromkeys(rows.zones)}
        named = [zones[name] for name in rows.zones]
        notes.append(("zone_times", {"zone": ", ".join(zones)}))
    elif aware:
        if all(moment.utcoffset() == dt.timedelta(0) for moment in aware):
            raise DataError("cars_utc_times")
        notes.append(("offset_times", {}))
    elif known:
        notes.append(("elaad_local" if rows.source == "elaad" else "local_times", {}))
    stays: list[tuple[int, int] | None] = []
    for i, (arrival, departure) in enumerate(zip(arrivals, departures, strict=True)):
        if arrival is None or departure is None:
            stays.append(None)
            continue
        if arrival.tzinfo is None and site is not None:
            arrival, departure = arrival.replace(tzinfo=dt.UTC), departure.replace(tzinfo=dt.UTC)
        stay = int((departure - arrival).total_seconds() // 60)
        at = site if site is not None else named[i] if named is not None else None
        local = (arrival if at is None else arrival.astimezone(at)).replace(tzinfo=None)
        stays.append((int((local - dt.datetime(1970, 1, 1)).total_seconds() // 60), stay))
    return stays, notes


# --- numbers ----------------------------------------------------------------------------------------------------------
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d{1,2})?")


def _numbers(
    texts: Sequence[str],
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.bool_]], bool]:
    """Values, NaN where there is none; which cannot be read; and whether any has a decimal comma.

    A comma never parts thousands here: no number that is allowed has as many.
    """
    values, bad = np.full(len(texts), np.nan), np.zeros(len(texts), dtype=bool)
    comma = False
    for i, text in enumerate(texts):
        plain = text.replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
        if plain.lower() in ("", "-", "na", "n/a", "nan", "null", "none"):
            continue
        plain = plain.removesuffix("%")
        if len(plain) > 40 or not _NUMBER.fullmatch(plain):
            bad[i] = True
            continue
        comma |= "," in plain
        values[i] = float(plain.replace(",", "."))
    return values, bad, comma


def _reading(rows: _Rows, site: ZoneInfo | None, wanted: bool | None) -> Reading:
    n = len(rows.columns["arrival"])
    stays, notes = _stays(rows, site, wanted)
    reason = np.full(n, "", dtype="U10")

    def leave_out(mask: Any, why: str) -> None:
        reason[(reason == "") & mask] = why

    arrival = np.array([stay[0] if stay else 0 for stay in stays], dtype=np.int64)
    minutes = np.array([stay[1] if stay else 1 for stay in stays], dtype=np.int64)
    leave_out(np.array([stay is None for stay in stays]), "time")
    leave_out(minutes < 1, "order")
    leave_out(minutes > MOST_STAY_MIN, "long")
    values: dict[str, Any] = {}
    comma = False
    for role in ("energy", "capacity", "power", "soc"):
        if role not in rows.columns:
            continue
        values[role], bad, commas = _numbers(rows.columns[role])
        comma |= commas
        leave_out(bad, "number")
    if comma:
        notes.append(("decimal_comma", {}))
    if rows.units.get("energy") == "wh":
        values["energy"] = values["energy"] / 1000
        notes.append(("watt_hours", {}))
    if "power" in values and rows.units.get("power") == "w":
        values["power"] = values["power"] / 1000
        notes.append(("watts", {}))
    if "soc" in values:
        unit = rows.units.get("soc", "")
        marked = any(text.endswith("%") for text in rows.columns["soc"])
        most = float(np.nanmedian(np.append(values["soc"], 0.0)))
        if unit in ("percent", "pct", "%") or marked or (unit != "frac" and most > 1):
            values["soc"] = values["soc"] / 100
            notes.append(("percent", {}))
    energy = values["energy"]
    leave_out(~((energy * 100).round() >= 1) | (energy > MOST_ENERGY_KWH), "energy")
    for role, low, high in (
        ("capacity", SMALLEST_BATTERY_KWH, LARGEST_BATTERY_KWH),
        ("power", LEAST_POWER_KW, MOST_POWER_KW),
        ("soc", 0.0, 1.0),
    ):
        if role in values:
            if role == "power":  # meters write 0 where they did not measure it
                values[role] = np.where(values[role] == 0, np.nan, values[role])
            leave_out(np.isfinite(values[role]) & ((values[role] < low) | (values[role] > high)), role)
    seen: set[tuple[str, ...]] = set()
    for i, row in enumerate(zip(*rows.columns.values(), strict=True)):
        if not reason[i]:
            if row in seen:
                reason[i] = "duplicate"
            seen.add(row)
    good = reason == ""
    left_out = {
        why: (int((reason == why).sum()), int((reason == why).argmax()) + 1) for why in REASONS if (reason == why).any()
    }
    if not good.any():
        why = max(left_out, key=lambda key: left_out[key][0])
        raise DataError("cars_nothing_left", rows=f"{n:,}", why=REASONS[why], reason=why)
    sessions = OwnSessions.of(
        arrival[good].astype("datetime64[m]"),
        minutes[good],
        energy[good],
        capacity_kwh=values["capacity"][good] if "capacity" in values else None,
        power_kw=values["power"][good] if "power" in values else None,
        arrival_soc=values["soc"][good] if "soc" in values else None,
        source=rows.source,
    )
    return Reading(sessions, n, left_out, rows.names, rows.separator, (*rows.notes, *notes))
