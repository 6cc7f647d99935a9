"""What a station costs, and when it is paid for."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EnerV2GizeError
from core.scenario import Scenario
from core.studies.payback import LIMITS, Investment, is_year, paybacks
from core.studies.study import Study, over_days

DAYS = [dt.date(2022, 1, 1) + dt.timedelta(days=int(k * 365 / 10)) for k in range(10)]
YEAR = Study(
    tuple(Scenario(stations=4, date=day) for day in DAYS), tuple({"date": day} for day in DAYS), ("afap", "rr")
)


def rows(margin: float, agent: str = "afap", days: int = 10) -> pd.DataFrame:
    return pd.DataFrame({"agent": [agent] * days, "provider_margin_eur": [margin] * days})


def test_a_year_of_margins_pays_for_the_stations():
    plan = Investment(station_eur=3650, years=10, rate_percent=0)
    (found,) = paybacks(pd.concat([rows(10.0), rows(5.0, "rr", 9)]), YEAR, plan)  # a day of rr is missing
    assert (found.agent, found.cost_eur, found.margin_eur, found.years) == ("afap", 14600, 3650, 4)
    assert found.value_eur == pytest.approx(10 * 3650 - 14600)


def test_what_does_not_pay_within_its_life_never_does():
    plan = Investment(station_eur=3650, years=3, rate_percent=0)
    assert paybacks(rows(10.0), YEAR, plan)[0].years is None
    assert paybacks(rows(-1.0), YEAR, plan)[0].years is None


@given(st.floats(0, 30), st.integers(1, 50))
def test_the_annuity_is_the_sum_of_discounted_years(rate, years):
    plan = Investment(1.0, years, rate)
    assert plan.annuity == pytest.approx(sum((1 + rate / 100) ** -k for k in range(1, years + 1)), rel=1e-6)


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", [-1, 1e9, float("nan")])
def test_what_cannot_be_is_named(name, value):
    with pytest.raises(EnerV2GizeError, match=name):
        dataclasses.replace(Investment(1000, 10, 5), **{name: value})


def test_only_days_spread_over_a_year_are_one():
    assert is_year(YEAR)
    assert not is_year(over_days(Scenario(), dt.date(2022, 1, 1), dt.date(2022, 1, 20), ["afap"]))
    assert not is_year(dataclasses.replace(YEAR, scenarios=YEAR.scenarios[:9], labels=YEAR.labels[:9]))
