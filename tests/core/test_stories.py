"""Presets are stories: what makes each worth telling is so when it is computed."""

from __future__ import annotations

from functools import cache

import pytest

from core import PRESETS, simulate
from core.accounts.indicators import Totals
from core.figures.findings import cars_short, headline
from core.figures.style import Style
from core.studies.run import Result

AGENT = "residual"
"""Whom the first page shows."""


@cache
def day(slug: str, agent: str = AGENT, *, v2g: bool = True) -> Result:
    return simulate(PRESETS[slug].replace(v2g=v2g), agent)


def totals(slug: str, agent: str = AGENT, *, v2g: bool = True) -> Totals:
    return day(slug, agent, v2g=v2g).ledger.totals


@pytest.mark.parametrize("slug", PRESETS)
def test_on_every_story_somebody_comes_and_the_agent_does_better_than_plug_and_charge(slug):
    assert totals(slug).cars >= 10
    assert totals(slug).objective_eur > totals(slug, "afap").objective_eur + 1.0


def test_in_a_price_crisis_v2g_itself_is_worth_euros_a_car():
    gain = totals("crisis").user_profit_eur - totals("crisis", v2g=False).user_profit_eur
    assert gain > totals("crisis").cars
    prices = day("crisis").world.prices.buy_eur_per_kwh
    assert (round(float(prices[12]), 2), round(float(prices[32]), 2)) == (
        0.79,
        0.47,
    )  # at 08:00 and at 13:00: two thirds more


def test_the_small_transformer_serves_everybody_where_taking_turns_does_not():
    assert totals("small-transformer", "afap").overload_kwh > 100
    assert totals("small-transformer").overload_kwh < 1
    assert cars_short(day("small-transformer")) == 0 < cars_short(day("small-transformer", "rr"))


def test_cars_take_up_the_noon_sun():
    assert totals("sunny", "afap").overload_kwh > 50
    assert totals("sunny").overload_kwh < 1
    assert cars_short(day("sunny")) == 0


def test_homes_ride_out_the_event_and_drive_in_the_morning():
    world = day("evening-event").world
    low = world.times_local[world.limit_kw[0] < 0.5 * PRESETS["evening-event"].transformer_limit_kw]
    assert [str(time)[-5:] for time in low[[0, -1]]] == ["19:30", "21:15"]
    assert totals("evening-event", "afap").overload_kwh > 100
    assert totals("evening-event").overload_kwh < 1
    assert cars_short(day("evening-event")) == 0


def test_every_van_is_full_and_v2g_still_earns():
    assert cars_short(day("fleet")) == 0
    assert totals("fleet", "afap").peak_kw > 1.5 * PRESETS["fleet"].transformer_limit_kw
    assert totals("fleet").user_profit_eur > totals("fleet", v2g=False).user_profit_eur + 20


def test_korean_tariffs_pay_drivers_on_a_working_day_and_nobody_on_a_holiday():
    """Drivers gain by V2G itself, some hundreds of won a car, most of it from the provider; all together, too."""
    now, without = totals("busan"), totals("busan", v2g=False)
    gain = now.user_profit_eur - without.user_profit_eur
    assert 1400 * gain > 300 * now.cars
    assert -gain < now.provider_margin_eur - without.provider_margin_eur < -gain / 2
    assert now.objective_eur > without.objective_eur + 1
    assert now.overload_kwh < 1
    assert totals("busan", "afap").overload_kwh > 100
    assert cars_short(day("busan")) == 0
    # The first words that a Korean visitor reads are about that gain.
    look = Style(text=lambda key, **_: key, currency="KRW")
    assert headline(day("busan"), day("busan", "afap"), look)[0].key == "headline.gain"
    assert totals("busan-original").discharged_kwh == pytest.approx(0, abs=0.05)


def test_drivers_who_stop_for_an_hour_gain_by_v2g():
    assert totals("street").user_profit_eur > totals("street", v2g=False).user_profit_eur + 1


def test_on_an_ordinary_winter_day_v2g_itself_is_worth_next_to_nothing():
    gain = totals("workplace").user_profit_eur - totals("workplace", v2g=False).user_profit_eur
    assert abs(gain) < 0.01 * totals("workplace").cars
