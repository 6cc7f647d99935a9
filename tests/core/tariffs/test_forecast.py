"""Forecasts of day-ahead prices as the app reads them: which prices they knew, their bands and their errors."""

from __future__ import annotations

import datetime as dt
import hashlib

import numpy as np
import pytest

from core.errors import ScenarioError
from core.paths import DATA
from core.tariffs import curves, day_ahead, forecast, notices
from core.tariffs.forecast import BAND_DAYS, FIRST_DATE, HOURS, LAST_DATE, MODELS
from core.tariffs.forecast_errors import BACKTEST, errors

DAY = dt.date(2023, 10, 3)


def hours(first: dt.date, n: int) -> np.ndarray:
    return np.datetime64(first, "m") + 60 * np.arange(n) * np.timedelta64(1, "m")


def test_the_committed_file_is_the_one_that_the_sources_name():
    digest = hashlib.sha256(forecast.PATH.read_bytes()).hexdigest()
    assert f"**SHA-256** {digest}" in (DATA / "SOURCES.md").read_text("utf-8")


def test_every_day_of_the_original_week_and_of_the_back_test_has_forecasts():
    for first, last in ((DAY, dt.date(2023, 10, 9)), BACKTEST):
        for row in range(forecast.row_of(first), forecast.row_of(last) + 1):
            for model in MODELS:
                assert np.isfinite(forecast.expected(model)[row]).all()


def test_the_naive_forecast_is_the_price_a_week_before():
    found = forecast.expected_at("seasonal_naive", hours(DAY, HOURS))
    assert found[0] == day_ahead.price_at(np.array(["2023-09-26T00:00"], dtype="datetime64[m]"))[0][0]
    np.testing.assert_array_equal(found, day_ahead.price_at(hours(dt.date(2023, 9, 26), HOURS))[0])


def test_a_step_takes_its_hour_of_the_forecast_that_begins_with_the_first_day():
    times = np.datetime64("2023-10-03T22:30") + 15 * np.arange(12) * np.timedelta64(1, "m")
    row = forecast.expected("boosted")[forecast.row_of(DAY)]
    np.testing.assert_array_equal(
        forecast.expected_at("boosted", times), row[[22, 22, 23, 23, 23, 23, 24, 24, 24, 24, 25, 25]]
    )


@pytest.mark.parametrize("day", [FIRST_DATE - dt.timedelta(days=1), LAST_DATE + dt.timedelta(days=1)])
def test_a_day_without_a_forecast_is_refused_in_a_sentence(day):
    with pytest.raises(ScenarioError, match=rf"price_forecast: must be perfect here: .* {FIRST_DATE} .* {LAST_DATE}"):
        forecast.expected_at("sarima", hours(day, 24))


def test_what_came_is_the_price_and_nothing_beyond_the_data():
    row = forecast.row_of(DAY)
    np.testing.assert_array_equal(forecast.came()[row], day_ahead.price_at(hours(DAY, HOURS))[0])
    last = forecast.came()[-1]
    assert np.isfinite(last[:25]).all()
    assert np.isnan(last[25:]).all()


