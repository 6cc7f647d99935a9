"""What must be said beside results whose prices are not those of their days."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from core.scenario import Scenario, notices_of


def say(scenarios: Sequence[Scenario]) -> None:
    """Print on standard error the first sentence of each kind, and how many of the scenarios it concerns."""
    for notice, n in notices_of(scenarios).items():
        more = f" This concerns {n} of {len(scenarios)} scenarios." if len(scenarios) > 1 else ""
        print(f"note: {notice.text}{more}", file=sys.stderr)


def texts(scenario: Scenario) -> list[str]:
    """The sentences of one scenario, for JSON."""
    return [notice.text for notice in scenario.notices]


def beside(rows: Sequence[dict[str, Any]], scenarios: Sequence[Scenario]) -> list[dict[str, Any]]:
    """Rows of results, each with the sentences of its scenario; every agent's rows are in the scenarios' order."""
    said, met, out = [texts(scenario) for scenario in scenarios], dict[str, int](), []
    for row in rows:
        place = met.get(row["agent"], 0)
        met[row["agent"]] = place + 1
        out.append({**row, "notices": said[place % len(said)]})
    return out
