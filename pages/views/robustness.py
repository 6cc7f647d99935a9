"""Robustness: the same agents over many days, and how sure their differences are."""

from __future__ import annotations

import streamlit as st

from core.errors import EnerV2GizeError
from core.figures import robustness as figures
from core.studies.job import Job
from core.studies.verdict import comparable, verdicts
from pages.ui import agents, downloads, errors, i18n, jobs, notices, robustness
from pages.ui.charts import Sheet
from pages.ui.i18n import t

scenario = st.session_state["scenario"]
style = i18n.style(scenario)

names, against, over, n, indicator = robustness.choose(style)
try:
    study = robustness.study(scenario, names, over, n)
except EnerV2GizeError as error:
    st.error(errors.sentence(error))
    st.stop()

agents.notice(study.scenarios, names)
notices.rates(study.scenarios)


def draw(job: Job) -> None:
    """What is known so far."""
    every = job.table()
    rows = every if len(every) in (0, len(names) * len(study.scenarios)) else comparable(every, against)
    if rows.empty:
        st.header(t("verdict.nothing_yet"), anchor=False)
        return
    sheet, found = Sheet(), verdicts(rows, indicator, against)
    if rows["cars"].max() == 0:
        sheet.say(t("finding.no_cars_ever"), [t("headline.empty_hint")])
        return
    duel = robustness.best_two(rows, found, indicator)
    robustness.words(sheet, found, duel, style, alone=len(names) < 2)
    with_cars, met = int((rows.groupby("world")["cars"].max() > 0).sum()), rows["world"].nunique()
    said = [t("robustness.days_with_cars", cars=with_cars, days=met)]
    if rows is not every:
        said = [*robustness.so_far(rows, study), *said]
    sheet.when(" ".join(said))
    if found:
        sheet.chart(figures.paired(found, indicator, style), "paired")
    sheet.chart(figures.spread(rows, indicator, style), "spread")
    robustness.table(sheet, rows, found, indicator, style)
    if jobs.is_going(job):
        return
    robustness.for_whom(sheet, rows, against, style)
    robustness.worst(sheet, rows, study, indicator, against, style)
    downloads.bar(sheet, scenario, style, {"table": every}, [*names, against], "robustness")


jobs.follow(jobs.take(study, "robustness"), draw)
