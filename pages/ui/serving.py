"""What answers before the app does: Streamlit's own files compressed, and addresses of several levels made one."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse

from core.memory import give_back

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]

OURS = "static/"
"""Below this address lie Streamlit's own files, each named by its content."""

KINDS = ("javascript", "text/", "json", "svg")
"""Types of files that compressing makes smaller."""

NOT_PAGES = ("_stcore/", "app/", "component/", "media/", "oauth2callback", OURS)
"""Addresses of several levels that a server answers itself."""


def begin() -> list[Middleware]:
    """Make this process one that serves for long: what stands around its app."""
    give_back()
    return [Middleware(Serving, base=st.get_option("server.baseUrlPath"))]


class Serving:
    """ASGI middleware around the whole app.

    Streamlit sends its own files, nine tenths of a first visit, as they are, since compressing them anew for everybody
    would cost too much. Here each is compressed once a server and kept: 1.5 MB in all. An address of several levels,
    from which a browser would not find them, becomes one of a single level, of which the app says that it is no page.

    Parameters
    ----------
    app : ASGI application
    base : str
        Path that the app lies under, as ``server.baseUrlPath`` has it.
    """

    def __init__(self, app: Asgi, base: str = "") -> None:
        self._app = app
        self._base = f"/{base.strip('/')}/".replace("//", "/")
        self._kept: dict[str, tuple[Message, bytes]] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or scope["method"] != "GET" or not path.startswith(self._base):
            await self._app(scope, receive, send)
            return
        inner, headers = path.removeprefix(self._base), Headers(scope=scope)
        if inner.startswith(OURS) and "gzip" in headers.get("accept-encoding", "") and "range" not in headers:
            await self._compressed(path, scope, receive, send)
        elif "/" in inner.strip("/") and not inner.startswith(NOT_PAGES) and "html" in headers.get("accept", ""):
            query = scope.get("query_string", b"").decode("latin-1")
            page = f"{self._base}{inner.strip('/').replace('/', '.')}"
            await RedirectResponse(page + (f"?{query}" if query else ""))(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _compressed(self, path: str, scope: Message, receive: Receive, send: Send) -> None:
        if path not in self._kept:
            start: Message = {}
            body, whole = bytearray(), False

            async def keep(message: Message) -> None:
                nonlocal whole
                if message["type"] == "http.response.start":
                    start.update(message)
                elif message["type"] == "http.response.body":
                    body.extend(message.get("body", b""))
                    whole = not message.get("more_body", False)

            await self._app(scope, receive, keep)
            if not whole:  # the browser has gone, and Streamlit stopped reading the file
                return
            headers = MutableHeaders(raw=list(start["headers"]))
            worth = any(kind in headers.get("content-type", "") for kind in KINDS)
            if start["status"] != 200 or not worth or "immutable" not in headers.get("cache-control", ""):
                await send(start)
                await send({"type": "http.response.body", "body": bytes(body)})
                return
            small = await asyncio.to_thread(gzip.compress, bytes(body), 6)
            headers["content-encoding"], headers["content-length"] = "gzip", str(len(small))
            headers.add_vary_header("Accept-Encoding")
            del headers["accept-ranges"]
            if "etag" in headers:  # other bytes, which no part of the others goes with
                headers["etag"] = headers["etag"].removesuffix('"') + '-gzip"'
            self._kept[path] = ({**start, "headers": headers.raw}, small)
        begun, body_of_it = self._kept[path]
        await send(begun)
        await send({"type": "http.response.body", "body": body_of_it})
