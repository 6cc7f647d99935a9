"""What weights change about an agent's day."""

from __future__ import annotations

import numpy as np

from core.figures.findings import Finding
from core.figures.marks import agent_name
from core.figures.style import Style
from core.scenario import STEP_HOURS
from core.studies.run import Result

LEAST_KWH = 0.05
"""Less than this is no difference."""


def what_weights_change(result: Result, balanced: Result, style: Style) -> Finding:
    """How much an agent charges and discharges otherwise than under balanced weights, and what that is worth to whom.

    Parameters
    ----------
    result, balanced : Result
        Of one agent and World; they differ in weights.
    style : Style
    """
    values: dict[str, str | float] = {"agent": agent_name(style, result.trace.agent)}
    kwh = float(np.abs(result.trace.power_kw - balanced.trace.power_kw).sum()) * STEP_HOURS
    if kwh < LEAST_KWH:
        return Finding("finding.weights_nothing", values)
    now, then = result.ledger.totals, balanced.ledger.totals
    money = {"drivers": "user_profit_eur", "provider": "provider_margin_eur", "grid": "grid_value_eur"}
    values |= {who: style.money(getattr(now, name) - getattr(then, name), signed=True) for who, name in money.items()}
    return Finding("finding.weights_change", {**values, "kwh": f"{kwh:,.1f}"})
