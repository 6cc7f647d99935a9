"""An evaluation to take away: a report with its table and comparison plots, and each plot as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from core import paths
from core.figures import Style, robustness
from core.figures.evaluation import means, original_title
from core.figures.figure import Figure
from core.figures.indicators import factor, indicator_title
from core.figures.marks import agent_name
from core.figures.style import number
from core.reports import exports
from core.reports.words import translate
from core.studies import evaluation
from core.studies.study import Study, with_cars
from core.studies.traced import ORIGINAL
from core.studies.verdict import verdicts
from core.world import build_world


def write(folder: Path, study: Study, table: pd.DataFrame, reference: str, language: str = "en") -> list[Path]:
    """Write `report.html` and one PNG a plot into a folder.

    Parameters
    ----------
    folder : Path
        Made where it is missing; files of the same names are replaced.
    study : Study
    table : DataFrame
        Of `core.studies.study.run`.
    reference : str
        Agent that others are compared with.
    language : str
        Of the catalogues.

    Returns
    -------
    list of Path
        What was written, the report first.
    """
    scenario = study.scenarios[0]
    style = Style(text=partial(translate, language), currency=scenario.currency, krw_per_eur=scenario.krw_per_eur)
    numbered = with_cars(table.assign(world=table.groupby("agent", sort=False).cumcount()))
    summary = evaluation.summary(table, reference)
    plots = figures(numbered, summary, reference, style)
    report = _report(study, numbered, summary, reference, language, plots, style)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "report.html"]
    paths.write(files[0], exports.to_html(report, style).encode())
    for i, (name, figure) in enumerate((pair for of_one in plots.values() for pair in of_one.items()), start=1):
        files.append(folder / f"{i:02d}-{name}.png")
        paths.write(files[-1], exports.to_png(figure, style))
    return files


def figures(table: pd.DataFrame, summary: pd.DataFrame, reference: str, style: Style) -> dict[str, dict[str, Figure]]:
    """By figure of a run: how the runs are spread and how surely agents differ; of the original's, the means.

    What is the same for all agents in every run tells them not apart and has none.
    """
    out: dict[str, dict[str, Figure]] = {}
    for name in evaluation.figures_in(table, shown=True):
        by_world = table.groupby("world")[name]
        if table["agent"].nunique() > 1 and (by_world.max() - by_world.min() < 1e-9).all():
            continue
        if name in ORIGINAL:
            out[name] = {name: means(summary, name, reference, style)}
            continue
        out[name] = {f"{name}-spread": robustness.spread(table, name, style)}
        found = verdicts(table, name, reference)
        if found:
            out[name][f"{name}-differences"] = robustness.paired(found, name, style)
    return out


def _report(
    study: Study,
    table: pd.DataFrame,
    summary: pd.DataFrame,
    reference: str,
    language: str,
    plots: Mapping[str, Mapping[str, Figure]],
    style: Style,
) -> exports.Report:
    label, scenario = style.text, study.scenarios[0]
    said = [robustness.sentence(verdict, style) for verdict in verdicts(table, "objective_eur", reference)]
    sentences = [label(finding.key, **finding.values) for finding in said]
    runs = int(table["world"].nunique())
    rows = cells(summary, reference, style)
    sections = [exports.Section(label("evaluation.table"), label("evaluation.table_note"), table=rows)]
    for name, of_one in plots.items():
        if name not in ORIGINAL:
            sections.append(exports.Section(label(f"indicator.{name}"), figures=of_one, columns=len(of_one)))
    original = {key: figure for name, of_one in plots.items() if name in ORIGINAL for key, figure in of_one.items()}
    if original:
        sections.append(exports.Section(label("evaluation.original"), label("evaluation.original_note"), original, 2))
    return exports.Report(
        page=label("evaluation.title"),
        language=language,
        context=label("evaluation.context", n=runs, base=agent_name(style, reference)),
        headline=sentences[0] if sentences else label("evaluation.alone", n=runs),
        sentences=sentences[1:],
        sections=sections,
        scenario=scenario,
        agents=study.agents,
        sources=build_world(scenario).prices.sources,
    )


def cells(summary: pd.DataFrame, reference: str, style: Style) -> pd.DataFrame:
    """The summary as a reader sees it: a row a figure and agent, with means, spread and differences."""
    label = style.text
    rows = []
    for name in evaluation.figures_in(set(summary["figure"]), shown=True):
        theirs = name in ORIGINAL
        title = original_title(name, style) if theirs else indicator_title(name, style)
        times, places = (1.0, evaluation.digits(name)) if theirs else (factor(name, style), 2)
        for row in summary[summary["figure"] == name].to_dict("records"):
            say = partial(_said, row, times, places)
            difference = note = ""
            if row["agent"] != reference:
                same = row["difference_low"] == row["difference_high"] == 0
                note = label("evaluation.same") if same else label("evaluation.noise") if row["noise"] else ""
                low, high = say("difference_low", signed=True), say("difference_high", signed=True)
                difference = f"{say('difference', signed=True)} ({low} … {high})"
            rows.append([title, agent_name(style, str(row["agent"])), say("mean"), say("sd"), difference, note])
    heads = ("figure", "agent", "mean", "sd", "difference", "sure")
    return pd.DataFrame(rows, columns=[label(f"evaluation.head_{name}") for name in heads])


def _said(row: Mapping[Any, Any], times: float, places: int, what: str, *, signed: bool = False) -> str:
    return number(row[what] * times, places, signed=signed)
