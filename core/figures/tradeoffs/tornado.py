"""Which setting matters most, as a tornado: a bar to either side a setting, longest first.

Only settings that are moved by the same share of their value can be ranked by their bars. Those at 0, of which there
is no share, and whole numbers too small for it stand below them, under a heading of their own.
"""

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
MOST_ROWS, MOST_OTHERS = 10, 5
"""So many settings are drawn, and so many of those that cannot be moved like them; the table has all."""


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
    shown = found[found["swing"] >= least_of(indicator)]
    alike = shown[shown["by"].isin(["share", "range"])].head(MOST_ROWS)
    others = shown.drop(alike.index)
    others = others[~others["by"].isin(["share", "range"])].head(MOST_OTHERS)
    names = [title_of(field) for field in alike["field"]]
    if len(others):
        names += [label("tradeoffs.others"), *(title_of(field) for field in others["field"])]
    places = [*range(len(alike)), *range(len(alike) + 1, len(names))]
    shown, height = pd.concat([alike, others], ignore_index=True), max(1, len(names)) * ROW_PX
    x_title = label("axis.change_of", what=label(f"indicator.{indicator}"), unit=unit(indicator, style))
    x = quantity("change", x_title, zero=True, padding=36)
    y = named_rows("low", names, height, style)
    y["axis"] |= {"labelLimit": 260, "minExtent": 150}
    if len(others):
        y["axis"]["labelFontWeight"] = {
            "condition": {"test": f"datum.value == {len(alike)}", "value": 600},
            "value": 400,
        }
    ends = {"low": label("tradeoffs.lower"), "high": label("tradeoffs.upper")}
    tints = [style.colours.discharge, style.colours.charge]

    def at_end(align: str, where: str) -> dict[str, Any]:
        """The value that a setting was moved to, at the end of its bar."""
        return {
            "transform": [{"filter": where}],
            "mark": {
                "type": "text", "align": align, "dx": 4 if align == "left" else -4, "fontSize": 10,
                "color": style.colours.muted,
            },
            "encoding": {"x": x, "y": {**y, "field": "middle"}, "text": {"field": "at", "type": "nominal"}},
        }  # fmt: skip

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
                    tip("by", label("tradeoffs.by")), tip("shown", label(f"indicator.{indicator}")),
                ],
            },
        },
        at_end("left", "datum.moved && datum.change >= 0"),
        at_end("right", "datum.moved && datum.change < 0"),
        rule_at("x", 0, style.colours.muted),
    ]  # fmt: skip
    lows = {"low": -0.38, "high": 0.02}
    rows = [(i, end) for i in range(len(shown)) for end in ends]
    value = [float(shown[end].iloc[i]) for i, end in rows]
    at = [float(shown[f"{end}_at"].iloc[i]) * rate_of(shown["field"].iloc[i]) for i, end in rows]
    low = np.array([places[i] + lows[end] for i, end in rows], dtype=float)
    said = _title(alike, others, indicator, title_of, rate_of, style)
    reading = label("figure.tornado.reading")
    return Figure(
        title=said,
        subtitle=f"{reading} {label('figure.tornado.reading_others')}" if len(others) else reading,
        alt=label("figure.tornado.alt", finding=said),
        spec=specification(style, height, layers, data={"name": "bars"}),
        data={
            "bars": table(
                name=np.array([names[places[i]] for i, _ in rows], dtype=str),
                by=np.array([label(f"tradeoffs.by_{shown['by'].iloc[i]}") for i, _ in rows], dtype=str),
                end=np.array([ends[end] for _, end in rows], dtype=str),
                at=np.array([UNKNOWN if np.isnan(v) else number(round(v, 4)) for v in at], dtype=str),
                moved=~np.isnan(np.array(at, dtype=float)),
                change=(np.array(value, dtype=float) * times).round(4),
                shown=np.array([written(v, indicator, style, signed=True) for v in value], dtype=str),
                low=low,
                middle=low + 0.18,
                high=low + 0.36,
            )
        },
    )


def _title(
    alike: pd.DataFrame, others: pd.DataFrame, indicator: str, title_of: Callable[[str], str],
    rate_of: Callable[[str], float], style: Style,
) -> str:  # fmt: skip
    """Which setting matters most, at which end, and what it does there; and which of those that are moved otherwise."""
    label, what = style.text, style.text(f"indicator.{indicator}")
    keys = [key for key, part in (("tornado", alike), ("tornado_others", others)) if len(part)]
    said = []
    for key in keys:
        first = (alike if key == "tornado" else others).iloc[0]
        end = "low" if abs(first["low"]) >= abs(first["high"]) else "high"
        said.append(
            label(
                f"finding.{key}", what=what, field=title_of(first["field"]),
                at=number(round(first[f"{end}_at"] * rate_of(first["field"]), 4)),
                change=written(float(first[end]), indicator, style, signed=True),
            )
        )  # fmt: skip
    return ". ".join(said) or label("finding.tornado_nothing", what=what)
