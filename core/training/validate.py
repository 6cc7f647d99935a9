"""How good an agent is on held-out worlds: captured share and its like, against references that are solved once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.agents.base import Agent
from core.agents.learned import judged_fields
from core.agents.optimum.best import solve
from core.agents.registry import make_agent
from core.engines.batch import totals_many
from core.errors import EnerV2GizeError
from core.scenario import Scenario
from core.studies.captured import captured
from core.studies.draw import Split, draw_scenario
from core.world import World, build_world

Floats = NDArray[np.float64]

LEAST_GAIN_EUR = 0.5
"""Worlds with less to gain do not count in the mean of shares."""


class Held:
    """Worlds for judging agents, with the objectives of `afap` and `best`.

    Parameters
    ----------
    n : int
        Number of random scenarios.
    split : {"train", "validation", "test"}
    seed : int
    cache : Path, optional
        Folder in which the references are kept, since the optimum takes a while.
    most_ports : int
        Larger sites are left out, so that a validation takes seconds.
    """

    def __init__(self, n: int, split: Split, seed: int, *, cache: Path | None = None, most_ports: int = 800) -> None:
        scenarios: list[Scenario] = []
        stream = np.random.default_rng([seed, 40])
        while len(scenarios) < n:
            scenario = draw_scenario(stream, split)
            if scenario.n_ports <= most_ports:
                scenarios.append(scenario)
        self._take(scenarios, cache)

    @classmethod
    def of(cls, scenarios: list[Scenario], *, cache: Path | None = None) -> Held:
        """Judges agents on these scenarios."""
        held = cls.__new__(cls)
        held._take(scenarios, cache)
        return held

    def _take(self, scenarios: list[Scenario], cache: Path | None) -> None:
        self.scenarios = scenarios
        self.worlds: list[World] = [build_world(scenario) for scenario in self.scenarios]
        self.afap_eur = totals_many(self.worlds, make_agent("afap"))["objective_eur"]
        self.bound_eur = self._bound(cache)

    def _bound(self, cache: Path | None) -> Floats:
        key = hashlib.sha256(json.dumps([scenario.key for scenario in self.scenarios]).encode()).hexdigest()[:16]
        path = None if cache is None else cache / f"bound-{key}.json"
        if path is not None and path.is_file():
            return np.array(json.loads(path.read_text()))
        bound = np.array([solve(world).bound_eur for world in self.worlds])
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(bound.tolist()))
        return bound

    def judge(self, agent: Agent) -> dict[str, float]:
        """Figures of one agent.

        Returns
        -------
        dict
            `captured` (sums before dividing), `mean_share` (mean over worlds of their own shares, cut to -1..1),
            `score` (mean of the two: what models are chosen by), `ready_frac` (energy-weighted), `overload_kwh`.
        """
        totals = totals_many(self.worlds, agent)
        gained, possible = totals["objective_eur"] - self.afap_eur, self.bound_eur - self.afap_eur
        counted = possible > LEAST_GAIN_EUR
        shares = np.clip(gained[counted] / possible[counted], -1.0, 1.0)
        share = captured(gained, 0.0, possible)
        if share is None or not counted.any():
            raise EnerV2GizeError("scenario: its days leave nothing to gain over plug and charge, so nothing to learn")
        wanted = np.array([world.sessions.wanted_energy_kwh.sum() for world in self.worlds])
        return {
            "captured": share,
            "mean_share": float(shares.mean()),
            "score": 0.5 * (share + float(shares.mean())),
            "ready_frac": float(1 - totals["unmet_kwh"].sum() / wanted.sum()),
            "overload_kwh": float(totals["overload_kwh"].sum()),
        }


def ranges(scenarios: Sequence[Scenario]) -> dict[str, list[float]]:
    """Lowest and highest value of every numeric field among `scenarios`: what an agent was trained on."""
    return {
        name: [
            float(min(getattr(scenario, name) for scenario in scenarios)),
            float(max(getattr(scenario, name) for scenario in scenarios)),
        ]
        for name in judged_fields()[0]
    }


def choices(scenarios: Sequence[Scenario]) -> dict[str, list[str | bool]]:
    """The values of every field with choices (or true and false) among `scenarios`, in order."""
    return {name: sorted({getattr(scenario, name) for scenario in scenarios}) for name in judged_fields()[1]}
