"""Anybody's own agents: an object with the agent protocol, a class of such, or a function from a view to actions.

They may do anything but answer what cannot be: every answer is judged, and a bad one is named with its step.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from core.agents.base import Agent, FleetView, Floats
from core.errors import AgentError, AnswerError, quoted
from core.world import World

TOLERANCE = 1e-6
"""By so much an action may be beyond 1, as rounding leaves it."""

MOST_LETTERS = 40
"""Of an agent's name."""


@runtime_checkable
class Acts(Protocol):
    """The agent protocol; `prepare` (with the worlds, once before a run) is called where there is one."""

    def act(self, view: FleetView) -> Any: ...


AnyAgent: TypeAlias = "Acts | type[Acts] | Callable[[FleetView], Any]"
"""What is taken as an agent. Its answers are actions [worlds, ports], or [ports] where there is one world."""


class Own(Agent):
    """Judges what somebody's agent answers.

    Parameters
    ----------
    agent : AnyAgent
    name : str, optional
        What it is called in tables; else its own `name`, or that of its class or function.

    Raises
    ------
    AgentError
        Where it is no agent, or its name is no short printable text.
    """

    name: str  # type: ignore[misc]

    def __init__(self, agent: AnyAgent, name: str | None = None) -> None:
        name = name or name_of(agent)
        if not isinstance(name, str) or not name.isprintable() or not 1 <= len(name) <= MOST_LETTERS:
            raise AgentError(quoted(name), f"an agent's name must have 1 to {MOST_LETTERS} printable letters")
        self.name = name
        one: Any = agent() if inspect.isclass(agent) else agent
        self._prepare = getattr(one, "prepare", None)
        if isinstance(one, Acts):
            self._act = one.act
        elif callable(one):
            self._act = one
        else:
            raise AgentError(
                self.name, "must be the name of an agent, an object with a method act(view), or a function of a view"
            )

    def prepare(self, worlds: Sequence[World]) -> None:
        if self._prepare is not None:
            self._prepare(worlds)

    def act(self, view: FleetView) -> Floats:
        return judged(self._act(view), view, self.name)


def name_of(agent: AnyAgent) -> str:
    """What an agent calls itself, else the name of its class or function."""
    its = getattr(agent, "name", None) or getattr(agent, "__name__", None) or type(agent).__name__
    return "function" if its == "<lambda>" else its


def source_of(agent: AnyAgent) -> str:
    """16 hexadecimal digits that change with an agent's code; empty where it cannot be read."""
    code = agent if inspect.isclass(agent) or inspect.isroutine(agent) else type(agent)
    try:
        return hashlib.sha256(inspect.getsource(code).encode()).hexdigest()[:16]
    except (OSError, TypeError):
        return ""


def judged(answer: object, view: FleetView, name: str) -> Floats:
    """An agent's answer as actions [worlds, ports].

    Raises
    ------
    AnswerError
        Where it is no array of that shape, or holds anything but numbers from -1 to 1.
    """
    shape = view.connected.shape
    try:
        actions = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        raise AnswerError(name, view.step, f"its answer must be an array of {shape} numbers") from None
    if actions.shape != shape and not (shape[0] == 1 and actions.shape == shape[1:]):
        raise AnswerError(name, view.step, f"its answer has the shape {actions.shape} and must have {shape}")
    if not np.isfinite(actions).all():
        raise AnswerError(name, view.step, "its answer holds NaN or infinity; actions are numbers from -1 to 1")
    if (np.abs(actions) > 1 + TOLERANCE).any():
        largest = actions.flat[np.abs(actions).argmax()]
        raise AnswerError(name, view.step, f"its answer holds {largest:.6g}; actions are numbers from -1 to 1")
    return actions.reshape(shape)
