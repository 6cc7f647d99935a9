"""One station through the day: state of charge, power, price and profit, on one time axis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.accounts.ledger import station_power_kw
from core.accounts.playback import of_run, running_money
from core.figures.channels import edges_of, time_x
from core.figures.figure import Figure, milliseconds, specification, table
from core.figures.findings import Finding
from core.figures.style import Style
from core.studies.run import Result

Floats = NDArray[np.float64]

TRACKS = {"soc": (4, 116), "power": (138, 232), "price": (254, 318), "profit": (340, 424)}
"""Top and bottom of each track [px]."""


def station_detail(result: Result, reference: Result, station: int, explanation: pd.DataFrame, style: Style) -> Figure:
    """Four tracks over one time axis for one station.

    Parameters
    ----------
    result, reference : Result
        The agent's run and the reference's, on the same World.
    station : int
    explanation : pandas.DataFrame
        `core.accounts.explain.explain_station(result.world, result.trace, station)`; its reasons are in the tooltips.
    style : Style

    Returns
    -------
    Figure
        Data `soc` (a row a step and car), `wanted` (a row a car), `steps` (a row a step and one more at the end).
    """
    colour, label = style.colours, style.text
    world = result.world
    edges = edges_of(world.times_local)
    price_title = label("axis.price_short", currency=style.unit)
    profit_title = label("axis.profit_so_far", currency=style.unit)
    layers = [
        *_soc_track(style),
        *_power_track(style),
        _line("buy", "price", {"color": colour.price, "strokeWidth": 1.75}, style, price_title),
        {
            "layer": [
                _line("profit_reference", "profit", {"color": colour.muted, "strokeWidth": 1.25}, style, profit_title),
                _line("profit", "profit", {"color": colour.drivers, "strokeWidth": 2}, style, profit_title),
            ],
            "resolve": {"scale": {"y": "shared"}},
        },
        _readout(style),
    ]
    finding = station_day(result, reference, station, style)
    title = label(finding.key, **finding.values)
    return Figure(
        title=title,
        subtitle=label("figure.station_detail.reading"),
        alt=label("figure.station_detail.alt", station=station, finding=title),
        spec=specification(
            style, TRACKS["profit"][1], layers, data={"name": "steps"}, resolve={"scale": {"y": "independent"}}
        ),
        data={
            "soc": _soc_rows(result, station, "agent"),
            "soc_reference": _soc_rows(reference, station, "reference"),
            "wanted": _wanted_rows(result, station),
            "steps": _step_rows(result, reference, station, explanation, edges, style),
        },
    )


def _profit_so_far_eur(result: Result, station: int) -> Floats:
    """[steps + 1]: what the station's drivers gained so far; unmet energy counts when a car leaves."""
    return running_money(of_run(result.world, result.trace, result.ledger), station).total_eur


def _soc_rows(result: Result, station: int, who: str) -> Any:
    """Line of each car: where it starts on arrival, then the end of every step; `car` keeps lines apart."""
    world, s = result.world, result.world.sessions
    time = milliseconds(edges_of(world.times_local))
    t, soc, car = [], [], []
    for i in np.flatnonzero(s.station == station):
        first, last = int(s.arrival_step[i]), int(s.departure_step[i])
        energy = np.append(s.arrival_energy_kwh[i], result.trace.energy_kwh[s.port[i], first : last + 1])
        t.append(time[first : last + 2])
        soc.append(energy / s.capacity_kwh[i])
        car.append(np.full(last - first + 2, i))
    none = np.zeros(0)
    return table(
        t=np.concatenate(t) if t else none,
        soc=(np.concatenate(soc) if soc else none).round(5),
        car=(np.concatenate(car) if car else none).astype(np.int64),
    )


