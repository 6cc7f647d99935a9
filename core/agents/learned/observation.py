"""What a policy sees of a port, and what its answer means: what training and running have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.agents.base import FleetView, Floats
from core.agents.heuristics import fill_in_order
from core.agents.learned.common import COMMON, scale_and_common
from core.agents.optimum.execute import carry_out
from core.agents.planner.plan import Planner, of_worlds, threads_for
from core.scenario import STEP_HOURS
from core.threads import deal_out

Singles = NDArray[np.float32]

REACH = 0.5
"""Share of the way from the plan to the car's limits that an answer of 1 or -1 goes."""

OBSERVATION: tuple[tuple[str, str, float, float, str], ...] = (
    ("soc", "1", 0, 1.1, "energy in the battery over its capacity"),
    ("missing", "of capacity", -1, 1, "energy still wanted"),
    ("steps_left", "96 steps", 0, 2, "time until departure"),
    ("slack", "96 steps", -2, 2, "time it could still wait and yet be ready"),
    ("urgency", "1", 0, 2, "share of its remaining steps in which it must charge at full power"),
    ("charge_limit", "50 kW", 0, 2, "most it can store"),
    ("discharge_limit", "50 kW", 0, 2, "most it can give"),
    ("taper", "1", 0, 1, "share of the missing energy that one step can store at most"),
    ("room", "of charge limit", 0, 1, "what this step can store"),
    ("plan_now", "of power limit", -1, 1, "what the plan does now, > 0 charges"),
    ("plan_next", "of power limit", -1, 1, "what it does next"),
    ("plan_hour", "of power limit", -1, 1, "mean of the plan's next hour"),
    ("planned_charge", "of capacity", 0, 5, "what the plan still charges"),
    ("planned_discharge", "of capacity", 0, 5, "what the plan still discharges"),
    (
        "above_cheapest",
        "price scale",
        0,
        3,
        "cost of charging now over the cheapest step of the stay, congestion included",
    ),
    ("below_dearest", "price scale", 0, 3, "dearest step of the stay over the cost now"),
    ("below_best_sale", "price scale", 0, 3, "best step for discharging over the gain now"),
    ("charge_rank", "1", 0, 1, "share of the stay's steps that are cheaper for charging"),
    ("discharge_rank", "1", 0, 1, "share of the stay's steps that are better for discharging"),
    ("lone_move", "1", 0, 1, "1 where the car alone, without limits, would charge now"),
    ("charge_cost", "price scale", -3, 3, "objective lost per kWh charged now"),
    ("discharge_gain", "price scale", -3, 3, "objective gained per kWh discharged now"),
    ("congestion", "price scale", -3, 3, "congestion price at its transformer now"),
    ("congestion_stay", "price scale", -3, 3, "its mean over the stay"),
    ("load", "of limit", -2, 2, "planned load of its transformer now"),
    ("fullest", "of limit", 0, 2, "highest planned load during the stay"),
    ("headroom", "10 x power limit", -0.1, 1, "what its transformer can still carry now"),
    ("guests", "of limit", 0, 2, "highest planned power of expected guests in the next four hours"),
    ("site", "of planned peak", -2, 2, "planned power of all cars now"),
    ("peak", "of planned peak", 0, 2, "highest power up to now"),
    ("off_setpoint", "of set-point", -2, 2, "planned power over the set-point, 0 without one"),
    *COMMON,
)
"""What a policy sees of a port: name, unit, lowest and highest value (beyond them it is cut), and meaning.

"Price scale" is the mean size of a world's retail and wholesale prices and of its spread, so that currencies and price
levels do not matter; "log" stands for log(1 + x) / 4. Limits are the transformer's at the present step."""

N_OBSERVED = len(OBSERVATION)
LOWEST: Singles = np.array([row[2] for row in OBSERVATION], dtype=np.float32)
HIGHEST: Singles = np.array([row[3] for row in OBSERVATION], dtype=np.float32)


