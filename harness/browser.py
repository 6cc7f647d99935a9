"""Debian's Chromium, keeping to itself: for whatever drives the app in a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, Playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

WAITING = "[class*='st-key-near_']:not(:has(h2, h3, p, svg))"
"""Sections of a page that are still to be drawn, because nobody is near them or since somebody came."""


def is_installed() -> bool:
    """Whether there is one to launch."""
    return Path(CHROMIUM).exists()


def launch(playwright: Playwright) -> Browser:
    """A fresh browser; whoever launches it closes it."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))


def unfold(page: Page, group: str) -> None:
    """Open a group of the sidebar's fields, whose sliders are not there before."""
    page.locator(f".st-key-group-{group} details:not([open]) summary").click()
    page.locator(f".st-key-group-{group} [data-testid=stExpanderDetails] label").first.wait_for()


def weigh(session: CDPSession) -> Callable[[], float]:
    """Count what comes over the network from now on: HTTP bodies as compressed, and websocket frames [MB]."""
    got = [0.0]
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: got.append(event["encodedDataLength"]))
    session.on("Network.webSocketFrameReceived", lambda event: got.append(0.75 * len(event["response"]["payloadData"])))
    return lambda: sum(got) / 1e6
