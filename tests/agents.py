"""Agents for tests, which no page offers."""

from __future__ import annotations

import numpy as np

from core.agents.base import Agent


class RandomActions(Agent):
    """Anything at all, seeded."""

    name = "random"

    def prepare(self, worlds):
        self._rng = np.random.default_rng(worlds[0].scenario.seed)

    def act(self, view):
        return self._rng.uniform(-1, 1, view.connected.shape)
