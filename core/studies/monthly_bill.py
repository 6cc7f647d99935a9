"""A calendar month on KEPCO's bill: what the provider pays for it, and what is left of what drivers paid.

With M the runs of the month (one a day), E_p(d) and C_p(d) the net energy [kWh] and its charge [KRW] of run d in period
p (off-peak, mid-peak, on-peak), and rates in force on the day of each run:

    billed power   P  = max(max over M of peak_kw, 0.3 × contract power)
    basic charge   B  = demand rate × P
    energy charge  E  = Σ over M and p of C_p(d)
    climate, fuel  K  = Σ over M of climate rate × E(d),   F = Σ over M of fuel rate × E(d),   E(d) = Σ_p E_p(d)
    tax, fund      V  = vat × S,   U = fund × S,   with S = B + E + K + F
    total             = S + V + U

The highest power of a 15-minute step is what a demand meter reads. KEPCO bills [1]_ [2]_ a customer with such a meter
by the highest reading of the month and of the last December to February and July to September, but at least by 30 % of
the contract power; one without, by the contract power itself. Of other months nothing is known here: the month's own
peak stands for them. The contract power is taken to be the smaller of the chargers' power and the transformers'
limits, between which a customer can choose.

What is left out: rounding to whole won, power-factor and excess charges, days before a rate changes within a run (the
rates of the run's first day hold), and energy fed back beyond what is drawn, which is credited at the same rates as in
the ledger. Where runs are longer than a day they overlap, and each counts with all its cars.

References
----------
.. [1] hankyung.com, 2011-11-29, amp/2011112938111: winter months count like summer months from 2011-12-01.
.. [2] hadong.go.kr, minwon/00965/00049.web, idx=-387: months that count, 30 % of the contract power, and the contract
   power where there is no demand meter.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.errors import ScenarioError
from core.scenario import Scenario
from core.studies.study import Study, over_days
from core.tariffs import kepco, kind_of
from core.tariffs.kinds.kepco import PLANS
from core.world import charger_power_kw, highest_limit_kw

LEAST_SHARE: Final = 0.3
"""Of the contract power, that is billed at least."""


@dataclass(frozen=True, slots=True)
class Bill:
    """One agent's month on KEPCO's bill; money in KRW, energy in kWh, power in kW.

    Parameters
    ----------
    agent : str
    month : datetime.date
        Its first day.
    plan : str
        One of `kepco.PLANS`.
    contract_kw, peak_kw, billed_kw : float
        The peak is that of the charging stations, which the bill is for.
    site_peak_kw : float
        That of the whole site, with other load and solar power: no line of the bill, but what charts of the site show.
    demand_krw_per_kw : float
        Demand rate of the month [KRW/kW].
    basic_krw : float
    energy_kwh, energy_krw : mapping of str to float
        By period.
    climate_krw, fuel_krw, vat_krw, fund_krw : float
    received_krw : float
        What drivers paid less what they were paid.
    with_surcharges : bool
        Whether the scenario counts surcharges: whether what drivers paid is to be held against the bill with them.
    """

    agent: str
    month: dt.date
    plan: str
    contract_kw: float
    peak_kw: float
    billed_kw: float
    site_peak_kw: float
    demand_krw_per_kw: float
    basic_krw: float
    energy_kwh: Mapping[str, float]
    energy_krw: Mapping[str, float]
    climate_krw: float
    fuel_krw: float
    vat_krw: float
    fund_krw: float
    received_krw: float
    with_surcharges: bool

    @property
    def net_krw(self) -> float:
        """Basic and energy charge, before any surcharge."""
        return self.basic_krw + sum(self.energy_krw.values())

    @property
    def total_krw(self) -> float:
        """What is to be paid."""
        return self.net_krw + self.climate_krw + self.fuel_krw + self.vat_krw + self.fund_krw

    @property
    def margin_krw(self) -> float:
        """What drivers paid less the bill: with surcharges where the scenario counts them, else without."""
        return self.received_krw - (self.total_krw if self.with_surcharges else self.net_krw)

    def figures(self) -> dict[str, float]:
        """Every line by name, each ending in its unit."""
        return {
            "contract_kw": self.contract_kw,
            "peak_kw": self.peak_kw,
            "billed_kw": self.billed_kw,
            "basic_krw": self.basic_krw,
            **{f"{name}_kwh": amount for name, amount in self.energy_kwh.items()},
            **{f"{name}_krw": amount for name, amount in self.energy_krw.items()},
            "climate_krw": self.climate_krw,
            "fuel_krw": self.fuel_krw,
            "vat_krw": self.vat_krw,
            "fund_krw": self.fund_krw,
            "total_krw": self.total_krw,
            "received_krw": self.received_krw,
            "margin_krw": self.margin_krw,
        }

    @property
    def least_applies(self) -> bool:
        """Whether the least share of the contract power is billed instead of the peak."""
        return self.billed_kw > self.peak_kw


def buys_from_kepco(scenario: Scenario) -> bool:
    """Whether the provider's tariff is one of KEPCO's, so that there is a bill."""
    return "provider" not in scenario.own_parties and kind_of(scenario.provider).name == "kepco"


def contract_kw(scenario: Scenario) -> float:
    """Contract power [kW]: the smaller of all chargers' power and all transformers' limits, which no event lowers."""
    chargers = scenario.stations * charger_power_kw(scenario)
    return min(chargers, highest_limit_kw(scenario))


def month_study(base: Scenario, agents: Sequence[str], month: dt.date | None = None) -> Study:
    """All days of a calendar month (the scenario's own by default), each with cars of its own.

    The scenario's own day keeps its seed.

    Raises
    ------
    ScenarioError
        Where a day of the month has no prices.
    """
    day = month or base.date
    first, last = day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    offset = (base.date - first).days if (base.date.year, base.date.month) == (day.year, day.month) else 0
    return over_days(base.replace(seed=(base.seed - 1000 * offset) % 1_000_000), first, last, agents)


def month_of(study: Study) -> dt.date | None:
    """First day of the month whose days are the study's, each once, with a bill from KEPCO; None where it is none."""
    scenarios = study.scenarios
    first = scenarios[0].date
    days = [first + dt.timedelta(days=k) for k in range(monthrange(first.year, first.month)[1])]
    if first.day != 1 or [scenario.date for scenario in scenarios] != days:
        return None
    return first if all(buys_from_kepco(scenario) for scenario in scenarios) else None


def bills(rows: pd.DataFrame, study: Study) -> list[Bill]:
    """Every agent's bill, in the study's order.

    Parameters
    ----------
    rows : DataFrame
        All rows of `study`, as `core.studies.study.run` or a job returns them; an agent of whom a day is missing has
        no bill.
    study : Study
        All days of a month; see `month_of`.

    Raises
    ------
    ScenarioError
        If the study's days are no month, or the provider does not buy from KEPCO.
    """
    month = month_of(study)
    if month is None:
        raise ScenarioError("provider", "a bill needs all days of one month and a provider who buys from KEPCO")
    return [
        _bill(month, study, name, part.sort_values("date"))
        for name in study.agents
        if len(part := rows[rows["agent"] == name]) == len(study.scenarios)
    ]


def _bill(month: dt.date, study: Study, agent: str, rows: pd.DataFrame) -> Bill:
    scenario = study.scenarios[0]
    plan, version, rate = PLANS[scenario.provider], scenario.tariff_version, scenario.krw_per_eur
    charges = [kepco.surcharges_on(day.date, version) for day in study.scenarios]
    kwh = {name: rows[f"{name}_kwh"].to_numpy(dtype=float) for name in kepco.PERIODS}
    krw = {name: rows[f"{name}_cost_eur"].to_numpy(dtype=float) * rate for name in kepco.PERIODS}
    climate_rate = np.array([day.climate_krw_per_kwh for day in charges])
    fuel_rate = np.array([day.fuel_krw_per_kwh for day in charges])
    vat, fund = (np.array([getattr(day, f"{name}_fraction") for day in charges]) for name in ("vat", "fund"))
    if scenario.surcharges:  # prices hold them already: what is left without is the energy charge
        krw = {name: krw[name] / (1 + vat + fund) - (climate_rate + fuel_rate) * kwh[name] for name in krw}
    drawn = np.sum(list(kwh.values()), axis=0)
    peak, contract = float(rows["peak_kw"].max()), max(map(contract_kw, study.scenarios))
    billed = max(peak, LEAST_SHARE * contract)
    demand = kepco.demand_krw_per_kw_month(plan, month, version=version)
    climate, fuel = float(climate_rate @ drawn), float(fuel_rate @ drawn)
    taxed = demand * billed + float(sum(part.sum() for part in krw.values())) + climate + fuel
    return Bill(
        agent=agent,
        month=month,
        plan=plan,
        contract_kw=contract,
        peak_kw=peak,
        billed_kw=billed,
        site_peak_kw=float(rows["site_peak_kw"].max()),
        demand_krw_per_kw=demand,
        basic_krw=demand * billed,
        energy_kwh={name: float(part.sum()) for name, part in kwh.items()},
        energy_krw={name: float(part.sum()) for name, part in krw.items()},
        climate_krw=climate,
        fuel_krw=fuel,
        vat_krw=float(vat[-1]) * taxed,
        fund_krw=float(fund[-1]) * taxed,
        received_krw=float((rows["energy_cost_eur"] - rows["v2g_revenue_eur"]).sum()) * rate,
        with_surcharges=scenario.surcharges,
    )
