"""Power of the site (or one transformer) against its limit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.ledger import overload_kw, station_power_kw, transformer_power_kw
from core.figures.channels import clock, edges_of, readout, time_x
from core.figures.explore import RunFigure, Shown
from core.figures.figure import Figure, specification, table
from core.figures.findings import OVER_KWH, Finding, lowest_limit
from core.figures.style import Style
from core.scenario import STEP_HOURS
from core.studies.run import Result

HEIGHT_PX = 250

Floats = NDArray[np.float64]


def site_power(result: Result, reference: Result, style: Style, *, transformer: int | None = None) -> Figure:
    """Cars plus other load less PV, of agent and reference, under the limit in force.

    Parameters
    ----------
    result, reference : Result
        The agent's run and the reference's, on the same World.
    style : Style
    transformer : int, optional
        Show this transformer alone; None adds all up.

    Returns
    -------
    Figure
        Data `site`, a row a step and one more at the end.
    """
    world, colour, label = result.world, style.colours, style.text
    pick = slice(None) if transformer is None else slice(transformer, transformer + 1)
    site = transformer_power_kw(world, result.trace)[pick].sum(axis=0)
    limit, lower = world.limit_kw[pick].sum(axis=0), world.lower_limit_kw[pick].sum(axis=0)
    load, pv = world.load_kw[pick].sum(axis=0), world.pv_kw[pick].sum(axis=0)
    setpoint = world.setpoint_kw if transformer is None else None
    columns: dict[str, Floats] = {
        "site": site,
        "reference": transformer_power_kw(world, reference.trace)[pick].sum(axis=0),
        "cars": cars_power_kw(result, transformer),
        "load": load,
        "pv": -pv,
        "limit": limit,
        "lower": lower,
        "above": np.maximum(site, limit),
        "below": np.minimum(site, lower),
    }
    if setpoint is not None:
        columns["setpoint"] = setpoint
    feeds_back = bool((np.minimum(site, columns["reference"]) < 0.6 * lower).any())
    finding = peak_and_limit(result, reference, style, transformer)
    title = label(finding.key, **finding.values)
    y = {"type": "quantitative", "axis": {"title": label("axis.power"), "grid": True, "tickCount": 6}}
    names = {
        "site": label("series.site"), "reference": label("series.reference"), "limit": label("series.limit"),
        "load": label("series.load"), "pv": label("series.pv"), "over": label("series.over"),
        "setpoint": label("series.setpoint"),
    }  # fmt: skip
    shown = ["site", "reference", "limit"]
    layers: list[dict[str, Any]] = []
    if load.any():
        layers.append(_area("load", colour.load, y, style, 0.55))
        shown.append("load")
    if pv.any():
        layers.append(_area("pv", colour.solar, y, style, 0.55))
        shown.append("pv")
    layers.append(_between("limit", "above", colour.over, y, style))
    if feeds_back:
        layers.append(_between("lower", "below", colour.over, y, style))
    shown.append("over")
    layers += [
        _line("reference", {"color": colour.muted, "strokeWidth": 1.25, "opacity": 0.9}, y, style),
        _line("site", {"color": colour.charge, "strokeWidth": 2.25}, y, style),
        _line("limit", {"color": colour.limit, "strokeWidth": 1.75, "strokeDash": [6, 4]}, y, style),
    ]
    if feeds_back:
        layers.append(_line("lower", {"color": colour.limit, "strokeWidth": 1.25, "strokeDash": [6, 4]}, y, style))
    if setpoint is not None:
        layers.append(
            _line("setpoint", {"color": colour.provider, "strokeWidth": 1.25, "strokeDash": [2, 2]}, y, style)
        )
        shown.append("setpoint")
    layers.append(_legend(shown, names, style))
    layers.append(_readout(columns, names, style))
    edges = edges_of(world.times_local)
    return Figure(
        title=title,
        subtitle=label("figure.site_power.reading"),
        alt=label("figure.site_power.alt", finding=title),
        spec=specification(style, HEIGHT_PX, layers, data={"name": "site"}),
        data={"site": table(t=edges, **{k: np.append(v, v[-1]).round(3) for k, v in columns.items()})},
    )


def cars_power_kw(result: Result, transformer: int | None) -> Floats:
    """[steps]: power of the cars of one transformer, or of all."""
    power = station_power_kw(result.world, result.trace)
    if transformer is not None:
        power = power[result.world.station_transformer == transformer]
    out: Floats = power.sum(axis=0)
    return out


def _line(field: str, mark: dict[str, Any], y: dict[str, Any], style: Style) -> dict[str, Any]:
    return {
        "mark": {"type": "line", "interpolate": "step-after", **mark},
        "encoding": {"x": time_x(style), "y": {"field": field, **y}},
    }


def _area(field: str, colour: str, y: dict[str, Any], style: Style, opacity: float) -> dict[str, Any]:
    edge = {"color": style.colours.muted, "strokeWidth": 0.75}
    return {
        "mark": {"type": "area", "interpolate": "step-after", "color": colour, "opacity": opacity, "line": edge},
        "encoding": {"x": time_x(style), "y": {"field": field, "stack": None, **y}},
    }


def _between(low: str, high: str, colour: str, y: dict[str, Any], style: Style) -> dict[str, Any]:
    return {
        "mark": {"type": "area", "interpolate": "step-after", "color": colour},
        "encoding": {"x": time_x(style), "y": {"field": high, "stack": None, **y}, "y2": {"field": low}},
    }


def _legend(shown: list[str], names: dict[str, str], style: Style) -> dict[str, Any]:
    """An empty layer whose only work is the legend: lines above have fixed colours."""
    colour = style.colours
    colours = {
        "site": colour.charge, "reference": colour.muted, "limit": colour.limit, "load": colour.load,
        "pv": colour.solar, "over": colour.over, "setpoint": colour.provider,
    }  # fmt: skip
    return {
        "data": {"values": [{"series": names[s]} for s in shown]},
        "mark": {"type": "point", "filled": True, "opacity": 0},
        "encoding": {
            "color": {
                "field": "series",
                "type": "nominal",
                "scale": {"domain": [names[s] for s in shown], "range": [colours[s] for s in shown]},
                "legend": {
                    "title": None,
                    "symbolType": "square",
                    "symbolOpacity": 1,
                    "symbolSize": 80,
                    "columns": {"expr": "width < 420 ? 2 : 4"},
                },
            },
        },
    }


def _readout(columns: dict[str, Floats], names: dict[str, str], style: Style) -> dict[str, Any]:
    """A full-height band a step that carries the exact figures."""
    titles = {"cars": style.text("series.cars"), **names}
    fields = [f for f in ("site", "reference", "cars", "load", "pv", "limit", "setpoint") if f in columns]
    told = [
        {"field": "when", "title": style.text("axis.time")},
        *({"field": f, "title": f"{titles[f]} (kW)", "type": "quantitative", "format": ",.2f"} for f in fields),
    ]
    return readout(time_x(style), style, told)


def peak_and_limit(result: Result, reference: Result, style: Style, transformer: int | None = None) -> Finding:
    """How close to the limit in force the site (or one transformer) comes, or where it is furthest beyond it.

    Within the limit, the highest power is named, and the highest while the limit is lowest.
    """
    world = result.world
    pick = slice(None) if transformer is None else slice(transformer, transformer + 1)
    each = transformer_power_kw(world, result.trace)[pick]

    def over_kwh(run: Result) -> float:
        return float(overload_kw(world, transformer_power_kw(world, run.trace))[pick].sum() * STEP_HOURS)

    over, base = over_kwh(result), over_kwh(reference)
    values: dict[str, str | float] = {"over": over, "base": base}
    if over >= OVER_KWH:
        beyond = overload_kw(world, transformer_power_kw(world, result.trace))[pick]
        place, at = divmod(int(beyond.argmax()), beyond.shape[1])
        back = each[place, at] < 0
        limit = (world.lower_limit_kw if back else world.limit_kw)[pick][place, at]
        values |= {
            "time": clock(world.times_local[at]), "peak": abs(float(each[place, at])), "limit": abs(float(limit)),
            "transformers": len(each), "transformer": place,
        }  # fmt: skip
        return Finding("finding.over_limit_back" if back else "finding.over_limit", values)
    power, limits = each.sum(axis=0), world.limit_kw[pick].sum(axis=0)
    at = int(power.argmax())
    lowest, also = lowest_limit(limits, world), ""
    if lowest and not lowest[1].start <= at < lowest[1].stop:
        also = style.text("finding.while_lowest", **lowest[0], peak=float(power[lowest[1]].max()))
    values |= {
        "peak": float(power[at]), "limit": float(limits[at]), "time": clock(world.times_local[at]), "also": also
    }  # fmt: skip
    same = result.trace.agent == reference.trace.agent
    return Finding("finding.within_limit" if base < OVER_KWH or same else "finding.within_limit_now", values)


def _draw(shown: Shown) -> Figure:
    return site_power(shown.result, shown.reference, shown.style, transformer=shown.transformer)


FIGURE = RunFigure("site_power", row="site", rank=3, draw=_draw)
