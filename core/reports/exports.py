"""Files to take away: tables as CSV and Parquet, charts as SVG and PNG, and a page as one HTML report.

Nothing here touches the network: charts are drawn by vl-convert inside this process, and a report holds all that it
shows, so that it opens offline and years later.
"""

from __future__ import annotations

import base64
import io
import ipaddress
import platform
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from core.figures.figure import WIDTH_PX, Figure
from core.figures.sources import source_words
from core.figures.style import FONT, Style, number, shown_unit, times
from core.reports import drawing, interactive
from core.reports.result_csv import harmless
from core.scenario import GROUPS, Scenario
from core.tariffs import Source
from core.version import versions

PNG_SCALE = 2.0
"""Pixels of a PNG for one of the chart: sharp on today's screens and in print."""

MONEY = re.compile(r"(?<![a-z])eur(?=_per_|$)")
"""Part of a column's name that says that its values are euros."""

NUMBER = re.compile("[+−-]?[0-9][0-9,.]*( .{1,6}|원)?")


# --- tables -----------------------------------------------------------------------------------------------------------
def to_csv(table: pd.DataFrame) -> bytes:
    """CSV in UTF-8 with a byte-order mark, so that spreadsheets read Korean and units right; no zero is negative.

    Texts that a spreadsheet would run as a formula get an apostrophe in front (`core.reports.result_csv.harmless`).
    """
    floats = table.select_dtypes("float").columns
    plain = table.assign(**{name: table[name] + 0.0 for name in floats})
    for name in plain.columns.difference(plain.select_dtypes(["number", "bool", "datetime"]).columns):
        plain[name] = plain[name].map(_harmless)
    plain.columns = [_harmless(name) for name in plain.columns]
    return plain.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def _harmless(cell: Any) -> Any:
    return harmless(cell) if isinstance(cell, str) else cell


def to_parquet(table: pd.DataFrame) -> bytes:
    """Parquet bytes."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def in_currency(table: pd.DataFrame, style: Style) -> pd.DataFrame:
    """The same table in the currency shown: columns of euros, ``…_eur`` and ``…eur_per_…``, become ``…_krw`` in won."""
    if style.currency == "EUR":
        return table
    money = [name for name in table.columns if MONEY.search(str(name))]
    converted = table.assign(**{name: table[name] * style.rate for name in money})
    return converted.rename(columns={name: MONEY.sub(style.currency.lower(), str(name)) for name in money})


# --- charts -----------------------------------------------------------------------------------------------------------
def to_svg(figure: Figure, style: Style, *, heading: bool = True, width_px: int = WIDTH_PX) -> str:
    """The chart as SVG, with its finding above it where `heading` says so."""
    return drawing.svg(figure.to_vega_lite(heading=heading, width_px=width_px, background=style.colours.background))


def to_png(figure: Figure, style: Style) -> bytes:
    """The chart as PNG, with its finding above it."""
    return drawing.png(figure.to_vega_lite(background=style.colours.background), PNG_SCALE)


def zipped(figures: Mapping[str, Figure], kind: str, draw: Callable[[Figure], str | bytes]) -> bytes:
    """One archive with a file a figure, named and numbered in the order given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, figure) in enumerate(figures.items(), 1):
            archive.writestr(f"{number:02d}-{name}.{kind}", draw(figure))
    return buffer.getvalue()


# --- report -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report: figures of one kind, or a table, under a title of its own."""

    title: str = ""
    note: str = ""
    figures: Mapping[str, Figure] = field(default_factory=dict)
    columns: int = 1
    """Figures side by side."""
    table: pd.DataFrame | None = None
    """Cells as a reader sees them; columns are headings."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a page said and showed, and all that it takes to say it again.

    Parameters
    ----------
    page, language : str
        Title of the page; the language's code.
    context, headline : str
    sentences : sequence of str
    sections : sequence of Section
    scenario : Scenario
    agents : sequence of str
        Names from the registry.
    sources : sequence of Source
        Of the scenario's prices; their notices stand below the sentences.
    link : str
        Address that shows the page again; empty where it is not known. One that only this machine or its network can
        reach is not named: then the report says how to open its scenario in any other installation.
    """

    page: str
    language: str
    context: str
    headline: str
    sentences: Sequence[str]
    sections: Sequence[Section]
    scenario: Scenario
    agents: Sequence[str]
    sources: Sequence[Source]
    link: str = ""


