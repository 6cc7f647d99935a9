"""The day's three prices: what drivers pay, what they are paid, and what the provider pays."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.figures.channels import clock, edges_of, readout, time_x
from core.figures.figure import Figure, specification, table
from core.figures.findings import Finding
from core.figures.heat import price_axis
from core.figures.style import Style
from core.scenario import STEP_HOURS
from core.world import World

HEIGHT_PX = 240

PRICES = ("buy", "sell", "wholesale")


def day_prices(world: World, style: Style) -> Figure:
    """Step lines of the three prices; data `prices`, a row a step and one more at the end."""
    colour, label, curves = style.colours, style.text, world.prices
    values = {name: getattr(curves, f"{name}_eur_per_kwh") * style.rate for name in PRICES}
    names = {name: label(f"series.{name}") for name in PRICES}
    unit = f"{style.unit}/kWh"
    # Ever thinner, the last one dashed: lines that coincide are all seen.
    looks: dict[str, dict[str, Any]] = {
        "buy": {"color": colour.charge, "strokeWidth": 4},
        "sell": {"color": colour.discharge, "strokeWidth": 2.25},
        "wholesale": {"color": colour.provider, "strokeWidth": 2.25, "strokeDash": [5, 5]},
    }
    axis = {
        "title": unit, "grid": True, "tickCount": 5,
        "format": price_axis(np.concatenate(list(values.values())), style),
    }  # fmt: skip
    x = time_x(style)
    lines = [
        {
            "mark": {"type": "line", "interpolate": "step-after", **looks[name]},
            "encoding": {"x": x, "y": {"field": name, "type": "quantitative", "axis": axis, "scale": {"nice": True}}},
        }
        for name in PRICES
    ]
    legend = {
        "data": {"values": [{"series": names[name]} for name in PRICES]},
        "mark": {"type": "point", "filled": True, "opacity": 0},
        "encoding": {
            "color": {
                "field": "series",
                "type": "nominal",
                "scale": {"domain": list(names.values()), "range": [looks[name]["color"] for name in PRICES]},
                "legend": {
                    "title": None, "symbolType": "square", "symbolOpacity": 1, "symbolSize": 80,
                    "columns": {"expr": "width < 420 ? 1 : 3"}, "labelLimit": 300,
                },
            },
        },
    }  # fmt: skip
    told = [
        {"field": "when", "title": label("axis.time")},
        *(
            {"field": n, "title": f"{names[n]} ({unit})", "type": "quantitative", "format": style.price_format}
            for n in PRICES
        ),
    ]
    finding = cheap_and_dear(world, style)
    title = label(finding.key, **finding.values)
    return Figure(
        title=title,
        subtitle=label("figure.day_prices.reading", currency=style.unit),
        alt=label("figure.day_prices.alt", finding=title),
        spec=specification(style, HEIGHT_PX, [*lines, legend, readout(x, style, told)], data={"name": "prices"}),
        data={
            "prices": table(
                t=edges_of(world.times_local), **{k: np.append(v, v[-1]).round(6) for k, v in values.items()}
            )
        },
    )


def cheap_and_dear(world: World, style: Style) -> Finding:
    """When charging is cheapest and dearest, and whether the provider ever pays more than drivers do."""
    buy, cost, times = world.prices.buy_eur_per_kwh, world.prices.wholesale_eur_per_kwh, world.times_local
    # As printed: what reads alike is alike.
    shown = np.array([style.price(float(value)) for value in buy])
    low, high = int(buy.argmin()), int(buy.argmax())
    loss = int((cost > buy + 1e-9).sum())
    same = bool(np.allclose(cost, buy, rtol=0, atol=1e-9))
    which = "same" if same else "never" if not loss else "always" if loss == len(buy) else "sometimes"
    hours = loss * STEP_HOURS
    if shown[low] == shown[high]:
        return Finding(f"finding.prices_flat_{which}", {"price": str(shown[low]), "hours": hours})
    values: dict[str, str | float] = {
        "low": str(shown[low]), "high": str(shown[high]), "low_at": clock(times[low]), "high_at": clock(times[high]),
        "hours": hours,
    }  # fmt: skip
    return Finding(f"finding.prices_{which}", values)
