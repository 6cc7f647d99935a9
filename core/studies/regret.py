"""How much of what was possible agents gain on random held-out scenarios over all slider ranges, and where not.

Every agent meets the same worlds. Shares are sums over worlds before dividing; intervals are bootstraps over worlds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.agents.base import Agent, FleetView
from core.agents.registry import AGENTS, BOUND, REFERENCE, everywhere, make_agent
from core.engines.batch import Batch, totals_batch
from core.scenario import Scenario
from core.studies.bootstrap import interval, ratio
from core.studies.captured import LEAST_EUR, captured
from core.studies.draw import WEIGHT_PRESETS, Split, draw_scenarios
from core.studies.processes import each
from core.tariffs import kind_of
from core.world import World, build_world

Floats = NDArray[np.float64]

_Row = tuple[int, float, float, dict[str, dict[str, float]]]
"""Number of the scenario, wanted energy [kWh], bound [EUR], and each agent's figures."""

FIGURES = ("objective_eur", "unmet_kwh", "overload_kwh", "wear_kwh")
"""Of a ledger's totals, those that are added up."""
LOADED = 0.05
"""Other load or solar power above this share of the limit puts a scenario in the group "load"."""


def groups_of(scenario: Scenario) -> dict[str, str]:
    """The groups that a scenario belongs to: tariff kind, place, load, weights, and some that are hard."""
    weights = (scenario.w_user, scenario.w_provider, scenario.w_grid)
    preset = next((name for name, values in WEIGHT_PRESETS.items() if values == weights), "other")
    load = scenario.load_share > LOADED or scenario.pv_share > LOADED
    return {
        "tariff": "own" if "buy" in scenario.own_parties else kind_of(scenario.retail).name,
        "provider": "own" if "provider" in scenario.own_parties else kind_of(scenario.provider).name,
        "place": scenario.place,
        "load": "load" if load else "no load",
        "weights": preset,
        "v2g": "V2G" if scenario.v2g else "no V2G",
        "setpoint": "set-point" if scenario.setpoint else "no set-point",
    }


