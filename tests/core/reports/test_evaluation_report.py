"""What an evaluation writes to a folder."""

from __future__ import annotations

import pytest
from PIL import Image

from core import Scenario
from core.reports import evaluation as reports
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
    assert "<script" not in html
    assert "evaluation." not in html  # no word is missing
    assert html.count("<figure>") == len(files) - 1
    names = {file.name[3:] for file in files[1:]}
    assert {"objective_eur-spread.png", "objective_eur-differences.png"} <= names
    assert not any(name.startswith("cars") for name in names)  # the same for all
    with Image.open(files[1]) as image:
        assert image.width == 1440


def test_the_table_says_what_the_summary_does(run):
    from functools import partial

    from core.figures import Style
    from core.reports.words import translate

    cells = reports.cells(run[1], "afap", Style(text=partial(translate, "en")))
    summary = evaluation.summary(run[1], "afap").set_index(["figure", "agent"])
    mine = cells[(cells["Indicator"] == "Objective") & (cells["Agent"] == translate("en", "agents.cheapest.name"))]
    (row,) = mine.to_dict("records")
    mean = summary.loc[("objective_eur", "cheapest"), "mean"]
    assert row["Mean"].replace("−", "-") == f"{mean:,.2f}"
    assert row["Unit"] == "EUR"
    same = cells[(cells["Indicator"] == "Discharged") & (cells["Agent"] == translate("en", "agents.cheapest.name"))]
    assert same["Note"].tolist() == ["the same in every run"]


def test_one_agent_alone_has_no_differences(run, tmp_path):
    asked = evaluation.runs(BASE, ("afap",), study.draws(BASE, 2))
    files = reports.write(tmp_path, asked, study.run(asked), "afap")
    assert files[0].name == "report.html"
    assert [file.name for file in files if "differences" in file.name] == []
