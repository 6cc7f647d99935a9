"""Trade-offs: sweep a field or two, stakeholders against each other, and the price at which V2G pays."""

from __future__ import annotations

import streamlit as st

from core.errors import EnerV2GizeError
from core.studies.job import Job
from core.studies.partial import so_far
from pages.parts.tradeoffs import questions, shared
from pages.ui import downloads, errors, i18n, jobs, notices, partial
from pages.ui.charts import Sheet
from pages.ui.i18n import t

scenario = st.session_state["scenario"]
style = i18n.style(scenario)

try:
    part = questions.choose(scenario, style)
except EnerV2GizeError as error:
    st.error(errors.sentence(error))
    st.stop()

left_out = errors.left_out(part.study.left_out)
notices.outside(part.study.scenarios, part.study.agents)
notices.rates(part.study.scenarios)


def draw(job: Job) -> None:
    """What is known so far."""
    found = so_far(job.table(), part.study, by=part.by, keep=part.keep)
    empty = found.rows.empty or found.rows["cars"].max() == 0
    if empty and not found.whole:
        st.header(t("verdict.nothing_yet"), anchor=False)
        return
    sheet = Sheet()
    if empty:
        sheet.say(t("finding.no_cars_ever"), [t("headline.empty_hint")])
        return
    sheet.when(" ".join([shared.context(found.rows, part.days), *partial.left_waiting(found), *left_out]))
    rows = part.draw(sheet, found)
    if jobs.is_going(job):
        return
    downloads.bar(
        sheet, scenario, style, lambda: {"table": rows}, part.study.agents, "tradeoffs", f"tradeoffs-{part.name}"
    )


jobs.follow(jobs.take(part.study, "tradeoffs"), draw)
