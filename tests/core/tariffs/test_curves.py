"""Price curves of a run: who pays what, in EUR, for every pair of tariffs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import FrozenInstanceError
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ScenarioError
from core.studies.draw import draw_scenarios
from core.tariffs import (
    KINDS,
    PROVIDER_TARIFFS,
    RETAIL_TARIFFS,
    TARIFF_VERSIONS,
    PriceCurves,
    curves,
    day_ahead,
    kepco,
    kind_of,
    notices,
)

ROOT = Path(__file__).resolve().parents[3]
RUN = np.datetime64("2023-07-12T05:00", "m") + np.arange(112) * np.timedelta64(15, "m")  # a Wednesday in summer
STEP_OF_17H = 48

SETTINGS: dict[str, Any] = {
    "retail": "day_ahead",
    "retail_markup_eur_per_kwh": 0.0,
    "retail_flat_eur_per_kwh": 0.3,
    "v2g_price_factor": 1.0,
    "provider": "day_ahead",
    "provider_flat_eur_per_kwh": 0.15,
    "surcharges": False,
    "krw_per_eur": 1400.0,
    "times_local": RUN,
    "tariff_version": "by_date",
}


def prices(**changes: Any) -> PriceCurves:
    return curves(**{**SETTINGS, **changes})


def test_tariffs_offered():
    assert RETAIL_TARIFFS == ("day_ahead", "kepco_self_use_low", "kepco_self_use_high", "flat")
    low = tuple(f"kepco_service_{option}" for option in (1, 2, 3, 4))
    high = tuple(f"kepco_service_high_{option}" for option in (1, 2, 3, 4))
    assert ("day_ahead", *low, *high, "flat") == PROVIDER_TARIFFS
    assert ("by_date", *reversed(kepco.versions())) == TARIFF_VERSIONS


def test_each_tariff_belongs_to_one_kind_and_each_kind_has_its_place():
    names = [name for kind in KINDS for name in {*kind.retail, *kind.provider}]
    assert len(names) == len(set(names))
    assert all(kind_of(name) is kind for kind in KINDS for name in (*kind.retail, *kind.provider))
    assert len({kind.rank for kind in KINDS}) == len({kind.name for kind in KINDS}) == len(KINDS)


# --- energy -------------------------------------------------------------------------------------------------------
def test_day_ahead_on_both_sides():
    result = prices(retail_markup_eur_per_kwh=0.05)
    market, _ = day_ahead.price_at(RUN)
    np.testing.assert_array_equal(result.wholesale_eur_per_kwh, market)
    np.testing.assert_array_equal(result.buy_eur_per_kwh, market + 0.05)
    assert result.demand_eur_per_kw_day == 0.0
    assert len(result.sources) == 1  # named once


@pytest.mark.parametrize(
    ("retail", "summer_on_peak_krw"), [("kepco_self_use_low", 259.2), ("kepco_self_use_high", 190.4)]
)
def test_kepco_retail_is_converted_and_ignores_the_markup(retail, summer_on_peak_krw):
    result = prices(retail=retail, retail_markup_eur_per_kwh=0.05)
    assert result.buy_eur_per_kwh[STEP_OF_17H] == summer_on_peak_krw / 1400


@pytest.mark.parametrize(
    ("provider", "summer_on_peak_krw", "demand_krw"),
    [
        ("kepco_service_1", 203.5, 2390),
        ("kepco_service_2", 270.8, 2390),
        ("kepco_service_3", 236.0, 2390),
        ("kepco_service_4", 172.0, 2390),
        ("kepco_service_high_1", 151.2, 2580),
        ("kepco_service_high_2", 198.6, 2580),
        ("kepco_service_high_3", 174.0, 2580),
        ("kepco_service_high_4", 137.4, 2580),
    ],
)
def test_kepco_provider(provider, summer_on_peak_krw, demand_krw):
    result = prices(provider=provider)
    assert result.wholesale_eur_per_kwh[STEP_OF_17H] == summer_on_peak_krw / 1400
    assert result.demand_eur_per_kw_day == pytest.approx(demand_krw / 31 / 1400, rel=1e-12)  # July
    np.testing.assert_array_equal(result.buy_eur_per_kwh, day_ahead.price_at(RUN)[0])  # drivers are not touched


def test_flat_on_both_sides():
    result = prices(retail="flat", provider="flat", retail_markup_eur_per_kwh=0.05)
    assert (result.buy_eur_per_kwh == 0.3).all()
    assert (result.wholesale_eur_per_kwh == 0.15).all()
    assert result.demand_eur_per_kw_day == 0.0


@given(factor=st.floats(0, 3), retail=st.sampled_from(RETAIL_TARIFFS))
def test_discharging_pays_the_factor_times_the_price_of_charging(factor, retail):
    """Also on 2 May 2024, when the day-ahead price fell below zero."""
    times = np.datetime64("2024-05-02T05:00", "m") + np.arange(96) * np.timedelta64(15, "m")
    result = prices(v2g_price_factor=factor, retail=retail, times_local=times)
    np.testing.assert_array_equal(result.sell_eur_per_kwh, factor * result.buy_eur_per_kwh)
    if retail == "day_ahead":
        assert result.buy_eur_per_kwh.min() < 0


@given(
    retail=st.sampled_from(RETAIL_TARIFFS),
    provider=st.sampled_from(PROVIDER_TARIFFS),
    day=st.dates(date(2015, 1, 2), date(2025, 1, 5)),
    hour=st.integers(0, 23),
    steps=st.integers(1, 192),
    surcharges=st.booleans(),
    krw_per_eur=st.floats(500, 3000),
    version=st.sampled_from(TARIFF_VERSIONS),
)
def test_any_pair_of_tariffs_on_any_day_gives_whole_read_only_curves(
    retail, provider, day, hour, steps, surcharges, krw_per_eur, version
):
    times = np.datetime64(day, "m") + hour * np.timedelta64(60, "m") + np.arange(steps) * np.timedelta64(15, "m")
    tariffs = {"retail": retail, "provider": provider, "surcharges": surcharges, "tariff_version": version}
    result = prices(**tariffs, times_local=times, krw_per_eur=krw_per_eur)
    for array in (result.buy_eur_per_kwh, result.sell_eur_per_kwh, result.wholesale_eur_per_kwh):
        assert array.shape == (steps,)
        assert array.dtype == np.float64
        assert np.isfinite(array).all()
        assert not array.flags.writeable
    assert result.filled.shape == (steps,)
    assert not result.filled.flags.writeable
    waived = str(day) < "2020-07-01" if version == "by_date" else version < "2020-07-01"
    assert (result.demand_eur_per_kw_day > 0) == (provider.startswith("kepco") and not waived)
    assert 1 <= len(result.sources) <= 2
    assert result.notices == notices(**tariffs, times_local=times)
    assert not result.notices or "kepco" in retail + provider


# --- demand charge ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("start", "days"), [("2023-02-10", 28), ("2024-02-10", 29), ("2024-04-30T20:00", 30), ("2024-12-01", 31)]
)
def test_demand_charge_is_shared_by_the_days_of_the_month_in_which_the_run_begins(start, days):
    times = np.datetime64(start, "m") + np.arange(112) * np.timedelta64(15, "m")
    result = prices(provider="kepco_service_2", times_local=times)
    assert result.demand_eur_per_kw_day == pytest.approx(2390 / days / 1400, rel=1e-12)


# --- surcharges and exchange rate ---------------------------------------------------------------------------------
def test_surcharges_apply_to_kepco_only():
    plain = prices(provider="kepco_service_1")
    result = prices(provider="kepco_service_1", surcharges=True)
    expected = (plain.wholesale_eur_per_kwh * 1400 + 9 + 5) * 1.137 / 1400
    np.testing.assert_allclose(result.wholesale_eur_per_kwh, expected, rtol=1e-12)
    assert result.demand_eur_per_kw_day == pytest.approx(plain.demand_eur_per_kw_day * 1.137, rel=1e-12)
    np.testing.assert_array_equal(result.buy_eur_per_kwh, plain.buy_eur_per_kwh)
    drivers = prices(retail="kepco_self_use_low", surcharges=True)
    assert drivers.buy_eur_per_kwh[STEP_OF_17H] == pytest.approx(310.6284 / 1400, rel=1e-12)


def test_a_dearer_euro_makes_won_cheaper():
    result = prices(retail="kepco_self_use_low", provider="kepco_service_1", krw_per_eur=700.0)
    doubled = prices(retail="kepco_self_use_low", provider="kepco_service_1", krw_per_eur=1400.0)
    np.testing.assert_allclose(result.buy_eur_per_kwh, 2 * doubled.buy_eur_per_kwh, rtol=1e-12)
    np.testing.assert_allclose(result.wholesale_eur_per_kwh, 2 * doubled.wholesale_eur_per_kwh, rtol=1e-12)
    assert result.demand_eur_per_kw_day == pytest.approx(2 * doubled.demand_eur_per_kw_day)


# --- filled and sources -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("retail", "provider", "any_filled"),
    [("day_ahead", "flat", True), ("flat", "day_ahead", True), ("flat", "kepco_service_1", False)],
)
def test_a_filled_hour_is_flagged_where_it_is_used(retail, provider, any_filled):
    times = np.datetime64("2023-12-30T22:00", "m") + np.arange(16) * np.timedelta64(15, "m")
    result = prices(retail=retail, provider=provider, times_local=times)
    assert result.filled.tolist() == [any_filled and 8 <= step < 12 for step in range(16)]


def test_sources_say_which_revision_is_in_force():
    sources = prices(provider="kepco_service_1").sources
    assert sources == (day_ahead.source(), kepco.source(date(2023, 7, 12)))
    assert sources[1].effective_from == date(2023, 5, 16)


def test_a_version_changes_kepco_s_prices_only():
    now = prices(retail="kepco_self_use_low", tariff_version="2026-04-16")
    market = prices(retail="kepco_self_use_low")
    assert now.buy_eur_per_kwh[4 * 9] == market.buy_eur_per_kwh[4 * 9] * 172.0 / 259.2  # 14 h: on-peak no longer
    np.testing.assert_array_equal(now.wholesale_eur_per_kwh, market.wholesale_eur_per_kwh)
    assert [notice.key for notice in now.notices] == ["kepco.other_version"]
    assert market.notices == ()
    assert prices(tariff_version="2026-04-16").notices == ()


def test_prices_since_may_2023_are_what_they_were():
    """Bit for bit those of the one table that was applied to every date before there were versions."""
    for retail, row in (("kepco_self_use_low", (84.3, 172.0, 259.2)), ("kepco_self_use_high", (79.2, 137.4, 190.4))):
        periods = [kepco.PERIODS.index(str(name)) for name in kepco.period(RUN)]
        np.testing.assert_array_equal(prices(retail=retail).buy_eur_per_kwh, np.array(row)[periods] / 1400.0)
        taxed = (np.array(row)[periods] + (9.0 + 5.0)) * (1.0 + 0.10 + 0.037) / 1400.0
        np.testing.assert_array_equal(prices(retail=retail, surcharges=True).buy_eur_per_kwh, taxed)


# --- what is refused ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("retail", "kepco_service_1"),
        ("retail", ""),
        ("provider", "kepco_self_use_low"),
        ("provider", "kepco_service_5"),
        ("retail_markup_eur_per_kwh", float("nan")),
        ("retail_flat_eur_per_kwh", float("inf")),
        ("provider_flat_eur_per_kwh", float("nan")),
        ("v2g_price_factor", -0.1),
        ("v2g_price_factor", float("nan")),
        ("krw_per_eur", 0.0),
        ("krw_per_eur", float("inf")),
        ("times_local", RUN[:0]),
        ("times_local", RUN.reshape(2, 56)),
        ("times_local", np.arange(112)),
        ("tariff_version", "2020-01-01"),
    ],
)
def test_what_is_not_allowed_names_its_field(field, value):
    with pytest.raises(ScenarioError) as caught:
        prices(**{field: value})
    assert caught.value.field == field


def test_a_run_beyond_the_day_ahead_data_is_refused_only_where_it_needs_them():
    times = np.datetime64("2025-01-07T20:00", "m") + np.arange(112) * np.timedelta64(15, "m")
    with pytest.raises(ScenarioError, match="Day-ahead prices are known from"):
        prices(times_local=times)
    assert prices(retail="kepco_self_use_low", provider="kepco_service_1", times_local=times).filled.sum() == 0


def test_curves_cannot_be_changed():
    result = prices(v2g_price_factor=1.0)
    with pytest.raises(ValueError, match="read-only"):
        result.buy_eur_per_kwh[0] = 0.0
    with pytest.raises(FrozenInstanceError):
        result.demand_eur_per_kw_day = 1.0  # type: ignore[misc]


# --- kinds ----------------------------------------------------------------------------------------------------------
A_KIND = """
import numpy as np
from core.tariffs.kind import Energy, Kind, Terms
from core.tariffs.source import Source

