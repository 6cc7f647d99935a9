"""Figures and sentences of what an agent does: true of the answers they are made of."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import vl_convert

from core import Scenario, build_world, simulate
from core.figures import Style
from core.figures.policy import how_they_differ, policy_slice, what_it_does
from core.figures.weights import what_weights_change
from core.reports.words import translate
from core.studies.policy_slice import policy_slice as ask

RATIOS = np.round(np.linspace(0.4, 1.6, 7), 3)


def style(**changes: object) -> Style:
    return Style(text=lambda key, **numbers: f"{key} {json.dumps(numbers, default=str)}", **changes)


def answers(power: list[float]) -> pd.DataFrame:
    """The same answers at every battery and time left."""
    rows = [
        {"steps_left": n, "price_ratio": r, "soc_frac": s, "action": p, "power_frac": p, "wanted_frac": 0.8}
        for n in (4, 32)
        for r, p in zip(RATIOS, power, strict=True)
        for s in (0.25, 0.5, 0.75)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_it_draws(theme, language):
    look = Style(text=partial(translate, language), theme=theme)
    figure = policy_slice(ask(build_world(Scenario()), "cheapest"), "cheapest", look)
    svg = vl_convert.vegalite_to_svg(figure.to_vega_lite(width_px=360))
    assert svg.startswith("<svg")
    assert "NaN" not in svg
    assert figure.title
    cells = figure.data["cells"].to_pandas()
    assert (cells["x0"] < cells["x1"]).all()
    assert (cells["y0"] < cells["y1"]).all()
    assert cells["x1"].max() == pytest.approx(figure.data["panels"].to_pandas()["x1"].max())
    assert (cells["y0"].min(), cells["y1"].max()) == (pytest.approx(0, abs=0.1), pytest.approx(100, abs=0.1))


@pytest.mark.parametrize(
    ("power", "key", "values"),
    [
        ([1, 1, 1, 1, 0, 0, -1], "both", {"until": "100", "from": "160"}),
        ([1, 1, 0.5, 0, 0, 0, 0], "charges", {"until": "80"}),
        ([0, 0, 0, 0, 0, -1, -1], "gives", {"from": "140"}),
        ([1] * 7, "always", {"low": "40", "high": "160"}),
        ([0] * 7, "rests", {}),
        ([0.01] * 7, "rests", {}),
        ([1, 0, 1, 0, 0, 0, 0], "uneven", {}),
        ([-1, 0, 0, 0, 0, 0, 1], "uneven", {}),
    ],
)
def test_the_title_says_what_the_answers_are(power, key, values):
    found = what_it_does(answers(power), "afap", style())
    assert found.key == f"finding.policy_{key}"
    assert {name: found.values[name] for name in values} == values
    assert (found.values["hours"], found.values["soc"]) == (8.0, "50")


def test_two_agents_are_compared_point_by_point():
    one, other = answers([1, 1, 1, 0, 0, 0, 0]), answers([1, 1, 0, 0, 0, 0, 0])
    other.loc[other["steps_left"] == 4, "power_frac"] = one.loc[one["steps_left"] == 4, "power_frac"]
    said = how_they_differ(one, other, ("ppo", "sac"), style())
    assert said.startswith("finding.policies_differ")
    numbers = json.loads(said.split(" ", 1)[1])
    assert (numbers["points"], numbers["hours"], numbers["most"]) == ("7", 8.0, "14")
    assert how_they_differ(one, one, ("ppo", "sac"), style()).startswith("finding.policies_alike")


def test_what_weights_change_is_the_difference_of_two_runs():
    scenario = Scenario(stations=4, provider="flat", w_user=1.0, w_provider=0.0, w_grid=0.1)
    balanced = scenario.replace(w_user=1.0, w_provider=1.0, w_grid=1.0)
    run, other = (simulate(s, "best") for s in (scenario, balanced))
    found = what_weights_change(run, other, Style(text=partial(translate, "en")))
    assert found.key == "finding.weights_change"
    moved = np.abs(run.trace.power_kw - other.trace.power_kw).sum() / 4
    assert float(found.values["kwh"].replace(",", "")) == pytest.approx(moved, abs=0.05)
    change = run.ledger.totals.user_profit_eur - other.ledger.totals.user_profit_eur
    assert found.values["drivers"] == Style(text=str).money(change, signed=True)
    same = replace(other, scenario=scenario)
    assert what_weights_change(same, other, style()).key == "finding.weights_nothing"
