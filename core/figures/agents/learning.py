"""How a learned agent got better while it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from core.figures.agents.names import percent
from core.figures.channels import AS_MANY_AS_FIT, quantity, tip
from core.figures.figure import Figure, specification, table
from core.figures.style import Style, number

HEIGHT_PX = 240


def over_seeds(curve: pd.DataFrame, column: str) -> pd.DataFrame:
    """Mean, lowest and highest of a column over trainings that differ in their seed.

    Parameters
    ----------
    curve : DataFrame
        `curve.csv`: a row a validation, `timesteps` and `column`; `seed` where there are several trainings.
    column : str

    Returns
    -------
    DataFrame
        A row for each validation of the longest training: `timesteps`, `mean`, `low`, `high` and `seeds`, how many of
        the trainings reach so far. The others are interpolated between their validations.
    """
    seeds = curve.get("seed", pd.Series(0, index=curve.index))
    runs = [run.sort_values("timesteps") for _, run in curve.groupby(seeds.to_numpy(), sort=True)]
    steps = max(runs, key=lambda run: (float(run["timesteps"].iloc[-1]), len(run)))["timesteps"].to_numpy(dtype=float)
    values = np.array(
        [
            np.interp(steps, run["timesteps"], run[column], left=np.nan, right=np.nan)
            if len(runs) > 1
            else run[column].to_numpy(dtype=float)
            for run in runs
        ]
    )
    there = ~np.isnan(values)
    return pd.DataFrame(
        {
            "timesteps": steps, "mean": np.nanmean(values, axis=0), "low": np.nanmin(values, axis=0),
            "high": np.nanmax(values, axis=0), "seeds": there.sum(axis=0),
        }
    )  # fmt: skip


def learning_curve(curve: pd.DataFrame, card: Mapping[str, Any], style: Style) -> Figure:
    """Captured share on validation scenarios while an agent learned, with the model that is shipped.

    Parameters
    ----------
    curve : DataFrame
        `curve.csv`: a row a validation; `seed` where there are several trainings.
    card : mapping
        `validation` of the model that is shipped and, where it corrects a plan, `plan_alone`; those of `as_trained`
        where the policy was judged again later, since the curve cannot be.
    style : Style

    Returns
    -------
    Figure
        Data `curve` (a row a validation), `shipped` and, where known, `plan` (a row each).
    """
    colour, label = style.colours, style.text
    then = card.get("as_trained", card)
    shipped, alone = then["validation"], then.get("plan_alone")
    found = over_seeds(curve, "captured")
    y = quantity("captured", label("axis.captured"), ticks=5, padding=8)
    x = _steps(style)
    tooltip = [
        tip("timesteps", label("axis.timesteps"), ",.0f"), tip("captured", label("axis.captured"), ",.2f"),
        tip("ready", f"{label('kpi.ready')} (%)", ",.2f"), tip("seconds", label("learned.seconds"), ",.0f"),
    ]  # fmt: skip
    layers = _line(x, y, style)
    data = {
        "curve": table(
            timesteps=found["timesteps"].to_numpy(),
            **{
                name: (100 * found[column].to_numpy()).round(4)
                for name, column in (("captured", "mean"), ("low", "low"), ("high", "high"))
            },
        ),
        "shipped": table(
            timesteps=np.array([float(shipped["timesteps"])]), seconds=np.array([float(shipped["seconds"])]),
            captured=np.array([round(100 * shipped["captured"], 4)]),
            ready=np.array([round(100 * shipped["ready_frac"], 4)]),
        ),
    }  # fmt: skip
    if alone is not None:
        layers.insert(
            0,
            {
                "data": {"name": "plan"},
                "mark": {"type": "rule", "color": colour.muted, "strokeDash": [5, 3], "strokeWidth": 1.5},
                "encoding": {"y": y},
            },
        )
        data["plan"] = table(captured=np.array([100 * float(alone["captured"])]))
    layers.append(
        {
            "data": {"name": "shipped"},
            "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 150, "opacity": 1,
                     "color": colour.charge, "stroke": colour.background, "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        }
    )  # fmt: skip
    values = {"steps": f"{shipped['timesteps']:,.0f}", "share": percent(shipped["captured"])}
    if alone is None:
        title = label("finding.learning_alone", **values)
    else:
        title = label("finding.learning", **values, plan=percent(float(alone["captured"])))
    reading = [label(f"figure.learning_curve.reading{'' if alone is not None else '_alone'}"), *_band(found, style)]
    return Figure(
        title=title,
        subtitle=" ".join(reading),
        alt=label("figure.learning_curve.alt", finding=title),
        spec=specification(style, HEIGHT_PX, layers, data={"name": "curve"}),
        data=data,
    )


def site_curve(curve: pd.DataFrame, site: str, style: Style) -> Figure:
    """Mean reward of a validation day while a whole-site agent learned for one site, over its trainings.

    Parameters
    ----------
    curve : DataFrame
        `curve.csv`: a row a validation, with `site`, `seed`, `timesteps` and `score`, in the reward's own unit.
    site : str
        Which of its sites.
    style : Style

    Returns
    -------
    Figure
        Data `curve`, a row a validation.
    """
    label = style.text
    found = over_seeds(curve[curve["site"] == site], "score")
    layers = _line(_steps(style), quantity("captured", label("axis.score"), ticks=5, padding=8), style)
    first, best = found["mean"].iloc[0], found["mean"].max()
    title = label(
        "finding.learning_site", site=label(f"learned.site_{site}"), first=number(first, _digits(best)),
        best=number(best, _digits(best)), steps=f"{found['timesteps'].iloc[int(found['mean'].argmax())]:,.0f}",
    )  # fmt: skip
    return Figure(
        title=title,
        subtitle=" ".join([label("figure.learning_curve.reading_site"), *_band(found, style)]),
        alt=label("figure.learning_curve.alt", finding=title),
        spec=specification(style, HEIGHT_PX, layers, data={"name": "curve"}),
        data={
            "curve": table(
                timesteps=found["timesteps"].to_numpy(), captured=found["mean"].to_numpy(),
                low=found["low"].to_numpy(), high=found["high"].to_numpy(),
            )
        },
    )  # fmt: skip


def _digits(value: float) -> int:
    """Decimals that a score needs: scores of some rewards are millions, those of others a few."""
    return 0 if abs(value) >= 100 else 2


def _steps(style: Style) -> dict[str, Any]:
    title = style.text("axis.timesteps")
    return quantity("timesteps", title, ticks=AS_MANY_AS_FIT, grid=False, format_="~s", zero=True, nice=False)


def _line(x: dict[str, Any], y: dict[str, Any], style: Style) -> list[dict[str, Any]]:
    """The mean with its points, over the band between the worst and the best training."""
    colour = style.colours.charge
    said = [
        tip("timesteps", x["axis"]["title"], ",.0f"), tip("captured", y["axis"]["title"], ",.2f"),
        tip("low", style.text("learned.worst_seed"), ",.2f"), tip("high", style.text("learned.best_seed"), ",.2f"),
    ]  # fmt: skip
    return [
        {
            "mark": {"type": "area", "color": colour, "opacity": 0.18},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        },
        {"mark": {"type": "line", "color": colour, "strokeWidth": 2}, "encoding": {"x": x, "y": y}},
        {
            "mark": {"type": "point", "filled": True, "size": 36, "opacity": 1, "color": colour},
            "encoding": {"x": x, "y": y, "tooltip": said},
        },
    ]


def _band(found: pd.DataFrame, style: Style) -> list[str]:
    """What the band is, where there are several trainings."""
    n = int(found["seeds"].max())
    return [style.text("figure.learning_curve.band", n=n)] if n > 1 else []
