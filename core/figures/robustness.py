"""Many days: how an indicator is spread, and how surely agents differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.accounts.indicators import INDICATORS
from core.agents.registry import BOUND
from core.figures.channels import named_rows, quantity, rule_at, tip
from core.figures.duration import Curve, in_order
from core.figures.duration import rows as in_rows
from core.figures.figure import Figure, specification, table
from core.figures.findings import Finding
from core.figures.indicators import factor, indicator_title, unit, written
from core.figures.marks import agent_colour, agent_name, agent_names, agent_tint
from core.figures.style import Style
from core.studies.study import with_cars
from core.studies.verdict import Verdict

ROW_PX = 44


def sentence(verdict: Verdict, style: Style) -> Finding:
    """A comparison in one plain sentence: who beats whom by how much, or that it is within noise."""
    indicator = INDICATORS[verdict.indicator]

    def amount(value: float) -> str:
        return written(value, verdict.indicator, style).rsplit(" ", 1)[0]

    flip = -1.0 if verdict.mean < 0 else 1.0
    low, high = sorted((flip * verdict.low, flip * verdict.high))
    values: dict[str, str | int | float] = {
        "agent": agent_name(style, verdict.agent), "base": agent_name(style, verdict.reference),
        "what": style.text(f"indicator.{verdict.indicator}"),
        "mean": written(abs(verdict.mean), verdict.indicator, style),
        "low": amount(low), "high": amount(high), "days": verdict.n,
        "needed": 0 if verdict.needed is None else verdict.needed,
    }  # fmt: skip
    if verdict.n < 2 or (verdict.needed is None):
        return Finding("verdict.same" if abs(verdict.mean) < 1e-9 else "verdict.too_few", values)
    if verdict.noise:
        return Finding("verdict.noise", values)
    if indicator.better == 0:
        return Finding("verdict.higher" if verdict.mean > 0 else "verdict.lower", values)
    return Finding("verdict.beats" if verdict.better else "verdict.loses", values)


def spread(rows: pd.DataFrame, indicator: str, style: Style) -> Figure:
    """Every day as a dot, with the middle half, the middle 80 % and the median; a row an agent.

    Parameters
    ----------
    rows : DataFrame
        A row a World and agent.
    indicator : str
    style : Style

    Returns
    -------
    Figure
        Data `days` (a row a World and agent) and `boxes` (a row an agent).
    """
    colour, label = style.colours, style.text
    rows = with_cars(rows)
    medians = rows.groupby("agent", sort=False)[indicator].median() * (INDICATORS[indicator].better or 1)
    agents = [str(agent) for agent in medians.sort_values(ascending=False, kind="stable").index]
    names = [agent_name(style, agent) for agent in agents]
    n = max(1, len(agents))
    height = n * ROW_PX
    times = factor(indicator, style)
    title_x = indicator_title(indicator, style)
    place = rows["agent"].map({agent: i for i, agent in enumerate(agents)}).to_numpy(dtype=float)
    # A fixed scatter across the row: the same day lies at the same height in every row.
    across = 0.30 * (((rows["world"].to_numpy(dtype=float) * 0.6180339887) % 1.0) - 0.5) * 2
    values = rows[indicator].to_numpy() * times
    quantiles = {agent: np.quantile(values[place == i], [0.1, 0.25, 0.5, 0.75, 0.9]) for i, agent in enumerate(agents)}
    x, y = quantity("value", title_x, padding=8), named_rows("y", names, height, style)
    tint = agent_tint(style, agents)

    def bar(low: str, high: str, width: float, opacity: float) -> dict[str, Any]:
        return {
            "data": {"name": "boxes"},
            "mark": {"type": "rule", "strokeWidth": width, "opacity": opacity, "strokeCap": "butt"},
            "encoding": {"x": {**x, "field": low}, "x2": {"field": high}, "y": y, "color": tint},
        }

    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "circle", "size": 14, "opacity": 0.45},
            "encoding": {
                "x": x, "y": y, "color": tint,
                "tooltip": [
                    tip("agent", label("axis.agent")), tip("when", label("axis.day")), tip("value", title_x, ",.2f"),
                ],
            },
        },
        bar("p10", "p90", 2, 0.9),
        bar("p25", "p75", 9, 0.55),
        {
            "data": {"name": "boxes"},
            "mark": {"type": "tick", "thickness": 2.5, "size": 22, "orient": "vertical", "color": colour.text},
            "encoding": {
                "x": {**x, "field": "median"}, "y": y,
                "tooltip": [
                    tip("agent", label("axis.agent")), tip("median", label("tip.median"), ",.2f"),
                    tip("p10", label("tip.p10"), ",.2f"), tip("p90", label("tip.p90"), ",.2f"),
                ],
            },
        },
    ]  # fmt: skip
    days = rows["world"].nunique()
    if agents:
        widest = max(agents, key=lambda agent: quantiles[agent][-1] - quantiles[agent][0])
        title = label(
            "finding.spread" if len(agents) > 1 else "finding.spread_alone", agent=agent_name(style, widest), days=days,
            low=written(quantiles[widest][0] / times, indicator, style),
            high=written(quantiles[widest][-1] / times, indicator, style),
        )  # fmt: skip
    else:
        title = label("finding.no_cars_ever")
    when = (rows["date"].astype(str) + " · " + rows["seed"].astype(str)).to_numpy() if len(rows) else np.array([])
    return Figure(
        title=title,
        subtitle=label("figure.spread.reading"),
        alt=label("figure.spread.alt", finding=title),
        spec=specification(style, height, layers, data={"name": "days"}),
        data={
            "days": table(
                agent=agent_names(style, rows["agent"]),
                y=(place + across).round(3), value=values.round(4), when=when.astype(str),
            ),
            "boxes": table(
                agent=agent_names(style, agents), y=np.arange(len(agents), dtype=float),
                **{
                    name: np.array([quantiles[agent][i] for agent in agents], dtype=float).round(4)
                    for i, name in enumerate(("p10", "p25", "median", "p75", "p90"))
                },
            ),
        },
    )  # fmt: skip


def paired(found: Sequence[Verdict], indicator: str, style: Style) -> Figure:
    """Mean difference of each agent to the reference with its 95 % interval.

    Returns
    -------
    Figure
        Data `verdicts`, a row an agent.
    """
    colour, label = style.colours, style.text
    n = max(1, len(found))
    height = n * 34
    times = factor(indicator, style)
    names = [agent_name(style, verdict.agent) for verdict in found]
    title_x = label("axis.difference", what=label(f"indicator.{indicator}"), unit=unit(indicator, style))
    x, y = quantity("mean", title_x, zero=True, padding=12), named_rows("y", names, height, style)
    tint = {
        "condition": [
            {"test": "datum.noise == 1", "value": colour.muted},
            {"test": "datum.better == 0", "value": colour.limit},
        ],
        "value": colour.drivers if INDICATORS[indicator].better else colour.charge,
    }
    tooltip = [
        tip("agent", label("axis.agent")), tip("mean", title_x, "+,.2f"), tip("low", label("tip.low"), "+,.2f"),
        tip("high", label("tip.high"), "+,.2f"), tip("win", label("tip.wins"), ".0%"),
        tip("n", label("tip.days"), ",d"),
    ]  # fmt: skip
    layers: list[dict[str, Any]] = [
        rule_at("x", 0, colour.muted),
        {
            "mark": {"type": "rule", "strokeWidth": 3},
            "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, "y": y, "color": tint},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": tint, "tooltip": tooltip},
        },
    ]
    sure = sum(not verdict.noise for verdict in found)
    reference = agent_name(style, found[0].reference) if found else ""
    title = label("finding.sure", sure=sure, all=len(found), base=reference)
    if not found:
        title = label("finding.only_one")

    def numbers(field: str) -> Any:
        # An unknown interval has no length.
        values = [getattr(v, field) if np.isfinite(getattr(v, field)) else v.mean for v in found]
        return (np.array(values, dtype=float) * times).round(4)

    return Figure(
        title=title,
        subtitle=label("figure.paired.reading", base=reference),
        alt=label("figure.paired.alt", finding=title),
        spec=specification(style, height, layers, data={"name": "verdicts"}),
        data={
            "verdicts": table(
                agent=agent_names(style, (verdict.agent for verdict in found)), y=np.arange(len(found), dtype=float),
                mean=numbers("mean"), low=numbers("low"), high=numbers("high"),
                win=np.array([verdict.win_frac for verdict in found], dtype=float),
                noise=np.array([verdict.noise for verdict in found], dtype=bool),
                better=np.array([verdict.better for verdict in found], dtype=bool),
                n=np.array([verdict.n for verdict in found], dtype=int),
            )
        },
    )  # fmt: skip


def daily_peaks(rows: pd.DataFrame, reference: str, limit_kw: float, style: Style) -> Figure:
    """The site's peak of every day, from the highest down, a line an agent.

    Parameters
    ----------
    rows : DataFrame
        A row a World and agent.
    reference : str
        The agent that others are measured against.
    limit_kw : float
        Of the transformers together where it is highest; events and a limit set by the hour lower it.
    style : Style

    Returns
    -------
    Figure
        Data `curves`, a row an agent and day and one more at the end. Which day is which differs between agents.
    """
    label, rows = style.text, with_cars(rows)
    days = {str(agent): part for agent, part in rows.groupby("agent", sort=False)}
    lines = [
        Curve(agent_name(style, agent), agent_colour(style, agent), part["site_peak_kw"].to_numpy())
        for agent, part in reversed(days.items())
    ]
    finding = highest_days(days, reference, style)
    title = label(finding.key, **finding.values)
    return Figure(
        title=title,
        subtitle=label("figure.daily_peaks.reading"),
        alt=label("figure.daily_peaks.alt", finding=title),
        spec=in_order(lines, style, label("axis.days_in_order"), label("tip.days_at_least")),
        data={"curves": in_rows(lines, [limit_kw], style, 1.0)},
    )


def highest_days(days: Mapping[str, pd.DataFrame], reference: str, style: Style) -> Finding:
    """Who of those without foresight keeps the highest peak of all days lowest, beside the reference."""

    def of(agent: str) -> tuple[float, int]:
        return float(days[agent]["site_peak_kw"].max()), int((days[agent]["over_limit_h"] > 0).sum())

    able = [agent for agent in days if agent not in (BOUND, reference)]
    agent = min(able, key=of) if able else next(iter(days))
    values: dict[str, str | int | float] = {
        "days": len(days[agent]), "agent": agent_name(style, agent), "peak": of(agent)[0], "over": of(agent)[1],
    }  # fmt: skip
    if reference not in days or agent == reference:
        return Finding("finding.daily_peaks_alone", values)
    peak, over = of(reference)
    beside: dict[str, str | int | float] = {"base": agent_name(style, reference), "base_peak": peak, "base_over": over}
    return Finding("finding.daily_peaks", values | beside)
