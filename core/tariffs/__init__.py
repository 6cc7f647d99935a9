"""Tariffs: what drivers pay, what they are paid, and what the provider pays, for each step of a run.

`curves` is the one door; `day_ahead` and `kepco` are the price sources behind it.
"""

from __future__ import annotations

import math
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ScenarioError
from core.tariffs import day_ahead, kepco
from core.tariffs.source import Source, wall_clock_minutes

__all__ = ["PROVIDER_TARIFFS", "RETAIL_TARIFFS", "PriceCurves", "Source", "curves"]

# Tariff id -> KEPCO plan.
_RETAIL_PLANS: Final = {"kepco_self_use_low": "self_use_low", "kepco_self_use_high": "self_use_high"}
_PROVIDER_PLANS: Final = {
    **{f"kepco_service_{option}": f"service_low_{option}" for option in range(1, 5)},
    **{f"kepco_service_high_{option}": f"service_high_{option}" for option in range(1, 5)},
}

RETAIL_TARIFFS: Final = ("day_ahead", *_RETAIL_PLANS, "flat")
"""What drivers can be charged by."""
PROVIDER_TARIFFS: Final = ("day_ahead", *_PROVIDER_PLANS, "flat")
"""What the provider can buy its energy by; ``kepco_service_1`` to ``_4`` are low voltage."""


@dataclass(frozen=True, slots=True, eq=False)
class PriceCurves:
    """Prices for each step of a run. Arrays are read-only.

    Parameters
    ----------
    buy_eur_per_kwh : numpy.ndarray of float64, [steps]
        What drivers pay for charging [EUR/kWh]. Can be negative.
    sell_eur_per_kwh : numpy.ndarray of float64, [steps]
        What drivers are paid for discharging [EUR/kWh].
    wholesale_eur_per_kwh : numpy.ndarray of float64, [steps]
        What the provider pays for energy [EUR/kWh].
    filled : numpy.ndarray of bool, [steps]
        Whether a day-ahead price used in this step is missing in the source and was filled.
    demand_eur_per_kw_day : float
        The provider's demand charge [EUR/kW/day].
    sources : tuple of Source
        Where the prices come from, retail first, each once.
    """

    buy_eur_per_kwh: NDArray[np.float64]
    sell_eur_per_kwh: NDArray[np.float64]
    wholesale_eur_per_kwh: NDArray[np.float64]
    filled: NDArray[np.bool_]
    demand_eur_per_kw_day: float
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Energy:
    """One party's energy price [EUR/kWh] for each step, before any markup."""

    eur_per_kwh: NDArray[np.float64]
    filled: NDArray[np.bool_]
    source: Source


