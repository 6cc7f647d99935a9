"""Every agent's measured figures side by side, and how they were measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.figures import Style
from core.figures import agents as figures
from core.figures.style import number
from core.studies.shipped_quality import paired, ranked
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t
from pages.ui.numbers import dressed, worded


def rows_of(section: Mapping[str, Any]) -> pd.DataFrame:
    """One row an agent, best first, by ids and in EUR; energy and money are means over the scenarios."""
    n, agents = max(1, section["n"]), section["agents"]
    return pd.DataFrame(
        [
            {
                "agent": name,
                "family": figures.kind_of(agents, name),
                "captured_frac": agents[name]["captured"],
                "captured_low": agents[name].get("captured_low"),
                "captured_high": agents[name].get("captured_high"),
                "median_captured": agents[name].get("median_captured"),
                **dict(
                    zip(
                        ("less_mpc", "less_mpc_low", "less_mpc_high"), paired(section, name) or (None,) * 3, strict=True
                    )
                ),
                "ready_frac": agents[name]["ready_frac"],
                "overload_kwh": agents[name]["overload_kwh"] / n,
                "wear_kwh": agents[name]["wear_kwh"] / n,
                "objective_eur": agents[name]["objective_eur"] / n,
                "decision_ms": agents[name]["decision_ms"],
            }
            for name in ranked(agents)
        ]
    )


def table(sheet: Sheet, section: Mapping[str, Any], style: Style, key: str) -> None:
    """One row an agent, best first; energy and money are means over the scenarios."""
    title, note = t("learned.comparison", n=section["n"]), t("learned.comparison_note")
    st.subheader(title, anchor=False)
    st.caption(note)
    n, agents = max(1, section["n"]), section["agents"]
    rows = pd.DataFrame(
        [
            {
                "agent": agent_name(name),
                "family": t(f"families.{figures.kind_of(agents, name)}"),
                "captured": 100 * agents[name]["captured"],
                "interval": figures.interval(agents[name]),
                "median": _points(agents[name].get("median_captured")),
                "less_mpc": _paired(section, name),
                "ready": 100 * agents[name]["ready_frac"],
                "overload": agents[name]["overload_kwh"] / n,
                "wear": agents[name]["wear_kwh"] / n,
                "objective": agents[name]["objective_eur"] / n * style.rate,
                "decision": agents[name]["decision_ms"],
            }
            for name in ranked(agents)
        ]
    )
    heads = {
        "agent": t("axis.agent"),
        "family": t("families.family"),
        "captured": t("axis.captured"),
        "interval": t("robustness.interval"),
        "median": t("learned.median"),
        "less_mpc": t("learned.less_mpc"),
        "ready": f"{t('kpi.ready')} (%)",
        "overload": f"{t('kpi.overload')} (kWh)",
        "wear": t("learned.wear"),
        "objective": f"{t('indicator.objective_eur')} ({style.unit})",
        "decision": t("compare.decision"),
    }
    digits = {
        "captured": 1,
        "median": 1,
        "ready": 1,
        "overload": 2,
        "wear": 1,
        "objective": style.digits,
        "decision": 2,
    }
    sheet.table(worded(rows, heads, digits), title, note)
    mean = t("learned.mean_help", n=section["n"])
    helps = {
        "captured": t("kpi.captured_help"), "median": t("learned.median_help"),
        "ready": t("kpi.ready_help"), "overload": mean, "objective": mean,
        "wear": t("learned.wear_help"), "decision": t("compare.decision_help"),
    }  # fmt: skip
    # The chart above colours families; without them, and under short headings, all figures are in sight.
    column = st.column_config
    st.dataframe(
        dressed(rows.drop(columns="family"), digits),
        hide_index=True,
        column_config={
            "agent": column.TextColumn(heads["agent"], pinned=True, width=165),
            "interval": column.TextColumn("95 %", help=heads["interval"], alignment="right", width=110),
            "less_mpc": column.TextColumn(
                t("learned.short_less_mpc"), alignment="right", width=155,
                help=f"{heads['less_mpc']}. {t('learned.less_mpc_help')}",
            ),
            **{
                name: column.NumberColumn(
                    t(f"learned.short_{name}", currency=style.unit), help=f"{heads[name]}. {helps[name]}", width=71
                )
                for name in digits
            },
        },
        height="content",
        key=key,
    )  # fmt: skip


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _paired(section: Mapping[str, Any], name: str) -> str:
    """How much more an agent captures than the look-ahead plan on the same scenarios, in points."""
    found = paired(section, name)
    if found is None:
        return "–"
    mean, low, high = (number(100 * value, 1, signed=True) for value in found)
    return f"{mean} ({low} … {high})"


def provenance(sheet: Sheet, measured: Mapping[str, Any]) -> None:
    """When and how the figures of this page were measured."""
    made = measured.get("made", {})
    versions = ", ".join(f"{name} {value}" for name, value in made.get("versions", {}).items())
    st.subheader(t("learned.provenance"), anchor=False)
    st.markdown(
        t("learned.made", date=made.get("date", "–"), command=made.get("command", "–"), versions=versions or "–")
    )
    rows = {"date": made.get("date", "–"), "command": made.get("command", "–"), "versions": versions or "–"}
    cells = pd.DataFrame(
        [(t(f"learned.row_{name}"), value) for name, value in rows.items()], columns=[t("table.name"), t("table.value")]
    )
    sheet.table(cells, t("learned.provenance"))
