"""The original's experiment: nine algorithms x seven rewards on two sites, every indicator on the same held-out days.

The original project trained agents with three rewards of single stakeholders and three integrated ones and compared
them by EV2Gym's indicators. Here the same is done with every algorithm, several seeds and `DAYS` days that training
never met, beside plug and charge and the best plan on the same days. `make experiment` writes
`pretrained/whole_site/experiment.json` out of the agents' cards, in which each training left its own figures, and
measures the shipped policies again to see that they still give them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.accounts.indicators import INDICATORS
from core.agents.base import Agent
from core.agents.learned.files import FOLDER
from core.agents.learned.whole_site import FAMILY, SITES, STATE_OF, SiteAgent, load_site_policy, site_card
from core.agents.looks import SITE_PARTS
from core.studies.draw import draw_days
from core.studies.traced import ORIGINAL, figures_by_agent
from core.world import World, build_world

Floats = NDArray[np.float64]

FILE: Final = Path(FAMILY, "experiment.json")
"""Inside `pretrained/`."""

SCHEMA_VERSION: Final = 1

DAYS: Final = 50
SEED: Final = 1
"""Of the held-out days."""

MONEY: Final = ("objective_eur", "user_profit_eur", "provider_margin_eur", "grid_value_eur")
"""What each stakeholder has of a day, and all together."""

FIGURES: Final = (*MONEY, "ready_frac", "overload_kwh", *ORIGINAL)
"""Of the ledger, then the original's own."""

BETTER: Final[Mapping[str, int]] = MappingProxyType(
    {name: INDICATORS[name].better for name in FIGURES if name in INDICATORS}
    | {name: 1 if name.startswith("reward_") else 0 for name in ORIGINAL}
    | dict.fromkeys(("total_profits", "average_user_satisfaction", "energy_user_satisfaction", "total_reward"), 1)
    | dict.fromkeys(
        (
            "power_tracker_violation", "tracking_error", "total_transformer_overload",
            "battery_degradation_calendar", "battery_degradation_cycling",
        ),
        -1,
    )
)  # fmt: skip
"""Whether more of a figure is better (1), worse (-1), or neither (0)."""

REFERENCES: Final = ("afap", "best")
"""Plug and charge, with which all are compared, and the best plan, which nothing beats in the objective."""

SHARP: Final = 6
"""Significant digits that are written."""


@lru_cache(maxsize=4)
def held_out_worlds(site: str) -> tuple[World, ...]:
    """`DAYS` test days of a site."""
    return tuple(build_world(scenario) for scenario in draw_days(SITES[site], DAYS, "test", SEED))


def figures_of(worlds: Sequence[World], agent: Agent) -> dict[str, Floats]:
    """Every one of `FIGURES`, [worlds]."""
    found = figures_by_agent(worlds, [agent])[agent.name]
    return {name: found[name] for name in FIGURES}


@lru_cache(maxsize=4)
def plug_and_charge(site: str) -> dict[str, Floats]:
    """What plug and charge does on the held-out days of a site."""
    from core.agents.registry import make_agent

    return figures_of(held_out_worlds(site), make_agent("afap"))


def summary(figures: Mapping[str, Floats], reference: Mapping[str, Floats]) -> dict[str, list[float]]:
    """For each figure its mean and spread over days, and those of the difference to `reference` on the same days.

    Spreads are standard deviations over days (one degree of freedom less).
    """

    def pair(values: Floats) -> list[float]:
        return [_sharp(values.mean()), _sharp(values.std(ddof=1))]

    return {name: pair(values) + pair(values - reference[name]) for name, values in figures.items()}


def _sharp(value: float) -> float:
    return float(f"{value:.{SHARP}g}")


# --- the whole table --------------------------------------------------------------------------------------------------
def experiment(folder: Path = FOLDER) -> dict[str, Any]:
    """All that the agents' cards know, a cell for every site, reward and algorithm.

    Returns
    -------
    dict
        ``sites``: for each its ``references`` (by agent and figure: mean, spread over days) and ``cells``, by
        reward and algorithm: ``seeds`` (how many), ``steps``, and ``figures``, by name: mean over seeds and days,
        spread over days (mean of the seeds'), spread over seeds (None for one seed), mean difference to plug and
        charge, its spread over seeds.
    """
    from core.agents.registry import make_agent

    sites: dict[str, Any] = {}
    for site in SITES:
        worlds, charge = held_out_worlds(site), plug_and_charge(site)
        references = {
            name: {
                figure: row[:2] for figure, row in summary(figures_of(worlds, make_agent(name)), charge).items()
            }
            for name in REFERENCES
        }  # fmt: skip
        cells: dict[str, dict[str, Any]] = {}
        for name, (algo, reward) in SITE_PARTS.items():
            rows = site_card(name, folder).get("sites", {}).get(site, {}).get("seeds", {})
            if rows:
                cells.setdefault(reward, {})[algo] = _cell(list(rows.values()))
        sites[site] = {"references": references, "cells": cells}
    return {"schema_version": SCHEMA_VERSION, "days": DAYS, "seed": SEED, "figures": list(FIGURES), "sites": sites}


def _cell(seeds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    figures: dict[str, list[float | None]] = {}
    for name in FIGURES:
        table = np.array([row["held_out"][name] for row in seeds], dtype=np.float64)
        many = len(seeds) > 1
        figures[name] = [
            _sharp(table[:, 0].mean()),
            _sharp(table[:, 1].mean()),
            _sharp(table[:, 0].std(ddof=1)) if many else None,
            _sharp(table[:, 2].mean()),
            _sharp(table[:, 2].std(ddof=1)) if many else None,
        ]
    return {"seeds": len(seeds), "steps": seeds[0]["steps"], "figures": figures}


def changed(folder: Path = FOLDER) -> list[str]:
    """Shipped policies that do not give the figures of their cards any more, as ``agent, site: figure``."""
    out = []
    for name, (_, reward) in SITE_PARTS.items():
        for site, entry in site_card(name, folder).get("sites", {}).items():
            wanted = entry["seeds"][str(entry["shipped_seed"])]["held_out"]
            policies = {SITES[site].n_ports: (lambda site=site, name=name: load_site_policy(name, site, folder))}
            found = summary(
                figures_of(held_out_worlds(site), SiteAgent(STATE_OF[reward], policies)), plug_and_charge(site)
            )
            out += [
                f"{name}, {site}: {figure}"
                for figure in FIGURES
                if not np.allclose(found[figure], wanted[figure], rtol=1e-3, atol=1e-6)
            ]
    return out


@lru_cache(maxsize=1)
def load(folder: Path = FOLDER) -> dict[str, Any]:
    """The shipped table; empty where there is none or it is of another version."""
    try:
        content: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if content.get("schema_version") == SCHEMA_VERSION else {}


def main() -> int:
    """Write the table; the number of shipped policies' figures that changed."""
    (FOLDER / FILE).write_text(json.dumps(experiment(), separators=(",", ":")) + "\n", encoding="utf-8")
    different = changed()
    for line in different:
        sys.stderr.write(f"changed: {line}\n")
    return min(len(different), 1)


if __name__ == "__main__":
    sys.exit(main())
