"""Charts that answer in a file: Vega's own code and each chart's specification, as parts of one HTML page.

Nothing is fetched. What the page may run is one script, named by its hash in the page's policy; specifications are data
to it, and expressions in them are interpreted, so that no text of theirs ever becomes code.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from core.figures.figure import Figure
from core.reports import drawing

MANY_ROWS = 4000
"""With more rows than this a chart is drawn as one picture: so many marks would each be an element of the page."""


@cache
def script() -> Markup:
    """The one script of a page: Vega, Vega-Lite, vega-embed and `charts.js`, as vl-convert bundles them.

    Takes two seconds the first time in a process, and about 1 MB from then on.
    """
    bundle = drawing.bundle(Path(__file__).with_name("charts.js").read_text("utf-8"))
    # The one text that ends a script in HTML; in code it can only stand in strings and patterns.
    return Markup(bundle.replace("</script", r"<\/script"))


@cache
def script_hash() -> str:
    """How a page's policy names the script: ``sha256-…``."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()


def specification(figure: Figure, background: str) -> Markup:
    """A chart as JSON that can stand in a page's script element: as wide as its place, and without its heading."""
    spec = figure.to_vega_lite(heading=False, width_px=None, background=background)
    return htmlsafe_json_dumps(spec, dumps=_written)


def renderer(figure: Figure) -> str:
    """``svg`` while its marks are few enough to be elements of a page, ``canvas`` beyond."""
    return "canvas" if sum(table.num_rows for table in figure.data.values()) > MANY_ROWS else "svg"


def _written(value: object, **_: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
