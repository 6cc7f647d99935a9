"""A visitor's own cars: a file of charging sessions, what was understood of it, and what the site makes of it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core.data_in.read_sessions import Reading, read_sessions
from core.data_in.times import AS_WRITTEN, ZONES
from core.data_in.words import DataError
from core.scenario.fields import LAST_DATE
from core.world import World
from core.world.battery import out_of_reach_kwh
from pages.ui import errors, own_data
from pages.ui.i18n import foreign, named, t

FIELD = "own_sessions"
KEPT = "own_cars.reading"
LEAST_KWH = 0.05
"""Less energy out of reach than that is EV2Gym's rounding."""


def draw(world: World) -> None:
    """Everything: upload, what was recognised and assumed, use and drop, and whom the site cannot serve."""
    st.subheader(t("own_cars.title"), anchor=False)
    st.caption(t("own_cars.note"))
    file = st.file_uploader(
        t("own_cars.upload"), type=["csv", "tsv", "txt", "json"], key="own_cars.file",
        max_upload_size=own_data.UPLOAD_MB, help=t("own_cars.upload_help"),
    )  # fmt: skip
    # Always a place, so that what follows keeps its own.
    with st.container():
        if file is not None:
            _file(file.file_id, file.name, file.getvalue(), world)
    with st.container():
        if world.own_day is not None:
            st.markdown("\n".join(f"- {line}" for line in day_lines(world)))


def _file(ident: str, name: str, data: bytes, world: World) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        zone = st.selectbox(
            t("own_cars.zone"), [AS_WRITTEN, *ZONES], key="own_cars.zone", format_func=_clock,
            help=t("own_cars.zone_help"),
        )  # fmt: skip
    with right:
        order = st.segmented_control(
            t("own_cars.order"), ["found", "day_first", "month_first"], default="found", required=True,
            key="own_cars.order", format_func=named("own_cars.orders.{}"),
        )  # fmt: skip
    try:
        reading = _read((ident, zone, order), data)
    except DataError as error:
        if "reason" in error.values:
            error.values["why"] = t(f"own_cars.left_out.{error.values['reason']}")
        st.error(t("own_data.file_problem", file=foreign(name), problem=errors.data_sentence(error)))
        return
    st.markdown("\n".join(f"- {line}" for line in reading_lines(reading)))
    own = reading.sessions
    hours = pd.DataFrame({"hour": range(24), "cars": own.arrivals_by_hour})
    st.bar_chart(hours, x="hour", y="cars", x_label=t("own_cars.hour"), y_label=t("own_cars.arrivals"), height=200)
    fitting = own.fitting(world.scenario.own_prices is not None, LAST_DATE)
    if fitting.moved_days:
        st.info(t("own_cars.moved", days=fitting.moved_days))
    st.button(t("own_cars.use"), key="own_cars.use", type="primary", on_click=own_data.use, args=(FIELD, fitting))


def _read(key: tuple[Any, ...], data: bytes) -> Reading:
    """A reading, kept in the session for the last file."""
    kept = st.session_state.get(KEPT)
    if kept is None or kept[0] != key:
        _, zone, order = key
        reading = read_sessions(
            data,
            zone=None if zone == AS_WRITTEN else zone,
            day_first=None if order == "found" else order == "day_first",
        )
        st.session_state[KEPT] = kept = (key, reading)
    found: Reading = kept[1]
    return found


def reading_lines(reading: Reading) -> list[str]:
    """What was recognised, left out and is assumed, a sentence each."""
    own = reading.sessions
    first, last = own.dates[0].isoformat(), own.dates[-1].isoformat()
    lines = [
        t("own_cars.found", n=len(own), rows=reading.rows, days=len(own.dates), first=first, last=last),
        t(f"own_cars.source.{own.source}"),
    ]
    lines += [t(f"own_cars.notes.{key}", **values) for key, values in reading.notes]
    lines += [
        t("own_cars.left", n=n, row=row, why=t(f"own_cars.left_out.{key}"))
        for key, (n, row) in reading.left_out.items()
    ]
    lines += [t(f"own_cars.assumed.{key}", n=n) for key, n in own.unknown.items()]
    return lines


def day_lines(world: World) -> list[str]:
    """What became of the file's sessions on the scenario's day."""
    day, reach = world.own_day, out_of_reach_kwh(world)
    if day is None:
        return []
    lines = [t("own_cars.day", n=len(world.sessions), all=day.arriving, date=world.scenario.date.isoformat())]
    counts = {
        "turned_away": day.turned_away, "too_short": day.too_short, "outlasting": day.outlasting, "before": day.before,
    }  # fmt: skip
    lines += [t(f"own_cars.{key}", n=n) for key, n in counts.items() if n]
    if day.beyond_battery:
        lines.append(t("own_cars.beyond_battery", n=day.beyond_battery, kwh=day.beyond_battery_kwh))
    short = reach > LEAST_KWH
    if short.any():
        lines.append(t("own_cars.out_of_reach", n=int(short.sum()), kwh=float(reach.sum())))
    return lines


def _clock(zone: str) -> str:
    return t("own_data.as_written") if zone == AS_WRITTEN else zone
