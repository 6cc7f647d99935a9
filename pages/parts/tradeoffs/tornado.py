"""Which setting matters most for an indicator."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.accounts.indicators import INDICATORS
from core.agents.registry import AGENTS
from core.figures import Style
from core.figures import tradeoffs as figures
from core.figures.indicators import written
from core.figures.style import UNKNOWN, number
from core.scenario import Scenario
from core.studies import tornado
from core.studies.partial import SoFar
from core.studies.study import Study
from core.studies.tornado import Reach
from pages.parts.tradeoffs.shared import ask_days, label, rate, spoken
from pages.ui import choices, families, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, named, t

REACHES: tuple[Reach, ...] = ("near", "far")


class Tornado:
    """Which setting matters most for an indicator."""

    name = "tornado"
    keep: str | None = None
    by = ("field", "end")

    def __init__(self, scenario: Scenario, style: Style) -> None:
        self.style = style
        left, right = st.columns([46, 54], gap="medium")
        with left:
            agent = families.one("tornado_agent", st.session_state["chosen_agent"], _keep)
        with right:
            first, second, third = st.columns([40, 34, 26], gap="small")
        with first:
            self.indicator: str = choices.one_of(
                "indicator", t("choose.indicator"), list(INDICATORS), tornado.usual_indicator(scenario),
                named("indicator.{}"),
            )  # fmt: skip
        with second:
            reach: Reach = choices.one_of("reach", t("tradeoffs.reach"), REACHES, "near", named("tradeoffs.{}"))
        agent = agent if not families.say_unfit(scenario, agent) else runs.REFERENCE
        slow = AGENTS[agent].is_slow(scenario.n_ports)
        with third:
            self.days = ask_days(1 if slow else 3)
        self.study = _tornado(scenario, agent, reach, self.days, runs.ENGINE)
        if slow:
            said = {"agent": agent_name(agent), "runs": len(self.study.scenarios)}
            st.caption(t("tradeoffs.slow", days=self.days, **said))

    def draw(self, sheet: Sheet, part: SoFar) -> pd.DataFrame:
        if "" not in set(part.rows["field"]):
            sheet.say(t("verdict.nothing_yet"))
            return part.rows
        style, found = self.style, tornado.effects(part.rows, self.indicator)
        figure = figures.tornado(found, self.indicator, label, rate, style)
        sheet.headline_chart(spoken(figure, part), "tornado")
        cells = pd.DataFrame(
            {
                t("tradeoffs.field"): [label(field) for field in found["field"]],
                t("tradeoffs.by"): [t(f"tradeoffs.by_{by}") for by in found["by"]],
                **{
                    t(f"tradeoffs.{words}"): [
                        f"{number(round(at * rate(field), 4))}: {written(change, self.indicator, style, signed=True)}"
                        if at == at
                        else UNKNOWN
                        for field, at, change in zip(found["field"], found[f"{end}_at"], found[end], strict=True)
                    ]
                    for end, words in (("low", "lower"), ("high", "upper"))
                },
            }
        )
        sheet.table(cells, t("tradeoffs.tornado_values"))
        with st.expander(t("tradeoffs.tornado_values"), key="tornado_values"):
            st.dataframe(cells, hide_index=True, key="tornado_table")
        return part.rows


def _keep(agent: str) -> None:
    st.session_state["chosen_agent"] = agent


@st.cache_resource(max_entries=32, show_spinner=False)
def _tornado(base: Scenario, agent: str, reach: Reach, days: int, engine: str) -> Study:
    return tornado.tornado_study(base, agent, reach, days)
