"""The objective of worlds split over their ports, step by step: what single ports are rewarded by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.agents.base import FleetView
from core.scenario import STEP_HOURS
from core.world import World

Floats = NDArray[np.float64]

SHAPE_FIELDS = (
    "stations",
    "ports_per_station",
    "transformers",
    "length_h",
    "v2g",
    "charger_current_a",
    "charger_voltage_v",
    "charger_phases",
    "setpoint",
)
"""Fields that worlds of one batch must share."""

DEAREST_SHARE = 0.25
"""Rewards are in units of a kWh at the world's price level plus this share of its dearest price (unmet energy,
overload, deviation, peak), so that what is dear in one world does not drown all others."""


class Purse:
    """Splits the objective of worlds over ports, step by step.

    Parameters
    ----------
    worlds : sequence of World
        Of one batch.
    """

    def __init__(self, worlds: Sequence[World], view: FleetView) -> None:
        objective = Objective.of_all(worlds)
        self._charge, self._discharge = objective.charge_value, objective.discharge_value
        self._unmet, self._overload = objective.unmet_value, objective.overload_value
        self._deviation, self._demand = objective.deviation_value, objective.peak_value
        self._setpoint = view.setpoint_kw
        self._base = np.stack([world.base_load_kw for world in worlds])
        self._limit = np.stack([world.limit_kw for world in worlds])
        self._lower = np.stack([world.lower_limit_kw for world in worlds])
        self._transformer = view.transformer_of_port
        self._count = np.bincount(self._transformer, minlength=self._base.shape[1])
        self._peak = np.zeros(len(worlds))

    def scale(self, price_level: Floats, dearest_share: float = DEAREST_SHARE) -> Floats:
        """[worlds] EUR: the unit of the learner's rewards."""
        tracked = 0.0 if self._setpoint is None else 1.0
        dearest = np.maximum.reduce([self._unmet, self._overload, self._deviation * tracked, self._demand])
        return np.asarray(price_level + dearest_share * dearest)

    def own(self, step: int, power_kw: Floats, unmet_kwh: Floats) -> Floats:
        """What each port's energy and its car's unmet energy are worth, [worlds, ports] EUR."""
        up, down = np.maximum(power_kw, 0.0), np.maximum(-power_kw, 0.0)
        energy = (self._charge[:, step, None] * up + self._discharge[:, step, None] * down) * STEP_HOURS
        return np.asarray(energy - self._unmet[:, None] * unmet_kwh)

    def differences(self, step: int, power_kw: Floats, plan_kw: Floats) -> Floats:
        """What each port's departure from its plan alone costs in shared terms, [worlds, ports] EUR; before `split`."""
        of = self._transformer
        load = self._base[:, :, step].copy()
        np.add.at(load.T, of, power_kw.T)
        limit, lower = self._limit[:, of, step], self._lower[:, of, step]
        with_me = load[:, of]
        without = with_me - power_kw + plan_kw

        def over(load: Floats) -> Floats:
            return np.maximum(0.0, np.maximum(load - limit, lower - load))

        cost = self._overload[:, None] * (over(with_me) - over(without)) * STEP_HOURS
        site = power_kw.sum(axis=1, keepdims=True)
        planned, peak = site - power_kw + plan_kw, self._peak[:, None]
        cost += self._demand[:, None] * (np.maximum(site, peak) - np.maximum(planned, peak))
        if self._setpoint is not None:
            wanted = self._setpoint[:, step, None]
            cost += self._deviation[:, None] * (np.abs(site - wanted) - np.abs(planned - wanted)) * STEP_HOURS
        return np.asarray(cost)

    def split(self, step: int, power_kw: Floats, unmet_kwh: Floats) -> Floats:
        """Each port's part of J in one step, [worlds, ports] EUR.

        Energy and unmet energy are the port's own. A transformer's overload beyond what it would have without cars is
        shared by those that push that way, in proportion; the rest of it by all of its ports. A new peak is shared by
        those that charge. A deviation from the set-point beyond that of an idle site is shared in proportion to the
        size of powers, the rest by all.
        """
        up, down = np.maximum(power_kw, 0.0), np.maximum(-power_kw, 0.0)
        reward = self.own(step, power_kw, unmet_kwh)
        of = self._transformer
        base, limit, lower = self._base[:, :, step], self._limit[:, :, step], self._lower[:, :, step]

        def over(load: Floats) -> Floats:
            return np.maximum(0.0, np.maximum(load - limit, lower - load))

        def by_transformer(values: Floats) -> Floats:
            out = np.zeros((len(values), base.shape[1]))
            np.add.at(out.T, of, values.T)
            return out

        load = base + by_transformer(power_kw)
        idle, now = over(base), over(load)
        pushing = np.where((load > limit)[:, of], up, np.where((load < lower)[:, of], down, np.abs(power_kw)))
        share = _shares(pushing, by_transformer(pushing)[:, of], 1.0 / self._count[of])
        cost = (now - idle)[:, of] * share + idle[:, of] / self._count[of]
        reward -= self._overload[:, None] * cost * STEP_HOURS
        site = power_kw.sum(axis=1)
        ports = power_kw.shape[1]
        more = np.maximum(0.0, site - self._peak)
        self._peak += more
        reward -= (self._demand * more)[:, None] * _shares(up, up.sum(axis=1, keepdims=True), 1.0 / ports)
        if self._setpoint is not None:
            wanted = self._setpoint[:, step]
            alone, here = np.abs(wanted), np.abs(site - wanted)
            size = np.abs(power_kw)
            share = _shares(size, size.sum(axis=1, keepdims=True), 1.0 / ports)
            cost = (here - alone)[:, None] * share + (alone / ports)[:, None]
            reward -= self._deviation[:, None] * cost * STEP_HOURS
        return reward


def _shares(part: Floats, whole: Floats, otherwise: Any) -> Floats:
    """part / whole, and `otherwise` where the whole is nothing."""
    nothing = whole <= 1e-9
    return np.where(nothing, otherwise, part / np.where(nothing, 1.0, whole))
