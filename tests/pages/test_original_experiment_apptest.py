"""The original's experiment on the Agents page, without a browser."""

from __future__ import annotations

import pytest

from core.agents.looks import OBJECTIVE, SITE_REWARDS
from core.figures import agents as figures
from core.studies import original_experiment
from core.studies.original_experiment import FIGURES
from pages.ui.i18n import style as style_of
from pages.ui.i18n import translate
from tests.pages.shown import words

PAGE = "agents"
SMALL = {"stations": "3", "lang": "en"}


def made_up():
    """Two algorithms under every reward; PPO under the objective is the best for all, by 10 EUR a day."""

    def cell(algo, reward):
        good = algo == "ppo" and reward == OBJECTIVE
        less = 10.0 if good else -5.0 - len(reward)
        return {
            "seeds": 3 if algo == "ppo" else 1,
            "steps": 1000,
            "figures": {
                name: [less + 7.0, 2.0, 0.5 if algo == "ppo" else None, less, 0.5 if algo == "ppo" else None]
                for name in FIGURES
            },
        }

    cells = {reward: {algo: cell(algo, reward) for algo in ("ppo", "sac")} for reward in SITE_REWARDS}
    site = {"references": {name: {figure: [7.0, 1.0] for figure in FIGURES} for name in ("afap", "best")}}
    return {
        "schema_version": 1, "days": 50, "seed": 1, "figures": list(FIGURES),
        "sites": {"original": {**site, "cells": cells}, "stock": {**site, "cells": {}}},
    }  # fmt: skip


@pytest.fixture
def experiment(monkeypatch):
    content = made_up()
    monkeypatch.setattr(original_experiment, "load", lambda: content)
    return content


@pytest.mark.parametrize("language", ["en", "ko"])
def test_site_and_indicator_are_chosen_and_told(open_page, fine, experiment, language):
    app = open_page(lang=language)
    assert translate(language, "experiment.title") in words(app)
    assert app.selectbox(key="experiment.site").options == [translate(language, "experiment.site_of.original")]
    assert "PPO" in words(app)
    fine(app.selectbox(key="experiment.figure").set_value("tracking_error").run())
    assert translate(language, "original.tracking_error") in words(app)
    reward = translate(language, "rewards.reward")
    (table,) = (x.value for x in app.table if reward in x.value.columns)
    assert len(table) == len(SITE_REWARDS)
    assert table.iloc[-1, 1].startswith("\N{MINUS SIGN}")  # (10 − 14) / 2


def test_nothing_is_said_where_nothing_was_measured(open_page, monkeypatch):
    monkeypatch.setattr(original_experiment, "load", dict)
    assert translate("en", "experiment.title") not in words(open_page())


def test_every_indicator_has_a_map_with_every_cell(experiment):
    from core.scenario import Scenario

    style = style_of(Scenario())
    for name in FIGURES:
        figure = figures.by_reward(experiment, "original", name, style)
        cells = figure.data["cells"].to_pydict()
        assert len(cells["value"]) == 2 * len(SITE_REWARDS)
        assert min(cells["shade"]) >= 0
        assert max(cells["shade"]) <= 1
        assert figure.title
    best = figures.by_reward(experiment, "original", "objective_eur", style)
    assert "PPO" in best.title
    assert "(3)" in best.data["cells"].to_pydict()["over_seeds"][0]


def test_what_rewards_brought_is_the_mean_over_algorithms(experiment):
    rows = figures.brought(experiment, "original").set_index("reward")
    assert rows.loc[OBJECTIVE, "objective_eur"] == pytest.approx((10 - 14) / 2)
    assert rows.loc[OBJECTIVE, ["user_profit_eur_low", "user_profit_eur_high"]].tolist() == [-14.0, 10.0]
    assert rows.loc["provider", "objective_eur"] == pytest.approx(-13.0)
