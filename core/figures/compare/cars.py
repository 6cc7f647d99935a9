"""Every car under every agent: what its driver gains, and whether it is ready."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.figures.channels import named_rows, quantity, tip
from core.figures.compare.cut import cut_at
from core.figures.figure import Figure, specification, table
from core.figures.findings import SHORT_KWH
from core.figures.marks import agent_name
from core.figures.style import Style
from core.studies.run import Result


def every_car(results: Sequence[Result], style: Style) -> Figure:
    """Each car's profit against its readiness, a row an agent; pointing at a car finds it in every row.

    Returns
    -------
    Figure
        Data `cars`, a row an agent and car; where one agent's cars would flatten all others, they stand at the edge.
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
    title_x = label("axis.car_profit", currency=style.unit)
    far = np.array([float(t["user_profit_eur"].abs().max()) * style.rate for t in tables]) if cars else np.zeros(0)
    end = cut_at(far, 10.0**-style.digits)
    drawn = profit if end is None else profit.clip(-end, end)
    x, y = quantity("drawn", title_x, padding=8), named_rows("y", names, height, style)
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
    short = np.concatenate([(t["unmet_kwh"] > SHORT_KWH).to_numpy() for t in tables])
    unready = [int((t["unmet_kwh"] > SHORT_KWH).sum()) for t in tables]
    if cars == 0:
        title = label("finding.no_cars")
    elif not any(unready):
        title = label("finding.every_car_ready", cars=cars)
    else:
        worst = int(np.argmax(unready))
        title = label("finding.cars_left_short", agent=names[worst], short=unready[worst], cars=cars)
    return Figure(
        title=title,
        subtitle=" ".join(
            [
                label("figure.every_car.reading", least=f"{least:.0%}"),
                *([] if end is None else [label("figure.every_car.cut", n=int((np.abs(profit) > end).sum()))]),
            ]
        ),
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
                drawn=drawn.round(4),
                ready=ready.round(4),
                short=short,
            )
        },
    )
