"""Whatever is on screen or in a report, thousands stand apart: 59,146.3 and never 59146.3 beside it."""

from __future__ import annotations

import base64
import json
import re
import string
from collections.abc import Iterator
from html import unescape
from typing import Any

import pandas as pd
import pytest
from streamlit.proto.Metric_pb2 import Metric
from streamlit.testing.v1 import AppTest

from core.figures.style import Written
from core.reports.words import translate
from core.scenario import Scenario
from core.studies.run import simulate
from pages.ui import charts
from pages.ui.i18n import LANGUAGES, catalogue

BIG = {
    "stations": "16", "transformer_limit_kw": "1200", "intensity": "100", "krw_per_eur": "3000", "currency": "KRW",
    "unmet_price_eur_per_kwh": "9", "overload_price_eur_per_kwh": "9", "charger_current_a": "100",
    "charger_voltage_v": "600", "v2g_price_factor": "2", "seed": "12",
}  # fmt: skip
"""A site whose amounts have four digits and more, whatever they are counted in."""

PAGES: dict[str, dict[str, str]] = {
    "explore": {"agent": "rr", "station": "3"},
    "compare": {"agents": "afap,rr", "pins": "afap?stations=3|rr?stations=4&seed=70000"},
    "robustness": {"agents": "afap,rr", "n": "10", "over": "seeds"},
    "tradeoffs": {"agents": "afap,rr", "points": "5", "days": "1", "from": "1000", "to": "2000"},
    "stations": {"agent": "rr", "station": "3"},
    "agents": {},
    "about": {},
}

RUN = re.compile(r"(?<![\w.,#/+=?&·-])(\d{4,9})(?![\w/=-])")
"""A run of digits that could be an amount: not in a date, a version, a name, an address, a document's number or after a
point."""


HYPHEN = re.compile(r"(?<![\w\d.)…–-])-\d")
"""A number below nothing with a hyphen instead of a minus."""


def unseparated(text: str) -> list[str]:
    """Amounts of a thousand or more without separators; years stand as they are."""
    found = RUN.findall(text)
    years = {year for year in found if re.fullmatch("(19|20)[0-9]{2}|2100", year)}
    return [some for some in found if some not in years or re.search(rf"{some}\.\d", text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("59146.3 kWh", ["59146"]), ("59,146.3 kWh", []), ("on 2022-01-17", []), ("cars of 2024", []),
        ("0.123456", []), ("−12345", ["12345"]), ("2022-01-17 · 5000", ["5000"]), ("from 10 to 2000.5", ["2000"]),
        ("12345 · 1", ["12345"]), ("(4000 … 5000)", ["4000", "5000"]),
    ],
)  # fmt: skip
def test_the_scan_finds_what_it_looks_for(text, found):
    assert unseparated(text) == found


def numbers_in(spec: Any) -> Iterator[str]:
    """Formats of numbers in a chart's specification."""
    if isinstance(spec, dict):
        form = spec.get("format")
        if isinstance(form, str) and not re.search("%[A-Za-z]", form):
            yield form
        for part in spec.values():
            yield from numbers_in(part)
    elif isinstance(spec, list):
        for part in spec:
            yield from numbers_in(part)


NAMES = re.compile(
    r"`[^`]*`|python -m core .*|· \d+|(Seed|시드)\s+\d+( → \d+)?"
    r"|(?i:arxiv)\S*( ?\d{4}\.\d{5}(v\d+)?)?|doi:\S+|\w+_20\d\d"
)
"""Code, commands, seeds, and addresses of papers, which are names."""


def said(app: AppTest) -> list[str]:
    """Texts on a page, cell by cell."""
    out = [
        element.value for kind in ("title", "header", "subheader", "caption", "markdown", "warning", "error", "info")
        for element in getattr(app, kind)
    ]  # fmt: skip
    for metric in app.metric:
        out += [metric.label, metric.value, metric.delta]
    for table in [*app.dataframe, *app.table]:
        out += [str(name) for name in table.value.columns]
        shown = table.value.select_dtypes(exclude="number")
        out += [str(cell) for name in shown.columns if name != "open" for cell in shown[name]]
    return [NAMES.sub("", text or "") for text in out]


