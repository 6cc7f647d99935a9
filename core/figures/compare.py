"""Several agents on one World: who gains, the day of each, the cars of each, and where two of them differ."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.indicators import Totals
from core.accounts.ledger import station_power_kw, transformer_power_kw
from core.agents.registry import AGENTS, BOUND
from core.figures.figure import Figure, milliseconds, named_rows, number_x, specification, table, time_x, tip
from core.figures.findings import GRAVE, Finding, cars_short, faults
from core.figures.heat import STEP, diverging
from core.figures.style import Style, share_text
from core.scenario import STEP_HOURS
from core.studies.run import Result
from core.world import charger_power_kw

Floats = NDArray[np.float64]

ROW_PX = 40
MOST_ROWS = 50
"""More stations than this share rows, so that small maps stay legible and light."""

SITE, HEAT, SOC = (4, 92), (104, 204), (216, 264)
"""Top and bottom of the tracks of a small day [px]."""

FROM_TO = "utcFormat(datum.t0, '%m-%d %H:%M') + ' – ' + utcFormat(datum.t1, '%H:%M')"

STAKEHOLDERS = (
    ("drivers", "user_profit_eur"),
    ("provider", "provider_margin_eur"),
    ("grid", "grid_value_eur"),
)


def agent_colour(style: Style, agent: str) -> str:
    """The agent's colour, the same in every figure."""
    look = AGENTS[agent].look
    return look.dark if style.theme == "dark" else look.light


def agent_shape(agent: str) -> str:
    """The agent's shape, the same in every figure."""
    return AGENTS[agent].look.marker


def agent_scale(style: Style, agents: Sequence[str]) -> dict[str, Any]:
    """Colour scale from agents' names in the reader's language."""
    return {"domain": [agent_name(style, a) for a in agents], "range": [agent_colour(style, a) for a in agents]}


def agent_name(style: Style, agent: str) -> str:
    """The agent's name in the reader's language."""
    return style.text(f"agents.{agent}.name")


# --- who gains --------------------------------------------------------------------------------------------------------
def who_gains(rows: Sequence[tuple[str, Totals]], base: tuple[str, Totals], style: Style) -> Figure:
    """Change of each stakeholder's money and of the objective against a base, a group of bars a row.

    Parameters
    ----------
    rows : sequence of (str, Totals)
        Name and totals, in the order shown; the base itself may be among them and is left out.
    base : (str, Totals)
    style : Style

    Returns
    -------
    Figure
        Data `bars` (a row a name and stakeholder) and `sums` (a row a name).
    """
    colour, label = style.colours, style.text
    shown = [(name, totals) for name, totals in rows if name != base[0]]
    names = [name for name, _ in shown]
    change = {
        field: np.array([getattr(t, field) - getattr(base[1], field) for _, t in shown]) * style.rate
        for field in ("objective_eur", *(field for _, field in STAKEHOLDERS))
    }
    n, k = len(shown), len(STAKEHOLDERS)
    height = max(1, n) * ROW_PX
    title_x = label("axis.change", currency=style.currency)
    x, y = number_x("change", title_x, zero=True), named_rows("low", names, height, style)
    tint = {name: getattr(colour, name) for name, _ in STAKEHOLDERS}
    words = {name: label(f"who.{name}") for name, _ in STAKEHOLDERS}
    layers: list[dict[str, Any]] = [
        {
            "data": {"name": "bars"},
            "mark": {"type": "rect"},
            "encoding": {
                "x": x,
                "x2": {"datum": 0},
                "y": y,
                "y2": {"field": "high"},
                "color": {
                    "field": "who",
                    "type": "nominal",
                    "scale": {"domain": list(words.values()), "range": list(tint.values())},
                    "legend": {"title": None, "symbolType": "square", "symbolSize": 80},
                },
                "tooltip": [tip("name", label("axis.agent")), tip("who", label("axis.who")), tip("shown", title_x)],
            },
        },
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "color": colour.muted},
            "encoding": {"x": {"datum": 0}},
        },
        {
            "data": {"name": "sums"},
            "mark": {
                "type": "point", "shape": "diamond", "filled": True, "size": 90, "opacity": 1, "color": colour.text,
                "stroke": colour.background, "strokeWidth": 1,
            },
            "encoding": {
                "x": x,
                "y": {**y, "field": "place"},
                "tooltip": [tip("name", label("axis.agent")), tip("shown", label("indicator.objective_eur"))],
            },
        },
    ]  # fmt: skip
    place = np.arange(n, dtype=float)
    part = 0.78 / k
    lows = [i - 0.39 + j * part for i in range(n) for j in range(k)]
    title = _gains_title(names, change["objective_eur"], base[0], style)
    return Figure(
        title=title,
        subtitle=label("figure.who_gains.reading", base=base[0]),
        alt=label("figure.who_gains.alt", finding=title),
        spec=specification(style, height, layers),
        data={
            "bars": table(
                name=np.repeat(np.array(names, dtype=str), k),
                who=np.array([words[w] for w, _ in STAKEHOLDERS] * n, dtype=str),
                change=np.array([change[f][i] for i in range(n) for _, f in STAKEHOLDERS], dtype=float).round(4),
                shown=np.array(
                    [style.money(change[f][i] / style.rate, signed=True) for i in range(n) for _, f in STAKEHOLDERS],
                    dtype=str,
                ),
                low=np.array(lows, dtype=float),
                high=np.array(lows, dtype=float) + part * 0.92,
            ),
            "sums": table(
                name=np.array(names, dtype=str),
                place=place,
                change=change["objective_eur"].round(4),
                shown=np.array([style.money(v / style.rate, signed=True) for v in change["objective_eur"]], dtype=str),
            ),
        },
    )


