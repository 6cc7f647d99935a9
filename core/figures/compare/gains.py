"""What each agent changes for each stakeholder against a base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.indicators import Totals
from core.figures.channels import named_rows, quantity, rule_at, tip
from core.figures.figure import Figure, specification, table
from core.figures.style import Style

Floats = NDArray[np.float64]

ROW_PX = 40

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
    title_x = label("axis.change", currency=style.unit)
    x, y = quantity("change", title_x, zero=True, padding=8), named_rows("low", names, height, style)
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
