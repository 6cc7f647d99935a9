"""Rules of thumb: as fast, as late, in turns, and in the cheapest hours. None of them discharges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from core.agents.base import Agent, FleetView, Floats, Ints
from core.agents.info import AgentInfo, Look
from core.scenario import STEP_HOURS
from core.world import World
from core.world.battery import on_grid_below, steps_to_reach


class AsFastAsPossible(Agent):
    """Charges every car at full current from the moment it is plugged in ("plug and charge")."""

    name: ClassVar[str] = "afap"

    def act(self, view: FleetView) -> Floats:
        return np.where(view.connected, 1.0, 0.0)


class AsLateAsPossible(Agent):
    """Waits until the car can only just be full in time, then charges at full current.

    EV2Gym's own version counts with the charger's power even where the car takes less, so that cars leave short.
    """

    name: ClassVar[str] = "alap"

    def act(self, view: FleetView) -> Floats:
        return np.where(view.connected & (steps_needed(view) >= view.steps_left), 1.0, 0.0)


class RoundRobin(Agent):
    """Charges as many cars at a time as each transformer's limit leaves room for, in turns.

    Cars that have waited longest go first; the one at the edge of the limit gets what room is left. EV2Gym's agent of
    this name instead shares out the power set-point, which this one does not look at.
    """

    name: ClassVar[str] = "rr"

    def prepare(self, worlds: Sequence[World]) -> None:
        self._waited: Floats = np.zeros((len(worlds), worlds[0].scenario.n_ports))
        self._steps_left = np.zeros(self._waited.shape, dtype=np.int64)

    def act(self, view: FleetView) -> Floats:
        needs = view.connected & (view.energy_kwh < view.capacity_kwh - 1e-9)
        same_car = view.steps_left == self._steps_left - 1
        self._waited = np.where(needs, np.where(same_car, self._waited, 0.0) + 1, 0.0)
        self._steps_left = view.steps_left
        wanted_kw = np.where(needs, view.charge_kw, 0.0)
        room = np.maximum(0.0, view.limit_kw[:, :, view.step] - view.base_load_kw[:, :, view.step])
        # What the last one gets is cut to EV2Gym's grid of 0.01 kWh, so that rounding up passes no limit.
        power = fill_in_order(-self._waited, wanted_kw, room, view.transformer_of_port)
        power = np.where(power < wanted_kw, on_grid_below(power * STEP_HOURS) / STEP_HOURS, power)
        self._waited = np.where(power > 0, 0.0, self._waited)
        return view.action_for(power)


class Cheapest(Agent):
    """Charges each car in the cheapest hours of its stay, as many as it needs, at what the objective says they cost.

    It looks at prices only, known or expected; it does not see the transformer's limit.
    """

    name: ClassVar[str] = "cheapest"

    def act(self, view: FleetView) -> Floats:
        ahead = -view.objective.charge_value[:, view.step :]  # [worlds, steps to come] EUR of J per kWh
        # Rank of this step among those of the stay: cheaper ones count, and equal ones that come earlier do not.
        horizon = np.arange(ahead.shape[1])
        cheaper = ahead < ahead[:, :1] - 1e-12
        rank_by_length = np.concatenate([np.zeros((len(ahead), 1), dtype=np.int64), cheaper.cumsum(axis=1)], axis=1)
        rank = np.take_along_axis(rank_by_length, np.minimum(view.steps_left, len(horizon)), axis=1)
        return np.where(view.connected & (rank < steps_needed(view)), view.full_charge_action, 0.0)


def steps_needed(view: FleetView) -> Ints:
    """[worlds, ports]: steps at full power until the wanted energy is there; 0 where no car is."""
    return steps_to_reach(
        view.energy_kwh,
        view.wanted_kwh,
        charge_kw=np.where(view.connected, view.charge_kw, 0.0),
        taper=view.taper,
        capacity_kwh=view.capacity_kwh,
        most_steps=view.n_steps - view.step,
    )


def fill_in_order(order: Floats, wanted_kw: Floats, room_kw: Floats, transformer_of_port: Ints) -> Floats:
    """Give each port what it wants, in ascending `order`, until its transformer's room is used up.

    Parameters
    ----------
    order, wanted_kw : array of float
        [worlds, ports]; ties keep the order of ports.
    room_kw : array of float
        [worlds, transformers].
    transformer_of_port : array of int
        [ports].

    Returns
    -------
    array of float
        [worlds, ports] kW.
    """
    given = np.zeros_like(wanted_kw)
    for transformer in range(room_kw.shape[1]):
        ports = np.flatnonzero(transformer_of_port == transformer)
        turn = np.argsort(order[:, ports], axis=1, kind="stable")
        wanted = np.take_along_axis(wanted_kw[:, ports], turn, axis=1)
        before = wanted.cumsum(axis=1) - wanted
        share = np.clip(room_kw[:, transformer : transformer + 1] - before, 0.0, wanted)
        back = np.empty_like(share)
        np.put_along_axis(back, turn, share, axis=1)
        given[:, ports] = back
    return given


AGENTS = (
    # Plug and charge is grey.
    AgentInfo(
        "afap", "heuristic", AsFastAsPossible, Look("#6B7280", "#9CA3AF", "circle"), blind_to_weights=True, place=1
    ),
    AgentInfo(
        "alap", "heuristic", AsLateAsPossible, Look("#A67C52", "#C9A27A", "circle"), blind_to_weights=True, place=2
    ),
    AgentInfo("rr", "heuristic", RoundRobin, Look("#9A6A00", "#E0B040", "circle"), blind_to_weights=True, place=3),
    AgentInfo("cheapest", "heuristic", Cheapest, Look("#D55E00", "#FF9A4D", "circle"), place=4),
)
