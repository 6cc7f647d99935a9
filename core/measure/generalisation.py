"""How agents do where training seldom was: large sites, long runs, a crisis year's prices, KEPCO's tariffs.

`make quality` writes the section `generalisation` and the table "outside" of `docs/learning.md`. Scenario fields end
where training ranges end (200 stations, 48 hours), so nothing that the app offers lies beyond a range: what is unusual
are the ends themselves, and their combinations. How usual a group is says its `drawn`, the share of training scenarios
in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from core.agents.registry import AGENTS, everywhere
from core.figures.style import UNKNOWN, number
from core.measure import readme
from core.paths import ROOT
from core.reports.words import translate
from core.scenario import Scenario
from core.studies.draw import draw_scenario, draw_scenarios, split_of
from core.studies.regret import regret
from core.tariffs import PROVIDER_TARIFFS, RETAIL_TARIFFS, kind_of

SEED = 1

PAGE = ROOT / "docs" / "learning.md"

LARGE_STATIONS, LONG_H = 200, 48.0

CRISIS: Final = (dt.date(2022, 7, 1), dt.date(2022, 12, 31))
"""The half-year with the highest Dutch day-ahead prices in the data."""

QUICK: Final = {"v2g_price_factor": 1.0, "setpoint": False, "peak_price_eur_per_kw": 0.0}
"""Of large sites: otherwise doing both at once can pay, or all steps hang together, and the bound takes minutes."""

COUNTED = 2000
"""Training scenarios drawn to see how usual a group is."""

FIGURES: Final = ("captured", "captured_low", "captured_high", "median_captured", "ready_frac")


@dataclass(frozen=True, slots=True)
class Group:
    """Random test scenarios of which some things are fixed."""

    n: int
    large: bool = False
    """`LARGE_STATIONS` stations of one port, with `QUICK`; the limit grows with them."""
    long: bool = False
    """`LONG_H` hours."""
    crisis: bool = False
    """A date in `CRISIS`, day-ahead prices for drivers and provider."""
    kepco: bool = False
    """Tariffs of KEPCO for drivers and provider."""
    left_out: Sequence[str] = field(default=())
    """Agents that would take minutes a scenario."""

    def scenarios(self, seed: int = SEED) -> list[Scenario]:
        """The first ones do not depend on `n`."""
        return [self._one(np.random.default_rng([seed, 41, i])) for i in range(self.n)]

    def _one(self, stream: np.random.Generator) -> Scenario:
        scenario = draw_scenario(stream, "test")
        fields: dict[str, Any] = {}
        if self.large:
            served = scenario.stations * scenario.ports_per_station / scenario.transformers
            limit = scenario.transformer_limit_kw / served * LARGE_STATIONS / scenario.transformers
            fields |= {"stations": LARGE_STATIONS, "ports_per_station": 1, **QUICK}
            fields["transformer_limit_kw"] = float(np.clip(round(limit, -1), 10, 2000))
        if self.long:
            fields["length_h"] = LONG_H
        if self.crisis:
            days = [CRISIS[0] + dt.timedelta(days=d) for d in range((CRISIS[1] - CRISIS[0]).days + 1)]
            test = [day for day in days if split_of(day) == "test"]
            fields |= {"date": test[int(stream.integers(len(test)))], "retail": "day_ahead", "provider": "day_ahead"}
        if self.kepco:
            for side, known in (("retail", RETAIL_TARIFFS), ("provider", PROVIDER_TARIFFS)):
                of_kepco = [name for name in known if kind_of(name).name == "kepco"]
                fields[side] = of_kepco[int(stream.integers(len(of_kepco)))]
        return scenario.replace(**fields)

    def holds(self, scenario: Scenario) -> bool:
        """Whether a scenario is in the group by itself; sites of nine tenths of the size count as large."""
        both = {kind_of(scenario.retail).name, kind_of(scenario.provider).name}
        return (
            (not self.large or scenario.stations >= 0.9 * LARGE_STATIONS)
            and (not self.long or scenario.length_h >= LONG_H)
            and (not self.crisis or (CRISIS[0] <= scenario.date <= CRISIS[1] and both == {"day_ahead"}))
            and (not self.kepco or both == {"kepco"})
        )


SLOW: Final = ("mpc",)

GROUPS: Final[Mapping[str, Group]] = {
    "long": Group(8, long=True),
    "crisis": Group(12, crisis=True),
    "kepco": Group(12, kepco=True),
    "large": Group(3, large=True, left_out=SLOW),
    "large_long_crisis": Group(2, large=True, long=True, crisis=True, left_out=SLOW),
    "large_long_kepco": Group(2, large=True, long=True, kepco=True, left_out=SLOW),
}
"""By name, as the catalogues' section `outside` has it."""


