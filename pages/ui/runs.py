"""Cached runs: a slider that changes nothing about a run never repeats it.

Results live in bounded, process-wide caches, shared by all sessions and read only; sessions hold keys, never results.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from importlib.metadata import version

import streamlit as st

from core.agents.registry import REFERENCE, make_agent
from core.engines import ev2gym
from core.ledger import settle
from core.run import Result
from core.scenario import SCHEMA_VERSION, Scenario
from core.tariffs import PriceCurves
from core.trace import Trace
from core.world import World, build_world

ENGINE = f"ev2gym-{version('ev2gym')}/schema-{SCHEMA_VERSION}/1"
"""Part of every cache key; the last number is raised whenever a change in `core` changes results."""

BLIND_TO_WEIGHTS = frozenset({"afap", "alap", "rr"})
"""Agents that never look at the objective: a changed weight leaves their traces alone."""

BOUND = "best"


def run(scenario: Scenario, agent: str) -> Result:
    """One agent's run of a scenario, from the caches where possible."""
    # Worlds are shared by scenarios that differ only in weights; prices of stakeholders are read from this scenario.
    world = replace(_world(scenario.world_key, ENGINE, scenario), scenario=scenario)
    key = scenario.world_key if agent in BLIND_TO_WEIGHTS else scenario.replace(currency="EUR").key
    trace = _trace(agent, key, ENGINE, world)
    return Result(scenario, world, trace, settle(world, trace))


def reference(scenario: Scenario) -> Result:
    """Plug and charge on the same day."""
    return run(scenario, REFERENCE)


def bound(scenario: Scenario) -> Result:
    """The best possible plan on the same day."""
    return run(scenario, BOUND)


def prices(scenario: Scenario) -> PriceCurves:
    """The scenario's price curves and their sources."""
    return _world(scenario.world_key, ENGINE, scenario).prices


@st.cache_resource(max_entries=48, show_spinner=False)
def _world(key: str, engine: str, _scenario: Scenario) -> World:
    return build_world(_scenario)


@st.cache_resource(max_entries=96, show_spinner=False)
def _trace(agent: str, key: str, engine: str, _world: World) -> Trace:
    return ev2gym.simulate(_world, make_agent(agent))


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Import EV2Gym (about 1.5 s) beside the first page's widgets; once a server."""
    thread = threading.Thread(target=ev2gym.warm_up, name="warm-up", daemon=True)
    thread.start()
    return thread
