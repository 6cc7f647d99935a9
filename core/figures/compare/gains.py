"""What each agent changes for each stakeholder against a base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.indicators import Totals
from core.figures.channels import named_rows, quantity, rule_at, tip
from core.figures.compare.cut import cut_at
from core.figures.figure import Figure, specification, table
from core.figures.style import Style

Floats = NDArray[np.float64]

ROW_PX = 40

WRITTEN_FRAC = 0.3
"""Share of what is shown that is added to an axis where it is cut."""

STAKEHOLDERS = (
    ("drivers", "user_profit_eur"),
    ("provider", "provider_margin_eur"),
    ("grid", "grid_value_eur"),
)


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
        Data `bars` (a row a name and stakeholder), `sums` (a row a name) and `cut` (a row an amount written where a bar
        or a diamond is drawn no further: one that would flatten all others). Bars begin at 0.
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
    title_x = label("axis.change", currency=style.unit)
    every = np.stack([change[field] for field in ("objective_eur", *(field for _, field in STAKEHOLDERS))])
    end = cut_at(np.abs(every).max(axis=0), 10.0**-style.digits)
    shape: dict[str, Any] = {"zero": True, "padding": 8}
    if end is not None:
        shape = {"domain": _span(every, end), "nice": False, "zero": False}
    x, y = quantity("drawn", title_x, **shape), named_rows("low", names, height, style)
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
        rule_at("x", 0, colour.muted),
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
        *(
            {
                "data": {"name": "cut"},
                "transform": [{"filter": f"datum.side == {side}"}],
                "mark": {"type": "text", "align": align, "baseline": "middle", "dx": 6 * side, "fontSize": 10},
                "encoding": {"x": {**x, "field": "drawn"}, "y": {**y, "field": "place"}, "text": {"field": "text"}},
            }
            for side, align in ((-1, "right"), (1, "left"))
            if end is not None
        ),
    ]  # fmt: skip
    place = np.arange(n, dtype=float)
    part = 0.78 / k
    lows = [i - 0.39 + j * part for i in range(n) for j in range(k)]
    title = _gains_title(names, change["objective_eur"], base[0], style)
    reading = [label("figure.who_gains.reading", base=base[0])]
    if end is not None:
        reading.append(label("figure.who_gains.cut"))

    def drawn(values: Any) -> Floats:
        out: Floats = np.asarray(values, dtype=float)
        return (out if end is None else out.clip(-end, end)).round(4)

    return Figure(
        title=title,
        subtitle=" ".join(reading),
        alt=label("figure.who_gains.alt", finding=title),
        spec=specification(style, height, layers),
        data={
            "bars": table(
                name=np.repeat(np.array(names, dtype=str), k),
                who=np.array([words[w] for w, _ in STAKEHOLDERS] * n, dtype=str),
                change=np.array([change[f][i] for i in range(n) for _, f in STAKEHOLDERS], dtype=float).round(4),
                drawn=drawn([change[f][i] for i in range(n) for _, f in STAKEHOLDERS]),
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
                drawn=drawn(change["objective_eur"]),
                shown=np.array([style.money(v / style.rate, signed=True) for v in change["objective_eur"]], dtype=str),
            ),
            "cut": table(**_cut(change, np.inf if end is None else end, part, style)),
        },
    )


def _span(every: Floats, end: float) -> list[float]:
    """Both ends of a cut axis, with room for the amounts that are written where it is cut."""
    low, high = min(0.0, max(-end, float(every.min()))), max(0.0, min(end, float(every.max())))
    room = WRITTEN_FRAC * (high - low)
    return [low - (room if every.min() < -end else 0.0), high + (room if every.max() > end else 0.0)]


def _cut(change: Mapping[str, Floats], end: float, part: float, style: Style) -> dict[str, Any]:
    """Every amount beyond the end of the axis, in the place of its bar; the objective's in the middle if it is free."""
    rows: list[tuple[float, float, int, str]] = []
    for i, all_together in enumerate(change["objective_eur"]):
        beyond = [(j, change[name][i]) for j, (_, name) in enumerate(STAKEHOLDERS) if abs(change[name][i]) > end]
        if abs(all_together) > end:
            free = [j for j in (1, 0, 2) if j not in dict(beyond)] or [1]
            beyond.append((free[0], all_together))
        for j, value in beyond:
            side = 1 if value > 0 else -1
            amount = style.amount(value / style.rate, signed=True)
            rows.append((i - 0.39 + (j + 0.46) * part, side * end, side, f"{amount} ▸" if side > 0 else f"◂ {amount}"))
    place, at, sides, texts = zip(*rows, strict=True) if rows else ((), (), (), ())
    return {
        "place": np.array(place, dtype=float),
        "drawn": np.array(at, dtype=float),
        "side": np.array(sides, dtype=int),
        "text": np.array(texts, dtype=str),
    }


def _gains_title(names: Sequence[str], change: Floats, base: str, style: Style) -> str:
    label = style.text
    if not len(names):
        return label("finding.only_one")
    top = int(change.argmax())
    if style.rounded(change[top] / style.rate) <= 0:
        return label("finding.nobody_gains", base=base)
    return label("finding.gains_most", agent=names[top], base=base, amount=style.money(change[top] / style.rate))
