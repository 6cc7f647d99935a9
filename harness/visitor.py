"""A visitor without a browser: one websocket session that opens pages, moves sliders and reads what is shown."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from core.scenario import Scenario

_GROUP: dict[str, str] = {row["name"]: row["group"] for row in Scenario.fields()}

WAIT_S = 180.0
"""So long a visitor waits for a page."""


@dataclass(slots=True)
class Shown:
    """What one run of a page sent."""

    seconds: float = 0.0
    metrics: dict[str, str] = field(default_factory=dict)
    """By label, as last shown."""
    headings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Exceptions and errors."""
    data_bytes: int = 0


class Visitor:
    """One session. Use it as a context manager, or `close` it.

    Parameters
    ----------
    address : str
        Of the app, without a slash at its end.
    """

    def __init__(self, address: str) -> None:
        self._stack, self._address = ExitStack(), address
        self._socket = self._stack.enter_context(
            connect(
                address.replace("http", "ws", 1) + "/_stcore/stream",
                subprotocols=[Subprotocol("streamlit")],
                max_size=None,
                origin=Origin(address),
            )
        )
        self._widgets: dict[str, tuple[str, str]] = {}
        self._groups: dict[str, str] = {}
        self._files: dict[str, str] = {}
        self._said: dict[str, WidgetState] = {}
        self._pages: dict[str, str] = {}
        self._query = self._page = self._session = ""

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self._stack.close()

    def begin(self, page: str = "", **query: object) -> None:
        """Ask for a page by its address, and do not wait for it."""
        self._query = urlencode(query)
        self._send(ClientState(query_string=self._query, page_name=page))

    def open(self, page: str = "", **query: object) -> Shown:
        """A page by its address; only a session's first."""
        self.begin(page, **query)
        return self.wait()

    def move(self, values: Mapping[str, Any], page: str | None = None) -> Shown:
        """Move sliders and set numbers, by the fields' names, and go to another page where one is named.

        A group of the sidebar that is folded is opened before, which is not counted.
        """
        folded = {_GROUP[name] for name in values if f"field.{name}" not in self._widgets}
        if folded:
            state = ClientState(query_string=self._query, page_script_hash=self._page)
            for group in folded:
                one = self._groups[f"group.{group}"]
                self._said[one] = WidgetState(id=one, bool_value=True)
            self._send(state)
            self.wait()
        state = ClientState(query_string=self._query)
        state.page_script_hash = self._page if page is None else self._pages[page]
        for name, value in values.items():
            kind, widget = self._widgets[f"field.{name}"]
            entry = self._said[widget] = WidgetState(id=widget)
            if kind == "slider":
                entry.double_array_value.data.append(float(value))
            else:
                entry.double_value = float(value)
        self._send(state)
        return self.wait()

    def wait(self) -> Shown:
        """What comes until nothing is being computed. Raises `TimeoutError` after `WAIT_S`."""
        shown, began = Shown(), time.monotonic()
        while True:
            data = self._socket.recv(timeout=max(0.0, began + WAIT_S - time.monotonic()))
            assert isinstance(data, bytes)
            message = ForwardMsg.FromString(data)
            shown.data_bytes += len(data)
            match message.WhichOneof("type"):
                case "navigation":
                    self._pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
                case "new_session":
                    self._page = message.new_session.page_script_hash
                    self._session = message.new_session.initialize.session_id
                    shown.headings.clear()
                case "delta":
                    self._read(message, shown)
                case "script_finished" if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    shown.seconds = time.monotonic() - began
                    return shown

    def take(self, name: str) -> bytes:
        """A file of the page's downloads, by the name of its button: the menu is opened, the file made and fetched."""
        with urllib.request.urlopen(self.have_made(name), timeout=WAIT_S) as file:
            return bytes(file.read())

    def have_made(self, name: str) -> str:
        """Have such a file made: where it lies."""
        menu = self._groups["downloads.open"]
        state = ClientState(query_string=self._query, page_script_hash=self._page)
        self._said[menu] = WidgetState(id=menu, bool_value=True)
        self._send(state)
        self.wait()
        asked = BackMsg()
        asked.backend_operation_request.request_id = name
        asked.backend_operation_request.session_id = self._session
        asked.backend_operation_request.deferred_file.file_id = self._files[f"get.{name}"]
        self._socket.send(asked.SerializeToString())
        while True:
            message = ForwardMsg.FromString(self._socket.recv(timeout=WAIT_S))
            if message.WhichOneof("type") == "backend_operation_response":
                break
        answer = message.backend_operation_response
        if answer.error_msg:
            raise OSError(answer.error_msg)
        self._said[menu] = WidgetState(id=menu, bool_value=False)  # closed again
        return f"{self._address}{answer.deferred_file.url}"

    def first_chart(self) -> float:
        """Seconds until a chart is there; what a page asks a browser to look at again and again is looked at."""
        began, again, every_s = time.monotonic(), "", 1.0
        while time.monotonic() < began + WAIT_S:
            try:
                message = ForwardMsg.FromString(self._socket.recv(timeout=every_s))
            except TimeoutError:
                if again:
                    self._send(ClientState(query_string=self._query, fragment_id=again, is_auto_rerun=True))
                continue
            kind = message.WhichOneof("type")
            if kind == "auto_rerun":
                again, every_s = message.auto_rerun.fragment_id, message.auto_rerun.interval
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "vega_lite_chart":
                return time.monotonic() - began
        raise TimeoutError("no chart was shown")

    def see(self, text: str) -> None:
        """Wait for a bar of progress that says a text."""
        while True:
            message = ForwardMsg.FromString(self._socket.recv(timeout=WAIT_S))
            if message.WhichOneof("type") == "delta" and text in message.delta.new_element.progress.text:
                return

    def _send(self, state: ClientState) -> None:
        state.widget_states.widgets.extend(self._said.values())  # all of them each time, as a browser does
        self._socket.send(BackMsg(rerun_script=state).SerializeToString())

    def _read(self, message: ForwardMsg, shown: Shown) -> None:
        if message.delta.WhichOneof("type") == "add_block":
            block = message.delta.add_block
            folded = block.expandable.id or block.popover.id
            if folded:
                self._groups[folded.rpartition("-")[2]] = folded
            return
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind in ("slider", "number_input"):
            widget = getattr(element, kind).id
            self._widgets[widget.rpartition("-")[2]] = kind, widget
        elif kind == "download_button":
            self._files[element.download_button.id.rpartition("-")[2]] = element.download_button.deferred_file_id
        elif kind == "metric":
            shown.metrics[element.metric.label] = element.metric.body
        elif kind == "heading":
            shown.headings.append(element.heading.body)
        elif kind == "exception":
            shown.problems.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            shown.problems.append(element.alert.body)
