"""What agents know of prices to come, and that nothing else of a day depends on it."""

from __future__ import annotations

import numpy as np
import pytest

from core import Scenario, build_world, simulate
from core.agents.registry import AGENTS, everywhere, make_agent
from core.engines.batch import Batch, simulate_many
from core.engines.views import ViewBuilder
from core.errors import CombinationError, ScenarioError
from core.scenario import PRESETS
from core.scenario.ev2gym_file import config_of
from core.tariffs import PRICE_FORECASTS
from core.tariffs.forecast import MODELS

SITE = Scenario(stations=6, transformer_limit_kw=40.0, date="2023-10-04", load_share=0.5, pv_share=0.5)
SURE = {"retail": "flat", "provider": "kepco_service_1"}


@pytest.mark.parametrize("step", [0, 3, 4, 57, 111])
def test_views_hold_known_prices_up_to_the_end_of_the_hour_and_expected_ones_after_it(step):
    world = build_world(SITE.replace(price_forecast="sarima"))
    seen = ViewBuilder([world]).view(step, np.zeros((1, 6))).objective
    known = slice(0, (step // 4 + 1) * 4)
    later = slice(known.stop, None)
    for name in ("buy", "sell", "wholesale"):
        true, expected = (getattr(p, f"{name}_eur_per_kwh") for p in (world.prices, world.expected_prices))
        np.testing.assert_array_equal(getattr(seen, name)[0, known], true[known])
        np.testing.assert_array_equal(getattr(seen, name)[0, later], expected[later])
        assert later.stop is None
        if known.stop < world.n_steps:
            assert not np.array_equal(true[later], expected[later])


def test_known_prices_are_one_and_the_same_object_all_day():
    """So that whoever weighs them does it once a day."""
    views = ViewBuilder([build_world(SITE)])
    assert views.view(0, np.zeros((1, 6))).objective is views.view(50, np.zeros((1, 6))).objective


def test_nothing_but_what_agents_expect_depends_on_the_switch():
    before, after = build_world(SITE), build_world(SITE.replace(price_forecast="boosted"))
    for name in ("limit_kw", "load_kw", "pv_kw", "load_forecast_kw", "pv_forecast_kw"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
    np.testing.assert_array_equal(before.sessions.arrival_energy_kwh, after.sessions.arrival_energy_kwh)
    np.testing.assert_array_equal(before.prices.buy_eur_per_kwh, after.prices.buy_eur_per_kwh)
    assert before.expected_prices is None


def test_a_world_depends_on_what_agents_know():
    keys = {SITE.replace(price_forecast=known).world_key for known in PRICE_FORECASTS}
    keys |= {SITE.replace(forecast_error_percent=error).world_key for error in (0.0, 20.0)}
    assert len(keys) == len(PRICE_FORECASTS) + 2


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("agent", everywhere())
def test_money_is_counted_at_true_prices_and_stays_below_the_bound(agent, model):
    scenario = SITE.replace(price_forecast=model)
    run, best = simulate(scenario, agent), simulate(scenario, "best")
    totals = run.ledger.totals
    power = run.trace.power_kw.sum(axis=0)
    paid = float((np.maximum(power, 0) * run.world.prices.buy_eur_per_kwh).sum() / 4)
    if agent in ("afap", "alap", "rr", "cheapest"):  # no port charges while another gives back
        assert totals.energy_cost_eur == pytest.approx(paid, abs=0.05 * abs(paid) + 0.02)
    assert totals.objective_eur <= best.trace.bound_eur + 1e-6
    assert best.trace.bound_eur == pytest.approx(simulate(SITE, "best").trace.bound_eur, abs=1e-9)


@pytest.mark.parametrize("agent", [name for name in everywhere() if name != "best"])
def test_both_engines_let_agents_expect_the_same(agent):
    """Worlds of every switch in one batch against each alone in EV2Gym."""
    scenarios = [SITE.replace(price_forecast=known, seed=k) for k, known in enumerate(PRICE_FORECASTS)]
    worlds = [build_world(scenario) for scenario in scenarios]
    together = simulate_many(worlds, make_agent(agent))
    for scenario, trace in zip(scenarios, together, strict=True):
        alone = simulate(scenario, agent).trace
        np.testing.assert_allclose(trace.power_kw, alone.power_kw, rtol=0, atol=1e-9)


@pytest.mark.parametrize("agent", ["cheapest", "mpc", "plan"])
def test_who_plans_by_prices_acts_otherwise_under_a_forecast(agent):
    from core.agents.learned import Learned

    make = Learned if agent == "plan" else lambda: make_agent(agent)
    worlds = [build_world(SITE.replace(price_forecast=known)) for known in ("perfect", "seasonal_naive")]
    one, other = simulate_many(worlds, make())
    assert not np.array_equal(one.power_kw, other.power_kw)


@pytest.mark.parametrize("agent", [name for name in everywhere() if AGENTS[name].blind_to_weights])
def test_who_is_blind_to_prices_does_not(agent):
    worlds = [build_world(SITE.replace(price_forecast=known)) for known in ("perfect", "seasonal_naive")]
    one, other = simulate_many(worlds, make_agent(agent))
    np.testing.assert_array_equal(one.power_kw, other.power_kw)


def test_batches_are_priced_at_what_came():
    world = build_world(SITE.replace(price_forecast="sarima"))
    np.testing.assert_array_equal(Batch([world]).site.buy[0], world.prices.buy_eur_per_kwh)


# --- the scenario -----------------------------------------------------------------------------------------------------
def test_earlier_links_and_files_know_all_prices_and_five_percent():
    for scenario in (Scenario.from_query({"v": "1"}), Scenario.from_json('{"schema_version": 1}'), *PRESETS.values()):
        assert scenario.price_forecast == "perfect"
        assert scenario.forecast_error_percent == 5.0


@pytest.mark.parametrize("known", PRICE_FORECASTS)
def test_the_switch_is_in_links_and_files(known):
    scenario = SITE.replace(price_forecast=known, forecast_error_percent=12.0)
    assert Scenario.from_query(scenario.to_query()) == scenario == Scenario.from_json(scenario.to_json())


def test_another_model_is_refused_with_the_list():
    with pytest.raises(ScenarioError, match="price_forecast: must be one of perfect, seasonal_naive, sarima, boosted"):
        SITE.replace(price_forecast="oracle")


def test_a_date_without_a_forecast_is_refused_unless_none_is_needed():
    early = SITE.replace(date="2015-06-01")
    with pytest.raises(CombinationError, match="price_forecast: must be perfect here: price forecasts begin on 2016"):
        early.replace(price_forecast="boosted")
    assert early.replace(price_forecast="boosted", **SURE).price_forecast == "boosted"


def test_a_sentence_says_what_the_switch_does():
    assert SITE.notices == ()
    assert [notice.key for notice in SITE.replace(price_forecast="sarima").notices] == ["forecast.sarima"]
    known = SITE.replace(price_forecast="sarima", **SURE)
    assert [notice.key for notice in known.notices] == ["forecast.known"]
    assert build_world(known).expected_prices is None
    assert not known.decides_on_forecast


# --- load and solar power ---------------------------------------------------------------------------------------------
def test_the_error_of_load_and_solar_forecasts_grows_with_the_slider_and_the_draws_stay():
    base = SITE.replace(transformers=2)
    worlds = {error: build_world(base.replace(forecast_error_percent=error)) for error in (0.0, 5.0, 10.0, 50.0)}
    for name in ("load", "pv"):
        real = getattr(worlds[0.0], f"{name}_kw")
        off = {error: getattr(world, f"{name}_forecast_kw") - real for error, world in worlds.items()}
        np.testing.assert_array_equal(off[0.0], 0.0)
        np.testing.assert_allclose(off[10.0], 2 * off[5.0], rtol=0, atol=1e-9)
        relative = off[10.0][real > 0] / real[real > 0]
        assert relative.std() == pytest.approx(0.1, rel=0.25)
        assert (worlds[50.0].load_forecast_kw >= 0).all()
        assert (worlds[50.0].pv_forecast_kw >= 0).all()


def test_ev2gym_is_told_the_same_spread():
    config = config_of(SITE.replace(forecast_error_percent=12.0))
    assert config["inflexible_loads"]["forecast_std"] == config["solar_power"]["forecast_std"] == 12.0
