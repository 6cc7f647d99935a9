"""Cached runs: a slider that changes nothing about a run never repeats it.

Results live in bounded, process-wide caches, shared by all sessions and read only; sessions hold keys, never results.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.accounts.ledger import settle
from core.accounts.trace import Trace
from core.agents.learned import Learned
from core.agents.registry import AGENTS, BOUND, REFERENCE, make_agent
from core.engines import ev2gym
from core.scenario import Scenario
from core.studies.job import watched
from core.studies.policy_slice import policy_slice as ask
from core.studies.run import Result
from core.tariffs import PriceCurves
from core.version import results_key
from core.world import World, build_world
from pages.ui.i18n import t

ENGINE = results_key()
"""Part of every cache key."""

SOON_S = 1.5
"""What comes sooner than this needs no word."""

MOST_KEPT = 48
"""Slow runs that are kept."""


def run(scenario: Scenario, agent: str) -> Result:
    """One agent's run of a scenario, from the caches where possible."""
    day = world(scenario)
    wait_for_planner(agent)
    key = trace_key(scenario, agent)
    trace = _shelf().get(key) or _trace(agent, key[1], ENGINE, day)
    return Result(scenario, day, trace, settle(day, trace))


def trace_key(scenario: Scenario, agent: str) -> tuple[str, str, str]:
    """What a trace depends on."""
    key = scenario.world_key if AGENTS[agent].blind_to_weights else scenario.replace(currency="EUR").key
    return agent, key, ENGINE


def is_slow(scenario: Scenario, agent: str) -> bool:
    """Whether a run takes long enough to show everything else first."""
    return AGENTS[agent].is_slow(scenario.n_ports)


def at_hand(scenario: Scenario, agent: str) -> bool:
    """Whether a slow run has been prepared and is still kept."""
    return trace_key(scenario, agent) in _shelf()


def must_wait(scenario: Scenario, agent: str) -> bool:
    """Whether a run takes long and has not been prepared."""
    return is_slow(scenario, agent) and not at_hand(scenario, agent)


def prepare(scenario: Scenario, agent: str, step: Callable[[float], object]) -> None:
    """Run a slow agent and keep its trace, so that `run` answers at once.

    Parameters
    ----------
    scenario : Scenario
    agent : str
    step : callable
        Called with the share that is done, many times a second. What it raises ends the run: when the page has been
        left or changed meanwhile, any Streamlit call raises.
    """
    day = world(scenario)
    asked = itertools.count()
    planner = watched(make_agent(agent), lambda: step(min(1.0, next(asked) / day.n_steps)))
    shelf = _shelf()
    shelf[trace_key(scenario, agent)] = ev2gym.simulate(day, planner)
    while len(shelf) > MOST_KEPT:
        shelf.pop(next(iter(shelf)), None)


def policy_slice(scenario: Scenario, agent: str) -> pd.DataFrame | None:
    """What an agent does with one car by price, battery and time left; None of agents that cannot be asked at once."""
    info = AGENTS[agent]
    if info.family == "optimiser" or not info.fits(scenario):
        return None
    key = trace_key(scenario, agent)
    found = _slice(agent, key[1], ENGINE, world(scenario))
    return None if found.empty else found


def reference(scenario: Scenario) -> Result:
    """Plug and charge on the same day."""
    return run(scenario, REFERENCE)


def bound(scenario: Scenario) -> Result:
    """The best possible plan on the same day."""
    return run(scenario, BOUND)


def world(scenario: Scenario) -> World:
    """The scenario's World."""
    # Worlds are shared by scenarios that differ only in weights; prices of stakeholders are read from this scenario.
    return replace(_world(scenario.world_key, ENGINE, scenario), scenario=scenario)


def prices(scenario: Scenario) -> PriceCurves:
    """The scenario's price curves and their sources."""
    return world(scenario).prices


@st.cache_resource(max_entries=48, show_spinner=False)
def _world(key: str, engine: str, _scenario: Scenario) -> World:
    return build_world(_scenario)


@st.cache_resource(max_entries=96, show_spinner=False)
def _trace(agent: str, key: str, engine: str, _world: World) -> Trace:
    return ev2gym.simulate(_world, make_agent(agent))


@st.cache_resource(max_entries=48, show_spinner=False)
def _slice(agent: str, key: str, engine: str, _world: World) -> pd.DataFrame:
    return ask(_world, agent)


@st.cache_resource(show_spinner=False)
def _shelf() -> dict[tuple[str, str, str], Trace]:
    """Slow runs by what they depend on, oldest first."""
    return {}


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Import EV2Gym and load the learned agents' planner beside the first page's widgets; once a server."""
    thread = threading.Thread(target=_warm_up, name="warm-up", daemon=True)
    thread.start()
    return thread


def _warm_up() -> None:
    ev2gym.warm_up()
    # A day with a car or two: the planner is compiled where this machine never ran it, which takes some seconds.
    ev2gym.simulate(build_world(Scenario(stations=2, intensity=50, length_h=12)), Learned())


def wait_for_planner(agent: str) -> None:
    """Say so while a learned agent's planner is being compiled for this machine: once, after its installation."""
    thread = warm_up()
    if not AGENTS[agent].learned:
        return
    thread.join(SOON_S)
    if thread.is_alive():
        with st.spinner(t("explore.compiling")):
            thread.join()
