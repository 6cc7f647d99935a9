"""Many days in plain numbers: how two agents compare on the same Worlds, how surely, and on which day worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.accounts.indicators import INDICATORS
from core.studies.study import paired_differences, with_cars, worlds_needed


@dataclass(frozen=True, slots=True)
class Verdict:
    """One agent against a reference on the Worlds that both have met and in which a car came."""

    agent: str
    reference: str
    indicator: str
    n: int
    mean: float
    """Mean difference to the reference, in the indicator's own unit."""
    low: float
    high: float
    """Ends of its 95 % bootstrap interval; NaN for fewer than two Worlds."""
    win_frac: float
    """Share of Worlds in which the agent is better; where neither way is better, in which it is higher."""
    needed: int | None
    """Worlds it takes to tell such a difference from noise; None where there is none to find."""

    @property
    def noise(self) -> bool:
        """Whether the interval holds 0, or is not known."""
        return not (self.low > 0 or self.high < 0)

    @property
    def better(self) -> bool:
        """Whether the mean lies on the better side (for indicators without one: on the higher)."""
        return self.mean * (INDICATORS[self.indicator].better or 1) > 0


def verdicts(table: pd.DataFrame, indicator: str, reference: str) -> list[Verdict]:
    """Every other agent against the reference, best first.

    Parameters
    ----------
    table : DataFrame
        A row a World and agent, with columns `world`, `agent`, `cars` and the indicator; Worlds may be missing.
    indicator : str
        Name from `core.accounts.indicators.INDICATORS`.
    reference : str

    Returns
    -------
    list of Verdict
    """
    sign = INDICATORS[indicator].better or 1
    table = with_cars(table)
    base = table[table["agent"] == reference].set_index("world")[indicator]
    out = []
    for agent in dict.fromkeys(table["agent"]):
        mine = table[table["agent"] == agent].set_index("world")[indicator]
        both = mine.index.intersection(base.index)
        if agent == reference or not len(both):
            continue
        pair = pd.DataFrame(
            {
                "agent": np.repeat([agent, reference], len(both)),
                indicator: np.concatenate([mine[both].to_numpy(), base[both].to_numpy()]),
            }
        )
        row = paired_differences(pair, indicator, reference).iloc[0]
        difference = (mine[both] - base[both]).to_numpy()
        out.append(
            Verdict(
                agent=agent,
                reference=reference,
                indicator=indicator,
                n=len(both),
                mean=float(row["mean"]),
                low=float(row["low"]),
                high=float(row["high"]),
                win_frac=float((difference * sign > 1e-9).mean()),
                needed=worlds_needed(difference),
            )
        )
    return sorted(out, key=lambda verdict: -verdict.mean * sign)


def worst_worlds(
    table: pd.DataFrame, indicator: str, reference: str, *, most: int = 3, agents: Sequence[str] | None = None
) -> pd.DataFrame:
    """For each agent the Worlds in which it falls furthest behind the reference.

    Returns
    -------
    DataFrame
        Columns `agent`, `world`, `value`, `reference`, `difference`; worst first within an agent.
    """
    sign = INDICATORS[indicator].better or 1
    table = with_cars(table)
    base = table[table["agent"] == reference].set_index("world")[indicator]
    parts = []
    for agent in agents if agents is not None else dict.fromkeys(table["agent"]):
        mine = table[table["agent"] == agent].set_index("world")[indicator]
        both = mine.index.intersection(base.index)
        if agent == reference or not len(both):
            continue
        part = pd.DataFrame(
            {"agent": agent, "world": both, "value": mine[both].to_numpy(), "reference": base[both].to_numpy()}
        )
        part["difference"] = part["value"] - part["reference"]
        order = (part["difference"] * sign).sort_values(kind="stable").index[:most]
        parts.append(part.loc[order])
    columns = ["agent", "world", "value", "reference", "difference"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
