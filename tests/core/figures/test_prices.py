"""The day's prices: the title says what the curves show."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from core.figures import Style
from core.figures.prices import cheap_and_dear, day_prices
from core.scenario import Scenario
from core.world import build_world
from pages.ui.i18n import translate

STYLE = Style(text=partial(translate, "en"))


def finding(**fields):
    world = build_world(Scenario(stations=1, **fields))
    return cheap_and_dear(world, STYLE), world


@pytest.mark.parametrize(("provider_flat", "key"), [(0.2, "flat_same"), (0.1, "flat_never"), (0.3, "flat_always")])
def test_flat_prices(provider_flat, key):
    fields = {"retail": "flat", "retail_flat_eur_per_kwh": 0.2, "provider": "flat"}
    found, _ = finding(**fields, provider_flat_eur_per_kwh=provider_flat)
    assert (found.key, found.values["price"]) == (f"finding.prices_{key}", "0.2000 EUR")


def test_hours_at_a_loss_are_counted():
    found, world = finding(provider="flat", provider_flat_eur_per_kwh=0.2)
    loss = int((world.prices.buy_eur_per_kwh < 0.2).sum())
    assert 0 < loss < world.n_steps
    assert found.key == "finding.prices_sometimes"
    assert found.values["hours"] == loss / 4


def test_cheapest_and_dearest_steps_are_named():
    found, world = finding()
    buy = world.prices.buy_eur_per_kwh
    assert found.key == "finding.prices_same"
    assert found.values["low"] == STYLE.price(buy.min())
    assert found.values["high_at"] == str(world.times_local[buy.argmax()])[-5:]


def test_the_figure_holds_every_step_in_the_currency_shown():
    won = Style(text=partial(translate, "ko"), currency="KRW", krw_per_eur=1400)
    world = build_world(Scenario(stations=1))
    figure = day_prices(world, won)
    data = figure.data["prices"].to_pydict()
    assert np.allclose(data["buy"][:-1], world.prices.buy_eur_per_kwh * 1400)
    assert "EUR" not in figure.title + figure.subtitle + str(figure.spec)
