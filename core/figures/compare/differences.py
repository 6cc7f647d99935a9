"""When and where two agents move different energy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.ledger import station_power_kw
from core.figures.channels import PLAIN, STEP, clock, time_x, tip
from core.figures.compare.rows import by_row, stations_in_a_row
from core.figures.figure import Figure, milliseconds, specification, table
from core.figures.marks import agent_name
from core.figures.style import Style, diverging_scale
from core.scenario import STEP_HOURS
from core.studies.run import Result

Floats = NDArray[np.float64]

FROM_TO = "utcFormat(datum.t0, '%m-%d %H:%M') + ' – ' + utcFormat(datum.t1, '%H:%M')"


def where_they_differ(one: Result, other: Result, style: Style) -> Figure:
    """Energy of one agent less the other's, by hour and station, and by hour for the site.

    Returns
    -------
    Figure
        Data `cells` (a row a station row and hour in which they differ) and `hours`.
    """
    world, colour, label = one.world, style.colours, style.text
    per_hour = round(1 / STEP_HOURS)
    starts = np.arange(0, world.n_steps, per_hour)
    here, there = (station_power_kw(world, run.trace) * STEP_HOURS for run in (one, other))
    by_hour = np.add.reduceat(here - there, starts, axis=1)
    grouped, share = by_row(by_hour), stations_in_a_row(len(by_hour))
    rows = len(grouped)
    time = milliseconds(np.append(world.times_local[starts], world.times_local[-1] + STEP))
    row, hour = np.nonzero(np.abs(grouped) >= 0.05)
    most = max(0.1, float(np.abs(grouped).max()) if grouped.size else 0.1)
    top, bars = 92, 78
    height = top + int(np.clip(rows * 11, 90, 420))
    total = by_hour.sum(axis=0)
    row_scale = {"domain": [0, rows], "range": [top, height], "nice": False, "zero": False}
    title_energy = label("axis.energy_difference")
    tint = {
        "condition": {"test": "datum.energy < 0", "value": colour.discharge},
        "value": colour.charge,
    }
    layers: list[dict[str, Any]] = [
        {
            "data": {"name": "hours"},
            "mark": {"type": "rect"},
            "encoding": {
                "x": time_x(style, "t0"),
                "x2": {"field": "t_in"},
                "y": {
                    "field": "energy", "type": "quantitative", "scale": {"range": [bars, 2], "nice": True},
                    "axis": {
                        "title": "kWh", "titleY": bars / 2, "titleAnchor": "middle", "tickCount": 3, "grid": True,
                        "orient": "left", "minExtent": 30, "format": PLAIN,
                    },
                },
                "y2": {"datum": 0},
                "color": tint,
                "tooltip": [tip("when", label("axis.time")), tip("energy", title_energy, "+,.1f")],
            },
            "transform": [
                {"calculate": "datum.t1 - 300000", "as": "t_in"},
                {"calculate": FROM_TO, "as": "when"},
            ],
        },
        {
            "data": {"name": "cells"},
            "transform": [
                {"calculate": "datum.row + 0.92", "as": "below"},
                {"calculate": FROM_TO, "as": "when"},
            ],
            "mark": {"type": "rect"},
            "encoding": {
                "x": time_x(style, "t0"),
                "x2": {"field": "t1"},
                "y": {
                    "field": "row", "type": "quantitative", "scale": row_scale,
                    "axis": {
                        "title": label("axis.station"), "titleY": (top + height) / 2, "titleAnchor": "middle",
                        "orient": "left", "grid": False, "minExtent": 30, "tickMinStep": 1,
                        "labelExpr": f"format(datum.value * {share}, 'd')", "tickCount": 8,
                    },
                },
                "y2": {"field": "below"},
                "color": {
                    "field": "energy", "type": "quantitative", "legend": None, "scale": diverging_scale(most, style),
                },
                "tooltip": [
                    tip("station", label("axis.station")),
                    tip("when", label("axis.time")),
                    tip("energy", title_energy, "+,.2f"),
                ],
            },
        },
    ]  # fmt: skip
    names = {"one": agent_name(style, one.trace.agent), "other": agent_name(style, other.trace.agent)}
    title = _differ_title(by_hour, world.times_local[starts], names, style)
    stations = [str(r) if share == 1 else f"{r * share}–{min((r + 1) * share, len(by_hour)) - 1}" for r in range(rows)]
    return Figure(
        title=title,
        subtitle=label("figure.where_they_differ.reading", **names),
        alt=label("figure.where_they_differ.alt", finding=title),
        spec=specification(style, height, layers, resolve={"scale": {"y": "independent"}}),
        data={
            "hours": table(t0=time[:-1], t1=time[1:], energy=total.round(3)),
            "cells": table(
                row=row, t0=time[hour], t1=time[hour + 1], energy=grouped[row, hour].round(3),
                station=np.array([stations[r] for r in row], dtype=str),
            ),
        },
    )  # fmt: skip


def _differ_title(by_hour: Floats, hours: NDArray[np.datetime64], names: dict[str, str], style: Style) -> str:
    """The two hours in a row with the largest difference over all stations, and the stations that differ most."""
    size = np.abs(by_hour)
    if size.sum() < 0.05:
        return style.text("finding.no_difference", **names)
    pairs = size.sum(axis=0)
    pairs = pairs[:-1] + pairs[1:] if len(pairs) > 1 else pairs
    at = int(pairs.argmax())
    net = float(by_hour[:, at : at + 2].sum())
    by_station = size.sum(axis=1)
    most = [int(i) for i in np.argsort(-by_station, kind="stable")[:3] if by_station[i] >= 0.05]
    most = most or [int(by_station.argmax())]
    return style.text(
        "finding.differ_more" if net >= 0 else "finding.differ_less",
        **names,
        **{"from": clock(hours[at])},
        to=clock(hours[at] + np.timedelta64(120, "m")),
        energy=abs(net),
        count=len(most),
        stations=", ".join(str(i) for i in sorted(most)),
    )
