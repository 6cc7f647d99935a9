"""Robustness: the same agents over many days, and how sure their differences are."""

from __future__ import annotations

import streamlit as st

from core.agents.registry import AGENTS
from core.errors import EnerV2GizeError
from core.figures import robustness as figures
from core.studies.job import Job
from core.studies.partial import so_far
from core.studies.verdict import verdicts
from core.world import highest_limit_kw
from pages.parts.robustness import bill, days, findings, payback
from pages.ui import downloads, errors, i18n, jobs, notices, partial
from pages.ui.charts import Sheet
from pages.ui.i18n import t

scenario = st.session_state["scenario"]
style = i18n.style(scenario)

names, against, over, n, indicator = days.choose(scenario, style)
bill.offer(scenario, over)
investment, answer = payback.ask(over, style)
try:
    study = days.study(scenario, names, over, n)
except EnerV2GizeError as error:
    st.error(errors.sentence(error))
    st.stop()

notices.outside(study.scenarios, names)
notices.rates(study.scenarios)


def draw(job: Job) -> None:
    """What is known so far."""
    every = job.table()
    # Agents that plan anew in every step take minutes: the others are judged without them, when they are done.
    slow = [name for name in names if AGENTS[name].plans_every_step]
    part = so_far(every, study, keep=against, last=slow if set(names) - {*slow, against} else ())
    rows, going = part.rows, jobs.is_going(job)
    judged = not going or (part.points == part.asked and len(part.waiting) > 0 and set(part.waiting) <= set(slow))
    empty = rows.empty or rows["cars"].max() == 0
    if empty and not part.whole:
        st.header(t("verdict.nothing_yet"), anchor=False)
        return
    sheet, found = Sheet(), verdicts(rows, indicator, against)
    if empty:
        sheet.say(t("finding.no_cars_ever"), [t("headline.empty_hint")])
        return
    # A study that goes on is not judged yet: its first days may all lie in one season.
    if not judged:
        sheet.say(partial.words(part, "robustness.computing"))
    else:
        where = " ".join(partial.of_what(part, "robustness.on_days"))
        findings.words(sheet, found, findings.best_two(rows, found, indicator), style, where, alone=len(names) < 2)
    sheet.when(" ".join([*findings.context(part), *errors.left_out(study.left_out)]))
    charts = {"paired": figures.paired(found, indicator, style)} if found else {}
    charts["spread"] = figures.spread(rows, indicator, style)
    limit_kw = max(map(highest_limit_kw, study.scenarios))
    charts["daily_peaks"] = figures.daily_peaks(rows, against, limit_kw, style)
    for name, figure in charts.items():
        sheet.chart(figure.waiting(t(f"robustness.{name}_waiting")) if not judged else figure, name)
    findings.table(sheet, rows, found, indicator, style)
    if going:
        return
    monthly = bill.of_month(every, study)
    bill.show(sheet, monthly, scenario, against, style)
    findings.for_whom(sheet, rows, against, style)
    findings.worst(sheet, rows, study, indicator, against, style)
    payback.show(sheet, every, study, investment, answer, style)
    tables = {"table": every, **({"bill": bill.table(monthly)} if monthly else {})}
    downloads.bar(sheet, scenario, style, lambda: tables, [*names, against], "robustness")


jobs.follow(jobs.take(study, "robustness"), draw)
