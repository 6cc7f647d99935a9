"""From planned energies to actions: how `best` and `mpc` carry out a schedule in EV2Gym.

EV2Gym rounds a battery's energy up to 0.01 kWh, so it ends each step on a multiple of that. Of the two beside its plan
a battery takes the upper one. Where the plan is at a limit, a set-point or the peak, as many take the lower one as it
needs for the transformer's load to stay there. Efficiency is a table over whole amperes: where it jumps past the power
that is wanted, more or less than that is taken.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.agents.base import FleetView, Floats, Ints
from core.scenario import STEP_HOURS
from core.world.battery import ACTION_DECIMALS, ROUNDING_KWH, on_grid, on_grid_below

SAME_KWH = 1e-6
"""Energies this near are one; HiGHS' own constraints hold to 1e-7."""

FREE_KWH = 1e9
"""`most_load` where only a set-point tells: more than any transformer carries, but finite."""

JUMP_KWH = 0.1
"""Where a car's efficiency jumps past the power that is wanted, it takes up to this much more rather than less."""


def most_load(
    cars_kwh: Floats,
    moving: Floats,
    *,
    room_kwh: Floats | None,
    peak_kwh: float | None,
    setpoint: bool,
) -> Floats:
    """What all cars of a transformer may charge less discharge in a step: [transformers, steps] kWh.

    Infinite where no price depends on it; finite where a plan is so near to a limit, a set-point or the peak that
    rounding batteries up would tell.

    Parameters
    ----------
    cars_kwh : array of float
        [transformers, steps]: the plan.
    moving : array of float
        [transformers, steps]: number of cars that charge or discharge in it.
    room_kwh : array of float or None
        [transformers, steps] below the limits; None where passing them costs nothing.
    peak_kwh : float or None
        Highest planned energy of all transformers in one step; None where the peak costs too little to matter.
    setpoint : bool
        Whether every deviation costs.
    """
    near = moving * ROUNDING_KWH
    most = np.full(cars_kwh.shape, np.inf)
    if room_kwh is not None:
        room = np.maximum(on_grid_below(room_kwh), cars_kwh)
        most = np.where(cars_kwh > room - near, room, most)
    if peak_kwh is not None:
        site = cars_kwh.sum(axis=0)
        spare = np.maximum(on_grid(peak_kwh) - site, 0.0) / np.maximum((moving > 0).sum(axis=0), 1)
        most = np.where(site > peak_kwh - near.sum(axis=0), np.minimum(most, cars_kwh + spare), most)
    if setpoint:
        most = np.minimum(most, FREE_KWH)
    return most


