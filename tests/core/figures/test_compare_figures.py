"""Several agents on one day: who is named, what is drawn, and that fifteen agents can be told apart."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import vl_convert

from core.agents.info import AgentInfo, Look
from core.agents.registry import AGENTS, everywhere
from core.figures import Style, compare, marks
from core.figures.compare.cut import cut_at
from core.figures.style import share_text
from core.scenario import Scenario
from core.studies.captured import captured
from core.studies.run import Result, simulate
from core.world import build_world

NAMES = ("afap", "rr", "cheapest", "best")


def style(**changes: object) -> Style:
    return Style(text=lambda key, **numbers: f"{key} {json.dumps(numbers, default=str)}", **changes)


@pytest.fixture(scope="module")
def runs() -> dict[str, Result]:
    scenario = Scenario(stations=8, transformer_limit_kw=40)
    world = build_world(scenario)
    return {name: simulate(scenario, name, world=world) for name in NAMES}


def with_totals(run: Result, agent: str, **changes: float) -> Result:
    """The run as another agent's, with other totals."""
    totals = run.ledger.totals.replace(**changes)
    trace = dataclasses.replace(run.trace, agent=agent)
    return dataclasses.replace(run, trace=trace, ledger=dataclasses.replace(run.ledger, totals=totals))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_figure_draws(runs, theme):
    look, base, some = style(theme=theme), runs["afap"], list(runs.values())
    entries = [(name, run.ledger.totals) for name, run in runs.items()]
    scale = compare.shared_power(some)
    for figure in (
        compare.who_gains(entries, entries[0], look),
        compare.every_car(some, look),
        *(compare.small_day(run, base, look, scale) for run in some),
        compare.where_they_differ(runs["best"], base, look),
    ):
        svg = vl_convert.vegalite_to_svg(figure.to_vega_lite())
        assert "NaN" not in svg
        assert figure.title
        assert figure.alt


@pytest.mark.parametrize(
    ("grid", "drivers", "key"),
    [
        ({"afap": -5, "rr": 0, "cheapest": -9}, {"afap": -8, "rr": -7, "cheapest": -6}, "headline.grid_best"),
        (
            {"afap": -5, "rr": 0, "cheapest": -9},
            {"afap": -8, "rr": -5, "cheapest": -6},
            "headline.grid_and_drivers",
        ),
        ({"afap": 0, "rr": 0, "cheapest": 0}, {"afap": -8, "rr": -5, "cheapest": -6}, "headline.grid_alike"),
    ],
)
def test_the_best_for_the_grid_and_what_it_costs_drivers(runs, grid, drivers, key):
    some = [with_totals(runs["afap"], name, grid_value_eur=grid[name], user_profit_eur=drivers[name]) for name in grid]
    found = {finding.key: finding.values for finding in compare.headline(some, some[0], None, style())}
    assert key in found
    if key == "headline.grid_best":
        assert found[key]["cost"] == "1.00 EUR"
        assert found[key]["grid"] == "+5.00 EUR"
        assert "agents.rr.name" in found[key]["agent"]
        assert "agents.cheapest.name" in found[key]["other"]


@pytest.mark.parametrize(
    ("drivers", "key"),
    [((-8, -7, -5, -4), "headline.grid_best_tied"), ((-8, -7, -3, -4), "headline.grid_and_drivers_tied")],
)
def test_equals_for_the_grid_are_all_named(runs, drivers, key):
    grid = {"afap": -5, "rr": 0.001, "td3": 0.0, "cheapest": -9}
    some = [
        with_totals(runs["afap"], name, grid_value_eur=value, user_profit_eur=gain)
        for (name, value), gain in zip(grid.items(), drivers, strict=True)
    ]
    found = {finding.key: finding.values for finding in compare.headline(some, some[0], None, style())}
    assert found[key]["agents"].startswith("names.two")
    assert all(f"agents.{name}.name" in found[key]["agents"] for name in ("rr", "td3"))
    assert "agents.td3.name" in found[key]["agent"]


@pytest.mark.parametrize("beside", [False, True])
def test_a_winner_beside_the_best_plan_is_one_of_those_without_foresight(runs, beside):
    some = [runs["afap"], runs["rr"], runs["cheapest"], *([runs["best"]] if beside else [])]
    found = compare.headline(some, some[0], runs["best"], style())
    among = [finding.values["among"] for finding in found if "among" in finding.values]
    assert len(among) == 2
    assert all(("names.able" in words) is beside for words in among)


def test_at_most_three_are_named():
    assert [marks.together(list("abcde")[:n], style()).split()[0] for n in range(1, 6)] == [
        "agents.a.name", "names.two", "names.three", "names.more", "names.more"
    ]  # fmt: skip


def test_foresight_is_never_called_best_for_the_grid(runs):
    some = [runs["afap"], with_totals(runs["best"], "best", grid_value_eur=100.0)]
    assert "agents.best.name" not in json.dumps([f.values for f in compare.headline(some, some[0], None, style())])


