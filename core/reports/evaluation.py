"""An evaluation to take away: a report with its table and comparison plots, and each plot as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from core.figures import Style, robustness
from core.figures.figure import Figure
from core.figures.indicators import factor, unit
from core.figures.marks import agent_name
from core.figures.style import number
from core.reports import exports
from core.reports.words import translate
from core.studies import evaluation
from core.studies.study import Study, with_cars
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
    plots = figures(numbered, reference, style)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "report.html"]
    files[0].write_text(exports.to_html(_report(study, numbered, reference, language, plots, style), style), "utf-8")
    for i, (name, figure) in enumerate((pair for of_one in plots.values() for pair in of_one.items()), start=1):
        files.append(folder / f"{i:02d}-{name}.png")
        files[-1].write_bytes(exports.to_png(figure, style))
    return files


def figures(table: pd.DataFrame, reference: str, style: Style) -> dict[str, dict[str, Figure]]:
    """By indicator: how the runs are spread, and how surely agents differ from the reference.

    An indicator that is the same for all agents in every run shows nothing and has none.
    """
    out: dict[str, dict[str, Figure]] = {}
    for name in evaluation.figures_in(table, shown=True):
        if (table.groupby("world")[name].agg("max") - table.groupby("world")[name].agg("min") < 1e-9).all():
            continue
        out[name] = {f"{name}-spread": robustness.spread(table, name, style)}
        found = verdicts(table, name, reference)
        if found:
            out[name][f"{name}-differences"] = robustness.paired(found, name, style)
    return out


def _report(
    study: Study,
    table: pd.DataFrame,
    reference: str,
    language: str,
    plots: Mapping[str, Mapping[str, Figure]],
    style: Style,
) -> exports.Report:
    label, scenario = style.text, study.scenarios[0]
    said = [robustness.sentence(verdict, style) for verdict in verdicts(table, "objective_eur", reference)]
    sentences = [label(finding.key, **finding.values) for finding in said]
    runs = int(table["world"].nunique())
    sections = [
        exports.Section(label("evaluation.table"), label("evaluation.table_note"), table=cells(table, reference, style))
    ]
    sections += [
        exports.Section(label(f"indicator.{name}"), figures=of_one, columns=len(of_one))
        for name, of_one in plots.items()
    ]
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


def cells(table: pd.DataFrame, reference: str, style: Style) -> pd.DataFrame:
    """The summary as a reader sees it: a row a figure and agent, with means, spread and differences."""
    label = style.text
    rows = []
    shown = evaluation.figures_in(table, shown=True)
    for row in evaluation.summary(table, reference).to_dict("records"):
        name = str(row["figure"])
        if name not in shown:
            continue
        times = factor(name, style)

        def say(what: str, row: Mapping[Any, Any] = row, times: float = times, *, signed: bool = False) -> str:
            return number(row[what] * times, 2, signed=signed)

        difference = note = ""
        if row["agent"] != reference:
            same = row["difference_low"] == row["difference_high"] == 0
            note = label("evaluation.same") if same else label("evaluation.noise") if row["noise"] else ""
            low, high = say("difference_low", signed=True), say("difference_high", signed=True)
            difference = f"{say('difference', signed=True)} ({low} … {high})"
        rows.append(
            [
                label(f"indicator.{name}"), unit(name, style), agent_name(style, str(row["agent"])), say("mean"),
                say("sd"), difference, note,
            ]
        )  # fmt: skip
    heads = ("figure", "unit", "agent", "mean", "sd", "difference", "sure")
    return pd.DataFrame(rows, columns=[label(f"evaluation.head_{name}") for name in heads])