def generalisation(
    groups: Mapping[str, Group] = GROUPS,
    agents: Sequence[str] | None = None,
    *,
    counted: int = COUNTED,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The section `generalisation`: agents that serve sites of any size, on every group.

    Parameters
    ----------
    groups : mapping of str to Group
    agents : sequence of str, optional
        `core.agents.registry.everywhere`, by default.
    counted : int
        Training scenarios that are drawn for `drawn`.
    workers, progress
        As of `core.studies.regret.regret`.

    Returns
    -------
    dict
        `seed`, and `groups`: by group, `n`, `drawn` (share of training scenarios that are in the group) and `agents`,
        by agent its `FIGURES`.
    """
    names = list(agents or (name for name in everywhere() if AGENTS[name].family != "own"))
    training = draw_scenarios(counted, "train", SEED)
    total, before, out = sum(group.n for group in groups.values()), 0, {}
    for key, group in groups.items():
        step = None if progress is None else lambda done, _, before=before: progress(before + done, total)
        found = regret(
            0, scenarios=group.scenarios(), agents=[name for name in names if name not in group.left_out],
            workers=workers, progress=step,
        )  # fmt: skip
        before += group.n
        out[key] = {
            "n": group.n,
            "drawn": float(np.mean([group.holds(scenario) for scenario in training])),
            "agents": {name: {figure: row[figure] for figure in FIGURES} for name, row in found["agents"].items()},
        }
    return {"seed": SEED, "groups": out}


def page(section: Mapping[str, Any], held_out: Mapping[str, Any] | None = None) -> str:
    """The generated table of `docs/learning.md`, a row an agent, by family.

    Parameters
    ----------
    section : mapping
        Of `generalisation`.
    held_out : mapping, optional
        The section `held_out`, for comparison.
    """
    groups = section["groups"]
    columns = ([("ordinary", held_out)] if held_out else []) + list(groups.items())
    heads = [f"{translate('en', f'outside.{key}')} ({found['n']})" for key, found in columns]
    lines = [f"| agent | family | {' | '.join(heads)} |", "|---|---|" + "---:|" * len(columns)]
    shares = [UNKNOWN if "drawn" not in found else f"{100 * found['drawn']:.1f} %" for _, found in columns]
    lines.append(f"| *of training scenarios* | | {' | '.join(shares)} |")
    for name in [name for name in AGENTS if any(name in found["agents"] for found in groups.values())]:
        family = translate("en", f"families.{AGENTS[name].family}").lower()
        cells = [written(found["agents"].get(name)) for _, found in columns]
        lines.append(f"| `{name}` | {family} | {' | '.join(cells)} |")
    return "\n".join(lines)


def written(row: Mapping[str, Any] | None) -> str:
    """A captured share in per cent with its interval, and after the stroke the median of scenarios."""
    if row is None or row.get("captured") is None:
        return UNKNOWN
    share, low, high, median = (number(None if row[key] is None else 100 * row[key], 1) for key in FIGURES[:4])
    return f"{share} ({low} to {high}) / {median}"


def write_page(section: Mapping[str, Any], held_out: Mapping[str, Any] | None) -> None:
    """Put the table into `docs/learning.md`."""
    readme.put("outside", page(section, held_out), PAGE)
