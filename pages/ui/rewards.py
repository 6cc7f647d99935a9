"""The original's rewards on a page: what runs of one day score under each, and whom each would have preferred."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.figures import Style
from core.figures import rewards as figures
from core.figures.marks import together
from core.figures.rewards import COLUMNS
from core.figures.style import number
from core.rewards import scores
from core.studies.run import Result
from pages.ui import runs
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, in_words, t
from pages.ui.numbers import dressed

DIGITS = 1
"""Decimals of scores."""


def rows_of(results: Sequence[Result]) -> pd.DataFrame:
    """The table in numbers, objective in EUR: `core.figures.rewards.scored`."""
    return figures.scored(results, [_scores(*runs.trace_key(run.scenario, run.trace.agent), run) for run in results])


@st.cache_data(max_entries=192, show_spinner=False)
def _scores(agent: str, key: str, engine: str, _run: Result) -> dict[str, float]:
    return scores(_run.world, _run.trace)


def draw(sheet: Sheet, rows: pd.DataFrame, style: Style, *, unspoken: bool = False) -> None:
    """The finding as a heading, and the table; `unspoken` where who is best cannot be said yet."""
    title = t("rewards.waiting") if unspoken else in_words(figures.agreement(rows, style))
    first = figures.preferred(rows)
    shown = rows.assign(objective_eur=rows["objective_eur"] * style.rate)
    digits = {"objective_eur": style.digits, **dict.fromkeys(COLUMNS, DIGITS)}
    heads = {
        "objective_eur": f"{t('indicator.objective_eur')} ({style.currency})",
        **{column: t(f"rewards.name.{name}") for column, name in COLUMNS.items()},
    }
    helps = {
        "objective_eur": t("indicator_help.objective_eur"),
        **{column: t(f"rewards.words.{name}") for column, name in COLUMNS.items()},
    }
    with st.container(key="rewards"):
        st.subheader(title, anchor=False)
        st.caption(f"{t('rewards.note')} {t('rewards.hint')}")
        bold = dressed(shown.assign(agent=[agent_name(name) for name in rows["agent"]]), digits).apply(
            lambda column: [
                "font-weight: bold" if agent in first.get(str(column.name), ()) else "" for agent in rows["agent"]
            ]
        )
        st.dataframe(
            bold,
            hide_index=True,
            column_config={
                "agent": st.column_config.TextColumn(t("axis.agent"), pinned=True, width=172),
                **{name: st.column_config.NumberColumn(heads[name], help=helps[name]) for name in heads},
            },
            key="rewards_table",
        )
    cells = [
        [heads[name], *(number(value, digits[name]) for value in shown[name]), together(first[name], style) or "–"]
        for name in heads
    ]
    names = [agent_name(name) for name in rows["agent"]]
    sheet.table(
        pd.DataFrame(cells, columns=[t("rewards.reward"), *names, t("rewards.preferred")]), title, t("rewards.note")
    )
