"""Files to take away: what is in them, that it is escaped, and that nothing is fetched from anywhere."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from core.figures import Style, site_power
from core.figures.figure import wrapped
from core.figures.sources import source_words
from core.reports import drawing, exports
from core.reports.exports import Report, Section
from core.scenario import Scenario
from core.studies.run import Result, simulate

EVIL = '<script>alert("1")</script><img src=http://evil.example/x.png>'


def style(**changes: object) -> Style:
    return Style(
        text=lambda key, **numbers: f"[{key}] {json.dumps(numbers, default=str) if numbers else ''}", **changes
    )


@pytest.fixture(scope="module")
def run() -> Result:
    return simulate(Scenario(stations=3, pv_share=0.4), "afap")


def report(run: Result, **changes: object) -> Report:
    figure = site_power(run, run, style())
    table = pd.DataFrame({"name": ["a", EVIL], "EUR": ["+1.50", "−2.00"]})
    values = {
        "page": "Explore", "language": "ko", "context": "a day", "headline": "best < worst", "sentences": ["one"],
        "sections": [Section(figures={"site_power": figure}), Section("numbers", "a note", table=table)],
        "scenario": run.scenario, "agents": ["afap"], "sources": run.world.prices.sources,
        "link": "https://example.org/?a=1&b=%22",
    }  # fmt: skip
    return Report(**{**values, **changes})


class Parts(HTMLParser):
    """All tags with their attributes, the text that is read, and the text of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script" and self.cdata_elem:
            self.scripts.append(data)
        else:
            self.words += data


def test_a_report_says_whose_rates_are_used():
    day = simulate(Scenario(stations=3, retail="kepco_self_use_low", tariff_version="2026-04-16"), "afap")
    said = '[tariffs.kepco.other_version] {"since": "2026-04-16", "date": "2022-01-17"}'
    words = Parts(exports.to_html(report(day), style())).words
    assert words.count(said) == 1
    plain = simulate(Scenario(stations=3, retail="kepco_self_use_low"), "afap")
    assert "tariffs.kepco.other_version" not in exports.to_html(report(plain), style())


def test_a_report_opens_offline(run):
    parts = Parts(exports.to_html(report(run), style()))
    assert {tag for tag, _ in parts.tags}.isdisjoint({"link", "iframe", "object", "embed", "base"})
    fetched = [attrs["src"] for _, attrs in parts.tags if "src" in attrs]
    assert fetched
    assert all(address.startswith("data:image/svg+xml;base64,") for address in fetched)
    assert "url(" not in exports.to_html(report(run, sections=[]), style())
    assert "@import" not in exports.to_html(report(run), style())


def test_a_report_escapes_what_it_is_told(run):
    told = report(run, headline=EVIL, sentences=[EVIL], context=EVIL, page=EVIL, link="https://x.org/?q=" + EVIL)
    html = exports.to_html(told, style())
    assert html.count("<script") == html.count("</script") == 2  # a chart and what draws it
    assert {attrs["src"][:5] for tag, attrs in Parts(html).tags if tag == "img"} == {"data:"}
    assert EVIL in Parts(html).words


def test_a_reports_charts_are_drawn_by_the_one_script_that_may_run(run):
    named = replace(site_power(run, run, style()), alt=EVIL + "</script>&\u2028")
    html = exports.to_html(report(run, sections=[Section(figures={"site_power": named})]), style())
    parts = Parts(html)
    data, code = parts.scripts
    assert [attrs for tag, attrs in parts.tags if tag == "script"] == [{"type": "application/json"}, {}]
    policy = next(attrs["content"] for tag, attrs in parts.tags if attrs.get("http-equiv"))
    named_hash = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    assert policy.endswith(f"; script-src 'sha256-{named_hash}'")
    assert "unsafe-eval" not in policy
    spec = json.loads(data)
    assert spec["description"] == named.alt
    assert spec["width"] == "container"
    assert "<" not in data


def test_a_report_without_charts_runs_nothing(run):
    html = exports.to_html(report(run, sections=[]), style())
    assert "<script" not in html
    assert "script-src" not in html


def test_what_is_no_number_is_nothing_in_a_charts_file(run):
    figure = site_power(run, run, style())
    name = next(iter(figure.data))
    data = {name: pa.table({"a": [1.5, float("nan"), float("inf")], "b": ["x", None, "z"]})}
    rows = replace(figure, data=data).to_vega_lite()["datasets"][name]
    assert rows == [{"a": 1.5, "b": "x"}, {"a": None, "b": None}, {"a": None, "b": "z"}]


