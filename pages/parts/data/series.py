"""Tariffs and series: the day's prices, what is in use, what ships, a preview, and files to take away."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import EnerV2GizeError
from core.figures import Style
from core.figures.prices import day_prices
from core.figures.sources import source_words
from core.figures.style import shown_unit
from core.reports import exports
from core.scenario import Scenario
from core.tariffs import kind_of
from core.world import World
from core.world import series as library
from pages.ui import choices, downloads, errors, i18n
from pages.ui.charts import Sheet
from pages.ui.i18n import named, t
from pages.ui.numbers import dressed

HASH_LETTERS = 12
"""So much of a hash is shown: enough to tell two files apart."""

DAY = "day"
"""The preview that a page begins with: the prices of the scenario's day."""


def day(sheet: Sheet, world: World, style: Style) -> None:
    """The three prices of the scenario's day, with the finding as the page's headline."""
    scenario, times = world.scenario, world.times_local
    sheet.when(
        t(
            "data.context", date=scenario.date.isoformat(), weekday=i18n.weekday(scenario.date),
            start=str(times[0])[-5:], hours=scenario.length_h,
        )
    )  # fmt: skip
    sheet.headline_chart(day_prices(world, style), "day_prices")


def tariffs(scenario: Scenario, style: Style) -> None:
    """Every tariff, those that the scenario uses first."""
    used = {"retail": scenario.retail, "provider": scenario.provider}
    for party, role in (("buy", "retail"), ("provider", "provider")):
        if party in scenario.own_parties:
            used[role] = ""
    rows = []
    for role, name in library.tariffs_shipped():
        kind, source = kind_of(name), library.tariff_source(scenario, name)
        rows.append(
            {
                "used": used[role] == name,
                "role": t(f"data.role_{role}"),
                "tariff": t(f"choices.{role}.{name}"),
                "unit": shown_unit(kind.unit, style) if kind.resolution == "constant" else kind.unit,
                "resolution": t(f"data.resolution.{kind.resolution}"),
                "since": str(source.effective_from or ""),
                "source": source_words(source, t)[0],
            }
        )
    shown = pd.DataFrame(rows).sort_values("used", ascending=False, kind="stable")
    st.subheader(t("data.tariffs_title"), anchor=False)
    st.caption(t("data.tariffs_note"))
    _table(shown, "tariffs")


NOTED = (DAY, "day_ahead", "price_forecast", "kepco", "load", "pv")
"""Previews with a note of their own."""


def shipped(scenario: Scenario) -> None:
    """Every file of data with its facts, those that the scenario uses first."""
    used = library.in_use(scenario)
    rows = [
        {
            "used": entry.name in used,
            "name": t(f"data.series.{entry.name}"),
            "unit": entry.unit,
            "resolution": t(f"data.resolution.{entry.resolution}"),
            "first": str(entry.first or ""),
            "last": str(entry.last or ""),
            "publisher": entry.publisher,
            "link": entry.link,
            "licence": t(f"data.licence.{entry.licence}"),
            "retrieved": str(entry.retrieved or ""),
            "version": entry.version or t("data.own_file"),
            "file": entry.file,
            "sha256": entry.sha256[:HASH_LETTERS],
        }
        for entry in library.shipped()
    ]
    shown = pd.DataFrame(rows).sort_values("used", ascending=False, kind="stable")
    st.subheader(t("data.shipped_title", used=len(used), total=len(rows)), anchor=False)
    st.caption(t("data.shipped_note"))
    link = st.column_config.LinkColumn(t("data.column.link"), display_text=r"https?://([^/]+)")
    _table(shown, "series", link=link)


def preview(scenario: Scenario, world: World, style: Style) -> None:
    """The first rows of the day's prices, or of any series."""
    options = [DAY, *(entry.name for entry in library.shipped())]
    st.subheader(t("data.preview_title"), anchor=False)
    name = choices.one_of("series", t("data.preview"), options, DAY, named("data.series.{}"))
    try:
        rows = library.prices(world) if name == DAY else library.preview(name, scenario)
    except EnerV2GizeError as error:
        st.error(errors.sentence(error))
        return
    if name == "kepco":
        rows["plan"] = [t(f"data.plan.{plan}") for plan in rows["plan"]]
        rows["season"] = [t(f"data.season.{season}") for season in rows["season"]]
    st.caption(t(f"data.preview_note.{name if name in NOTED else 'rows'}"))
    _table(exports.in_currency(rows, style), "preview", height=320)


def take_away(world: World, style: Style) -> None:
    """The day's prices as files, in the currency shown."""
    scenario = world.scenario
    rows = exports.in_currency(library.prices(world), style)
    stem = f"enerv2gize-prices-{scenario.date.isoformat()}-{scenario.world_key[:8]}"
    st.subheader(t("downloads.title"), anchor=downloads.ANCHOR)
    with st.container(horizontal=True, key="downloads"):
        for kind, make, mime in (
            ("csv", exports.to_csv, "text/csv"),
            ("parquet", exports.to_parquet, downloads.PARQUET),
        ):
            st.download_button(
                t(f"data.day_{kind}"), partial(make, rows), f"{stem}.{kind}", mime,
                on_click="ignore", key=f"get.day_{kind}",
            )  # fmt: skip


def _table(rows: pd.DataFrame, key: str, *, height: int | None = None, **columns: Any) -> None:
    """A table whose headings are the words of its columns."""
    config = {name: columns.get(name) or _column(name, rows[name]) for name in rows.columns}
    numbers = rows.select_dtypes("float").columns
    shown = rows.assign(**{name: rows[name].map(lambda value: float(f"{value:.4g}")) for name in numbers})
    digits: dict[str, int | None] = {name: 1 if "krw" in name else None for name in numbers}
    st.dataframe(
        dressed(shown, digits), hide_index=True, column_config=config, key=f"data_{key}", height=height or "auto"
    )


def _column(name: str, values: pd.Series) -> Any:  # type: ignore[type-arg]
    column, title = st.column_config, t(f"data.column.{name}")
    if name == "used":
        return column.CheckboxColumn(title, width=70)
    if name.startswith("time_"):
        return column.DatetimeColumn(title, format="YYYY-MM-DD HH:mm")
    if pd.api.types.is_bool_dtype(values):
        return column.CheckboxColumn(title)
    if pd.api.types.is_float_dtype(values):
        return column.NumberColumn(title)
    return column.TextColumn(title)
