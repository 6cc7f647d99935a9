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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.world import World

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Objective:
    """Weights (dimensionless) and prices (EUR/kWh, EUR/kW/day; arrays are [steps]) of one World's objective."""

    w_user: float
    w_provider: float
    w_grid: float
    buy: Floats
    sell: Floats
    wholesale: Floats
    unmet_price: float
    wear_price: float
    overload_price: float
    deviation_price: float
    demand_price: float
    """EUR per kW of the day's highest charging power: the scenario's own price plus the tariff's demand charge."""

    @classmethod
    def of(cls, world: World) -> Objective:
        """The objective that `world`'s scenario sets."""
        s, p = world.scenario, world.prices
        return cls(
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

    @property
    def charge_value(self) -> Floats:
        """[steps] EUR of J per kWh charged, before unmet energy, overload, deviation and peak."""
        return -self.w_user * self.buy + self.w_provider * (self.buy - self.wholesale)

    @property
    def discharge_value(self) -> Floats:
        """[steps] EUR of J per kWh discharged, likewise."""
        return self.w_user * (self.sell - self.wear_price) + self.w_provider * (self.wholesale - self.sell)

    @property
    def both_pay(self) -> NDArray[np.bool_]:
        """[steps]: whether charging and discharging in one step would pay, so that exclusivity must be enforced."""
        return self.charge_value + self.discharge_value > 1e-12
