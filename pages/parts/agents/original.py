"""The original's experiment: nine algorithms under seven rewards, on two sites."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.agents.looks import SITE_PARTS
from core.figures import Style
from core.figures import agents as figures
from core.figures.style import number
from core.studies import original_experiment
from core.studies.original_experiment import FIGURES, MONEY
from pages.ui.charts import Sheet
from pages.ui.i18n import named, t
from pages.ui.numbers import worded, wrapped

SEEDS = 3
"""Trainings of each kind that a complete experiment has; `core.training.whole_site` makes as many."""


def section(sheet: Sheet, style: Style) -> None:
    """Site and indicator to choose, their map, and what each reward brought to whom; nothing where nothing is known."""
    found = original_experiment.load()
    sites = [site for site in found.get("sites", {}) if len(figures.cells(found, site))]
    if not sites:
        return
    seeds = [n for site in sites for n in figures.cells(found, site)["seeds"]]
    everything = len(SITE_PARTS) * len(found["sites"]) * SEEDS
    note = t("experiment.note", done=sum(seeds), all=everything, most=max(seeds))
    st.subheader(t("experiment.title"), anchor=False)
    st.caption(note)
    with st.container(horizontal=True, key="pick_experiment"):
        site = st.selectbox(
            t("experiment.site"), sites, format_func=named("experiment.site_of.{}"), key="experiment.site"
        )
        figure = st.selectbox(
            t("experiment.figure"), FIGURES, format_func=lambda name: figures.figure_title(name, style),
            key="experiment.figure",
        )  # fmt: skip
    sheet.chart(figures.by_reward(found, site, figure, style), "original_map")
    _brought(sheet, figures.brought(found, site), style)


def _brought(sheet: Sheet, rows: pd.DataFrame, style: Style) -> None:
    """What each reward brought to whom: a row a reward."""
    title = figures.brought_finding(rows, style)
    note = f"{figures.favourites(rows, style)} {t('experiment.brought_note')}"
    st.subheader(title, anchor=False)
    st.caption(note)

    def span(row: pd.Series, name: str, times: float, digits: int) -> str:
        mean, low, high = (
            number(row[column] * times, digits, signed=True) for column in (name, f"{name}_low", f"{name}_high")
        )
        return f"{mean} ({low} … {high})"

    columns = {name: (style.rate, min(style.digits, 1)) for name in MONEY} | {"ready_frac": (100.0, 1)}
    lines = pd.DataFrame(
        [
            {"reward": figures.reward_words(row["reward"], style)}
            | {name: span(row, name, *scale) for name, scale in columns.items()}
            for _, row in rows.iterrows()
        ]
    )
    heads = {"reward": t("rewards.reward")}
    heads |= {name: f"{t(f'indicator.{name}')} ({style.unit})" for name in MONEY} | {
        "ready_frac": t("experiment.ready")
    }
    cells = worded(lines, heads, {})
    sheet.table(cells, title, note)
    wrapped(cells)
