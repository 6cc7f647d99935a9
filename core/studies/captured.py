"""The share of what could be gained that an agent gains: one definition for every page, command and report.

    captured = sum(J_agent - J_reference) / sum(bound - J_reference)

over the Worlds at hand. The reference is plug-and-charge (`afap`); `bound` is what nobody can beat on that World
(`core.agents.optimum`), so that the share is at most 1. It is measured against the bound, not against `best` as
executed: that loses a little to EV2Gym's efficiency jumps and rounding, and would make others look better.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.agents.registry import REFERENCE

Floats = NDArray[np.float64]

LEAST_EUR: Final = 0.01
"""Where less than this can be gained in all, there is no share to speak of: it would be a ratio of noise."""

YARDSTICK: Final = "best"
"""The agent whose rows carry `bound_eur`."""


def captured(objective_eur: Any, reference_eur: Any, bound_eur: Any) -> float | None:
    """Share of the possible gain over the reference; None where less than `LEAST_EUR` can be gained.

    Parameters
    ----------
    objective_eur, reference_eur, bound_eur : float or array of float
        J of the agent and the reference, and the bound; of one World or of several, which are added up.

    Returns
    -------
    float or None
    """
    possible = float(np.sum(bound_eur) - np.sum(reference_eur))
    if not possible >= LEAST_EUR:
        return None
    return float((np.sum(objective_eur) - np.sum(reference_eur)) / possible)


def gains(table: pd.DataFrame) -> tuple[pd.DataFrame, Floats]:
    """What agents gained over the reference and what could be gained, World by World.

    Parameters
    ----------
    table : DataFrame
        A row a World and agent with `agent`, `objective_eur` and `bound_eur`, agents meeting the same Worlds in the
        same order; the reference and `best` must be among them.

    Returns
    -------
    DataFrame, array of float
        [worlds, agents] and [worlds], EUR.
    """
    number = table.groupby("agent", sort=False).cumcount()
    wide = table.assign(world=number).pivot(index="world", columns="agent", values="objective_eur")
    wide = wide[list(dict.fromkeys(table["agent"]))]
    bound = table.loc[table["agent"] == YARDSTICK, "bound_eur"].to_numpy(dtype=np.float64)
    return wide.sub(wide[REFERENCE], axis=0), bound - wide[REFERENCE].to_numpy()
