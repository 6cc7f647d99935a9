"""Peak and valley: by hand on tiny sites, and the same from both ledgers."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from core import Scenario, build_world, compare, simulate
from core.accounts.ledger import settle
from core.accounts.peaks import OVER_KW, shaved, spread
from core.agents.registry import make_agent
from core.engines import ev2gym
from core.engines.batch import simulate_many, totals_many
from tests.agents import RandomActions
from tests.strategies import SMALL, random_scenario

PEAKS = ("site_peak_kw", "site_valley_kw", "load_factor_frac", "ramp_kw", "over_limit_h", "added_peak_kw")


def plain(power, limit=10.0):
    """`spread` of one site under one limit either way."""
    values = np.array(power, dtype=float)
    found = spread(values, np.maximum(0.0, np.abs(values) - limit))
    return {name: float(value) for name, value in found.items()}


def test_two_transformers_add_up_but_each_has_its_own_limit():
    found = plain([[12, 4, 0, 0], [-8, 4, 0, -11]])
    assert found == {
        "site_peak_kw": 8.0,  # 4 + 4
        "site_valley_kw": -11.0,
        "site_mean_kw": (4 + 8) / 4,
        "ramp_kw": 11.0,  # from 0 to −11
        "over_limit_h": 0.5,  # 12 kW in the first step, 11 kW back in the last, though the site is below 20 kW
    }


def test_a_filled_limit_is_not_passed():
    assert plain([[10 + OVER_KW - 1e-9, 10.0, -10 - OVER_KW + 1e-9]])["over_limit_h"] == 0
    assert plain([[10 + OVER_KW + 1e-9, 10.0, -10 - OVER_KW - 1e-9]])["over_limit_h"] == 0.5


def test_both_transformers_beyond_their_limits_at_once_count_once():
    assert plain([[12.0, 0.0], [13.0, 0.0]])["over_limit_h"] == 0.25


def test_a_site_that_only_feeds_back():
    found = plain([[-2.0, -4.0, -3.0]])
    assert (found["site_peak_kw"], found["site_valley_kw"], found["site_mean_kw"]) == (-2.0, -4.0, 0.0)


def test_many_worlds_are_as_each_alone():
    rng = np.random.default_rng(2)
    power = rng.normal(0, 10, (7, 3, 48))
    over = np.maximum(0.0, np.abs(power) - rng.uniform(4, 12, power.shape))
    many = spread(power, over)
    for i in range(len(power)):
        one = spread(power[i], over[i])
        assert {name: float(value) for name, value in one.items()} == {name: many[name][i] for name in many}


def test_an_even_load_has_a_factor_of_one():
    even = plain([[6.0, 6.0, 6.0]])
    assert even["site_mean_kw"] / even["site_peak_kw"] == 1
    assert even["ramp_kw"] == 0


def test_where_nobody_comes_and_nothing_else_draws_all_is_nothing():
    world = build_world(Scenario(stations=2, place="workplace", date="2022-01-16"))
    assert len(world.sessions) == 0
    totals = simulate(world.scenario, world=world).ledger.totals
    assert [getattr(totals, name) for name in PEAKS] == [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]


def test_a_day_without_cars_is_the_site_s_own():
    world = build_world(Scenario(stations=2, place="workplace", date="2022-01-16", load_share=0.8, pv_share=0.5))
    assert len(world.sessions) == 0
    totals = simulate(world.scenario, world=world).ledger.totals
    own = world.base_load_kw.sum(axis=0)
    assert totals.site_peak_kw == pytest.approx(own.max())
    assert totals.site_valley_kw == pytest.approx(own.min())
    assert totals.added_peak_kw == 0
    assert totals.load_factor_frac == pytest.approx(np.maximum(own, 0).mean() / own.max())


@pytest.mark.parametrize("agent", ["afap", "cheapest", "random"])
def test_both_engines_and_both_ledgers_say_the_same(agent):
    worlds = [build_world(random_scenario(seed, **SMALL)) for seed in range(500, 515)]

    def make():
        return RandomActions() if agent == "random" else make_agent(agent)

    many = totals_many(worlds, make())
    for i, world in enumerate(worlds):
        for trace in (ev2gym.simulate(world, make()), simulate_many([world], make())[0]):
            one = settle(world, trace).totals
            if agent != "random":  # whose draws differ between calls
                assert {name: many[name][i] for name in PEAKS} == pytest.approx(
                    {name: getattr(one, name) for name in PEAKS}, abs=1e-9
                )
            site = trace.power_kw.sum(axis=0) + world.load_kw.sum(axis=0) - world.pv_kw.sum(axis=0)
            assert one.site_peak_kw == pytest.approx(max(site), abs=1e-9)
            assert one.site_valley_kw == pytest.approx(min(site), abs=1e-9)
            assert one.ramp_kw == pytest.approx(max(abs(b - a) for a, b in pairwise(site)), abs=1e-9)


def test_peak_shaved_and_valley_filled_by_hand():
    base = simulate(Scenario(stations=2)).ledger.totals.replace(site_peak_kw=80.0, site_valley_kw=-6.0)
    found = shaved(base.replace(site_peak_kw=60.0, site_valley_kw=-2.0), base)
    assert found == {"peak_shaved_kw": 20.0, "peak_shaved_frac": 0.25, "valley_filled_kw": 4.0}
    worse = shaved(base.replace(site_peak_kw=100.0, site_valley_kw=-16.0), base)
    assert worse == {"peak_shaved_kw": -20.0, "peak_shaved_frac": -0.25, "valley_filled_kw": -10.0}


@pytest.mark.parametrize("peak", [0.0, -5.0])
def test_no_share_of_a_peak_that_is_none(peak):
    totals = simulate(Scenario(stations=2)).ledger.totals
    base = totals.replace(site_peak_kw=peak)
    found = shaved(totals, base)
    assert math.isnan(found["peak_shaved_frac"])
    assert found["peak_shaved_kw"] == peak - totals.site_peak_kw


def test_compare_lists_them_against_plug_and_charge():
    scenario = Scenario(stations=6, load_share=0.5, pv_share=0.5)
    table = compare(scenario, ["best", "afap"]).set_index("agent")
    best, afap = (simulate(scenario, name).ledger.totals for name in ("best", "afap"))
    assert table.loc["best", "peak_shaved_kw"] == pytest.approx(afap.site_peak_kw - best.site_peak_kw)
    assert table.loc["best", "valley_filled_kw"] == pytest.approx(best.site_valley_kw - afap.site_valley_kw)
    assert table.loc["afap", ["peak_shaved_kw", "peak_shaved_frac", "valley_filled_kw"]].tolist() == [0, 0, 0]