class Observer:
    """Plan, observation, and the meaning of answers: what training and running have in common.

    Parameters
    ----------
    projection : bool
        Whether answers are projected onto limits (off only for an ablation).
    """

    def __init__(self, *, projection: bool = True) -> None:
        self.planner = Planner()
        self._projection = projection
        self._objective: Objective[Floats] | None = None

    def look(self, view: FleetView) -> Singles:
        """Bring the plan up to date; [worlds, ports, columns], 0 where no car is."""
        self.plan_kw: Floats = self.planner.update(view)
        if view.objective is not self._objective:
            self._weigh(view)
        planner, shape = self.planner, view.connected.shape
        self.observed: Singles = np.empty((*shape, N_OBSERVED), dtype=np.float32)
        self.value: Floats = np.empty(shape)
        kernels = planner.kernels
        scales = kernels.Scales(self.scale, self._common)
        worlds = (planner.cars, planner.limits, planner.prices, planner.memory, planner.outlook, scales)

        def observe(begin: int, end: int) -> None:
            groups = (of_worlds(group, begin, end) for group in worlds)
            out, value = self.observed[begin:end], self.value[begin:end]
            kernels.observe(view.step, tuple(planner.layout), *groups, LOWEST, HIGHEST, out, value)

        deal_out(len(view.connected), threads_for(view), observe)
        return self.observed

    def _weigh(self, view: FleetView) -> None:
        """What all ports of a world share; no step changes it where prices are known ahead."""
        self._objective = view.objective
        self.scale, self._common = scale_and_common(view)

    def power(self, view: FleetView, answers: Floats) -> Floats:
        """Power that answers in [-1, 1] stand for, [worlds, ports] kW at the battery."""
        least = np.where(
            view.connected, np.minimum(view.energy_kwh - view.min_energy_kwh, view.discharge_kw * STEP_HOURS), 0.0
        )
        highest, lowest = view.most_kwh / STEP_HOURS, -np.maximum(least, 0.0) / STEP_HOURS
        plan = self._held(view, np.clip(self.plan_kw, lowest, highest))
        size = np.clip(answers, -1.0, 1.0)
        size = REACH * size * np.abs(size)
        power = plan + np.where(size > 0, size * (highest - plan), size * (plan - lowest))
        if self._projection:
            power = project(view, plan, power)
        return power

    def _held(self, view: FleetView, plan: Floats) -> Floats:
        """The plan, cut to the limits where passing them is no part of it: its prices stand below the full one."""
        load = view.base_load_kw[:, :, view.step] + by_transformer(plan, view)
        memory = self.planner.memory
        over = load - view.limit_kw[:, :, view.step]
        under = view.lower_limit_kw[:, :, view.step] - load
        for excess, toll, sign in ((over, memory.up_toll, 1.0), (under, memory.down_toll, -1.0)):
            held = (excess > 1e-9) & (toll[:, :, view.step] < 1.0)
            if not held.any():
                continue
            mine = held[:, view.transformer_of_port] & (view.steps_left > 1)
            size = np.where(mine, np.maximum(sign * plan, 0.0), 0.0)
            urgency = urgency_of(view)
            room = np.maximum(by_transformer(size, view) - np.maximum(excess, 0.0), 0.0)
            kept = fill_in_order(-sign * urgency, size, room, view.transformer_of_port)
            plan = plan - sign * (size - kept)
        return plan

    def act(self, view: FleetView, answers: Floats) -> Floats:
        """Actions that carry out `power`, [worlds, ports]; to be called once a step, after `look`."""
        planned = self.power(view, answers) * STEP_HOURS
        next_step = min(view.step + 1, view.n_steps - 1)
        following = np.where(view.connected, self.planner.plan_kwh[:, : planned.shape[1], next_step], 0.0)
        actions, change = carry_out(view, planned, following, self.planner.peak_kw)
        self.planner.note_power(change / STEP_HOURS)
        return actions


def project(view: FleetView, plan_kw: Floats, power_kw: Floats) -> Floats:
    """Cut what answers add to the plan where it would exceed a limit, the least urgent ports first.

    A transformer may exceed its limit as far as the plan itself does (a car that must leave, a price that pays for it),
    and no further. Departures from the plan towards the other side make room for others.

    Parameters
    ----------
    view : FleetView
    plan_kw, power_kw : array of float
        [worlds, ports].

    Returns
    -------
    array of float
        [worlds, ports] kW, between plan and power.
    """
    change = power_kw - plan_kw
    if not np.any(np.abs(change) > 1e-9):
        return power_kw
    planned = view.base_load_kw[:, :, view.step] + by_transformer(plan_kw, view)
    urgency = urgency_of(view)

    def cut(size: Floats, order: Floats, room: Floats) -> Floats:
        fits = (by_transformer(size, view) <= room).all()
        return size if fits else fill_in_order(order, size, room, view.transformer_of_port)

    # One side after the other: what the other side really does is only known once its own limit has cut it.
    room = np.maximum(view.limit_kw[:, :, view.step] - planned, 0.0)
    up = cut(np.maximum(change, 0.0), -urgency, room)
    room = np.maximum(planned - view.lower_limit_kw[:, :, view.step], 0.0)
    down = cut(np.maximum(-change, 0.0), urgency, room)
    return plan_kw + up - down


def urgency_of(view: FleetView) -> Floats:
    """kWh that each car lacks for each step that it has left, [worlds, ports]."""
    return np.where(view.connected, (view.wanted_kwh - view.energy_kwh) / np.maximum(view.steps_left, 1), 0.0)


def by_transformer(values: Floats, view: FleetView) -> Floats:
    """Sums of values [worlds, ports] over each transformer's ports, [worlds, transformers]."""
    n = view.limit_kw.shape[1]
    if n == 1:
        return np.asarray(values.sum(axis=1, keepdims=True))
    out = np.zeros((len(values), n))
    np.add.at(out.T, view.transformer_of_port, values.T)
    return out
