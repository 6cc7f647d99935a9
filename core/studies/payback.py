"""What a station costs and when a provider has it back, from a year's runs.

With m the mean of the provider's margin over runs that are spread over a year (one a day, days without cars among
them), I what all stations cost, r the yearly rate and n the years that a station lasts:

    margin of a year   M   = 365 × m
    payback            T   = I / M                                    where M > 0; never where it is not, or T > n
    annuity factor     a   = (1 − (1 + r)⁻ⁿ) / r,  n where r = 0
    net present value  NPV = a × M − I

Every year is taken to be like the one that was run. Rent, maintenance, taxes and what a station is worth at its end are
not in it, and the demand charge is that of the ledger: each day bears its share, on its own peak.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import pandas as pd

from core.errors import EnerV2GizeError
from core.studies.study import Study

DAYS_OF_YEAR: Final = 365
LEAST_DAYS: Final = 10
"""Fewer runs than this are no year."""

LIMITS: Final = {"station_eur": (0.0, 1_000_000.0), "years": (1, 50), "rate_percent": (0.0, 30.0)}


@dataclass(frozen=True, slots=True)
class Investment:
    """What stations cost and how money counts over years.

    Parameters
    ----------
    station_eur : float
        Cost of one station, installed [EUR].
    years : int
        How long it lasts.
    rate_percent : float
        Interest of a year [%].

    Raises
    ------
    EnerV2GizeError
        Names what lies outside `LIMITS`.
    """

    station_eur: float
    years: int
    rate_percent: float

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise EnerV2GizeError(f"{name} must be from {low:g} to {high:g}")

    @property
    def annuity(self) -> float:
        """Present value of one euro a year."""
        rate = self.rate_percent / 100
        # As exact as it can be where the rate is next to nothing.
        return float(self.years) if rate == 0 else -math.expm1(-self.years * math.log1p(rate)) / rate


@dataclass(frozen=True, slots=True)
class Payback:
    """One agent's year for the provider; money in EUR."""

    agent: str
    cost_eur: float
    margin_eur: float
    """Of a year."""
    value_eur: float
    """Net present value."""
    years: float | None
    """Until the margins have paid for the stations; None where that is not within their life."""


def is_year(study: Study) -> bool:
    """Whether a study's days are enough, all there, and spread evenly over one year."""
    days = [scenario.date for scenario in study.scenarios]
    if study.left_out or len(days) < LEAST_DAYS:
        return False
    gaps = {(after - before).days for before, after in pairwise(days)}
    gaps.add(DAYS_OF_YEAR - (days[-1] - days[0]).days)
    return min(gaps) >= 1 and max(gaps) - min(gaps) <= 1


def paybacks(rows: pd.DataFrame, study: Study, plan: Investment) -> list[Payback]:
    """Every agent's, in the study's order; an agent of whom a day is missing has none."""
    stations: Sequence[int] = [scenario.stations for scenario in study.scenarios]
    cost = plan.station_eur * stations[0]
    out = []
    for agent in study.agents:
        mine = rows[rows["agent"] == agent]
        if len(mine) != len(study.scenarios):
            continue
        margin = DAYS_OF_YEAR * float(mine["provider_margin_eur"].mean())
        years = cost / margin if margin > 0 else None
        if years is not None and years > plan.years:
            years = None
        out.append(Payback(agent, cost, margin, plan.annuity * margin - cost, years))
    return out
