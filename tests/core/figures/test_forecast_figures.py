"""Figures of forecasts hold what core computed, and their titles say what they show."""

from __future__ import annotations

import numpy as np
import pytest

from core import Scenario, build_world
from core.errors import ScenarioError
from core.figures import Style
from core.figures import forecast as figures
from core.tariffs import forecast
from core.tariffs.forecast import MODELS
from core.tariffs.forecast_errors import BACKTEST, errors

STYLE = Style(text=lambda key, **values: " ".join([key, *(f"{name}={value}" for name, value in values.items())]))
WORLD = build_world(Scenario(stations=2, date="2023-10-04", load_share=0.6, pv_share=0.8, transformers=2))


@pytest.mark.parametrize("model", MODELS)
def test_a_forecast_is_shown_with_its_band_and_what_came(model):
    figure = figures.price_forecast(WORLD, model, STYLE)
    data = figure.data["forecast"].to_pandas()
    row = forecast.row_of(WORLD.scenario.date)
    hours = slice(5, 5 + 28)
    np.testing.assert_allclose(data["expected"][:-1], forecast.expected(model)[row, hours], atol=1e-6)
    np.testing.assert_allclose(data["came"][:-1], WORLD.prices.wholesale_eur_per_kwh[::4], atol=1e-6)
    low, high = forecast.bands(model, np.array([row]))
    np.testing.assert_allclose(data["low"][:-1], low[0, hours], atol=1e-6)
    np.testing.assert_allclose(data["high"][:-1], high[0, hours], atol=1e-6)
    inside = ((data["low"] <= data["came"]) & (data["came"] <= data["high"]))[:-1].sum()
    off = np.abs(data["expected"] - data["came"])[:-1].mean()
    assert f"inside={inside} hours=28" in figure.title
    assert f"off={off:.4f} EUR" in figure.title


def test_money_is_in_the_currency_shown():
    won = Style(text=STYLE.text, currency="KRW", krw_per_eur=1400.0)
    one, other = (figures.price_forecast(WORLD, "boosted", s).data["forecast"].to_pandas() for s in (STYLE, won))
    np.testing.assert_allclose(other["came"], 1400 * one["came"], rtol=1e-4)


def test_errors_by_hour_are_those_of_the_back_test():
    figure = figures.forecast_errors(STYLE)
    data = figure.data["errors"].to_pandas()
    for model, rows in zip(MODELS, (data[:24], data[24:48], data[48:]), strict=True):
        found = errors(model, *BACKTEST)
        np.testing.assert_allclose(rows["mae"], found.mae_by_hour)
        np.testing.assert_allclose(rows["rmse"], found.rmse_by_hour)
        assert f"{model}={found.mae[0]:.4f} EUR" in figure.title


def test_load_and_solar_power_are_shown_as_expected_and_as_they_came():
    figure = figures.site_forecast(WORLD, STYLE)
    data = figure.data["forecast"].to_pandas()[:-1]
    np.testing.assert_allclose(data["came"], WORLD.base_load_kw.sum(axis=0), atol=1e-3)
    np.testing.assert_allclose(data["expected"], (WORLD.load_forecast_kw - WORLD.pv_forecast_kw).sum(axis=0), atol=1e-3)
    exact = build_world(WORLD.scenario.replace(forecast_error_percent=0.0))
    assert "off=0.0 inside=1.0" in figures.site_forecast(exact, STYLE).title


def test_bands_of_load_and_solar_power_hold_about_nine_in_ten():
    inside = []
    for seed in range(20):
        world = build_world(WORLD.scenario.replace(seed=seed))
        inside.append(float(figures.site_forecast(world, STYLE).title.rpartition("inside=")[2]))
    assert np.mean(inside) == pytest.approx(0.9, abs=0.03)


def test_a_day_without_a_forecast_has_no_figure():
    with pytest.raises(ScenarioError, match="price_forecast"):
        figures.price_forecast(build_world(Scenario(stations=2, date="2015-06-03")), "boosted", STYLE)