def _wanted_rows(result: Result, station: int) -> Any:
    """Each car's stay, what its driver wants at the end of it, and the floor for discharging."""
    world, s = result.world, result.world.sessions
    mine = np.flatnonzero(s.station == station)
    time = milliseconds(edges_of(world.times_local))
    return table(
        t0=time[s.arrival_step[mine]],
        t1=time[s.departure_step[mine] + 1],
        wanted=(s.wanted_energy_kwh[mine] / s.capacity_kwh[mine]).round(4),
        floor=(s.min_energy_kwh[mine] / s.capacity_kwh[mine]).round(4),
    )


def _step_rows(
    result: Result,
    reference: Result,
    station: int,
    explanation: pd.DataFrame,
    edges: NDArray[np.datetime64],
    style: Style,
) -> Any:
    world = result.world
    power = station_power_kw(world, result.trace)[station]
    base = station_power_kw(world, reference.trace)[station]
    n, plugs = world.n_steps, result.scenario.ports_per_station
    words = {code: style.text(f"reasons.{code}") for code in explanation["reason"].unique()}
    by_port = explanation["reason"].map(words).to_numpy().reshape(plugs, n)
    busy = (world.occupancy.reshape(-1, plugs, n)[station] >= 0).any(axis=0)
    # One sentence a step: of the plug that moves most, or of the first that is taken.
    here = explanation["session"].to_numpy().reshape(plugs, n) >= 0
    moving = np.where(here, 1 + np.abs(explanation["power_kw"].to_numpy().reshape(plugs, n)), 0).argmax(axis=0)
    why = by_port[moving, np.arange(n)]

    def closed(values: Floats) -> Floats:
        return np.append(values, values[-1])

    return table(
        t=edges,
        charge=closed(np.maximum(power, 0)).round(3),
        give=closed(np.minimum(power, 0)).round(3),
        power=closed(power).round(3),
        power_reference=closed(base).round(3),
        buy=closed(world.prices.buy_eur_per_kwh * style.rate).round(5),
        sell=closed(world.prices.sell_eur_per_kwh * style.rate).round(5),
        profit=(_profit_so_far_eur(result, station) * style.rate).round(4),
        profit_reference=(_profit_so_far_eur(reference, station) * style.rate).round(4),
        why=np.append(why, ""),
        busy=np.append(busy, False),
    )


def _y(track: str, field: str, title: str | None, **scale: Any) -> dict[str, Any]:
    top, bottom = TRACKS[track]
    axis = None
    if title is not None:
        axis = {
            "title": title, "titleY": (top + bottom) / 2, "titleAnchor": "middle", "tickCount": 3, "grid": True,
            "orient": "left", "minExtent": 34, "format": ",~r", **scale.pop("axis", {}),
        }  # fmt: skip
    shape = {"range": [bottom, top], "nice": True, **scale}
    return {"field": field, "type": "quantitative", "scale": shape, "axis": axis}


def _soc_track(style: Style) -> list[dict[str, Any]]:
    colour, label = style.colours, style.text
    scale: dict[str, Any] = {"domain": [0, 1], "nice": False, "axis": {"format": ".0%", "values": [0, 0.5, 1]}}
    bare = {"domain": [0, 1], "nice": False}
    return [
        {
            "data": {"name": "wanted"},
            "mark": {"type": "rect", "color": colour.idle, "opacity": 0.6},
            "encoding": {
                "x": time_x(style, "t0"),
                "x2": {"field": "t1"},
                "y": _y("soc", "floor", label("axis.soc"), **scale),
                "y2": {"field": "wanted"},
            },
        },
        {
            "data": {"name": "wanted"},
            "mark": {
                "type": "point", "shape": "triangle-left", "filled": True, "size": 60,
                "color": colour.text, "opacity": 1,
            },
            "encoding": {
                "x": time_x(style, "t1"),
                "y": _y("soc", "wanted", None, **bare),
                "tooltip": [{"field": "wanted", "title": label("tip.wanted"), "type": "quantitative", "format": ".0%"}],
            },
        },
        *(
            {
                "data": {"name": name},
                "mark": {"type": "line", **mark},
                "encoding": {
                    "x": time_x(style),
                    "y": _y("soc", "soc", None, **bare),
                    "detail": {"field": "car", "type": "nominal"},
                },
            }
            for name, mark in (
                ("soc_reference", {"color": colour.muted, "strokeWidth": 1.25}),
                ("soc", {"color": colour.charge, "strokeWidth": 2.25}),
            )
        ),
    ]  # fmt: skip


