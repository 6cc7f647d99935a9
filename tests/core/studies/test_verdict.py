"""Verdicts on many days, against cases worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import vl_convert

from core.figures import Style
from core.figures.robustness import paired, sentence, spread
from core.studies.verdict import verdicts, worst_worlds


def days(values: dict[str, list[float]], indicator: str = "objective_eur") -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame({"world": range(len(v)), "date": "2022-01-17", "seed": 0, "agent": a, "cars": 3, indicator: v})
            for a, v in values.items()
        ],
        ignore_index=True,
    )


def style() -> Style:
    return Style(text=lambda key, **numbers: f"{key} {json.dumps(numbers, default=str)}")


def test_a_steady_gain_is_sure():
    (verdict,) = verdicts(days({"afap": [1, 2, 3, 4], "rr": [2.9, 4, 5.1, 6]}), "objective_eur", "afap")
    assert verdict.mean == pytest.approx(2)
    assert verdict.low > 0
    assert not verdict.noise
    assert verdict.better
    assert verdict.win_frac == 1
    assert sentence(verdict, style()).key == "verdict.beats"


def test_less_overload_is_better():
    (verdict,) = verdicts(days({"afap": [5, 6, 7], "rr": [1, 1, 1]}, "overload_kwh"), "overload_kwh", "afap")
    assert verdict.better
    assert verdict.win_frac == 1
    finding = sentence(verdict, style())
    assert finding.key == "verdict.beats"
    assert finding.values["mean"] == "5.0 kWh"


def test_ups_and_downs_are_noise():
    rng = np.random.default_rng(1)
    noise = rng.normal(0.05, 1, 40)
    (verdict,) = verdicts(days({"afap": [0.0] * 40, "rr": noise.tolist()}), "objective_eur", "afap")
    assert verdict.noise
    assert verdict.needed is not None
    assert verdict.needed > 40
    assert sentence(verdict, style()).key == "verdict.noise"


def test_only_days_that_both_have_met_count():
    table = days({"afap": [1.0, 1.0, 1.0], "rr": [2.0, 2.0, 9.0]})
    (verdict,) = verdicts(table[~((table["agent"] == "rr") & (table["world"] == 2))], "objective_eur", "afap")
    assert verdict.n == 2
    assert verdict.mean == pytest.approx(1)


def test_days_without_cars_do_not_count():
    table = days({"afap": [1.0, 0.0], "rr": [2.0, 0.0]})
    table.loc[table["world"] == 1, "cars"] = 0
    (verdict,) = verdicts(table, "objective_eur", "afap")
    assert verdict.n == 1
    assert sentence(verdict, style()).key == "verdict.too_few"


def test_best_first_and_worst_days():
    table = days({"afap": [0, 0, 0, 0], "rr": [1, -5, 2, 3], "alap": [9, 9, 9, 9]})
    assert [v.agent for v in verdicts(table, "objective_eur", "afap")] == ["alap", "rr"]
    worst = worst_worlds(table, "objective_eur", "afap", most=2)
    assert worst[worst["agent"] == "rr"]["world"].tolist() == [1, 0]


@pytest.mark.parametrize("empty", [False, True])
def test_figures_draw(empty):
    table = days({"afap": [1, 2, 3], "rr": [2, 4, 1]})
    if empty:
        table = table.iloc[:0]
    for figure in (
        spread(table, "objective_eur", style()),
        paired(verdicts(table, "objective_eur", "afap"), "objective_eur", style()),
    ):
        svg = vl_convert.vegalite_to_svg(figure.to_vega_lite())
        assert svg.startswith("<svg")
        assert empty or "NaN" not in svg
