"""Who gained what: each stakeholder's account, line by line, for the agent and the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.accounts.indicators import Totals
from core.accounts.objective import Objective
from core.figures.explore import RunFigure, Shown
from core.figures.figure import Figure, specification, table
from core.figures.findings import Finding
from core.figures.style import Style
from core.studies.run import Result

ROW_PX = 19


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an account: its catalogue key, whose it is, its sign in that account, and whether it is a sum."""

    key: str
    who: str
    agent_eur: float
    reference_eur: float
    total: bool = False


def account_lines(agent: Totals, reference: Totals) -> list[Line]:
    """All lines of the three accounts and of the objective, signed: positive is good for that stakeholder.

    Parts add up to the line of their stakeholder; the three stakeholders times their weights add up to the objective.
    """
    parts = (
        ("v2g_revenue", "drivers", "v2g_revenue_eur", 1),
        ("energy_cost", "drivers", "energy_cost_eur", -1),
        ("wear", "drivers", "wear_cost_eur", -1),
        ("unmet", "drivers", "unmet_cost_eur", -1),
        ("drivers", "drivers", "user_profit_eur", 0),
        ("energy_sales", "provider", "energy_cost_eur", 1),
        ("v2g_payments", "provider", "v2g_revenue_eur", -1),
        ("wholesale", "provider", "wholesale_cost_eur", -1),
        ("demand", "provider", "demand_cost_eur", -1),
        ("provider", "provider", "provider_margin_eur", 0),
        ("overload", "grid", "overload_cost_eur", -1),
        ("deviation", "grid", "deviation_cost_eur", -1),
        ("grid", "grid", "grid_value_eur", 0),
    )
    lines = []
    for key, who, name, sign in parts:
        lines.append(
            Line(key, who, (sign or 1) * getattr(agent, name), (sign or 1) * getattr(reference, name), total=sign == 0)
        )
    lines.append(Line("objective", "objective", agent.objective_eur, reference.objective_eur, total=True))
    return lines


