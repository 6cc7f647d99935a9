"""Measured quality of agents, as it was committed: `pretrained/quality.json`.

================ ==============================================================================================
section          figures of
================ ==============================================================================================
`made`           date, command and versions
`held_out`       every agent on random held-out scenarios (`core.studies.regret`), also by group
`stock`          every agent, and the whole-site policy, on EV2Gym's own V2GProfitMax days
`unprojected`    planner-corrected agents without their projection, on the held-out scenarios
`weights`        by agent and weight, what raising the weight changes in that stakeholder's own money [EUR/day]
`published`      agents on the field's own settings: mean and standard deviation of EV2Gym's indicators
`generalisation` shares on large sites, long runs, at a crisis year's prices and under KEPCO's tariffs
`cost`           training, decisions a second and size of every agent
================ ==============================================================================================
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.agents.info import FAMILIES, LEARNED, Family
from core.agents.learned import FOLDER, available
from core.agents.looks import OBJECTIVE
from core.agents.registry import AGENTS, REFERENCE

FILE = "quality.json"
SCHEMA_VERSION = 1


def load(folder: Path = FOLDER) -> dict[str, Any]:
    """What was measured; empty where there is no file, or one that cannot be read."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        return {}
    return content


def known(value: Any) -> bool:
    """Whether a measured figure is a number: where nothing was to be gained, there is no share."""
    return isinstance(value, int | float) and math.isfinite(value)


def ranked(agents: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Agents by captured share, best first; those without one are left out."""
    names = [name for name, figures in agents.items() if known(figures.get("captured"))]
    return sorted(names, key=lambda name: -float(agents[name]["captured"]))


def paired(section: Mapping[str, Any], name: str, other: str = "mpc") -> tuple[float, float, float] | None:
    """How much more `name` captures than `other` on the same scenarios: mean and 95 % interval; None if unknown."""
    for pair in section.get("pairs", ()):
        if (
            {pair["a"], pair["b"]} == {name, other}
            and name != other
            and all(known(pair[x]) for x in ("mean", "low", "high"))
        ):
            sign = 1.0 if pair["a"] == name else -1.0
            low, high = sorted((sign * pair["low"], sign * pair["high"]))
            return sign * pair["mean"], low, high
    return None


def family_in(agents: Mapping[str, Mapping[str, Any]], name: str) -> Family | None:
    """The family of a measured agent; None for what is no agent of any (the plan alone, a baseline)."""
    said = agents.get(name, {}).get("family") or (AGENTS[name].family if name in AGENTS else None)
    return next((family for family in FAMILIES if family == said), None)


def best_learned(agents: Mapping[str, Mapping[str, Any]], families: Sequence[Family] = LEARNED) -> str | None:
    """The learned agent of these families that captures most."""
    return next((name for name in ranked(agents) if family_in(agents, name) in families), None)


def best_of(family: Family, folder: Path = FOLDER) -> str | None:
    """The agent of a family that captures most, of those that can be used; None where there is none.

    Whole-site agents are compared on the stock days, all others on held-out scenarios; plug and charge, which all are
    measured against, counts only where it is alone. Where nothing was measured, the family's first, or the first that
    learned the objective itself.
    """
    usable = [name for name, info in AGENTS.items() if info.family == family]
    usable.sort(key=lambda name: AGENTS[name].reward not in ("", OBJECTIVE))
    if family in LEARNED:
        usable = [name for name in usable if name in available(folder=folder)]
    measured = _measured(family, folder)
    best = ranked({name: measured[name] for name in usable if name in measured})
    others = [name for name in (*best, *usable) if name != REFERENCE]
    return next(iter(others or usable), None)


def is_worse_than_nothing(name: str, folder: Path = FOLDER) -> bool:
    """Whether an agent was measured to do worse than plug and charge, on the days that its family is compared on."""
    share = _measured(AGENTS[name].family, folder).get(name, {}).get("captured")
    return known(share) and float(share) < 0


def _measured(family: Family, folder: Path) -> dict[str, Any]:
    """What was measured of a family's agents, by name."""
    out: dict[str, Any] = load(folder).get("stock" if family == "whole_site" else "held_out", {}).get("agents", {})
    return out


def first_learned(folder: Path = FOLDER) -> str | None:
    """The learned agent that pages begin with: the best on held-out scenarios that can be used; None without any."""
    usable = [name for name in available(folder=folder) if name in AGENTS and not AGENTS[name].ports]
    measured = load(folder).get("held_out", {}).get("agents", {})
    return best_learned({name: measured[name] for name in usable if name in measured}) or next(iter(usable), None)
