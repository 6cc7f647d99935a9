"""One stakeholder's money against another's, over the weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.figures.channels import quantity, tip
from core.figures.figure import Figure, specification, table
from core.figures.indicators import indicator_title
from core.figures.marks import agent_names
from core.figures.style import Style
from core.figures.tradeoffs.lines import HEIGHT_PX, marks, mean_of
from core.scenario import WEIGHT_FIELDS
from core.studies.tradeoff import outer_edge

CLOSE_EUR = 0.5
"""A plan this close to the best for a stakeholder is called close."""


def weight_front(rows: pd.DataFrame, axes: tuple[str, str], style: Style) -> Figure:
    """One stakeholder's money against another's under every weighting, and the outer edge of all points.

    The edge is that of everything drawn: the best plan is best for the weighted sum of three, so that in two of them
    alone another agent can lie a little outside of its points.

    Parameters
    ----------
    rows : DataFrame
        Of `core.studies.tradeoff.weight_front`; every agent under the same weightings with the same seeds. Days without
        cars are left out.
    axes : (str, str)
        Indicators along and up.
    style : Style

    Returns
    -------
    Figure
        Data `points` (a row an agent and weighting) and `frontier`.
    """
    label, colour = style.text, style.colours
    weights = list(WEIGHT_FIELDS)
    rows = rows[rows["cars"] > 0]
    points = rows.groupby(["agent", *weights, "own"], sort=False)
    means = points[list(dict.fromkeys(axes))].mean().reset_index()
    n = int(points.size().max()) if len(rows) else 0
    agents = list(dict.fromkeys(rows["agent"]))
    x_of, y_of = (means[name].to_numpy() * style.rate for name in axes)
    edge = outer_edge(x_of, y_of)
    titles = [indicator_title(name, style) for name in axes]
    color = marks(style, agents)["color"]
    color["legend"] = {**color["legend"], "symbolType": "circle"}
    x, y = quantity("x", titles[0], ticks=8, padding=10), quantity("y", titles[1], padding=10)
    layers: list[dict[str, Any]] = [
        {
            "data": {"name": "frontier"},
            "mark": {"type": "line", "color": colour.text, "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y, "order": {"field": "x", "type": "quantitative"}},
        },
        {
            "mark": {"type": "point", "filled": True, "opacity": 0.85},
            "encoding": {
                "x": x,
                "y": y,
                "color": color,
                "shape": {
                    "field": "own", "type": "nominal", "legend": None,
                    "scale": {"domain": [0, 1], "range": ["circle", "diamond"]},
                },
                "size": {"condition": {"test": "datum.own == 1", "value": 170}, "value": 55},
                "tooltip": [
                    tip("agent", label("axis.agent")), tip("weights", label("tip.weights")),
                    tip("x", titles[0], ",.2f"), tip("y", titles[1], ",.2f"),
                ],
            },
        },
    ]  # fmt: skip
    # How far each point of the edge stays below the best for either; the point that is closest to both.
    short = [(v[edge].max() - v[edge]) / style.rate for v in (x_of, y_of)] if len(edge) else [np.zeros(1)] * 2
    middle = int(np.maximum(*short).argmin())
    free = max(short[0][middle], short[1][middle]) < CLOSE_EUR
    amounts = [float(s[middle] if free else s.max()) for s in short]
    title = label(
        "finding.front_free" if free else "finding.front",
        one=label(f"indicator.{axes[0]}"), other=label(f"indicator.{axes[1]}"), mean=mean_of(n, style),
        first=style.money(amounts[0]), second=style.money(amounts[1]),
    )  # fmt: skip
    weight_words = [f"{u:.2g} / {p:.2g} / {g:.2g}" for u, p, g in means[weights].to_numpy()]
    return Figure(
        title=title,
        subtitle=label("figure.weight_front.reading"),
        alt=label("figure.weight_front.alt", finding=title),
        spec=specification(style, HEIGHT_PX, layers, data={"name": "points"}),
        data={
            "points": table(
                agent=agent_names(style, means["agent"]), x=x_of.round(4), y=y_of.round(4),
                own=means["own"].to_numpy(dtype=bool), weights=np.array(weight_words, dtype=str),
            ),
            "frontier": table(x=x_of[edge].round(4), y=y_of[edge].round(4)),
        },
    )  # fmt: skip
