"""Sentences about a whole run, over the scenario space: the gravest fact first, and nothing that is not so.

`REASON_RUNS` sets the number of random runs, as in `test_reasons.py`.
"""

from __future__ import annotations

import os
from functools import partial

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from core import Scenario, build_world
from core.accounts.ledger import settle
from core.agents.registry import make_agent
from core.engines.batch import simulate_many
from core.figures import Style
from core.figures.compare import headline as headline_of_many
from core.figures.findings import Finding, headline, nothing_left, v2g_effect
from core.studies.run import Result
from pages.ui.i18n import translate
from tests.strategies import SMALL, scenarios

RUNS = int(os.environ.get("REASON_RUNS", "20"))

WHO = ["afap", "alap", "rr", "cheapest", "best", "td3", "ppo"]
"""One of each kind; sentences do not depend on who decided."""

STYLES = [Style(text=partial(translate, language)) for language in ("en", "ko")]
EN = STYLES[0]

SITES = {**SMALL, "car_discharge_kw": [0.0, 3.7, 11.0, 50.0]}
"""Not every float: what cars of next to no power do to the linear program is no matter of sentences."""

STORY = Scenario(w_user=0.05, w_provider=0.0, w_grid=1.0, seed=0)

FAR_OVER = Scenario(stations=80, charger_current_a=64, transformer_limit_kw=40, intensity=60)
"""More than ten times what the transformer carries."""

MONEY = {"headline.reference", "headline.gain", "headline.loss", "headline.same"}
WELL = {"headline.all_ready", "headline.within_limit", "headline.overload_gone"}


def run(scenario: Scenario, *agents: str) -> list[Result]:
    world = build_world(scenario)
    traces = [simulate_many([world], make_agent(agent))[0] for agent in agents]
    return [Result(scenario, world, trace, settle(world, trace)) for trace in traces]


def said(sentences: list[Finding]) -> list[str]:
    """In English; the Korean words are filled in as well."""
    english, _ = ([look.text(x.key, **x.values) for x in sentences] for look in STYLES)
    return english


