"""The original's experiment: every algorithm under every reward, by indicator, and what each reward brought to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from core.accounts.indicators import INDICATORS
from core.agents.looks import OBJECTIVE, SITE_REWARDS, algorithm_title
from core.agents.registry import REFERENCE
from core.figures import indicators
from core.figures.channels import tip
from core.figures.evaluation import original_title, original_words
from core.figures.figure import Figure, specification, table
from core.figures.marks import agent_name
from core.figures.style import UNKNOWN, Style, number
from core.studies.evaluation import digits
from core.studies.original_experiment import BETTER, MONEY

CELL_PX = 30

MEAN, OVER_DAYS, OVER_SEEDS, LESS_REFERENCE = range(4)
"""Places in a cell's figures; see `core.studies.original_experiment.experiment`."""

LARGE: Final = ((1e9, "G"), (1e6, "M"), (1e4, "k"))
"""From where on a cell's number is written in billions, millions or thousands."""


def cells(experiment: Mapping[str, Any], site: str) -> pd.DataFrame:
    """A row a reward and algorithm that there is: `reward`, `algo`, `seeds` and its `figures`."""
    rows = [
        {"reward": reward, "algo": algo, "seeds": cell["seeds"], "figures": cell["figures"]}
        for reward in SITE_REWARDS
        for algo, cell in sorted(experiment["sites"].get(site, {}).get("cells", {}).get(reward, {}).items())
    ]
    return pd.DataFrame(rows, columns=["reward", "algo", "seeds", "figures"])


def figure_title(name: str, style: Style) -> str:
    """A figure of the experiment with its unit."""
    return indicators.indicator_title(name, style) if name in INDICATORS else original_title(name, style)


def figure_words(name: str, style: Style) -> str:
    """What it is called."""
    return style.text(f"indicator.{name}") if name in INDICATORS else original_words(name, style)


def reward_words(reward: str, style: Style) -> str:
    """What an agent was rewarded for."""
    return style.text("indicator.objective_eur" if reward == OBJECTIVE else f"rewards.name.{reward}")


def by_reward(experiment: Mapping[str, Any], site: str, name: str, style: Style) -> Figure:
    """Map of one indicator's means, a row a reward, a column an algorithm; colours are ranks.

    Parameters
    ----------
    experiment : mapping
        As `core.studies.original_experiment.load` gives it, with cells for this site.
    site : str
    name : str
        One of `core.studies.original_experiment.FIGURES`.
    style : Style

    Returns
    -------
    Figure
        Data `cells`, a row a reward and algorithm.
    """
    colour, label = style.colours, style.text
    rows = cells(experiment, site)
    values = np.array([figures[name][MEAN] for figures in rows["figures"]], dtype=np.float64)
    better = BETTER[name]
    rank = pd.Series(values * (better or 1)).rank(method="average").to_numpy()
    shade = (rank - 1) / max(1, len(rank) - 1)
    text = [_short(value, name, style) for value in values]
    x = {
        "field": "algorithm", "type": "ordinal", "sort": list(dict.fromkeys(map(algorithm_title, rows["algo"]))),
        "axis": {"title": None, "labelAngle": -60, "labelLimit": 130, "grid": False, "labelOverlap": False,
                 "orient": "top", "labelColor": colour.text, "ticks": False, "domain": False},
    }  # fmt: skip
    y = {
        "field": "reward", "type": "ordinal",
        "sort": [reward_words(reward, style) for reward in dict.fromkeys(rows["reward"])],
        "axis": {"title": None, "labelLimit": 150, "grid": False, "labelOverlap": False, "labelColor": colour.text},
    }  # fmt: skip
    range_ = [colour.discharge, colour.idle, colour.charge] if better else [colour.idle, colour.load]
    domain = [0, 0.5, 1] if better else [0, 1]
    strong = "datum.shade < 0.12 || datum.shade > 0.88" if better else "false"
    told = [
        tip("algorithm", label("experiment.algorithm")), tip("reward", label("rewards.reward")),
        tip("said", figure_words(name, style)), tip("days", label("experiment.over_days")),
        tip("over_seeds", label("experiment.over_seeds")), tip("less", label("experiment.less_reference")),
    ]  # fmt: skip
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rect", "stroke": colour.background, "strokeWidth": 1},
            "encoding": {
                "x": x, "y": y,
                "color": {"field": "shade", "type": "quantitative", "legend": None,
                          "scale": {"domain": domain, "range": range_, "clamp": True, "interpolate": "rgb"}},
                "tooltip": told,
            },
        },
        {
            "mark": {"type": "text", "fontSize": 10, "opacity": {"expr": "width < 480 ? 0 : 1"}, "tooltip": None},
            "encoding": {
                "x": x, "y": y, "text": {"field": "short", "type": "nominal"},
                "color": {"condition": {"test": strong, "value": colour.background}, "value": colour.text},
            },
        },
    ]  # fmt: skip
    title = _finding(experiment, site, name, rows, values, style)
    reading = "experiment.reading_better" if better else "experiment.reading"

    def columns(place: int, *, signed: bool = False) -> Any:
        said = [_long(figures[name][place], name, style, signed=signed) for figures in rows["figures"]]
        return np.array(said, dtype=str)

    seeds = columns(OVER_SEEDS)
    return Figure(
        title=title,
        subtitle=label(reading, days=experiment["days"]),
        alt=label("experiment.alt", what=figure_title(name, style), finding=title),
        spec=specification(style, rows["reward"].nunique() * CELL_PX, layers, data={"name": "cells"}),
        data={
            "cells": table(
                reward=np.array([reward_words(reward, style) for reward in rows["reward"]], dtype=str),
                algorithm=np.array([algorithm_title(algo) for algo in rows["algo"]], dtype=str),
                shade=shade.round(4),
                value=values,
                short=np.array(text, dtype=str),
                said=columns(MEAN),
                days=columns(OVER_DAYS),
                over_seeds=np.array(
                    [f"{said} ({n:,})" for said, n in zip(seeds, rows["seeds"], strict=True)], dtype=str
                ),
                less=columns(LESS_REFERENCE, signed=True),
            )
        },
    )


