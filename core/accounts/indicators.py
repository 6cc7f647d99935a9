"""What agents are judged by: columns of `core.accounts.ledger.Totals`, with their kind and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.accounts.ledger import Totals

Kind = Literal["money", "energy", "power", "share"]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of a run."""

    name: str
    """Field of `Totals`."""
    kind: Kind
    better: Literal[-1, 0, 1]
    """1 where more is better, -1 where less is, 0 where neither is."""


def value_of(totals: Totals, indicator: str) -> float:
    """An indicator of a run in its own unit; NaN for a share of cars on a day without any."""
    if INDICATORS[indicator].kind == "share" and totals.cars == 0:
        return float("nan")
    return float(getattr(totals, indicator))


INDICATORS: dict[str, Indicator] = {
    entry.name: entry
    for entry in (
        Indicator("objective_eur", "money", 1),
        Indicator("user_profit_eur", "money", 1),
        Indicator("provider_margin_eur", "money", 1),
        Indicator("grid_value_eur", "money", 1),
        Indicator("ready_frac", "share", 1),
        Indicator("worst_ready_frac", "share", 1),
        Indicator("charged_kwh", "energy", 0),
        Indicator("discharged_kwh", "energy", 0),
        Indicator("unmet_kwh", "energy", -1),
        Indicator("overload_kwh", "energy", -1),
        Indicator("peak_kw", "power", -1),
        Indicator("wear_cost_eur", "money", -1),
    )
}
"""By name, in the order in which pages list them."""