def _energy(terms: Terms) -> Energy:
    night = terms.times.astype("datetime64[h]").astype(int) % 24 < 8
    return Energy(np.where(night, 0.1, 0.3), np.zeros(night.shape, dtype=bool), demand_eur_per_kw_day=0.5)

def _source(terms: Terms) -> Source:
    return Source("Two prices", "Cheaper at night.")

KIND = Kind(name="two", rank=9, retail=("two_prices",), provider=("two_provider",), energy=_energy, source=_source)
"""


def test_a_new_kind_is_one_module(tmp_path):
    """Choices, validation, prices and sources follow from it; words are asked for in tests/pages/test_i18n.py."""
    shutil.copytree(ROOT / "core", tmp_path / "core", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("data", "pretrained"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "core/tariffs/kinds/two.py").write_text(A_KIND)
    probe = (
        "from core import Scenario\n"
        "from core.world import build_world\n"
        "prices = build_world(Scenario(retail='two_prices', provider='two_provider', length_h=12)).prices\n"
        "print(prices.buy_eur_per_kwh[0], prices.wholesale_eur_per_kwh[-1], prices.demand_eur_per_kw_day)\n"
        "print([source.title for source in prices.sources])\n"
        "print([row['choices'][-1] for row in Scenario.fields() if row['name'] in ('retail', 'provider')])\n"
        "from core.studies.draw import draw_scenarios\n"
        "print([s.to_query() for s in draw_scenarios(20, 'test', 1)])\n"
        "print('two_prices' in {s.retail for s in draw_scenarios(60, 'train', 1)})\n"
    )
    answer = subprocess.run([sys.executable, "-c", probe], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == [
        "0.1 0.3 0.5",
        "['Two prices']",
        "['two_prices', 'two_provider']",
        str([s.to_query() for s in draw_scenarios(20, "test", 1)]),  # committed results stay those of the same days
        "True",  # whoever trains meets it
    ]
