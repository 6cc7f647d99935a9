"""Where won are chosen, no page speaks of euros: titles, axes, tooltips, labels, help texts, cells and files."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from core.figures import Style
from core.reports.exports import in_currency
from core.scenario import PRESETS, Scenario
from pages.ui import jobs
from pages.ui.frame import PAGES
from pages.ui.i18n import catalogue, translate
from pages.ui.state import widget_key

EURO = re.compile(r"EUR\b|€|유로|\beuros?\b", re.IGNORECASE)

MEANT = (
    "choices.currency.EUR",
    "units.KRW/EUR",
    "fields.krw_per_eur.meaning",
    "about.units",
    "explore.rate",
)
"""Texts that must speak of euros: the choice of currencies, the rate between them, and what money is computed in."""

SCENARIOS = {
    "flat": Scenario(stations=3, currency="KRW", retail="flat", provider="flat", pv_share=0.5),
    "market": Scenario(stations=3, currency="KRW"),
    "busan": PRESETS["busan"].replace(stations=3),
}


def strings(value: object) -> Iterator[str]:
    """Every text in a nested value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


def said(app: AppTest) -> Iterator[str]:
    """All that the app puts on screen, but for identifiers that no reader sees."""
    for kind in ("header", "subheader", "markdown", "caption", "warning", "error", "info", "success"):
        yield from (str(part.value) for part in app.get(kind))
    for kind in ("slider", "number_input", "selectbox", "multiselect", "toggle", "date_input", "button", "expander"):
        for widget in app.get(kind):
            yield from (str(getattr(widget, name, "") or "") for name in ("label", "help"))
            yield from (str(option) for option in getattr(widget, "options", ()))
    for metric in app.metric:
        yield from (metric.label, str(metric.value), str(metric.delta), str(metric.help))
    for table in app.dataframe:
        heads = json.loads(table.proto.columns or "{}")
        for name in table.value.columns:
            shown = heads.get(name, {})
            yield from strings([shown.get("label") or name, shown.get("help") or ""])
            if name != "unit":  # Data names the unit in which a source has its values
                yield from (str(cell) for cell in table.value[name] if isinstance(cell, str) and "?" not in cell)
    for chart in app.get("vega_lite_chart"):
        yield from strings(json.loads(chart.proto.spec))
        yield chart.proto.alt


def plain(texts: Iterator[str], language: str) -> list[str]:
    """Those that speak of euros without having to."""
    meant = [translate(language, key) for key in MEANT if "{" not in translate(language, key)]
    # The original project's rewards mix euros with other units by its own formulas: no money that could be converted.
    meant += [text for key, text in catalogue(language).items() if key.startswith("rewards.") and EURO.search(text)]
    rates = re.compile(r"1\s?(유로|euro|EUR)|one euro")
    found = []
    for text in texts:
        for words in meant:
            text = text.replace(words, "")
        if EURO.search(text) and not rates.search(text) and "EUR/MWh" not in text:
            found.append(text[:200])
    return found


def opened(open_at, page: str, scenario: Scenario, language: str, **more: str) -> AppTest:
    app = open_at(page, **scenario.to_query(), lang=language, **more)
    for group in ("site", "tariff", "weights"):
        if any(toggle.key == f"advanced.{group}" for toggle in app.toggle):
            app.toggle(key=f"advanced.{group}").set_value(True)
    app.run()
    job = app.session_state[jobs.JOB] if page in ("robustness", "tradeoffs") else None
    if job is not None:
        until = time.monotonic() + 60
        while not job.finished and time.monotonic() < until:
            job.watch()
            job.join(0.1)
        app.run()
    return app


SMALL = {"agents": "afap,cheapest,best", "n": "10", "days": "1", "points": "5", "over": "days"}


@pytest.mark.parametrize(("name", "language"), [("flat", "ko"), ("market", "en"), ("busan", "ko")])
@pytest.mark.parametrize("page", PAGES)
def test_no_page_speaks_of_euros(open_at, page, name, language):
    app = opened(open_at, page, SCENARIOS[name], language, **(SMALL if page in ("robustness", "tradeoffs") else {}))
    assert not app.exception
    texts = list(said(app))
    assert len(texts) > 60
    printed = {"Total profits (EUR)", "총이익 (EUR)"}  # by papers, beside ours
    assert [text for text in plain(iter(texts), language) if text not in printed] == []


@pytest.mark.parametrize(
    "more", [{"field": "unmet_price_eur_per_kwh"}, {"view": "break_even", "price": "wear_price_eur_per_kwh"}]
)
def test_prices_that_are_swept_are_in_won(open_at, more):
    app = opened(open_at, "tradeoffs", SCENARIOS["market"], "en", **SMALL, **more)
    assert plain(said(app), "en") == []
    name = more.get("field", "wear_price_eur_per_kwh")
    (chart,) = app.get("vega_lite_chart")
    (lines,) = (pa.ipc.open_stream(part.data.data).read_all() for part in chart.proto.datasets if part.name == "lines")
    rows = lines.to_pandas()
    assert rows[name].max() > 100  # won, not euros


def test_a_price_typed_in_won_is_kept_in_euros(open_at, link):
    app = opened(open_at, "explore", SCENARIOS["flat"], "en")
    key = f"{widget_key('retail_flat_eur_per_kwh')}.shown"
    assert app.number_input(key=key).value == 420.0  # 0.3 EUR at 1,400 KRW
    app.number_input(key=key).set_value(350.0).run()
    assert app.session_state["scenario"].retail_flat_eur_per_kwh == pytest.approx(0.25)
    assert link(app)["retail_flat_eur_per_kwh"] == "0.25"
    app.selectbox(key="field.currency").set_value("EUR").run()
    assert not app.exception
    assert app.session_state["scenario"].retail_flat_eur_per_kwh == pytest.approx(0.25)


def test_a_range_typed_in_won_is_in_the_address_in_euros(open_at, link):
    app = opened(open_at, "tradeoffs", SCENARIOS["market"], "en", **SMALL, field="wear_price_eur_per_kwh")
    app.number_input(key="choice.to").set_value(140.0).run()
    assert link(app)["to"] == "0.1"
    assert app.number_input(key="choice.to").value == 140.0


def test_tables_to_take_away_are_in_the_currency_shown(open_at, made):
    files = made("csv")
    opened(open_at, "robustness", SCENARIOS["busan"], "ko", **SMALL)
    heads = {name: pd.read_csv(io.BytesIO(data)).columns for name, data in files.items()}
    assert [name for name, columns in heads.items() if any(EURO.search(c) or "eur" in c for c in columns)] == []


def test_only_money_is_converted():
    table = pd.DataFrame({"cost_eur": [2.0], "buy_eur_per_kwh": [0.5], "europe_kwh": [1.0], "entrepreneur": [1.0]})
    won = in_currency(table, Style(text=str, currency="KRW", krw_per_eur=1000.0))
    assert won.to_dict("records") == [
        {"cost_krw": 2000.0, "buy_krw_per_kwh": 500.0, "europe_kwh": 1.0, "entrepreneur": 1.0}
    ]
    assert in_currency(table, Style(text=str)) is table
