"""What must be said beside results whose prices are not those of their days."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from core.scenario import Scenario


def say(scenarios: Sequence[Scenario]) -> None:
    """Print one line a sentence on standard error: the first of its kind, and for how many of the scenarios it holds."""
    first: dict[str, str] = {}
    count: dict[str, int] = {}
    for scenario in scenarios:
        for notice in scenario.notices:
            first.setdefault(notice.key, notice.text)
            count[notice.key] = count.get(notice.key, 0) + 1
    for key, text in first.items():
        more = f" The same holds for {count[key]} of {len(scenarios)} scenarios." if len(scenarios) > 1 else ""
        print(f"note: {text}{more}", file=sys.stderr)


def texts(scenario: Scenario) -> list[str]:
    """The sentences of one scenario, for JSON."""
    return [notice.text for notice in scenario.notices]
