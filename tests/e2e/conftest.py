"""A real server on a free port, and Debian's Chromium."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from harness.browser import CHROMIUM, is_installed, launch
from harness.server import running_app

PROBE = re.compile(r"/[a-z.]+/_stcore/(health|host-config)$")


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of a running app."""
    with running_app() as (address, _):
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not is_installed():
        say = pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip
        say(f"there is no Chromium at {CHROMIUM}")
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


class Visit:
    """Opens pages in contexts of their own and collects what their consoles complain about.

    Windows are so tall that a reader is near everything, unless another height is asked for.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser, self.address = browser, address
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def __call__(
        self, path: str = "/", *, width: int = 1280, height: int = 3000, locale: str = "en-US", scheme: str = "light"
    ) -> Page:
        context = self._browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, color_scheme=scheme, accept_downloads=True
        )
        context.set_default_timeout(30_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        page.goto(path if path.startswith(("http", "about:")) else self.address + path)
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        # On a deep link Streamlit's browser side looks for its server below the page's path first, then at the root.
        probing = "404" in message.text and PROBE.search(where) is not None
        if message.type == "error" and not probing:
            self.complaints.append(f"{message.text} ({where})")

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Visit]:
    """Open a page; the test fails if any console of its pages shows an error."""
    visits = Visit(browser, server)
    yield visits
    visits.close()
    assert visits.complaints == []