def test_a_car_is_marked_in_every_row(runs):
    figure = compare.every_car(list(runs.values()), style())
    cars = figure.data["cars"].to_pandas()
    assert set(cars.groupby("car").size()) == {len(NAMES)}
    names = {param["name"]: param["select"] for layer in figure.spec["layer"] for param in layer.get("params", ())}
    assert names["found"]["fields"] == names["kept"]["fields"] == ["car"]
    assert (names["found"]["on"], names["kept"]["on"]) == ("pointerover", "click")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_new_agent_changes_nobody_elses_look(monkeypatch, theme):
    names = everywhere()

    def looks():
        return [(marks.agent_colour(style(theme=theme), name), marks.agent_shape(name)) for name in names]

    before = looks()
    assert len({colour for colour, _ in before}) == len(names)
    newcomer = AgentInfo("lazy", "heuristic", AGENTS["afap"].make, Look("#123456", "#FEDCBA", "circle"))
    others = list(AGENTS.items())
    for name in list(AGENTS):
        monkeypatch.delitem(AGENTS, name)
    for name, info in [others[0], ("lazy", newcomer), *others[1:]]:
        monkeypatch.setitem(AGENTS, name, info)
    assert list(AGENTS).index("lazy") == 1
    assert looks() == before


def test_a_row_that_would_flatten_all_others_is_cut_and_its_amount_written(runs):
    base = with_totals(
        runs["afap"], "afap", user_profit_eur=0, provider_margin_eur=0, grid_value_eur=0, objective_eur=0
    )
    gains = {"rr": 4.0, "cheapest": 8.0, "best": -400.0}
    entries = [
        (name, with_totals(runs["afap"], name, user_profit_eur=gain, provider_margin_eur=0, grid_value_eur=1,
                           objective_eur=gain + 1).ledger.totals)
        for name, gain in gains.items()
    ]  # fmt: skip
    look = style()
    whole = compare.who_gains(entries[:2], ("afap", base.ledger.totals), look)
    assert whole.data["cut"].num_rows == 0
    assert "figure.who_gains.cut" not in whole.subtitle
    assert whole.data["bars"]["drawn"].to_pylist() == whole.data["bars"]["change"].to_pylist()
    figure = compare.who_gains(entries, ("afap", base.ledger.totals), look)
    bars = figure.data["bars"].to_pandas()
    far = bars["change"].abs() > 100
    assert far.sum() == 1
    assert (bars["drawn"] == bars["change"])[~far].all()
    end = -float(bars["drawn"][far].iloc[0])
    assert bars["change"][~far].abs().max() < end < 20
    assert [text.split()[-1] for text in figure.data["cut"]["text"].to_pylist()] == ["−400.00", "−399.00"]
    assert len(set(figure.data["cut"]["place"].to_pylist())) == 2
    assert "figure.who_gains.cut" in figure.subtitle
    low, high = figure.spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low < -end < 0 < bars["change"].max() <= high
    vl_convert.vegalite_to_svg(figure.to_vega_lite())


@pytest.mark.parametrize(
    ("reach", "end"),
    [
        ([], None),
        ([5.0], None),
        ([5.0, 6.0, 7.0], None),
        ([5.0, 6.0, 700.0], 7.5),
        ([500.0, 6.0, 700.0, 4.0], 7.5),  # half of them
        ([500.0, 600.0, 700.0, 4.0], None),  # the one that would be readable is the odd one
        ([0.0, 0.0, 700.0], None),  # nothing that could be read
    ],
)
def test_where_an_axis_is_cut(reach, end):
    assert cut_at(np.array(reach), 0.01) == end


def test_cars_far_from_all_others_stand_at_the_edge(runs):
    far = runs["best"]
    sessions = far.ledger.sessions.assign(user_profit_eur=-500.0)
    some = [
        runs["afap"],
        runs["rr"],
        dataclasses.replace(far, ledger=dataclasses.replace(far.ledger, sessions=sessions)),
    ]
    cars = compare.every_car(some, style()).data["cars"].to_pandas()
    there = cars["profit"] == -500
    assert there.sum() == len(sessions)
    assert (cars["drawn"] == cars["profit"])[~there].all()
    assert cars["drawn"][there].nunique() == 1
    assert cars["drawn"].min() > -5 * cars["profit"][~there].abs().max()


def test_the_headline_says_the_share_of_the_bound_and_calls_nothing_less_all_of_it(runs):
    base, best = runs["afap"], runs["best"]
    said = compare.headline([base, runs["rr"], runs["cheapest"]], base, best, style())
    found = [sentence for sentence in said if "share" in sentence.values]
    others = [runs[name].ledger.totals.objective_eur for name in ("rr", "cheapest")]
    share = captured(max(others), base.ledger.totals.objective_eur, best.trace.bound_eur)
    assert [sentence.values["share"] for sentence in found] == [share_text(share)]
    assert [share_text(x) for x in (1.0, 0.99999, 0.9994, -0.5)] == ["100.0 %", "99.9 %", "99.9 %", "−50.0 %"]
