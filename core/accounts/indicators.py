"""What a run comes to: every figure of the ledger, each computed by one function from a day's sums.

The one table. A function below is a figure of the ledger: its name is the figure's name and ends in its unit, its
docstring says what it is, and its body is the formula, for one world and for many alike. From `FIGURES` follow the
ledger and the batch ledger, studies and their tables, what commands print and what is exported; those that
are `shown` (`INDICATORS`) are offered on every page that compares agents, too, under the words
``indicator.NAME`` and ``indicator_help.NAME`` of the catalogues.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.tariffs.kepco import PERIODS
from core.world import World

Kind = Literal["money", "energy", "power", "time", "share", "count", "rate"]

UNITS: Final[Mapping[Kind, str]] = {
    "money": "EUR", "energy": "kWh", "power": "kW", "time": "h", "share": "1", "count": "1", "rate": "1/a"
}  # fmt: skip
"""Of values, by kind; pages show money in the scenario's currency and shares in per cent."""

Better = Literal[-1, 0, 1]

Amount = Any
"""A number for one world, or an array [worlds] for many."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day's sums, and what the objective makes of them: numbers for one world, or arrays [worlds] for many."""

    objective: Objective[Any]
    energy_cost_eur: Amount
    """Sum over steps of buying price times energy charged."""
    v2g_revenue_eur: Amount
    """Sum over steps of selling price times energy discharged."""
    wholesale_cost_eur: Amount
    """Sum over steps of the provider's price times net energy."""
    charged_kwh: Amount
    discharged_kwh: Amount
    rounding_kwh: Amount
    wanted_kwh: Amount
    """Sum over cars of the energy wanted in the battery at departure."""
    unmet_kwh: Amount
    """Sum over cars of what was missing of it."""
    overload_kwh: Amount
    deviation_kwh: Amount
    peak_kw: Amount
    cars: Amount
    capacity_kwh: Amount
    """Sum over cars of the battery's capacity."""
    worst_ready_frac: Amount
    site_peak_kw: Amount
    """Of these, `core.accounts.peaks.spread` says what they are."""
    site_valley_kw: Amount
    site_mean_kw: Amount
    ramp_kw: Amount
    over_limit_h: Amount
    own_peak_kw: Amount
    """The site's peak if no car came."""
    off_peak_kwh: Amount
    """Sum over steps of a period of the provider's tariff of net energy, and what it costs; see `period_sums`."""
    mid_peak_kwh: Amount
    on_peak_kwh: Amount
    off_peak_cost_eur: Amount
    mid_peak_cost_eur: Amount
    on_peak_cost_eur: Amount


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure of a run."""

    name: str
    kind: Kind
    better: Better
    """1 where more is better, -1 where less is, 0 where neither is."""
    shown: bool
    """Whether pages offer it to compare agents by."""
    compute: Callable[[Day], Amount]
    """From a day's sums to its value."""
    of: str
    """The figure that this is a share of: where that is not above 0, there is no share."""

    @property
    def meaning(self) -> str:
        """What it is, in English and in one line."""
        return " ".join((self.compute.__doc__ or "").split())


FIGURES: Final[dict[str, Indicator]] = {}
"""Every figure of the ledger by name, in the order in which they are written below."""


def figure(
    kind: Kind, *, better: Better = 0, shown: bool = False, of: str = "cars"
) -> Callable[[Callable[[Day], Amount]], Any]:
    """Make the function below it a figure of the ledger.

    Parameters
    ----------
    kind : {"money", "energy", "power", "time", "share", "count", "rate"}
        Which unit it has: EUR, kWh, kW, h, a share from 0 to 1, none, or times a year.
    better : {-1, 0, 1}
        As in `Indicator`.
    shown : bool
        As in `Indicator`.
    of : str
        As in `Indicator`; of shares alone.
    """

    def enter(compute: Callable[[Day], Amount]) -> Callable[[Day], Amount]:
        FIGURES[compute.__name__] = Indicator(compute.__name__, kind, better, shown, compute, of)
        return compute

    return enter


# Prices are per step: buy, sell and wholesale. Sums without another word are over steps; P is a transformer's power,
# the site's that of all transformers together: cars + other load − solar.
# --- what pages compare agents by -------------------------------------------------------------------------------------
@figure("money", better=1, shown=True)
def objective_eur(day: Day) -> Amount:
    """J = w_user × user profit + w_provider × margin + w_grid × grid value."""
    weights = day.objective
    return (
        weights.w_user * user_profit_eur(day)
        + weights.w_provider * provider_margin_eur(day)
        + weights.w_grid * grid_value_eur(day)
    )


@figure("money", better=1, shown=True)
def user_profit_eur(day: Day) -> Amount:
    """Drivers: V2G revenue − energy cost − wear cost − unmet cost."""
    return day.v2g_revenue_eur - day.energy_cost_eur - wear_cost_eur(day) - unmet_cost_eur(day)


@figure("money", better=1, shown=True)
def provider_margin_eur(day: Day) -> Amount:
    """Charging-service provider: energy cost − V2G revenue − wholesale cost − demand cost."""
    return day.energy_cost_eur - day.v2g_revenue_eur - day.wholesale_cost_eur - demand_cost_eur(day)


