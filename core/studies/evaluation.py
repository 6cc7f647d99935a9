"""Any agents in the same runs: what each comes to on average, how that is spread, and how surely agents differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Sequence
from dataclasses import replace

import pandas as pd

from core.accounts.indicators import FIGURES, INDICATORS, UNITS
from core.scenario import Scenario
from core.studies import study
from core.studies.bootstrap import interval
from core.studies.study import Study
from core.studies.traced import ORIGINAL

RUNS = 50
"""Runs of an evaluation unless something else is asked for; the original project had as many."""


def runs(
    base: Scenario,
    agents: Sequence[str],
    seeds: Sequence[int],
    first: dt.date | None = None,
    last: dt.date | None = None,
) -> Study:
    """The runs of an evaluation: every seed on every day from `first` to `last`, the scenario's own by default.

    Raises
    ------
    ScenarioError, EnerV2GizeError
        As `core.studies.study.over_days`.
    """
    days = study.over_days(base, first or base.date, last or first or base.date, agents, seeds)
    return replace(days, traced=True)


def figures_in(table: Container[str], *, shown: bool = False) -> list[str]:
    """Figures among the names there are: the ledger's (with `shown`, indicators only), then the original's."""
    return [name for name in (*(INDICATORS if shown else FIGURES), *ORIGINAL) if name in table]


def unit(figure: str) -> str:
    """The unit of a figure; empty where it has none."""
    return ORIGINAL[figure].unit if figure in ORIGINAL else UNITS[FIGURES[figure].kind].replace("1", "")


def digits(figure: str) -> int:
    """Decimals with which a figure is written."""
    if figure in ORIGINAL:
        return ORIGINAL[figure].digits
    return 4 if FIGURES[figure].kind == "share" else 2


def summary(table: pd.DataFrame, reference: str) -> pd.DataFrame:
    """What each agent comes to: a row a figure and agent.

    Parameters
    ----------
    table : DataFrame
        Of `core.studies.study.run`, the reference among the agents.
    reference : str
        Agent that others are compared with.

    Returns
    -------
    DataFrame
        Of runs in which a car came, `n` of them: `mean` with its 95 % bootstrap interval `low` to `high`, the standard
        deviation `sd`, `least` and `most`; and `difference`, the mean difference to the reference in the same runs,
        with its interval `difference_low` to `difference_high`, and `noise`: whether that holds 0. For the reference
        itself, these are missing.
    """
    table = study.with_cars(table)
    rows = []
    for figure in figures_in(table):
        known = table[table[figure].notna()]
        paired = study.paired_differences(known, figure, reference).set_index("agent") if len(known) else None
        for agent in dict.fromkeys(known["agent"]):
            values = known.loc[known["agent"] == agent, figure].to_numpy(dtype=float)
            low, high = interval(values)
            row = {
                "figure": figure, "unit": unit(figure), "agent": agent, "n": len(values), "mean": values.mean(),
                "low": low, "high": high, "sd": values.std(ddof=1) if len(values) > 1 else float("nan"),
                "least": values.min(), "most": values.max(),
            }  # fmt: skip
            if paired is not None and agent != reference:
                other = paired.loc[agent]
                row |= {
                    "difference": other["mean"], "difference_low": other["low"], "difference_high": other["high"],
                    "noise": bool(other["noise"]),
                }  # fmt: skip
            rows.append(row)
    columns = ["figure", "unit", "agent", "n", "mean", "low", "high", "sd", "least", "most"]
    columns += ["difference", "difference_low", "difference_high", "noise"]
    return pd.DataFrame(rows, columns=columns)
