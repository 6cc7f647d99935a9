"""Agents without a browser: measured quality, cards, damaged files, and notices outside the trained range."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.agents import learned
from core.agents.learned import folder_of
from pages.ui import downloads
from pages.ui.i18n import translate
from tests.made_up_quality import SHARES, quality
from tests.pages.shown import charts, words

ROOT = Path(__file__).resolve().parents[2]
PAGE = "agents"
SMALL = {"stations": "3", "lang": "en"}


@pytest.fixture(autouse=True)
def _fresh_caches():
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of what is shipped, with quality that was made up; the page reads this one."""
    copy = tmp_path / "pretrained"
    shutil.copytree(learned.FOLDER, copy)
    (copy / "quality.json").write_text(json.dumps(quality()))
    monkeypatch.setattr(learned, "FOLDER", copy)
    return copy


def tables(app: AppTest) -> list[set[str]]:
    return [set(table.value.columns) for table in app.dataframe]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_everything_measured_is_shown(open_page, folder, language):
    app = open_page(lang=language)
    assert charts(app) == 7  # held out, by group, stock days, learning curve, two policies
    rows = app.dataframe[0].value
    assert len(rows) == len(SHARES)
    assert rows["captured"].is_monotonic_decreasing
    assert rows["overload"].tolist() == pytest.approx([1.0] * len(rows))  # 40 kWh over 40 scenarios
    assert "PPO" in app.header[0].value
    assert not app.error


def test_ablations_are_against_the_plan_alone(open_page, folder):
    app = open_page()
    table = next(x.value for x in app.dataframe if "gain" in x.value.columns).set_index("agent")
    assert table["gain"].tolist() == pytest.approx([3.0, 2.0, -2.0])
    assert table["bare"].tolist() == pytest.approx([92.0, 91.0, 87.0])
    assert "What learning adds to the plan alone (90.0\xa0%): −2.00 to +3.00 points" in words(app)
    assert translate("en", "learned.ablations_overlap") in words(app)
    measured = quality()
    measured["held_out"]["agents"]["ars"] |= {"captured_low": 0.80, "captured_high": 0.85}
    (folder / "quality.json").write_text(json.dumps(measured))
    assert translate("en", "learned.ablations_overlap") not in words(open_page())


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_report_holds_every_table_and_where_figures_come_from(open_page, folder, monkeypatch, language):
    kept = []
    monkeypatch.setattr(downloads, "bar", lambda sheet, *rest: kept.append((sheet, *rest)))
    open_page(lang=language, card="sac")
    sheet, _, _, files, *_ = kept[-1]
    tables = [section.table for section in sheet.sections if section.table is not None]
    assert [len(table) for table in tables[:3]] == [len(SHARES), 3, 3]  # comparison, parts, weights
    words = "\n".join(table.to_csv() for table in tables)
    for text in ("2026-11-24", "python -m core quality", learned.card("sac", folder)["training"]["command"]):
        assert text in words
    rows = files()["table"]
    assert rows.columns.tolist() == [
        "agent", "family", "captured_frac", "captured_low", "captured_high", "median_captured", "less_mpc",
        "less_mpc_low", "less_mpc_high", "ready_frac", "overload_kwh", "wear_kwh", "objective_eur", "decision_ms",
    ]  # fmt: skip
    # The pair is known as ppo less mpc; the other way round the interval's ends change places.
    by_name = rows.set_index("agent")
    assert by_name.loc["ppo", ["less_mpc", "less_mpc_low", "less_mpc_high"]].tolist() == [-0.02, -0.03, -0.005]
    assert by_name.loc["best", ["less_mpc", "less_mpc_low", "less_mpc_high"]].tolist() == [0.05, 0.03, 0.06]
    assert set(rows["agent"]) == set(SHARES)


PPO = translate("en", "agents.ppo.name")


def shown_table(app: AppTest, column: str) -> list[dict[str, object]]:
    return next(x.value for x in app.dataframe if column in x.value.columns).to_dict("records")


def read_table(app: AppTest, key: str) -> list[dict[str, str]]:
    """The rows of a table that wraps which has a text of the catalogue in a heading; its units are left off."""
    head = translate("en", key)
    found = next(x.value for x in app.table if any(head in str(name) for name in x.value.columns))
    spaces = found.map(lambda text: text.replace("\xa0", " "))
    return spaces.rename(columns=lambda name: name.partition(" (")[0]).to_dict("records")


def test_the_fields_own_settings_stand_above_printed_results(open_page, folder):
    app = open_page()
    rows = read_table(app, "published.battery_degradation")
    assert [row["Agent"] for row in rows[:3]] == ["Plug and charge", PPO, "AFAP"]
    assert rows[1]["Profit"] == "2.5 ±4.6"
    assert rows[2] | {"Runs": "100", "Profit": "−23.4 ±6.4"} == rows[2]
    said = words(app)
    assert "Table VII of S. Orfanoudakis" in said
    assert translate("en", "published.differs_ready") in said
    other = open_page(setting="V2GProfitMax")
    assert [row["Agent"] for row in read_table(other, "published.battery_degradation")] == ["Plug and charge", PPO]
    assert translate("en", "published.source_none") in words(other)


