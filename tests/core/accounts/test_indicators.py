"""The table of figures: names and units agree, one formula serves one world and many, and no source asks for others."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
import re

import numpy as np
import pytest

from core import Scenario, simulate
from core.accounts.indicators import FIGURES, INDICATORS, Day, Totals, compute, value_of
from core.accounts.objective import Objective
from core.paths import ROOT

ENDINGS = {"year": "rate", "eur": "money", "kwh": "energy", "kw": "power", "h": "time", "frac": "share"}
SUMS = [field.name for field in dataclasses.fields(Day) if field.name != "objective"]


@dataclasses.dataclass
class Prices:
    w_user: object
    w_provider: object
    w_grid: object
    unmet_price: object
    wear_price: object
    overload_price: object
    deviation_price: object
    demand_price: object


@pytest.fixture(scope="module")
def totals() -> Totals:
    return simulate(Scenario(stations=2)).ledger.totals


@pytest.mark.parametrize("name", FIGURES)
def test_a_name_ends_in_its_unit_and_is_defined(name):
    entry = FIGURES[name]
    assert entry.name == name
    assert ENDINGS.get(name.rpartition("_")[2], "count") == entry.kind
    assert re.fullmatch(r"\S.{5,120}\.", entry.meaning)


def test_pages_list_those_that_are_shown_and_the_objective_first():
    assert list(INDICATORS) == [name for name, entry in FIGURES.items() if entry.shown]
    assert next(iter(INDICATORS)) == "objective_eur"


def test_many_worlds_are_priced_as_each_alone():
    rng = np.random.default_rng(5)
    n = 40
    prices = {field.name: rng.uniform(0, 3, n) for field in dataclasses.fields(Prices)}
    sums = {name: rng.uniform(0, 50, n) for name in SUMS}
    sums["wanted_kwh"][::4] = sums["unmet_kwh"][::4] = 0.0
    sums["site_peak_kw"][::5] -= 50.0  # feeds back all day
    many = compute(Day(objective=Prices(**prices), **sums))
    for i in range(n):
        one = compute(
            Day(
                objective=Prices(**{name: float(v[i]) for name, v in prices.items()}),
                **{name: float(v[i]) for name, v in sums.items()},
            )
        )
        assert list(one) == list(many) == list(FIGURES)
        assert {name: float(value) for name, value in one.items()} == {name: v[i] for name, v in many.items()}


def test_the_day_asks_for_nothing_but_prices_of_the_objective():
    assert {field.name for field in dataclasses.fields(Prices)} <= {x.name for x in dataclasses.fields(Objective)}


def test_what_is_no_figure_is_an_error_that_names_it(totals):
    with pytest.raises(AttributeError, match="no figure 'luck_eur'"):
        _ = totals.luck_eur


def test_totals_travel_between_processes(totals):
    for other in (pickle.loads(pickle.dumps(totals)), copy.deepcopy(totals)):
        assert other == totals
        assert other.objective_eur == totals.objective_eur


def test_one_figure_is_exchanged_and_no_other(totals):
    other = totals.replace(peak_kw=1.0)
    assert other.peak_kw == 1.0
    assert {name: v for name, v in other.as_dict().items() if v != totals.as_dict()[name]} == {"peak_kw": 1.0}


def test_plain_numbers_are_whole_where_something_is_counted(totals):
    plain = totals.as_dict()
    assert list(plain) == list(FIGURES)
    assert {name for name, value in plain.items() if type(value) is int} == {"cars"}
    assert {type(value) for name, value in plain.items() if name != "cars"} == {float}


def test_shares_of_no_cars_are_unknown(totals):
    nobody = totals.replace(cars=0)
    assert [name for name in FIGURES if math.isnan(value_of(nobody, name))] == ["ready_frac", "worst_ready_frac"]
    assert [name for name in FIGURES if math.isnan(value_of(totals, name))] == []


@pytest.mark.parametrize("peak", [0.0, -3.0])
def test_a_site_that_draws_nothing_has_no_load_factor(totals, peak):
    nothing = totals.replace(site_peak_kw=peak)
    assert [name for name in FIGURES if math.isnan(value_of(nothing, name))] == ["load_factor_frac"]


def test_the_sources_ask_totals_for_figures_only():
    """Attributes are looked up by name at run time, so no type checker would see a wrong one."""
    own = {"as_dict", "replace", "figures", *dir(dict)}  # many worlds' totals are dicts
    asked = {}
    for path in [*(ROOT / "core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]:
        for name in re.findall(r"(?<!books)\btotals\.(\w+)", path.read_text("utf-8")):
            asked.setdefault(name, path.name)
    assert len(asked) > 10
    assert {name: file for name, file in asked.items() if name not in own | set(FIGURES)} == {}


def test_a_battery_charged_once_a_day_and_emptied_once_has_365_full_cycles_a_year():
    result = simulate(Scenario(stations=2, v2g=False))
    t, capacity = result.ledger.totals, result.world.sessions.capacity_kwh.sum()
    assert t.full_cycles_per_year == pytest.approx(365 * t.charged_kwh / (2 * capacity))
    assert 0 < t.full_cycles_per_year < 365 / 2
