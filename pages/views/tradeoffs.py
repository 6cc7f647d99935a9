"""Trade-offs: sweep a field or two, stakeholders against each other, and the price at which V2G pays."""

from __future__ import annotations

import streamlit as st

from core.errors import EnerV2GizeError
from core.studies.job import Job
from pages.ui import agents, downloads, errors, i18n, jobs, notices, tradeoffs
from pages.ui.charts import Sheet
from pages.ui.i18n import t

scenario = st.session_state["scenario"]
style = i18n.style(scenario)

try:
    part = tradeoffs.choose(scenario, style)
except EnerV2GizeError as error:
    st.error(errors.sentence(error))
    st.stop()

agents.notice(part.study.scenarios, part.study.agents)
notices.rates(part.study.scenarios)


def draw(job: Job) -> None:
    """What is known so far."""
    rows = job.table()
    if rows.empty:
        st.header(t("verdict.nothing_yet"), anchor=False)
        return
    sheet = Sheet()
    if rows["cars"].max() == 0:
        sheet.say(t("finding.no_cars_ever"), [t("headline.empty_hint")])
        return
    rows = part.draw(sheet, rows)
    if jobs.is_going(job):
        return
    downloads.bar(sheet, scenario, style, {"table": rows}, part.study.agents, "tradeoffs", f"tradeoffs-{part.name}")


jobs.follow(jobs.take(part.study, "tradeoffs"), draw)
