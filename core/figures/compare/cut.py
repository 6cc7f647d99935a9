"""Where an axis ends so that a few far values do not flatten all others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TIMES = 5.0
"""A row that reaches so many times as far as the next one leaves that one too little of the axis."""

ROOM = 1.25
"""How far the axis goes on beyond the farthest row that is shown whole."""


def cut_at(reach: Floats, least: float) -> float | None:
    """Where to cut an axis, as a distance from 0; None where nothing has to be cut.

    Parameters
    ----------
    reach : array, [n]
        How far each row reaches from 0.
    least : float
        Rows that reach less than this show nothing, and nothing is cut for their sake.

    Returns
    -------
    float or None
        Beyond every row but the farthest ones, of which there are at most half; these are `TIMES` as far as others.
    """
    far = np.sort(reach)[::-1]
    for cut in range(1, len(far) // 2 + 1):
        if far[cut] >= least and far[cut - 1] >= TIMES * far[cut]:
            return float(far[cut] * ROOM)
    return None
