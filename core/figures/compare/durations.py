"""The site's power in order of size under every agent."""

from __future__ import annotations

from collections.abc import Sequence

from core.agents.registry import BOUND
from core.figures.duration import Curve, against, direction, in_order, limits, rows, site_kw
from core.figures.figure import Figure
from core.figures.findings import Finding, cars_short
from core.figures.marks import agent_colour, agent_name, not_knowing, together
from core.figures.style import Style
from core.scenario import STEP_HOURS
from core.studies.run import Result


def durations(results: Sequence[Result], base: Result, style: Style) -> Figure:
    """How long the site's power is how high, a line an agent, under the limit.

    Parameters
    ----------
    results : sequence of Result
        On one World, best first.
    base : Result
        What everybody is measured against; drawn dashed, also where it is not among them.
    style : Style

    Returns
    -------
    Figure
        Data `curves`, a row an agent and step and one more at the end.
    """
    label, world = style.text, base.world
    others = [run for run in results if run.trace.agent != base.trace.agent]
    lines = [
        Curve(agent_name(style, name), agent_colour(style, name), site_kw(run), 2.0, () if run is not base else (5, 3))
        for run in (base, *reversed(others))
        for name in (run.trace.agent,)
    ]
    finding = lowest_peak(others, base, style)
    title = label(finding.key, **finding.values)
    return Figure(
        title=title,
        subtitle=label("figure.duration.reading"),
        alt=label("figure.durations.alt", finding=title),
        spec=in_order(lines, style, label("axis.duration"), label("tip.duration")),
        data={"curves": rows(lines, limits(world, [line.power_kw for line in lines]), style, STEP_HOURS)},
    )


def lowest_peak(others: Sequence[Result], base: Result, style: Style) -> Finding:
    """Who of those without foresight has the lowest peak; among equals who has the fewest hours beyond, and cars short.

    How many cars pay for it by leaving short is said in the same breath: who charges nobody has the lowest peak of all.
    """
    able = [run for run in others if run.trace.agent != BOUND]
    if not able:
        return Finding("finding.duration_alone", against(base.ledger.totals, base.ledger.totals))

    def size(run: Result) -> tuple[float, float, int]:
        return round(run.ledger.totals.site_peak_kw, 1), run.ledger.totals.over_limit_h, cars_short(run)

    first = min(able, key=size)
    lower, short = direction(first.ledger.totals, base.ledger.totals) == "shaved", cars_short(first)
    values = {
        **against(first.ledger.totals if lower else base.ledger.totals, base.ledger.totals),
        "base": agent_name(style, base.trace.agent),
        "agents": together([run.trace.agent for run in able if size(run) == size(first)], style),
        "among": not_knowing("able", [run.trace.agent for run in others], style),
        "short": short, "cars": first.ledger.totals.cars,
    }  # fmt: skip
    if not lower:
        return Finding("finding.durations_none", values)
    return Finding("finding.durations_lowest_short" if short else "finding.durations_lowest", values)
