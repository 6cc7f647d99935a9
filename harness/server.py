"""The app as a server of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import EnerV2GizeError
from core.paths import ROOT

START_S = 60
"""So long a server may take until it answers."""


@contextmanager
def running_app(script: str = "streamlit_app.py", **environment: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The app on a free port of this machine, stopped at the end of the block.

    Parameters
    ----------
    script : str
        What Streamlit runs; the app itself.
    **environment : str
        What its process finds in its environment beside what this one has.

    Yields
    ------
    address : str
        Without a slash at its end.
    server : Popen
        Its process, once it answers.

    Raises
    ------
    EnerV2GizeError
        Where it does not answer within `START_S`.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless=true"]
    server = subprocess.Popen(
        [*command, f"--server.port={port}", "--server.address=127.0.0.1", "--browser.gatherUsageStats=false"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + START_S
        while True:
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                    break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise EnerV2GizeError("the app did not start") from None
                time.sleep(0.02)
        yield address, server
    finally:
        server.terminate()
        server.wait(timeout=20)
