"""Each setting moved alone: where to, what is left out, and what is said of it."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.figures import Style
from core.figures.tradeoffs import tornado as figure_of
from core.reports.words import translate
from core.scenario import WEIGHT_FIELDS, Scenario
from core.studies.run import simulate
from core.studies.study import run
from core.studies.tornado import effects, ends_of, movable, moved_by, tornado_study, usual_indicator
from core.studies.tradeoff import row_of
from tests.strategies import scenarios

SITE = Scenario(stations=6, transformer_limit_kw=30, pv_share=0.5)
AT = ("near", "far")
EN = Style(text=partial(translate, "en"))


@settings(max_examples=30)
@given(base=scenarios(), reach=st.sampled_from(AT))
def test_every_end_is_allowed_and_on_its_side(base, reach):
    for field in movable(base):
        (low, high), own, row = ends_of(base, field, reach), getattr(base, field), row_of(field)
        assert row["minimum"] <= low <= own <= high <= row["maximum"]
        assert low < own or high > own or own < 1e-5  # a fifth of next to nothing is rounded away
        assert isinstance(low, int) == (row["type"] == "integer")


@pytest.fixture(scope="module")
def rows():
    return run(tornado_study(SITE, "cheapest", "near", 2))


def test_a_scenario_differs_from_the_base_in_one_field():
    study = tornado_study(SITE, "cheapest", "near", 2)
    for scenario, label in zip(study.scenarios, study.labels, strict=True):
        moved = {label["field"]: label["value"]} if label["field"] else {}
        assert scenario == SITE.replace(seed=label["seed"], **{k: type(getattr(SITE, k))(v) for k, v in moved.items()})


def test_effects_are_what_running_the_agent_says(rows):
    found = effects(rows, "overload_kwh").set_index("field")

    def mean(**change):
        return (
            sum(simulate(SITE.replace(seed=s, **change), "cheapest").ledger.totals.overload_kwh for s in (31, 32)) / 2
        )

    assert found.loc["transformer_limit_kw", "low"] == pytest.approx(mean(transformer_limit_kw=24) - mean())
    assert found.loc["transformer_limit_kw", "high_at"] == 36
    for _, group in found.groupby(found["by"] == "share"):
        assert (group["swing"].diff().dropna() <= 0).all()


@settings(max_examples=30)
@given(base=scenarios())
def test_what_is_called_moved_by_a_fifth_is(base):
    for field in movable(base):
        own, ends = getattr(base, field), ends_of(base, field, "near")
        by = moved_by(base, field, "near")
        assert moved_by(base, field, "far") == "range"
        assert (own == 0) == (by == "part")
        if by == "share":
            assert all(abs(end - own) <= 0.2501 * abs(own) for end in ends)
        elif by == "step":  # a whole number whose fifth is less than one
            assert any(abs(end - own) > 0.25 * abs(own) for end in ends)


def test_what_cannot_be_moved_by_a_fifth_never_leads(rows):
    """From 0 the price of the peak goes to a fifth of its range; six stations do move by about a fifth."""
    by = effects(rows, "objective_eur").set_index("field")["by"]
    assert (by["peak_price_eur_per_kw"], by["transformers"], by["stations"]) == ("part", "step", "share")
    assert list(by == "share") == sorted(by == "share", reverse=True)
    # However far the bar of one goes that is moved otherwise, the title begins with the longest of the others.
    long = rows.copy()
    long.loc[long["field"] == "peak_price_eur_per_kw", "objective_eur"] -= 1e6
    found = effects(long, "objective_eur")
    figure = figure_of(found, "objective_eur", lambda field: f"<{field}>", lambda field: 1.0, EN)
    first, second = figure.title.split(". Of those")
    assert f"<{found['field'][0]}>" in first
    assert "<peak_price_eur_per_kw>" in second
    bars = figure.data["bars"].to_pandas()
    lead = bars[bars["name"] == "<peak_price_eur_per_kw>"]
    assert (
        lead["low"] > bars.loc[bars["by"] == EN.text("tradeoffs.by_share"), "low"].max() + 0.9
    ).all()  # below the heading's row
    assert set(lead["by"]) == {EN.text("tradeoffs.by_part")}


@pytest.mark.parametrize(
    ("weights", "first"),
    [
        ((1, 1, 1), "objective_eur"), ((1, 0.2, 0.2), "user_profit_eur"), ((0, 0.5, 0.4), "provider_margin_eur"),
        ((0.1, 0.2, 0.3), "grid_value_eur"), ((0.5, 0.5, 0.1), "objective_eur"),
    ],
)  # fmt: skip
def test_whoever_has_the_largest_weight_is_asked_about_first(weights, first):
    assert usual_indicator(Scenario(**dict(zip(WEIGHT_FIELDS, weights, strict=True)))) == first


def test_a_weight_is_no_effect_on_what_it_weighs(rows):
    assert not {"w_user", "w_provider", "w_grid"} & set(effects(rows, "objective_eur")["field"])
    assert {"w_user", "w_provider", "w_grid"} <= set(effects(rows, "user_profit_eur")["field"])


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_title_names_the_longest_bar(rows, language):
    look = Style(text=lambda key, **values: translate(language, key, **values))
    found = effects(rows, "overload_kwh")
    figure = figure_of(found, "overload_kwh", lambda field: f"<{field}>", lambda field: 1.0, look)
    assert f"<{found['field'][0]}>" in figure.title
    bars = figure.data["bars"].to_pandas()
    alike = bars[bars["by"] == look.text("tradeoffs.by_share")]
    assert alike["change"].abs().idxmax() in (0, 1)