def follow(view: FleetView, missing: Floats, planned: Floats, following: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Actions that bring batteries to their planned energies.

    Parameters
    ----------
    view : FleetView
    missing : array of float
        [worlds, ports] kWh: planned energy at the end of the step less what is there, on EV2Gym's grid.
    planned : array of float
        [worlds, ports] kWh: what the plan adds in this step; differs from `missing` by what the battery is off.
    following : array of float
        [worlds, ports] kWh: what it adds in the next. Who has most to do then is served first now.
    most : array of float
        [worlds, transformers] kWh: `most_load` in this step.

    Returns
    -------
    tuple of array
        Actions, and the changes of energy [kWh] that they aim at; both [worlds, ports].
    """
    tight = np.isfinite(most)[:, view.transformer_of_port]
    energy = on_grid(view.energy_kwh)
    # A battery that rests in the plan rests, whatever little it is off by, but what is missing when a car leaves is
    # missing for good.
    leaves = view.steps_left == 1
    rests = (np.abs(planned) <= SAME_KWH) & (np.abs(missing) < ROUNDING_KWH) & ~(leaves & (missing > 0))
    missing = np.where(rests, 0.0, missing)
    # Where a power is on the grid already, EV2Gym's arithmetic now and then adds 0.01 kWh: who needs full power for
    # long takes it, ahead of the plan or not, where that takes no current from others.
    ahead = (
        (most >= FREE_KWH)[:, view.transformer_of_port]
        & (view.ports_per_station == 1)
        & (planned >= view.charge_kw * STEP_HOURS - SAME_KWH)
        & (planned > missing)
    )
    missing = np.where(ahead, np.maximum(missing, np.minimum(planned, view.wanted_kwh - energy)), missing)
    up, down = missing > SAME_KWH, missing < -SAME_KWH
    if not (up.any() or down.any()):
        return np.zeros_like(missing), np.zeros_like(missing)
    most_now = view.most_kwh
    high = on_grid(energy + missing - SAME_KWH) - energy
    high = np.where(up, np.minimum(high, on_grid(most_now)), np.where(down, np.minimum(high, 0.0), 0.0))
    change = high
    if tight.any():
        # What the battery is behind its plan is made up where the transformer has room for it.
        low = on_grid_below(energy + np.where(up, np.clip(planned, 0.0, missing), missing)) - energy
        low = np.where(up, np.clip(low, 0.0, high), np.where(down, low, 0.0))
        # Just below full power efficiency may fall.
        full = (on_grid(most_now - SAME_KWH) <= high + SAME_KWH) & (planned > high - SAME_KWH)
        low = np.where((up & (leaves | full)) | ~tight, high, low)
        total = most
        if view.setpoint_kw is not None:  # any load but the planned one costs, a little more or less alike
            load, behind = (_by_transformer(values, view, most.shape[1]) for values in (planned, missing - planned))
            load = np.round((load + np.where(np.abs(behind) > 2 * ROUNDING_KWH, behind, 0.0)) * 100) / 100
            total = np.where(np.isfinite(most), np.minimum(most, load), most)
        change = _share_out(low, high, total, following, view.transformer_of_port)
    actions = _actions(view, change, energy, most_now, most)
    if view.ports_per_station > 1:
        actions = _within_stations(actions, planned, view.ports_per_station)
    return actions, change


def carry_out(view: FleetView, planned: Floats, following: Floats, peak_kw: Floats) -> tuple[Floats, Floats]:
    """Actions that do the first step of a plan, as near to it as EV2Gym allows; the plan is made from what is there.

    Parameters
    ----------
    view : FleetView
    planned, following : array of float
        [worlds, ports] kWh: what the plan adds to batteries in this step, and in the next.
    peak_kw : array of float
        [worlds]: highest power up to now.

    Returns
    -------
    tuple of array
        As `follow`.
    """
    transformers = view.limit_kw.shape[1]
    load = _by_transformer(planned, view, transformers)
    moving = _by_transformer((np.abs(planned) > SAME_KWH).astype(np.float64), view, transformers)
    room = (view.limit_kw[:, :, view.step] - view.base_load_kw[:, :, view.step]) * STEP_HOURS
    objective = view.objective
    most = np.empty(load.shape)
    for world in range(len(load)):
        peak_costs = objective.peak_value[world] / STEP_HOURS > objective.unmet_value[world]
        most[world] = most_load(
            load[world, :, None],
            moving[world, :, None],
            room_kwh=room[world, :, None] if objective.overload_value[world] > 0 else None,
            peak_kwh=max(float(peak_kw[world]) * STEP_HOURS, load[world].sum()) if peak_costs else None,
            setpoint=view.setpoint_kw is not None and bool(objective.deviation_value[world] > 0),
        )[:, 0]
    return follow(view, planned, planned, following, most)


def _by_transformer(values: Floats, view: FleetView, n: int) -> Floats:
    """[worlds, transformers]: sums of [worlds, ports]."""
    return np.stack([values[:, view.transformer_of_port == i].sum(axis=1) for i in range(n)], axis=1)


def _within_stations(actions: Floats, planned: Floats, ports_per_station: int) -> Floats:
    """Where a station's actions add up to more than its current, whose plan asks least is cut, not all alike."""
    grouped = (len(actions), -1, ports_per_station)
    size, wish = np.abs(actions).reshape(grouped), np.abs(planned).reshape(grouped)
    turn = np.argsort(-wish, axis=2, kind="stable")
    given = np.zeros_like(size)
    for way in (1.0, -1.0):
        mine = np.where(np.sign(actions).reshape(grouped) == way, size, 0.0)
        asked = np.take_along_axis(mine, turn, axis=2)
        kept = np.clip(1.0 - (asked.cumsum(axis=2) - asked), 0.0, asked)
        part = np.empty_like(kept)
        np.put_along_axis(part, turn, kept, axis=2)
        given += part
    return np.sign(actions) * given.reshape(actions.shape)


def _share_out(low: Floats, high: Floats, most: Floats, following: Floats, transformer_of_port: Ints) -> Floats:
    """From `low` to `high` for each port, [worlds, ports] kWh, on the grid; `most` [worlds, transformers] in all."""
    span = high - low
    if not (span > SAME_KWH).any():
        return low
    change = low.copy()
    for transformer in range(most.shape[1]):
        ports = np.flatnonzero(transformer_of_port == transformer)
        turn = ports[np.argsort(-following[:, ports], axis=1, kind="stable")]
        room = most[:, transformer] - low[:, ports].sum(axis=1)
        offered = np.take_along_axis(span, turn, axis=1)
        before = offered.cumsum(axis=1) - offered
        given = on_grid_below(np.clip(room[:, None] - before, 0.0, offered))
        np.put_along_axis(change, turn, np.take_along_axis(low, turn, axis=1) + given, axis=1)
    return change


def _actions(view: FleetView, change: Floats, energy: Floats, most: Floats, most_load: Floats) -> Floats:
    """Actions that change batteries by `change` [worlds, ports] kWh from `energy`, `most` being what a step adds."""
    least = -view.discharge_kw * STEP_HOURS
    # A hair less than a multiple, so that EV2Gym rounds up to it and not past it.
    hair = STEP_HOURS * view.charger_current_a * view.kw_per_ampere * 10.0**-ACTION_DECIMALS
    wanted = change + (energy - view.energy_kwh) - hair
    wanted = np.where(change == 0.0, 0.0, wanted)
    # Where the taper limits, full current has the best efficiency, and so the fastest taper. But ports share it.
    all_of_it = view.charge_kw * STEP_HOURS if view.ports_per_station == 1 else most
    # Where that is on the grid, a hair less lands there for sure.
    fills = (change > 0) & (wanted >= most - 2 * hair)
    if (most_load < FREE_KWH).any():
        flat = np.ptp(view.efficiency, axis=1)[view.model] == 0
        fills &= ~(flat & (most_load < FREE_KWH)[:, view.transformer_of_port] & (change <= most + SAME_KWH))
    wanted = np.where(fills, all_of_it, wanted)
    wanted = np.where((change < 0) & (wanted <= least + 2 * hair), least, wanted)
    action = view.action_for(wanted / STEP_HOURS)
    full = np.where(wanted > 0, view.full_charge_action, view.full_discharge_action)
    amperes = np.abs(action) * view.charger_current_a
    short = np.abs(wanted) - _power_kw(view, amperes) * STEP_HOURS
    next_level = np.minimum((np.round(amperes) + 0.501) / view.charger_current_a, full)
    more = _power_kw(view, next_level * view.charger_current_a) * STEP_HOURS - np.abs(wanted)
    jump = (short > ROUNDING_KWH) & (more > 0) & (more < np.where(wanted > 0, JUMP_KWH, short))
    if jump.any():
        left_out = np.where(jump, short, 0.0) * np.sign(wanted)
        extra = np.where(jump & (wanted > 0), short + more, 0.0)
        load = _by_transformer(change - left_out, view, most_load.shape[1])
        jump &= (wanted < 0) | _fits(extra, most_load - load, view.transformer_of_port)
    return np.where(jump, np.sign(wanted) * next_level, action)


def _power_kw(view: FleetView, amperes: Floats) -> Floats:
    """[worlds, ports]: power at the battery of a current, for cars whose own limit is not reached."""
    column = np.minimum(np.round(amperes).astype(np.int64), view.efficiency.shape[1] - 1)
    return np.asarray(view.efficiency[view.model, column] * amperes * view.kw_per_ampere)


def _fits(amounts: Floats, room: Floats, transformer_of_port: Ints) -> NDArray[np.bool_]:
    """[worlds, ports]: which amounts, taken port by port, fit into their transformer's room [worlds, transformers]."""
    fits = np.zeros(amounts.shape, dtype=np.bool_)
    for transformer in range(room.shape[1]):
        ports = np.flatnonzero(transformer_of_port == transformer)
        left = room[:, transformer : transformer + 1]
        offered = np.where(amounts[:, ports] <= left + SAME_KWH, amounts[:, ports], 0.0)
        fits[:, ports] = (offered > 0) & (offered.cumsum(axis=1) <= left + SAME_KWH)
    return fits
