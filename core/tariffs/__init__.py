"""Tariffs: what drivers pay, what they are paid, and what the provider pays, for each step of a run.

`curves` is the one door; each kind of tariff is a module in `core.tariffs.kinds`, on top of `day_ahead` and `kepco`,
the tables of prices.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.data_in.own import PARTIES, OwnPrices
from core.errors import ScenarioError
from core.tariffs import forecast, own
from core.tariffs.forecast import PERFECT, PRICE_FORECASTS
from core.tariffs.kepco import BY_DATE
from core.tariffs.kind import Energy, Kind, Terms
from core.tariffs.kinds import KINDS
from core.tariffs.source import Notice, Source, wall_clock_minutes

__all__ = [
    "BY_DATE",
    "KINDS",
    "PERFECT",
    "PRICE_FORECASTS",
    "PROVIDER_TARIFFS",
    "RETAIL_TARIFFS",
    "TARIFF_VERSIONS",
    "Kind",
    "Notice",
    "PriceCurves",
    "Source",
    "curves",
    "kind_of",
    "notices",
    "tariffs_of",
]

_RETAIL: Final = {name: kind for kind in KINDS for name in kind.retail}
_PROVIDER: Final = {name: kind for kind in KINDS for name in kind.provider}

RETAIL_TARIFFS: Final = tuple(_RETAIL)
"""What drivers can be charged by."""
PROVIDER_TARIFFS: Final = tuple(_PROVIDER)
"""What the provider can buy its energy by; ``kepco_service_1`` to ``_4`` are low voltage."""
TARIFF_VERSIONS: Final = (BY_DATE, *sorted({version for kind in KINDS for version in kind.versions}, reverse=True))
"""Versions of a tariff: the one in force on each day, or the one in force from a date on, newest first."""


def kind_of(tariff: str) -> Kind:
    """The kind that a retail or provider tariff belongs to. Raises `KeyError` for an unknown one."""
    return _RETAIL[tariff] if tariff in _RETAIL else _PROVIDER[tariff]


def tariffs_of(kinds: Collection[Kind]) -> tuple[str, ...]:
    """Names of all tariffs of some kinds, each once."""
    return tuple(dict.fromkeys(name for kind in kinds for name in (*kind.retail, *kind.provider)))


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
    period : numpy.ndarray of int8, [steps], optional
        Period of the day in the provider's tariff, as an index into `kepco.PERIODS`; None where it has none.
    """

    buy_eur_per_kwh: NDArray[np.float64]
    sell_eur_per_kwh: NDArray[np.float64]
    wholesale_eur_per_kwh: NDArray[np.float64]
    filled: NDArray[np.bool_]
    demand_eur_per_kw_day: float
    sources: tuple[Source, ...]
    period: NDArray[np.int8] | None = None

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What must be said beside a result with these prices, each once; empty where they are those of its day."""
        return tuple(dict.fromkeys(source.notice for source in self.sources if source.notice))


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
    tariff_version: str = BY_DATE,
    price_forecast: str = PERFECT,
    own_prices: OwnPrices | None = None,
) -> PriceCurves:
    """Return the prices of a run, or what could be expected of them before it.

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
        Whether rates and demand charge include levies and taxes, where a tariff names them (`kepco.energy_rate_krw`).
    krw_per_eur : float
        Exchange rate [KRW/EUR], above 0.
    times_local : numpy.ndarray of datetime64, [steps]
        Start of each step on a naive local wall clock that never jumps.
    tariff_version : str
        One of `TARIFF_VERSIONS`; tariffs that have no versions ignore it.
    price_forecast : str
        One of `PRICE_FORECASTS`; tariffs whose prices are known ahead ignore it.
    own_prices : OwnPrices, optional
        Prices in the place of tariffs, for those who have some. They bring neither markup nor demand charge.

    Returns
    -------
    PriceCurves
        ``buy`` is the retail price, ``sell`` is `v2g_price_factor` times ``buy`` (EV2Gym's rule, also where the
        price is negative) where it is not one of `own_prices`, ``wholesale`` is the provider's own price.

    Raises
    ------
    ScenarioError
        If a tariff is unknown, a number is not allowed, or a time has no price.
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
    if tariff_version not in TARIFF_VERSIONS:
        allowed = ", ".join(TARIFF_VERSIONS)
        raise ScenarioError("tariff_version", f"{tariff_version!r} is no version of a tariff; there are {allowed}.")
    if price_forecast not in PRICE_FORECASTS:
        allowed = ", ".join(PRICE_FORECASTS)
        raise ScenarioError("price_forecast", f"{price_forecast!r} is no price forecast; there are {allowed}.")

    paid_by = Terms(retail, times, retail_flat_eur_per_kwh, surcharges, krw_per_eur, tariff_version)
    bought_by = Terms(provider, times, provider_flat_eur_per_kwh, surcharges, krw_per_eur, tariff_version)
    seller, supplier = _RETAIL[retail], _PROVIDER[provider]
    brought = {} if own_prices is None else own_prices.series
    made = {party: own.energy(series, times, krw_per_eur) for party, series in brought.items()}
    sources = {party: own.source(series) for party, series in brought.items()}
    if "buy" not in made:
        made["buy"], sources["buy"] = _energy(seller, paid_by, price_forecast), seller.source(paid_by)
        if seller.takes_markup:
            made["buy"] = replace(made["buy"], eur_per_kwh=made["buy"].eur_per_kwh + retail_markup_eur_per_kwh)
    if "provider" not in made:
        made["provider"], sources["provider"] = _energy(supplier, bought_by, price_forecast), supplier.source(bought_by)
    buy, cost = made["buy"].eur_per_kwh, made["provider"]
    result = PriceCurves(
        buy_eur_per_kwh=buy,
        sell_eur_per_kwh=made["sell"].eur_per_kwh if "sell" in made else v2g_price_factor * buy,
        wholesale_eur_per_kwh=cost.eur_per_kwh,
        filled=np.logical_or.reduce([energy.filled for energy in made.values()]),
        demand_eur_per_kw_day=cost.demand_eur_per_kw_day,
        sources=tuple(dict.fromkeys(sources[party] for party in PARTIES if party in sources)),
        period=cost.period,
    )
    for array in (result.buy_eur_per_kwh, result.sell_eur_per_kwh, result.wholesale_eur_per_kwh, result.filled):
        array.setflags(write=False)
    if result.period is not None:
        result.period.setflags(write=False)
    return result


