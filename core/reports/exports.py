"""Files to take away: tables as CSV and Parquet, charts as SVG and PNG, and a page as one HTML report.

Nothing here touches the network: charts are drawn by vl-convert inside this process, and a report holds all that it
shows, so that it opens offline and years later.
"""

from __future__ import annotations

import base64
import io
import platform
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import pandas as pd

from core.figures.figure import WIDTH_PX, Figure
from core.figures.sources import source_words
from core.figures.style import FONT, Style, number, shown_unit, times
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
    """CSV in UTF-8 with a byte-order mark, so that spreadsheets read Korean and units right; no zero is negative."""
    floats = table.select_dtypes("float").columns
    plain = table.assign(**{name: table[name] + 0.0 for name in floats})
    return plain.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


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
    import vl_convert

    spec = figure.to_vega_lite(heading=heading, width_px=width_px, background=style.colours.background)
    out: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return out


def to_png(figure: Figure, style: Style) -> bytes:
    """The chart as PNG, with its finding above it."""
    import vl_convert

    spec = figure.to_vega_lite(background=style.colours.background)
    out: bytes = vl_convert.vegalite_to_png(spec, scale=PNG_SCALE, allowed_base_urls=[])
    return out


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
        Address that shows the page again; empty where it is not known.
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
    """The report as one HTML file: no script, no font, no picture from elsewhere; charts are SVG inside it."""
    label = style.text
    lead = [f"<p class=note>{escape(report.context)}</p>" if report.context else ""]
    lead += [f"<p>{escape(sentence)}</p>" for sentence in report.sentences]
    lead += [
        f"<p class=rates>{escape(label(f'tariffs.{notice.key}', **dict(notice.values)))}</p>"
        for notice in dict.fromkeys(source.notice for source in report.sources if source.notice)
    ]
    parts = [
        *(_section(section, style) for section in report.sections),
        _scenario(report.scenario, style),
        _heading(label("report.agents")),
        _table(
            pd.DataFrame(
                {
                    label("axis.agent"): [label(f"agents.{name}.name") for name in report.agents],
                    label("report.what"): [label(f"agents.{name}.description") for name in report.agents],
                }
            )
        ),
        _provenance(report, style),
    ]
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{escape(report.language)}">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            # Says it to the browser, too: nothing may be fetched.
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
            "style-src 'unsafe-inline'\">",
            f"<title>EnerV2Gize: {escape(report.page)}</title>",
            f"<style>{_css(style)}</style></head>",
            f"<body><main><p class=note>EnerV2Gize · {escape(report.page)}</p>",
            f"<h1>{escape(report.headline)}</h1>",
            *lead,
            *parts,
            "</main></body></html>",
        ]
    )


def _css(style: Style) -> str:
    colour = style.colours
    return f"""
:root {{ color-scheme: {style.theme}; }}
body {{ margin: 0; background: {colour.background}; color: {colour.text}; font: 15px/1.5 {FONT}; }}
main {{ max-width: 1080px; margin: 0 auto; padding: 24px 20px 48px; }}
h1 {{ font-size: 1.5rem; line-height: 1.3; margin: 4px 0 12px; }}
h2 {{ font-size: 1.15rem; margin: 32px 0 4px; }}
h3 {{ font-size: 1rem; margin: 20px 0 0; }}
p {{ margin: 4px 0; }}
.note {{ color: {colour.muted}; font-size: 0.875rem; }}
.charts {{ display: grid; gap: 8px 24px; margin-top: 8px; }}
@media (min-width: 800px) {{ .two {{ grid-template-columns: 1fr 1fr; }} }}
figure {{ margin: 0; break-inside: avoid; }}
figure img {{ max-width: 100%; height: auto; }}
.wide {{ overflow-x: auto; }}
.groups {{ display: grid; gap: 0 32px; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); }}
table {{ border-collapse: collapse; margin: 8px 0; font-size: 0.875rem; }}
th, td {{ border-bottom: 1px solid {colour.line}; padding: 3px 14px 3px 0; text-align: left; vertical-align: top;
  word-break: keep-all; }}
th {{ color: {colour.muted}; font-weight: 600; }}
.n {{ text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }}
a {{ color: {colour.charge}; overflow-wrap: anywhere; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.8rem; }}
"""


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _section(section: Section, style: Style) -> str:
    parts = [_heading(section.title) if section.title else ""]
    if section.note:
        parts.append(f"<p class=note>{escape(section.note)}</p>")
    if section.figures:
        drawn = "\n".join(_figure(figure, style, section.columns) for figure in section.figures.values())
        parts.append(f'<div class="charts{" two" if section.columns > 1 else ""}">{drawn}</div>')
    if section.table is not None:
        parts.append(_table(section.table))
    return "\n".join(parts)