def _power_track(style: Style) -> list[dict[str, Any]]:
    colour, label = style.colours, style.text

    def area(field: str, tint: str) -> dict[str, Any]:
        return {
            "mark": {"type": "area", "interpolate": "step-after", "color": tint},
            "encoding": {
                "x": time_x(style),
                "y": {**_y("power", field, label("axis.power")), "stack": None},
            },
        }

    both = {
        "layer": [
            area("charge", colour.charge),
            area("give", colour.discharge),
            {
                "mark": {"type": "line", "interpolate": "step-after", "color": colour.muted, "strokeWidth": 1.25},
                "encoding": {"x": time_x(style), "y": _y("power", "power_reference", label("axis.power"))},
            },
        ],
        "resolve": {"scale": {"y": "shared"}},
    }
    return [both]


def _line(field: str, track: str, mark: dict[str, Any], style: Style, title: str | None) -> dict[str, Any]:
    step = {} if track == "profit" else {"interpolate": "step-after"}
    return {
        "mark": {"type": "line", **step, **mark},
        "encoding": {"x": time_x(style), "y": _y(track, field, title, zero=track == "profit")},
    }


def _readout(style: Style) -> dict[str, Any]:
    label, unit = style.text, style.unit
    return {
        "transform": [
            {"calculate": "datum.t + 900000", "as": "t_end"},
            {"calculate": "utcFormat(datum.t, '%m-%d %H:%M')", "as": "when"},
        ],
        "params": [{"name": "hover", "select": {"type": "point", "on": "pointerover", "clear": "pointerout"}}],
        "mark": {"type": "rect", "fill": style.colours.text, "opacity": 0},
        "encoding": {
            "x": time_x(style),
            "x2": {"field": "t_end"},
            "y": {"value": 0},
            "y2": {"value": TRACKS["profit"][1]},
            "opacity": {"condition": {"param": "hover", "empty": False, "value": 0.08}, "value": 0},
            "tooltip": [
                {"field": "when", "title": label("axis.time")},
                {"field": "power", "title": label("axis.power"), "type": "quantitative", "format": "+,.2f"},
                {
                    "field": "buy",
                    "title": label("axis.price_short", currency=unit),
                    "type": "quantitative",
                    "format": style.price_format,
                },
                {
                    "field": "sell",
                    "title": label("tip.sell", currency=unit),
                    "type": "quantitative",
                    "format": style.price_format,
                },
                {
                    "field": "profit",
                    "title": label("axis.profit_so_far", currency=unit),
                    "type": "quantitative",
                    "format": style.money_format,
                },
                {"field": "why", "title": label("tip.why")},
            ],
        },
    }


def station_day(result: Result, reference: Result, station: int, style: Style) -> Finding:
    """One station's energy and profit."""
    row, base = result.ledger.stations.iloc[station], reference.ledger.stations.iloc[station]
    if row["cars"] == 0:
        return Finding("finding.station_empty", {"station": station})
    values: dict[str, str | int | float] = {
        "station": station, "cars": int(row["cars"]),
        "charged": float(row["charged_kwh"]), "discharged": float(row["discharged_kwh"]),
        "profit": style.money(float(row["user_profit_eur"]), signed=True),
        "base": style.money(float(base["user_profit_eur"]), signed=True),
    }  # fmt: skip
    same = result.trace.agent == reference.trace.agent
    return Finding("finding.station_day_alone" if same else "finding.station_day", values)
