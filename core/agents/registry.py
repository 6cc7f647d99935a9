"""All agents by name: the one list that pages, command line and tests read.

What is said of an agent elsewhere (its colour, whether its runs may be kept when weights change) stands in its entry:
a new agent is one module with its entry, and its words in the two locale files.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import iter_modules

import core.agents
from core.agents import learned
from core.agents.base import Agent
from core.agents.info import FAMILIES, AgentInfo, Look
from core.agents.learned import local
from core.agents.looks import SITE_PARTS, look_of
from core.agents.optimum.best import Best
from core.agents.own import AnyAgent, Own, source_of
from core.errors import AgentError, quoted
from core.paths import OWN_AGENTS

REFERENCE = "afap"
"""Plug and charge: what everything is compared with."""

BOUND = "best"
"""The agent that knows the future: what nothing beats."""


_HEXAGON = "M0,-1L.87,-.5L.87,.5L0,1L-.87,.5L-.87,-.5Z"

_BEST = AgentInfo(
    "best", "optimiser", Best, Look("#1F2933", "#E6EAEE", "square"), slow_above_ports=60, place=2
)  # the colour of text


def _listed() -> Iterator[AgentInfo]:
    """Every agent that a module of this room lists as ``AGENTS``, the bound, and the learned ones."""
    for module in iter_modules(core.agents.__path__):
        if not module.ispkg and module.name != __name__.rpartition(".")[2]:
            yield from getattr(import_module(f"core.agents.{module.name}"), "AGENTS", ())
    yield _BEST
    for place, name in enumerate(learned.available()):
        family, look = learned.family_of(name), look_of(name)
        if family is not None and family in learned.MAKERS and look is not None:
            entry = learned.manifest()[name]
            algorithm, reward = SITE_PARTS.get(name, (entry.get("training", {}).get("algo", name), ""))
            yield AgentInfo(
                name, family, learned.MAKERS[family](name), look, place=place, algorithm=algorithm, reward=reward,
                ports=tuple(entry.get("ports", ())),
                blind_to_weights=family == "whole_site",  # neither EV2Gym's states nor the original's show them
            )  # fmt: skip


AGENTS: dict[str, AgentInfo] = {
    info.name: info for info in sorted(_listed(), key=lambda info: (FAMILIES.index(info.family), info.place, info.name))
}
"""By name: simple rules, then plans, then learned ones by family, then own ones."""

OWN_COLOURS = (("#B5179E", "#F072D6"), ("#7A5C00", "#D9BE4A"), ("#006D77", "#62D2DC"), ("#9B2226", "#F29C9F"))
"""Of own agents, in turn."""

_SLUG = re.compile(r"[a-z][a-z0-9_]{0,29}")


def register_agent(
    name: str, agent: AnyAgent, *, title: str = "", description: str = "", blind_to_weights: bool = False
) -> None:
    """Put an own agent on every page and into every command of this process.

    Those that an installed package lists under the entry point `enerv2gize.agents` are registered in every process;
    studies on several processes need that.

    Parameters
    ----------
    name : str
        As links and commands write it: up to 30 small letters, digits and underscores.
    agent : AnyAgent
        A class or a function; an object serves all runs, one after the other.
    title, description : str
        What pages call it and say of it: its name, and the first line of its docstring.
    blind_to_weights : bool
        Whether it never looks at the objective, so that its runs may be kept where weights change.

    Raises
    ------
    AgentError
        For a name that cannot be or is taken, and where it is no agent.
    """
    if check_name(name) in AGENTS:
        raise AgentError(name, "there is an agent of this name already")
    Own(agent, name)
    about = (inspect.getdoc(agent) or "").partition("\n")[0]
    AGENTS[name] = AgentInfo(
        name, "own", lambda: Own(agent, name), _own_look(), blind_to_weights,
        title=title or name, description=description or about, source=source_of(agent),
    )  # fmt: skip


def check_name(name: object) -> str:
    """`name`, if an own agent may be called so. Raises `AgentError`."""
    if not isinstance(name, str) or not _SLUG.fullmatch(name):
        raise AgentError(quoted(name), "an own agent's name must be up to 30 small letters, digits and underscores")
    return name


def check_local(name: object) -> str:
    """`name`, if a policy of this installation may be kept under it; its earlier one may. Raises `AgentError`."""
    name = check_name(name)
    if name in AGENTS and name not in _LOCAL:
        raise AgentError(name, "there is an agent of this name already; choose another with --name")
    return name


def _own_look() -> Look:
    """Of the next own agent."""
    light, dark = OWN_COLOURS[sum(info.family == "own" for info in AGENTS.values()) % len(OWN_COLOURS)]
    return Look(light, dark, _HEXAGON)


def register_local(folder: Path = OWN_AGENTS) -> None:
    """Register policies that were trained or imported on this machine, and those again that have changed.

    Cheap where nothing is new; one that cannot be used is left out with a warning, once.
    """
    for name in local.names(folder):
        stamp = (folder / name / "card.json").stat().st_mtime_ns
        if _LOCAL.get(name) == stamp:
            continue
        known, _LOCAL[name] = name in _LOCAL, stamp
        try:
            if check_name(name) in AGENTS and not known:
                raise AgentError(name, "there is an agent of this name already")
            make, said = local.maker(name, folder), local.card(name, folder)
            AGENTS[name] = AgentInfo(
                name, "own", make, AGENTS[name].look if name in AGENTS else _own_look(),
                blind_to_weights=said["form"] == "site", ports=(said["ports"],) if said["form"] == "site" else (),
                title=str(said.get("title", name)), description=str(said.get("description", "")),
                source=str(said["sha256"]["policy.npz"])[:16],
            )  # fmt: skip
        except (AgentError, KeyError, TypeError) as error:
            warnings.warn(f"the agent '{quoted(name)}' is left out: {quoted(str(error), 200)}", stacklevel=1)


_LOCAL: dict[str, int] = {}
"""Local agents that were looked at, and when their cards were written."""


def _register_installed() -> None:
    """Own agents of installed packages; one that cannot be used is left out with a warning."""
    for point in entry_points(group=ENTRY_POINTS):
        try:
            register_agent(point.name, point.load())
        except Exception as error:  # somebody else's code may raise anything, and no other agent must suffer
            warnings.warn(f"the agent '{quoted(point.name)}' is left out: {quoted(str(error), 200)}", stacklevel=1)


ENTRY_POINTS = "enerv2gize.agents"

_register_installed()
register_local()


def as_agent(agent: str | AnyAgent) -> Agent:
    """A fresh agent for one run, from a name or from anybody's own.

    Raises
    ------
    AgentError
        For an unknown name, and where it is no agent.
    """
    if isinstance(agent, str):
        return make_agent(agent)
    own = Own(agent)
    if own.name in AGENTS and AGENTS[own.name].family != "own":
        raise AgentError(own.name, "there is an agent of this name already; call yours otherwise")
    return own


def everywhere() -> list[str]:
    """Agents that serve sites of any size: all but those trained for one whole site."""
    return [name for name, info in AGENTS.items() if not info.ports]


def names_listed() -> str:
    """All names in one breath; those of whole-site agents, of which there are many, by their pattern."""
    sites = len(AGENTS) > len(everywhere())
    return ", ".join([*everywhere(), *(["site_ALGORITHM_REWARD"] if sites else [])])


def make_agent(name: str) -> Agent:
    """A fresh agent for one run. Raises `AgentError` for an unknown name or a damaged file of a learned agent."""
    if name not in AGENTS:
        raise AgentError(quoted(name), "there is no such agent; choose from " + names_listed())
    return AGENTS[name].make()
