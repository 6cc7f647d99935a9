"""What an agent sees and must answer.

An agent sees arrays over ports, never the simulator and never a car that has not come. The same agent drives one World
or many at once: every array has a leading batch axis [worlds, ...], of length one in the EV2Gym engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.scenario import STEP_HOURS
from core.world import World
from core.world.battery import ACTION_DECIMALS, action_for_power

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FleetView:
    """The site as it stands before step `step`. Shapes: [worlds, ports] unless said otherwise.

    Where no car is plugged in, numbers are 0 and `connected` is False.
    """

    step: int
    n_steps: int
    ports_per_station: int
    transformer_of_port: Ints
    """[ports]"""
    v2g: bool
    connected: Bools
    energy_kwh: Floats
    capacity_kwh: Floats
    wanted_kwh: Floats
    min_energy_kwh: Floats
    steps_left: Ints
    """Steps in which the car can still act, this one included; 0 where no car is."""
    charge_kw: Floats
    """Most power that a step at full current adds: charger, car, efficiency and EV2Gym's rounding, before the taper."""
    discharge_kw: Floats
    """Most power that it takes from the battery, likewise (>= 0); 0 without V2G."""
    taper: Floats
    """Share of the battery's missing energy that one step can store at most (1: no taper)."""
    full_charge_action: Floats
    """Smallest action that charges at `charge_kw`."""
    full_discharge_action: Floats
    """Smallest size of an action that discharges at `discharge_kw`."""
    efficiency: Floats
    """[models, 101] by rounded current in A."""
    model: Ints
    """Row of `efficiency`."""
    charger_current_a: float
    kw_per_ampere: float
    objective: Objective[Floats]
    """Weights [worlds] and prices: [worlds, steps] EUR/kWh what energy costs. Published for the whole run or, where
    the scenario sets a price forecast, known up to the end of the present hour and expected from then on."""
    limit_kw: Floats
    """[worlds, transformers, steps], as known now: events that were not announced yet are not in it."""
    limit_forecast_kw: Floats
    """[worlds, transformers, steps]: the same, lowered by what events not announced yet will take on average."""
    lower_limit_kw: Floats
    """[worlds, transformers, steps]"""
    base_load_kw: Floats
    """[worlds, transformers, steps]: other load less PV; measured up to now, forecast from the next step on."""
    setpoint_kw: Floats | None
    """[worlds, steps] or None."""
    arrival_rate: Floats
    """[worlds, steps]: expected arrivals per free port; statistics, nothing of the cars that will really come."""
    arrival_need_kwh: Floats
    """[worlds, steps]: mean energy that a car arriving then wants."""
    arrival_stay_steps: Floats
    """[worlds, steps]: mean number of steps it can act."""
    arrival_charge_kw: Floats
    """[worlds]: mean charging power of the cars."""

    @property
    def most_kwh(self) -> Floats:
        """Energy that one step at full current would store now: power limit and taper."""
        room = np.maximum(0.0, self.capacity_kwh - self.energy_kwh)
        return np.where(self.connected, np.minimum(self.charge_kw * STEP_HOURS, self.taper * room), 0.0)

    def action_for(self, power_kw: Floats) -> Floats:
        """Actions whose power at the battery is `power_kw` [worlds, ports] (> 0 charges), or just short of it.

        Never asks for more current than it needs, so that a station's ports can share it.
        """

        up = power_kw >= 0
        size = action_for_power(
            np.abs(power_kw),
            full_kw=np.where(up, self.charge_kw, self.discharge_kw),
            full_action=np.where(up, self.full_charge_action, self.full_discharge_action),
            efficiency=self.efficiency,
            model=self.model,
            charger_current_a=self.charger_current_a,
            kw_per_ampere=self.kw_per_ampere,
        )
        return np.where(self.connected & (up | self.v2g), np.where(up, size, -size), 0.0)


class Agent:
    """Base of all agents. One instance serves one run at a time: registries make a fresh one each time."""

    name: ClassVar[str]
    foresight: ClassVar[bool] = False
    """Whether `prepare` may look at the whole World: only the optimum may."""
    bound_eur: Floats | None = None
    """[worlds]: upper bound on the objective that `prepare` proved."""
    bound_gap_eur: Floats | None = None
    """[worlds]: what that leaves open above the agent's own plan."""

    def prepare(self, worlds: Sequence[World]) -> None:
        """Called once before a run. Agents without `foresight` must not keep anything of `worlds` but sizes."""

    def act(self, view: FleetView) -> Floats:
        """Actions in [-1, 1], [worlds, ports]: share of the station's current; > 0 charges."""
        raise NotImplementedError


def share_current(actions: Floats, connected: Bools, ports_per_station: int) -> Floats:
    """Actions as they reach the simulator: clipped, nothing at empty ports, current shared within each station.

    Parameters
    ----------
    actions : array of float
        [worlds, ports], what the agent asked for.
    connected : array of bool
        [worlds, ports].
    ports_per_station : int

    Returns
    -------
    array of float
        [worlds, ports] in [-1, 1].

    Notes
    -----
    A station's charging actions add up to at most 1, and its discharging actions to at least -1. EV2Gym nets the two
    before it compares, which lets a station exceed its current when one port discharges, and then stops with an
    exception or not depending on the order of ports. Where all ports of a station go the same way both rules agree.

    EV2Gym also stops when ports that share a station's whole current are rounded up to its five decimals: shares are
    cut to five here, toward nothing.
    """
    out = np.where(connected, np.clip(actions, -1.0, 1.0), 0.0)
    if ports_per_station > 1:
        grouped = out.reshape(out.shape[0], -1, ports_per_station)
        up = np.maximum(grouped, 0).sum(axis=-1, keepdims=True)
        down = np.maximum(-grouped, 0).sum(axis=-1, keepdims=True)
        out = np.where(grouped > 0, grouped / np.maximum(up, 1.0), grouped / np.maximum(down, 1.0)).reshape(out.shape)
        scale = 10**ACTION_DECIMALS
        out = np.sign(out) * np.floor(np.abs(out) * scale + 1e-6) / scale
    return out
