"""The agent: a policy on top of the coordinated plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.agents.base import Agent, FleetView, Floats
from core.agents.learned.files import load_policy
from core.agents.learned.observation import N_OBSERVED, Observer, Singles
from core.agents.learned.policy import Policy
from core.world import World


class Learned(Agent):
    """A policy on top of the coordinated plan.

    Parameters
    ----------
    policy : Policy or None
        None answers 0 always: the plan itself, which trained agents are to be better than.
    projection : bool
        See `Observer`.
    """

    name: ClassVar[str] = "plan"

    def __init__(self, policy: Policy | None = None, *, projection: bool = True) -> None:
        self._policy, self._projection = policy, projection

    def prepare(self, worlds: Sequence[World]) -> None:
        self._observer = Observer(projection=self._projection)
        self._memory: Singles | None = None
        self._present: NDArray[np.bool_] | None = None

    def act(self, view: FleetView) -> Floats:
        answers = np.zeros(view.connected.shape)
        if not view.connected.any():
            self._observer.planner.rest(view)
            if self._memory is not None:
                self._memory[:] = 0
            return answers
        observed = self._observer.look(view)
        if self._policy is not None:
            rows = np.flatnonzero(view.connected)
            seen = observed.reshape(-1, N_OBSERVED)[rows]
            if self._policy.lstm is None:
                answers.reshape(-1)[rows] = self._policy.answers(seen)[0]
            else:
                answers.reshape(-1)[rows] = self._remember(view, rows, seen)
        return self._observer.act(view, answers)

    def _remember(self, view: FleetView, rows: NDArray[np.int64], seen: Singles) -> Singles:
        """Answers of a policy with memory; a port's memory begins anew with each car."""
        assert self._policy is not None
        assert self._policy.lstm is not None
        hidden = self._policy.lstm[1].shape[1]
        if self._memory is None:
            self._memory = np.zeros((2, view.connected.size, hidden), dtype=np.float32)
        self._memory[:, self._observer.planner.arrived.reshape(-1)] = 0
        answers, after = self._policy.answers(seen, self._memory[:, rows])
        assert after is not None
        self._memory[:, rows] = after
        return answers


def maker(name: str) -> Callable[[], Agent]:
    """What makes a fresh agent of this name; raises `AgentError` only when it is called."""

    def make() -> Agent:
        agent = type(f"Learned_{name}", (Learned,), {"name": name})(load_policy(name))
        assert isinstance(agent, Learned)
        return agent

    return make
