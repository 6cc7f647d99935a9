"""The day of one agent, small enough to stand beside those of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.ledger import station_power_kw, transformer_power_kw
from core.figures.channels import PLAIN, STEP, edges_of, readout, time_x, tip
from core.figures.compare.rows import any_in_row, by_row
from core.figures.figure import Figure, milliseconds, specification, table
from core.figures.findings import OVER_KWH
from core.figures.marks import agent_name
from core.figures.style import Style, diverging_scale
from core.studies.run import Result
from core.world import charger_power_kw

Floats = NDArray[np.float64]

SITE, HEAT, SOC = (4, 92), (104, 204), (216, 264)
"""Top and bottom of the tracks of a small day [px]."""


def shared_power(results: Sequence[Result]) -> tuple[float, float]:
    """Lowest and highest power of the site [kW] over all runs, limits included: one scale for all small days."""
    powers = [transformer_power_kw(run.world, run.trace).sum(axis=0) for run in results]
    limit = results[0].world.limit_kw.sum(axis=0)
    low = min(0.0, *(float(power.min()) for power in powers))
    high = max(float(limit.max()), *(float(power.max()) for power in powers))
    return low * 1.05, high * 1.05


def small_day(result: Result, reference: Result, style: Style, scale_kw: tuple[float, float]) -> Figure:
    """Site power under its limit, a small station x time map, and the cars' charge, on one time axis.

    Parameters
    ----------
    result, reference : Result
        The agent's run and the reference's, on the same World.
    style : Style
    scale_kw : (float, float)
        `shared_power` of all runs shown together.

    Returns
    -------
    Figure
        Data `site` (a row a step and one more), `cells` (stretches of equal power) and `soc` (a row a step with cars).
    """
    world, colour, label = result.world, style.colours, style.text
    edges = edges_of(world.times_local)
    site = transformer_power_kw(world, result.trace).sum(axis=0)
    base = transformer_power_kw(world, reference.trace).sum(axis=0)
    limit = world.limit_kw.sum(axis=0)
    rows, cells = _small_map(result)
    most = charger_power_kw(result.scenario)
    power_scale = {"domain": list(scale_kw), "range": [SITE[1], SITE[0]], "nice": False, "zero": False}
    power_axis = {
        "title": "kW", "titleY": sum(SITE) / 2, "titleAnchor": "middle", "tickCount": 3, "grid": True, "minExtent": 30,
        "orient": "left", "format": PLAIN,
    }  # fmt: skip

    def power_y(field: str) -> dict[str, Any]:
        return {"field": field, "type": "quantitative", "scale": power_scale, "axis": power_axis}

    def line(field: str, **mark: Any) -> dict[str, Any]:
        return {
            "mark": {"type": "line", "interpolate": "step-after", **mark},
            "encoding": {"x": time_x(style), "y": power_y(field)},
        }

    site_track = {
        "layer": [
            {
                "mark": {"type": "area", "interpolate": "step-after", "color": colour.over},
                "encoding": {
                    "x": time_x(style), "y": {**power_y("above"), "stack": None}, "y2": {"field": "limit"},
                },
            },
            line("reference", color=colour.muted, strokeWidth=1, opacity=0.8),
            line("site", color=colour.charge, strokeWidth=2),
            line("limit", color=colour.limit, strokeWidth=1.25, strokeDash=[5, 4]),
        ],
        "resolve": {"scale": {"y": "shared"}},
    }  # fmt: skip
    map_track = {
        "data": {"name": "cells"},
        "transform": [{"calculate": "datum.row + 1", "as": "below"}, {"calculate": "datum.t1 + 90000", "as": "t_end"}],
        "mark": {"type": "rect", "clip": True},
        "encoding": {
            "x": time_x(style, "t0"),
            "x2": {"field": "t_end"},
            "y": {
                "field": "row", "type": "quantitative",
                "scale": {"domain": [0, rows], "range": list(HEAT), "nice": False, "zero": False},
                "axis": {
                    "title": label("axis.station"), "titleY": sum(HEAT) / 2, "titleAnchor": "middle", "labels": False,
                    "orient": "left", "grid": False, "ticks": False, "minExtent": 30,
                },
            },
            "y2": {"field": "below"},
            "color": {
                "field": "power", "type": "quantitative", "legend": None,
                "scale": diverging_scale(most, style, clamp=True),
            },
        },
    }  # fmt: skip
    soc_scale = {"domain": [0, 1], "range": [SOC[1], SOC[0]], "nice": False}
    soc_axis = {
        "title": "SoC", "titleY": sum(SOC) / 2, "titleAnchor": "middle", "format": ".0%", "values": [0, 1],
        "orient": "left", "grid": False, "minExtent": 30,
    }  # fmt: skip
    soc_y = {"type": "quantitative", "scale": soc_scale, "axis": soc_axis}
    soc_track = {
        "data": {"name": "soc"},
        "layer": [
            {
                "mark": {"type": "area", "color": colour.charge, "opacity": 0.25},
                "encoding": {
                    "x": time_x(style), "y": {"field": "low", "stack": None, **soc_y}, "y2": {"field": "high"},
                    "detail": {"field": "part"},
                },
            },
            {
                "mark": {"type": "line", "color": colour.charge, "strokeWidth": 1.5},
                "encoding": {"x": time_x(style), "y": {"field": "middle", **soc_y}, "detail": {"field": "part"}},
            },
        ],
        "resolve": {"scale": {"y": "shared"}},
    }  # fmt: skip
    told = [
        tip("when", label("axis.time")),
        tip("site", f"{label('tip.site')} (kW)", ",.1f"),
        tip("reference", f"{agent_name(style, reference.trace.agent)} (kW)", ",.1f"),
        tip("limit", f"{label('series.limit')} (kW)", ",.0f"),
    ]
    totals = result.ledger.totals
    name = agent_name(style, result.trace.agent)
    key = "finding.small_day_over" if totals.overload_kwh >= OVER_KWH else "finding.small_day"
    title = label(key, agent=name, peak=float(site.max()), over=totals.overload_kwh)

    def closed(values: Floats) -> Floats:
        return np.append(values, values[-1]).round(2)

    return Figure(
        title=title,
        subtitle="",
        alt=label("figure.small_day.alt", finding=title),
        spec=specification(
            style, SOC[1], [map_track, site_track, soc_track, readout(time_x(style), style, told, bottom=SOC[1])],
            data={"name": "site"},
            resolve={"scale": {"y": "independent"}},
        ),
        data={
            "site": table(
                t=edges, site=closed(site), reference=closed(base), limit=closed(limit),
                above=closed(np.maximum(site, limit)),
            ),
            "cells": cells,
            "soc": _soc_band(result),
        },
    )  # fmt: skip


def _plugged(result: Result) -> NDArray[np.bool_]:
    """[stations, steps]: whether any car is there."""
    at = result.world.occupancy.reshape(result.scenario.stations, -1, result.world.n_steps)
    out: NDArray[np.bool_] = np.logical_or.reduce(at >= 0, axis=1)
    return out


def _small_map(result: Result) -> tuple[int, Any]:
    world = result.world
    power, plugged = by_row(station_power_kw(world, result.trace)), any_in_row(_plugged(result))
    power = np.round(power * 2) / 2  # half a kW: colours tell no more
    change = np.ones(power.shape, dtype=bool)
    change[:, 1:] = (power[:, 1:] != power[:, :-1]) | (plugged[:, 1:] != plugged[:, :-1])
    row, first = np.nonzero(change)
    ends = np.append(row[1:] != row[:-1], True)
    last = np.where(ends, world.n_steps, np.append(first[1:], 0))
    keep = plugged[row, first]
    row, first, last = row[keep], first[keep], last[keep]
    time = milliseconds(edges_of(world.times_local))
    return len(power), table(row=row, t0=time[first], t1=time[last], power=power[row, first])


def _soc_band(result: Result) -> Any:
    """Tenth, half and nine tenths of the plugged-in cars' state of charge; `part` keeps stretches with cars apart."""
    world, s = result.world, result.world.sessions
    at = world.occupancy
    soc = np.full(at.shape, np.nan)
    used = at >= 0
    soc[used] = result.trace.energy_kwh[used] / s.capacity_kwh[at[used]]
    some = used.any(axis=0)
    low, middle, high = np.nanquantile(soc[:, some], [0.1, 0.5, 0.9], axis=0) if some.any() else np.zeros((3, 0))
    part = np.cumsum(np.diff(some, prepend=False) & some)
    return table(
        t=milliseconds(world.times_local + STEP)[some],
        low=low.round(3),
        middle=middle.round(3),
        high=high.round(3),
        part=part[some],
    )
