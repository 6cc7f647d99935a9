"""Data that a scenario carries: one immutable value that is text in files and links, and compares by its content.

To add a kind of data:

1. Subclass `Carried` with a `KIND` of its own (a few small letters), `pack` (the value as plain fields and arrays) and
   `unpack` (the reverse; it is given what anybody may have written, so it checks everything and raises `DataError`).
   Objects are immutable: arrays read-only, no setters. The sentences of its errors go into `core.data_in.words`.
2. Give `core.scenario.Scenario` a field ``own_KIND: OwnKind | None = None``. Nothing else in there names the kind:
   ``Scenario.carried`` finds every such field, keys hash it, JSON and links carry it.
3. What it means for a World stands in `core.world`.
4. `pages.parts.data.own` has the frame for an upload (what was found, confirm, use, drop) and `pages.ui.own_data` all
   that the session, the sidebar and links do with carried data; both go through ``Scenario.carried``, and ask the
   catalogues for ``own_data.kind.KIND``.

The text is ``KIND1.`` and base64 of the compressed content: a line of JSON and the arrays, as differences from one
whole number to the next, byte by byte. Its hash is that of the content before compression, so that it is the same
whatever compressed it.
Nothing in a text is executed; both its length and that of its content are limited before anything is read.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import json
import re
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from core.data_in.words import DataError

MOST_TEXT: Final = 400_000
"""Characters of carried data as text: three of them fit into a scenario file."""
MOST_CONTENT: Final = 4_000_000
"""Bytes of the content behind a text."""
MOST_HEAD: Final = 100_000
"""Bytes of the line of JSON."""
MOST_LINK: Final = 1500
"""Characters of carried data that a link still holds; of larger data it holds the hash alone."""

FILE: Final = "file:"
"""What a link says before the hash of data that it does not hold."""

_TYPES: Final[Mapping[str, np.dtype[Any]]] = {"i4": np.dtype("<i4"), "u1": np.dtype("u1")}


class Carried(ABC):
    """Data of one kind, immutable and equal to any with the same content."""

    KIND: ClassVar[str]
    """Name of the kind in texts."""

    @abstractmethod
    def pack(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Plain JSON values and one-dimensional arrays of int32 or uint8 that say everything."""

    @classmethod
    @abstractmethod
    def unpack(cls, head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `pack` gave back as an object.

        Raises
        ------
        DataError
            Where anything is not allowed. Whatever else goes wrong on missing or wrong values (`KeyError`, `TypeError`,
            `ValueError`) is taken as "cannot be read".
        """

    @abstractmethod
    def check(self, times_local: NDArray[np.datetime64]) -> None:
        """See that a run with these steps, [steps] datetime64[m], has all it needs. Raises `DataError`."""

    def has(self, times_local: NDArray[np.datetime64]) -> bool:
        """Whether `check` finds nothing wrong."""
        try:
            self.check(times_local)
        except DataError:
            return False
        return True

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """Local dates that the data are for; empty where they serve any date."""
        return ()

    # --- text --------------------------------------------------------------------------------------------------------
    @cached_property
    def content(self) -> bytes:
        """A line of JSON and the arrays."""
        head, arrays = self.pack()
        parts, sizes = [], []
        for name, array in arrays.items():
            code = "u1" if array.dtype == np.uint8 else "i4"
            sizes.append([name, code, int(array.size)])
            parts.append(_planes(_delta(array.astype(_TYPES[code]))))
        line = json.dumps(
            {"head": head, "arrays": sizes}, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
        )
        return line.encode() + b"\n" + b"".join(parts)

    @cached_property
    def text(self) -> str:
        """What files hold; letters, digits, ``-``, ``_`` and one dot."""
        packed = base64.urlsafe_b64encode(zlib.compress(self.content, 9)).decode().rstrip("=")
        return f"{self.KIND}1.{packed}"

    @cached_property
    def hash(self) -> str:
        """Stable name of the content, 16 hexadecimal digits."""
        return hashlib.sha256(self.KIND.encode() + b"\0" + self.content).hexdigest()[:16]

    def must_fit(self) -> Self:
        """Itself, where its text is short enough to be read back. Raises `DataError`."""
        if len(self.text) > MOST_TEXT:
            raise DataError("too_long", most=f"{MOST_TEXT:,}")
        return self

    @property
    def fits_link(self) -> bool:
        """Whether it is small enough for a link."""
        return len(self.text) <= MOST_LINK

    @property
    def link(self) -> str:
        """What a link holds: the text, or the hash of the file that it needs."""
        return self.text if self.fits_link else f"{FILE}{self.hash}"

    @classmethod
    def read_text(cls, text: str) -> Self:
        """Read what `text` gave. Raises `DataError`."""
        if needed(text):
            raise DataError("needs_file", hash=needed(text))
        if len(text) > MOST_TEXT:
            raise DataError("too_long", most=f"{MOST_TEXT:,}")
        head, dot, packed = text.partition(".")
        if not dot or head != f"{cls.KIND}1":
            raise DataError("not_carried", kind=cls.KIND)
        try:
            unzip = zlib.decompressobj()
            content = unzip.decompress(
                base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True), MOST_CONTENT + 1
            )
            if len(content) > MOST_CONTENT or not unzip.eof or unzip.unused_data:
                raise DataError("damaged")
            line, _, rest = content.partition(b"\n")
            if len(line) > MOST_HEAD:
                raise DataError("damaged")
            return cls.unpack(*_parts(json.loads(line), rest))
        except (binascii.Error, zlib.error, ValueError, KeyError, TypeError, RecursionError, OverflowError):
            raise DataError("damaged") from None

    # --- equality ----------------------------------------------------------------------------------------------------
    def __eq__(self, other: object) -> bool:
        return self is other or (type(other) is type(self) and self.hash == other.hash)

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.hash})"

    # --- as a field --------------------------------------------------------------------------------------------------
    @classmethod
    def _validate(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        try:
            if not isinstance(value, str):
                raise DataError("not_carried", kind=cls.KIND)
            return cls.read_text(value)
        except DataError as error:
            raise DataValueError(error) from None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(_text_of, when_used="json-unless-none"),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "format": "carried"}


class DataValueError(ValueError):
    """How a `DataError` travels through pydantic."""

    def __init__(self, problem: DataError) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


def needed(text: str) -> str:
    """The hash of the file that a link asks for in place of data; empty where the text is no such request."""
    match = re.fullmatch(r"file:([0-9a-f]{16})", text)
    return match.group(1) if match else ""


def _text_of(value: Carried) -> str:
    return value.text


def _delta(array: NDArray[Any]) -> NDArray[Any]:
    """Differences from one to the next, wrapping around: small numbers where values change little."""
    return np.diff(array, prepend=array.dtype.type(0)) if array.size else array


def _planes(array: NDArray[Any]) -> bytes:
    """All lowest bytes, then all next ones: what is alike stands together."""
    return np.ascontiguousarray(array.view(np.uint8).reshape(array.size, array.itemsize).T).tobytes()


def _parts(line: Mapping[str, Any], rest: bytes) -> tuple[Mapping[str, Any], dict[str, NDArray[Any]]]:
    arrays: dict[str, NDArray[Any]] = {}
    at = 0
    for name, code, size in line["arrays"]:
        kind = _TYPES[code]
        if not isinstance(name, str) or type(size) is not int or not 0 <= size <= MOST_CONTENT:
            raise ValueError("not a size")
        end = at + size * kind.itemsize
        if end > len(rest):
            raise ValueError("too short")
        planes = np.frombuffer(rest[at:end], dtype=np.uint8).reshape(kind.itemsize, size)
        arrays[name] = np.cumsum(np.ascontiguousarray(planes.T).view(kind).ravel(), dtype=kind)
        at = end
    if at != len(rest) or not isinstance(line["head"], dict):
        raise ValueError("too long")
    return line["head"], arrays
