"""Data that a scenario carries: round trips, keys, links, and what must not be read."""

from __future__ import annotations

import base64
import json
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data_in.carried import MOST_CONTENT, MOST_TEXT, Carried
from core.data_in.own import OwnPrices, OwnSite
from core.data_in.series import MISSING, OwnSeries
from core.data_in.words import DataError, OwnDataError
from core.errors import ScenarioError
from core.scenario import LAST_DATE, Scenario, notices_of
from core.world import build_world

START = np.datetime64("2025-05-01T00:00", "m")
DAY = OwnSeries.of(np.arange(24) / 100, "EUR/kWh", label="typed")


def noisy(days: int = 400, step_min: int = 60, unit: str = "EUR/kWh") -> OwnSeries:
    values = np.random.default_rng(1).normal(0.08, 0.03, days * 24 * 60 // step_min)
    return OwnSeries.of(values, unit, start=START, step_min=step_min, label="noisy.csv")


@st.composite
def series(draw: st.DrawFn, unit: str = "EUR/kWh") -> OwnSeries:
    step = draw(st.sampled_from([15, 30, 60]))
    values = draw(st.lists(st.floats(-90, 90), min_size=1, max_size=60))
    state = np.array(draw(st.lists(st.sampled_from([0, 1, 2]), min_size=len(values), max_size=len(values))), np.uint8)
    start = START + np.timedelta64(step * draw(st.integers(-1000, 1000)), "m")
    label = draw(st.text(max_size=70))
    return OwnSeries.of(np.array(values), unit, start=start, step_min=step, state=state, label=label)


@given(series(), st.none() | series(), st.none() | series())
@settings(max_examples=60)
def test_text_gives_the_same_data_back(buy, sell, provider):
    data = OwnPrices(buy, sell, provider)
    back = OwnPrices.read_text(data.text)
    assert back == data
    assert back.hash == data.hash
    assert hash(back) == hash(data)
    for role, one in data.series.items():
        again = back.series[role]
        assert np.array_equal(again.numbers, one.numbers, equal_nan=True)
        assert np.array_equal(again.state, one.state)
        assert (again.start, again.step_min, again.label, again.unit) == (
            one.start, one.step_min, one.label, one.unit,
        )  # fmt: skip


def test_one_series_in_two_roles_is_kept_once():
    one = noisy()
    assert len(OwnPrices(buy=one, provider=one).text) < 1.01 * len(OwnPrices(buy=one).text) + 50


def test_scenario_carries_data_through_json_and_small_ones_through_links():
    small = Scenario(own_prices=OwnPrices(sell=DAY))
    assert Scenario.from_query(small.to_query()) == small
    large = Scenario(own_prices=OwnPrices(buy=noisy()), date="2025-06-01", provider="flat")
    assert Scenario.from_json(large.to_json()) == large
    assert Scenario.from_json(large.to_json()).key == large.key
    assert large.to_query()["own_prices"] == f"file:{large.own_prices.hash}"
    with pytest.raises(OwnDataError, match="needs the file"):
        Scenario.from_query(large.to_query())


def test_keys_tell_data_apart_and_leave_scenarios_without_them_alone():
    plain = Scenario()
    with_day = plain.replace(own_prices=OwnPrices(sell=DAY))
    other = plain.replace(own_prices=OwnPrices(sell=OwnSeries.of(np.arange(24) / 99, "EUR/kWh")))
    assert len({plain.key, with_day.key, other.key}) == 3
    assert len({plain.world_key, with_day.world_key, other.world_key}) == 3
    assert plain.key == "ad408c0b1534d698"  # from before scenarios could carry anything
    assert "own_prices" not in json.loads(plain.to_json())


def packed(content: bytes, kind: str = "prices") -> str:
    return f"{kind}1." + base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "", "prices1.", "prices1.!!", "prices1.AAAA", "site1.AAAA", "file:123", "x" * (MOST_TEXT + 1),
        packed(b"{}"), packed(b"[]\n"), packed(b'{"head":{},"arrays":[]}\n'), packed(b"0" * (MOST_CONTENT + 10)),
        packed(b'{"head":{"roles":{"buy":"buy"},"series":{"buy":{"label":"a","unit":"EUR/kWh","step_min":60,'
               b'"start":null}}},"arrays":[["buy.values","i4",99999999]]}\n'),
        packed(b"[" * 5000 + b"\n"),
    ],
)  # fmt: skip
def test_what_is_no_data_is_refused_in_a_sentence(text):
    with pytest.raises(DataError):
        OwnPrices.read_text(text)
    with pytest.raises(ScenarioError, match="own_prices"):
        Scenario.parse({"own_prices": text or "x"})


