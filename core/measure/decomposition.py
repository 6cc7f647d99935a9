"""What keeps agents from the bound: how much of it each thing that they cannot know costs, and what is left.

`mpc` runs again on the same scenarios with one thing after the other revealed (`Revealed`): load and solar power, all
demand-response events, all cars that will come. What each brings is what not knowing it costs. With all revealed, only
physics is left between it and the bound: EV2Gym's rounding and efficiencies, which the bound relaxes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.agents.base import Agent, FleetView
from core.agents.learned import Learned
from core.agents.mpc import Coming, ModelPredictiveControl
from core.agents.registry import REFERENCE, make_agent
from core.engines.batch import totals_many
from core.figures.style import number
from core.measure import readme
from core.paths import ROOT
from core.scenario import STEP_HOURS
from core.studies.bootstrap import interval, ratio
from core.studies.captured import LEAST_EUR
from core.studies.draw import draw_scenarios
from core.world import World, build_world
from core.world.battery import car_limits, kw_per_ampere, on_grid

Floats = NDArray[np.float64]

SCENARIOS, SEED, MOST_PORTS = 40, 1, 60
"""Validation scenarios of moderate size: the program is solved anew in every step, and seven times over."""

PAGE = ROOT / "docs" / "learning.md"

WORDS = {
    "captured": "the plan alone captures",
    "planner": "the plan is not the linear program's (`mpc`)",
    "load": "not knowing load and solar power",
    "events": "not knowing demand-response events",
    "arrivals": "not knowing cars to come",
    "physics": "rounding and efficiencies, which the bound relaxes",
}

KINDS = ("arrivals", "events", "load")
"""What can be revealed: cars to come, demand-response events, and load less solar power."""


class Revealed(ModelPredictiveControl):
    """`mpc` that knows things which nobody can know.

    Parameters
    ----------
    kinds : collection of str
        Some of `KINDS`.
    """

    name: ClassVar[str] = "revealed"
    foresight: ClassVar[bool] = True

    def __init__(self, kinds: Collection[str]) -> None:
        super().__init__()
        self._kinds = frozenset(kinds)

    def prepare(self, worlds: Sequence[World]) -> None:
        super().prepare(worlds)
        self._worlds = worlds

    def outlook(self, view: FleetView, world: int, steps: slice) -> tuple[Floats, Floats]:
        base, upper = super().outlook(view, world, steps)
        real = self._worlds[world]
        if "events" in self._kinds:
            upper = real.limit_kw[:, steps]
        if "load" in self._kinds:
            base = real.base_load_kw[:, steps]
        return base, upper

    def coming(self, view: FleetView, world: int, steps: slice) -> Coming:
        if "arrivals" not in self._kinds:
            return super().coming(view, world, steps)
        real = self._worlds[world]
        s, limits = real.sessions, car_limits(real)
        cars = np.flatnonzero((s.arrival_step > steps.start) & (s.arrival_step < steps.stop))
        last = np.minimum(s.departure_step[cars], steps.stop - 1)
        after = (s.departure_step[cars] - last) * limits.charge_kw[cars] * STEP_HOURS
        current = real.scenario.charger_current_a * kw_per_ampere(real.scenario)
        return Coming(
            first_step=s.arrival_step[cars] - steps.start,
            last_step=last - steps.start,
            energy=on_grid(s.arrival_energy_kwh[cars]),
            wanted=s.wanted_energy_kwh[cars] - after,
            capacity=s.capacity_kwh[cars],
            min_energy=s.min_energy_kwh[cars],
            charge_limit=limits.charge_kw[cars] * STEP_HOURS,
            discharge_limit=limits.discharge_kw[cars] * STEP_HOURS,
            taper=limits.taper[cars],
            station=s.station[cars],
            transformer=real.station_transformer[s.station[cars]],
            full_station=limits.best_efficiency[cars] * current * STEP_HOURS,
        )


def decomposition(n: int = SCENARIOS, *, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
    """Where the bound's gain over the reference goes, as shares of it, on random validation scenarios.

    Returns
    -------
    dict
        `n`, and `parts` in order: `captured` by the plan alone, `planner` (what `mpc` gains over it, which knows the
        same), `load`, `events` and `arrivals` (what `mpc` gains when each is revealed on top of those before) and
        `physics` (what then still is below the bound); each a dict of `share`, `low`, `high` (95 %). They add up to 1.
        `alone`: what revealing one thing alone brings `mpc`. `best`: what the executed optimum captures.
    """
    drawn = [s for s in draw_scenarios(20 * n, "validation", SEED) if s.n_ports <= MOST_PORTS][:n]
    runs: dict[str, Callable[[], Agent]] = {
        REFERENCE: lambda: make_agent(REFERENCE),
        "best": lambda: make_agent("best"),
        "plan": Learned,
        "mpc": lambda: make_agent("mpc"),
        "load": lambda: Revealed(("load",)),
        "events": lambda: Revealed(("events",)),
        "arrivals": lambda: Revealed(("arrivals",)),
        "load, events": lambda: Revealed(("load", "events")),
        "all": lambda: Revealed(KINDS),
    }
    reached = {name: np.zeros(len(drawn)) for name in runs}
    bound = np.zeros(len(drawn))
    for i, scenario in enumerate(drawn):
        worlds = [build_world(scenario)]
        for name, make in runs.items():
            totals = totals_many(worlds, make())
            reached[name][i] = totals["objective_eur"][0]
            if "bound_eur" in totals:
                bound[i] = totals["bound_eur"][0]
        if progress is not None:
            progress(i + 1, len(drawn))
    possible = bound - reached[REFERENCE]
    assert possible.sum() >= LEAST_EUR, "random scenarios leave something to gain"

    def share(gained: Floats) -> dict[str, float]:
        low, high = interval(gained, possible, statistic=ratio)
        return {"share": float(gained.sum() / possible.sum()), "low": low, "high": high}

    order = [REFERENCE, "plan", "mpc", "load", "load, events", "all"]
    names = ["captured", "planner", "load", "events", "arrivals"]
    parts = {
        name: share(reached[after] - reached[before])
        for name, before, after in zip(names, order[:-1], order[1:], strict=True)
    }
    parts["physics"] = share(bound - reached["all"])
    alone = {kind: share(reached[kind] - reached["mpc"]) for kind in KINDS}
    best = share(reached["best"] - reached[REFERENCE])
    return {"n": len(drawn), "seed": SEED, "parts": parts, "alone": alone, "best": best}


def write_page(section: dict[str, Any], path: Path = PAGE) -> None:
    """Put the table into `docs/learning.md`."""
    lines = [
        f"| of what could be gained, {section['n']} validation scenarios | points (95 % interval) | revealed alone |",
        "|---|---:|---:|",
    ]
    for name, part in section["parts"].items():
        alone = section["alone"].get(name)
        lines.append(f"| {WORDS[name]} | {_points(part)} | {'–' if alone is None else _points(alone)} |")
    readme.put("decomposition", "\n".join(lines), path)


def _points(part: dict[str, float]) -> str:
    share, low, high = (number(100 * part[key], 1) for key in ("share", "low", "high"))
    return f"{share} ({low} to {high})"
