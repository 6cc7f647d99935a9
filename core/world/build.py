"""Scenario -> World: the day that happens whatever an agent does.

Sessions are drawn exactly as EV2Gym 2.0.0 draws them for the same settings and seed, but from a private random stream:
the process's global `random` and `numpy.random` are never touched, so any number of threads may build worlds.
Parity with EV2Gym, field by field, is tested in `tests/parity/test_world.py`.
"""

from __future__ import annotations

from dataclasses import fields
from functools import partial

import numpy as np

from core.scenario import Scenario
from core.tariffs import curves
from core.world.sessions import draw_sessions
from core.world.site import draw_setpoint, draw_transformers
from core.world.types import World


def build_world(scenario: Scenario) -> World:
    """The day that `scenario` and its seed imply.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    World
        Frozen; equal scenarios give equal worlds in any thread of any process.

    Notes
    -----
    Random numbers are consumed in EV2Gym's order: one stream for sessions (and the power set-point after them), one
    for transformers, both seeded by `scenario.seed`.
    """
    stream = np.random.RandomState(scenario.seed)
    times = scenario.times_local
    price_curves = partial(
        curves,
        retail=scenario.retail,
        retail_markup_eur_per_kwh=scenario.retail_markup_eur_per_kwh,
        retail_flat_eur_per_kwh=scenario.retail_flat_eur_per_kwh,
        v2g_price_factor=scenario.v2g_price_factor,
        provider=scenario.provider,
        provider_flat_eur_per_kwh=scenario.provider_flat_eur_per_kwh,
        surcharges=scenario.surcharges,
        krw_per_eur=scenario.krw_per_eur,
        times_local=times,
        tariff_version=scenario.tariff_version,
        own_prices=scenario.own_prices,
    )
    prices = price_curves()
    cars = draw_sessions(scenario, stream)
    setpoint = draw_setpoint(scenario, cars.sessions, prices.buy_eur_per_kwh, stream) if scenario.setpoint else None
    transformers = draw_transformers(scenario)
    world = World(
        scenario=scenario,
        times_local=times,
        sessions=cars.sessions,
        models=cars.models,
        efficiency=cars.efficiency,
        own_day=cars.own_day,
        prices=prices,
        **transformers._asdict(),
        setpoint_kw=setpoint,
        station_transformer=np.arange(scenario.stations) % scenario.transformers,
        expected_prices=(
            price_curves(price_forecast=scenario.price_forecast) if scenario.decides_on_forecast else None
        ),
    )
    for part in (world, cars.sessions):
        for item in fields(part):
            value = getattr(part, item.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
    return world
