"""What a figure function returns: a specification, its data in columns, and the words around it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.figures.style import Style, config

WIDTH_PX = 720
"""Width of a figure in files; on a page it is as wide as its place."""

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """A Vega-Lite figure.

    Data stay outside the specification, in named Arrow tables: they travel in columns, and a page can exchange them
    without drawing the figure anew.
    """

    title: str
    """The finding, computed from the run."""
    subtitle: str
    """How to read the figure: what marks and colours mean."""
    alt: str
    """Text for readers who do not see it."""
    spec: dict[str, Any]
    """Vega-Lite; data sources are names of `data`."""
    data: Mapping[str, pa.Table]
    hint: str = ""
    """What a reader can do with it on a page: not true of a file."""

    def waiting(self, words: str) -> Figure:
        """The same picture under words that claim nothing: what it shows is not complete yet."""
        return replace(self, title=words, alt=self.alt.replace(self.title, words))

    def arrow(self) -> dict[str, bytes]:
        """Each table as an Arrow stream."""
        out = {}
        for name, table in self.data.items():
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
            out[name] = sink.getvalue().to_pybytes()
        return out

    def to_vega_lite(
        self, *, heading: bool = True, width_px: int | None = WIDTH_PX, background: str | None = None
    ) -> dict[str, Any]:
        """One self-contained Vega-Lite specification for files and viewers: its data are in it, and its `heading`.

        Without `width_px` it stays as wide as its place.
        """
        datasets = {name: _rows(table) for name, table in self.data.items()}
        out = {**self.spec, "description": self.alt, "datasets": datasets}
        if heading and width_px is not None:
            out["title"] = {
                "text": wrapped(self.title, width_px // 8), "subtitle": wrapped(self.subtitle, width_px // 6)
            }  # fmt: skip
        if background is not None:
            out["background"] = background
        if width_px is not None and self.spec.get("width") == "container":
            out["width"] = width_px
        return out


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    """A table as JSON can hold it: what is not a number is nothing there."""
    return [
        {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()}
        for row in table.to_pylist()
    ]


def wrapped(text: str, most: int) -> list[str]:
    """Lines of at most `most` letters, broken between words; a Korean letter is as wide as two of others."""
    lines, width = [""], 0
    for word in text.split():
        size = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in word)
        if lines[-1] and width + 1 + size > most:
            lines.append("")
            width = -1
        lines[-1] = f"{lines[-1]} {word}".strip()
        width += 1 + size
    return lines


def table(**columns: Any) -> pa.Table:
    """An Arrow table whose numbers are 32-bit integers or 64-bit floats, which is what browsers read as numbers."""
    arrays = {}
    for name, values in columns.items():
        array = np.asarray(values)
        if array.dtype.kind == "M":
            array = milliseconds(array)
        elif array.dtype.kind in "iu":
            array = array.astype(np.int32)
        elif array.dtype.kind == "b":
            array = array.astype(np.int8)
        arrays[name] = pa.array(array.tolist(), pa.string()) if array.dtype.kind in "UO" else pa.array(array)
    return pa.table(arrays)


def milliseconds(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Local wall-clock times as Unix milliseconds of the same digits in UTC; figures use UTC scales to show them."""
    out: NDArray[np.float64] = times.astype("datetime64[ms]").astype(np.int64).astype(np.float64)
    return out


def specification(style: Style, height: int, layers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A layered view as wide as its container, `height` pixels high, y scales kept apart."""
    return {
        "$schema": SCHEMA,
        "width": "container",
        "height": height,
        "background": None,
        "padding": {"left": 2, "right": 6, "top": 6, "bottom": 2},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": config(style),
        "layer": layers,
        **more,
    }