def _energy(kind: Kind, terms: Terms, price_forecast: str) -> Energy:
    energy = kind.energy(terms)
    if price_forecast == PERFECT or kind.expected is None:
        return energy
    return replace(energy, eur_per_kwh=kind.expected(terms, price_forecast))


def notices(
    *,
    retail: str,
    provider: str,
    surcharges: bool,
    times_local: NDArray[np.datetime64],
    tariff_version: str = BY_DATE,
    price_forecast: str = PERFECT,
    own_prices: OwnPrices | None = None,
) -> tuple[Notice, ...]:
    """What must be said beside a result with these tariffs on these days, without its prices.

    Parameters are those of `curves`; so is what it raises for an unknown version. The same as `PriceCurves.notices`,
    after what there is to say of a price forecast.
    """
    said: list[Notice] = []
    brought = {} if own_prices is None else own_prices.series
    named = (("buy", retail, _RETAIL[retail]), ("provider", provider, _PROVIDER[provider]))
    parties = [(tariff, kind) for party, tariff, kind in named if party not in brought]
    if price_forecast != PERFECT:
        known = all(kind.expected is None for _, kind in parties)
        key = "known" if known else price_forecast
        said = [Notice(f"forecast.{key}", forecast.SENTENCES[key], ())]
    if own_prices is not None:
        said += own.notices(own_prices, times_local)
    if not any(kind.has_notices for _, kind in parties):
        return tuple(said)
    times = wall_clock_minutes(times_local)
    found = (kind.source(Terms(name, times, 0.0, surcharges, 1.0, tariff_version)).notice for name, kind in parties)
    return tuple(dict.fromkeys([*said, *(notice for notice in found if notice)]))


def _require_finite(field: str, value: float) -> None:
    if not math.isfinite(value):
        raise ScenarioError(field, "The price must be a finite number of EUR/kWh.")
