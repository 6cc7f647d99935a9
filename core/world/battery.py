"""What a car can store and give in one step: EV2Gym's charger and battery model in closed form.

EV2Gym 2.0.0 (`ev2gym/models/ev.py`), in words: the commanded current, rounded to whole amperes, looks up an efficiency;
power at the battery is efficiency x min(current x voltage x root of phases, the car's own limit). Above the transition
SoC charging tapers: one step stores at most the share `taper` of the energy that is missing, whatever the current
(see docs/engines.md for the derivation). Everything is counted at the battery.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.scenario import STEP_HOURS, Scenario
from core.world import TRANSITION_MULTIPLIER, World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ACTION_DECIMALS = 5
"""EV2Gym rounds actions to this many decimals."""

ROUNDING_KWH = 0.01
"""EV2Gym rounds the battery's energy up to a multiple of this after every step with current."""

GRID_HAIR = 1e-6
"""Energies this share of `ROUNDING_KWH` above a multiple of it count as that multiple: they are off by arithmetic."""


def on_grid(energy_kwh: Any) -> Any:
    """Energy rounded up to a multiple of `ROUNDING_KWH`, as the first step with current leaves an arriving battery.

    What a step adds is counted from there. So every change is a multiple of 0.01 kWh, and what EV2Gym's rounding adds
    is counted and billed like all other energy; only what lifts an arriving battery to the first multiple is nobody's.
    """
    return np.ceil(energy_kwh * 100 - GRID_HAIR) / 100


def on_grid_below(energy_kwh: Any) -> Any:
    """Energy rounded down to a multiple of `ROUNDING_KWH`."""
    return np.floor(energy_kwh * 100 + GRID_HAIR) / 100


@dataclass(frozen=True, slots=True)
class CarLimits:
    """Limits of each session's car at its charger; arrays [sessions]."""

    charge_kw: Floats
    """Most power that can be stored, before the taper."""
    discharge_kw: Floats
    """Most power that can be drawn from the battery (>= 0); 0 without V2G."""
    full_charge_action: Floats
    """Smallest action that charges at `charge_kw`."""
    full_discharge_action: Floats
    """Smallest size of an action that discharges at `discharge_kw`."""
    taper: Floats
    """Largest share of the missing energy that one step can store; 1 where nothing tapers."""
    best_efficiency: Floats
    """Highest efficiency at any current that the charger can give."""


def kw_per_ampere(scenario: Scenario) -> float:
    """Power of one ampere at the charger, in kW: voltage x root of phases."""
    return scenario.charger_voltage_v * float(np.sqrt(scenario.charger_phases)) / 1000


def car_limits(world: World) -> CarLimits:
    """Limits of every session of `world`."""
    scenario, s = world.scenario, world.sessions
    full, per_ampere = scenario.charger_current_a, kw_per_ampere(scenario)
    efficiency = world.efficiency[s.model]  # [sessions, 101]
    charge_kw, charge_action = _full_power(efficiency, s.charge_limit_kw, full, per_ampere)
    if scenario.v2g:
        discharge_kw, discharge_action = _full_power(efficiency, s.discharge_limit_kw, full, per_ampere)
    else:
        discharge_kw, discharge_action = np.zeros(len(s)), np.zeros(len(s))
    best = efficiency[:, : round(full) + 1].max(axis=1, initial=0.0)
    stored_at_car_limit = best * s.charge_limit_kw * STEP_HOURS / s.capacity_kwh
    with np.errstate(divide="ignore"):
        taper = np.where(
            s.transition_soc == 1,
            1.0,
            1.0 - np.exp(-TRANSITION_MULTIPLIER * stored_at_car_limit / (1 - s.transition_soc)),
        )
    return CarLimits(charge_kw, discharge_kw, charge_action, discharge_action, taper, best)


def out_of_reach_kwh(world: World) -> Floats:
    """[sessions] kWh that a car wants and cannot get in its stay at full power, whatever else happens at the site."""
    s, limits = world.sessions, car_limits(world)
    energy = on_grid(s.arrival_energy_kwh)
    for step in range(int((s.departure_step - s.arrival_step).max(initial=-1)) + 1):
        there = (s.arrival_step + step <= s.departure_step) & (energy < s.wanted_energy_kwh)
        gain = np.minimum(limits.charge_kw * STEP_HOURS, limits.taper * (s.capacity_kwh - energy))
        energy = np.where(there, np.minimum(on_grid(energy + gain), s.capacity_kwh), energy)
    return np.asarray(np.maximum(s.wanted_energy_kwh - energy, 0.0))


