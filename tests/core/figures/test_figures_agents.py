"""Figures of measured quality: what they say, what they leave out, and that they draw."""

from __future__ import annotations

import json
from functools import partial

import pandas as pd
import pytest
import vl_convert

from core.figures import Style
from core.figures import agents as figures
from core.reports.words import translate
from core.studies.shipped_quality import ranked
from tests.made_up_quality import SHARES, quality

CURVE = pd.DataFrame(
    {"timesteps": [512.0, 5000.0, 9000.0], "seconds": [1.0, 5.0, 9.0], "captured": [0.90, 0.95, 0.93],
     "ready_frac": [0.98, 0.99, 0.99]}
)  # fmt: skip
CARD = {
    "validation": {"timesteps": 5000.0, "seconds": 5.0, "captured": 0.95, "ready_frac": 0.99},
    "plan_alone": {"captured": 0.91},
}


def style(**changes: object) -> Style:
    return Style(text=lambda key, **numbers: f"{key} {json.dumps(numbers, default=str)}", **changes)


def rows(figure: figures.Figure, name: str) -> pd.DataFrame:
    return figure.data[name].to_pandas()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_figure_draws(theme):
    look, measured = style(theme=theme), quality()
    for figure in (
        figures.captured(measured["held_out"], "held_out", look),
        figures.captured(measured["stock"], "stock", look),
        figures.group_map(measured["held_out"], look),
        figures.learning_curve(CURVE, CARD, look),
    ):
        svg = vl_convert.vegalite_to_svg(figure.to_vega_lite())
        assert svg.startswith("<svg")
        assert "NaN" not in svg
        assert figure.title
        assert figure.alt


def test_the_best_learned_agent_is_named_not_the_best_of_all():
    said = figures.captured(quality()["held_out"], "held_out", style()).title
    assert said.startswith("finding.captured_beside")
    numbers = json.loads(said.split(" ", 1)[1])
    assert numbers["agent"] == "PPO"
    assert numbers["share"].replace("\xa0", " ") == "93.0 %"
    assert numbers["interval"].replace("\xa0", " ") == "91.0 … 94.0 %"
    assert "agents.mpc.name" in numbers["others"]
    assert "agents.plan.name" in numbers["others"]


@pytest.mark.parametrize(
    ("pair", "key"),
    [
        ((-0.0002, -0.0006, 0.0002), "nothing"), ((0.03, 0.01, 0.05), "adds"), ((-0.03, -0.05, -0.01), "costs"),
        ((0.0, 0.0, 0.0), "nothing"),
    ],
)  # fmt: skip
def test_the_headline_begins_with_what_learning_was_measured_to_add(pair, key):
    section = quality()["held_out"]
    mean, low, high = pair
    section["pairs"].append({"a": "plan", "b": "ppo", "mean": -mean, "low": -high, "high": -low})
    said = figures.captured(section, "held_out", style()).title
    assert said.startswith(f"finding.correction_{key} ")
    assert "finding.captured_beside" in said
    english = Style(text=partial(translate, "en"))
    words = figures.captured(section, "held_out", english).title
    if key == "adds":
        assert words.startswith("Learning adds 3.00 points to the planner (+1.00 to +5.00): PPO")
    # What is known of another agent says nothing of this one; nor has a policy without a planner a correction.
    section["pairs"][-1]["b"] = "sac"
    assert "correction" not in figures.captured(section, "held_out", style()).title
    section["pairs"][-1]["b"], section["agents"]["ppo"]["family"] = "ppo", "shared_port"
    assert "correction" not in figures.captured(section, "held_out", style()).title


def test_without_learned_agents_no_one_is_named():
    section = quality()["held_out"]
    section["agents"] = {name: section["agents"][name] for name in ("afap", "best")}
    figure = figures.captured(section, "held_out", style())
    assert figure.title.startswith("finding.captured_unlearned")
    assert len(rows(figure, "agents")) == 1


def test_agents_are_in_order_and_those_far_below_are_marked_not_lost():
    drawn = rows(figures.captured(quality()["held_out"], "held_out", style()), "agents")
    assert drawn["exact"].is_monotonic_decreasing
    assert set(drawn["exact"].round(6)) == {round(100 * x, 6) for name, x in SHARES.items() if name != "best"}
    outside = drawn[drawn["inside"] == 0]
    assert sorted(outside["exact"]) == [-40.0, 0.0]
    # At the edge of the scale, which begins below every interval of those that plan or learn.
    least = outside["captured"].unique()
    assert len(least) == 1
    assert least[0] <= drawn[drawn["inside"] == 1]["low"].min()


def test_an_agent_without_a_share_is_left_out():
    section = quality()["held_out"]
    section["agents"]["sac"]["captured"] = float("nan")
    section["agents"]["ars"]["captured"] = None
    assert "sac" not in ranked(section["agents"])
    assert len(rows(figures.captured(section, "held_out", style()), "agents")) == len(SHARES) - 3


def test_an_unknown_interval_has_no_length():
    section = quality()["held_out"]
    section["agents"]["ppo"] |= {"captured_low": float("nan"), "captured_high": None}
    drawn = rows(figures.captured(section, "held_out", style()), "agents")
    mine = drawn[drawn["exact"] == 93.0].iloc[0]
    assert mine["low"] == mine["high"] == mine["captured"] == 93.0


def test_the_weakest_group_has_enough_scenarios_to_say_so():
    section = quality()["held_out"]
    # The flat tariff is far weaker, but was met in four scenarios only.
    weak, strong = figures.extremes(section, "ppo", 1)
    assert weak["group"].iloc[0] == "no V2G"
    assert "flat" not in set(weak["group"])
    assert strong["captured"].iloc[0] == 0.93
    assert "no V2G" not in set(strong["group"])
    said = json.loads(figures.group_map(section, style()).title.split(" ", 1)[1])
    assert "group_v2g_no_V2G" in said["group"]
    assert said["interval"].replace("\xa0", " ") == "68.0 … 73.0 %"


def test_the_map_holds_every_group_of_agents_that_plan_or_learn():
    cells = rows(figures.group_map(quality()["held_out"], style()), "cells")
    assert len(cells) == 4 * 5
    assert cells["captured"].max() == pytest.approx(95)
    worst = cells[cells["short"] == "ARS"]["captured"].min()
    assert worst == pytest.approx(38)


def test_the_map_leaves_out_groups_without_anything_to_gain():
    section = quality()["held_out"]
    for found in section["groups"]["v2g"]["no V2G"].values():
        found["captured"] = float("nan")
    assert len(rows(figures.group_map(section, style()), "cells")) == 3 * 5


def test_the_learning_curve_marks_the_model_kept_and_the_plan():
    figure = figures.learning_curve(CURVE, CARD, style())
    assert list(rows(figure, "curve")["captured"]) == [90.0, 95.0, 93.0]
    assert rows(figure, "shipped")[["timesteps", "captured"]].to_numpy().tolist() == [[5000.0, 95.0]]
    assert rows(figure, "plan")["captured"].tolist() == [91.0]
    assert "5,000" in figure.title
