"""The field's own settings: what stands in the file, and the days that are drawn."""

from __future__ import annotations

import datetime as dt

import pytest

from core.scenario import Scenario
from core.studies.draw import SEEDS, split_of
from core.studies.published import DAYS, FIRST_DAY, OBJECTIVE, settings, unit

SETTINGS = settings()


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_whole(name):
    setting = SETTINGS[name]
    assert setting.figures
    assert setting.runs > 0
    for figure in setting.figures:
        assert unit(setting, figure)[1] > 0
    for row in setting.published.values():
        assert set(row) <= set(setting.figures)
        assert all(spread >= 0 for _, spread in row.values())
        assert 0 <= row["average_user_satisfaction"][0] <= 1
    # A printed number is nowhere without its paper, and no paper is named without numbers.
    assert bool(setting.published) == bool(setting.source) == bool(setting.table) == bool(setting.published_runs)
    assert all(getattr(setting.base, field) == value for field, value in OBJECTIVE.items())


def test_printed_numbers_are_the_papers():
    """Spot checks by hand: Table VI and VII of arXiv:2404.01849v1, in EV2Gym's units."""
    assert SETTINGS["PublicPST_2024"].published["RR"]["energy_tracking_error"] == (57, 16)
    assert SETTINGS["PublicPST_2024"].published["TRPO"]["tracking_error"] == (25200, 11600)
    table = SETTINGS["V2GProfitPlusLoads_2024"].published
    assert table["MPC"]["total_profits"] == (17.8, 9.3)
    assert table["Optimal"]["battery_degradation"] == (0.00145, 0.00035)
    assert list(table)[3:9] == ["ARS", "DDPG", "PPO", "TD3", "TQC", "TRPO"]
    assert SETTINGS["PST_V2G_ProfixMax_25"].published["GNN-DT"]["reward"] == (-2700, 2300)


@pytest.mark.parametrize("name", ["V2GProfitMax", "PublicPST"])
def test_files_of_ev2gym_are_read_as_they_are(name):
    read = Scenario.from_ev2gym(f"{name}.yaml").scenario
    base = SETTINGS[name].base
    for field in ("stations", "transformer_limit_kw", "place", "intensity", "setpoint", "v2g", "length_h"):
        assert getattr(base, field) == getattr(read, field)


@pytest.mark.parametrize("name", SETTINGS)
def test_days_are_working_days_of_test_weeks(name):
    setting = SETTINGS[name]
    drawn = setting.scenarios(12)
    for scenario in drawn:
        assert scenario.date.weekday() < 5
        assert FIRST_DAY <= scenario.date <= FIRST_DAY + dt.timedelta(days=DAYS + 1)
        assert split_of(scenario.date) == "test"
        assert SEEDS["test"][0] <= scenario.seed < SEEDS["test"][1]
        assert scenario.length_h == setting.length_h
    assert setting.scenarios(3) == drawn[:3]
    assert len({scenario.seed for scenario in drawn}) == 12


def test_one_run_is_longer_than_the_app_offers():
    [scenario] = SETTINGS["PST_V2G_ProfixMax_25"].scenarios(1)
    assert scenario.n_steps == 300


def test_money_as_a_reward_is_in_euros():
    assert unit(SETTINGS["V2GProfitMax"], "reward")[0] == "EUR"
    assert unit(SETTINGS["V2GProfitPlusLoads"], "reward")[0] == "10³"
