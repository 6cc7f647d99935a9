"""Runs under the original's rewards beside the objective: what each scores, and whom each would have preferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from core.figures.findings import Finding
from core.figures.marks import agent_name
from core.figures.style import Style
from core.rewards import REWARDS
from core.studies.run import Result

COLUMNS = {f"reward_{name}": name for name in REWARDS}
"""Columns of scores, by the reward's name."""


def scored(results: Sequence[Result], scores: Sequence[Mapping[str, float]]) -> pd.DataFrame:
    """One row an agent, best objective first: `agent`, `objective_eur` and a column a reward.

    Parameters
    ----------
    results : sequence of Result
        Of one day.
    scores : sequence of mapping
        `core.rewards.scores` of each.
    """
    rows = [
        {
            "agent": run.trace.agent,
            "objective_eur": run.ledger.totals.objective_eur,
            **{column: score[name] for column, name in COLUMNS.items()},
        }
        for run, score in zip(results, scores, strict=True)
    ]
    return pd.DataFrame(rows).sort_values("objective_eur", ascending=False, kind="stable", ignore_index=True)


def preferred(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Whom each column of `scored` ranks first: several where they are alike, nobody where all are."""
    out = {}
    for name in rows.columns[1:]:
        values = rows[name]
        first = values >= values.max() - 1e-9 * max(1.0, abs(values.max()))
        out[name] = [] if first.all() else rows.loc[first, "agent"].tolist()
    return out


def agreement(rows: pd.DataFrame, style: Style) -> Finding:
    """Which rewards put the objective's first agent first, too, and which do not."""
    first = preferred(rows)
    leaders = set(first["objective_eur"])
    if not leaders:
        return Finding("rewards.no_leader")
    agreeing = [name for column, name in COLUMNS.items() if leaders & set(first[column])]
    others = [name for name in REWARDS if name not in agreeing]
    values = {
        "agent": agent_name(style, rows["agent"].iloc[0]),
        "agreeing": ", ".join(style.text(f"rewards.name.{name}") for name in agreeing),
        "others": ", ".join(style.text(f"rewards.name.{name}") for name in others),
    }
    key = "rewards.some" if agreeing and others else "rewards.all" if agreeing else "rewards.none"
    return Finding(key, values)
