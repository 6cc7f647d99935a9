"""Runs that take long, in processes of their own: whoever stops waiting for one ends it, wherever it is.

A solver call of a large site takes many seconds, and HiGHS cannot be asked to stop. In a process of its own it can be
ended, its memory goes back to the system, and the server's pages are not held up. Orders are shared by whoever asks
for the same, wait in one bounded queue, short ones before long ones, and are dropped as soon as nobody waits for them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from core.accounts.trace import Trace
from core.agents.registry import AGENTS
from core.errors import BusyError, EnerV2GizeError, SolverError, TooLargeError
from core.memory import free_mb
from core.paths import ROOT
from core.scenario import Scenario
from core.studies.worker import STOP, unpack_totals, unpack_trace
from core.world import World

PLACES = 2
"""Processes at the same time; the last one is for short orders."""

SHORT_S = 6.0
"""Orders that are expected to take less are short."""

MOST_WAITING = 24
"""Orders that wait for a process; more are refused."""

STOP_S = 0.7
"""So long an order may take to end by itself before its process is ended."""

IDLE_S = 20.0
"""So long a process waits for another order."""

MOST_MB = 400
"""A process that ever held more memory does not wait: what it holds goes back to the system with it."""

LOOK_S = 0.05
"""Time between two looks of somebody who waits."""

CELLS_INSIDE = 7_000
"""Ports times steps up to which an agent's longest step is so short that it may run inside the server."""

BASE_MB, MB_PER_CELL = 180.0, 0.002
"""Memory of a process that computes nothing yet, and what a port takes for each step (measured: 490 MB for 153,600)."""

CELLS_PER_S = {False: 20_000.0, True: 2_000.0}
"""Ports times steps that a plan of the whole day, and one anew at every step, take a second (measured on two cores)."""

BOTH_PAY_S = 8.0
"""More or less what a day takes on which charging and discharging at once would pay."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What somebody who waits is told."""

    share: float
    """Of the work that is done."""
    ahead: int
    """Orders before this one; 0 once it is being computed."""
    seconds: float
    """More or less, until it is this one's turn."""


@dataclass(eq=False, slots=True)
class _Order:
    key: str
    line: bytes
    read: Callable[[bytes], Any]
    expected_s: float
    needed_mb: float
    turn: float
    """When it came plus what it takes: who is short goes before who is long, until that one has waited as long."""
    watchers: int = 0
    share: float = 0.0
    began: float = 0.0
    done: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: Exception | None = None
    worker: _Worker | None = None


def is_heavy(world: World, agent: str) -> bool:
    """Whether a single step of this agent on this day may take longer than anybody should wait for it to stop."""
    if AGENTS[agent].family != "optimiser":
        return False
    return _cells(world.scenario) > CELLS_INSIDE or (not AGENTS[agent].plans_every_step and _both_pay(world))


def _cells(scenario: Scenario) -> int:
    return scenario.n_ports * scenario.n_steps


def _both_pay(world: World) -> bool:
    from core.accounts.objective import Objective
    from core.agents.optimum.problem import Values

    return bool(Values.of(Objective.of(world)).both_pay.any())


def expected_s(scenarios: Sequence[Scenario], agents: Sequence[str], both_pay: bool = False) -> float:
    """More or less what an order takes."""
    return sum(
        _cells(scenario) / CELLS_PER_S[AGENTS[agent].plans_every_step]
        + BOTH_PAY_S * (both_pay and not AGENTS[agent].plans_every_step)
        for scenario in scenarios
        for agent in agents
    )


