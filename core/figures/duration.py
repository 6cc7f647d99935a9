"""The site's power in order of size: how long it is how high, and so peak, valley and hours beyond the limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.indicators import Totals
from core.accounts.ledger import transformer_power_kw
from core.accounts.peaks import shaved
from core.figures.channels import AS_MANY_AS_FIT, quantity, tip
from core.figures.explore import RunFigure, Shown
from core.figures.figure import Figure, specification, table
from core.figures.findings import Finding
from core.figures.style import Style, number
from core.scenario import STEP_HOURS
from core.studies.run import Result
from core.world import World

HEIGHT_PX = 220

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line: values in any order, which stand in the figure from the highest down."""

    name: str
    colour: str
    power_kw: Floats
    width_px: float = 2.0
    dash: tuple[int, ...] = ()


def duration(result: Result, reference: Result, style: Style) -> Figure:
    """The site's power in order of size, of the agent, the reference and the site without cars, under the limit.

    Returns
    -------
    Figure
        Data `curves`, a row a line and step and one more at the end.
    """
    world, colour, label = result.world, style.colours, style.text
    lines = [Curve(label("series.site"), colour.charge, site_kw(result), 2.25)]
    if result.trace.agent != reference.trace.agent:
        lines.insert(0, Curve(label("series.reference"), colour.muted, site_kw(reference), 1.25))
    if world.base_load_kw.any():
        own = world.base_load_kw.sum(axis=0)
        lines.insert(0, Curve(label("peaks.own"), colour.grid, own, 1.5, (2, 2)))
    finding = peak_and_hours(result, reference)
    title = label(finding.key, **finding.values)
    return Figure(
        title=title,
        subtitle=label("figure.duration.reading"),
        alt=label("figure.duration.alt", finding=title),
        spec=in_order(lines, style, label("axis.duration"), label("tip.duration")),
        data={"curves": rows(lines, limits(world, [line.power_kw for line in lines]), style, STEP_HOURS)},
    )


def site_kw(result: Result) -> Floats:
    """[steps]: power of all transformers together."""
    power: Floats = transformer_power_kw(result.world, result.trace).sum(axis=0)
    return power


def limits(world: World, powers_kw: Sequence[Floats]) -> list[float]:
    """Highest limit of the transformers together, and that for feeding back where it is in sight."""
    lower = float(world.lower_limit_kw.sum(axis=0).min())
    near = any(float(power.min()) < 0.6 * lower for power in powers_kw)
    return [float(world.limit_kw.max(axis=1).sum()), *([lower] if near else [])]


def in_order(lines: Sequence[Curve], style: Style, x_title: str, x_tip: str) -> dict[str, Any]:
    """The specification of data `curves` (see `rows`) and the limit; it depends on the names of the lines alone."""
    label = style.text
    names = [*(line.name for line in reversed(lines)), label("series.limit")]
    colours = [*(line.colour for line in reversed(lines)), style.colours.limit]
    widths = [*(line.width_px for line in reversed(lines)), 1.75]
    dashes = [*(list(line.dash) or [1, 0] for line in reversed(lines)), [6, 4]]
    x = quantity("x", x_title, ticks=AS_MANY_AS_FIT, grid=False, nice=False, zero=True)
    y = quantity("power", label("axis.power"), zero=True)

    def by_name(values: Sequence[Any]) -> dict[str, Any]:
        return {"field": "line", "type": "nominal", "scale": {"domain": names, "range": values}, "legend": None}

    legend = {
        "title": None, "symbolType": "stroke", "symbolSize": 150, "columns": {"expr": "max(1, floor(width / 150))"}
    }  # fmt: skip
    colour = {**by_name(colours), "legend": legend}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "line", "interpolate": "step-after"},
            "encoding": {
                "x": x, "y": y, "color": colour, "strokeWidth": by_name(widths), "strokeDash": by_name(dashes),
                "detail": {"field": "part"},
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0},
            "encoding": {
                "x": x, "y": y, "color": colour,
                "tooltip": [
                    tip("line", label("tip.line")), tip("power", label("axis.power"), ",.1f"),
                    tip("long", x_tip, ",.10~g"),
                ],
            },
        },
    ]  # fmt: skip
    return specification(style, HEIGHT_PX, layers, data={"name": "curves"})


def rows(lines: Sequence[Curve], limits_kw: Sequence[float], style: Style, width: float) -> Any:
    """Data of `in_order`: values are `width` wide and fall along; `part` keeps the two limits apart."""
    flat = [Curve(style.text("series.limit"), "", np.full(max(len(x.power_kw) for x in lines), kw)) for kw in limits_kw]
    steps = {"line": [], "part": [], "x": [], "power": [], "long": []}  # type: dict[str, list[Any]]
    for part, line in enumerate((*flat, *lines)):
        falling = np.sort(line.power_kw)[::-1]
        n = len(falling)
        steps["line"].append(np.full(n + 1, line.name))
        steps["part"].append(np.full(n + 1, part))
        steps["x"].append(np.arange(n + 1) * width)
        steps["power"].append(np.append(falling, falling[-1]).round(3))
        steps["long"].append(np.minimum(np.arange(n + 1) + 1, n) * width)
    return table(**{name: np.concatenate(values) for name, values in steps.items()})


def peak_and_hours(result: Result, reference: Result) -> Finding:
    """The site's peak against the reference's, and how long a transformer is beyond its limit."""
    values = against(result.ledger.totals, reference.ledger.totals)
    if result.trace.agent == reference.trace.agent:
        return Finding("finding.duration_alone", values)
    return Finding(f"finding.duration_{direction(result.ledger.totals, reference.ledger.totals)}", values)


def against(totals: Totals, reference: Totals) -> dict[str, str | float]:
    """What sentences say of a peak: itself, its distance to the reference's, and hours beyond the limit of both."""
    cut = shaved(totals, reference)
    share = abs(cut["peak_shaved_frac"])
    return {
        "peak": totals.site_peak_kw, "kw": abs(cut["peak_shaved_kw"]),
        "share": "" if np.isnan(share) else f" ({number(100 * share, 1)} %)",
        "hours": totals.over_limit_h, "base_hours": reference.over_limit_h,
    }  # fmt: skip


def direction(totals: Totals, reference: Totals) -> str:
    """Whether a peak is ``shaved``, ``raised`` or the ``same``, as exactly as it is written."""
    kw = round(shaved(totals, reference)["peak_shaved_kw"], 1)
    return "shaved" if kw > 0 else "raised" if kw < 0 else "same"


def _draw(shown: Shown) -> Figure:
    return duration(shown.result, shown.reference, shown.style)


FIGURE = RunFigure("duration", row="peaks", rank=6, draw=_draw)
