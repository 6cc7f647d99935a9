"""Agents on the field's own settings, above the results that papers printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.agents.registry import AGENTS
from core.figures.published import cell
from core.studies.published import settings, unit
from pages.ui import choices
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t
from pages.ui.numbers import wrapped


def table(sheet: Sheet, section: Mapping[str, Any]) -> None:
    """One setting: a row an agent by family, then a row an algorithm as printed; nothing where none was measured."""
    measured, known = section.get("settings", {}), settings()
    names = [name for name in known if name in measured]
    if not names:
        return
    title, note = t("published.title"), t("published.note")
    st.subheader(title, anchor=False)
    st.caption(note)
    chosen = known[choices.one_of("setting", t("published.setting"), names, names[0], str, width=320)]
    rows = [
        {
            "agent": agent_name(name),
            "by": t(f"families.{AGENTS[name].family}"),
            "runs": str(row["n"]),
            **{figure: cell(row.get(figure), chosen, figure) for figure in chosen.figures},
        }
        for name, row in measured[chosen.name]["agents"].items()
        if name in AGENTS
    ]
    rows += [
        {
            "agent": who,
            "by": t("published.paper"),
            "runs": str(chosen.published_runs),
            **{figure: cell(row.get(figure), chosen, figure) for figure in chosen.figures},
        }
        for who, row in chosen.published.items()
    ]
    heads = {"agent": t("axis.agent"), "by": t("published.by"), "runs": t("published.runs")}
    for figure in chosen.figures:
        heads[figure] = f"{t(f'published.{figure}')} ({unit(chosen, figure)[0]})"
    cells = pd.DataFrame(rows).rename(columns=heads)
    sheet.table(cells, f"{title}: {chosen.name}", note)
    wrapped(cells)
    sources = [t("published.configuration", configuration=chosen.configuration)]
    if chosen.source:
        sources.append(t("published.source", table=chosen.table, citation=f"{chosen.source}, {chosen.url}"))
    else:
        sources.append(t("published.source_none"))
    st.caption("  \n".join(sources))
    with st.expander(t("published.differs")):
        st.markdown("\n".join(f"- {t(f'published.differs_{code}')}" for code in chosen.differs))