def _full_power(efficiency: Floats, car_kw: Floats, full_a: float, per_ampere: float) -> tuple[Floats, Floats]:
    """Most power at the battery, [sessions] kW, and the smallest action that gives it.

    The current that whole ampere n looks up lies in [n - 0.5, n + 0.5], ends included for even n only (ties round to
    even): for odd n they are a hair's breadth inside.
    """
    if not len(car_kw):
        return np.zeros(0), np.zeros(0)
    level = np.arange(efficiency.shape[1])
    half = np.where(level % 2 == 0, 0.5, 0.5 - 1e-9)
    low = np.clip(level - half, 0, full_a)
    high = np.clip(level + half, 0, full_a)
    reachable = np.round(high) == level
    wanted = np.clip((car_kw / per_ampere)[:, None], low, high)  # least current at this level with the car's full power
    power = np.where(reachable, efficiency * np.minimum(wanted * per_ampere, car_kw[:, None]), -1.0)
    most = power.max(axis=1)
    at = (power >= most[:, None] * (1 - 1e-12)).argmax(axis=1)
    current = wanted[np.arange(len(at)), at]
    scale = 10**ACTION_DECIMALS
    steps = current / full_a * scale
    steps = np.where(current >= high[at], np.floor(steps + 1e-7), np.ceil(steps - 1e-9))
    return most, np.minimum(1.0, steps / scale)


@cache
def _kernels() -> ModuleType:
    from core.world import kernels

    return kernels


def action_for_power(
    power_kw: Floats,
    *,
    full_kw: Floats,
    full_action: Floats,
    efficiency: Floats,
    model: Ints,
    charger_current_a: float,
    kw_per_ampere: float,
) -> Floats:
    """Least action in [0, 1] whose power at the battery is `power_kw` (>= 0), or just below where none gives it.

    Parameters
    ----------
    power_kw : array of float
        Power wanted at the battery [kW], any shape; the other arrays have the same.
    full_kw, full_action : array of float
        `CarLimits.charge_kw` and `full_charge_action` (or those for discharging).
    efficiency : array of float
        [models, 101] by rounded current.
    model : array of int
        Row of `efficiency`.
    charger_current_a : float
        Full current of the station [A].
    kw_per_ampere : float
        See `kw_per_ampere`.

    Notes
    -----
    Efficiency depends on the current that it determines: a few substitutions find it, and where the table jumps past
    the power wanted, the largest current below the jump is taken.
    """
    flat = (np.ascontiguousarray(array).reshape(-1) for array in (power_kw, full_kw, full_action))
    out = np.empty(np.shape(power_kw))
    _kernels().action_for_power(
        *flat, efficiency, model.reshape(-1), float(charger_current_a), kw_per_ampere, 10.0**ACTION_DECIMALS,
        out.reshape(-1),
    )  # fmt: skip
    return out


def steps_to_reach(
    energy_kwh: Floats, wanted_kwh: Floats, *, charge_kw: Floats, taper: Floats, capacity_kwh: Floats, most_steps: int
) -> Ints:
    """Steps at full power until the wanted energy is there, the taper and EV2Gym's rounding included.

    Parameters
    ----------
    energy_kwh, wanted_kwh, capacity_kwh : array of float
        Energy now, energy wanted and capacity [kWh], any shape; all arrays have the same.
    charge_kw, taper : array of float
        `CarLimits.charge_kw` [kW] and `CarLimits.taper`; 0 where no car is.
    most_steps : int
        Counting stops here.

    Notes
    -----
    Follows the taper step by step, since the last few per cent take longest.
    """
    energy, target = energy_kwh.copy(), wanted_kwh - 1e-6
    needed = np.zeros(energy.shape, dtype=np.int64)
    per_step = charge_kw * STEP_HOURS
    for _ in range(most_steps):
        short = (energy < target) & (charge_kw > 0)
        if not short.any():
            break
        needed += short
        gain = np.minimum(per_step, taper * (capacity_kwh - energy))
        energy = np.where(short, np.ceil((energy + gain) * 100) / 100, energy)
    return needed
