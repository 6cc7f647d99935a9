"""How forecasts are made: nothing of their own days goes in, and the seasonal ARIMA is statsmodels' own."""

from __future__ import annotations

import datetime as dt
import shutil

import numpy as np
import pytest

from core.measure import forecasts, not_knowing
from core.measure.forecasts import FIRST_DAY, HOURS, PAGE
from core.tariffs import forecast

WEEK = (dt.date(2023, 10, 3), dt.date(2023, 10, 9))


@pytest.fixture(scope="module")
def prices():
    return forecasts.daily_prices()


def row_of(day: dt.date) -> int:
    """Row of `daily_prices`."""
    return (day - FIRST_DAY).days


def scrambled(prices, day: int):
    """Other prices from the first hour of row `day` on."""
    other = prices.copy()
    other[day:] = 1000 - other[day:][::-1]
    return other


def test_sarima_knows_nothing_of_the_days_it_forecasts(prices):
    days = np.array([row_of(day) for day in WEEK])
    months = np.array([0, 0])
    before = forecasts.sarima(prices, days, months)
    other = forecasts.sarima(scrambled(prices, days[1]), days, months)
    np.testing.assert_array_equal(before, other)
    earlier = forecasts.sarima(scrambled(prices, days[1] - 1), days, months)  # shows that the test can fail
    assert not np.array_equal(before[1], earlier[1])


def test_trees_know_nothing_of_the_days_they_forecast(prices, monkeypatch):
    monkeypatch.setattr(forecasts, "BOOSTED_DAYS", 40)
    days = np.array([row_of(day) for day in WEEK])
    quarters = np.array([0, 0])
    before = forecasts.boosted(prices, days, quarters)
    assert np.isfinite(before).all()
    np.testing.assert_array_equal(before, forecasts.boosted(scrambled(prices, days[1]), days, quarters))
    # Nor did they learn from them: with other prices from the first gate on, the first day's forecast stays.
    np.testing.assert_array_equal(before[0], forecasts.boosted(scrambled(prices, days[0]), days, quarters)[0])
    earlier = forecasts.boosted(scrambled(prices, days[1] - 1), days, quarters)  # shows that the test can fail
    assert not np.array_equal(before[1], earlier[1])


def test_the_committed_sarima_is_what_the_command_computes(prices):
    october = np.arange(row_of(dt.date(2023, 10, 1)), row_of(dt.date(2023, 11, 1)))
    computed = forecasts.sarima(prices, october, np.zeros(31))
    first = forecast.row_of(dt.date(2023, 10, 1))
    # Rounded to 0.1 EUR/MWh.
    np.testing.assert_allclose(1000 * forecast.expected("sarima")[first : first + 31], computed, rtol=0, atol=0.0501)


def test_sarima_is_that_of_statsmodels(prices):
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    end = row_of(WEEK[0])
    known = prices[end - 30 : end].reshape(-1)
    model = SARIMAX(known, order=(5, 1, 0), seasonal_order=(1, 1, 0, 24), simple_differencing=True)
    coefficients = forecasts.fit_sarima(known)
    with_variance = np.append(coefficients, np.var(np.diff(known)))
    fitted = model.fit(start_params=with_variance, disp=0, maxiter=50)
    # Conditional least squares against maximum likelihood, which also counts the window's first day.
    np.testing.assert_allclose(coefficients, fitted.params[:6], rtol=0, atol=0.03)

    whole = SARIMAX(known, order=(5, 1, 0), seasonal_order=(1, 1, 0, 24))
    expected = whole.filter(with_variance).forecast(HOURS)
    np.testing.assert_allclose(forecasts.roll_sarima(known[None], coefficients)[0], expected, rtol=0, atol=1e-4)


def test_the_page_holds_what_the_command_computes(tmp_path):
    copy = tmp_path / "forecast.md"
    shutil.copyfile(PAGE, copy)
    forecasts.write_page(copy)
    assert copy.read_text("utf-8") == PAGE.read_text("utf-8")


def test_the_cost_is_counted_on_the_same_days():
    rows = not_knowing.measure([dt.date(2024, 1, 2)], ["cheapest"])
    assert set(rows["site"]) == set(not_knowing.SITES)
    scenario = not_knowing.SITES["workplace"].replace(date=dt.date(2024, 1, 2), seed=0)
    reached = not_knowing.cost([scenario], "cheapest").iloc[0]
    row = rows[(rows["site"] == "workplace") & (rows["model"] == "sarima")].iloc[0]
    assert row["cost_eur"] == pytest.approx(reached["perfect"] - reached["sarima"])