def regret(
    n: int,
    *,
    seed: int = 1,
    split: Split = "test",
    agents: Sequence[str] | None = None,
    scenarios: Sequence[Scenario] | None = None,
    extra: Mapping[str, Agent] | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Run agents on random scenarios.

    Parameters
    ----------
    n : int
        Number of scenarios.
    seed : int
        Of the draw.
    split : {"train", "validation", "test"}
        Whose dates and seeds the scenarios have.
    agents : sequence of str, optional
        The reference, `mpc`, `best` and all learned agents that serve any site by default. The reference and `best`
        are always run.
    scenarios : sequence of Scenario, optional
        These instead of random ones; `n`, `seed` and `split` are then not used.
    extra : mapping of str to Agent, optional
        Further agents, by the names they get in the result, that are in no registry.
    workers : int
        Processes that share the scenarios. Figures do not depend on it, apart from times.
    progress : callable, optional
        Called with the number of scenarios done and their total.

    Returns
    -------
    dict
        `agents`: by name, `family` (of those in the registry), `captured` with `captured_low` and `captured_high`
        (95 %), `median_captured` (of scenarios' own shares, which no large site dominates), `ready_frac`
        (energy-weighted), `overload_kwh`, `wear_kwh`, `objective_eur` (sums over scenarios) and `decision_ms` (mean
        processor time of a decision, all worlds one by one).
        `pairs`: for every two agents `a` and `b`, how much more `a` captures on the same scenarios, `mean` with its
        95 % interval `low` to `high`. `largest_share`: what the largest scenario holds of all that could be gained.
        `groups`: for each way of grouping and each group, `captured` and `n` by agent. Shares are None where less than
        a cent can be gained.

    Raises
    ------
    AgentError
        For an unknown agent.
    """
    if agents is None:
        agents = [REFERENCE, "mpc", BOUND, *(name for name in everywhere() if AGENTS[name].learned)]
    extra = extra or {}
    names = list(dict.fromkeys([*agents, REFERENCE, "best", *extra]))
    drivers = {name: extra[name] if name in extra else make_agent(name) for name in names}
    drawn = list(scenarios) if scenarios is not None else draw_scenarios(n, split, seed)
    table: dict[str, dict[str, Floats]] = {
        name: {figure: np.zeros(len(drawn)) for figure in (*FIGURES, "seconds", "steps")} for name in names
    }
    wanted, bound = np.zeros(len(drawn)), np.zeros(len(drawn))
    for done, (i, kwh, proven, rows) in enumerate(_each(drivers, drawn, workers), start=1):
        wanted[i], bound[i] = kwh, proven
        for name, row in rows.items():
            for figure, amount in row.items():
                table[name][figure][i] = amount
        if progress is not None:
            progress(done, len(drawn))
    labels = [groups_of(scenario) for scenario in drawn]
    everything = np.arange(len(drawn))
    gained = {name: table[name]["objective_eur"] - table[REFERENCE]["objective_eur"] for name in names}
    possible = bound - table[REFERENCE]["objective_eur"]
    counted = possible >= LEAST_EUR
    shown = list(dict.fromkeys([*agents, *extra]))
    out: dict[str, Any] = {"agents": {}, "pairs": [], "groups": {}, "n": len(drawn)}
    out["largest_share"] = float(possible.max() / possible.sum()) if counted.any() else None
    for name in shown:
        low, high = interval(gained[name], possible, statistic=ratio)
        column = table[name]
        out["agents"][name] = {
            **({"family": AGENTS[name].family} if name in AGENTS else {}),
            "captured": captured(gained[name], 0.0, possible),
            "captured_low": low,
            "captured_high": high,
            "median_captured": float(np.median(gained[name][counted] / possible[counted])) if counted.any() else None,
            "ready_frac": float(1 - column["unmet_kwh"].sum() / wanted.sum()) if wanted.sum() > 0 else 1.0,
            "overload_kwh": float(column["overload_kwh"].sum()),
            "wear_kwh": float(column["wear_kwh"].sum()),
            "objective_eur": float(column["objective_eur"].sum()),
            "decision_ms": float(1000 * column["seconds"].sum() / column["steps"].sum()),
        }
    for one, other in combinations(shown, 2):
        difference = gained[one] - gained[other]
        low, high = interval(difference, possible, statistic=ratio)
        mean = captured(difference, 0.0, possible)
        out["pairs"].append({"a": one, "b": other, "mean": mean, "low": low, "high": high})
    for kind in labels[0] if labels else ():
        by: dict[str, Any] = {}
        for value in sorted({label[kind] for label in labels}):
            part = np.array([i for i in everything if labels[i][kind] == value])
            by[value] = {
                name: {"captured": captured(gained[name][part], 0.0, possible[part]), "n": len(part)} for name in shown
            }
        out["groups"][kind] = by
    return out


def _each(agents: Mapping[str, Agent], scenarios: Sequence[Scenario], workers: int) -> Iterator[_Row]:
    """Every scenario's row, as they are done."""
    # The largest first, so that no process is left alone with one at the end.
    order = sorted(range(len(scenarios)), key=lambda i: -scenarios[i].n_ports * scenarios[i].n_steps)
    yield from each(_one, ((i, scenarios[i], agents) for i in order), workers, ahead=workers)


def _one(i: int, scenario: Scenario, agents: Mapping[str, Agent]) -> _Row:
    """Every agent in one scenario's world."""
    _warm_up(agents)
    world = build_world(scenario)
    batch = Batch([world])
    rows, bound = {}, math.nan
    for name, agent in agents.items():
        totals, seconds = _run(batch, agent)
        bound = totals.get("bound_eur", bound)
        rows[name] = {**{figure: totals[figure] for figure in FIGURES}, "seconds": seconds, "steps": world.n_steps}
    return i, float(world.sessions.wanted_energy_kwh.sum()), bound, rows


def _warm_up(agents: Mapping[str, Agent]) -> None:
    """What is compiled or loaded on first use is nobody's time to decide; once a process."""
    stock = Batch([build_world(Scenario())])
    for name in agents.keys() - _WARM:
        _run(stock, agents[name])
        _WARM.add(name)


_WARM: set[str] = set()


def _run(batch: Batch, agent: Agent) -> tuple[dict[str, float], float]:
    """Totals of one agent in one world, and the seconds that it took to decide."""
    timed = _Timed(agent)
    totals = totals_batch(batch, timed)
    return {name: float(values[0]) for name, values in totals.items()}, timed.seconds


class _Timed(Agent):
    """Passes everything on to an agent and measures it."""

    name = "timed"
    foresight = True

    def __init__(self, agent: Agent) -> None:
        self._agent, self.seconds = agent, 0.0

    def prepare(self, worlds: Sequence[World]) -> None:
        started = time.process_time()
        self._agent.prepare(worlds)
        self.bound_eur = self._agent.bound_eur
        self.seconds += time.process_time() - started

    def act(self, view: FleetView) -> Floats:
        started = time.process_time()
        actions: Floats = self._agent.act(view)
        self.seconds += time.process_time() - started
        return actions
