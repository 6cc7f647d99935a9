"""Each setting moved alone: where to, what is left out, and what is said of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.figures import Style
from core.figures.tradeoffs import tornado as figure_of
from core.reports.words import translate
from core.scenario import Scenario
from core.studies.run import simulate
from core.studies.study import run
from core.studies.tornado import effects, ends_of, movable, tornado_study
from core.studies.tradeoff import row_of
from tests.strategies import scenarios

SITE = Scenario(stations=6, transformer_limit_kw=30, pv_share=0.5)
AT = ("near", "far")


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
    assert (found["swing"].diff().dropna() <= 0).all()


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
    assert bars["change"].abs().idxmax() in (0, 1)