def worst_overload(result: Result) -> tuple[float, float, float]:
    """Energy beyond limits [kWh]; and where it is worst the power and the limit then in force [kW]."""
    world, scenario = result.world, result.scenario
    over, worst, at = 0.0, 0.0, (0.0, 1.0)
    for place in range(scenario.transformers):
        ports = [
            port
            for port in range(scenario.n_ports)
            if world.station_transformer[port // scenario.ports_per_station] == place
        ]
        power = world.load_kw[place] - world.pv_kw[place] + result.trace.power_kw[ports].sum(axis=0)
        for kw, limit in zip(power, world.limit_kw[place], strict=True):
            beyond = max(0.0, kw - limit, -scenario.transformer_limit_kw - kw)
            over += beyond / 4
            if beyond > worst:
                worst, at = beyond, (abs(kw), limit if kw > 0 else scenario.transformer_limit_kw)
    return over, *at


def severities(result: Result) -> dict[str, float]:
    """Faults by what they are about, those that are written as none left out."""
    out = {}
    over, power, limit = worst_overload(result)
    if over >= 0.05:
        out["overload"] = (power - limit) / result.scenario.transformer_limit_kw
    s = result.world.sessions
    missing = s.wanted_energy_kwh - result.trace.energy_kwh[s.port, s.departure_step]
    if (missing > 0.05).any():
        out["short"] = float((missing / s.wanted_energy_kwh).max())
    return out


def about(sentence: Finding) -> str:
    if sentence.key in MONEY:
        return "money"
    if sentence.key in WELL:
        return "well"
    return sentence.key.removeprefix("headline.").split("_")[0]


@settings(max_examples=RUNS)
@given(scenario=scenarios(**SITES), agent=st.sampled_from(WHO))
@example(STORY, "td3")
@example(Scenario(), "td3")
@example(FAR_OVER, "cheapest")
@example(FAR_OVER, "afap")
@example(Scenario(stations=10, transformer_limit_kw=10), "rr")
@example(Scenario(stations=3, pv_share=3.0).replace(date="2022-06-18"), "afap")
@example(Scenario(stations=9, pv_share=3.0).replace(date="2022-06-20"), "best")
def test_a_headline_names_the_gravest_fact_first(scenario, agent):
    result, reference = run(scenario, agent, "afap")
    sentences = headline(result, reference, EN)
    assert said(sentences)
    subjects = [about(sentence) for sentence in sentences]
    if not result.ledger.totals.cars:
        assert subjects[0] == "empty"
        assert subjects[1:] == (["overload"] if "overload" in severities(result) else [])
        return
    faults = severities(result)
    grave = sorted((subject for subject in faults if faults[subject] >= 0.05), key=lambda subject: -faults[subject])
    assume(all(abs(size - 0.05) > 1e-9 for size in faults.values()))
    slight = [subject for subject in faults if subject not in grave]
    assert subjects[: len(grave)] == grave or len({faults[x] for x in grave}) < len(grave)
    assert subjects[len(grave)] == "money"
    assert sorted(subjects[len(grave) + 1 :]) == sorted([*slight, *["well"] * (2 - len(faults))])
    # What is well comes last, and nothing is called well that is not.
    assert "well" not in subjects[: len(subjects) - (2 - len(faults))]
    keys = {sentence.key for sentence in sentences}
    assert ("headline.all_ready" in keys) == ("short" not in faults)
    assert bool(keys & {"headline.within_limit", "headline.overload_gone"}) == ("overload" not in faults)


@settings(max_examples=RUNS)
@given(scenario=scenarios(**SITES), agent=st.sampled_from(WHO))
@example(FAR_OVER, "cheapest")
def test_what_a_headline_says_of_overload_is_so(scenario, agent):
    result, reference = run(scenario, agent, "afap")
    over, power, limit = worst_overload(result)
    for sentence in headline(result, reference, EN):
        if about(sentence) == "overload" and "peak" in sentence.values:
            assert sentence.values["over"] == pytest.approx(over)
            assert sentence.values["peak"] == pytest.approx(power)
            assert sentence.values["limit"] == pytest.approx(limit)
            assert sentence.values["base"] == pytest.approx(worst_overload(reference)[0])


def test_ten_times_the_limit_is_no_gain_for_drivers():
    result, reference = run(FAR_OVER, "cheapest", "afap")
    first = said(headline(result, reference, EN))[0]
    over, power, _ = worst_overload(result)
    assert power > 400
    assert f"{power:,.0f} kW" in first
    assert "40 kW" in first
    assert result.ledger.totals.user_profit_eur > reference.ledger.totals.user_profit_eur + 1
    assert f"{over:,.1f} kWh" in first
    # Nor does Compare praise its leader before it says so.
    many = headline_of_many([result, reference], reference, None, EN)
    assert many[0].key == "headline.overload_first"


@settings(max_examples=RUNS)
@given(scenario=scenarios(**SITES), agent=st.sampled_from(["afap", "cheapest", "td3", "best"]))
@example(STORY, "td3")
@example(Scenario(stations=5), "td3")
@example(Scenario(stations=5, retail="flat", v2g=False), "best")
@example(Scenario(stations=5, retail="flat", v2g=False), "alap")
@example(Scenario(stations=5, overload_price_eur_per_kwh=0.0), "td3")
def test_who_has_nothing_left_to_gain_gains_nothing_from_the_best_plan_for_them_alone(scenario, agent):
    result, reference = run(scenario, agent, "afap")
    totals = result.ledger.totals
    for sentence in nothing_left(result, reference, EN):
        said([sentence])
        who = sentence.key.split(".")[1].split("_")[0]
        weights = {"w_user": 0.0, "w_provider": 0.0, "w_grid": 0.0}
        field = {"drivers": "user_profit_eur", "provider": "provider_margin_eur", "grid": "grid_value_eur"}[who]
        weights[{"drivers": "w_user", "provider": "w_provider", "grid": "w_grid"}[who]] = 1.0
        for other in run(scenario.replace(**weights), "best", "cheapest", "afap"):
            # EV2Gym gives up to 0.01 kWh a step and car away for free.
            free = (
                0.0
                if who == "grid"
                else abs(other.ledger.totals.rounding_kwh) * result.world.prices.buy_eur_per_kwh.max()
            )
            assert getattr(other.ledger.totals, field) <= getattr(totals, field) + 0.01 + free
            if who == "provider":
                assert getattr(other.ledger.totals, field) == pytest.approx(getattr(totals, field), abs=1e-6)
        if sentence.key == "nothing_left.grid_gone":
            assert worst_overload(result)[0] < 0.05 <= worst_overload(reference)[0]
        if sentence.key == "nothing_left.grid":
            assert worst_overload(result)[0] < 0.05


def test_a_dead_slider_is_explained_on_the_story_day():
    result, reference = run(STORY, "best", "afap")
    spoken = {sentence.key for sentence in nothing_left(result, reference, EN)}
    assert "nothing_left.provider" in spoken  # it buys and sells at the day-ahead price
    result, reference = run(STORY.replace(w_user=0.0), "alap", "afap")
    assert "nothing_left.grid_gone" in {sentence.key for sentence in nothing_left(result, reference, EN)}


@settings(max_examples=RUNS)
@given(scenario=scenarios(**SITES, v2g=True), agent=st.sampled_from(["td3", "ppo", "best"]))
@example(STORY, "td3")
@example(STORY, "best")
@example(Scenario(seed=0, w_user=0.0, retail="flat", v2g_price_factor=0.5, stations=8), "best")
@example(Scenario(seed=0, w_user=0.0, w_provider=0.0, stations=8), "best")
def test_v2g_is_said_to_serve_whom_it_serves(scenario, agent):
    (result,), (without,) = run(scenario, agent), run(scenario.replace(v2g=False), agent)
    assume(result.ledger.totals.cars)
    sentences = v2g_effect(result, without, EN)
    now, then = result.ledger.totals, without.ledger.totals
    change = {
        name: round(getattr(now, field) - getattr(then, field), 2)
        for name, field in {
            "drivers": "user_profit_eur", "provider": "provider_margin_eur", "grid": "grid_value_eur",
            "together": "objective_eur",
        }.items()
    }  # fmt: skip
    keys = [sentence.key.removeprefix("explore.v2g_") for sentence in sentences]
    text = " ".join(said(sentences))
    if now.discharged_kwh < 0.05:
        assert keys == ["unused"]
    elif change["drivers"] > 0:
        assert keys == ["gains", *["others"] * (change["provider"] != 0 or change["grid"] != 0)]
        if keys[1:]:
            assert sentences[1].values["provider"] == EN.money(
                now.provider_margin_eur - then.provider_margin_eur, signed=True
            )
            assert sentences[1].values["weighed"] == EN.money(now.objective_eur - then.objective_eur, signed=True)
    else:
        served = [who for who in ("provider", "grid") if change[who] > 0]
        assert keys[0] == ("costs" if change["drivers"] < 0 else "nothing")
        assert keys[1] == f"for_{'_and_'.join(served) or 'nobody'}"
        assert (keys[2:] == ["worse"]) == (change["together"] < 0)
        assert f"{now.wear_cost_eur:,.2f} EUR" in text
        assert f"(weight {scenario.w_grid:g})" in text
        for who in served:
            assert f"+{change[who]:,.2f}" in text


def test_v2g_that_costs_drivers_says_for_whom():
    """The provider sells what it need not pay for; and a run that does not differ serves nobody."""
    scenario = Scenario(stations=4, w_user=0.0, w_provider=1.0, v2g_price_factor=0.0)
    (result,), (without,) = run(scenario, "best"), run(scenario.replace(v2g=False), "best")
    sentences = v2g_effect(result, without, EN)
    assert [sentence.key for sentence in sentences] == ["explore.v2g_costs", "explore.v2g_for_provider"]
    assert "for drivers (weight 0)" in " ".join(said(sentences))
    sentences = v2g_effect(result, result, EN)
    assert [sentence.key for sentence in sentences] == ["explore.v2g_nothing", "explore.v2g_for_nobody"]