def _gains_title(names: Sequence[str], change: Floats, base: str, style: Style) -> str:
    label = style.text
    if not len(names):
        return label("finding.only_one")
    top = int(change.argmax())
    if style.rounded(change[top] / style.rate) <= 0:
        return label("finding.nobody_gains", base=base)
    return label("finding.gains_most", agent=names[top], base=base, amount=style.money(change[top] / style.rate))


# --- the day of each --------------------------------------------------------------------------------------------------
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
    edges = np.append(world.times_local, world.times_local[-1] + STEP)
    site = transformer_power_kw(world, result.trace).sum(axis=0)
    base = transformer_power_kw(world, reference.trace).sum(axis=0)
    limit = world.limit_kw.sum(axis=0)
    rows, cells = _small_map(result)
    most = charger_power_kw(result.scenario)
    power_scale = {"domain": list(scale_kw), "range": [SITE[1], SITE[0]], "nice": False, "zero": False}
    power_axis = {
        "title": "kW", "titleY": sum(SITE) / 2, "titleAnchor": "middle", "tickCount": 3, "grid": True, "minExtent": 30,
        "orient": "left", "format": ",.10~g",
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
                "scale": {
                    "domain": [-most, -most / 4, 0, most / 4, most], "range": diverging(style), "clamp": True,
                    "interpolate": "rgb",
                },
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
    readout = {
        "transform": [
            {"calculate": "datum.t + 900000", "as": "t_end"},
            {"calculate": "utcFormat(datum.t, '%m-%d %H:%M')", "as": "when"},
        ],
        "params": [{"name": "hover", "select": {"type": "point", "on": "pointerover", "clear": "pointerout"}}],
        "mark": {"type": "rect", "fill": colour.text, "opacity": 0},
        "encoding": {
            "x": time_x(style),
            "x2": {"field": "t_end"},
            "y": {"value": 0},
            "y2": {"value": SOC[1]},
            "opacity": {"condition": {"param": "hover", "empty": False, "value": 0.07}, "value": 0},
            "tooltip": [
                tip("when", label("axis.time")),
                tip("site", f"{label('tip.site')} (kW)", ",.1f"),
                tip("reference", f"{agent_name(style, reference.trace.agent)} (kW)", ",.1f"),
                tip("limit", f"{label('series.limit')} (kW)", ",.0f"),
            ],
        },
    }
    totals = result.ledger.totals
    name = agent_name(style, result.trace.agent)
    key = "finding.small_day_over" if totals.overload_kwh >= 0.05 else "finding.small_day"
    title = label(key, agent=name, peak=float(site.max()), over=totals.overload_kwh)

    def closed(values: Floats) -> Floats:
        return np.append(values, values[-1]).round(2)

    return Figure(
        title=title,
        subtitle="",
        alt=label("figure.small_day.alt", finding=title),
        spec=specification(
            style, SOC[1], [map_track, site_track, soc_track, readout], data={"name": "site"},
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


def _rows(power_kw: Floats, plugged: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """[rows, steps]: mean power of neighbouring stations, where there are more than `MOST_ROWS`."""
    share = -(-len(power_kw) // MOST_ROWS)
    starts = np.arange(0, len(power_kw), share)
    size = np.diff(np.append(starts, len(power_kw)))[:, None]
    some: NDArray[np.bool_] = np.asarray(np.logical_or.reduceat(plugged, starts, axis=0), dtype=bool)
    mean: Floats = np.add.reduceat(power_kw, starts, axis=0) / size
    return mean, some


def _plugged(result: Result) -> NDArray[np.bool_]:
    """[stations, steps]: whether any car is there."""
    at = result.world.occupancy.reshape(result.scenario.stations, -1, result.world.n_steps)
    out: NDArray[np.bool_] = np.logical_or.reduce(at >= 0, axis=1)
    return out


def _small_map(result: Result) -> tuple[int, Any]:
    world = result.world
    power, plugged = _rows(station_power_kw(world, result.trace), _plugged(result))
    power = np.round(power * 2) / 2  # half a kW: colours tell no more
    change = np.ones(power.shape, dtype=bool)
    change[:, 1:] = (power[:, 1:] != power[:, :-1]) | (plugged[:, 1:] != plugged[:, :-1])
    row, first = np.nonzero(change)
    ends = np.append(row[1:] != row[:-1], True)
    last = np.where(ends, world.n_steps, np.append(first[1:], 0))
    keep = plugged[row, first]
    row, first, last = row[keep], first[keep], last[keep]
    time = milliseconds(np.append(world.times_local, world.times_local[-1] + STEP))
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


# --- every car --------------------------------------------------------------------------------------------------------
def every_car(results: Sequence[Result], style: Style) -> Figure:
    """Each car's profit against its readiness, a row an agent; pointing at a car finds it in every row.

    Returns
    -------
    Figure
        Data `cars`, a row an agent and car.
    """
    colour, label = style.colours, style.text
    n = len(results)
    names = [agent_name(style, run.trace.agent) for run in results]
    height = n * 54
    tables = [run.ledger.sessions for run in results]
    ready = np.concatenate([t["ready_frac"].to_numpy() for t in tables])
    least = min(0.9, float(ready.min())) if len(ready) else 0.9
    cars = len(tables[0])
    row = np.repeat(np.arange(n), cars)
    profit = np.concatenate([t["user_profit_eur"].to_numpy() for t in tables]) * style.rate
    title_x = label("axis.car_profit", currency=style.currency)
    x, y = number_x("profit", title_x), named_rows("y", names, height, style)
    found = {"test": {"or": [{"param": name, "empty": False} for name in ("found", "kept")]}}
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": [{"at": i + 0.5} for i in range(n - 1)]},
            "mark": {"type": "rule", "color": colour.line},
            "encoding": {"y": {**y, "field": "at"}},
        },
        {
            "mark": {"type": "line", "color": colour.text, "strokeWidth": 1.25},
            "encoding": {
                "x": x, "y": y, "detail": {"field": "car"}, "order": {"field": "row", "type": "quantitative"},
                "opacity": {"condition": {**found, "value": 0.7}, "value": 0},
            },
        },
        {
            "params": [
                {
                    "name": "found",
                    "select": {"type": "point", "fields": ["car"], "on": "pointerover", "clear": "pointerout"},
                },
                {"name": "kept", "select": {"type": "point", "fields": ["car"], "on": "click", "clear": "dblclick"}},
            ],
            "mark": {"type": "point", "filled": True, "opacity": 0.75, "strokeWidth": 1.5},
            "encoding": {
                "x": x,
                "y": y,
                "color": {
                    "condition": {"test": "datum.short == 1", "value": colour.limit},
                    "value": colour.drivers,
                },
                "size": {"condition": {**found, "value": 150}, "value": 42},
                "stroke": {"condition": {**found, "value": colour.text}, "value": None},
                "tooltip": [
                    tip("agent", label("axis.agent")),
                    tip("model", label("table.car")),
                    tip("station", label("axis.station"), ",d"),
                    tip("profit", title_x, style.money_format),
                    tip("ready", label("tip.ready"), ".1%"),
                ],
            },
        },
    ]  # fmt: skip
    short = np.concatenate([(t["unmet_kwh"] > 0.05).to_numpy() for t in tables])
    unready = [int((t["unmet_kwh"] > 0.05).sum()) for t in tables]
    if cars == 0:
        title = label("finding.no_cars")
    elif not any(unready):
        title = label("finding.every_car_ready", cars=cars)
    else:
        worst = int(np.argmax(unready))
        title = label("finding.cars_left_short", agent=names[worst], short=unready[worst], cars=cars)
    return Figure(
        title=title,
        subtitle=label("figure.every_car.reading", least=f"{least:.0%}"),
        hint=label("figure.every_car.hint"),
        alt=label("figure.every_car.alt", finding=title),
        spec=specification(style, height, layers, data={"name": "cars"}),
        data={
            "cars": table(
                car=np.tile(np.arange(cars), n),
                row=row,
                y=(row - 0.32 + 0.64 * (1 - ready) / (1 - least)).round(3),
                agent=np.array(names, dtype=str)[row] if len(row) else np.array([], dtype=str),
                model=np.concatenate([t["car"].to_numpy().astype(str) for t in tables]).astype(str),
                station=np.concatenate([t["station"].to_numpy() for t in tables]),
                profit=profit.round(4),
                ready=ready.round(4),
                short=short,
            )
        },
    )


# --- where two differ -------------------------------------------------------------------------------------------------
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
    grouped, _ = _rows(by_hour, by_hour != 0)
    share = -(-len(by_hour) // MOST_ROWS)
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
                        "orient": "left", "minExtent": 30, "format": ",.10~g",
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
                    "field": "energy", "type": "quantitative", "legend": None,
                    "scale": {
                        "domain": [-most, -most / 4, 0, most / 4, most], "range": diverging(style),
                        "interpolate": "rgb",
                    },
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
        **{"from": str(hours[at].astype("datetime64[m]"))[-5:]},
        to=str((hours[at] + np.timedelta64(120, "m")).astype("datetime64[m]"))[-5:],
        energy=abs(net),
        count=len(most),
        stations=", ".join(str(i) for i in sorted(most)),
    )


# --- in words ---------------------------------------------------------------------------------------------------------
def headline(results: Sequence[Result], base: Result, best: Result | None, style: Style) -> list[Finding]:
    """Who does best without knowing the future, what that does for whom, and whom the others leave short.

    Where the leader overloads a transformer or leaves a car short gravely, that comes before all praise.

    Parameters
    ----------
    results : sequence of Result
    base : Result
        What everybody is measured against.
    best : Result or None
        The best plan, where it is known already; nobody is praised for foresight.
    style : Style
    """
    if base.ledger.totals.cars == 0:
        return [Finding("headline.empty")]
    able = [run for run in results if run.trace.agent != BOUND]
    others = [run for run in able if run.trace.agent != base.trace.agent]
    if not others:
        return [Finding("headline.choose_more")]
    among = not_knowing("able", [run.trace.agent for run in results], style)
    top = max(others, key=lambda run: run.ledger.totals.objective_eur)
    against = agent_name(style, base.trace.agent)
    gain = top.ledger.totals.objective_eur - base.ledger.totals.objective_eur
    values: dict[str, str | float] = {
        "agent": agent_name(style, top.trace.agent), "base": against, "amount": style.money(abs(gain)), "among": among,
    }  # fmt: skip
    gains = style.rounded(gain) > 0
    first = Finding("headline.leads" if gains else "headline.none_leads", values)
    possible = None if best is None else best.ledger.totals.objective_eur - base.ledger.totals.objective_eur
    if gains and possible is not None and style.rounded(possible) > 0:
        first = Finding("headline.leads_share", {**values, "share": share_text(gain / possible)})
    grave = [fault.leading for fault in faults(top, base, style) if fault.severity >= GRAVE]
    sentences = [*grave[:1], first]
    if gains:
        change = {
            name: style.amount(getattr(top.ledger.totals, f) - getattr(base.ledger.totals, f), signed=True)
            for name, f in STAKEHOLDERS
        }
        sentences.append(Finding("headline.leads_for", {**change, "currency": style.currency, "base": against}))
    sentences.append(_best_for_grid(results, base, style))
    short = {run.trace.agent: cars_short(run) for run in results}
    if not any(short.values()):
        sentences.append(Finding("headline.all_agents_ready"))
    else:
        worst = max(short, key=lambda name: short[name])
        sentences.append(
            Finding(
                "headline.agent_short",
                {"agent": agent_name(style, worst), "short": short[worst], "cars": base.ledger.totals.cars},
            )
        )
    return sentences


def not_knowing(key: str, shown: Collection[str], style: Style) -> str:
    """Words for a sentence about agents without foresight, where the best plan is shown beside them; else none."""
    return style.text(f"names.{key}") if BOUND in shown else ""


def together(agents: Sequence[str], style: Style) -> str:
    """Agents in one breath: three names at most, then how many more."""
    names = [agent_name(style, agent) for agent in agents]
    if len(names) < 2:
        return "".join(names)
    values = dict(zip(("first", "second", "third"), names, strict=False))
    if len(names) == 2:
        return style.text("names.two", **values)
    if len(names) == 3:
        return style.text("names.three", **values)
    return style.text("names.more", count=len(names) - 3, **values)


def _best_for_grid(results: Sequence[Result], base: Result, style: Style) -> Finding:
    """Who serves the grid best, and what that costs the drivers against whoever serves them best."""
    able, shown = [run for run in results if run.trace.agent != BOUND], [run.trace.agent for run in results]
    before = base.ledger.totals.grid_value_eur
    grid = {run.trace.agent: style.rounded(run.ledger.totals.grid_value_eur - before) for run in able}
    drivers = {run.trace.agent: run.ledger.totals.user_profit_eur for run in able}
    most = max(grid.values())
    if most == min(grid.values()):
        return Finding("headline.grid_alike", {"among": not_knowing("able_all", shown, style)})
    tied = [name for name in grid if grid[name] == most]
    agent = max(tied, key=lambda name: drivers[name])
    other = max(drivers, key=lambda name: drivers[name])
    cost = drivers[other] - drivers[agent]
    values: dict[str, str | float] = {
        "agent": agent_name(style, agent), "other": agent_name(style, other), "cost": style.money(cost),
        "grid": style.money(most / style.rate, signed=True), "base": agent_name(style, base.trace.agent),
        "among": not_knowing("able", shown, style),
    }  # fmt: skip
    key = "headline.grid_best" if style.rounded(cost) > 0 else "headline.grid_and_drivers"
    if len(tied) > 1:
        return Finding(f"{key}_tied", {**values, "agents": together(tied, style)})
    return Finding(key, values)
