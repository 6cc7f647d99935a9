"""Take the README's screenshots from the running app: ``make screenshots``.

Starts the real server on a free port, opens each page in Debian's Chromium and writes PNG files beside
this script.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# File name, page path and height of the window in pixels. Streamlit scrolls inside the window, so it has to
# hold the whole page.
SHOTS = [("explore", "/", 1500)]
WIDTH_PX = 1280
START_TIMEOUT_S = 60
DRAW_TIMEOUT_S = 60

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(server: subprocess.Popen[bytes], url: str) -> None:
    """Return once the server answers its health check."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    sys.exit("The server did not start; run `make app` to see why.")


@contextmanager
def running_app() -> Iterator[str]:
    """Run the app while the context lasts and give its address."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    options = [
        "--server.port",
        str(port),
        "--server.headless",
        "true",
        "--browser.serverAddress",
        "localhost",
    ]
    server = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        url = f"http://localhost:{port}"
        wait_until_healthy(server, url)
        yield url
    finally:
        server.terminate()
        server.wait()


def wait_until_drawn(page: Page) -> None:
    """Return once the script has run to its end and the charts stand still."""
    timeout = DRAW_TIMEOUT_S * 1000
    page.wait_for_selector('[data-testid="stVegaLiteChart"] :is(svg, canvas)', timeout=timeout)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=timeout)
    page.wait_for_selector('[data-testid="stSkeleton"]', state="detached", timeout=timeout)
    page.wait_for_timeout(1500)


def main() -> None:
    """Write one PNG for each entry of `SHOTS`."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("Screenshots need Chromium; on Debian: apt-get install chromium fonts-noto-cjk")
    with running_app() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        for name, path, height_px in SHOTS:
            page = browser.new_page(
                viewport={"width": WIDTH_PX, "height": height_px}, color_scheme="light", locale="en-GB"
            )
            page.goto(url + path)
            wait_until_drawn(page)
            page.screenshot(path=HERE / f"{name}.png")
            page.close()
            print(f"docs/screenshots/{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
