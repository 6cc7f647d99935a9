"""Confidence intervals by resampling: one bootstrap for every figure that has an interval."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RESAMPLES = 2000
"""Resamples behind an interval."""

CONFIDENCE = 0.95


def mean(values: Floats, axis: int = -1) -> Floats:
    """Mean along an axis."""
    out: Floats = np.mean(values, axis=axis)
    return out


def ratio(above: Floats, below: Floats, axis: int = -1) -> Floats:
    """Sum of `above` over that of `below`; NaN where there is nothing to divide by."""
    top, bottom = np.sum(above, axis=axis), np.sum(below, axis=axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 1e-9, top / bottom, np.nan)


def interval(
    *samples: Floats, statistic: Callable[..., Floats] = mean, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Percentile interval at 95 % confidence.

    Parameters
    ----------
    *samples : array of float
        Of equal length; several are resampled together, pair by pair.
    statistic : callable
        ``statistic(*samples, axis)``; resamples for which it is not finite are left out.
    seed : int
        Of the resampling.
    resamples : int

    Returns
    -------
    (float, float)
        Ends of the interval; NaN for fewer than two values, or where no resample has a value.

    Notes
    -----
    `scipy.stats.bootstrap`, with the percentile method.
    """
    if len(samples[0]) < 2:
        return float("nan"), float("nan")
    if all(np.ptp(sample) < 1e-12 for sample in samples):
        only = float(statistic(*(sample[:1] for sample in samples), axis=-1))
        return only, only
    from scipy.stats import bootstrap

    found: list[Floats] = []

    def kept(*resamples: Floats, axis: int) -> Floats:
        # scipy warns of what is not finite, which is left out below.
        found.append(statistic(*resamples, axis=axis))
        return np.nan_to_num(found[-1], posinf=0.0, neginf=0.0)

    bootstrap(
        samples, kept, n_resamples=resamples, confidence_level=CONFIDENCE, method="percentile", vectorized=True,
        paired=len(samples) > 1, rng=np.random.default_rng(seed),
    )  # fmt: skip
    values = np.concatenate(found)
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
    return float(low), float(high)