class Outside:
    """The queue and its processes. Safe to use from any thread."""

    def __init__(self, places: int = PLACES) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._orders: dict[str, _Order] = {}
        """Those that somebody waits for, by what they ask."""
        self._at_work: list[_Order] = []
        """Those that are being computed, or are about to end because nobody waits any more."""
        self._idle: list[_Worker] = []

    def trace(self, world: World, agent: str, check: Callable[[Waiting], object]) -> Trace:
        """One agent's run of one day.

        Parameters
        ----------
        world : World
        agent : str
        check : callable
            Called many times a second with how far it is; what it raises ends the waiting, and the run where nobody
            else waits for it.

        Raises
        ------
        BusyError
            Where too many wait already; `TooLargeError` where there is not the memory for it.
        EnerV2GizeError
            What the run raises, and where its process was ended from outside.
        """
        scenario = world.scenario
        seconds = expected_s([scenario], [agent], _both_pay(world))
        found: Trace = self._ask("trace", [scenario], [agent], unpack_trace, seconds, check)
        return found

    def totals(
        self, scenarios: Sequence[Scenario], agents: Sequence[str], check: Callable[[Waiting], object]
    ) -> dict[str, dict[str, Any]]:
        """What `core.engines.batch.totals_by_agent` gives for these days; raises as `trace` does."""
        seconds = expected_s(scenarios, agents)
        found: dict[str, dict[str, Any]] = self._ask("totals", scenarios, agents, unpack_totals, seconds, check)
        return found

    def close(self) -> None:
        """End every process."""
        with self._lock:
            workers = [*self._idle, *(order.worker for order in self._at_work if order.worker)]
            self._idle.clear()
        for worker in workers:
            worker.kill()

    @property
    def busy(self) -> int:
        """Orders that wait or are being computed."""
        with self._lock:
            return len({*self._orders.values(), *self._at_work})

    def _ask(
        self,
        kind: str,
        scenarios: Sequence[Scenario],
        agents: Sequence[str],
        read: Callable[[bytes], Any],
        seconds: float,
        check: Callable[[Waiting], object],
    ) -> Any:
        asked = {"kind": kind, "agents": list(agents), "scenarios": [scenario.to_json() for scenario in scenarios]}
        line = json.dumps(asked).encode() + b"\n"
        with self._lock:
            order = self._orders.get(line.decode())
            if order is None:
                waiting = sum(one.worker is None for one in self._orders.values())
                if waiting >= MOST_WAITING:
                    raise BusyError("too many visitors wait for long runs; try again in a minute, or a smaller site")
                needed_mb = BASE_MB + MB_PER_CELL * max(_cells(scenario) for scenario in scenarios)
                if needed_mb > (left_mb := free_mb()):
                    raise TooLargeError(needed_mb, max(0.0, left_mb))
                order = _Order(line.decode(), line, read, seconds, needed_mb, time.monotonic() + seconds)
                self._orders[order.key] = order
            order.watchers += 1
            self._hand_out()
        try:
            while not order.done.wait(LOOK_S):
                check(self._told(order))
        finally:
            with self._lock:
                order.watchers -= 1
                if not order.watchers and not order.done.is_set():
                    self._drop(order)
        if order.error is not None:
            raise order.error
        return order.result

    def _told(self, order: _Order) -> Waiting:
        with self._lock:
            if order.worker is not None:
                return Waiting(order.share, 0, 0.0)
            now = time.monotonic()
            before = [one for one in self._orders.values() if one.worker is None and one.turn < order.turn]
            left = [max(1.0, one.expected_s - (now - one.began)) for one in self._at_work if one.watchers]
            wait_s = min(left, default=0.0) + sum(one.expected_s for one in before)
            return Waiting(0.0, len(left) + len(before), wait_s)

    def _drop(self, order: _Order) -> None:
        """Forget an order that nobody waits for, and end it where it is being computed."""
        self._orders.pop(order.key, None)
        if order.worker is not None:
            order.worker.stop_soon()
        else:
            self._hand_out()

    def _hand_out(self) -> None:
        """Give waiting orders to free places, those whose turn it is first."""
        for order in sorted((o for o in self._orders.values() if o.worker is None), key=lambda order: order.turn):
            if len(self._at_work) >= self._places:
                return
            if not self._idle and not all(one.watchers for one in self._at_work):
                return  # a process is about to be free
            long = sum(one.expected_s > SHORT_S for one in self._at_work)
            if order.expected_s > SHORT_S and long and long >= self._places - 1:
                continue
            if self._at_work and order.needed_mb > free_mb() - sum(one.needed_mb for one in self._at_work):
                continue  # not beside the others
            order.worker = self._idle.pop() if self._idle else _Worker()
            order.worker.begin()
            order.began = time.monotonic()
            self._at_work.append(order)
            threading.Thread(target=self._serve, args=(order, order.worker), name="outside", daemon=True).start()

    def _serve(self, order: _Order, worker: _Worker) -> None:
        """Follow one order to its end."""

        def share(done: float) -> None:
            order.share = done

        try:
            order.result = order.read(worker.answer(order.line, share))
        except Exception as error:  # raised by whoever waits
            order.error = error
        with self._lock:
            self._at_work.remove(order)
            if self._orders.get(order.key) is order:
                del self._orders[order.key]
            keep = worker.usable and worker.peak_mb <= MOST_MB and not self._idle
            if keep:
                self._idle.append(worker)
                timer = threading.Timer(IDLE_S, self._let_go, (worker, worker.orders))
                timer.daemon = True
                timer.start()
            self._hand_out()
        order.done.set()
        if not keep:
            worker.kill()

    def _let_go(self, worker: _Worker, orders: int) -> None:
        """End a process that had nothing to do since."""
        with self._lock:
            idle = worker in self._idle and worker.orders == orders
            if idle:
                self._idle.remove(worker)
        if idle:
            worker.kill()


class _Worker:
    """One process of `core.studies.worker`."""

    def __init__(self) -> None:
        # One thread each: several would only take the server's processor.
        threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.studies.worker"],
            cwd=ROOT,
            env={**os.environ, **threads, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.orders = 0
        self.usable = True
        self.peak_mb = 0.0
        self._answering = False

    def begin(self) -> None:
        """It is given an order. Said before the order is sent, so that one dropped on the way is ended as well."""
        self.orders += 1
        self._answering = True

    def answer(self, line: bytes, share: Callable[[float], object]) -> bytes:
        """What it answers to the order that it was given."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(line)
            stdin.flush()
            while text := stdout.readline():
                said: Mapping[str, Any] = json.loads(text)
                if "share" in said:
                    share(float(said["share"]))
                    continue
                self.peak_mb = said["peak_mb"]
                if "bytes" in said:
                    data = stdout.read(int(said["bytes"]))
                    if len(data) == said["bytes"]:
                        return data
                    break
                raise _ERRORS.get(said["kind"], EnerV2GizeError)(said["error"])
        except (OSError, ValueError):  # ended in the middle of it
            pass
        finally:
            self._answering = False
        self.usable = False
        raise EnerV2GizeError("the process of a long run was ended, perhaps for want of memory; try a smaller site")

    def stop_soon(self) -> None:
        """Ask it to end its order between two steps, and end the process where that takes too long."""
        stdin, orders = self._process.stdin, self.orders
        assert stdin is not None
        with suppress(OSError, ValueError):
            stdin.write(json.dumps(STOP).encode() + b"\n")
            stdin.flush()
        timer = threading.Timer(STOP_S, self._end_order, (orders,))
        timer.daemon = True
        timer.start()

    def _end_order(self, orders: int) -> None:
        """End the process where it is still at this order; who reads its answer then lets it go."""
        if self._answering and self.orders == orders:
            self._process.kill()

    def kill(self) -> None:
        """End the process now."""
        self.usable = False
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


_ERRORS: Mapping[str, type[EnerV2GizeError]] = {"SolverError": SolverError}
"""Errors that pages tell from others."""