@figure("money", better=1, shown=True)
def grid_value_eur(day: Day) -> Amount:
    """Grid operator: −(overload cost + deviation cost)."""
    return 0.0 - (overload_cost_eur(day) + deviation_cost_eur(day))  # never a negative zero


@figure("share", better=1, shown=True)
def ready_frac(day: Day) -> Amount:
    """1 − unmet / wanted, summed over cars before dividing; 1 where no car came, which pages write as a dash."""
    wanted = day.wanted_kwh
    return 1.0 - np.divide(day.unmet_kwh, wanted, out=np.zeros(np.shape(wanted)), where=wanted > 0)


@figure("share", better=1, shown=True)
def worst_ready_frac(day: Day) -> Amount:
    """Departure over wanted energy, at most 1, of the car served worst; 1 where no car came."""
    return day.worst_ready_frac


@figure("energy", shown=True)
def charged_kwh(day: Day) -> Amount:
    """Σ max(0, power) Δt: energy stored."""
    return day.charged_kwh


@figure("energy", shown=True)
def discharged_kwh(day: Day) -> Amount:
    """Σ max(0, −power) Δt: energy drawn from batteries."""
    return day.discharged_kwh


@figure("energy", better=-1, shown=True)
def unmet_kwh(day: Day) -> Amount:
    """Σ over cars of max(0, wanted − departure energy)."""
    return day.unmet_kwh


@figure("energy", better=-1, shown=True)
def overload_kwh(day: Day) -> Amount:
    """Σ over transformers and steps of max(0, P − limit, lower limit − P) Δt, P being the transformer's power."""
    return day.overload_kwh


@figure("power", better=-1, shown=True)
def peak_kw(day: Day) -> Amount:
    """Highest power of all stations together in a step, at least 0."""
    return day.peak_kw


@figure("power", better=-1, shown=True)
def site_peak_kw(day: Day) -> Amount:
    """Highest power of the site in a step; below 0 where it feeds back all day."""
    return day.site_peak_kw


@figure("power", better=1, shown=True)
def site_valley_kw(day: Day) -> Amount:
    """Lowest power of the site in a step; below 0 where it feeds back."""
    return day.site_valley_kw


@figure("share", better=1, shown=True, of="site_peak_kw")
def load_factor_frac(day: Day) -> Amount:
    """Mean of what the site draws over its peak; 1 where it draws nothing, which pages write as a dash."""
    peak = day.site_peak_kw
    return np.divide(day.site_mean_kw, peak, out=np.ones(np.shape(peak)), where=np.asarray(peak) > 0)


@figure("power", better=-1, shown=True)
def ramp_kw(day: Day) -> Amount:
    """Largest change of the site's power from one step to the next, up or down."""
    return day.ramp_kw


@figure("time", better=-1, shown=True)
def over_limit_h(day: Day) -> Amount:
    """Hours in which any transformer is more than 0.05 kW beyond its limit, in either direction."""
    return day.over_limit_h


@figure("money", better=-1, shown=True)
def wear_cost_eur(day: Day) -> Amount:
    """Price of wear × discharged."""
    return day.objective.wear_price * day.discharged_kwh


@figure("rate", better=-1, shown=True)
def full_cycles_per_year(day: Day) -> Amount:
    """365 × (charged + discharged) / (2 × capacity of all cars): each car comes like this every day."""
    capacity = np.asarray(day.capacity_kwh, dtype=float)
    moved = np.asarray(day.charged_kwh + day.discharged_kwh, dtype=float)
    return 365.0 * np.divide(moved, 2.0 * capacity, out=np.zeros(np.shape(capacity)), where=capacity > 0)


# --- what else the ledger holds ---------------------------------------------------------------------------------------
@figure("power", better=-1)
def added_peak_kw(day: Day) -> Amount:
    """Peak of the site less what it would be if no car came; below 0 where cars shave the site's own peak."""
    return day.site_peak_kw - day.own_peak_kw


@figure("money")
def bill_eur(day: Day) -> Amount:
    """Drivers' bill with its sign: V2G revenue − energy cost; EV2Gym calls it `total_profits`."""
    return day.v2g_revenue_eur - day.energy_cost_eur


@figure("money")
def energy_cost_eur(day: Day) -> Amount:
    """Σ buy × charged."""
    return day.energy_cost_eur


@figure("money")
def v2g_revenue_eur(day: Day) -> Amount:
    """Σ sell × discharged."""
    return day.v2g_revenue_eur


@figure("money")
def unmet_cost_eur(day: Day) -> Amount:
    """Price of unmet energy × unmet."""
    return day.objective.unmet_price * day.unmet_kwh


@figure("money")
def wholesale_cost_eur(day: Day) -> Amount:
    """Σ wholesale × (charged − discharged)."""
    return day.wholesale_cost_eur


@figure("money")
def demand_cost_eur(day: Day) -> Amount:
    """Demand price × peak."""
    return day.objective.demand_price * day.peak_kw