def to_html(report: Report, style: Style) -> str:
    """The report as one HTML file: no script, no font, no picture from elsewhere.

    Charts are SVG inside it, and come alive where scripts run. `report.html.j2` says how it looks. Whatever is filled
    in there is escaped.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    rooms = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    label = style.text
    return rooms.get_template("report.html.j2").render(
        report=report, style=style, colour=style.colours, label=label, font=FONT, cells=_cells, picture=_picture,
        live=interactive, scenario_file=_scenario_file(report.scenario),
        rates=[
            label(f"tariffs.{notice.key}", **dict(notice.values))
            for notice in dict.fromkeys(source.notice for source in report.sources if source.notice)
        ],
        groups=_groups(report.scenario, style), sources=_sources(report, style), tables=_tables(report, style),
        public=is_public(report.link), behind=_behind(report.link),
    )  # fmt: skip


def is_public(link: str) -> bool:
    """Whether a link is a web address that others can open: of no scheme but the web's, and of a host in the open."""
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.rstrip(".") and not host.endswith((".local", ".localhost", ".internal", ".lan"))


def _behind(link: str) -> str:
    """What a link says behind its host, with which any installation shows the same; empty where it says nothing."""
    if not link.startswith(("http://", "https://")):
        return ""
    parts = urlsplit(link)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else ""


def _scenario_file(scenario: Scenario) -> str:
    """The scenario's file as an address that holds all of it."""
    return "data:application/json;base64," + base64.b64encode(scenario.to_json().encode()).decode()


def _picture(figure: Figure, style: Style, columns: int) -> str:
    """A chart as base64: as pictures, not in line, names inside one SVG (of clipping paths) never meet another's."""
    svg = to_svg(figure, style, heading=False, width_px=WIDTH_PX if columns > 1 else 1040)
    return base64.b64encode(svg.encode()).decode()


def _cells(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Headings and rows of a table, and which of its columns hold numbers."""
    rows = [[str(cell) for cell in row] for row in table.itertuples(index=False)]
    numeric = [all(NUMBER.fullmatch(row[i]) or row[i] in ("", "–") for row in rows) for i in range(table.shape[1])]
    return {"head": [str(name) for name in table.columns], "rows": rows, "numeric": numeric}


def _tables(report: Report, style: Style) -> dict[str, pd.DataFrame]:
    """Who decided, and what computed the figures."""
    label = style.text
    return {
        "agents": pd.DataFrame(
            {
                label("axis.agent"): [label(f"agents.{name}.name") for name in report.agents],
                label("report.what"): [label(f"agents.{name}.description") for name in report.agents],
            }
        ),
        "versions": pd.DataFrame(
            {
                label("table.name"): [*versions(), "python"],
                label("table.value"): [*versions().values(), platform.python_version()],
            }
        ),
    }


def _groups(scenario: Scenario, style: Style) -> list[pd.DataFrame]:
    """Every field that matters, a table a group."""
    label = style.text
    tables = []
    for group in GROUPS:
        rows = [row for row in Scenario.fields() if row["group"] == group and scenario.matters(row)]
        values = [field_value(row, getattr(scenario, row["name"]), style) for row in rows]
        titles = [label(f"fields.{row['name']}.title") for row in rows]
        tables.append(pd.DataFrame({label(f"groups.{group}"): titles, label("table.value"): values}))
    return tables


def _sources(report: Report, style: Style) -> list[str]:
    """Where the data come from."""
    label, scenario = style.text, report.scenario
    lines = [label("report.source_arrivals"), label("report.source_cars")]
    own_site = scenario.own_site.series if scenario.own_site else {}
    if scenario.load_share > 0 and "load" not in own_site:
        lines.append(label("report.source_load"))
    if scenario.pv_share > 0 and "pv" not in own_site:
        lines.append(label("report.source_pv"))
    lines += [label("own_data.source", what=label(f"own_data.role.{r}"), label=s.label) for r, s in own_site.items()]
    for source in report.sources:
        since = f" ({label('explore.in_effect', date=source.effective_from)})" if source.effective_from else ""
        title, note = source_words(source, label)
        lines.append(f"{title}{since}. {note}")
    return lines


def field_value(row: Mapping[str, object], value: object, style: Style) -> str:
    """A field's value as a reader sees it, with its unit; `row` is one of `Scenario.fields()`."""
    label = style.text
    if row["choices"]:
        return label(f"choices.{row['name']}.{value}")
    if isinstance(value, bool):
        return label("report.yes" if value else "report.no")
    if isinstance(value, float) and row["unit"] in ("SoC", "of limit"):
        share = f"{100 * value:g}\N{NO-BREAK SPACE}%"
        return (
            label("report.soc_value", share=share) if row["unit"] == "SoC" else label("report.limit_value", share=share)
        )
    if row["name"] == "seed":  # a name, not an amount
        return str(value)
    kind = str(row["unit"])
    unit = label(f"units.{shown_unit(kind, style)}")
    text = number(value * times(kind, style)) if isinstance(value, int | float) else str(value)
    return f"{text} {unit}".strip()
