"""Compiled part of `core.world.battery`; imported on first use, since numba takes a second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled
def action_for_power(
    power_kw: Floats, full_kw: Floats, full_action: Floats, efficiency: Floats, model: Ints, current_a: float,
    kw_per_ampere: float, scale: float, out: Floats,
) -> None:  # fmt: skip
    """`core.world.battery.action_for_power` of flat arrays, into `out`; `scale` is 10 to the decimals of an action."""
    cap = int(np.rint(current_a))
    for i in range(power_kw.size):
        if power_kw[i] >= full_kw[i] * (1 - 1e-9):
            out[i] = full_action[i]
            continue
        row = efficiency[model[i]]
        current = power_kw[i] / (kw_per_ampere * row[cap])
        for _ in range(3):
            current = power_kw[i] / (kw_per_ampere * row[min(int(np.rint(current)), cap)])
        again = power_kw[i] / (kw_per_ampere * row[min(int(np.rint(current)), cap)])
        if abs(again - current) > 1e-9:
            current = max(np.floor(max(current, again) + 0.5) - 0.501, 0.0)
        # Rounded down, since EV2Gym would round to the nearest: no limit is passed, and a battery steered to a multiple
        # of 0.01 kWh ends there, not one further.
        out[i] = max(np.floor(min(current / current_a, full_action[i]) * scale + 1e-6) / scale, 0.0)
