"""What a stay is worth to a car that is alone in the world: the potential that shapes shared-port rewards.

Dynamic programming over steps and energies, exact up to the grid of energies: charge at full power, give at full
power, or wait, at known prices, without limits and without other cars. Only training looks at it; no agent does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVELS = 24
"""Energies between the least and the full battery."""
STEP_HOURS = 0.25


@compiled
def values_alone(
    first: Ints, last: Ints, world: Ints, charge_cost: Floats, discharge_gain: Floats, unmet: Floats, floor: Floats,
    full: Floats, wanted: Floats, charge_kw: Floats, discharge_kw: Floats, taper: Floats, begin: Ints, out: Floats,
) -> None:  # fmt: skip
    """EUR of the objective from each step of each session on.

    Parameters
    ----------
    first, last, world : array of int
        [sessions]
    charge_cost, discharge_gain : array of float
        [worlds, steps] EUR/kWh.
    unmet : array of float
        [worlds] EUR/kWh.
    floor, full, wanted, charge_kw, discharge_kw, taper : array of float
        [sessions]: kWh, kW, share of the missing energy that a step stores at most.
    begin : array of int
        [sessions + 1]: row of `out` of each session's first step; its last row is its departure.
    out : array of float
        [rows, LEVELS]: written.
    """
    for s in range(len(first)):
        w, low, width = world[s], floor[s], max(full[s] - floor[s], 1e-6)
        rows = last[s] - first[s] + 1
        up, down = charge_kw[s] * STEP_HOURS, discharge_kw[s] * STEP_HOURS
        grain = width / (LEVELS - 1)
        for e in range(LEVELS):
            out[begin[s] + rows, e] = -unmet[w] * max(wanted[s] - (low + e * grain), 0.0)
        for k in range(rows - 1, -1, -1):
            t = first[s] + k
            cost, gain = charge_cost[w, t], discharge_gain[w, t]
            after = begin[s] + k + 1
            for e in range(LEVELS):
                energy = e * grain
                best = out[after, e]
                x = min(up, taper[s] * (width - energy))
                if x > 1e-9:
                    best = max(best, at(out, after, (energy + x) / grain) - cost * x)
                y = min(down, energy)
                if y > 1e-9:
                    best = max(best, at(out, after, (energy - y) / grain) + gain * y)
                out[begin[s] + k, e] = best


@compiled
def at(table: Floats, row: int, place: float) -> float:
    """A row of a table between two columns, linearly."""
    place = min(max(place, 0.0), LEVELS - 1.0)
    left = min(int(place), LEVELS - 2)
    part = place - left
    return float(table[row, left] * (1.0 - part) + table[row, left + 1] * part)


@compiled
def look_up(
    session: Ints, step: int, first: Ints, last: Ints, floor: Floats, full: Floats, begin: Ints, table: Floats,
    energy: Floats, out: Floats,
) -> None:  # fmt: skip
    """Values of sessions [n] with `energy` kWh before `step`; 0 after their last step."""
    for i in range(len(session)):
        s = session[i]
        if step > last[s]:
            out[i] = 0.0
            continue
        grain = max(full[s] - floor[s], 1e-6) / (LEVELS - 1)
        out[i] = at(table, begin[s] + step - first[s], (energy[i] - floor[s]) / grain)