def curves(
    *,
    retail: str,
    retail_markup_eur_per_kwh: float,
    retail_flat_eur_per_kwh: float,
    v2g_price_factor: float,
    provider: str,
    provider_flat_eur_per_kwh: float,
    surcharges: bool,
    krw_per_eur: float,
    times_local: NDArray[np.datetime64],
) -> PriceCurves:
    """Return the prices of a run.

    Parameters
    ----------
    retail : str
        What drivers are charged by, one of `RETAIL_TARIFFS`.
    retail_markup_eur_per_kwh : float
        Added to the day-ahead price that drivers pay [EUR/kWh]; other retail tariffs ignore it.
    retail_flat_eur_per_kwh : float
        What drivers pay where `retail` is ``flat`` [EUR/kWh].
    v2g_price_factor : float
        Discharge price over charge price, at least 0.
    provider : str
        What the provider buys energy by, one of `PROVIDER_TARIFFS`.
    provider_flat_eur_per_kwh : float
        What the provider pays where `provider` is ``flat`` [EUR/kWh].
    surcharges : bool
        Whether KEPCO's rates and demand charge include levies and taxes (`kepco.energy_rate_krw`).
    krw_per_eur : float
        Exchange rate [KRW/EUR], above 0.
    times_local : numpy.ndarray of datetime64, [steps]
        Start of each step on a naive local wall clock that never jumps.

    Returns
    -------
    PriceCurves
        ``buy`` is the retail price, ``sell`` is `v2g_price_factor` times ``buy`` (EV2Gym's rule, also where the
        price is negative), ``wholesale`` is the provider's own price.

    Raises
    ------
    ScenarioError
        If a tariff is unknown, a number is not allowed, or a time has no price.

    Notes
    -----
    A KEPCO demand charge is by the month; a day bears one share of it by the length of the month in which the run
    begins. Other provider tariffs have none.
    """
    _require_finite("retail_markup_eur_per_kwh", retail_markup_eur_per_kwh)
    _require_finite("retail_flat_eur_per_kwh", retail_flat_eur_per_kwh)
    _require_finite("provider_flat_eur_per_kwh", provider_flat_eur_per_kwh)
    if not (math.isfinite(v2g_price_factor) and v2g_price_factor >= 0):
        raise ScenarioError("v2g_price_factor", "The V2G price factor must be 0 or more.")
    if not (math.isfinite(krw_per_eur) and krw_per_eur > 0):
        raise ScenarioError("krw_per_eur", "The exchange rate must be above 0 KRW/EUR.")
    times = wall_clock_minutes(times_local)
    if times.ndim != 1 or not times.size:
        raise ScenarioError("times_local", "Times must be a one-dimensional array with at least one step.")
    if retail not in RETAIL_TARIFFS:
        raise ScenarioError("retail", f"{retail!r} is no retail tariff; there are {', '.join(RETAIL_TARIFFS)}.")
    if provider not in PROVIDER_TARIFFS:
        raise ScenarioError("provider", f"{provider!r} is no provider tariff; there are {', '.join(PROVIDER_TARIFFS)}.")

    retail_plan, provider_plan = _RETAIL_PLANS.get(retail), _PROVIDER_PLANS.get(provider)
    paid = _energy(retail, retail_plan, retail_flat_eur_per_kwh, surcharges, krw_per_eur, times)
    cost = _energy(provider, provider_plan, provider_flat_eur_per_kwh, surcharges, krw_per_eur, times)
    buy = paid.eur_per_kwh + (retail_markup_eur_per_kwh if retail == "day_ahead" else 0.0)
    result = PriceCurves(
        buy_eur_per_kwh=buy,
        sell_eur_per_kwh=v2g_price_factor * buy,
        wholesale_eur_per_kwh=cost.eur_per_kwh,
        filled=paid.filled | cost.filled,
        demand_eur_per_kw_day=_demand_eur_per_kw_day(provider_plan, surcharges, krw_per_eur, _first_date(times)),
        sources=tuple(dict.fromkeys((paid.source, cost.source))),
    )
    for array in (result.buy_eur_per_kwh, result.sell_eur_per_kwh, result.wholesale_eur_per_kwh, result.filled):
        array.setflags(write=False)
    return result


def _energy(
    tariff: str,
    plan: str | None,
    flat_eur_per_kwh: float,
    surcharges: bool,
    krw_per_eur: float,
    times: NDArray[np.datetime64],
) -> _Energy:
    if tariff == "day_ahead":
        price, filled = day_ahead.price_at(times)
        return _Energy(price, filled, day_ahead.source())
    none_filled = np.zeros(times.shape, dtype=np.bool_)
    if plan is not None:
        rate = kepco.energy_rate_krw(plan, times, surcharges)
        return _Energy(rate / krw_per_eur, none_filled, kepco.source(_first_date(times)))
    return _Energy(
        np.full(times.shape, flat_eur_per_kwh, dtype=np.float64),
        none_filled,
        Source("Flat price", "One price for every hour, set in the scenario."),
    )


def _demand_eur_per_kw_day(plan: str | None, surcharges: bool, krw_per_eur: float, day: date) -> float:
    if plan is None:
        return 0.0
    days_in_month = monthrange(day.year, day.month)[1]
    return kepco.demand_krw_per_kw_month(plan, surcharges) / days_in_month / krw_per_eur


def _first_date(times: NDArray[np.datetime64]) -> date:
    day: date = times[0].astype("datetime64[D]").astype(object)
    return day


def _require_finite(field: str, value: float) -> None:
    if not math.isfinite(value):
        raise ScenarioError(field, "The price must be a finite number of EUR/kWh.")
