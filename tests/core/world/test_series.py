"""The list of series says of each file what is true of it."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from core.paths import ev2gym_data
from core.scenario import PRESETS, Scenario
from core.tariffs import day_ahead, forecast, kepco
from core.world import build_world, series

KEPCO = Scenario(retail="kepco_self_use_low", provider="kepco_service_1")


def by_name(name):
    return next(entry for entry in series.shipped() if entry.name == name)


@pytest.mark.parametrize("entry", series.shipped(), ids=lambda entry: entry.name)
def test_every_series_is_a_file_with_its_hash_and_source(entry):
    assert entry.sha256 == hashlib.sha256(entry.path.read_bytes()).hexdigest()
    assert entry.link.startswith("https://")
    assert entry.publisher
    assert (entry.folder == "ev2gym") is (entry.path.parent == ev2gym_data()) is entry.version.startswith("ev2gym ")
    assert (entry.retrieved is None) is (entry.folder == "ev2gym")


def test_dates_covered_are_those_of_the_files():
    entry, table = by_name("day_ahead"), day_ahead.table()
    local = table["time_local"].dt.date
    assert (entry.first, entry.last) == (local.iloc[0], local.iloc[-1])
    entry, dates = by_name("price_forecast"), forecast.first_dates()
    assert (str(entry.first), str(entry.last)) == (str(dates[0]), str(dates[-1] + forecast.DAYS_AHEAD - 1))
    assert str(by_name("kepco").first) == kepco.versions()[0]
    solar = pd.read_csv(by_name("pv").path)["time"]
    assert (str(by_name("pv").first), str(by_name("pv").last)) == (solar.iloc[0][:10], solar.iloc[-1][:10])
    quarters = (by_name("load").last - by_name("load").first).days + 1
    assert len(by_name("load").path.read_text().splitlines()) == 96 * quarters


def test_every_file_of_data_that_holds_figures_is_listed():
    listed = {entry.file for entry in series.shipped() if entry.folder == "data"}
    folder = by_name("kepco").path.parent
    there = {path.name for path in folder.glob("*.parquet")} | {path.name for path in folder.glob("*.json")}
    assert there - {"published_ev2gym.json"} == listed  # results of papers are no series


def test_what_a_scenario_uses_follows_from_it():
    assert {"day_ahead", "cars"} <= series.in_use(Scenario())
    assert not {"kepco", "load", "pv"} & series.in_use(Scenario())
    assert {"load", "pv"} <= series.in_use(PRESETS["workplace-loads"])
    assert "price_forecast" not in series.in_use(Scenario()) | series.in_use(KEPCO.replace(price_forecast="sarima"))
    assert "price_forecast" in series.in_use(Scenario(price_forecast="sarima"))
    assert "day_ahead" not in series.in_use(KEPCO)
    assert "kepco" in series.in_use(KEPCO.replace(retail="flat"))
    assert "cars" not in series.in_use(PRESETS["busan"])
    assert not {"day_ahead", "kepco"} & series.in_use(Scenario(retail="flat", provider="flat"))


def test_a_days_prices_are_those_of_its_world():
    world = build_world(KEPCO.replace(v2g_price_factor=1.2))
    rows = series.prices(world)
    assert len(rows) == world.n_steps
    assert np.allclose(rows["sell_eur_per_kwh"], 1.2 * rows["buy_eur_per_kwh"])
    assert np.array_equal(rows["wholesale_eur_per_kwh"], world.prices.wholesale_eur_per_kwh)


@pytest.mark.parametrize("name", [entry.name for entry in series.shipped()])
@pytest.mark.parametrize("scenario", [Scenario(), PRESETS["busan"]], ids=["workplace", "busan"])
def test_every_series_has_a_preview(name, scenario):
    rows = series.preview(name, scenario)
    assert 0 < len(rows) <= series.MOST_ROWS
    assert not rows.isna().any().any()


def test_rates_shown_are_those_in_force():
    rates = kepco.rates(KEPCO.date).set_index(["plan", "season"])
    time = np.array(["2022-01-17T03:00"], dtype="datetime64[m]")  # a Monday in winter, off-peak
    assert rates.loc[("self_use_low", "winter"), "off_peak_krw_per_kwh"] == kepco.energy_rate_krw("self_use_low", time)
    newest = kepco.rates(KEPCO.date, kepco.versions()[-1]).set_index(["plan", "season"])
    # The newest table of data/kepco_ev_tariffs.json, service provider, low voltage, I, summer, on-peak.
    assert newest.loc[("service_low_1", "summer"), "on_peak_krw_per_kwh"] == 203.5
    assert newest.loc[("service_low_1", "summer"), "demand_krw_per_kw_month"] == 2390


def test_there_is_no_preview_of_what_is_not_listed():
    with pytest.raises(KeyError):
        series.preview("weather", Scenario())
