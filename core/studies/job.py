"""Studies in the background: they run in threads while somebody watches, and stop soon after nobody does.

What is done is kept: watching again goes on with the rest. Agents that plan at every step are told to stop between two
steps; what takes long in a single step goes to `core.studies.outside`, where it can be ended; all else is cut into
parts short enough to wait for.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.agents.base import Agent, FleetView, Floats
from core.agents.registry import AGENTS, make_agent
from core.studies.outside import Outside, is_heavy
from core.studies.study import Study
from core.world import World, build_world

LEASE_S = 2.0
"""A job that was not watched for so long stops."""

THREADS = 2
"""Parts of all jobs together that run at the same time."""

LOOK_S = 0.05
"""Time between two looks of a part that waits for a place."""

JOBS_KEPT = 12
"""Jobs whose results are kept."""


class _LeftError(Exception):
    """Nobody watches any more."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Some scenarios of a study under some of its agents."""

    begin: int
    end: int
    agents: tuple[str, ...]


class _Places:
    """Where parts of all jobs run, `THREADS` at a time.

    A part whose job nobody watches any more ends at its next step. Until then it keeps nobody else waiting: its place
    counts as free.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken: list[Job] = []

    @contextmanager
    def place(self, job: Job) -> Iterator[None]:
        """Wait for a place, as long as the job is watched, and keep it until it is left."""
        with self._changed:
            while sum(not other.left for other in self._taken) >= THREADS:
                job.check()
                self._changed.wait(LOOK_S)
            self._taken.append(job)
        try:
            yield
        finally:
            with self._changed:
                self._taken.remove(job)
                self._changed.notify()


class Job:
    """A study that runs in the background. Made by a `Desk`; safe to use from any thread."""

    def __init__(self, study: Study, places: _Places, outside: Outside | None = None) -> None:
        self.study = study
        self._outside = outside
        self.error: Exception | None = None
        self._places = places
        self._lock = threading.Lock()
        self._todo = deque(_parts(study))
        self._tables: list[pd.DataFrame] = []
        self._joined: pd.DataFrame | None = None
        self._watched_at = float("-inf")
        self._worked_s = 0.0
        self._at_work = 0
        self._at_work_since = 0.0
        self._threads: list[threading.Thread] = []
        self._something = threading.Event()
        self._rows_done = 0
        self._rows = len(study.scenarios) * len(study.agents)
        self._paces: dict[tuple[str, ...], tuple[float, int]] = {}  # of agents together: seconds in parts, scenarios

    @property
    def finished(self) -> bool:
        """Whether everything is done, or nothing more can be."""
        return self.error is not None or self._rows_done == self._rows

    @property
    def done_frac(self) -> float:
        """Share of the runs that are done."""
        return self._rows_done / self._rows

    @property
    def seconds(self) -> float:
        """Time in which at least one of its parts was being computed: neither waiting nor being stopped counts."""
        with self._lock:
            return self._worked_s + (time.monotonic() - self._at_work_since if self._at_work else 0.0)

    @property
    def left_s(self) -> float | None:
        """Time until everything is done, as agents went so far [s]; None while one of them has done nothing yet."""
        n, left, longest = len(self.study.scenarios), 0.0, 0.0
        with self._lock:
            todo = {part.agents for part in self._todo} | set(self._paces)
            for agents in todo:
                spent, done = self._paces.get(agents, (0.0, 0))
                if not done:
                    return None
                left += spent / done * (n - done)
                longest = max(longest, spent / done if n > done else 0.0)
        return max(longest, left / THREADS)

    @property
    def running(self) -> bool:
        """Whether a processor is at work for it."""
        return any(thread.is_alive() for thread in self._threads)

    def watch(self) -> None:
        """Say that somebody waits for it: starts it, or keeps it going."""
        self._watched_at = time.monotonic()
        with self._lock:
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            for _ in range(min(THREADS, len(self._todo)) - len(self._threads)):
                # Not a daemon: a process that ends within a solver call aborts, so that it waits for the lease.
                thread = threading.Thread(target=self._work, name="job", daemon=False)
                self._threads.append(thread)
                thread.start()

    def stop(self) -> None:
        """Stop now; `watch` goes on where it stopped."""
        self._watched_at = float("-inf")

    def wait_for_something(self, timeout_s: float) -> None:
        """Wait until there is something to show, at most so long."""
        self._something.wait(timeout_s)

    def join(self, timeout_s: float) -> None:
        """Wait until its threads have ended, at most so long."""
        until = time.monotonic() + timeout_s
        for thread in list(self._threads):
            thread.join(max(0.0, until - time.monotonic()))

    def table(self) -> pd.DataFrame:
        """What is done: a row a scenario and agent, `world` numbering scenarios; agents in the study's order."""
        with self._lock:
            tables = list(self._tables)
            if self._joined is not None and len(self._joined) == self._rows_done:
                return self._joined
        if not tables:
            return pd.DataFrame({"world": [], "agent": []})
        order = {name: i for i, name in enumerate(self.study.agents)}
        joined = pd.concat(tables, ignore_index=True)
        joined = joined.sort_values(
            ["agent", "world"], key=lambda column: column.map(order) if column.name == "agent" else column
        ).reset_index(drop=True)
        with self._lock:
            self._joined = joined
        return joined

    @property
    def left(self) -> bool:
        """Whether nobody watches any more."""
        return time.monotonic() - self._watched_at > LEASE_S

    def check(self) -> None:
        """End the part that asks where nobody watches any more."""
        if self.left:
            raise _LeftError

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._todo:
                    return
                part = self._todo.popleft()
            began = time.monotonic()
            try:
                table = self._run(part)
            except _LeftError:
                with self._lock:
                    self._todo.appendleft(part)
                return
            except Exception as error:  # shown by whoever watches
                with self._lock:
                    self.error = error
                    self._todo.clear()
                self._something.set()
                return
            with self._lock:
                self._tables.append(table)
                self._rows_done += len(table)
                spent, done = self._paces.get(part.agents, (0.0, 0))
                self._paces[part.agents] = (spent + time.monotonic() - began, done + part.end - part.begin)
            self._something.set()

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Count the time until it is left, once however many threads there are."""
        with self._lock:
            if not self._at_work:
                self._at_work_since = time.monotonic()
            self._at_work += 1
        try:
            yield
        finally:
            with self._lock:
                self._at_work -= 1
                if not self._at_work:
                    self._worked_s += time.monotonic() - self._at_work_since

    def _run(self, part: _Part) -> pd.DataFrame:
        from core.engines.batch import totals_by_agent

        scenarios = self.study.scenarios[part.begin : part.end]
        with self._places.place(self), self._working():
            worlds = []
            for scenario in scenarios:
                self.check()
                worlds.append(build_world(scenario))
            heavy = self._outside is not None and any(is_heavy(w, name) for w in worlds for name in part.agents)
            if not heavy:
                totals = totals_by_agent(worlds, [watched(make_agent(name), self.check) for name in part.agents])
        if heavy and self._outside is not None:
            with self._working():  # day by day, so that others' turns come
                days = [self._outside.totals([one], part.agents, lambda _: self.check()) for one in scenarios]
                totals = {
                    name: {figure: np.concatenate([day[name][figure] for day in days]) for figure in days[0][name]}
                    for name in part.agents
                }
        labels = pd.DataFrame([dict(label) for label in self.study.labels[part.begin : part.end]])
        labels.insert(0, "world", range(part.begin, part.end))
        tables = [pd.concat([labels, pd.DataFrame({"agent": name, **totals[name]})], axis=1) for name in part.agents]
        return pd.concat(tables, ignore_index=True)


def watched(agent: Agent, check: Callable[[], object]) -> Agent:
    """The agent, calling `check` each time it is asked, and before each World it prepares for; raising ends the run."""
    act, prepare = agent.act, agent.prepare

    def watched_act(view: FleetView) -> Floats:
        check()
        return act(view)

    agent.act = watched_act  # type: ignore[method-assign]
    agent.prepare = lambda worlds: prepare(_Watched(worlds, check))  # type: ignore[method-assign]
    return agent


class _Watched(list[World]):
    """Worlds that call `check` before each is taken up: an optimum may take a second, and there may be many."""

    def __init__(self, worlds: Sequence[World], check: Callable[[], object]) -> None:
        super().__init__(worlds)
        self.check = check

    def __iter__(self) -> Iterator[World]:
        for world in super().__iter__():
            self.check()
            yield world


def _parts(study: Study) -> Iterator[_Part]:
    """Quick agents first, all scenarios; then the optimum; then agents that plan at every step, run by run."""
    n, ports = len(study.scenarios), study.scenarios[0].n_ports
    slow = [name for name in study.agents if AGENTS[name].plans_every_step]
    quick = tuple(name for name in study.agents if name not in slow and AGENTS[name].family != "optimiser")
    planned = tuple(name for name in study.agents if name not in slow and AGENTS[name].family == "optimiser")
    size = max(1, min(32, 800 // ports))
    yield from _cut(n, quick, first=4, size=size)
    yield from _cut(n, planned, first=2, size=min(8, size))
    for name in slow:
        yield from _cut(n, (name,), first=1, size=1)


def _cut(n: int, agents: tuple[str, ...], *, first: int, size: int) -> Iterator[_Part]:
    """Small at first, so that there is something to see."""
    begin = 0
    while agents and begin < n:
        end = min(n, begin + (min(first, size) if begin == 0 else size))
        yield _Part(begin, end, agents)
        begin = end


class Desk:
    """Hands out jobs: equal studies share one. Keeps the latest `JOBS_KEPT` with their results.

    Parameters
    ----------
    outside : Outside, optional
        Takes what cannot be stopped between two steps; without it all runs in threads.
    """

    def __init__(self, outside: Outside | None = None) -> None:
        self._outside = outside
        self._places = _Places()
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def job(self, study: Study) -> Job:
        """The job of this study, new or known; it starts when it is watched."""
        with self._lock:
            job = self._jobs.pop(study.key, None) or Job(study, self._places, self._outside)
            self._jobs[study.key] = job
            for key in list(self._jobs)[:-JOBS_KEPT]:
                self._jobs.pop(key).stop()
        return job
