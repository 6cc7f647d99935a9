"""What is to be planned: cars, steps, and what each kWh is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TIE = 1e-5
"""Weight of what breaks ties: too little to move what the objective decides, enough for the solver to see."""


@dataclass(frozen=True, slots=True)
class Ties:
    """What decides among schedules of equal value: EUR per kWh charged and discharged [steps], and lost per kWh short.

    Where drivers do not count, their profit does; where it costs nothing to charge and discharge in turns, the schedule
    that does it less. Without it the solver's choice would be any, empty cars or a hundred reversals among them.
    """

    charge_value: Floats
    discharge_value: Floats
    unmet_value: float

    @classmethod
    def of(cls, objective: Objective[float]) -> Ties | None:
        """Those of an objective; None where it has no such ties."""
        o = objective
        turns = TIE if (o.charge_value + o.discharge_value).max() > -10 * TIE else 0.0
        drivers = TIE if o.w_user == 0 else 0.0
        if not (turns or drivers):
            return None
        return cls(-drivers * o.buy, drivers * (o.sell - o.wear_price) - turns, drivers * o.unmet_price)


@dataclass(frozen=True, slots=True)
class Values:
    """What the objective makes of a schedule, EUR per unit: gained by `charge` and `discharge`, lost by all others."""

    charge: Floats
    discharge: Floats
    """[steps], per kWh."""
    unmet: float
    """Per kWh short of what is wanted."""
    overload: float
    """Per kWh beyond a limit."""
    deviation: float
    """Per kWh away from the set-point."""
    peak: float
    """Per kW of the highest power of all cars together."""
    ties: Ties | None = None

    @classmethod
    def of(cls, objective: Objective[float]) -> Values:
        """Those of an objective."""
        return cls(
            charge=objective.charge_value,
            discharge=objective.discharge_value,
            unmet=objective.unmet_value,
            overload=objective.overload_value,
            deviation=objective.deviation_value,
            peak=objective.peak_value,
            ties=Ties.of(objective),
        )

    @property
    def both_pay(self) -> NDArray[np.bool_]:
        """[steps]: whether charging and discharging at once would pay, so that it must be ruled out."""
        return self.charge + self.discharge > 1e-12


@dataclass(frozen=True, slots=True)
class Problem:
    """What is known: cars (arrays [cars]) and steps (arrays [steps] or [transformers, steps]), counted from 0.

    Energies in kWh (per step where they limit a step), power in kW.
    """

    first_step: Ints
    last_step: Ints
    """A car acts from `first_step` to `last_step`, both included."""
    energy: Floats
    """Energy at the beginning of `first_step`."""
    wanted: Floats
    """Energy wanted at the end of `last_step`."""
    capacity: Floats
    min_energy: Floats
    charge_limit: Floats
    discharge_limit: Floats
    """What a step can add to and take from the battery, rounding included."""
    taper: Floats
    """Largest share of the missing energy that one step can store (1: no taper)."""
    station: Ints
    transformer: Ints
    full_station: Floats
    """Energy that the station's full current would store in one step, at the car's best efficiency."""
    values: Values
    base_load: Floats
    upper_limit: Floats
    lower_limit: Floats
    """[transformers, steps]"""
    setpoint: Floats | None
    peak_so_far: float = 0.0
    """kW"""
    discharge_bump: Floats | float = 0.0
    """What one step of each car may give beyond `discharge_limit`: the first one of a battery that arrived off the grid
    of 0.01 kWh. The bound allows for it, the schedule does not use it."""
    charge_bump: Floats | float = 0.0
    """What arithmetic may now and then add to `charge_limit`: the bound allows for it, the schedule does not use it."""
    exclusive_steps: int | None = None
    """Rule out both at once in this many first steps only, with binaries (None: in all, as `directions` does)."""


@dataclass(frozen=True, slots=True)
class Solution:
    """An optimal schedule; arrays over stays, the (car, step) pairs in which a car may act, car by car."""

    car: Ints
    step: Ints
    charged: Floats
    discharged: Floats
    energy: Floats
    """Energy at the end of the step."""
    value: float
    """EUR of the schedule."""
    bound: float
    """Proven upper bound on `value`."""
    binaries: int
