"""What answers before the app: compressed files and addresses of several levels."""

from __future__ import annotations

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pages.ui.serving import Serving

FILE = b"export const plan = [0, 1, 2]\n" * 400
LONG = b"public, immutable, max-age=31536000"


class App:
    """Stands for Streamlit: counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.left_after: int | None = None
        """The browser leaves after so many parts of the body."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        self.asked.append(path)
        kind = b"application/javascript" if path.endswith(".js") else b"font/woff2"
        headers = [(b"content-type", kind), (b"cache-control", LONG), (b"content-length", str(len(FILE)).encode())]
        headers.append((b"etag", b'"abc"'))
        await send({"type": "http.response.start", "status": 404 if "missing" in path else 200, "headers": headers})
        parts = [{"body": FILE[:100], "more_body": True}, {"body": FILE[100:]}]
        for part in parts[: self.left_after]:
            await send({"type": "http.response.body", **part})


def get(app: Serving, path: str, query: str = "", **headers: str) -> Any:
    """Status, headers and body of an answer; None where there is none."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": raw}
    # In a thread of its own: a browser's driver may have left a loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(app(scope, None, send))).result()
    if not sent:
        return None
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("base", ["", "v2g", "/lab/v2g/"])
def test_a_file_is_compressed_once_and_says_so(base):
    streamlit = App()
    app, path = Serving(streamlit, base), f"/{base.strip('/')}/static/js/index.abc.js".replace("//", "/")
    for _ in range(2):
        status, headers, body = get(app, path, accept_encoding="gzip, br")
        assert (status, headers["content-encoding"], headers["vary"]) == (200, "gzip", "Accept-Encoding")
        assert headers["cache-control"] == LONG.decode()
        assert int(headers["content-length"]) == len(body) < len(FILE) / 4
        assert gzip.decompress(body) == FILE
    assert streamlit.asked == [path]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/static/js/index.abc.js", {}),
        ("/static/js/index.abc.js", {"accept_encoding": "gzip", "range": "bytes=0-9"}),
        ("/static/media/font.woff2", {"accept_encoding": "gzip"}),
        ("/static/js/missing.js", {"accept_encoding": "gzip"}),
        ("/_stcore/health", {"accept_encoding": "gzip", "accept": "text/html"}),
        ("/media/some/file.csv", {"accept": "text/html"}),
        ("/compare", {"accept": "text/html"}),
        ("/", {"accept": "text/html"}),
    ],
)
def test_all_else_is_as_streamlit_sends_it(path, headers):
    _, answered, body = get(Serving(App()), path, **headers)
    assert body == FILE
    assert "content-encoding" not in answered


@pytest.mark.parametrize("base", ["", "v2g"])
def test_an_address_of_several_levels_becomes_one_of_a_single_level(base):
    front = f"/{base}".rstrip("/")
    status, headers, _ = get(Serving(App(), base), f"{front}/compare/at/all", "lang=ko", accept="text/html,*/*")
    assert (status, headers["location"]) == (307, f"{front}/compare.at.all?lang=ko")


@pytest.mark.parametrize("left_after", [0, 1])
def test_what_a_browser_left_in_the_middle_of_is_whole_for_the_next(left_after):
    streamlit = App()
    app = Serving(streamlit)
    streamlit.left_after = left_after
    assert get(app, "/static/js/index.abc.js", accept_encoding="gzip") is None
    streamlit.left_after = None
    for _ in range(2):
        _, _, body = get(app, "/static/js/index.abc.js", accept_encoding="gzip")
        assert gzip.decompress(body) == FILE
    assert len(streamlit.asked) == 2


def test_compressed_bytes_are_told_from_the_others():
    app = Serving(App())
    _, plain, _ = get(app, "/static/js/index.abc.js")
    _, small, _ = get(app, "/static/js/index.abc.js", accept_encoding="gzip")
    assert (plain["etag"], small["etag"]) == ('"abc"', '"abc-gzip"')


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example/x", "///evil.example//x"])
def test_no_address_leads_to_another_host(path):
    status, headers, _ = get(Serving(App()), path, accept="text/html")
    assert status == 307
    assert headers["location"].startswith("/")
    assert headers["location"][1] not in "/\\"
    assert not set("\r\n\\") & set(headers["location"])
