"""What an evaluation writes to a folder."""

from __future__ import annotations

from functools import partial

import pandas as pd
import pytest
from PIL import Image

from core import Scenario
from core.figures import Style
from core.figures.evaluation import means
from core.reports import evaluation as reports
from core.reports.words import translate
from core.studies import evaluation, study

BASE = Scenario(stations=3, intensity=8)


@pytest.fixture(scope="module")
def run():
    asked = evaluation.runs(BASE, ("afap", "cheapest"), study.draws(BASE, 4))
    return asked, study.run(asked)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_report_and_a_picture_a_plot(run, tmp_path, language):
    files = reports.write(tmp_path / "new/folder", *run, "afap", language)
    assert sorted(files) == sorted((tmp_path / "new/folder").iterdir())
    html = files[0].read_text("utf-8")
    assert f'<html lang="{language}">' in html
    assert html.count("<script") == html.count("<figure ") + 1
    assert "evaluation." not in html  # no word is missing
    assert html.count("<figure ") == len(files) - 1
    names = {file.name[3:] for file in files[1:]}
    assert {"objective_eur-spread.png", "objective_eur-differences.png"} <= names
    assert {"total_profits.png", "reward_combined1.png"} <= names
    assert "total_ev_served.png" not in names  # the same for all
    with Image.open(files[1]) as image:
        assert image.width == 1440


def test_the_table_says_what_the_summary_does(run):
    rows = evaluation.summary(run[1], "afap")
    cells = reports.cells(rows, "afap", Style(text=partial(translate, "en")))
    summary = rows.set_index(["figure", "agent"])
    mine = cells[
        (cells["Indicator"] == "Objective (EUR)") & (cells["Agent"] == translate("en", "agents.cheapest.name"))
    ]
    (row,) = mine.to_dict("records")
    mean = summary.loc[("objective_eur", "cheapest"), "mean"]
    assert row["Mean"].replace("−", "-") == f"{mean:,.2f}"
    same = cells[
        (cells["Indicator"] == "Discharged (kWh)") & (cells["Agent"] == translate("en", "agents.cheapest.name"))
    ]
    assert same["Note"].tolist() == ["the same in every run"]


def test_the_original_s_figures_name_who_is_highest_and_lowest(run):
    style = Style(text=partial(translate, "en"))
    rows = evaluation.summary(run[1], "afap")
    figure = means(rows, "total_profits", "afap", style)
    mean = rows[rows["figure"] == "total_profits"].set_index("agent")["mean"]
    assert mean["cheapest"] > mean["afap"]
    high, low = (f"{mean[name]:,.2f} EUR".replace("-", "−") for name in ("cheapest", "afap"))
    assert figure.title == f"Total profits: highest for Cheapest hours ({high}), lowest for Plug and charge ({low})."
    drawn = figure.data["means"].to_pylist()
    assert [row["agent"] for row in drawn] == ["Cheapest hours", "Plug and charge"]
    assert drawn[0]["mean"] == pytest.approx(mean["cheapest"])
    assert drawn[0]["low"] < drawn[0]["mean"] < drawn[0]["high"]


def test_agents_that_are_equal_are_named_together():
    rows = evaluation.summary(
        pd.DataFrame(
            [
                {"agent": agent, "cars": 1.0, "total_profits": value, "objective_eur": 0.0}
                for agent, value in (("afap", 1.0), ("rr", 2.0), ("best", 1.0))
                for _ in range(2)
            ]
        ),
        "afap",
    )
    title = means(rows, "total_profits", "afap", Style(text=partial(translate, "en"))).title
    assert title == (
        "Total profits: highest for Round robin (2.00 EUR), lowest for Plug and charge and Best plan (1.00 EUR)."
    )


def test_one_agent_alone_has_no_differences(run, tmp_path):
    asked = evaluation.runs(BASE, ("afap",), study.draws(BASE, 2))
    files = reports.write(tmp_path, asked, study.run(asked), "afap")
    assert files[0].name == "report.html"
    assert [file.name for file in files if "differences" in file.name] == []