def _finding(experiment: Mapping[str, Any], site: str, name: str, rows: pd.DataFrame, values: Any, style: Style) -> str:
    """Who is best, or, of what is neither good nor bad, between whom it lies; and plug and charge beside."""
    high, low = int(np.argmax(values * (BETTER[name] or 1))), int(np.argmin(values))

    def who(place: int) -> dict[str, str]:
        return {
            "algorithm": algorithm_title(rows["algo"].iloc[place]),
            "reward": reward_words(rows["reward"].iloc[place], style),
            "value": _long(values[place], name, style),
        }

    reference = _long(experiment["sites"][site]["references"][REFERENCE][name][0], name, style)
    what, told = figure_words(name, style), {"agent": agent_name(style, REFERENCE), "reference": reference}
    if BETTER[name]:
        return style.text("experiment.best", what=what, **who(high), **told)
    lowest = {f"low_{key}": text for key, text in who(low).items()}
    return style.text("experiment.span", what=what, **who(high), **lowest, **told)


def _long(value: float | None, name: str, style: Style, *, signed: bool = False) -> str:
    """A value with its unit."""
    if value is None:
        return UNKNOWN
    if name in INDICATORS:
        return indicators.written(float(value), name, style, signed=signed)
    unit = original_title(name, style).removeprefix(original_words(name, style)).strip(" ()")
    return f"{number(value, digits(name), signed=signed)} {unit}".rstrip()


def _short(value: float, name: str, style: Style) -> str:
    """A value as it fits into a cell."""
    shown = value * (indicators.factor(name, style) if name in INDICATORS else 1.0)
    for least, letter in LARGE:
        if abs(shown) >= least:
            scale = 1e3 if letter == "k" else least
            return f"{number(shown / scale, 1 if abs(shown / scale) < 100 else 0)}{letter}"
    places = indicators.digits(name, style) if name in INDICATORS else digits(name)
    return number(shown, min(places, 0 if abs(shown) >= 1000 else 1 if abs(shown) >= 10 else places))


# --- to whom ----------------------------------------------------------------------------------------------------------
def brought(experiment: Mapping[str, Any], site: str) -> pd.DataFrame:
    """What each reward brought to whom: a row a reward, differences to plug and charge on the same days [EUR/day].

    Returns
    -------
    DataFrame
        `reward`, `algorithms` (how many), for each of `MONEY` the mean over algorithms under its own name and the
        lowest and highest under ``NAME_low`` and ``NAME_high``; `ready_frac` likewise, as a share.
    """
    lines = []
    for reward, group in cells(experiment, site).groupby("reward", sort=False):
        line: dict[str, Any] = {"reward": reward, "algorithms": len(group)}
        for name in (*MONEY, "ready_frac"):
            less = np.array([figures[name][LESS_REFERENCE] for figures in group["figures"]], dtype=np.float64)
            line |= {name: less.mean(), f"{name}_low": less.min(), f"{name}_high": less.max()}
        lines.append(line)
    return pd.DataFrame(lines)


def brought_finding(rows: pd.DataFrame, style: Style) -> str:
    """Which reward leaves all together best off, or comes closest to plug and charge."""
    place = int(rows["objective_eur"].to_numpy().argmax())
    value = float(rows["objective_eur"].iloc[place])
    key = "experiment.brought_more" if value > 0 else "experiment.brought_less"
    reward = reward_words(str(rows["reward"].iloc[place]), style)
    return style.text(key, reward=reward, value=style.money(value, signed=True))


def favourites(rows: pd.DataFrame, style: Style) -> str:
    """Under which reward each stakeholder fares best."""
    best = {
        name.removesuffix("_eur"): reward_words(str(rows["reward"].iloc[int(rows[name].to_numpy().argmax())]), style)
        for name in MONEY[1:]
    }
    return style.text("experiment.favourites", **best)
