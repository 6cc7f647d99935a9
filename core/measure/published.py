"""Our agents on the field's own settings, by EV2Gym's own indicators, beside the published numbers.

`make quality` writes the section `published` and the table of `docs/published.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from core.accounts.ledger import settle
from core.accounts.trace import Trace
from core.agents.registry import AGENTS, make_agent
from core.engines.batch import simulate_many
from core.figures.published import cell
from core.measure import readme
from core.paths import ROOT
from core.reports.words import translate
from core.rewards import ev2gym_statistics
from core.rewards.counts import count, satisfaction_frac
from core.studies.processes import each
from core.studies.published import Setting, settings, unit
from core.world import World, build_world

SEED, PLAN_RUNS = 1, 20
"""Optimisers take seconds a run: they meet the first `PLAN_RUNS` only."""

PAGE = ROOT / "docs" / "published.md"

Statistics = Mapping[str, float]


def _profit(world: World, trace: Trace, found: Statistics) -> float:
    """EV2Gym's `profit_maximization`, added up: the bill, less 100 exp(-10 satisfaction) for each car."""
    satisfaction = satisfaction_frac(world, count(world, trace))
    return found["total_profits"] - 100 * float(np.exp(-10 * satisfaction).sum())


def _profit_overload(world: World, trace: Trace, found: Statistics) -> float:
    """EV2Gym's `ProfitMax_TrPenalty_UserIncentives`, added up: the same, less 100 for each kW of overload."""
    return _profit(world, trace, found) - 100 * found["total_transformer_overload"]


def _profit_setpoint_missed(world: World, trace: Trace, found: Statistics) -> float:
    """`PST_V2G_ProfitMax_reward` of the DT4EVs project, added up: the bill, less 100 for each kW above the set-point,
    less 10 for the square of each kWh by which a car leaves with more or less than it wants."""
    missed = count(world, trace).departure_kwh - world.sessions.wanted_energy_kwh
    return found["total_profits"] - 100 * found["power_tracker_violation"] - 10 * float((missed**2).sum())


def _squared_tracking(world: World, trace: Trace, found: Statistics) -> float:
    """EV2Gym's `SquaredTrackingErrorReward`, added up."""
    return found["total_reward"]


REWARDS: Final[Mapping[str, Callable[[World, Trace, Statistics], float]]] = {
    "squared_tracking": _squared_tracking,
    "profit": _profit,
    "profit_overload": _profit_overload,
    "profit_setpoint_missed": _profit_setpoint_missed,
}
"""What a run adds up to under each setting's reward."""


def who_runs(setting: Setting) -> list[str]:
    """Agents that are run on a setting, by family: all that serve any site.

    On the site that whole-site policies were trained for, those that were trained for the objective run, too; what
    those trained for the original's rewards do is another experiment.
    """
    return [
        name
        for name, info in AGENTS.items()
        if info.family != "own" and (not info.ports or (setting.stock_site and info.reward == "objective"))
    ]


def given(world: World, setting: Setting) -> World:
    """The world as agents get it: where only power above the set-point counts, the set-point is the limit."""
    if not setting.setpoint_is_limit or world.setpoint_kw is None:
        return world
    return replace(world, limit_kw=np.minimum(world.limit_kw, world.setpoint_kw), setpoint_kw=None)


def run(name: str, agent: str, n: int) -> dict[str, Any]:
    """One agent on the first `n` runs of a setting.

    Returns
    -------
    dict
        `n`, runs in which cars came; and for each of the setting's figures its mean and standard deviation over them.
    """
    setting = settings()[name]
    worlds = [build_world(scenario) for scenario in setting.scenarios(n, SEED)]
    traces = simulate_many([given(world, setting) for world in worlds], make_agent(agent))
    rows = []
    for world, trace in zip(worlds, traces, strict=True):
        found = ev2gym_statistics(world, trace)
        if found:
            ours = {"overload_kwh": settle(world, trace).totals.overload_kwh}
            rows.append({**found, **ours, "reward": REWARDS[setting.reward](world, trace, found)})
    out: dict[str, Any] = {"n": len(rows)}
    for figure in setting.figures:
        values = np.array([row[figure] for row in rows])
        spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
        out[figure] = [_short(float(values.mean())), _short(spread)] if len(values) else [None, None]
    return out


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def published(
    names: Sequence[str] | None = None,
    agents: Sequence[str] | None = None,
    runs: int | None = None,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The section `published`: every agent on every setting.

    Parameters
    ----------
    names, agents : sequence of str, optional
        All settings, and those of `who_runs`, by default.
    runs : int, optional
        So many at most, instead of each setting's own number.
    workers : int
        Processes.
    progress : callable, optional
        Called with the number of jobs done and their total.

    Returns
    -------
    dict
        `seed`, and `settings`: by setting, `agents`, by agent what `run` gives.
    """
    known = settings()
    names = list(names or known)
    running = {name: list(agents or who_runs(known[name])) for name in names}
    jobs = []
    for name in names:
        most = known[name].runs if runs is None else min(runs, known[name].runs)
        slow = min(most, PLAN_RUNS)
        jobs += [(name, a, slow if AGENTS[a].family == "optimiser" else most) for a in running[name]]
    found = {}
    for done, (name, agent, row) in enumerate(each(_job, jobs, workers), start=1):
        found[name, agent] = row
        if progress is not None:
            progress(done, len(jobs))
    return {
        "seed": SEED,
        "settings": {name: {"agents": {agent: found[name, agent] for agent in running[name]}} for name in names},
    }


def _job(name: str, agent: str, n: int) -> tuple[str, str, dict[str, Any]]:
    return name, agent, run(name, agent, n)


def page(section: Mapping[str, Any]) -> str:
    """The generated part of `docs/published.md`."""
    known = settings()
    return "\n\n".join(
        _of_setting(known[name], found["agents"]) for name, found in section["settings"].items() if name in known
    )


def _of_setting(setting: Setting, agents: Mapping[str, Mapping[str, Any]]) -> str:
    heads = [translate("en", f"published.{figure}") for figure in setting.figures]
    units = [unit(setting, figure)[0] for figure in setting.figures]
    lines = [
        "| agent | family | runs | " + " | ".join(f"{h}, {u}" for h, u in zip(heads, units, strict=True)) + " |",
        "|---|---|---:|" + "---:|" * len(heads),
    ]
    for name, row in agents.items():
        cells = [cell(row.get(figure), setting, figure) for figure in setting.figures]
        who = translate("en", f"families.{AGENTS[name].family}").lower() if name in AGENTS else ""
        lines.append(f"| `{name}` | {who} | {row['n']} | {' | '.join(cells)} |")
    for who, published_row in setting.published.items():
        cells = [cell(published_row.get(figure), setting, figure) for figure in setting.figures]
        lines.append(f"| {who} | *published* | {setting.published_runs} | {' | '.join(cells)} |")
    about = [f"Configuration: {setting.configuration}."]
    if setting.source:
        about.append(f"Published numbers: {setting.table} of {setting.source} (<{setting.url}>).")
    else:
        about.append("No published results were found for this file as it is.")
    differs = [f"- {translate('en', f'published.differs_{code}')}" for code in setting.differs]
    return "\n".join([f"## {setting.name}", "", *about, "", *lines, "", "What differs from the paper's protocol:", "",
                      *differs])  # fmt: skip


def write_page(section: Mapping[str, Any]) -> None:
    """Put the tables into `docs/published.md`."""
    readme.put("published", page(section), PAGE)
