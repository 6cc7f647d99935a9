"""The agent: a policy that answers for every car on its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np

from core.agents.base import Agent, FleetView, Floats
from core.agents.learned.files import load_policy
from core.agents.learned.policy import Policy
from core.agents.learned.shared_port.observation import N_OBSERVED, OBSERVATION, Observer, Singles
from core.world import World


class SharedPort(Agent):
    """One policy for all ports of all sites; no plan.

    Parameters
    ----------
    policy : Policy
        With the columns of `core.agents.learned.shared_port.observation.OBSERVATION`.
    """

    name: ClassVar[str] = "shared_port"

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def prepare(self, worlds: Sequence[World]) -> None:
        self._observer = Observer()
        self._memory: Singles | None = None
        self._departure: Floats | None = None

    def act(self, view: FleetView) -> Floats:
        answers = np.zeros(view.connected.shape)
        departure = np.where(view.connected, view.step + view.steps_left, -1)
        seen = self._observer.look(view)
        if view.connected.any():
            rows = np.flatnonzero(view.connected)
            seen = seen.reshape(-1, N_OBSERVED)[rows]
            if self._policy.lstm is None:
                answers.reshape(-1)[rows] = self._policy.answers(seen)[0]
            else:
                answers.reshape(-1)[rows] = self._remember(departure, rows, seen)
        self._departure = departure
        return view.action_for(self._observer.power(view, answers))

    def _remember(self, departure: Floats, rows: np.ndarray, seen: Singles) -> Singles:
        """Answers of a policy with memory; a port's memory begins anew with each car."""
        assert self._policy.lstm is not None
        hidden = self._policy.lstm[1].shape[1]
        if self._memory is None or self._departure is None:
            self._memory = np.zeros((2, departure.size, hidden), dtype=np.float32)
        else:
            self._memory[:, (departure != self._departure).reshape(-1)] = 0
        answers, after = self._policy.answers(seen, self._memory[:, rows])
        assert after is not None
        self._memory[:, rows] = after
        return answers


COLUMNS = tuple(row[0] for row in OBSERVATION)
"""What policies observe, as their files name it."""


def maker(name: str) -> Callable[[], Agent]:
    """What makes a fresh agent of this name; raises `AgentError` only when it is called."""

    def make() -> Agent:
        agent = type(f"SharedPort_{name}", (SharedPort,), {"name": name})(load_policy(name, observation=COLUMNS))
        assert isinstance(agent, SharedPort)
        return agent

    return make
