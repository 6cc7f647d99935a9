"""Downloads: every page has the same ones, and they hold what the page shows."""

from __future__ import annotations

import io
import json
import zipfile

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.reports.result_csv import read_results
from core.scenario import Scenario
from core.version import results_key
from pages.ui.i18n import translate

PAGES = {
    "explore": {"agent": "cheapest"},
    "compare": {"agents": "afap,cheapest", "pins": "best?stations=3"},
    "robustness": {"agents": "afap,cheapest", "n": "10"},
    "stations": {"agent": "cheapest"},
    "tradeoffs": {"agents": "afap,cheapest", "points": "5", "days": "1"},
}
SMALL = {"stations": "3", "seed": "5"}


def opened(open_at, finished, page: str, **query: str) -> AppTest:
    app = open_at(page, **SMALL, **PAGES[page], **query)
    return finished(app) if page in ("robustness", "tradeoffs") else app


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_gives_report_charts_scenario_and_tables(open_at, finished, made, page, language):
    given = made()
    app = opened(open_at, finished, page, lang=language)
    made = {name: data for name, data in given.items() if f"-{page}" in name}  # Explore is run before any other page
    kinds = {name.rpartition(".")[2] for name in made}
    assert kinds == {"html", "zip", "json", "csv", "parquet"}
    report = next(data for name, data in made.items() if name.endswith(".html")).decode()
    assert f'<html lang="{language}">' in report
    assert app.header[0].value.replace("\\", "") in report
    assert translate(language, "report.versions") in report
    assert report.count("<figure ") == len(app.get("vega_lite_chart"))
    runs = {name: data for name, data in made.items() if name.endswith("-runs.json")}
    assert all(json.loads(data)["made_with"]["results_key"] == results_key() for data in runs.values())
    assert bool(runs) == (page in ("explore", "compare", "stations"))
    (scenario,) = (data for name, data in made.items() if name.endswith(".json") and name not in runs)
    assert Scenario.from_json(scenario) == app.session_state["scenario"]
    for kind in ("svg", "png"):
        (archive,) = (data for name, data in made.items() if name.endswith(f"{kind}.zip"))
        names = zipfile.ZipFile(io.BytesIO(archive)).namelist()
        assert len(names) == len(app.get("vega_lite_chart"))
        assert all(name.endswith(kind) for name in names)
    results = [read_results(data, name) for name, data in made.items() if name.endswith("-results.csv")]
    if page in ("explore", "compare", "stations"):
        written = {name for result in results for name in result.algorithms}
        assert written >= {"afap", "cheapest"}
        assert page == "stations" or len(written) == 2
        assert results[0].stations == (0, 1, 2)
        assert results[0].soc_frac.any()
    else:
        assert results == []
    for name, data in made.items():
        if name.endswith(".parquet"):
            there = pd.read_csv(io.BytesIO(made[name.replace(".parquet", ".csv")]))
            assert len(pd.read_parquet(io.BytesIO(data))) == len(there) > 0