@pytest.mark.parametrize("value", [5, True, [], {}, b"prices1.", OwnSite(load=OwnSeries.of(np.ones(24), "kW"))])
def test_other_types_are_refused(value):
    with pytest.raises(ScenarioError, match="own_prices"):
        Scenario.parse({"own_prices": value})


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (OwnPrices, {}), (OwnPrices, {"buy": OwnSeries.of(np.ones(24), "kW")}),
        (OwnSite, {"pv": OwnSeries.of(np.full(24, -1.0), "kW")}),
        (OwnSite, {"limit": OwnSeries.of(np.zeros(24), "kW")}),
    ],
)  # fmt: skip
def test_impossible_data_are_refused(kind: type[Carried], fields):
    with pytest.raises(DataError):
        kind(**fields)


def test_a_day_that_the_data_lack_is_named():
    data = OwnPrices(buy=noisy(days=3), provider=noisy(days=3))
    assert [str(day) for day in data.dates] == ["2025-05-01", "2025-05-02", "2025-05-03"]
    with pytest.raises(OwnDataError, match=r"no value for 2022-01-17 05:00.*2025-05-01 to 2025-05-03"):
        Scenario().replace(own_prices=data)
    assert Scenario().replace(own_prices=data, date="2025-05-01").date > LAST_DATE
    with pytest.raises(ScenarioError, match="from 2015-01-01 to 2025-01-06"):
        Scenario().replace(date="2025-05-01")


# --- what they do to a World ------------------------------------------------------------------------------------------
def test_prices_stand_in_for_tariffs_and_change_nothing_else():
    base = Scenario(retail_markup_eur_per_kwh=0.1)
    own = base.replace(own_prices=OwnPrices(buy=DAY, sell=OwnSeries.of(np.full(24, 0.5), "EUR/kWh")))
    world, plain = build_world(own), build_world(base)
    hours = world.times_local.astype("datetime64[h]").astype(int) % 24
    assert np.allclose(world.prices.buy_eur_per_kwh, hours / 100)
    assert np.allclose(world.prices.sell_eur_per_kwh, 0.5)
    assert np.array_equal(world.prices.wholesale_eur_per_kwh, plain.prices.wholesale_eur_per_kwh)
    assert np.array_equal(world.sessions.arrival_energy_kwh, plain.sessions.arrival_energy_kwh)
    rows = {row["name"]: row for row in Scenario.fields()}
    assert not own.matters(rows["retail"])
    assert not own.matters(rows["v2g_price_factor"])
    assert own.matters(rows["provider"])


def test_won_follow_the_rate_of_the_scenario():
    won = OwnPrices(buy=OwnSeries.of(np.full(24, 140.0), "KRW/kWh"))
    assert build_world(Scenario(own_prices=won, krw_per_eur=1000)).prices.buy_eur_per_kwh == pytest.approx(0.14)


def test_filled_prices_are_said_and_missing_ones_refused():
    state = np.zeros(72, np.uint8)
    state[10:12], state[60] = 1, MISSING
    one = OwnSeries.of(np.ones(72), "EUR/kWh", start=START, state=state)
    scenario = Scenario(own_prices=OwnPrices(buy=one, provider=one), date="2025-05-01", length_h=24)
    assert build_world(scenario).prices.filled.sum() == 8
    assert [notice.key for notice in notices_of([scenario])] == ["own.filled"]
    with pytest.raises(OwnDataError, match="2025-05-03 12:00"):
        scenario.replace(date="2025-05-02", length_h=36)


def test_load_sun_and_limit_are_shared_by_transformers():
    site = OwnSite(
        load=OwnSeries.of(np.arange(24.0), "kW"), pv=OwnSeries.of(np.full(24, 9.0), "kW"),
        limit=OwnSeries.of(np.arange(24) + 50.0, "kW"),
    )  # fmt: skip
    world = build_world(Scenario(own_site=site, transformers=3, stations=6))
    hours = world.times_local.astype("datetime64[h]").astype(int) % 24
    assert np.allclose(world.load_kw, hours / 3)
    assert np.allclose(world.pv_kw, 3)
    assert np.allclose(world.limit_kw, hours + 50)
    assert np.allclose(world.lower_limit_kw, -hours - 50.0)
    assert (world.load_forecast_kw != world.load_kw).any()
