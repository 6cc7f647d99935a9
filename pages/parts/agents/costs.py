"""What agents cost: training, decisions, size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.agents.registry import AGENTS
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t
from pages.ui.numbers import dressed, worded

DIGITS = {"training": 2, "steps": 1, "decisions": 0, "size": 0}


def table(sheet: Sheet, section: Mapping[str, Any]) -> None:
    """A row an agent, by family; nothing where none was measured."""
    agents = {name: row for name, row in section.get("agents", {}).items() if name in AGENTS}
    if not agents:
        return
    title, note = t("cost.title"), t("cost.note")
    st.subheader(title, anchor=False)
    st.caption(note)
    rows = pd.DataFrame(
        [
            {
                "agent": agent_name(name),
                "by": t(f"families.{AGENTS[name].family}"),
                "training": _scaled(row.get("training_s"), 1 / 3600),
                "steps": _scaled(row.get("timesteps"), 1e-6),
                "decisions": row.get("decisions_per_s"),
                "size": _scaled(row.get("policy_bytes"), 1e-3),
            }
            for name, row in agents.items()
        ]
    )
    heads = {
        "agent": t("axis.agent"),
        "by": t("published.by"),
        **{name: t(f"cost.{name}") for name in DIGITS},
    }
    sheet.table(worded(rows, heads, DIGITS), title, note)
    column = st.column_config
    st.dataframe(
        dressed(rows, DIGITS),
        hide_index=True,
        column_config={
            "agent": column.TextColumn(heads["agent"], pinned=True, width=150),
            "by": column.TextColumn(heads["by"]),
            **{name: column.NumberColumn(heads[name]) for name in DIGITS},
        },
        height="content",
        key="costs",
    )


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value
