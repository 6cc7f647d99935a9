"""What learning adds to the plan, and what the projection does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from core.figures import agents as figures
from core.figures.style import number
from core.studies.shipped_quality import known, ranked
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t
from pages.ui.numbers import dressed, worded


def table(sheet: Sheet, measured: Mapping[str, Any]) -> None:
    """What learning adds to the plan, and what the projection does: a row a learned agent."""
    held, bare = measured["held_out"], measured.get("unprojected", {}).get("agents", {})
    agents = held["agents"]
    names = [name for name in ranked(agents) if figures.kind_of(agents, name) == "planner_corrected"]
    plan = agents.get(figures.PLAN)
    if not names or (plan is None and not bare):
        return
    title, note = t("learned.ablations"), t("learned.ablations_note")
    if plan is not None:
        title = t("learned.ablations_title", plan=figures.percent(plan["captured"]), span=_gains(agents, names))
        if _overlap(agents, names):
            note = f"{note} {t('learned.ablations_overlap')}"
    st.subheader(title, anchor=False)
    st.caption(note)
    n, n_bare = max(1, held["n"]), max(1, measured.get("unprojected", {}).get("n", 1))
    lines = []
    for name in names:
        other = bare.get(name)
        lines.append(
            {
                "agent": agent_name(name),
                "captured": 100 * agents[name]["captured"],
                "gain": None if plan is None else 100 * (agents[name]["captured"] - plan["captured"]),
                "bare": None if other is None else 100 * other["captured"],
                "overload": agents[name]["overload_kwh"] / n,
                "bare_overload": None if other is None else other["overload_kwh"] / n_bare,
            }
        )
    rows = pd.DataFrame(lines)
    heads = {
        "agent": t("axis.agent"),
        "captured": t("axis.captured"),
        "gain": t("learned.over_plan"),
        "bare": t("learned.unprojected"),
        "overload": f"{t('kpi.overload')} (kWh)",
        "bare_overload": t("learned.unprojected_overload"),
    }
    digits, signed = dict.fromkeys(list(heads)[1:], 2), ("gain",)
    sheet.table(worded(rows, heads, digits, signed), title, note)
    column = st.column_config
    st.dataframe(
        dressed(rows, digits, signed),
        hide_index=True,
        column_config={
            "agent": column.TextColumn(heads["agent"], pinned=True, width=150),
            **{name: column.NumberColumn(heads[name]) for name in digits},
        },
        height="content",
        key="ablations",
    )


def _gains(agents: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> str:
    """Least and largest difference of captured shares to the plan alone, in points."""
    gains = [100 * (agents[name]["captured"] - agents[figures.PLAN]["captured"]) for name in names]
    low, high = number(min(gains), 2, signed=True), number(max(gains), 2, signed=True)
    return t("learned.gain_one", gain=low) if low == high else t("learned.gain_span", low=low, high=high)


def _overlap(agents: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> bool:
    """Whether the interval of every agent overlaps that of the plan alone."""
    spans = [(agents[name].get("captured_low"), agents[name].get("captured_high")) for name in (figures.PLAN, *names)]
    if not all(known(low) and known(high) for low, high in spans):
        return False
    (low, high), *others = spans
    return all(other_low <= high and low <= other_high for other_low, other_high in others)
