"""Each station's energy charged and discharged, beside what its drivers gain."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.figures.explore import RunFigure, Shown
from core.figures.figure import Figure, specification, table
from core.figures.findings import Finding
from core.figures.heat import HEAD_PX, PICK, rows_height, station_ticks
from core.figures.style import UNKNOWN, Style
from core.studies.run import Result

ENERGY_SHARE = 0.56
"""Share of the width for the energy bars; the rest, less a gap, shows profit."""


def station_bars(result: Result, reference: Result, style: Style, *, station: int | None = None) -> Figure:
    """Energy by station as bars to both sides, and user profit of the agent and the reference.

    Rows line up with `heat.power_map` where both stand side by side.

    Parameters
    ----------
    result, reference : Result
        The agent's run and the reference's, on the same World.
    style : Style
    station : int, optional
        The chosen station.

    Returns
    -------
    Figure
        Data `stations` (a row a station) and `chosen`; selection `pick` on field `station`.
    """
    colour, label, n = style.colours, style.text, result.scenario.stations
    top = HEAD_PX
    bottom = top + rows_height(n)
    rows = result.ledger.stations
    pad = 0.16 if n <= 60 else 0.06
    row_scale = {"domain": [-0.5, n - 0.5], "range": [top, bottom], "zero": False, "nice": False}
    axis = {
        "title": label("axis.station"), "titleY": (top + bottom) / 2, "titleAnchor": "middle",
        "values": station_ticks(n), "format": ",d", "grid": False, "orient": "left", "minExtent": 26,
    }  # fmt: skip
    middle: dict[str, Any] = {"field": "station", "type": "quantitative", "scale": row_scale, "axis": None}
    y: dict[str, Any] = {"field": "low", "type": "quantitative", "scale": row_scale, "axis": None}
    y2 = {"field": "high"}
    energy_x = {
        "range": [{"expr": "0"}, {"expr": f"width * {ENERGY_SHARE}"}],
        "nice": False,
        "zero": True,
        "padding": 2,
    }
    profit_x = {
        "range": [{"expr": f"width * {ENERGY_SHARE} + 18"}, {"expr": "width"}],
        "nice": False,
        "zero": True,
        "padding": 6,
    }

    def x(field: str, scale: dict[str, Any], title: str, centre: str) -> dict[str, Any]:
        shape = {
            "title": title, "tickCount": 4, "grid": False, "orient": "bottom", "format": ",~r",
            "titleX": {"expr": centre}, "titleAnchor": "middle",
        }  # fmt: skip
        return {"field": field, "type": "quantitative", "scale": scale, "axis": shape}

    energy_centre, profit_centre = f"width * {ENERGY_SHARE / 2}", f"width * {(1 + ENERGY_SHARE) / 2} + 9"
    energy_title = label("axis.energy")
    profit_title = label("axis.user_profit", currency=style.unit)
    edges = [
        {"calculate": f"datum.station - 0.5 + {pad}", "as": "low"},
        {"calculate": f"datum.station + 0.5 - {pad}", "as": "high"},
    ]
    x_of = {
        name: x(name, energy_x, energy_title, energy_centre)
        if name in ("charged", "discharged")
        else x(name, profit_x, profit_title, profit_centre)
        for name in ("charged", "discharged", "profit", "reference")
    }

    def zero(like: dict[str, Any]) -> dict[str, Any]:
        """The line at nothing, along the rows."""
        return {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "color": colour.muted},
            "encoding": {"x": {"datum": 0, **_bare(like)}, "y": {"value": top}, "y2": {"value": bottom}},
        }

    words = [
        _word(
            label("series.discharged"), {"datum": 0, **_bare(x_of["charged"])}, top - 8, colour.discharge_words, "right"
        ),
        _word(label("series.charged"), {"datum": 0, **_bare(x_of["charged"])}, top - 8, colour.charge, "left"),
        _word("\N{BLACK CIRCLE} " + label("series.agent"), {"value": "width"}, top - 24, colour.drivers_words, "right"),
        _word("\N{WHITE CIRCLE} " + label("series.reference"), {"value": "width"}, top - 8, colour.muted, "right"),
    ]

    energy = {
        "layer": [
            _bar(x_of["charged"], y | {"axis": axis}, y2, colour.charge),
            _bar(x_of["discharged"], y | {"axis": axis}, y2, colour.discharge),
            zero(x_of["charged"]),
            *words[:2],
        ],
        "resolve": {"scale": {"x": "shared", "y": "shared"}},
    }
    size = 46 if n <= 60 else 14
    profit = {
        "layer": [
            zero(x_of["profit"]),
            {
                "mark": {"type": "rule", "color": colour.drivers, "strokeWidth": 2, "opacity": 0.55},
                "encoding": {"x": x_of["reference"], "x2": {"field": "profit"}, "y": middle},
            },
            _dot(x_of["reference"], middle, {"fill": colour.background, "stroke": colour.muted, "size": size}),
            _dot(x_of["profit"], middle, {"fill": colour.drivers, "stroke": colour.drivers, "size": size}),
        ],
        "transform": [{"filter": "datum.cars > 0"}],
        "resolve": {"scale": {"x": "shared", "y": "shared"}},
    }
    money = style.money_format
    pick = {
        "params": [PICK],
        "mark": {"type": "rect", "opacity": 0.001, "fill": colour.text, "cursor": "pointer"},
        "encoding": {
            "x": {"value": 0},
            "x2": {"value": "width"},
            "y": y,
            "y2": y2,
            "tooltip": [
                {"field": "station", "title": label("axis.station"), "type": "quantitative", "format": ",d"},
                {"field": "cars", "title": label("tip.cars"), "type": "quantitative", "format": ",d"},
                {"field": "charged", "title": label("tip.charged"), "type": "quantitative", "format": ",.2f"},
                {"field": "given", "title": label("tip.discharged"), "type": "quantitative", "format": ",.2f"},
                {"field": "profit", "title": profit_title, "type": "quantitative", "format": money},
                {
                    "field": "reference",
                    "title": label("tip.reference_profit", currency=style.unit),
                    "type": "quantitative",
                    "format": money,
                },
                {"field": "ready", "title": label("tip.ready")},
            ],
        },
    }
    chosen = {
        "data": {"name": "chosen"},
        "mark": {"type": "rect", "fill": None, "stroke": colour.text, "strokeWidth": 1.5},
        "encoding": {"x": {"value": 0}, "x2": {"value": "width"}, "y": y, "y2": y2},
    }
    finding = station_gains(result, reference, style)
    title = label(finding.key, **finding.values)
    marked = np.array([] if station is None else [station], dtype=np.float64)
    discharged, used = rows["discharged_kwh"].to_numpy(), rows["cars"].to_numpy() > 0
    return Figure(
        title=title,
        subtitle=label("figure.station_bars.reading"),
        alt=label("figure.station_bars.alt", stations=n, finding=title),
        spec=specification(
            style, bottom, [energy, profit, *words[2:], pick, chosen],
            data={"name": "stations"}, transform=edges, resolve={"scale": {"x": "independent", "y": "independent"}},
        ),
        data={
            "stations": table(
                station=rows["station"].to_numpy(),
                cars=rows["cars"].to_numpy(),
                charged=rows["charged_kwh"].to_numpy().round(3),
                discharged=-discharged.round(3),
                given=discharged.round(3),
                profit=(rows["user_profit_eur"].to_numpy() * style.rate).round(4),
                reference=(reference.ledger.stations["user_profit_eur"].to_numpy() * style.rate).round(4),
                ready=np.where(used, [f"{100 * x:.0f} %" for x in rows["ready_frac"]], UNKNOWN),
            ),
            "chosen": table(station=marked, low=marked - 0.5, high=marked + 0.5),
        },
    )  # fmt: skip


def _bar(x: dict[str, Any], y: dict[str, Any], y2: dict[str, Any], colour: str) -> dict[str, Any]:
    x2 = {"datum": 0}
    return {"mark": {"type": "rect", "color": colour}, "encoding": {"x": x, "x2": x2, "y": y, "y2": y2}}


def _dot(x: dict[str, Any], y: dict[str, Any], mark: dict[str, Any]) -> dict[str, Any]:
    shape = {"type": "point", "filled": True, "shape": "circle", "opacity": 1, "strokeWidth": 1.25}
    return {"mark": {**shape, **mark}, "encoding": {"x": x, "y": y}}


def _bare(x: dict[str, Any]) -> dict[str, Any]:
    """The same channel without its field, for a fixed datum."""
    return {key: value for key, value in x.items() if key != "field"}


def _word(text: str, x: dict[str, Any], y_px: int, colour: str, align: str) -> dict[str, Any]:
    """A label in the band above the rows: what a colour means, where it is used."""
    away = {"left": 5, "right": -5}[align] if "datum" in x else 0
    return {
        "data": {"values": [{}]},
        "mark": {"type": "text", "text": text, "align": align, "dx": away, "color": colour, "fontSize": 11},
        "encoding": {"x": x, "y": {"value": y_px}},
    }


def station_gains(result: Result, reference: Result, style: Style) -> Finding:
    """At how many stations drivers gain over the reference, and where most and least."""
    agent, base = result.ledger.stations, reference.ledger.stations
    used = agent["cars"].to_numpy() > 0
    if not used.any():
        return Finding("finding.no_cars")
    profit = agent["user_profit_eur"].to_numpy()
    if result.trace.agent == reference.trace.agent:
        best = int(np.where(used, profit, -np.inf).argmax())
        return Finding(
            "finding.stations_alone",
            {"used": int(used.sum()), "best": best, "amount": style.money(profit[best], signed=True)},
        )
    gain = profit - base["user_profit_eur"].to_numpy()
    gainers = int((used & np.array([style.rounded(v) > 0 for v in gain])).sum())
    best = int(np.where(used, gain, -np.inf).argmax())
    values: dict[str, str | int | float] = {
        "gainers": gainers, "used": int(used.sum()), "best": best, "amount": style.money(gain[best], signed=True)
    }  # fmt: skip
    return Finding("finding.stations_gain" if gainers else "finding.stations_none", values)


def _draw(shown: Shown) -> Figure:
    return station_bars(shown.result, shown.reference, shown.style, station=shown.station)


FIGURE = RunFigure("station_bars", row="stations", rank=2, draw=_draw, width=38, picks=True)
