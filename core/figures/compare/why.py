"""Why one agent's day is better than another's: the part of the objective that differs most, when and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.accounts.ledger import overload_kw, station_power_kw, transformer_power_kw
from core.accounts.objective import Objective
from core.figures.channels import clock
from core.figures.findings import Finding
from core.figures.marks import agent_name
from core.figures.style import Style
from core.scenario import STEP_HOURS, STEP_MINUTES
from core.studies.run import Result

Floats = NDArray[np.float64]

WINDOW_H: Final = 2
"""A time is told as so many whole hours in a row."""

PARTS: Final = ("energy", "wear", "unmet", "overload", "deviation", "demand")
"""What the weighted objective is the sum of."""

LEAST_KWH: Final = 0.05
"""Less energy than this is written as nothing."""


def parts(result: Result) -> Mapping[str, float]:
    """The weighted objective in `PARTS` [EUR], each with its sign: their sum is `objective_eur`."""
    o, totals = Objective.of(result.world), result.ledger.totals
    drivers = totals.v2g_revenue_eur - totals.energy_cost_eur
    return {
        "energy": o.w_user * drivers - o.w_provider * (drivers + totals.wholesale_cost_eur),
        "wear": -o.w_user * totals.wear_cost_eur,
        "unmet": -o.w_user * totals.unmet_cost_eur,
        "overload": -o.w_grid * totals.overload_cost_eur,
        "deviation": -o.w_grid * totals.deviation_cost_eur,
        "demand": -o.w_provider * totals.demand_cost_eur,
    }


def why_better(one: Result, other: Result, style: Style) -> Finding | None:
    """One sentence: by how much the better of two is better, what that comes from most, and when and where.

    Parameters
    ----------
    one, other : Result
        Of one World.
    style : Style

    Returns
    -------
    Finding or None
        None where the objectives are alike as they are printed.
    """
    gain = one.ledger.totals.objective_eur - other.ledger.totals.objective_eur
    if style.rounded(gain) == 0:
        return None
    better, worse = (one, other) if gain > 0 else (other, one)
    mine, theirs = parts(better), parts(worse)
    cause = max(PARTS, key=lambda name: mine[name] - theirs[name])
    values: dict[str, str | int | float] = {
        "one": agent_name(style, better.trace.agent), "other": agent_name(style, worse.trace.agent),
        "gain": style.money(abs(gain)), "part": style.money(mine[cause] - theirs[cause]),
    }  # fmt: skip
    detail = _DETAILS[cause](better, worse)
    return Finding(f"why.{cause if detail is not None else 'plain'}", {**values, **(detail or {})})


def _hourly(per_step: Floats) -> Floats:
    """Sums over whole hours from the run's first step on, last axis."""
    starts = np.arange(0, per_step.shape[-1], round(1 / STEP_HOURS))
    out: Floats = np.add.reduceat(per_step, starts, axis=-1)
    return out


def _window(by_hour: Floats, result: Result) -> tuple[slice, dict[str, str]]:
    """The hours in a row in which the sum is largest, and how they are written."""
    n = min(WINDOW_H, len(by_hour))
    at = int(np.convolve(by_hour, np.ones(n), "valid").argmax())
    first = result.world.times_local[at * round(1 / STEP_HOURS)]
    last = min(first + np.timedelta64(60 * n, "m"), result.world.times_local[-1] + np.timedelta64(STEP_MINUTES, "m"))
    return slice(at, at + n), {"from": clock(first), "to": clock(last)}


def _net_kwh(result: Result) -> Floats:
    """[stations, steps]: charged less discharged."""
    out: Floats = station_power_kw(result.world, result.trace) * STEP_HOURS
    return out


def _energy(better: Result, worse: Result) -> dict[str, str | int | float] | None:
    """When less is drawn, and where; and when more is."""
    net = _hourly(_net_kwh(better) - _net_kwh(worse))
    site = net.sum(axis=0)
    less, when_less = _window(-site, better)
    more, when_more = _window(site, better)
    if -site[less].sum() < LEAST_KWH or site[more].sum() < LEAST_KWH:
        return None
    return {
        **when_less, "less": float(-site[less].sum()), "more": float(site[more].sum()),
        "from2": when_more["from"], "to2": when_more["to"],
        "station": int((-net[:, less].sum(axis=1)).argmax()),
    }  # fmt: skip


def _wear(better: Result, worse: Result) -> dict[str, str | int | float] | None:
    given = [np.maximum(0.0, -_net_kwh(run)) for run in (worse, better)]
    by_hour = _hourly(given[0] - given[1])
    hours, when = _window(by_hour.sum(axis=0), better)
    energy = worse.ledger.totals.discharged_kwh - better.ledger.totals.discharged_kwh
    return {**when, "energy": energy, "station": int(by_hour[:, hours].sum(axis=1).argmax())}


def _unmet(better: Result, worse: Result) -> dict[str, str | int | float] | None:
    less = (worse.ledger.sessions["unmet_kwh"] - better.ledger.sessions["unmet_kwh"]).to_numpy()
    car = int(less.argmax())
    s = better.world.sessions
    # A car may act in its last step, and leaves at its end.
    leaves = better.world.times_local[int(s.departure_step[car])] + np.timedelta64(STEP_MINUTES, "m")
    return {"energy": float(less.sum()), "station": int(s.station[car]), "at": clock(leaves)}


def _overload(better: Result, worse: Result) -> dict[str, str | int | float] | None:
    over = [overload_kw(run.world, transformer_power_kw(run.world, run.trace)) * STEP_HOURS for run in (worse, better)]
    by_hour = _hourly(over[0] - over[1])
    hours, when = _window(by_hour.sum(axis=0), better)
    energy = worse.ledger.totals.overload_kwh - better.ledger.totals.overload_kwh
    return {
        **when, "energy": energy, "transformers": len(by_hour),
        "transformer": int(by_hour[:, hours].sum(axis=1).argmax()),
    }  # fmt: skip


def _deviation(better: Result, worse: Result) -> dict[str, str | int | float] | None:
    setpoint = better.world.setpoint_kw
    if setpoint is None:
        return None
    apart = [np.abs(run.trace.power_kw.sum(axis=0) - setpoint) * STEP_HOURS for run in (worse, better)]
    _, when = _window(_hourly(apart[0] - apart[1]), better)
    return {**when, "energy": worse.ledger.totals.deviation_kwh - better.ledger.totals.deviation_kwh}


def _demand(better: Result, worse: Result) -> dict[str, str | int | float] | None:
    power = worse.trace.power_kw.sum(axis=0)
    return {
        "power": worse.ledger.totals.peak_kw - better.ledger.totals.peak_kw,
        "at": clock(worse.world.times_local[int(power.argmax())]),
    }


_DETAILS: Final = {
    "energy": _energy, "wear": _wear, "unmet": _unmet, "overload": _overload, "deviation": _deviation,
    "demand": _demand,
}  # fmt: skip
