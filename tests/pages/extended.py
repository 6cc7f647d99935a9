"""What each diff of `docs/extending.md` must bring about: `tests/test_extending.py` runs this where all are applied."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
from streamlit.runtime.media_file_manager import MediaFileManager

from core import PRESETS, Scenario, build_world, compare, simulate
from core.accounts.indicators import FIGURES, INDICATORS
from core.agents.registry import AGENTS, make_agent
from core.engines import ev2gym
from core.engines.batch import totals_many
from core.paths import ROOT
from core.studies import study
from core.studies.verdict import verdicts
from pages.ui import runs
from pages.ui.frame import PAGES
from pages.ui.i18n import LANGUAGES, MISSING, catalogue, translate

SMALL = {"stations": "3", "seed": "5", "agent": "steady"}
DAY = Scenario(stations=3, seed=5)
README, NOMENCLATURE = ((ROOT / file).read_text("utf-8") for file in ("README.md", "docs/nomenclature.md"))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Of a sweep."""
    return study.run(study.sweep(DAY, {"v2g_price_factor": [0.8, 1.2]}, ["afap", "steady"], [5, 6]))


@pytest.fixture(scope="module", autouse=True)
def _no_learned_agent_is_made_ready():
    """None is shown, and a copy of the sources would compile their planner anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_warm_up", ev2gym.warm_up)
        yield


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    """Reports and tables that pages would give, by name: each is made as soon as its button is drawn."""
    made: dict[str, str] = {}

    def make(self, data_callable, mimetype, coordinates, file_name=None, **more):
        if file_name.endswith((".html", ".csv")):
            data = data_callable()
            made[file_name] = data if isinstance(data, str) else data.decode("utf-8-sig")
        return file_name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MediaFileManager, "add_deferred", make)
        yield made


@pytest.fixture(scope="module", params=LANGUAGES)
def explored(request, open_at, files):
    """Explore in a language, the app and its report, and words in that language."""
    files.clear()  # of pages that other tests opened before
    app = open_at("explore", **SMALL, lang=request.param, retail="night")
    (report,) = (data for file, data in files.items() if file.endswith(".html"))
    files.clear()
    return app, report, lambda key, **numbers: translate(request.param, key, **numbers)


def offered(app) -> set[str]:
    """All that any widget lets a reader choose."""
    return {option for kind in (app.selectbox, app.multiselect) for widget in kind for option in widget.options}


def test_an_agent_is_run_and_listed(rows):
    assert next(iter(AGENTS)) == "afap"
    assert list(AGENTS).index("cheapest") < list(AGENTS).index("steady") < list(AGENTS).index("mpc")
    steady, afap = (simulate(DAY, name).ledger.totals for name in ("steady", "afap"))
    assert steady.charged_kwh > 0
    assert steady.peak_kw < afap.peak_kw
    many = totals_many([build_world(DAY)], make_agent("steady"))
    assert many["peak_kw"][0] == pytest.approx(steady.peak_kw, abs=1e-9)
    assert set(rows["agent"]) == {"afap", "steady"}
    assert f"| `steady` | {translate('en', 'agents.steady.description')} |" in README


def test_an_agent_a_tariff_and_a_preset_are_offered(explored):
    app, report, say = explored
    assert app.session_state["scenario"].retail == "night"
    words = ("agents.steady.name", "choices.retail.night", "choices.provider.night", "presets.evening.name")
    assert [key for key in words if say(key) not in offered(app)] == []
    assert say("agents.steady.description") in report
    assert say("choices.retail.night") in report
    assert say("tariffs.night.source_title") in report


def test_a_tariff_kind_sets_prices():
    world = build_world(DAY.replace(retail="night", provider="night", start_hour=0, length_h=24))
    hour = world.times_local.astype("datetime64[h]").astype(int) % 24
    share = np.where((hour >= 23) | (hour < 7), 0.5, 1.0)
    assert world.prices.buy_eur_per_kwh / world.prices.buy_eur_per_kwh.max() == pytest.approx(share)
    assert world.prices.wholesale_eur_per_kwh / world.prices.wholesale_eur_per_kwh.max() == pytest.approx(share)


def test_a_preset_can_be_run():
    assert simulate(PRESETS["evening"]).ledger.totals.cars > 0
    assert f"| `evening` | {translate('en', 'presets.evening.description')} |" in README


def test_a_figure_is_drawn_and_in_the_report(explored):
    app, report, say = explored
    most = int(simulate(DAY).ledger.steps["connected"].max())
    title = say("figure.connected.title", most=most)
    assert title in [x.value for x in app.subheader]
    assert title in report
    assert say("figure.connected.reading") in report


def test_an_indicator_is_in_the_ledger_studies_and_commands(rows):
    assert list(INDICATORS)[list(INDICATORS).index("unmet_kwh") - 1] == "net_kwh"
    totals = simulate(DAY, "best").ledger.totals
    assert totals.net_kwh == totals.charged_kwh - totals.discharged_kwh
    assert totals.discharged_kwh > 0
    worlds = [build_world(DAY.replace(seed=seed)) for seed in range(3)]
    many = totals_many(worlds, make_agent("best"))
    assert many["net_kwh"] == pytest.approx(many["charged_kwh"] - many["discharged_kwh"], abs=1e-12)
    assert (rows["net_kwh"] == rows["charged_kwh"] - rows["discharged_kwh"]).all()
    assert verdicts(rows.assign(world=rows.groupby("agent").cumcount()), "net_kwh", "afap")[0].indicator == "net_kwh"
    row = compare(DAY, ["afap"]).iloc[0]
    assert row["net_kwh"] == row["charged_kwh"]
    line = f"| `net_kwh` | kWh | {FIGURES['net_kwh'].meaning.rstrip('.')} |"
    assert line in NOMENCLATURE


def test_an_indicator_is_in_tables_reports_and_explained(explored, open_at, files):
    _, report, say = explored
    name, meaning = f"{say('indicator.net_kwh')} (kWh)", say("indicator_help.net_kwh")
    assert say("indicator.net_kwh") in report
    app = open_at("compare", **SMALL, lang=explored[0].session_state["lang"], agents="afap,best")
    (ranking,) = (x for x in app.dataframe if "net_kwh" in x.value.columns)
    best = simulate(DAY, "best").ledger.totals
    shown = dict(zip(ranking.value["agent"], ranking.value["net_kwh"], strict=True))
    assert shown[say("agents.best.name")] == pytest.approx(best.charged_kwh - best.discharged_kwh)
    head = json.loads(ranking.proto.columns)["net_kwh"]
    assert (head["label"], head["help"]) == (name, meaning)
    (csv,) = (data for file, data in files.items() if file.endswith("-compare.csv"))
    assert "net_kwh" in pd.read_csv(io.StringIO(csv)).columns
    (report,) = (data for file, data in files.items() if "-compare" in file and file.endswith(".html"))
    assert name in report
    files.clear()
    about = app.switch_page("pages/views/about.py").run()
    assert any(meaning in text.value for text in about.markdown)
    for page in ("robustness", "tradeoffs"):
        app = app.switch_page(f"pages/views/{page}.py").run()
        assert say("indicator.net_kwh") in app.selectbox(key="choice.indicator").options
        app = app.selectbox(key="choice.indicator").set_value("net_kwh").run()
        assert not app.exception


def test_a_page_is_in_the_navigation_and_opens(open_at):
    assert PAGES[-3:] == ("limits", "data", "about")
    app = open_at("limits", **SMALL, lang="ko")
    assert app.header[0].value == translate("ko", "limits.title")
    assert len(app.dataframe[0].value) == DAY.length_h * 4
    assert (ROOT / "pages/limits.py").read_text() == (ROOT / "pages/compare.py").read_text()


def test_a_word_that_is_missing_stops_no_page(open_at, monkeypatch):
    monkeypatch.delitem(catalogue("ko"), "figure.connected.reading")
    app = open_at("explore", **SMALL, lang="ko")
    assert "figure.connected.reading" in [x.value for x in app.caption]
    assert "ko: figure.connected.reading" in MISSING
    MISSING.clear()
