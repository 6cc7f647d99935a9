"""Runs as JSON: what was asked, what came of it, and what it was made with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.reports.plain_json import as_text, records
from core.rewards import scores
from core.studies.provenance import made_with
from core.studies.run import Result


def head(results: Sequence[Result]) -> dict[str, Any]:
    """What runs of one scenario have in common."""
    scenario = results[0].scenario
    return {
        "scenario": scenario.model_dump(mode="json"),
        "made_with": made_with([scenario], [result.trace.agent for result in results]),
        "notices": [notice.text for notice in scenario.notices],
    }


def outcome(result: Result) -> dict[str, Any]:
    """What came of one run: ledger, rewards of the original, sessions, stations and EV2Gym's statistics."""
    return {
        "agent": result.trace.agent,
        "ledger": result.ledger.totals.as_dict(),
        "rewards": scores(result.world, result.trace),
        "bound_eur": result.trace.bound_eur,
        "sessions": records(result.ledger.sessions),
        "stations": records(result.ledger.stations),
        "ev2gym_stats": dict(result.trace.ev2gym_stats),
    }


def to_json(results: Sequence[Result]) -> str:
    """Runs of one scenario as a file."""
    return as_text({**head(results), "runs": [outcome(result) for result in results]})
