"""One stakeholder against another over the weights."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.figures import Style
from core.figures import tradeoffs as figures
from core.scenario import WEIGHT_FIELDS, Scenario
from core.studies import tradeoff
from core.studies.partial import SoFar
from core.studies.study import Study
from pages.parts.tradeoffs.shared import ask_days, spoken
from pages.ui import choices, families, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, named, t

STEPS = 5
"""Weights of the front are multiples of a quarter."""

AXES = {
    "user_grid": ("user_profit_eur", "grid_value_eur"),
    "user_provider": ("user_profit_eur", "provider_margin_eur"),
    "provider_grid": ("provider_margin_eur", "grid_value_eur"),
}


class Front:
    """One stakeholder against another over the weights."""

    name = "front"
    keep: str | None = runs.BOUND
    by = (*WEIGHT_FIELDS, "own")

    def __init__(self, scenario: Scenario, style: Style) -> None:
        self.scenario, self.style = scenario, style
        first, second, third = st.columns([56, 32, 12], gap="medium")
        with first:
            names = families.several(families.quick(scenario), scenario)
        with second:
            self.axes: str = choices.one_of("axes", t("tradeoffs.axes"), list(AXES), "user_grid", named("tradeoffs.{}"))
        with third:
            self.days = ask_days()
        families.say_left_out(scenario, names)
        self.study = _front(scenario, tuple(names), self.days, runs.ENGINE)

    def draw(self, sheet: Sheet, found: SoFar) -> pd.DataFrame:
        rows = found.rows
        sheet.headline_chart(spoken(figures.weight_front(rows, AXES[self.axes], self.style), found), "front")
        far = tradeoff.distances(rows, self.scenario).drop(runs.BOUND, errors="ignore").dropna().sort_values()
        if len(far):
            st.subheader(t("tradeoffs.distance"), anchor=False)
            st.caption(t("tradeoffs.distance_note"))
            names = [agent_name(name) for name in far.index]
            column = t("tradeoffs.distance_column", currency=self.style.unit)
            words = pd.DataFrame({t("axis.agent"): names, column: [self.style.amount(v) for v in far]})
            sheet.table(words, t("tradeoffs.distance"), t("tradeoffs.distance_note"))
            shown = (far * self.style.rate).round(self.style.digits).to_numpy() + 0.0
            st.dataframe(
                pd.DataFrame({"agent": names, "distance": shown}),
                hide_index=True,
                column_config={
                    "agent": st.column_config.TextColumn(t("axis.agent"), width=180),
                    "distance": st.column_config.ProgressColumn(
                        column, format=f"%,.{self.style.digits}f", min_value=min(0.0, float(shown.min())),
                        max_value=max(1e-9, float(shown.max())),
                    ),
                },
                key="distances",
            )  # fmt: skip
        return rows


@st.cache_resource(max_entries=32, show_spinner=False)
def _front(base: Scenario, names: tuple[str, ...], days: int, engine: str) -> Study:
    return tradeoff.weight_front(base, names, STEPS, days)
