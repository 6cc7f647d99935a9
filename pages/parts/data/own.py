"""A visitor's own prices, load, solar power and limit: from a file or by the hour; what was found, use it, drop it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.data_in.own import PARTIES, POWERS, OwnPrices, OwnSite
from core.data_in.read import POWER_UNITS, PRICE_UNITS, UNITS, Reading, Said, read_series
from core.data_in.series import OwnSeries
from core.data_in.times import AS_WRITTEN, ZONES
from core.data_in.words import DataError
from core.figures import Style
from core.world import World
from pages.ui import errors, own_data, own_links, state
from pages.ui.i18n import foreign, named, t

KINDS = {"prices": "own_prices", "site": "own_site"}
"""Kinds of series, and the scenario's field that holds each."""

MOST_DRAWN = 3000
"""Points of a preview; longer series are drawn by the day."""


def draw(world: World, style: Style) -> None:
    """Everything: what kind, a file or hours, what is in use."""
    st.subheader(t("own_data.title"), anchor=False)
    st.caption(t("own_data.note"))
    own_data.message()
    left, right = st.columns(2, gap="medium")
    with left:
        kind = st.segmented_control(
            t("own_data.kind_label"), list(KINDS), default="prices", required=True,
            format_func=named("own_data.kind.{}"), key="own_data.kind",
        )  # fmt: skip
    with right:
        way = st.segmented_control(
            t("own_data.way_label"), ["file", "hours"], default="file", required=True,
            format_func=named("own_data.way.{}"), key="own_data.way",
        )  # fmt: skip
    kind, way = kind or "prices", way or "file"
    if way == "file":
        _file(kind)
    else:
        _hours(kind, world, style)
    _again(KINDS[kind])


# --- a file -----------------------------------------------------------------------------------------------------------
def _file(kind: str) -> None:
    file = st.file_uploader(
        t("own_data.upload"), type=["csv", "txt", "parquet"], key=f"own_data.file.{kind}",
        max_upload_size=own_data.UPLOAD_MB, help=t("own_data.upload_help"),
    )  # fmt: skip
    if file is None:
        return
    quantity = "price" if kind == "prices" else "power"
    ident = f"{kind}.{file.file_id}"
    try:
        found = _read(ident, file.getvalue(), quantity, Said(), file.name)
        reading = _read(ident, file.getvalue(), quantity, _ask(found, ident, quantity), file.name)
    except DataError as error:
        st.error(t("own_data.file_problem", file=foreign(file.name), problem=errors.data_sentence(error)))
        return
    if reading.series is None:
        what = ", ".join(t(f"own_data.ask.{name}") for name in reading.questions)
        st.warning(t("own_data.questions", what=what))
        return
    series, found_in = reading.series, reading.detected
    st.markdown(
        t(
            "own_data.found", n=series.values.size, step=found_in.resolution_min or series.step_min,
            first=str(series.times[0]).replace("T", " "), last=str(series.times[-1]).replace("T", " "),
            unit=series.unit,
        )
    )  # fmt: skip
    if reading.findings:
        lines = [t(f"own_data.findings.{f.key}", n=f.n, **f.values) for f in reading.findings]
        st.warning("\n".join(f"- {foreign(line)}" for line in lines))
    _preview(series)
    roles = PARTIES if kind == "prices" else POWERS
    chosen = st.multiselect(
        t("own_data.for_whom"), roles, default=["buy", "provider"] if kind == "prices" else ["load"],
        format_func=named("own_data.role.{}"), key=f"own_data.roles.{ident}",
    )  # fmt: skip
    _use_button(kind, dict.fromkeys(chosen, series), f"file.{kind}")


def _read(ident: str, data: bytes, quantity: Any, said: Said, name: str) -> Reading:
    """A reading, kept in the session for the last file."""
    kept = st.session_state.get("own_data.readings")
    if kept is None or kept[0] != ident:
        st.session_state["own_data.readings"] = kept = (ident, {})
    readings: dict[Said, Reading] = kept[1]
    if said not in readings:
        readings[said] = read_series(data, quantity, said, label=name)
    return readings[said]


def _ask(found: Reading, ident: str, quantity: str) -> Said:
    """What was detected, each in a widget that can say otherwise."""
    seen = found.detected
    st.markdown(t("own_data.detected", format=t(f"own_data.format.{seen.format}")))
    units = list(PRICE_UNITS if quantity == "price" else POWER_UNITS)
    clocks = [AS_WRITTEN, *ZONES]
    first, second, third = st.columns(3, gap="medium")
    with first:
        columns = list(seen.columns) if seen.column in seen.columns else [seen.column]
        column = _select("column", ident, columns, seen.column)
        order = None
        if seen.order == "unsure" or "order" in found.questions:
            order = _select("order", ident, ["day_first", "month_first"], None, named("own_data.order.{}"))
    with second:
        unit = _select("unit", ident, units, seen.unit)
        rate = None
        if unit is not None and UNITS[unit][0] == "rate":
            rate = st.number_input(
                t("own_data.ask.eur_per_unit"), min_value=0.0001, max_value=100.0, value=None, format="%g",
                key=f"own_data.rate.{ident}", help=t("own_data.rate_help"),
            )  # fmt: skip
    with third:
        site_zone = _select("site_zone", ident, clocks, seen.site_zone, _clock)
        zone = _select("zone", ident, clocks, seen.zone, _clock)
    node = None
    if len(seen.nodes) > 1:
        node = _select("node", ident, list(seen.nodes), seen.node)
    said = Said(unit=unit, site_zone=site_zone, zone=zone, order=order, eur_per_unit=rate, node=node)
    return said if column == seen.column else Said(**{**asdict(said), "column": column})


