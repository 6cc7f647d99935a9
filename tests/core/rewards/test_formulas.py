"""Each reward against a step worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.rewards import REWARDS
from core.rewards.facts import Facts, is_peak, price_factor

# Two transformers: the first draws 12 kW of at most 10, the second feeds 7 kW back of at most 5. Two cars charge with
# 4 and 2 A, one discharges with 3 A. The site draws 6 kW, should draw 5, and could draw 4. Drivers pay 2 EUR.
STEP = Facts(
    power_kw=np.array(6.0),
    setpoint_kw=np.array(5.0),
    potential_kw=np.array(4.0),
    station_power_kw=np.array(3.0),
    transformer_kw=np.array([12.0, -7.0]),
    limit_kw=np.array([10.0, 10.0]),
    lower_limit_kw=np.array([-5.0, -5.0]),
    drivers_eur=np.array(-2.0),
    satisfaction_frac=np.array(0.9),
    energy_satisfaction_frac=np.array(0.6),
    calendar_loss_frac=np.array(0.01),
    cyclic_loss_frac=np.array(0.02),
    charged_kwh=np.array(3.0),
    discharged_kwh=np.array(6.0),
    buy_eur_per_kwh=np.array(0.2),
    sell_eur_per_kwh=np.array(0.3),
    price_factor=np.array(1.5),
    soc_frac=np.array(0.5),
    exchanged_kwh=np.array(8.0),
    current_a=np.array([4.0, 2.0, -3.0]),
    peak=np.array(False),
)
AT_PEAK = replace(STEP, peak=np.array(True))
UNSATISFIED = replace(STEP, satisfaction_frac=np.array(0.5))
IDLE = replace(
    STEP,
    power_kw=np.array(0.0),
    setpoint_kw=np.array(0.0),
    station_power_kw=np.array(0.0),
    transformer_kw=np.array([0.0, 0.0]),
    drivers_eur=np.array(0.0),
    satisfaction_frac=np.array(0.0),
    energy_satisfaction_frac=np.array(0.0),
    calendar_loss_frac=np.array(0.0),
    cyclic_loss_frac=np.array(0.0),
    charged_kwh=np.array(0.0),
    discharged_kwh=np.array(0.0),
    soc_frac=np.array(0.0),
    exchanged_kwh=np.array(0.0),
    current_a=np.array([]),
)
"""Nobody is there; a price, and the V2G price factor, there always are."""

# Integrated 1, before halving. Overload 2 + 2 kW, of which 2 fed back; r = 3 / 6.
GRID_1 = -(100 * 2 + 50 * 4 + 100 * 2) - 10 * 1 - 5 * 1  # −615
MONEY_1 = 100 * 2 + 10 * 3 - 50 * 0.3  # 215, without satisfaction
EV = 0.1 * 0.5 - 0.0005 * 8 - 0.02 * (0.2 - 0.3) + 0.01 * 3  # 0.078, without currents
# Integrated 2.
GRID_2 = -(1000 * 2 + 500 * 4 + 1000 * 2) - 100 * 1 - 50 * 1  # −6,150
MONEY_2 = 1000 * 2 + 10 * 3 - 500 * 0.3  # 1,880
# Integrated 3: V = E = 1 kW.
GRID_3 = -(1000 * 2 + 500 * 4 + 1000 * 2) - 100 - 50
MONEY_3 = 1000 * 2 + 10 * 3 - 500 * 0.3**2  # 1,985

BY_HAND = [
    ("grid_operator", STEP, 2 - 0.5 * 4 - 0.5 * (4 - 6) ** 2),  # −2
    ("ev_user", STEP, -2 + 90 + 60 - 0.5 - 1),  # 146.5
    ("provider", STEP, 2 - 0.3 * 0.03 - 80 * 0.1 - 75),  # −81.009
    ("combined1", STEP, 0.5 * (GRID_1 + MONEY_1 + 90 + EV + 0.6)),
    ("combined1", AT_PEAK, 0.5 * (GRID_1 + MONEY_1 + 90 + EV + 0.3)),
    ("combined1", UNSATISFIED, 0.5 * (GRID_1 + MONEY_1 - 30 * 0.2 + EV + 0.6)),
    ("combined2", STEP, GRID_2 + MONEY_2 + 900 + EV + 0.6),
    ("combined2", UNSATISFIED, GRID_2 + MONEY_2 - 300 * 0.2 + EV + 0.6),
    ("combined3", STEP, GRID_3 + MONEY_3 + 1000 * 0.1**2 - 0.3**2 + 4**2 + 2**2),
    ("combined3", AT_PEAK, GRID_3 + MONEY_3 + 1000 * 0.1**2 - 0.3**2 + 3**2),
    ("combined3", UNSATISFIED, GRID_3 + MONEY_3 - 500 * 0.3**2 - 0.3**2 + 4**2 + 2**2),
    ("grid_operator", IDLE, 0.0),
    ("ev_user", IDLE, 0.0),
    ("provider", IDLE, -80 - 75),
    ("combined1", IDLE, 0.5 * (-50 * 0.8 - 30 * 0.7 + 0.002)),
    ("combined2", IDLE, -500 * 0.8 - 300 * 0.7 + 0.002),
    ("combined3", IDLE, -500 * 0.8**2 - 500 * 0.8**2 - 0.8**2),
]


@pytest.mark.parametrize(("name", "facts", "expected"), BY_HAND)
def test_a_step_by_hand(name, facts, expected):
    assert REWARDS[name].formula(facts) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", REWARDS)
def test_many_steps_are_one_step_many_times(name):
    steps = [STEP, AT_PEAK, UNSATISFIED]
    fields = Facts.__dataclass_fields__
    day = Facts(**{field: np.stack([getattr(step, field) for step in steps]) for field in fields})
    formula = REWARDS[name].formula
    np.testing.assert_allclose(formula(day), [formula(step) for step in steps], rtol=1e-12)


@pytest.mark.parametrize("name", REWARDS)
def test_less_set_point_than_power_costs_the_grid_only_where_power_is_above_it(name):
    """The power-tracker violation of integrated 3 counts above the set-point, its tracking error on both sides."""
    formula = REWARDS[name].formula
    above, below = (formula(replace(STEP, setpoint_kw=np.array(6 + d))) for d in (-1.0, 1.0))
    if name in ("combined1", "combined2"):
        assert above == pytest.approx(below)
    if name == "combined3":
        assert below - above == pytest.approx(100)


@pytest.mark.parametrize("name", ["combined1", "combined2", "combined3"])
def test_a_hair_beyond_the_limit_is_no_overload_as_in_ev2gym(name):
    formula = REWARDS[name].formula
    at, hair, over = (formula(replace(STEP, transformer_kw=np.array([10.0 + d, 0.0]))) for d in (0.0, 0.00009, 0.00011))
    assert at - hair < 0.05
    assert hair - over > 40


def test_peak_hours_are_by_the_clock():
    assert np.flatnonzero(is_peak(np.arange(24))).tolist() == [8, 9, 10, 17, 18, 19, 20]


def test_the_price_factor_is_that_of_the_price_farthest_from_0():
    buy = np.array([0.0, 0.1, -0.3])
    assert price_factor(buy, 1.2 * buy) == pytest.approx(1.2)
    assert price_factor(np.zeros(3), np.zeros(3)) == 0
