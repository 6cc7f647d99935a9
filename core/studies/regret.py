"""How much of what was possible agents gain on random held-out scenarios over all slider ranges, and where not.

Every agent meets the same worlds. Shares are sums over worlds before dividing; intervals are bootstraps over worlds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.agents.base import Agent, FleetView
from core.agents.registry import AGENTS, REFERENCE, make_agent
from core.engines.batch import Batch, totals_batch
from core.scenario import Scenario
from core.studies.bootstrap import interval, ratio
from core.studies.draw import WEIGHT_PRESETS, Split, draw_scenarios
from core.tariffs import kind_of
from core.world import World, build_world

Floats = NDArray[np.float64]

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
        "tariff": kind_of(scenario.retail).name,
        "provider": kind_of(scenario.provider).name,
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
        The reference, `mpc`, `best` and all learned agents by default. The reference and `best` are always run.
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
        `agents`: by name, `captured` with `captured_low` and `captured_high` (95 %), `ready_frac` (energy-weighted),
        `overload_kwh`, `wear_kwh`, `objective_eur` (sums over scenarios) and `decision_ms` (mean time of a decision,
        all worlds one by one). `groups`: for each way of grouping and each group, `captured` and `n` by agent.

    Raises
    ------
    AgentError
        For an unknown agent.
    """
    if agents is None:
        agents = [REFERENCE, "mpc", "best", *(name for name, info in AGENTS.items() if info.kind == "learned")]
    extra = extra or {}
    names = list(dict.fromkeys([*agents, REFERENCE, "best", *extra]))
    drivers = {name: extra[name] if name in extra else make_agent(name) for name in names}
    drawn = list(scenarios) if scenarios is not None else draw_scenarios(n, split, seed)
    table: dict[str, dict[str, Floats]] = {
        name: {figure: np.zeros(len(drawn)) for figure in (*FIGURES, "seconds", "steps")} for name in names
    }
    wanted = np.zeros(len(drawn))
    for done, (i, kwh, rows) in enumerate(_each(drivers, drawn, workers), start=1):
        wanted[i] = kwh
        for name, row in rows.items():
            for figure, amount in row.items():
                table[name][figure][i] = amount
        if progress is not None:
            progress(done, len(drawn))
    labels = [groups_of(scenario) for scenario in drawn]
    everything = np.arange(len(drawn))
    out: dict[str, Any] = {"agents": {}, "groups": {}, "n": len(drawn)}
    shown = list(dict.fromkeys([*agents, *extra]))
    for name in shown:
        low, high = _interval(table, name)
        column = table[name]
        out["agents"][name] = {
            "captured": _captured(table, name, everything),
            "captured_low": low,
            "captured_high": high,
            "ready_frac": float(1 - column["unmet_kwh"].sum() / wanted.sum()) if wanted.sum() > 0 else 1.0,
            "overload_kwh": float(column["overload_kwh"].sum()),
            "wear_kwh": float(column["wear_kwh"].sum()),
            "objective_eur": float(column["objective_eur"].sum()),
            "decision_ms": float(1000 * column["seconds"].sum() / column["steps"].sum()),
        }
    for kind in labels[0] if labels else ():
        by: dict[str, Any] = {}
        for value in sorted({label[kind] for label in labels}):
            part = np.array([i for i, label in enumerate(labels) if label[kind] == value])
            by[value] = {name: {"captured": _captured(table, name, part), "n": len(part)} for name in shown}
        out["groups"][kind] = by
    return out


def _each(
    agents: Mapping[str, Agent], scenarios: Sequence[Scenario], workers: int
) -> Iterator[tuple[int, float, dict[str, dict[str, float]]]]:
    """Number, wanted energy and each agent's figures of every scenario, as they are done."""
    if workers == 1:
        yield from (_one(i, scenario, agents) for i, scenario in enumerate(scenarios))
        return
    from joblib import Parallel, delayed

    # The largest first, so that no process is left alone with one at the end.
    order = sorted(range(len(scenarios)), key=lambda i: -scenarios[i].n_ports * scenarios[i].n_steps)
    jobs = (delayed(_one)(i, scenarios[i], agents) for i in order)
    yield from Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch=workers)(jobs)


def _one(i: int, scenario: Scenario, agents: Mapping[str, Agent]) -> tuple[int, float, dict[str, dict[str, float]]]:
    """Every agent in one scenario's world."""
    _warm_up(agents)
    world = build_world(scenario)
    batch = Batch([world])
    rows = {}
    for name, agent in agents.items():
        totals, seconds = _run(batch, agent)
        rows[name] = {**{figure: totals[figure] for figure in FIGURES}, "seconds": seconds, "steps": world.n_steps}
    return i, float(world.sessions.wanted_energy_kwh.sum()), rows


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
        started = time.perf_counter()
        self._agent.prepare(worlds)
        self.seconds += time.perf_counter() - started

    def act(self, view: FleetView) -> Floats:
        started = time.perf_counter()
        actions: Floats = self._agent.act(view)
        self.seconds += time.perf_counter() - started
        return actions


def _captured(table: dict[str, dict[str, Floats]], name: str, part: NDArray[np.int64]) -> float:
    """Share of what was to be gained over the reference; NaN where that is nothing."""
    objective = {key: table[key]["objective_eur"][part].sum() for key in (name, REFERENCE, "best")}
    possible = objective["best"] - objective[REFERENCE]
    return float((objective[name] - objective[REFERENCE]) / possible) if abs(possible) > 1e-9 else float("nan")


def _interval(table: dict[str, dict[str, Floats]], name: str) -> tuple[float, float]:
    """95 % bootstrap interval of the captured share over worlds."""
    gained = table[name]["objective_eur"] - table[REFERENCE]["objective_eur"]
    possible = table["best"]["objective_eur"] - table[REFERENCE]["objective_eur"]
    return interval(gained, possible, statistic=ratio)
