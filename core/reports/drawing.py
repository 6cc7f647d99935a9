"""Charts drawn in a process of its own, which ends soon after the last one.

What draws them, vl-convert, is a browser's engine that takes 130 MB and keeps them for good: on a server that shows
charts for days and draws a file now and then, they would be most of what a visitor costs. Orders go in as one line of
JSON each, answers come out as one line of JSON and as many bytes as it says. The process ends with its parent: when
its input ends.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

PEN = Path(__file__).with_name("pen.py")

IDLE_S = 5.0
"""So long the process waits for another order."""

Kind = Literal["svg", "png", "bundle"]


def svg(spec: Mapping[str, Any]) -> str:
    """A Vega-Lite specification as SVG; raises `ValueError` where it cannot be drawn, or would fetch anything."""
    return _pen.draw("svg", spec).decode()


def png(spec: Mapping[str, Any], scale: float) -> bytes:
    """The same as PNG, with so many pixels for each of its own."""
    return _pen.draw("png", spec, scale)


def bundle(script: str) -> str:
    """A script for browsers with all of Vega that it imports."""
    try:
        return _pen.draw("bundle", script).decode()
    finally:
        _pen.put_down()  # it takes half as much memory again


class _Pen:
    """The process, started when it is needed; one order at a time, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._timer: threading.Timer | None = None
        self._orders = 0
        atexit.register(self.put_down)

    def draw(self, kind: Kind, what: Mapping[str, Any] | str, scale: float = 1.0) -> bytes:
        line = json.dumps({"kind": kind, "what": what, "scale": scale}, allow_nan=False).encode() + b"\n"
        with self._lock:
            self._orders += 1
            try:
                return self._answer(line)
            finally:
                self._timer = threading.Timer(IDLE_S, self._rest, (self._orders,))
                self._timer.daemon = True
                self._timer.start()

    def _answer(self, line: bytes) -> bytes:
        if self._timer is not None:
            self._timer.cancel()
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = subprocess.Popen([sys.executable, str(PEN)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        with suppress(BrokenPipeError):  # then nothing is said either
            stdin.write(line)
            stdin.flush()
        said = json.loads(stdout.readline() or '{"bytes": -1}')
        if "error" in said:
            raise ValueError(said["error"])
        data = stdout.read(max(0, said["bytes"]))
        if len(data) != said["bytes"]:
            self._end()
            raise ValueError("the process that draws charts was ended, perhaps for want of memory")
        return data

    def _rest(self, orders: int) -> None:
        """End the process where nothing was asked since."""
        with self._lock:
            if orders == self._orders:
                self._end()

    def put_down(self) -> None:
        """End the process now."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


_pen = _Pen()
