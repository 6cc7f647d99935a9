"""Which setting matters most, as a tornado: a bar to either side a setting, longest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from core.figures.channels import named_rows, quantity, rule_at, tip
from core.figures.figure import Figure, specification, table
from core.figures.indicators import factor, unit, written
from core.figures.style import UNKNOWN, Style, number
from core.studies.tornado import least_of

ROW_PX = 30
MOST_ROWS = 12
"""So many settings are drawn; the table has all."""


def tornado(
    found: pd.DataFrame, indicator: str, title_of: Callable[[str], str], rate_of: Callable[[str], float], style: Style
) -> Figure:
    """Change of an indicator with each setting at its lower and at its upper end.

    Parameters
    ----------
    found : DataFrame
        `core.studies.tornado.effects`.
    indicator : str
    title_of, rate_of : callable
        A field's name with its unit in the reader's language, and by how much its values are multiplied to be in the
        currency shown.
    style : Style

    Returns
    -------
    Figure
        Data `bars`, a row a setting and end.
    """
    label, times = style.text, factor(indicator, style)
    shown = found[found["swing"] >= least_of(indicator)].head(MOST_ROWS)
    fields, n = list(shown["field"]), len(shown)
    names = [title_of(field) for field in fields]
    height = max(1, n) * ROW_PX
    x_title = label("axis.change_of", what=label(f"indicator.{indicator}"), unit=unit(indicator, style))
    x = quantity("change", x_title, zero=True, padding=8)
    y = named_rows("low", names, height, style)
    y["axis"] |= {"labelLimit": 260, "minExtent": 150}
    ends = {"low": label("tradeoffs.lower"), "high": label("tradeoffs.upper")}
    tints = [style.colours.discharge, style.colours.charge]
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rect"},
            "encoding": {
                "x": x, "x2": {"datum": 0}, "y": y, "y2": {"field": "high"},
                "color": {
                    "field": "end", "type": "nominal", "scale": {"domain": list(ends.values()), "range": tints},
                    "legend": {"title": None, "symbolType": "square", "symbolSize": 80},
                },
                "tooltip": [
                    tip("name", label("tradeoffs.field")), tip("at", label("tradeoffs.moved_to")),
                    tip("shown", label(f"indicator.{indicator}")),
                ],
            },
        },
        rule_at("x", 0, style.colours.muted),
    ]  # fmt: skip
    lows = {"low": -0.38, "high": 0.02}
    rows = [(i, end) for i in range(n) for end in ends]
    value = [float(shown[end].iloc[i]) for i, end in rows]
    at = [float(shown[f"{end}_at"].iloc[i]) * rate_of(fields[i]) for i, end in rows]
    said = _title(shown, indicator, names, at, style)
    return Figure(
        title=said,
        subtitle=label("figure.tornado.reading"),
        alt=label("figure.tornado.alt", finding=said),
        spec=specification(style, height, layers, data={"name": "bars"}),
        data={
            "bars": table(
                name=np.array([names[i] for i, _ in rows], dtype=str),
                end=np.array([ends[end] for _, end in rows], dtype=str),
                at=np.array([UNKNOWN if np.isnan(v) else number(round(v, 4)) for v in at], dtype=str),
                change=(np.array(value, dtype=float) * times).round(4),
                shown=np.array([written(v, indicator, style, signed=True) for v in value], dtype=str),
                low=np.array([i + lows[end] for i, end in rows], dtype=float),
                high=np.array([i + lows[end] + 0.36 for i, end in rows], dtype=float),
            )
        },
    )  # fmt: skip


def _title(shown: pd.DataFrame, indicator: str, names: list[str], at: list[float], style: Style) -> str:
    """Which setting matters most, at which end, and what it does there."""
    label, what = style.text, style.text(f"indicator.{indicator}")
    if shown.empty:
        return label("finding.tornado_nothing", what=what)
    first = shown.iloc[0]
    end = "low" if abs(first["low"]) >= abs(first["high"]) else "high"
    return label(
        "finding.tornado", what=what, field=names[0], at=number(round(at[0 if end == "low" else 1], 4)),
        change=written(float(first[end]), indicator, style, signed=True),
    )  # fmt: skip
