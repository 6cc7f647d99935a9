"""Links and files made before tariffs had versions by date still open, and mean the same.

`tests/data/scenarios_before_tariff_versions.json` holds scenarios of many kinds, each as the link and the file that the
version of 24 November 2026 wrote, with the prices, cars and figures (of `afap`) that it found.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core import Scenario, build_world, simulate
from core.world import World

EARLIER = json.loads((Path(__file__).parents[2] / "data/scenarios_before_tariff_versions.json").read_text("utf-8"))

CORRECTED = {"two days across midnight"}
"""KEPCO's rates of 2023 were then charged on all days; those of other days have changed on purpose since."""

THEN = "2023-05-16"

names = pytest.mark.parametrize("earlier", EARLIER, ids=lambda earlier: earlier["name"])


def assert_prices(world: World, earlier: dict) -> None:
    prices = world.prices
    for name, value in earlier["prices"].items():
        now = prices.demand_eur_per_kw_day if name == "demand" else getattr(prices, f"{name}_eur_per_kwh")
        np.testing.assert_allclose(now, value, rtol=0, atol=1e-8, err_msg=name)


@names
def test_the_link_and_the_file_are_one_scenario(earlier):
    from_link, from_file = Scenario.from_query(earlier["link"]), Scenario.from_json(json.dumps(earlier["json"]))
    assert from_link == from_file
    for field, value in earlier["json"].items():
        if field != "schema_version":
            assert from_link.model_dump(mode="json")[field] == value, field
    assert from_link.to_query() == earlier["link"]


@names
def test_cars_and_site_are_those_of_then(earlier):
    world = build_world(Scenario.from_query(earlier["link"]))
    for name, values in earlier["cars"].items():
        np.testing.assert_allclose(getattr(world.sessions, name), values, rtol=0, atol=1e-6, err_msg=name)
    assert world.limit_kw.sum() == pytest.approx(earlier["site"]["limit_kw"], abs=1e-5)
    assert world.base_load_kw.sum() == pytest.approx(earlier["site"]["base_load_kw"], abs=1e-5)


@names
def test_prices_are_those_of_then(earlier):
    scenario = Scenario.from_query(earlier["link"])
    assert_prices(build_world(scenario.replace(tariff_version=THEN)), earlier)
    if earlier["name"] not in CORRECTED:
        assert_prices(build_world(scenario), earlier)


@names
def test_figures_are_those_of_then_but_for_rounding_that_is_billed(earlier):
    """What EV2Gym's rounding up adds was left out of bills and of the transformers' load, and now counts as charged."""
    result = simulate(Scenario.from_query(earlier["link"]).replace(tariff_version=THEN), "afap")
    now, then = result.ledger.totals.as_dict(), earlier["totals"]
    for name in (
        "cars", "unmet_kwh", "ready_frac", "worst_ready_frac", "unmet_cost_eur", "discharged_kwh", "v2g_revenue_eur",
        "wear_cost_eur",
    ):  # fmt: skip
        assert now[name] == pytest.approx(then[name], abs=1e-6), name
    rounding = now["rounding_kwh"]
    assert now["charged_kwh"] - rounding == pytest.approx(then["charged_kwh"], abs=1e-6)
    dearest = {"overload_kwh": 1.0}
    for name, prices in (("energy_cost_eur", "buy"), ("wholesale_cost_eur", "wholesale")):
        dearest[name] = np.abs(earlier["prices"][prices]).max()
    for name, most in dearest.items():
        assert now[name] == pytest.approx(then[name], abs=rounding * most + 1e-6), name
