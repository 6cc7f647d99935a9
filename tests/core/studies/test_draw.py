"""Random scenarios: valid, over all ranges, and apart in date and seed."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from core.scenario import Scenario
from core.studies.draw import SEEDS, WEIGHT_PRESETS, draw_scenarios, split_of


@pytest.fixture(scope="module")
def drawn():
    return {split: draw_scenarios(400, split, 3) for split in SEEDS}


def test_splits_share_neither_dates_nor_seeds(drawn):
    for split, scenarios in drawn.items():
        low, high = SEEDS[split]
        assert all(split_of(s.date) == split and low <= s.seed < high for s in scenarios)
    assert SEEDS["train"][1] <= SEEDS["validation"][0] < SEEDS["validation"][1] <= SEEDS["test"][0]


def test_draws_repeat_and_do_not_depend_on_their_number(drawn):
    assert draw_scenarios(5, "test", 3) == drawn["test"][:5]
    assert draw_scenarios(5, "test", 4) != drawn["test"][:5]


def test_held_out_scenarios_are_those_of_the_committed_results():
    """README and the Agents page show what was measured on them. Whoever changes them measures everything anew."""

    def digest(scenarios):
        # Of fields that differ from their default, so that a field that comes later changes nothing.
        return hashlib.sha256("\n".join(str(s.to_query()) for s in scenarios).encode()).hexdigest()[:16]

    assert digest(draw_scenarios(20, "test", 1)) == "87e32dea35581f95"
    assert digest(draw_scenarios(200, "test", 1)) == "86fe3401fac76aec"
    assert digest(draw_scenarios(120, "validation", 1)) == "842053a036d62ce2"


def test_every_choice_occurs_and_numbers_fill_their_ranges(drawn):
    everything = [s for scenarios in drawn.values() for s in scenarios]
    rows = {row["name"]: row for row in Scenario.fields()}
    for name, row in rows.items():
        values = {getattr(s, name) for s in everything}
        if name in ("price_forecast", "forecast_error_percent"):  # likewise: what agents know ahead was not drawn
            assert values == {row["default"]}
        elif name == "tariff_version":  # each day's own: agents' cards say that they saw no other
            assert values == {"by_date"}
        elif row["choices"] and name != "currency":
            assert values == set(row["choices"]), name
        elif row["type"] == "boolean":
            assert values == {True, False}, name
        elif row["minimum"] is not None and row["type"] != "date":
            low, high = float(row["minimum"]), float(row["maximum"])
            share = (np.array([float(v) for v in values]) - low) / (high - low)
            assert share.min() < 0.15, name
            assert share.max() > (0.2 if name == "min_energy_kwh" else 0.8), name


def test_weight_presets_are_a_good_part(drawn):
    presets = [(s.w_user, s.w_provider, s.w_grid) in WEIGHT_PRESETS.values() for s in drawn["test"]]
    assert 0.4 < np.mean(presets) < 0.6