def test_unusual_scenarios_and_costs_are_shown_by_agent(open_page, folder):
    app = open_page()
    rows = {row["Agent"]: row for row in read_table(app, "outside.large")}
    assert rows[PPO]["Held out, nothing fixed"] == "93.0 % (91.0 … 94.0 %)"
    assert rows[PPO]["48 hours"] == "88.0 % (86.0 … 89.0 %)"
    assert rows["Look-ahead plan"]["200 stations"] == "–"
    costs = {row["agent"]: row for row in shown_table(app, "decisions")}
    assert costs[PPO] | {"training": 2.0, "steps": 5.0, "decisions": 3000.0, "size": 15.0} == costs[PPO]


def test_what_was_not_measured_is_not_shown(open_page, folder):
    measured = quality()
    for section in ("published", "generalisation", "cost"):
        del measured[section]
    (folder / "quality.json").write_text(json.dumps(measured))
    app = open_page()
    columns = set().union(*(set(table.value.columns) for table in app.dataframe))
    assert "decisions" not in columns
    heads = " ".join(str(name) for table in app.table for name in table.value.columns)
    assert not any(translate("en", key) in heads for key in ("published.battery_degradation", "outside.large"))
    assert not app.error


def test_a_weight_that_costs_its_stakeholder_is_named(open_page, folder):
    assert "never lowers" in words(open_page())
    measured = quality()
    measured["weights"]["agents"]["sac"]["w_grid"]["change"] = -1.0
    (folder / "quality.json").write_text(json.dumps(measured))
    said = words(open_page())
    assert "never lowers" not in said
    assert f"lowers the stakeholder's money on average: {translate('en', 'agents.sac.name')} – " in said


def test_a_card_tells_how_on_what_and_how_good(open_page, folder):
    app = open_page(card="sac")
    said, card = words(app), learned.card("sac", folder)
    assert app.selectbox(key="choice.card").value == "sac"
    assert "92.0\xa0%" in said
    assert "Soft Actor-Critic" in said
    assert app.code[0].value == card["training"]["command"]
    hashes = next(x.value for x in app.dataframe if "sha256" in x.value.columns)
    assert hashes["sha256"].tolist() == list(learned.manifest(folder)["sac"]["sha256"].values())
    seen = next(x.value for x in app.dataframe if "meaning" in x.value.columns)
    assert seen["name"].tolist() == [row[0] for row in learned.shared_port.OBSERVATION]
    assert len(app.get("download_button")) == 8


def test_a_curve_of_several_trainings_has_a_band(open_page, folder):
    path = folder_of("sac", folder) / "curve.csv"
    rows = pd.read_csv(path)
    rows = pd.concat([rows.assign(seed=k, captured=rows["captured"] - 0.01 * k) for k in range(3)])
    rows.to_csv(path, index=False)
    enter(folder, "sac", path)
    said = words(open_page(card="sac"))
    assert translate("en", "figure.learning_curve.band", n=3) in said
    assert translate("en", "figure.learning_curve.band", n=3) not in words(open_page(card="ppo"))


def test_a_card_says_where_its_agent_is_strong_and_weak(open_page, folder):
    said = words(open_page(card="sac"))
    assert "Strongest: With V2G 92.0\xa0% (25 scenarios)" in said
    assert "Weakest: Without V2G 72.0\xa0% (15 scenarios)" in said


@pytest.mark.parametrize("language", ["en", "ko"])
def test_two_policies_stand_side_by_side_and_in_the_address(open_page, folder, fine, link, language):
    app = open_page(lang=language, policy="cheapest", policy2="afap")
    assert app.selectbox(key="choice.policy").value == "cheapest"
    assert app.selectbox(key="choice.policy2").value == "afap"
    said = words(app)
    assert translate(language, "agents.cheapest.name") in said
    assert "%" in said
    fine(app.selectbox(key="choice.policy2").set_value("cheapest").run())
    assert (link(app)["policy"], link(app)["policy2"]) == ("cheapest", "cheapest")


def test_the_best_learned_agent_is_first_and_the_choice_is_in_the_address(open_page, folder):
    app = open_page()
    assert app.selectbox(key="choice.card").value == "ppo"
    assert "card" not in app.query_params
    app.selectbox(key="choice.card").set_value("td3").run()
    assert app.query_params["card"] in ("td3", ["td3"])
    assert open_page(card="nobody").selectbox(key="choice.card").value == "ppo"


@pytest.mark.parametrize("name", ["mpc", "plan", "afap", "best"])
def test_agents_that_never_learned_have_short_cards(open_page, folder, name):
    app = open_page(card=name)
    assert charts(app) == 6
    assert not app.code
    assert translate("en", f"agents.{name}.description") in words(app)


