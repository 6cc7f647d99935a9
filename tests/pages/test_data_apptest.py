"""The Data page without a browser."""

from __future__ import annotations

import datetime as dt
import io

import pandas as pd
import pytest

from core.data_in.sessions import OwnSessions
from core.scenario import PRESETS, Scenario
from core.world import build_world, series
from pages.parts.data.series import DAY
from tests.pages.shown import charts

PAGE = "data"
SMALL = {"stations": "3", "lang": "en"}


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("preset", PRESETS)
def test_the_page_shows_prices_and_every_tariff_and_series(open_at, language, preset):
    app = open_at(PAGE, **PRESETS[preset].to_query() | {"lang": language})
    assert app.header[0].value
    assert charts(app) >= 3  # the day's prices, their forecast and its errors
    tariffs, shipped = app.dataframe[0].value, app.dataframe[1].value
    assert len(tariffs) == len(series.tariffs_shipped())
    assert int(tariffs["used"].sum()) == 2
    assert len(shipped) == len(series.shipped())
    assert int(shipped["used"].sum()) == len(series.in_use(PRESETS[preset]))


@pytest.mark.parametrize("name", [DAY, *(entry.name for entry in series.shipped())])
def test_every_preview_is_shown_and_in_the_address(open_page, link, name):
    app = open_page()
    app.selectbox(key="choice.series").set_value(name).run()
    assert len(app.dataframe[2].value) > 0
    assert link(app).get("series") == (None if name == DAY else name)


@pytest.mark.parametrize("currency", ["EUR", "KRW"])
def test_the_days_prices_can_be_taken_away_in_the_currency_shown(open_page, made, currency):
    files = made("csv", "parquet")
    open_page(currency=currency)
    csv, parquet = (data for name, data in files.items() if name.startswith("enerv2gize-prices-"))
    rows = pd.read_csv(io.BytesIO(csv))
    buy = build_world(Scenario(stations=3)).prices.buy_eur_per_kwh
    column, rate = ("buy_eur_per_kwh", 1) if currency == "EUR" else ("buy_krw_per_kwh", 1400)
    assert rows[column].to_numpy() == pytest.approx(buy * rate)
    assert list(pd.read_parquet(io.BytesIO(parquet)).columns) == list(rows.columns)


def test_a_series_that_is_not_there_is_refused_in_a_sentence(open_page):
    app = open_page(series="weather")
    assert any("weather" in part.value for part in app.warning)
    assert app.selectbox(key="choice.series").value == DAY


def test_own_cars_of_a_link_are_counted_and_said(open_page):
    own = OwnSessions.of(
        ["2023-08-08T08:00", "2023-08-08T08:05", "2023-08-08T09:00", "2023-08-08T10:00", "2023-08-07T10:00"],
        [600, 600, 5, 600, 600], [10.0, 10, 10, 10, 10],
    )  # fmt: skip
    app = open_page(**Scenario(date=dt.date(2023, 8, 8), stations=2, own_sessions=own).to_query())
    said = "\n".join(text.value for text in app.markdown)
    assert "Sessions that begin within the run on 2023-08-08: 4; with a place: 2." in said
    assert "no port was free: 1." in said
    assert "Too short for a whole step of 15 minutes: 1." in said
    assert any("Cars are those of a file" in text.value for text in app.info)
    app.button(key="own.drop.own_sessions").click().run()
    assert not any("with a place" in text.value for text in app.markdown)