def read(report: str) -> str:
    """What a reader sees of a report, words in its charts and all; not the scenario's file, nor its address."""
    svgs = [base64.b64decode(data).decode() for data in re.findall('data:image/svg.xml;base64,([^"]+)', report)]
    words = [word for svg in svgs for word in re.findall("<text[^>]*>([^<]*)</text>", svg)]
    body = re.sub(
        "<style.*?</style>|<script.*?</script>|<pre>.*?</pre>|<a .*?</a>|<img[^>]*>", "", report, flags=re.DOTALL
    )
    return NAMES.sub("", unescape("\n".join([re.sub("<[^>]+>", "\n", body), *words])))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_thousands_stand_apart(open_at, finished, made, monkeypatch, page, language):
    given, specs = made("html", "csv"), []
    draw = charts._draw
    monkeypatch.setattr(charts, "_draw", lambda figure, *rest: (specs.append(figure.spec), draw(figure, *rest)))
    app = open_at(page, lang=language, **BIG, **PAGES[page])
    if page in ("robustness", "tradeoffs"):
        app = finished(app)
    texts = said(app)
    assert [(found, text) for text in texts for found in unseparated(text)] == []
    # Sources on About are told in the words of a document of its own.
    assert page == "about" or [text for text in texts if HYPHEN.search(text)] == []
    formats = {form for spec in specs for form in numbers_in(spec)}
    assert [form for form in formats if "," not in form and not re.search("[%s]$", form)] == []
    reports = [data.decode() for name, data in given.items() if f"-{page}" in name and name.endswith(".html")]
    for report in reports:
        text = read(report)
        assert [line for line in text.splitlines() if unseparated(line)] == []
    heads = [data.decode("utf-8-sig").partition("\n")[0] for name, data in given.items() if name.endswith(".csv")]
    assert [head for head in heads if unseparated(head)] == []
    if page in ("explore", "compare", "robustness", "tradeoffs"):
        # The scan has something to find: amounts of five digits are in the report.
        assert reports
        assert re.search(r"\d{2},\d{3}", read(reports[0]))
        assert formats
        assert heads


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_asks_for_numbers_that_can_be_written(language):
    fields = [field for text in catalogue(language).values() for field in string.Formatter().parse(text)]
    # A bar chooses between words by the number, and writes none.
    specs = {spec for _, name, spec, _ in fields if name and spec and "|" not in spec}
    assert specs
    for spec in specs:
        assert format(Written(1234.5), spec)


@pytest.mark.parametrize("page", ["explore", "compare", "data", "agents"])
def test_columns_of_numbers_are_written_by_pages_not_by_the_browser(open_at, page):
    """Which puts hyphens before them. Bars alone have formats of their own, of what is never below nothing."""
    app = open_at(page, lang="en", **BIG, **PAGES.get(page, {}))
    kinds = [
        column.get("type_config", {})
        for table in app.dataframe
        for column in json.loads(table.proto.columns or "{}").values()
    ]
    numbers = [kind for kind in kinds if kind.get("type") in ("number", "progress")]
    assert numbers
    assert [kind["format"] for kind in numbers if kind["type"] == "number" and pd.notna(kind.get("format"))] == []
    bars = [kind for kind in numbers if kind["type"] == "progress"]
    assert all(kind["min_value"] == 0 and ("," in kind["format"] or kind["format"] == "percent") for kind in bars)


def test_what_fell_has_a_minus_and_its_arrow_and_colour_said(open_at):
    app = open_at("explore", lang="en", agent="cheapest", transformer_limit_kw="60")
    cards = {card.label: card for card in app.metric}
    assert not any("-" in card.delta for card in cards.values())
    below = [card for card in cards.values() if card.delta.startswith("−")]
    assert below
    assert {card.proto.direction for card in below} == {Metric.DOWN}
    # Less of a peak is good, less of a profit is bad.
    totals = {agent: simulate(Scenario(transformer_limit_kw=60), agent).ledger.totals for agent in ("cheapest", "afap")}
    for name, key, better in (("peak_kw", "peak", -1), ("user_profit_eur", "user_profit", 1)):
        more = getattr(totals["cheapest"], name) > getattr(totals["afap"], name)
        card = cards[translate("en", f"kpi.{key}")].proto
        assert card.direction == (Metric.UP if more else Metric.DOWN)
        assert card.color == (Metric.GREEN if more == (better > 0) else Metric.RED)
