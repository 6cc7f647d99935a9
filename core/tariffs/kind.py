"""What a kind of tariff is: the names it offers, and how it prices the steps of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from core.tariffs.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What one party's tariff is asked for.

    Parameters
    ----------
    tariff : str
        Name of the tariff, one of those that its kind offers.
    times : numpy.ndarray of datetime64[m], [steps]
        Start of each step on a naive local wall clock that never jumps.
    flat_eur_per_kwh : float
        The party's flat price [EUR/kWh].
    surcharges : bool
        Whether levies and taxes are added where a tariff names them.
    krw_per_eur : float
        Exchange rate [KRW/EUR].
    version : str
        Version of the tariff, where its kind has several.
    """

    tariff: str
    times: NDArray[np.datetime64]
    flat_eur_per_kwh: float
    surcharges: bool
    krw_per_eur: float
    version: str

    @property
    def first_date(self) -> date:
        """Local date on which the run begins."""
        day: date = self.times[0].astype("datetime64[D]").astype(object)
        return day

    @property
    def last_date(self) -> date:
        """Local date of the last step."""
        day: date = self.times[-1].astype("datetime64[D]").astype(object)
        return day


@dataclass(frozen=True, slots=True, eq=False)
class Energy:
    """One party's price for each step, before any markup.

    Parameters
    ----------
    eur_per_kwh : numpy.ndarray of float64, [steps]
        Energy price [EUR/kWh].
    filled : numpy.ndarray of bool, [steps]
        Whether the source lacks the price of that step and it was filled.
    demand_eur_per_kw_day : float
        Demand charge [EUR/kW/day].
    period : numpy.ndarray of int8, [steps], optional
        Period of the day as an index into `core.tariffs.kepco.PERIODS`; None where the tariff has none.
    """

    eur_per_kwh: NDArray[np.float64]
    filled: NDArray[np.bool_]
    demand_eur_per_kw_day: float = 0.0
    period: NDArray[np.int8] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of tariff, found by `core.tariffs.kinds` in the module that defines it as ``KIND``.

    Parameters
    ----------
    name : str
        Name of the kind; its tariffs are grouped under it.
    rank : int
        Place among the kinds where tariffs are listed; each kind has its own.
    retail, provider : tuple of str
        Names of the tariffs that drivers can be charged by, and that the provider can buy by. Each has its words in
        the catalogues: ``choices.retail.NAME``, ``choices.provider.NAME``; the kind has ``learned.group_tariff_KIND``
        and ``learned.group_provider_KIND``.
    energy : callable
        `Terms` to `Energy`.
    source : callable
        `Terms` to `Source`; cheap, since it is asked without a run.
    takes_markup : bool
        Whether the markup is added to what drivers pay.
    versions : tuple of str
        Versions that can be asked for besides the one of the date, oldest first.
    has_surcharges : bool
        Whether surcharges change its prices.
    check : callable, optional
        Called with the first and last time of a run; raises `ScenarioError` where there are no prices for it.
    expected : callable, optional
        `Terms` and one of `core.tariffs.forecast.MODELS` to the prices that could be expected before the run, [steps]
        EUR/kWh; None where they are known.
    sentences : mapping of str to str
        English templates by key, translated under ``tariffs.{name}.{key}``: ``source_title`` and ``source_note`` of its
        sources, and the notices that they may carry.
    unit : str
        Of the prices at their source.
    resolution : str
        How finely they differ over time: a key of the catalogues, ``data.resolution.…``.
    """

    name: str
    rank: int
    retail: tuple[str, ...]
    provider: tuple[str, ...]
    energy: Callable[[Terms], Energy]
    source: Callable[[Terms], Source]
    takes_markup: bool = False
    versions: tuple[str, ...] = ()
    has_surcharges: bool = False
    check: Callable[[np.datetime64, np.datetime64], None] | None = None
    expected: Callable[[Terms, str], NDArray[np.float64]] | None = None
    sentences: Mapping[str, str] = field(default_factory=dict)
    unit: str = "EUR/kWh"
    resolution: str = "unknown"

    @property
    def has_notices(self) -> bool:
        """Whether anything may have to be said beside its prices."""
        return bool(self.sentences.keys() - {"source_title", "source_note"})