@figure("money")
def overload_cost_eur(day: Day) -> Amount:
    """Price of overload × overload."""
    return day.objective.overload_price * day.overload_kwh


@figure("money")
def deviation_cost_eur(day: Day) -> Amount:
    """Price of deviation × deviation."""
    return day.objective.deviation_price * day.deviation_kwh


@figure("energy")
def rounding_kwh(day: Day) -> Amount:
    """Of the energy charged, what EV2Gym's rounding up to 0.01 kWh per step added; billed like the rest."""
    return day.rounding_kwh


@figure("energy")
def wear_kwh(day: Day) -> Amount:
    """Discharged energy, which wears batteries; equals `discharged_kwh`."""
    return day.discharged_kwh


@figure("energy")
def deviation_kwh(day: Day) -> Amount:
    """Distance of the cars' power from the set-point, times Δt, summed over steps; 0 where none is set."""
    return day.deviation_kwh


@figure("count")
def cars(day: Day) -> Amount:
    """Number of sessions."""
    return day.cars


# --- by period of the provider's tariff, 0 where it has none ----------------------------------------------------------
@figure("energy")
def off_peak_kwh(day: Day) -> Amount:
    """Σ (charged − discharged) in off-peak hours of the provider's tariff; 0 where it has no periods."""
    return day.off_peak_kwh


@figure("energy")
def mid_peak_kwh(day: Day) -> Amount:
    """Σ (charged − discharged) in its mid-peak hours, likewise."""
    return day.mid_peak_kwh


@figure("energy")
def on_peak_kwh(day: Day) -> Amount:
    """Σ (charged − discharged) in its on-peak hours, likewise."""
    return day.on_peak_kwh


@figure("money")
def off_peak_cost_eur(day: Day) -> Amount:
    """Of the wholesale cost, that of off-peak hours; 0 where the provider's tariff has no periods."""
    return day.off_peak_cost_eur


@figure("money")
def mid_peak_cost_eur(day: Day) -> Amount:
    """Of the wholesale cost, that of mid-peak hours, likewise."""
    return day.mid_peak_cost_eur


@figure("money")
def on_peak_cost_eur(day: Day) -> Amount:
    """Of the wholesale cost, that of on-peak hours, likewise."""
    return day.on_peak_cost_eur


# --- what follows from the table --------------------------------------------------------------------------------------
INDICATORS: Final[Mapping[str, Indicator]] = {name: entry for name, entry in FIGURES.items() if entry.shown}
"""Those that pages list, in this order."""


def period_of(world: World) -> NDArray[np.int8]:
    """[steps]: period of the day in the provider's tariff, as an index into `PERIODS`; -1 where it has none."""
    period = world.prices.period
    return np.full(world.n_steps, -1, dtype=np.int8) if period is None else period


def period_sums(
    period: NDArray[np.int8], net_kwh: NDArray[np.float64], wholesale: NDArray[np.float64]
) -> dict[str, Amount]:
    """Net energy and its cost in each period of the provider's tariff.

    Parameters
    ----------
    period : numpy.ndarray of int8, [steps] or [worlds, steps]
        Index into `core.tariffs.kepco.PERIODS`; -1 where the tariff has none.
    net_kwh : numpy.ndarray of float64, likewise
        Charged − discharged of all stations [kWh].
    wholesale : numpy.ndarray of float64, likewise
        What the provider pays [EUR/kWh].
    """
    sums: dict[str, Amount] = {}
    for code, name in enumerate(PERIODS):
        there = np.where(period == code, net_kwh, 0.0)
        sums[f"{name}_kwh"] = there.sum(axis=-1)
        sums[f"{name}_cost_eur"] = (there * wholesale).sum(axis=-1)
    return sums


def compute(day: Day) -> dict[str, Amount]:
    """Every figure by name: numbers for one world, or arrays [worlds] for many."""
    return {name: entry.compute(day) for name, entry in FIGURES.items()}


@dataclass(frozen=True)
class Totals:
    """The site's day, one number a figure of `FIGURES`, each an attribute: `totals.objective_eur`.

    EUR, kWh and kW as the names say; money is positive when good for the stakeholder.
    """

    figures: Mapping[str, float]

    def __getattr__(self, name: str) -> float:
        if name not in FIGURES:
            raise AttributeError(f"the ledger has no figure '{name}'")
        return self.figures[name]

    def as_dict(self) -> dict[str, float]:
        """Plain numbers by name; whole ones where something is counted."""
        return {
            name: int(value) if FIGURES[name].kind == "count" else float(value) for name, value in self.figures.items()
        }

    def replace(self, **changes: float) -> Totals:
        """The same day but for some figures; nothing is computed anew."""
        return Totals({**self.figures, **changes})


def value_of(totals: Totals, indicator: str) -> float:
    """An indicator of a run in its own unit; NaN for a share of nothing, as of cars on a day without any."""
    if FIGURES[indicator].kind == "share" and totals.figures[FIGURES[indicator].of] <= 0:
        return float("nan")
    return float(totals.figures[indicator])