def _figure(figure: Figure, style: Style, columns: int) -> str:
    # As pictures, not in line: names inside one SVG (of clipping paths) then never meet those of another.
    svg = to_svg(figure, style, heading=False, width_px=WIDTH_PX if columns > 1 else 1040)
    data = base64.b64encode(svg.encode()).decode()
    note = f"<p class=note>{escape(figure.subtitle)}</p>" if figure.subtitle else ""
    picture = f'<img alt="{escape(figure.alt)}" src="data:image/svg+xml;base64,{data}">'
    return f"<figure><h3>{escape(figure.title)}</h3>{note}{picture}</figure>"


def _table(table: pd.DataFrame) -> str:
    rows = [[str(cell) for cell in row] for row in table.itertuples(index=False)]
    numeric = [all(NUMBER.fullmatch(row[i]) or row[i] in ("", "–") for row in rows) for i in range(table.shape[1])]

    def line(cells: Sequence[str], tag: str) -> str:
        inner = "".join(
            f"<{tag}{' class=n' if is_number else ''}>{escape(cell)}</{tag}>"
            for cell, is_number in zip(cells, numeric, strict=True)
        )
        return f"<tr>{inner}</tr>"

    head = line([str(name) for name in table.columns], "th")
    body = "".join(line(row, "td") for row in rows)
    return f"<div class=wide><table><thead>{head}</thead><tbody>{body}</tbody></table></div>"


def _scenario(scenario: Scenario, style: Style) -> str:
    """Every field that matters, by group, and the file that opens the scenario again."""
    label = style.text
    tables = []
    for group in GROUPS:
        rows = [row for row in Scenario.fields() if row["group"] == group and scenario.matters(row)]
        table = pd.DataFrame(
            {
                label(f"groups.{group}"): [label(f"fields.{row['name']}.title") for row in rows],
                label("table.value"): [field_value(row, getattr(scenario, row["name"]), style) for row in rows],
            }
        )
        tables.append(_table(table))
    return "\n".join(
        [
            _heading(f"{label('report.scenario')} {scenario.key}"),
            f"<div class=groups>{''.join(tables)}</div>",
            f"<details><summary>{escape(label('report.file'))}</summary>",
            f"<pre>{escape(scenario.to_json())}</pre></details>",
        ]
    )


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


def _provenance(report: Report, style: Style) -> str:
    """Where the data come from, what computed the figures, and where to see them again."""
    label, scenario = style.text, report.scenario
    lines = [label("report.source_arrivals"), label("report.source_cars")]
    if scenario.load_share > 0:
        lines.append(label("report.source_load"))
    if scenario.pv_share > 0:
        lines.append(label("report.source_pv"))
    for source in report.sources:
        since = f" ({label('explore.in_effect', date=source.effective_from)})" if source.effective_from else ""
        title, note = source_words(source, label)
        lines.append(f"{title}{since}. {note}")
    made = pd.DataFrame(
        {
            label("table.name"): [*versions(), "python"],
            label("table.value"): [*versions().values(), platform.python_version()],
        }
    )
    parts = [
        _heading(label("report.data")),
        "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>",
        _heading(label("report.versions")),
        _table(made),
    ]
    if report.link.startswith(("http://", "https://")):
        address = escape(report.link)
        parts.append(f'<p>{escape(label("report.link"))} <a href="{address}">{address}</a></p>')
    return "\n".join(parts)
