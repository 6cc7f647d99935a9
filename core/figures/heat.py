"""Station x time map of power, with the price below it on the same time axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.ledger import station_power_kw
from core.figures.channels import PLAIN, STEP, clock, edges_of, time_x
from core.figures.explore import RunFigure, Shown
from core.figures.figure import Figure, milliseconds, specification, table
from core.figures.findings import Finding
from core.figures.style import Style, diverging_scale
from core.studies.run import Result
from core.world import charger_power_kw

HEAD_PX = 34
"""What colours mean, above the rows [px]; `station_bars` uses the same band, so that rows line up side by side."""

PRICE_PX = 64
GAP_PX = 16

PICK = {"name": "pick", "select": {"type": "point", "fields": ["station"], "toggle": "true", "on": "click"}}
"""Selection of stations by clicks. Every click toggles, so that every click is an event, also a second one on the same
station; which one is shown as chosen is said by the data, not by this selection."""


def rows_height(stations: int) -> int:
    """Height of the station rows [px]; `station_bars` uses the same, so that rows line up side by side."""
    return int(np.clip(stations * 15, 90, 455))


def power_map(result: Result, style: Style, *, station: int | None = None) -> Figure:
    """Heat map of power by station and time, above the price that drivers pay.

    Parameters
    ----------
    result : Result
    style : Style
    station : int, optional
        The chosen station, marked at the edge.

    Returns
    -------
    Figure
        Data `runs` (stretches of equal power), `prices` and `chosen`; selection `pick` on field `station`.

    Notes
    -----
    Equal neighbours are one mark: a car at full power for three hours is one rectangle, not twelve. Cars that idle are
    neutral; empty ports are left blank. The colour scale is fixed by the charger's power, so that colours mean the same
    in every run of a site.
    """
    scenario, world, colour = result.scenario, result.world, style.colours
    n, most = scenario.stations, charger_power_kw(scenario)
    top, bottom = HEAD_PX, HEAD_PX + rows_height(n)
    price_top = bottom + GAP_PX
    data = _runs(result)
    edges = edges_of(world.times_local)
    price = world.prices.buy_eur_per_kwh * style.rate
    gap = 0.08 if n <= 60 else 0.0
    row_scale = {"domain": [-0.5, n - 0.5], "range": [top, bottom], "zero": False, "nice": False}
    label = style.text
    price_layer = {
        "data": {"name": "prices"},
        "mark": {"type": "line", "interpolate": "step-after", "color": colour.price, "strokeWidth": 1.75, "clip": True},
        "encoding": {
            "x": time_x(style),
            "y": {
                "field": "price",
                "type": "quantitative",
                "scale": {"range": [price_top + PRICE_PX, price_top + 2], "zero": False, "nice": True},
                "axis": {
                    "title": label("axis.price_short", currency=style.unit), "titleY": price_top + PRICE_PX / 2,
                    "titleAnchor": "middle", "tickCount": 3, "grid": True, "orient": "left", "minExtent": 30,
                    "format": price_axis(price, style),
                },
            },
        },
    }  # fmt: skip
    map_layer = {
        "data": {"name": "runs"},
        "transform": [
            {"calculate": f"datum.station - 0.5 + {gap}", "as": "low"},
            {"calculate": f"datum.station + 0.5 - {gap}", "as": "high"},
            # A hair longer than the stretch, so that no seam shows between neighbours.
            {"calculate": "datum.t1 + 90000", "as": "t_end"},
            {"calculate": "utcFormat(datum.t0, '%m-%d %H:%M') + ' – ' + utcFormat(datum.t1, '%H:%M')", "as": "when"},
        ],
        "params": [PICK],
        "mark": {"type": "rect", "cursor": "pointer", "clip": True},
        "encoding": {
            "x": {**time_x(style, "t0"), "title": label("axis.time")},
            "x2": {"field": "t_end"},
            "y": {
                "field": "low",
                "type": "quantitative",
                "scale": row_scale,
                "axis": {
                    "title": label("axis.station"), "titleY": (top + bottom) / 2, "titleAnchor": "middle",
                    "values": station_ticks(n), "format": ",d", "grid": False, "orient": "left", "minExtent": 30,
                },
            },
            "y2": {"field": "high"},
            "color": {
                "field": "power",
                "type": "quantitative",
                "scale": diverging_scale(most, style, clamp=True),
                # Squares, not a gradient: Streamlit exchanges data in place, and browsers then lose SVG gradients.
                "legend": {
                    "title": label("axis.power"), "orient": "none", "legendX": 0, "legendY": 0,
                    "direction": "horizontal", "type": "symbol", "symbolType": "square",
                    "symbolSize": 110, "symbolStrokeWidth": 0, "values": [-most, -most / 2, 0, most / 2, most],
                    "labelExpr": "(datum.value > 0 ? '+' : '') + format(datum.value, '.0f')", "titleOrient": "left",
                },
            },
            "tooltip": [
                {"field": "station", "title": label("axis.station"), "type": "quantitative", "format": ",d"},
                {"field": "when", "title": label("axis.time")},
                {"field": "power", "title": label("axis.power"), "type": "quantitative", "format": "+,.2f"},
                {"field": "cars", "title": label("tip.plugged"), "type": "quantitative", "format": ",d"},
            ],
        },
    }  # fmt: skip
    chosen_layer = {
        "data": {"name": "chosen"},
        "mark": {"type": "rect", "fill": None, "stroke": colour.text, "strokeWidth": 1.5, "clip": True},
        "encoding": {
            "x": {"value": 0},
            "x2": {"value": "width"},
            "y": {"field": "low", "type": "quantitative", "scale": row_scale, "axis": None},
            "y2": {"field": "high"},
        },
    }
    finding = when_cars_charge(result)
    marked = np.array([] if station is None else [station], dtype=np.float64)
    return Figure(
        title=label(finding.key, **finding.values),
        subtitle=label("figure.power_map.reading", currency=style.unit),
        hint=label("figure.power_map.hint"),
        alt=label("figure.power_map.alt", stations=n, finding=label(finding.key, **finding.values)),
        spec=specification(
            style, price_top + PRICE_PX, [price_layer, map_layer, chosen_layer], resolve={"scale": {"y": "independent"}}
        ),
        data={
            "prices": table(t=edges, price=np.append(price, price[-1]).round(5)),
            "runs": data,
            "chosen": table(low=marked - 0.5, high=marked + 0.5),
        },
    )


def price_axis(price: NDArray[np.float64], style: Style) -> str:
    """d3 format of a price axis: a flat price has one label of arbitrary digits, written as tooltips write it."""
    return style.price_format if np.ptp(price) < 1e-9 else PLAIN


def station_ticks(stations: int) -> list[int]:
    """Labels of the station axis: all where there is room, else every fifth, tenth or twentieth."""
    step = next(s for s in (1, 2, 5, 10, 20, 50) if stations / s <= 30)
    return list(range(0, stations, step))


def _runs(result: Result) -> Any:
    """Stretches of equal power while the same cars are plugged in: station, start, end, power [kW], cars."""
    world, ports = result.world, result.scenario.ports_per_station
    power = station_power_kw(world, result.trace).round(2)
    at = world.occupancy.reshape(len(power), ports, world.n_steps)
    plugged = (at >= 0).sum(axis=1)
    # One number for "the same cars": sessions of each plug as digits of a mixed radix.
    who = ((at + 1) * (len(world.sessions) + 1) ** np.arange(ports)[:, None]).sum(axis=1)
    starts: NDArray[np.bool_] = np.ones(power.shape, dtype=bool)
    starts[:, 1:] = (power[:, 1:] != power[:, :-1]) | (who[:, 1:] != who[:, :-1])
    station, first = np.nonzero(starts)
    end_of_row = np.append(station[1:] != station[:-1], True)
    last = np.where(end_of_row, world.n_steps, np.append(first[1:], 0))
    keep = plugged[station, first] > 0
    station, first, last = station[keep], first[keep], last[keep]
    time = milliseconds(edges_of(world.times_local))
    return table(
        station=station, t0=time[first], t1=time[last], power=power[station, first], cars=plugged[station, first]
    )


def when_cars_charge(result: Result) -> Finding:
    """The shortest stretches of the day that hold half of all charging, and half of all discharging."""
    steps = result.ledger.steps
    charged, discharged = steps["charged_kwh"].to_numpy(), steps["discharged_kwh"].to_numpy()
    if charged.sum() < 0.05:
        return Finding("finding.no_charging")
    values: dict[str, str] = {}
    values["from"], values["to"] = _clock(result, *shortest_window(charged))
    if discharged.sum() < 0.05:
        return Finding("finding.charging", values)
    values["back_from"], values["back_to"] = _clock(result, *shortest_window(discharged))
    return Finding("finding.charging_and_discharging", values)


def shortest_window(energy_kwh: NDArray[np.float64], share: float = 0.5) -> tuple[int, int]:
    """First and last step, both included, of the shortest (then earliest) stretch with `share` of the energy [kWh]."""
    total = np.concatenate([[0.0], energy_kwh.cumsum()])
    goal = share * total[-1] * (1 - 1e-9)
    end = np.searchsorted(total, total[:-1] + goal)  # first index whose sum reaches the goal from each start
    length = np.where(end < len(total), end - np.arange(len(end)), len(total) + 1)
    first = int(length.argmin())
    return first, int(end[first]) - 1


def _clock(result: Result, first: int, last: int) -> tuple[str, str]:
    times = result.world.times_local
    return clock(times[first]), clock(times[last] + STEP)


def _draw(shown: Shown) -> Figure:
    return power_map(shown.result, shown.style, station=shown.station)


FIGURE = RunFigure("power_map", row="stations", rank=1, draw=_draw, width=62, picks=True)