@pytest.mark.parametrize(
    ("link", "open_to_all"),
    [
        ("https://v2g.example.org/compare?v=1", True),
        ("http://8.8.8.8:8501/?v=1", True),
        ("http://localhost:8501/?v=1", False),
        ("http://127.0.0.1:8501/?v=1", False),
        ("http://192.168.0.7/?v=1", False),
        ("http://[::1]:8501/?v=1", False),
        ("http://charger.local/?v=1", False),
        ("http://[broken/?v=1", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_a_report_names_an_address_that_others_can_open(link, open_to_all):
    assert exports.is_public(link) is open_to_all


def test_a_report_of_a_private_address_carries_its_scenario(run):
    parts = Parts(exports.to_html(report(run, link="http://localhost:8501/compare?v=1&x=%22"), style()))
    links = [attrs for tag, attrs in parts.tags if tag == "a"]
    assert [attrs["download"] for attrs in links] == [f"{run.scenario.key[:8]}.json"]
    _, _, file = links[0]["href"].partition("base64,")
    assert Scenario.from_json(base64.b64decode(file)) == run.scenario
    assert "/compare?v=1&x=%22" in parts.words
    assert "[report.open_file]" in parts.words


def test_a_report_links_to_web_addresses_only(run):
    links = [
        [
            attrs["href"]
            for tag, attrs in Parts(exports.to_html(report(run, link=link), style())).tags
            if tag == "a" and "download" not in attrs
        ]
        for link in ("https://example.org/?a=1", "javascript:alert(1)", "")
    ]
    assert links == [["https://example.org/?a=1"], [], []]


def test_a_report_holds_scenario_versions_and_sources(run):
    words = Parts(exports.to_html(report(run), style())).words
    begin = words.index('{\n  "schema_version"')
    assert Scenario.from_json(words[begin : words.index("}", begin) + 1]) == run.scenario
    assert "ev2gym" in words
    said = [words_of for source in run.world.prices.sources for words_of in source_words(source, style().text)]
    assert said
    assert [words_of for words_of in said if words_of not in words] == []
    assert "[report.source_pv]" in words
    assert "[report.source_load]" not in words
    assert "[fields.dr_depth_percent.title]" not in words  # no events, so how deep they are changes nothing


def test_a_dark_report_is_dark(run):
    look = style(theme="dark")
    assert f"background: {look.colours.background}" in exports.to_html(report(run), look)


def test_charts_are_files_that_open(run):
    figure = site_power(run, run, style())
    assert exports.to_svg(figure, style()).startswith("<svg")
    with Image.open(io.BytesIO(exports.to_png(figure, style(theme="dark")))) as image:
        assert image.format == "PNG"
        assert image.width == 2 * 720
        assert image.convert("RGB").getpixel((2, image.height - 3)) == (0x12, 0x17, 0x1D)


def test_charts_fetch_nothing(run):
    figure = site_power(run, run, style())
    figure.spec["layer"].append({"data": {"url": "https://example.org/data.json"}, "mark": "point"})
    with pytest.raises(ValueError, match="not allowed"):
        exports.to_svg(figure, style())


def test_an_archive_names_its_charts_in_order(run):
    figure = site_power(run, run, style())
    archive = zipfile.ZipFile(io.BytesIO(exports.zipped({"b": figure, "a": figure}, "svg", lambda f: "<svg/>")))
    assert archive.namelist() == ["01-b.svg", "02-a.svg"]


def test_long_words_above_a_chart_are_wrapped():
    lines = wrapped("파랑은 충전, 주황은 방전입니다. " * 8, 60)
    assert len(lines) > 3
    assert max(sum(2 if ord(x) > 0x1100 else 1 for x in line) for line in lines) <= 60
    assert wrapped("", 10) == [""]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=x", "a\r=1", "\n+x", "'=1", "＝1"])
def test_no_cell_or_heading_of_a_csv_is_a_formula(text):
    table = pd.DataFrame({text: [text, "plain"], "n": [-1.0, 2.0], "mixed": [text, -3]})
    rows = list(csv.reader(io.StringIO(exports.to_csv(table).decode("utf-8-sig"), newline="")))
    assert len(rows) == 3
    assert rows[0][0] == rows[1][0] == rows[1][2]
    assert not rows[1][0].startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert rows[1][0] == ("a =1" if text[0] == "a" else f"'{text.strip()}")
    assert (rows[1][1], rows[2]) == ("-1.0", ["plain", "2.0", "-3"])


def test_no_zero_in_csv_is_negative():
    table = pd.DataFrame({"agent": ["a", "b", "c"], "grid_value_eur": [-0.0, -1.5, None]})
    assert exports.to_csv(table).decode("utf-8-sig") == "agent,grid_value_eur\na,0.0\nb,-1.5\nc,\n"


def test_tables_keep_their_numbers():
    table = pd.DataFrame({"a": [0.1, 2.0], "이름": ["가", "b,c"]})
    back = pd.read_csv(io.BytesIO(exports.to_csv(table)))
    pd.testing.assert_frame_equal(back, table)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(exports.to_parquet(table))), table)


def test_what_a_reader_can_do_on_a_page_is_not_in_files(run):
    figure = replace(site_power(run, run, style()), hint="click here")
    assert "click here" not in exports.to_html(report(run, sections=[Section(figures={"site_power": figure})]), style())
    assert "click here" not in json.dumps(figure.to_vega_lite())


def test_shares_of_something_read_as_such(run):
    words = Parts(exports.to_html(report(run), style())).words
    assert '[report.soc_value] {"share": "100\\u00a0%"}' in words
    assert '[report.limit_value] {"share": "40\\u00a0%"}' in words


def test_the_process_that_draws_ends_soon_and_is_replaced_when_it_was_ended(run, monkeypatch):
    monkeypatch.setattr(drawing, "IDLE_S", 0.2)
    pen = drawing._Pen()
    spec = site_power(run, run, style()).to_vega_lite()
    first = pen.draw("svg", spec)
    process = pen._process
    assert process is not None
    assert process.poll() is None
    process.kill()
    process.wait()
    assert pen.draw("svg", spec) == first
    process = pen._process
    assert process is not None
    process.wait(10)
    assert pen.draw("svg", spec) == first
    pen.put_down()


def test_a_process_that_dies_while_it_draws_is_said(run, monkeypatch):
    monkeypatch.setattr(drawing.sys, "executable", "/bin/true")
    with pytest.raises(ValueError, match="ended"):
        drawing._Pen().draw("svg", {})
