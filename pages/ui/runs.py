"""Cached runs: a slider that changes nothing about a run never repeats it.

Results live on one process-wide shelf, bounded by bytes, shared by all sessions, read only; sessions hold keys, never
results. What several sessions ask for at once is computed once. Every run ends soon after its page was left, changed or
closed: between two steps, or, where a single step may take long, with the process that it runs in.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.accounts.ledger import settle
from core.accounts.trace import Trace
from core.agents.learned import Learned
from core.agents.optimum.best import solve
from core.agents.registry import AGENTS, BOUND, REFERENCE, make_agent
from core.engines import batch, ev2gym
from core.errors import DataFileError
from core.scenario import Scenario
from core.studies.job import watched
from core.studies.outside import Outside, Waiting, is_heavy
from core.studies.policy_slice import policy_slice as ask
from core.studies.run import Result
from core.studies.shelf import LOOK_S, Shelf
from core.tariffs import PriceCurves
from core.version import results_key
from core.world import World, build_world
from pages.ui.i18n import t

ENGINE = results_key()
"""Part of every cache key."""

SOON_S = 1.5
"""What comes sooner than this needs no word."""

MOST_BYTES = 64 * 2**20
"""Worlds, traces and slices that are kept: some 400 of 25 stations, or 15 of the largest site."""

Step = Callable[[Waiting], object]


def still_here(_: Any = None) -> None:
    """End the script where its page has been left, changed or closed, as any look at the session's state does."""
    "scenario" in st.session_state  # noqa: B015 - Streamlit stops the script here


def run(scenario: Scenario, agent: str, step: Step = still_here, *, live: bool = False) -> Result:
    """One agent's run of a scenario, kept or computed.

    Parameters
    ----------
    scenario : Scenario
    agent : str
    step : callable
        Called with how far it is, many times a second. What it raises ends the run, where nobody else waits for it:
        when the page has been left or changed meanwhile, any Streamlit call raises.
    live : bool
        In EV2Gym itself, with its own statistics; else in the batch engine, which gives the same within 1e-9 in a
        fraction of the time. Slow agents, which that would not make quicker, always are.

    Raises
    ------
    EnerV2GizeError
        `BusyError` where too many wait already, `SolverError`, `AgentError`.
    """
    day = world(scenario)
    wait_for_planner(agent)
    key = trace_key(scenario, agent)
    live = live or AGENTS[agent].is_slow(scenario.n_ports)

    def compute() -> Trace:
        if is_heavy(day, agent):
            return outside().trace(day, agent, step)
        asked, looked_at = itertools.count(), time.monotonic()

        def look() -> None:
            nonlocal looked_at
            share = min(1.0, next(asked) / day.n_steps)
            if time.monotonic() - looked_at > LOOK_S:
                looked_at = time.monotonic()
                step(Waiting(share, 0, 0.0))

        watching = watched(make_agent(agent), look)
        return ev2gym.simulate(day, watching) if live else batch.simulate_many([day], watching)[0]

    in_ev2gym = ("live", *key)
    trace = _shelf().get(in_ev2gym if live or in_ev2gym in _shelf() else key, compute, still_here)
    return Result(scenario, day, trace, settle(day, trace))


def trace_key(scenario: Scenario, agent: str) -> tuple[str, str, str]:
    """What a trace depends on."""
    key = scenario.world_key if AGENTS[agent].blind_to_weights else scenario.replace(currency="EUR").key
    return agent, key, ENGINE + AGENTS[agent].source


def is_slow(scenario: Scenario, agent: str) -> bool:
    """Whether a run takes long enough to show everything else first."""
    return AGENTS[agent].is_slow(scenario.n_ports) or is_heavy(world(scenario), agent)


def at_hand(scenario: Scenario, agent: str) -> bool:
    """Whether a slow run has been prepared and is still kept."""
    key = trace_key(scenario, agent)
    return key in _shelf() or ("live", *key) in _shelf()


def must_wait(scenario: Scenario, agent: str) -> bool:
    """Whether a run takes long and has not been prepared."""
    return is_slow(scenario, agent) and not at_hand(scenario, agent)


def prepare(scenario: Scenario, agent: str, place: DeltaGenerator, words: str) -> None:
    """Run a slow agent, so that `run` answers at once.

    Parameters
    ----------
    scenario : Scenario
    agent : str
    place : DeltaGenerator
        An empty place that shows how far it is.
    words : str
        What it says there; while others are before it, how many and how long.
    """
    said: tuple[int, int] | None = None

    def step(now: Waiting) -> None:
        nonlocal said
        still_here()
        if said != (said := (round(100 * now.share), now.ahead)):
            queued = t("jobs.queued", ahead=now.ahead, seconds=max(1.0, now.seconds)) if now.ahead else words
            place.progress(now.share, queued)

    run(scenario, agent, step)


def policy_slice(scenario: Scenario, agent: str) -> pd.DataFrame | None:
    """What an agent does with one car by price, battery and time left; None of agents that cannot be asked at once."""
    info = AGENTS[agent]
    if info.family == "optimiser" or not info.fits(scenario):
        return None
    key = trace_key(scenario, agent)
    day = world(scenario)
    found = _shelf().get(("slice", *key), lambda: ask(day, agent), still_here)
    return None if found.empty else found


def reference(scenario: Scenario) -> Result:
    """Plug and charge on the same day."""
    return run(scenario, REFERENCE)


def bound(scenario: Scenario) -> tuple[float, float]:
    """What nobody can beat on the same day [EUR], and what the solver left open of that; raises as `run` does."""
    day = world(scenario)
    if is_heavy(day, BOUND) or at_hand(scenario, BOUND):
        trace = run(scenario, BOUND).trace
        return trace.bound_eur or 0.0, trace.bound_gap_eur

    def compute() -> tuple[float, float]:
        plan = solve(day)  # not carried out
        return plan.bound_eur, plan.gap_eur

    return _shelf().get(("bound", *trace_key(scenario, BOUND)), compute, still_here)


def world(scenario: Scenario) -> World:
    """The scenario's World."""
    # Worlds are shared by scenarios that differ only in weights; prices of stakeholders are read from this scenario.
    key = ("world", scenario.world_key, ENGINE)
    return replace(_shelf().get(key, lambda: build_world(scenario), still_here), scenario=scenario)


def prices(scenario: Scenario) -> PriceCurves:
    """The scenario's price curves and their sources."""
    return world(scenario).prices


@st.cache_resource(show_spinner=False)
def _shelf() -> Shelf:
    return Shelf(MOST_BYTES)


@st.cache_resource(show_spinner=False, on_release=lambda processes: processes.close())
def outside() -> Outside:
    """The processes for what takes long; one queue for all sessions."""
    return Outside()


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Import EV2Gym and load the learned agents' planner beside the first page's widgets; once a server."""
    thread = threading.Thread(target=_warm_up, name="warm-up", daemon=True)
    thread.start()
    return thread


def _warm_up() -> None:
    ev2gym.warm_up()
    with suppress(DataFileError):  # said by the pages that need the file
        # A day with a car or two: the planner is compiled where this machine never ran it, which takes some seconds.
        ev2gym.simulate(build_world(Scenario(stations=2, intensity=50, length_h=12)), Learned())
        batch.warm_up()


def wait_for_planner(agent: str) -> None:
    """Say so while a learned agent's planner is being compiled for this machine: once, after its installation."""
    thread = warm_up()
    if not AGENTS[agent].learned:
        return
    thread.join(SOON_S)
    if thread.is_alive():
        with st.spinner(t("explore.compiling")):
            while thread.is_alive():
                still_here()
                thread.join(LOOK_S)
