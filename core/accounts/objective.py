"""The one objective, in money: what sliders mean, what agents are trained on, what the optimum maximises.

Per day, in EUR, positive is good for that stakeholder (symbols as in docs/nomenclature.md):

    user_profit = v2g_revenue - energy_cost - wear_price * discharged_kwh - unmet_price * unmet_kwh
    margin      = energy_cost - v2g_revenue - sum(wholesale_t * net_kwh_t) - demand_price * peak_kw
    grid_value  = -(overload_price * overload_kwh + deviation_price * deviation_kwh)
    J           = w_user * user_profit + w_provider * margin + w_grid * grid_value

Everything is linear in charged and discharged energy, so the same coefficients serve the ledger, the linear programs
and the rewards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.world import World

Floats = NDArray[np.float64]

_Number = TypeVar("_Number", float, Floats)
"""One number for one World, an array [worlds] for many."""


@dataclass(frozen=True, slots=True)
class Objective(Generic[_Number]):
    """Weights (dimensionless) and prices (EUR/kWh, EUR/kW/day) of one World's objective, or of many Worlds'."""

    w_user: _Number
    w_provider: _Number
    w_grid: _Number
    buy: Floats
    """[steps] of one World, [worlds, steps] of many, like `sell` and `wholesale`."""
    sell: Floats
    wholesale: Floats
    unmet_price: _Number
    wear_price: _Number
    overload_price: _Number
    deviation_price: _Number
    demand_price: _Number
    """EUR per kW of the day's highest charging power: the scenario's own price plus the tariff's demand charge."""

    @staticmethod
    def of(world: World) -> Objective[float]:
        """The objective that `world`'s scenario sets."""
        s, p = world.scenario, world.prices
        return Objective(
            w_user=s.w_user,
            w_provider=s.w_provider,
            w_grid=s.w_grid,
            buy=p.buy_eur_per_kwh,
            sell=p.sell_eur_per_kwh,
            wholesale=p.wholesale_eur_per_kwh,
            unmet_price=s.unmet_price_eur_per_kwh,
            wear_price=s.wear_price_eur_per_kwh,
            overload_price=s.overload_price_eur_per_kwh,
            deviation_price=s.deviation_price_eur_per_kwh,
            demand_price=s.peak_price_eur_per_kw + p.demand_eur_per_kw_day,
        )

    @staticmethod
    def of_all(worlds: Sequence[World], *, expected: bool = False) -> Objective[Floats]:
        """Those of many worlds of equally many steps; with `expected`, at the prices that agents expect."""
        if expected:
            worlds = [replace(world, prices=world.expected_prices or world.prices) for world in worlds]
        each, names = [Objective.of(world) for world in worlds], [field.name for field in fields(Objective)]
        return Objective(**{name: np.stack([getattr(objective, name) for objective in each]) for name in names})

    def of_world(self: Objective[Floats], world: int) -> Objective[float]:
        """One of many."""
        return Objective(**{field.name: getattr(self, field.name)[world] for field in fields(Objective)})

    def known_until(self, step: int, expected: Objective[_Number]) -> Objective[_Number]:
        """These prices before `step`, those of `expected` from it on."""

        def joined(known: Floats, other: Floats) -> Floats:
            return np.concatenate([known[..., :step], other[..., step:]], axis=-1)

        return replace(
            self,
            buy=joined(self.buy, expected.buy),
            sell=joined(self.sell, expected.sell),
            wholesale=joined(self.wholesale, expected.wholesale),
        )

    def in_steps(self, steps: slice) -> Objective[_Number]:
        """The same for a part of the run."""
        return replace(self, buy=self.buy[..., steps], sell=self.sell[..., steps], wholesale=self.wholesale[..., steps])

    @property
    def charge_value(self) -> Floats:
        """EUR of J per kWh charged in each step, shaped as `buy`, before unmet energy, overload, deviation and peak."""
        w_user, w_provider = _for_steps(self.w_user), _for_steps(self.w_provider)
        return -w_user * self.buy + w_provider * (self.buy - self.wholesale)

    @property
    def discharge_value(self) -> Floats:
        """EUR of J per kWh discharged, likewise."""
        w_user, w_provider, wear_price = map(_for_steps, (self.w_user, self.w_provider, self.wear_price))
        return w_user * (self.sell - wear_price) + w_provider * (self.wholesale - self.sell)

    @property
    def unmet_value(self) -> _Number:
        """EUR of J lost per kWh unmet."""
        return self.w_user * self.unmet_price

    @property
    def overload_value(self) -> _Number:
        """EUR of J lost per kWh of overload."""
        return self.w_grid * self.overload_price

    @property
    def deviation_value(self) -> _Number:
        """EUR of J lost per kWh of deviation."""
        return self.w_grid * self.deviation_price

    @property
    def peak_value(self) -> _Number:
        """EUR of J lost per kW of the peak."""
        return self.w_provider * self.demand_price


def _for_steps(number: float | Floats) -> Floats:
    """So that it goes with arrays whose last axis is that of steps."""
    return np.asarray(number)[..., None]
