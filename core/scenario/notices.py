"""What must be said beside results of several scenarios."""

from __future__ import annotations

from collections.abc import Sequence

from core.scenario.fields import Scenario
from core.tariffs import Notice


def notices_of(scenarios: Sequence[Scenario]) -> dict[Notice, int]:
    """The first notice of each kind, and how many of the scenarios have one of that kind."""
    first: dict[str, Notice] = {}
    count: dict[str, int] = {}
    for scenario in scenarios:
        for notice in scenario.notices:
            first.setdefault(notice.key, notice)
            count[notice.key] = count.get(notice.key, 0) + 1
    return {notice: count[key] for key, notice in first.items()}
