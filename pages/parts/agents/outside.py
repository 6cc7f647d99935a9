"""How agents do where training seldom was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.agents.registry import AGENTS
from core.figures import agents as figures
from core.studies.shipped_quality import known
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t
from pages.ui.numbers import wrapped


def table(sheet: Sheet, measured: Mapping[str, Any]) -> None:
    """Captured share and its interval by group: a row an agent, by family; nothing where none was measured."""
    groups = measured.get("generalisation", {}).get("groups", {})
    if not groups:
        return
    columns = {"ordinary": measured.get("held_out", {"n": 0, "agents": {}}), **groups}
    title, note = t("outside.title"), t("outside.note")
    st.subheader(title, anchor=False)
    st.caption(note)
    names = [name for name in AGENTS if any(name in found["agents"] for found in groups.values())]
    rows = pd.DataFrame(
        [
            {
                "agent": agent_name(name),
                "by": t(f"families.{AGENTS[name].family}"),
                **{key: _written(found["agents"].get(name)) for key, found in columns.items()},
            }
            for name in names
        ]
    )
    heads = {"agent": t("axis.agent"), "by": t("published.by")}
    for key, found in columns.items():
        heads[key] = t("outside.count", group=t(f"outside.{key}"), n=found["n"])
    cells = rows.rename(columns=heads)
    sheet.table(cells, title, note)
    wrapped(cells.drop(columns=heads["by"]))


def _written(found: Mapping[str, Any] | None) -> str:
    """A share and its interval; a dash where it was not measured."""
    if found is None or not known(found.get("captured")):
        return "–"
    span = figures.interval(found)
    return f"{figures.percent(found['captured'])}{f' ({span})' if span else ''}"
