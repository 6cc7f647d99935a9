"""A figure of an evaluation: what each agent comes to on average, and how surely."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.figures.channels import named_rows, quantity, rule_at, tip
from core.figures.figure import Figure, specification, table
from core.figures.marks import agent_name, agent_names, agent_tint, together
from core.figures.style import Style, number
from core.studies.evaluation import digits
from core.studies.traced import ORIGINAL

ROW_PX = 30


def original_title(name: str, style: Style) -> str:
    """One of the original project's figures with its unit."""
    words, unit = original_words(name, style), ORIGINAL[name].unit
    return f"{words} ({unit})" if unit else words


def original_words(name: str, style: Style) -> str:
    """What one of them is called."""
    reward = name.removeprefix("reward_")
    if reward == name:
        return style.text(f"original.{name}")
    return style.text("rewards.under", reward=style.text(f"rewards.name.{reward}"))


def means(summary: pd.DataFrame, name: str, reference: str, style: Style) -> Figure:
    """Means of one of the original's figures with their 95 % intervals, a row an agent, highest first.

    Parameters
    ----------
    summary : DataFrame
        Of `core.studies.evaluation.summary`.
    name : str
        One of `core.studies.traced.ORIGINAL`.
    reference : str
        Agent whose mean is the line across.
    style : Style

    Returns
    -------
    Figure
        Data `means`, a row an agent.
    """
    label = style.text
    rows = summary[summary["figure"] == name].sort_values("mean", ascending=False, kind="stable")
    agents = [str(agent) for agent in rows["agent"]]
    height = ROW_PX * len(agents)
    ends = {
        end: np.where(np.isfinite(rows[end]), rows[end], rows["mean"]).astype(np.float64) for end in ("low", "high")
    }

    def written(value: float) -> str:
        return f"{number(value, digits(name))} {ORIGINAL[name].unit}".rstrip()

    tint = agent_tint(style, agents)
    x = quantity("mean", original_title(name, style), padding=12)
    y = named_rows("y", [agent_name(style, agent) for agent in agents], height, style)
    told = [tip("agent", label("axis.agent")), tip("said", label("evaluation.head_mean"))]
    layers: list[dict[str, Any]] = [
        rule_at("x", float(rows.loc[rows["agent"] == reference, "mean"].iloc[0]), style.colours.muted),
        {
            "mark": {"type": "rule", "strokeWidth": 3},
            "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y, "color": tint},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": tint, "tooltip": told},
        },
    ]
    highest, lowest = rows["mean"].max(), rows["mean"].min()

    def at(mean: float) -> str:
        return together([agent for agent, at in zip(agents, rows["mean"], strict=True) if np.isclose(at, mean)], style)

    title = label(
        "evaluation.means" if len(agents) > 1 else "evaluation.mean_alone",
        what=original_words(name, style), most=at(highest), least=at(lowest),
        high=written(highest), low=written(lowest),
    )  # fmt: skip
    return Figure(
        title=title,
        subtitle=label("evaluation.means_reading", base=agent_name(style, reference)),
        alt=label("evaluation.means_alt", finding=title),
        spec=specification(style, height, layers, data={"name": "means"}),
        data={
            "means": table(
                agent=agent_names(style, agents), y=np.arange(len(agents), dtype=float),
                mean=rows["mean"].to_numpy(dtype=float), low=ends["low"], high=ends["high"],
                said=np.array([written(float(value)) for value in rows["mean"]], dtype=str),
            )
        },
    )  # fmt: skip
