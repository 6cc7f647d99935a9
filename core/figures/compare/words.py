"""Who does best on a day, for whom, and at whose cost, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from core.agents.registry import BOUND
from core.figures.compare.gains import STAKEHOLDERS
from core.figures.compare.why import why_better
from core.figures.findings import GRAVE, Finding, cars_short, faults
from core.figures.marks import agent_name, not_knowing, together
from core.figures.style import Style, share_text
from core.studies.run import Result


def headline(results: Sequence[Result], base: Result, best: Result | None, style: Style) -> list[Finding]:
    """Who does best without knowing the future, what that does for whom, and whom the others leave short.

    Where the leader overloads a transformer or leaves a car short gravely, that comes before all praise.

    Parameters
    ----------
    results : sequence of Result
    base : Result
        What everybody is measured against.
    best : Result or None
        The best plan, where it is known already; nobody is praised for foresight.
    style : Style
    """
    if base.ledger.totals.cars == 0:
        return [Finding("headline.empty")]
    able = [run for run in results if run.trace.agent != BOUND]
    others = [run for run in able if run.trace.agent != base.trace.agent]
    if not others:
        return [Finding("headline.choose_more")]
    among = not_knowing("able", [run.trace.agent for run in results], style)
    top = max(others, key=lambda run: run.ledger.totals.objective_eur)
    against = agent_name(style, base.trace.agent)
    gain = top.ledger.totals.objective_eur - base.ledger.totals.objective_eur
    values: dict[str, str | float] = {
        "agent": agent_name(style, top.trace.agent), "base": against, "amount": style.money(abs(gain)), "among": among,
    }  # fmt: skip
    gains = style.rounded(gain) > 0
    first = Finding("headline.leads" if gains else "headline.none_leads", values)
    bound = None if best is None else best.trace.bound_eur  # the yardstick of every other page
    possible = None if bound is None else bound - base.ledger.totals.objective_eur
    if gains and possible is not None and style.rounded(possible) > 0:
        first = Finding("headline.leads_share", {**values, "share": share_text(gain / possible)})
    grave = [fault.leading for fault in faults(top, base, style) if fault.severity >= GRAVE]
    sentences = [*grave[:1], first]
    if gains:
        change = {
            name: style.amount(getattr(top.ledger.totals, f) - getattr(base.ledger.totals, f), signed=True)
            for name, f in STAKEHOLDERS
        }
        sentences.append(Finding("headline.leads_for", {**change, "currency": style.unit, "base": against}))
        reason = why_better(top, base, style)
        sentences += [reason] if reason else []
    sentences.append(_best_for_grid(results, base, style))
    short = {run.trace.agent: cars_short(run) for run in results}
    if not any(short.values()):
        sentences.append(Finding("headline.all_agents_ready"))
    else:
        worst = max(short, key=lambda name: short[name])
        sentences.append(
            Finding(
                "headline.agent_short",
                {"agent": agent_name(style, worst), "short": short[worst], "cars": base.ledger.totals.cars},
            )
        )
    return sentences


def _best_for_grid(results: Sequence[Result], base: Result, style: Style) -> Finding:
    """Who serves the grid best, and what that costs the drivers against whoever serves them best."""
    able, shown = [run for run in results if run.trace.agent != BOUND], [run.trace.agent for run in results]
    before = base.ledger.totals.grid_value_eur
    grid = {run.trace.agent: style.rounded(run.ledger.totals.grid_value_eur - before) for run in able}
    drivers = {run.trace.agent: run.ledger.totals.user_profit_eur for run in able}
    most = max(grid.values())
    if most == min(grid.values()):
        return Finding("headline.grid_alike", {"among": not_knowing("able_all", shown, style)})
    tied = [name for name in grid if grid[name] == most]
    agent = max(tied, key=lambda name: drivers[name])
    other = max(drivers, key=lambda name: drivers[name])
    cost = drivers[other] - drivers[agent]
    values: dict[str, str | float] = {
        "agent": agent_name(style, agent), "other": agent_name(style, other), "cost": style.money(cost),
        "grid": style.money(most / style.rate, signed=True), "base": agent_name(style, base.trace.agent),
        "among": not_knowing("able", shown, style),
    }  # fmt: skip
    key = "headline.grid_best" if style.rounded(cost) > 0 else "headline.grid_and_drivers"
    if len(tied) > 1:
        return Finding(f"{key}_tied", {**values, "agents": together(tied, style)})
    return Finding(key, values)
