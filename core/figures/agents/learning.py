"""How a learned agent got better while it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from core.figures.agents.names import (
    percent,
)
from core.figures.channels import AS_MANY_AS_FIT, quantity, tip
from core.figures.figure import Figure, specification, table
from core.figures.style import Style


def learning_curve(curve: pd.DataFrame, card: Mapping[str, Any], style: Style) -> Figure:
    """Captured share on validation scenarios while an agent learned, with the plan alone and the model that is shipped.

    Parameters
    ----------
    curve : DataFrame
        `curve.csv`: a row a validation.
    card : mapping
        `validation` of the model that is shipped, and `plan_alone`; those of `as_trained` where the policy was judged
        again later, since the curve cannot be.
    style : Style

    Returns
    -------
    Figure
        Data `curve` (a row a validation), `shipped` and `plan` (a row each).
    """
    colour, label = style.colours, style.text
    then = card.get("as_trained", card)
    shipped, alone = then["validation"], float(then["plan_alone"]["captured"])
    steps = label("axis.timesteps")
    x = quantity("timesteps", steps, ticks=AS_MANY_AS_FIT, grid=False, format_="~s", zero=True, nice=False)
    y = quantity("captured", label("axis.captured"), ticks=5, padding=8)
    tooltip = [
        tip("timesteps", steps, ",.0f"), tip("captured", label("axis.captured"), ",.2f"),
        tip("ready", f"{label('kpi.ready')} (%)", ",.2f"), tip("seconds", label("learned.seconds"), ",.0f"),
    ]  # fmt: skip
    layers: list[dict[str, Any]] = [
        {
            "data": {"name": "plan"},
            "mark": {"type": "rule", "color": colour.muted, "strokeDash": [5, 3], "strokeWidth": 1.5},
            "encoding": {"y": y},
        },
        {"mark": {"type": "line", "color": colour.charge, "strokeWidth": 2}, "encoding": {"x": x, "y": y}},
        {
            "mark": {"type": "point", "filled": True, "size": 36, "opacity": 1, "color": colour.charge},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        },
        {
            "data": {"name": "shipped"},
            "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 150, "opacity": 1,
                     "color": colour.charge, "stroke": colour.background, "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        },
    ]  # fmt: skip
    title = label(
        "finding.learning", steps=f"{shipped['timesteps']:,.0f}", share=percent(shipped["captured"]),
        plan=percent(alone),
    )  # fmt: skip

    def columns(rows: pd.DataFrame) -> Any:
        numbers = {name: rows[name].to_numpy(dtype=float) for name in ("timesteps", "seconds")}
        shares = {"captured": rows["captured"], "ready": rows["ready_frac"]}
        return table(**numbers, **{name: (v.to_numpy(dtype=float) * 100).round(4) for name, v in shares.items()})

    return Figure(
        title=title,
        subtitle=label("figure.learning_curve.reading"),
        alt=label("figure.learning_curve.alt", finding=title),
        spec=specification(style, 240, layers, data={"name": "curve"}),
        data={
            "curve": columns(curve),
            "shipped": columns(pd.DataFrame([shipped])),
            "plan": table(captured=np.array([100 * alone])),
        },
    )