@pytest.mark.parametrize("file", ["policy.npz", "card.json", "curve.csv"])
def test_a_damaged_agent_is_said_in_one_sentence_and_the_others_go_on(open_page, folder, file):
    path = folder_of("ppo", folder) / file
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    app = open_page(card="ppo")
    assert [x.value for x in app.error] == [
        translate("en", "errors.agent_files", agent=translate("en", "agents.ppo.name"))
    ]
    assert not app.code
    assert charts(app) == 6
    other = open_page(card="td3")
    assert len(other.error) == 1
    assert other.code
    assert charts(other) == 7


def test_without_measured_quality_the_cards_are_there(open_page, folder):
    (folder / "quality.json").unlink()
    app = open_page()
    assert app.header[0].value == translate("en", "learned.unmeasured")
    assert translate("en", "learned.not_measured") in words(app)
    assert charts(app) == 4
    assert app.code


def test_sections_and_agents_may_be_missing(open_page, folder):
    measured = quality()
    for name in ("stock", "unprojected", "weights", "made"):
        del measured[name]
    held = measured["held_out"]
    held["agents"] = {name: held["agents"][name] for name in ("afap", "best", "sac")}
    held["groups"] = {}
    (folder / "quality.json").write_text(json.dumps(measured))
    app = open_page()
    assert charts(app) == 5
    assert not any({"gain", "w_user"} & columns for columns in tables(app))


def test_without_any_learned_agent_there_is_still_a_page(open_page, folder):
    (folder / "manifest.json").unlink()
    app = open_page()
    assert app.selectbox(key="choice.card").value == "plan"


def narrow(folder: Path, field: str, *seen: float | str) -> None:
    """As if PPO had been trained on less of a field than it was: from a number to another, or on these choices."""
    path = folder_of("ppo", folder) / "card.json"
    card = json.loads(path.read_text())
    card["trained_ranges" if field in card["trained_ranges"] else "trained_choices"][field] = seen
    path.write_text(json.dumps(card))
    enter(folder, "ppo", path)


def enter(folder: Path, agent: str, path: Path) -> None:
    """Put a changed file into the manifest."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["agents"][agent]["sha256"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("page", ["explore", "compare", "robustness", "tradeoffs", "agents"])
def test_a_field_outside_the_trained_range_is_named_where_a_learned_agent_runs(open_page, folder, page):
    query = {"agent": "ppo", "agents": "afap,ppo,best", "n": "10", "points": "5", "days": "1", "min_stay_min": "720"}
    narrow(folder, "min_stay_min", 15, 600)
    app = open_page(page, **query)
    said = [x.value for x in app.warning]
    assert len(said) == 1
    assert "Minimum stay 720" in said[0]
    assert "120 min beyond" in said[0]
    assert translate("en", "learned.inside") not in words(app)


@pytest.mark.parametrize(
    "query", [{"agent": "best", "min_stay_min": "720"}, {"agent": "ppo"}, {"agent": "ppo", "min_stay_min": "600"}]
)
def test_there_is_no_notice_inside_or_without_a_learned_agent(open_page, folder, query):
    narrow(folder, "min_stay_min", 15, 600)
    assert not open_page("explore", **query).warning


@pytest.mark.parametrize("page", ["explore", "compare", "robustness", "tradeoffs", "agents"])
def test_a_choice_that_was_never_seen_in_training_is_named(open_page, folder, page):
    query = {"agent": "ppo", "agents": "afap,ppo,best", "n": "10", "points": "5", "days": "1", "retail": "flat"}
    narrow(folder, "retail", "day_ahead", "kepco_self_use_low")
    said = [x.value for x in open_page(page, **query).warning]
    assert len(said) == 1
    title, flat = (translate("en", key) for key in ("fields.retail.title", "choices.retail.flat"))
    assert f"{title} “{flat}” (never seen in training)" in said[0]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_kepco_tariff_of_another_date_was_never_seen_and_is_named_where_it_is_charged(open_page, folder, language):
    query = {"agent": "ppo", "tariff_version": "2025-07-01", "lang": language}
    said = open_page("explore", retail="kepco_self_use_low", **query).warning
    named = translate(language, "choices.tariff_version.2025-07-01")
    assert sum(named in x.value for x in said) == 1
    assert not any(named in x.value for x in open_page("explore", **query).warning)


def test_the_page_says_when_the_scenario_lies_inside(open_page, folder):
    assert translate("en", "learned.inside") in words(open_page())


def test_a_field_that_does_nothing_is_not_held_against_a_scenario(open_page, folder):
    narrow(folder, "car_capacity_kwh", 15, 20)
    assert not open_page("explore", agent="ppo", cars="mixed").warning
    assert "Battery" in open_page("explore", agent="ppo", cars="uniform").warning[0].value


def test_the_page_never_imports_torch():
    code = "import sys, pages.parts.agents.cards, pages.parts.agents.training; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