@pytest.mark.parametrize("model", MODELS)
def test_bands_are_quantiles_of_the_errors_before(model):
    row = forecast.row_of(DAY)
    low, high = forecast.bands(model, np.array([row]))
    for hour in (0, 17, 30, 71):
        ahead = hour // 24
        rows = range(row - ahead - BAND_DAYS, row - ahead)
        off = [forecast.came()[r, hour] - forecast.expected(model)[r, hour] for r in rows]
        now = forecast.expected(model)[row, hour]
        assert low[0, hour] == pytest.approx(now + np.quantile(off, 0.05), abs=1e-12)
        assert high[0, hour] == pytest.approx(now + np.quantile(off, 0.95), abs=1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_bands_know_no_price_from_the_forecasts_first_day_on(model, monkeypatch):
    row = forecast.row_of(DAY)
    before = forecast.bands(model, np.array([row]))
    other = forecast.came().copy()
    when = forecast.first_dates().astype("datetime64[h]")[:, None] + np.arange(HOURS)
    other[when >= np.datetime64(DAY, "h")] = 9.9
    monkeypatch.setattr(forecast, "came", lambda: other)
    np.testing.assert_array_equal(before, forecast.bands(model, np.array([row])))
    other[when == np.datetime64(DAY, "h") - 2] = 9.9  # shows that the test can fail
    assert not np.array_equal(before, forecast.bands(model, np.array([row])))


def test_errors_of_two_days_by_hand():
    days = (DAY, DAY + dt.timedelta(days=1))
    found = errors("seasonal_naive", *days)
    off = np.stack(
        [
            day_ahead.price_at(hours(day - dt.timedelta(days=7), 24))[0] - day_ahead.price_at(hours(day, 24))[0]
            for day in days
        ]
    )
    assert found.mae[0] == pytest.approx(np.abs(off).sum() / 48)
    assert found.rmse[0] == pytest.approx((np.square(off).sum() / 48) ** 0.5)
    np.testing.assert_allclose(found.mae_by_hour, np.abs(off).mean(axis=0))
    inside = 0
    for k in range(2):
        low, high = forecast.bands("seasonal_naive", np.array([forecast.row_of(days[k])]))
        came = forecast.came()[forecast.row_of(days[k])]
        inside += int(((low[0] <= came) & (came <= high[0]))[:24].sum())
    assert found.coverage[0] == pytest.approx(inside / 48)


def test_each_model_is_better_than_the_one_before_it_on_the_first_day():
    """What pages and docs say of the back-test."""
    mae = [errors(model, *BACKTEST).mae[0] for model in MODELS]
    assert mae == sorted(mae, reverse=True)


# --- prices of a run --------------------------------------------------------------------------------------------------
TERMS = {
    "retail_markup_eur_per_kwh": 0.05, "retail_flat_eur_per_kwh": 0.3, "v2g_price_factor": 1.2,
    "provider_flat_eur_per_kwh": 0.1, "surcharges": False, "krw_per_eur": 1400.0, "times_local": hours(DAY, 30),
}  # fmt: skip


def test_expected_prices_follow_the_same_rules_as_true_ones():
    found = curves(retail="day_ahead", provider="day_ahead", price_forecast="sarima", **TERMS)
    row = forecast.expected("sarima")[forecast.row_of(DAY), :30]
    np.testing.assert_allclose(found.wholesale_eur_per_kwh, row)
    np.testing.assert_allclose(found.buy_eur_per_kwh, row + 0.05)
    np.testing.assert_allclose(found.sell_eur_per_kwh, 1.2 * (row + 0.05))


@pytest.mark.parametrize("tariffs", [("flat", "flat"), ("kepco_self_use_low", "kepco_service_1")])
def test_prices_that_are_published_ahead_are_expected_as_they_are(tariffs):
    retail, provider = tariffs
    now, expected = (curves(retail=retail, provider=provider, price_forecast=p, **TERMS) for p in ("perfect", "sarima"))
    np.testing.assert_array_equal(now.buy_eur_per_kwh, expected.buy_eur_per_kwh)
    np.testing.assert_array_equal(now.wholesale_eur_per_kwh, expected.wholesale_eur_per_kwh)
    said = notices(
        retail=retail, provider=provider, surcharges=False, times_local=hours(DAY, 2), price_forecast="sarima"
    )
    assert "forecast.known" in [notice.key for notice in said]


def test_one_party_with_known_prices_is_left_alone():
    found = curves(retail="flat", provider="day_ahead", price_forecast="boosted", **TERMS)
    np.testing.assert_array_equal(found.buy_eur_per_kwh, 0.3)
    np.testing.assert_allclose(found.wholesale_eur_per_kwh, forecast.expected("boosted")[forecast.row_of(DAY), :30])


def test_an_unknown_model_is_refused_with_the_list():
    with pytest.raises(ScenarioError, match=r"price_forecast: .*perfect, seasonal_naive, sarima, boosted"):
        curves(retail="flat", provider="flat", price_forecast="oracle", **TERMS)
