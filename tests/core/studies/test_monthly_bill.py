"""A month on KEPCO's bill, by hand and against the ledger."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from core.data_in.own import OwnSite
from core.data_in.series import OwnSeries
from core.errors import ScenarioError
from core.scenario import PRESETS, Scenario
from core.studies import study as studies
from core.studies.monthly_bill import bills, contract_kw, month_of, month_study
from core.tariffs import kepco

SITE = Scenario(
    stations=4, date=dt.date(2023, 2, 8), length_h=12, provider="kepco_service_1", retail="kepco_self_use_low",
    krw_per_eur=1000.0, transformer_limit_kw=40,
)  # fmt: skip


def by_hand(study, *, peak=30.0):
    """Every day 10, 5 and 1 kWh off-, mid- and on-peak for 1,106, 715.5 and 172 won; drivers pay 3,000 and get 200."""
    return pd.DataFrame(
        {
            "agent": "afap",
            "date": [scenario.date for scenario in study.scenarios],
            "peak_kw": [10.0] * (len(study.scenarios) - 1) + [peak],
            "site_peak_kw": 25.0,
            "off_peak_kwh": 10.0, "mid_peak_kwh": 5.0, "on_peak_kwh": 1.0,
            "off_peak_cost_eur": 1.106, "mid_peak_cost_eur": 0.7155, "on_peak_cost_eur": 0.172,
            "energy_cost_eur": 3.0, "v2g_revenue_eur": 0.2,
        }
    )  # fmt: skip


def test_a_bill_by_hand():
    """February 2023, 28 days, low voltage, option I.

    The energy charge is as given: 28 × (1,106 + 715.5 + 172) = 55,818. Basic 2,390 × 30 = 71,700. 28 × 16 kWh =
    448 kWh: climate 9.0 × 448 = 4,032, fuel 5.0 × 448 = 2,240. Sum 133,790; VAT 13,379; fund 3.7 % = 4,950.23.
    """
    study = month_study(SITE, ["afap"])
    (bill,) = bills(by_hand(study), study)
    assert (bill.month, bill.plan, bill.billed_kw) == (dt.date(2023, 2, 1), "service_low_1", 30.0)
    assert bill.basic_krw == pytest.approx(71_700)
    assert (bill.peak_kw, bill.site_peak_kw) == (30.0, 25.0)  # the bill is for the stations, whatever the site draws
    assert sum(bill.energy_krw.values()) == pytest.approx(55_818)
    assert bill.energy_kwh == pytest.approx({"off_peak": 280, "mid_peak": 140, "on_peak": 28})
    assert (bill.climate_krw, bill.fuel_krw) == pytest.approx((4_032, 2_240))
    assert (bill.vat_krw, bill.fund_krw) == pytest.approx((13_379, 4_950.23))
    assert bill.total_krw == pytest.approx(133_790 + 13_379 + 4_950.23)
    assert bill.received_krw == pytest.approx(28 * 2_800)
    # Without surcharges in the scenario, what drivers paid is held against basic and energy charge alone.
    assert bill.margin_krw == pytest.approx(28 * 2_800 - 71_700 - 55_818)


def test_at_least_thirty_per_cent_of_the_contract_power_is_billed():
    """Contract power: four chargers of 22.17 kW, but transformers of 40 kW; 30 % of 40 kW is 12 kW."""
    assert contract_kw(SITE) == 40
    assert contract_kw(SITE.replace(transformer_limit_kw=1000)) == pytest.approx(4 * 22.17, rel=1e-3)
    # A visitor's own limit takes the place of the scenario's, at its highest; events lower neither.
    own = OwnSite(limit=OwnSeries.of(np.array([30.0] * 12 + [20.0] * 12), "kW"))
    assert contract_kw(SITE.replace(own_site=own, transformers=2, dr_events=1)) == 60
    study = month_study(SITE, ["afap"])
    (bill,) = bills(by_hand(study, peak=11.0), study)
    assert (bill.peak_kw, bill.billed_kw, bill.least_applies) == (11.0, 12.0, True)
    (bill,) = bills(by_hand(study, peak=12.5), study)
    assert (bill.billed_kw, bill.least_applies) == (12.5, False)


@pytest.mark.parametrize("surcharges", [False, True])
def test_a_month_that_was_run_adds_up_with_its_ledger(surcharges):
    base = SITE.replace(surcharges=surcharges)
    study = month_study(base, ["afap", "cheapest"])
    rows = studies.run(study, executor="local")
    for bill in bills(rows, study):
        part = rows[rows["agent"] == bill.agent]
        wholesale = part["wholesale_cost_eur"].sum() * 1000.0
        taxes = 1.0 + 0.10 + 0.037
        energy = sum(bill.energy_krw.values())
        charged = (energy + bill.climate_krw + bill.fuel_krw) * taxes if surcharges else energy
        assert charged == pytest.approx(wholesale, rel=1e-9)
        assert bill.peak_kw == part["peak_kw"].max()
        net = (part["charged_kwh"] - part["discharged_kwh"]).sum()
        assert sum(bill.energy_kwh.values()) == pytest.approx(net)
        assert bill.total_krw == pytest.approx(
            (bill.basic_krw + energy + bill.climate_krw + bill.fuel_krw) * taxes, rel=1e-12
        )
        assert bill.margin_krw == pytest.approx(bill.received_krw - (bill.total_krw if surcharges else bill.net_krw))


def test_energy_by_period_is_at_the_rate_of_that_period():
    study = month_study(SITE, ["afap"])
    (bill,) = bills(studies.run(study, executor="local"), study)
    rates = kepco.rates(SITE.date).set_index(["plan", "season"]).loc[("service_low_1", "winter")]
    for name in kepco.PERIODS:
        assert bill.energy_krw[name] == pytest.approx(bill.energy_kwh[name] * rates[f"{name}_krw_per_kwh"])


def test_the_scenarios_own_day_is_in_the_month_as_it_is():
    study = month_study(PRESETS["busan"], ["afap"])
    assert PRESETS["busan"] in study.scenarios
    assert len({scenario.seed for scenario in study.scenarios}) == 31


def test_only_a_whole_month_bought_from_kepco_has_a_bill():
    study = month_study(SITE, ["afap"])
    assert month_of(study) == dt.date(2023, 2, 1)
    assert month_of(month_study(SITE.replace(provider="flat"), ["afap"])) is None
    part = studies.over_days(SITE, dt.date(2023, 2, 1), dt.date(2023, 2, 27), ["afap"])
    assert month_of(part) is None
    assert month_of(studies.over_days(SITE, dt.date(2023, 2, 2), dt.date(2023, 3, 1), ["afap"])) is None
    with pytest.raises(ScenarioError, match="all days of one month"):
        bills(pd.DataFrame(), part)


def test_an_agent_of_whom_a_day_is_missing_has_no_bill():
    study = month_study(SITE, ["afap"])
    assert bills(by_hand(study).iloc[1:], study) == []
