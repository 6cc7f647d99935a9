"""Sweeps, fronts and break-even points, against cases worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ScenarioError
from core.figures import Style
from core.figures import tradeoffs as figures
from core.scenario import Scenario
from core.studies.run import simulate
from core.studies.study import draws, run, sweep
from core.studies.tradeoff import (
    break_even_study,
    crossing,
    distances,
    gains,
    outer_edge,
    sweepable,
    values_of,
    weight_front,
)

SMALL = Scenario(stations=3)


def style() -> Style:
    return Style(text=lambda key, **numbers: f"{key} {json.dumps(numbers, default=str)}")


@pytest.mark.parametrize("field", sweepable(Scenario(setpoint=True, dr_events=1, cars="uniform", retail="flat")))
@pytest.mark.parametrize("n", [5, 15])
def test_every_field_can_be_swept(field, n):
    values = values_of(field, n)
    assert values == sorted(set(values))
    assert 1 <= len(values) <= n
    base = Scenario(setpoint=True, dr_events=1, cars="uniform", retail="flat")
    study = sweep(base, {field: values}, ("afap",))
    assert {getattr(s, field) for s in study.scenarios} <= set(values)
    assert len(study.scenarios) >= 1


def test_fields_that_mean_nothing_here_are_not_swept():
    assert "car_capacity_kwh" not in sweepable(Scenario())
    assert "seed" not in sweepable(Scenario())
    assert "dr_depth_percent" in sweepable(Scenario(dr_events=2))


@pytest.mark.parametrize(
    ("y", "begins", "ends"),
    [
        ([-2, 0, 2], 1.0, None), ([-1, 1, 3], 0.5, None), ([3, 1, -1], None, 1.5), ([1, 2, 3], None, None),
        ([0, 0, 0], None, None), ([0, 0, 4], 1.0, None), ([1, -1, 1], 1.5, 0.5), ([-1, 1, -1], None, None),
    ],
)  # fmt: skip
def test_crossing(y, begins, ends):
    for rising, at in ((True, begins), (False, ends)):
        found = crossing(np.array([0.0, 1.0, 2.0]), np.array(y, dtype=float), rising=rising)
        assert found == (None if at is None else pytest.approx(at))


def beyond(x: np.ndarray, y: np.ndarray, edge_x: np.ndarray, edge_y: np.ndarray) -> np.ndarray:
    """How far points lie above the line, or right of its end, or above its beginning."""
    above = np.where((x >= edge_x[0]) & (x <= edge_x[-1]), y - np.interp(x, edge_x, edge_y), -np.inf)
    return np.maximum.reduce([above, x - edge_x.max(), y - edge_y.max()])


POINT = st.tuples(*[st.one_of(st.integers(-3, 3), st.floats(-500, 500))] * 2)


@given(st.lists(POINT, min_size=1, max_size=30))
def test_no_point_lies_beyond_the_outer_edge(points):
    x, y = np.array(points, dtype=float).T
    edge = outer_edge(x, y)
    assert (np.diff(x[edge]) > 0).all()
    assert (np.diff(y[edge]) < 0).all()
    assert beyond(x, y, x[edge], y[edge]).max() <= 1e-9


def test_nobody_crosses_the_best_plan():
    study = weight_front(SMALL, ("afap", "cheapest"), steps=3, seeds=2)
    rows = run(study)
    assert set(rows["agent"]) == {"afap", "cheapest", "best"}
    far = distances(rows, SMALL)
    assert far["best"] == 0
    # EV2Gym's rounding up of batteries is worth a little.
    assert (far > -0.05).all()
    figure = figures.weight_front(rows, ("user_profit_eur", "grid_value_eur"), style())
    assert vl_convert.vegalite_to_svg(figure.to_vega_lite()).startswith("<svg")
    frontier = figure.data["frontier"].to_pandas()
    assert frontier["x"].is_monotonic_increasing
    assert frontier["y"].is_monotonic_decreasing
    points = figure.data["points"].to_pandas()
    assert beyond(points["x"], points["y"], frontier["x"].to_numpy(), frontier["y"].to_numpy()).max() <= 1e-3


def test_break_even_compares_with_the_same_agent_without_v2g():
    base = SMALL.replace(w_provider=0.0, w_grid=0.0)
    rows = run(break_even_study(base, "v2g_price_factor", ("best", "cheapest"), 5, 2))
    found = gains(rows, "v2g_price_factor")
    best = found[found["agent"] == "best"].sort_values("v2g_price_factor")
    # Drivers' own optimum never loses by V2G, and gains more the better it is paid.
    assert (best["mean"] > -0.05).all()
    assert best["mean"].iloc[-1] > best["mean"].iloc[0]
    # Cheapest hours never discharges.
    assert found[found["agent"] == "cheapest"]["mean"].abs().max() < 1e-9
    figure = figures.break_even(found, "v2g_price_factor", "V2G price", 1.0, style())
    assert vl_convert.vegalite_to_svg(figure.to_vega_lite()).startswith("<svg")


def test_sweeps_draw():
    fields = {"transformer_limit_kw": [20.0, 60.0], "intensity": [2.0, 8.0]}
    rows = run(sweep(SMALL, fields, ("afap", "rr", "cheapest"), draws(SMALL, 2)))
    lines = figures.sweep_lines(rows, "intensity", "Intensity", 5.0, "peak_kw", style())
    svg = vl_convert.vegalite_to_svg(lines.to_vega_lite())
    assert "NaN" not in svg
    pair = ("transformer_limit_kw", "intensity")
    cells = figures.differences(rows, "rr", "afap", pair, "peak_kw")
    assert len(cells) == 4
    mean = rows.groupby(["agent", *pair])["peak_kw"].mean()
    expected = mean["rr"] - mean["afap"]
    pd.testing.assert_series_equal(cells.set_index(list(pair))["difference"], expected, check_names=False)
    chart = figures.sweep_map(rows, "rr", "afap", pair, ("Limit", "Intensity"), "peak_kw", 10.0, style())
    assert "NaN" not in vl_convert.vegalite_to_svg(chart.to_vega_lite())


@pytest.mark.parametrize("span", [(200, 20), (50, 50), (5, 100), (20, 9999), (float("nan"), 100)])
def test_a_range_is_within_the_field_and_goes_up(span):
    with pytest.raises(ScenarioError, match="between 10 and 2000"):
        values_of("transformer_limit_kw", 5, span)


def test_a_sweep_passes_through_the_scenarios_own_value():
    assert values_of("transformer_limit_kw", 3, (20, 60), own=50) == [20, 40, 50, 60]
    assert values_of("transformer_limit_kw", 3, (20, 60), own=100) == [20, 40, 60]
    assert values_of("stations", 3, (1, 4), own=3) == [1, 2, 3, 4]


def gain_rows(best: float, other: float) -> pd.DataFrame:
    """Two agents and two prices; the second is the scenario's own."""
    means = {"best": [-1.0, best], "cheapest": [-2.0, other]}
    rows = [
        {"agent": agent, "v2g_price_factor": price, "mean": mean, "low": mean, "high": mean, "own": mean - 3,
         "n": 3, "discharged_kwh": 1.0, "cars": 4.0}
        for agent, values in means.items()
        for price, mean in zip((0.5, 1.0), values, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_what_v2g_gains_now_is_said_without_foresight():
    said = figures.gain_now(gain_rows(9.0, 2.0), "v2g_price_factor", 1.0, style())
    assert said.startswith("finding.v2g_gains ")
    assert '"gain": "2.00 EUR"' in said
    assert '"car": "0.50 EUR"' in said
    assert "names.mean_of" in said
    own = figures.gain_of_own_day(gain_rows(9.0, 2.0), "v2g_price_factor", 1.0, style())
    assert own.startswith("finding.v2g_own")
    assert json.loads(own.partition(" ")[2])["amount"] == "−1.00 EUR"
    nothing = figures.gain_now(gain_rows(9.0, 0.004), "v2g_price_factor", 1.0, style())
    assert nothing.startswith("finding.v2g_gains_nothing")
    # A loss is a loss, not nothing.
    loss = figures.gain_now(gain_rows(9.0, -2.0), "v2g_price_factor", 1.0, style())
    assert loss.startswith("finding.v2g_costs")
    assert '"gain": "2.00 EUR"' in loss
    assert figures.gain_now(gain_rows(9.0, 2.0), "v2g_price_factor", 1.7, style()) is None


def test_break_even_is_also_asked_at_the_scenarios_own_price():
    study = break_even_study(SMALL.replace(v2g_price_factor=0.7), "v2g_price_factor", ("best",), 3, 1, (0.5, 1.5))
    assert sorted({s.v2g_price_factor for s in study.scenarios if s.v2g}) == [0.5, 0.7, 1.0, 1.5]


@pytest.mark.parametrize("beside", [False, True])
def test_a_leader_below_the_best_plan_is_one_of_those_without_foresight(beside):
    values = {"afap": 1.0, "rr": 2.0, **({"best": 3.0} if beside else {})}
    rows = pd.DataFrame(
        [
            {"world": i, "agent": agent, "cars": 3, "transformer_limit_kw": limit, "objective_eur": value}
            for i, limit in enumerate((100.0, 200.0))
            for agent, value in values.items()
        ]
    )
    said = figures.sweep_lines(rows, "transformer_limit_kw", "Limit", 100.0, "objective_eur", style()).title
    assert said.startswith("finding.sweep_one_leads")
    assert ("names.able_after" in said) is beside


def test_nobody_leads_where_all_are_alike():
    rows = run(sweep(SMALL, {"transformer_limit_kw": [900.0, 1000.0]}, ("afap", "rr")))
    figure = figures.sweep_lines(rows, "transformer_limit_kw", "Limit", 950.0, "overload_kwh", style())
    assert figure.title.startswith("finding.sweep_alike")


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("agent", ["best", "td3"])
def test_the_figure_of_the_own_day_is_what_explore_says(seed, agent):
    base = Scenario(stations=6, seed=seed)
    found = gains(run(break_even_study(base, "v2g_price_factor", (agent,), 5, 3)), "v2g_price_factor")
    (here,) = found[np.isclose(found["v2g_price_factor"], base.v2g_price_factor)].itertuples()
    runs = [simulate(day, agent).ledger.totals.user_profit_eur for day in (base, base.replace(v2g=False))]
    assert here.own == pytest.approx(runs[0] - runs[1], abs=0.005)
    assert here.own != pytest.approx(here.mean, abs=0.005)
    assert here.n == 3


def test_days_without_cars_are_no_part_of_what_v2g_is_worth():
    rows = run(break_even_study(SMALL, "v2g_price_factor", ("best",), 3, 3))
    whole = gains(rows, "v2g_price_factor")
    rows.loc[rows["case"] == 1, "cars"] = 0
    some = gains(rows, "v2g_price_factor")
    assert (set(whole["n"]), set(some["n"])) == ({3}, {2})
    assert (whole["mean"] != some["mean"]).any()


@pytest.mark.parametrize(
    ("price", "gain", "key"),
    [
        ("v2g_price_factor", [-1, 1, 2], "pays_v2g_price_factor"),
        ("v2g_price_factor", [2, 1, -1], "pays_partly"),  # it ceases to pay: "from ... on" would be false
        ("v2g_price_factor", [1, 1, 1], "pays_always"),
        ("v2g_price_factor", [-1, 0, 0], "pays_never"),
        ("wear_price_eur_per_kwh", [2, 1, -1], "pays_wear_price_eur_per_kwh"),
        ("wear_price_eur_per_kwh", [-1, 1, -1], "pays_partly"),
    ],
)
def test_where_v2g_pays_is_said_in_the_direction_in_which_it_does(price, gain, key):
    found = pd.DataFrame({"agent": "td3", price: [0.0, 0.1, 0.2], "mean": gain, "n": 3})
    assert figures.break_even_words(found, price, style()).startswith(f"finding.{key} ")


def test_an_agent_that_always_pays_comes_before_one_that_begins_to():
    found = pd.DataFrame(
        {"agent": ["td3"] * 2 + ["mpc"] * 2, "v2g_price_factor": [0.5, 1.0] * 2, "mean": [1, 2, -1, 1], "n": 1}
    )
    said = figures.break_even_words(found, "v2g_price_factor", style())
    assert said.startswith("finding.pays_always")
    assert "agents.td3.name" in said
    assert "agents.mpc.name" not in said


@pytest.mark.parametrize(
    ("points", "key"),
    [
        ([(0, 0), (-0.82, 36.09)], "front"),
        ([(0, 0), (-0.2, 36.09)], "front_free"),
        ([(0, 0), (-0.3, 9), (-9, 9.3)], "front_free"),
    ],
)  # fmt: skip
def test_a_conflict_is_one_where_no_plan_is_close_to_best_for_both(points, key):
    rows = pd.DataFrame(
        [
            {"world": i, "agent": "best", "cars": 3, "w_user": i, "w_provider": 0.0, "w_grid": 1.0, "own": i == 0,
             "user_profit_eur": x, "grid_value_eur": y}
            for i, (x, y) in enumerate(points)
        ]
    )  # fmt: skip
    said = figures.weight_front(rows, ("user_profit_eur", "grid_value_eur"), style()).title
    assert said.startswith(f"finding.{key} ")
