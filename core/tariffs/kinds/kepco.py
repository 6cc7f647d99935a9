"""KEPCO's plans for charging electric vehicles: for who charges their own cars, and for charging-service providers."""

from __future__ import annotations

from calendar import monthrange

import numpy as np

from core.tariffs import kepco
from core.tariffs.kind import Energy, Kind, Terms
from core.tariffs.source import Source

# Tariff -> KEPCO plan.
_RETAIL = {"kepco_self_use_low": "self_use_low", "kepco_self_use_high": "self_use_high"}
_PROVIDER = {
    **{f"kepco_service_{option}": f"service_low_{option}" for option in range(1, 5)},
    **{f"kepco_service_high_{option}": f"service_high_{option}" for option in range(1, 5)},
}
PLANS = {**_RETAIL, **_PROVIDER}
"""KEPCO's plan by tariff."""


def _energy(terms: Terms) -> Energy:
    """A demand charge is by the month: a day bears one share of it by the length of the month in which a run begins."""
    plan, day = PLANS[terms.tariff], terms.first_date
    rate = kepco.energy_rate_krw(plan, terms.times, terms.surcharges, terms.version)
    demand = kepco.demand_krw_per_kw_month(plan, day, terms.surcharges, terms.version)
    return Energy(
        rate / terms.krw_per_eur,
        np.zeros(terms.times.shape, dtype=np.bool_),
        demand / monthrange(day.year, day.month)[1] / terms.krw_per_eur,
        kepco.period_code(terms.times, terms.version),
    )


def _source(terms: Terms) -> Source:
    return kepco.source(terms.first_date, terms.last_date, terms.surcharges, terms.version)


KIND = Kind(
    name="kepco",
    rank=2,
    retail=tuple(_RETAIL),
    provider=tuple(_PROVIDER),
    energy=_energy,
    source=_source,
    versions=kepco.versions(),
    has_surcharges=True,
    unit="KRW/kWh",
    resolution="season_day_hour",
    sentences=kepco.sentences(),
)
