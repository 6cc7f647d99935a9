"""What the tests of pages share: opening a page without a browser, and what it shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.testing.v1 import AppTest

from pages.ui import i18n, jobs, near

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def _fresh_caches():
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture(scope="session", autouse=True)
def _everything_is_drawn():
    """Without a browser nobody comes near a section, and nothing is unfolded: all of it is drawn."""
    near.everything = True
    yield
    near.everything = False


@pytest.fixture(scope="session", autouse=True)
def _no_text_is_missing():
    """Pages show the key of a text that is missing: one error at the end names every one."""
    yield
    assert sorted(i18n.MISSING) == []


@pytest.fixture(scope="session")
def fine() -> Callable[[AppTest], AppTest]:
    """The app, which shows no exception."""

    def check(app: AppTest) -> AppTest:
        assert [x.value for x in app.exception] == []
        return app

    return check


@pytest.fixture(scope="session")
def open_at(fine) -> Callable[..., AppTest]:
    """Opens a page by its name, the rest of its address given as keywords."""

    def open_page(page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        return fine(app if page == "explore" else app.switch_page(f"pages/views/{page}.py").run())

    return open_page


@pytest.fixture
def open_page(open_at, request) -> Callable[..., AppTest]:
    """Opens the test module's `PAGE` for its `SMALL` address, or another; more of the address as keywords."""
    module = request.module
    return lambda page=module.PAGE, **query: open_at(page, **{**module.SMALL, **query})


@pytest.fixture
def made(monkeypatch) -> Callable[..., dict[str, bytes]]:
    """Collects files that pages would give, by name, as soon as they have buttons: all, or kinds as html, csv."""

    def collect(*kinds: str) -> dict[str, bytes]:
        files: dict[str, bytes] = {}

        def make(self, data_callable, mimetype, coordinates, file_name=None, **more):
            if not kinds or file_name.rpartition(".")[2] in kinds:
                data = data_callable()
                files[file_name] = data.encode() if isinstance(data, str) else data
            return file_name

        monkeypatch.setattr(MediaFileManager, "add_deferred", make)
        return files

    return collect


@pytest.fixture(scope="session")
def link() -> Callable[[AppTest], dict[str, str]]:
    """The app's address."""
    return lambda app: {
        name: value if isinstance(value, str) else value[-1] for name, value in app.query_params.items()
    }


@pytest.fixture(scope="session")
def finished(fine) -> Callable[[AppTest], AppTest]:
    """Watches the page's job to its end, then draws the page."""

    def follow(app: AppTest) -> AppTest:
        job = app.session_state[jobs.JOB]
        until = time.monotonic() + 60
        while not job.finished and time.monotonic() < until:
            job.watch()
            job.join(0.1)
        assert job.finished
        assert job.error is None
        return fine(app.run())

    return follow