def stakeholder_ledger(result: Result, reference: Result, style: Style) -> Figure:
    """Signed bars of every line of the three accounts; a tick marks the reference.

    Parameters
    ----------
    result, reference : Result
        The agent's run and the reference's, on the same World.
    style : Style

    Returns
    -------
    Figure
        Data `lines`, a row a line. Lines that cannot be anything but zero in this scenario are left out; which ones
        never depends on the agent, so that the figure keeps its shape.
    """
    colour, label = style.colours, style.text
    scenario = result.scenario
    absent = set()
    if Objective.of(result.world).demand_price == 0:
        absent.add("demand")
    if result.world.setpoint_kw is None:
        absent.add("deviation")
    if not scenario.v2g:
        absent |= {"v2g_revenue", "v2g_payments", "wear"}
    lines = [line for line in account_lines(result.ledger.totals, reference.ledger.totals) if line.key not in absent]
    weights = {"drivers": scenario.w_user, "provider": scenario.w_provider, "grid": scenario.w_grid}
    names = [
        label(f"account.{line.key}", weight=weights[line.key]) if line.key in weights else label(f"account.{line.key}")
        for line in lines
    ]
    # A little air after each account.
    place, at = [], 0.0
    for line in lines:
        place.append(at)
        at += 1.45 if line.total else 1.0
    height = round((at - 0.45) * ROW_PX + ROW_PX)
    scale = {"domain": [-0.7, at - 0.75], "range": [0, height], "zero": False, "nice": False}
    y: dict[str, Any] = {"field": "place", "type": "quantitative", "scale": scale, "axis": None}
    x_scale = {
        "range": [{"expr": "min(150, width * 0.34)"}, {"expr": "width - 66"}],
        "zero": True,
        "nice": False,
        "padding": 4,
    }
    x_axis = {"title": label("axis.money_day", currency=style.unit), "tickCount": 5, "grid": True, "format": "~s"}
    x = {"field": "agent", "type": "quantitative", "scale": x_scale, "axis": x_axis}
    bare: dict[str, Any] = {"type": "quantitative", "scale": x_scale, "axis": None}
    fill = {
        "field": "who",
        "type": "nominal",
        "scale": {
            "domain": ["drivers", "provider", "grid", "objective"],
            "range": [colour.drivers, colour.provider, colour.grid, colour.muted],
        },
        "legend": None,
    }
    money = style.money_format
    unit = style.unit
    tooltip = [
        {"field": "name", "title": label("tip.line")},
        {"field": "agent", "title": f"{label('series.agent')} ({unit})", "type": "quantitative", "format": money},
        {
            "field": "reference",
            "title": f"{label('series.reference')} ({unit})",
            "type": "quantitative",
            "format": money,
        },
        {
            "field": "difference",
            "title": f"{label('tip.difference')} ({unit})",
            "type": "quantitative",
            "format": f"+{money}",
        },
    ]
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rule", "color": colour.muted, "strokeWidth": 1},
            "encoding": {"x": {"datum": 0, **bare}},
        },
        {
            "transform": [
                {"calculate": "datum.place - 0.36", "as": "low"},
                {"calculate": "datum.place + 0.36", "as": "high"},
            ],
            "mark": {"type": "rect"},
            "encoding": {
                "x": x,
                "x2": {"datum": 0},
                "y": {**y, "field": "low"},
                "y2": {"field": "high"},
                "color": fill,
                "opacity": {"condition": {"test": "datum.total == 1", "value": 1}, "value": 0.5},
                "tooltip": tooltip,
            },
        },
        {
            "mark": {"type": "tick", "orient": "vertical", "color": colour.text, "thickness": 2, "height": ROW_PX - 4},
            "encoding": {"x": {"field": "reference", **bare}, "y": y, "tooltip": tooltip},
        },
        *_texts(y),
    ]
    finding = who_gains(result, reference, style)
    title = label(finding.key, **finding.values)
    agent = np.array([line.agent_eur for line in lines]) * style.rate
    base = np.array([line.reference_eur for line in lines]) * style.rate
    return Figure(
        title=title,
        subtitle=label("figure.stakeholder_ledger.reading", currency=unit),
        alt=label("figure.stakeholder_ledger.alt", finding=title),
        spec=specification(style, height, layers, data={"name": "lines"}),
        data={
            "lines": table(
                place=np.array(place),
                name=np.array(names),
                who=np.array([line.who for line in lines]),
                total=np.array([line.total for line in lines]),
                agent=agent.round(4),
                reference=base.round(4),
                difference=(agent - base).round(4),
                shown=np.array([style.amount(line.agent_eur) for line in lines]),
            )
        },
    )


def _texts(y: dict[str, Any]) -> list[dict[str, Any]]:
    """Names at the left and amounts at the right; sums in bold."""
    columns: list[tuple[str, Any, dict[str, Any]]] = [
        ("name", 0, {"align": "left", "limit": 146}),
        ("shown", "width", {"align": "right"}),
    ]
    return [
        {
            "transform": [{"filter": f"datum.total == {total}"}],
            "mark": {"type": "text", "baseline": "middle", "fontWeight": weight, **mark},
            "encoding": {"x": {"value": at}, "y": y, "text": {"field": field}},
        }
        for total, weight in ((0, 400), (1, 600))
        for field, at, mark in columns
    ]


def who_gains(result: Result, reference: Result, style: Style) -> Finding:
    """Each stakeholder's difference to the reference."""
    agent, base = result.ledger.totals, reference.ledger.totals
    if agent.cars == 0:
        return Finding("finding.no_cars")
    same = result.trace.agent == reference.trace.agent
    names = {"drivers": "user_profit_eur", "provider": "provider_margin_eur", "grid": "grid_value_eur"}
    values = {
        key: style.amount(getattr(agent, name) - (0.0 if same else getattr(base, name)), signed=True)
        for key, name in names.items()
    }
    return Finding("finding.accounts" if same else "finding.accounts_change", {**values, "currency": style.unit})


def _draw(shown: Shown) -> Figure:
    return stakeholder_ledger(shown.result, shown.reference, shown.style)


FIGURE = RunFigure("stakeholder_ledger", row="site", rank=4, draw=_draw)
