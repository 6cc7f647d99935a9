"""A process that computes what takes long, one order after the other, and can be ended at any moment.

`core.studies.outside` starts it and speaks to it. Orders come as one line of JSON each, answers go out as one line of
JSON, followed by arrays where it says so: nothing is unpickled on either side. It ends with its parent: when its input
ends.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import queue
import resource
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np

from core.accounts.trace import Trace
from core.errors import EnerV2GizeError, quoted
from core.memory import give_back

STOP = "stop"
"""Line that ends the present order between two steps."""

NICE = 5
"""How far it stands back behind the server, whose pages somebody is looking at."""


class _StoppedError(Exception):
    """The present order is not wanted any more."""


# --- arrays on their way ---------------------------------------------------------------------------------------------
def packed(arrays: Mapping[str, Any], words: Mapping[str, Any]) -> bytes:
    """Arrays and what JSON can say, as one NPZ."""
    data = io.BytesIO()
    np.savez(data, words=np.array(json.dumps(words)), **arrays)
    return data.getvalue()


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `packed` was given; arrays are read-only."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if name != "words"}
        words = json.loads(str(file["words"]))
    for values in arrays.values():
        values.setflags(write=False)
    return arrays, words


def pack_trace(trace: Trace) -> bytes:
    """A trace as bytes."""
    fields = {field.name: getattr(trace, field.name) for field in dataclasses.fields(trace)}
    arrays = {name: value for name, value in fields.items() if isinstance(value, np.ndarray)}
    return packed(arrays, {name: value for name, value in fields.items() if name not in arrays})


def unpack_trace(data: bytes) -> Trace:
    """The trace again."""
    arrays, words = unpacked(data)
    return Trace(**arrays, **words)


def pack_totals(totals: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Totals by agent and figure as bytes."""
    names = {agent: list(figures) for agent, figures in totals.items()}
    arrays = {f"{i}_{j}": totals[a][f] for i, a in enumerate(names) for j, f in enumerate(names[a])}
    return packed(arrays, {"names": names})


def unpack_totals(data: bytes) -> dict[str, dict[str, Any]]:
    """The totals again."""
    arrays, words = unpacked(data)
    names = words["names"]
    return {a: {f: arrays[f"{i}_{j}"] for j, f in enumerate(names[a])} for i, a in enumerate(names)}


# --- the process -----------------------------------------------------------------------------------------------------
def answer(order: Mapping[str, Any], share: Callable[[float], object]) -> bytes:
    """Compute one order.

    Parameters
    ----------
    order : mapping
        `kind` ("trace" or "totals"), `agents`, and `scenarios` as JSON texts.
    share : callable
        Called with the share that is done, before each step; what it raises ends the work.
    """
    from core.agents.registry import make_agent
    from core.scenario import Scenario
    from core.studies.job import watched
    from core.world import build_world

    worlds = [build_world(Scenario.from_json(text)) for text in order["scenarios"]]
    asked = 0
    steps = sum(world.n_steps for world in worlds) * len(order["agents"])

    def check() -> None:
        nonlocal asked
        asked += 1
        share(min(1.0, asked / steps))

    agents = [watched(make_agent(name), check) for name in order["agents"]]
    if order["kind"] == "trace":
        from core.engines import ev2gym

        return pack_trace(ev2gym.simulate(worlds[0], agents[0]))
    from core.engines.batch import totals_by_agent

    return pack_totals(totals_by_agent(worlds, agents))


def main() -> None:
    """Answer orders until the input ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not disturb the answers
    with contextlib.suppress(OSError):
        os.nice(NICE)
    give_back()
    orders: queue.Queue[dict[str, Any]] = queue.Queue()
    stop = threading.Event()

    def listen() -> None:
        for line in sys.stdin.buffer:
            said = json.loads(line)
            if said == STOP:
                stop.set()
            else:
                orders.put(said)
        os._exit(0)  # nobody is left to answer, wherever the work is

    threading.Thread(target=listen, daemon=True).start()
    while True:
        order = orders.get()
        stop.clear()
        said = -1

        def share(done: float) -> None:
            nonlocal said
            if stop.is_set():
                raise _StoppedError
            if int(100 * done) > said:
                said = int(100 * done)
                _say(out, {"share": done})

        try:
            data = answer(order, share)
        except _StoppedError:
            _say(out, {"error": "the run was stopped", "kind": ""} | _peak())
        except EnerV2GizeError as error:
            _say(out, {"error": str(error), "kind": type(error).__name__} | _peak())
        except Exception as error:  # shown by whoever waits for it
            _say(out, {"error": f"{type(error).__name__}: {quoted(str(error), 200)}", "kind": ""} | _peak())
        else:
            _say(out, {"bytes": len(data)} | _peak(), data)


def _peak() -> dict[str, float]:
    """The most memory that this process ever held [MB]; Linux counts in kB, others in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peak_mb": most / (2**10 if sys.platform == "linux" else 2**20)}


def _say(out: BinaryIO, words: Mapping[str, Any], data: bytes = b"") -> None:
    out.write(json.dumps(words).encode() + b"\n" + data)
    out.flush()


if __name__ == "__main__":
    main()
