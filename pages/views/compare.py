"""Compare: any agents on the same day, and pinned runs across scenarios."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from core.errors import EnerV2GizeError
from core.figures import Figure
from core.figures import compare as figures
from pages.parts.compare import pins, ranking, selections
from pages.ui import downloads, errors, families, forecasts, i18n, near, notices, rewards, runs, words
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, in_words, t

scenario = st.session_state["scenario"]
style = i18n.style(scenario)

names, against = selections.choose(scenario)
families.say_left_out(scenario, names)
kept = pins.bar(scenario, names)
# What takes long comes after everything else is on screen.
needed = dict.fromkeys([*names, against, runs.REFERENCE, runs.BOUND])
later = [name for name in needed if runs.must_wait(scenario, name)]
results = {}
for name in needed:
    try:
        if name not in later:
            results[name] = runs.run(scenario, name)
    except EnerV2GizeError as error:  # the others can be compared all the same
        st.error(errors.sentence(error))
if runs.REFERENCE not in results:
    st.stop()
base = results.get(against) or results[runs.REFERENCE]
shown = [results[name] for name in names if name in results]
best = results.get(runs.BOUND)

sheet = Sheet()
sheet.when(words.context(base, base.trace.agent))
# Who is best, of whom some are still to come, is not said before they have.
missing = [name for name in dict.fromkeys([*names, against]) if name in later and base.ledger.totals.cars]
unspoken = t("compare.waiting", agents=", ".join(agent_name(name) for name in missing)) if missing else ""
if unspoken:
    sheet.say(unspoken)
else:
    words.headline(sheet, figures.headline(shown, base, best, style))
if base.ledger.totals.cars:
    st.caption(t("headline.one_day", page=t("pages.robustness")))
notices.outside([scenario], names)
notices.rates([scenario])
waiting = st.empty()
if later:
    waiting.progress(0.0, t("compare.planning", agent=agent_name(later[0])))

rows = ranking.rows_of(shown or [base], base, best, style)
by_rank = [results[name] for name in rows["agent"] if name in results]
against_name = agent_name(base.trace.agent)
if base.ledger.totals.cars:  # without any, there is nothing to tell apart
    ranking.table(sheet, rows, base.trace.agent, style)
    forecasts.say(scenario, [run.trace.agent for run in by_rank], style)

    entries = [(agent_name(run.trace.agent), run.ledger.totals) for run in by_rank]
    charts: dict[str, Callable[[], Figure]] = {
        "who_gains": lambda: figures.who_gains(entries, (against_name, base.ledger.totals), style),
        "every_car": lambda: figures.every_car(by_rank, style),
        "durations": lambda: figures.durations(by_rank, base, style),
    }

    def draw_chart(name: str) -> None:
        figure = charts[name]()
        sheet.chart(figure.waiting(t(f"compare.{name}_waiting")) if unspoken else figure, name)

    def draw_days() -> None:
        scale = figures.shared_power([*by_rank, base])
        days = {run.trace.agent: figures.small_day(run, base, style, scale) for run in by_rank}
        sheet.multiples(days, "small_day", t("compare.days"), t("compare.days_note", base=against_name))

    def draw_two() -> None:
        st.subheader(t("compare.differ"), anchor=False)
        one, other = selections.choose_two([run.trace.agent for run in by_rank], base.trace.agent)
        reason = figures.why_better(results[one], results[other], style)
        if reason:
            sheet.note(in_words(reason))
        sheet.chart(figures.where_they_differ(results[one], results[other], style), "where_they_differ")

    def draw_rewards() -> None:
        if len(by_rank) > 1:
            rewards.draw(sheet, rewards.rows_of(by_rank), style, unspoken=bool(unspoken))

    first, *others = charts
    draw_chart(first)
    below = {name: partial(draw_chart, name) for name in others}
    near.sections({**below, "days": draw_days, "two": draw_two, "end": draw_rewards})

here = pins.ready(kept)
if here:
    st.subheader(t("compare.pins"), anchor=False)
    pinned = [runs.run(pin.scenario, pin.agent) for pin in here]
    pins.table(sheet, here, pinned, style)
    if len(here) > 1:
        labels = pins.short_names(here)
        totals = list(zip(labels, (run.ledger.totals for run in pinned), strict=True))
        sheet.chart(figures.who_gains(totals, totals[0], style), "pins")

everybody = [*names, base.trace.agent, runs.REFERENCE, *(pin.agent for pin in kept)]
ranked = by_rank or [base]


def tables() -> dict[str, pd.DataFrame]:
    """What is to be taken away."""
    return {"table": rows.merge(rewards.rows_of(ranked).drop(columns="objective_eur"), on="agent")}


downloads.bar(sheet, scenario, style, tables, everybody, "compare", results=ranked)

waited_for = [*((scenario, name) for name in later), *((pin.scenario, pin.agent) for pin in kept if pin not in here)]
for day, name in waited_for:
    try:
        runs.prepare(day, name, waiting, t("compare.planning", agent=agent_name(name)))
    except EnerV2GizeError as error:
        waiting.error(errors.sentence(error))
        st.stop()
if waited_for:
    st.rerun()
