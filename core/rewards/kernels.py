"""The compiled part of `core.rewards.stepwise`: one pass over worlds and ports after a step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COLUMNS = (
    "exchanged", "charged", "discharged", "potential", "leaving", "satisfaction", "energy_satisfaction", "steps",
    "steps_soc", "moved", "moved_depth", "plugged", "soc", "since_arrival",
)  # fmt: skip
"""What `follow` adds up over a world's ports, in its order; energy in kWh, power in kW, SoC as shares.

Of cars that leave: their number, satisfaction, energy satisfaction, steps of their stay, those times the mean SoC,
energy exchanged in their stay, that times the depth of its cycles. Of cars that may act next: their number, SoC, and
energy exchanged since arrival.
"""


@compiled
def follow(
    step: int,
    n_steps: int,
    at: Ints,
    nobody: int,
    asked: Floats,
    exchanged: Floats,
    before: Floats,
    end: Floats,
    following: Floats,
    capacity: Floats,
    wanted: Floats,
    most: Floats,
    arrival: Ints,
    departure: Ints,
    potential: Floats,
    full_kw: float,
    ports_per_station: int,
    transformer: Ints,
    soc_history: Floats,
    moved_history: Floats,
    since_arrival: Floats,
    load: Floats,
    totals: Floats,
) -> None:
    """Follow a step: write what it did into histories [steps, worlds, ports], `since_arrival` [worlds, ports], `load`
    [worlds, transformers] and `totals` [columns, worlds]."""
    worlds, ports = at.shape[1], at.shape[2]
    for world in range(worlds):
        station_kw = 0.0
        for port in range(ports):
            if port % ports_per_station == 0:
                station_kw = 0.0
            car = at[step, world, port]
            if car != nobody:
                moved = exchanged[world, port]
                size = abs(moved)
                totals[0, world] += moved
                load[world, transformer[port]] += moved * 4.0
                if asked[world, port] > 0.0:
                    totals[1, world] += size
                elif asked[world, port] < 0.0:
                    totals[2, world] += size
                soc_history[step, world, port] = before[world, port] / capacity[car]
                moved_history[step, world, port] = moved
                since_arrival[world, port] += size
                if departure[car] == step:
                    energy = end[world, port]
                    last = energy / capacity[car]
                    totals[4, world] += 1.0
                    totals[5, world] += energy / wanted[car] if energy < wanted[car] - 0.001 else 1.0
                    totals[6, world] += energy / most[car]
                    soc_sum, active_sum, active, through = 0.0, 0.0, 0.0, 0.0
                    for k in range(arrival[car], step + 1):
                        soc = soc_history[k, world, port]
                        flow = moved_history[k, world, port]
                        soc_sum += soc
                        through += abs(flow)
                        if flow != 0.0:
                            active_sum += soc
                            active += 1.0
                    stay = step + 1.0 - arrival[car]
                    middle = (active_sum + last) / (active + 1.0)
                    spread = abs(last - middle)
                    for k in range(arrival[car], step + 1):
                        if moved_history[k, world, port] != 0.0:
                            spread += abs(soc_history[k, world, port] - middle)
                    totals[7, world] += stay
                    totals[8, world] += stay * (soc_sum + last) / (stay + 1.0)
                    totals[9, world] += through
                    totals[10, world] += through * 2.0 * spread / (active + 1.0)
                elif before[world, port] < capacity[car]:
                    station_kw += potential[car]
            after = at[step + 1, world, port] if step + 1 < n_steps else nobody
            if after != car:
                since_arrival[world, port] = 0.0
            if after != nobody:
                totals[11, world] += 1.0
                totals[12, world] += following[world, port] / capacity[after]
                totals[13, world] += since_arrival[world, port]
            if port % ports_per_station == ports_per_station - 1:
                totals[3, world] += min(station_kw, full_kw)