def _select(name: str, ident: str, options: list[str], value: str | None, words: Any = str) -> str | None:
    chosen: str | None = st.selectbox(
        t(f"own_data.ask.{name}"), options, index=options.index(value) if value in options else None,
        format_func=words, key=f"own_data.{name}.{ident}", placeholder=t("own_data.choose"),
    )  # fmt: skip
    return chosen


def _clock(zone: str) -> str:
    return t("own_data.as_written") if zone == AS_WRITTEN else zone


def _preview(series: OwnSeries) -> None:
    rows = pd.DataFrame({"time": series.times.astype("datetime64[s]"), "value": series.numbers})
    if len(rows) > MOST_DRAWN:
        rows = rows.groupby(rows["time"].dt.floor("D"), as_index=False)["value"].mean().rename_axis(None)
        rows["time"] = pd.date_range(series.times[0].astype("datetime64[D]"), periods=len(rows))
        st.caption(t("own_data.preview_days", unit=series.unit))
    else:
        st.caption(t("own_data.preview", unit=series.unit))
    st.line_chart(rows, x="time", y="value", x_label=t("own_data.time"), y_label=series.unit, height=220)


# --- hour by hour -----------------------------------------------------------------------------------------------------
def _hours(kind: str, world: World, style: Style) -> None:
    """A table of 24 hours that can be typed into; it begins with the scenario's own day."""
    roles = PARTIES if kind == "prices" else POWERS
    unit = f"{style.currency}/kWh" if kind == "prices" else "kW"
    key = f"own_data.hours.{kind}.{unit}"
    if st.session_state.get("own_data.hours_of") != key or key not in st.session_state:
        st.session_state["own_data.hours_of"] = key
        st.session_state[key] = _of_day(kind, world, style)
    st.caption(t("own_data.hours_note", unit=unit))
    column = st.column_config
    table = st.data_editor(
        st.session_state[key], hide_index=True, num_rows="fixed", disabled=["hour"], key=f"{key}.editor", height=320,
        column_config={
            "hour": column.TextColumn(t("own_data.hour")),
            **{role: column.NumberColumn(t(f"own_data.role.{role}"), required=True, format="%.6g") for role in roles},
        },
    )  # fmt: skip
    chosen = st.multiselect(
        t("own_data.for_whom"), roles, default=list(roles) if kind == "prices" else ["limit"],
        format_func=named("own_data.role.{}"), key=f"own_data.hours_roles.{kind}",
    )  # fmt: skip
    try:
        made = {
            role: OwnSeries.of(table[role].to_numpy(dtype=float), unit, label=t("own_data.typed")) for role in chosen
        }
    except DataError as error:
        st.error(errors.data_sentence(error))
        return
    _use_button(kind, made, f"hours.{kind}")


def _of_day(kind: str, world: World, style: Style) -> pd.DataFrame:
    """Means by the hour of the scenario's run."""
    hour = world.times_local.astype("datetime64[h]").astype(np.int64) % 24
    prices = world.prices
    if kind == "prices":
        rate = world.scenario.krw_per_eur if style.currency == "KRW" else 1.0
        values = {
            "buy": prices.buy_eur_per_kwh * rate, "sell": prices.sell_eur_per_kwh * rate,
            "provider": prices.wholesale_eur_per_kwh * rate,
        }  # fmt: skip
        digits = 5 if rate == 1.0 else 2
    else:
        values = {"load": world.load_kw.sum(axis=0), "pv": world.pv_kw.sum(axis=0), "limit": world.limit_kw[0]}
        digits = 2
    means = pd.DataFrame(values).groupby(hour).mean().reindex(range(24)).interpolate(limit_direction="both")
    means.insert(0, "hour", [f"{h:02d}:00" for h in range(24)])
    return means.round(digits).reset_index(drop=True)


# --- use and drop -----------------------------------------------------------------------------------------------------
def _use_button(kind: str, made: Mapping[str, OwnSeries], key: str) -> None:
    field = KINDS[kind]
    earlier = st.session_state[state.FIELDS][field]
    both = {**({} if earlier is None else earlier.series), **made}
    try:
        data = (OwnPrices if kind == "prices" else OwnSite)(**both) if made else None
    except DataError as error:
        st.error(own_links.sentence(field, error))
        return
    with st.container(horizontal=True):
        st.button(
            t("own_data.use"), type="primary", key=f"own_data.use.{key}", disabled=data is None,
            on_click=own_data.use, args=(field, data),
        )  # fmt: skip
        if earlier is not None:
            st.button(t("own_data.drop"), key=f"own_data.drop.{key}", on_click=own_data.drop, args=(field,))


def _again(field: str) -> None:
    """What this session has used before and does not use now."""
    now = st.session_state[state.FIELDS][field]
    for k, data in enumerate(own_links.seen(field)):
        if data == now:
            continue
        labels = ", ".join(dict.fromkeys(series.label for series in data.series.values()))  # type: ignore[attr-defined]
        st.button(
            t("own_data.again", what=foreign(labels)), key=f"own_data.again.{field}.{k}",
            on_click=partial(own_data.use, field, data),
        )  # fmt: skip
