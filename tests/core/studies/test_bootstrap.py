"""The one bootstrap: intervals that hold what they should, as often as they should."""

from __future__ import annotations

import numpy as np
import pytest

from core.studies.bootstrap import interval, ratio


def test_an_interval_of_a_mean_holds_it_19_times_in_20():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        low, high = interval(rng.normal(3, 2, 60), resamples=500)
        held += low <= 3 <= high
    assert 0.88 <= held / 200 <= 0.99


def test_its_width_is_that_of_the_normal_law():
    values = np.random.default_rng(2).normal(0, 1, 400)
    low, high = interval(values)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_a_ratio_is_resampled_pair_by_pair():
    below = np.random.default_rng(3).uniform(1, 9, 50)
    # Each pair has the same ratio: resampled apart, the interval would be wide.
    assert interval(0.7 * below, below, statistic=ratio) == pytest.approx((0.7, 0.7))


@pytest.mark.parametrize(("values", "both"), [([], None), ([4.0], None), ([4.0, 4.0, 4.0], 4.0)])
def test_what_does_not_vary_has_no_width_and_one_value_no_interval(values, both):
    low, high = interval(np.array(values))
    if both is None:
        assert np.isnan([low, high]).all()
    else:
        assert (low, high) == (both, both)


def test_where_nothing_can_be_divided_there_is_no_interval():
    assert np.isnan(interval(np.arange(5.0), np.zeros(5), statistic=ratio)).all()
