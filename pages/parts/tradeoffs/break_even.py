"""The price at which V2G starts to pay the driver."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from core.agents.registry import AGENTS
from core.figures import Style
from core.figures import tradeoffs as figures
from core.figures.indicators import written
from core.figures.style import UNKNOWN, number
from core.scenario import Scenario
from core.studies import tradeoff
from core.studies.partial import SoFar
from core.studies.study import Study
from core.studies.tradeoff import Price
from pages.parts.tradeoffs.shared import POINTS, Span, ask_days, ask_range, label, named_fields, rate, spoken
from pages.ui import choices, families, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t

PAYS = {
    "always": "tradeoffs.always_pays", "never": "tradeoffs.never_pays", "partly": "tradeoffs.partly_pays",
    "discharges": "tradeoffs.never_discharges",
}  # fmt: skip

PRICES: tuple[Price, ...] = ("v2g_price_factor", "wear_price_eur_per_kwh")


class BreakEven:
    """The price at which V2G starts to pay the driver."""

    name = "break_even"
    keep: str | None = None

    def __init__(self, scenario: Scenario, style: Style) -> None:
        self.scenario, self.style = scenario, style
        problems: list[str] = []
        names = families.several(
            [name for name in families.telling(scenario) if AGENTS[name].family != "heuristic"], scenario
        )
        first, low, high, third, fourth = st.columns([36, 16, 16, 16, 16], gap="small")
        with first:
            self.price: Price = choices.one_of(
                "price", t("tradeoffs.price"), PRICES, PRICES[0], named_fields(list(PRICES)),
                ("price_from", "price_to"),
            )  # fmt: skip
        span = ask_range(self.price, ("price_from", "price_to"), (low, high), problems)
        with third:
            points: int = choices.one_of("points", t("tradeoffs.points"), POINTS, 9, str)
        with fourth:
            self.days = ask_days()
        if problems:
            st.warning(" ".join(problems))
        self.by: tuple[str, ...] = (self.price,)
        self.study = _break_even(scenario, self.price, span, tuple(names), points, self.days, runs.ENGINE)

    def draw(self, sheet: Sheet, part: SoFar) -> pd.DataFrame:
        style, price = self.style, self.price
        every = tradeoff.gains(part.rows, price)
        found = every.assign(**{price: every[price] * rate(price)})
        if found.empty:
            sheet.say(t("verdict.nothing_yet"))
            return part.rows
        now = float(getattr(self.scenario, price)) * rate(price)
        figure = spoken(figures.break_even(found, price, label(price), now, style), part)
        more = (figures.gain_of_own_day(found, price, now, style), figures.break_even_words(found, price, style))
        sheet.headline_chart(figure, "break_even", [s for s in more if s and s != figure.title] if part.whole else [])
        lines = []
        for name in dict.fromkeys(found["agent"]):
            mine = found[found["agent"] == name].sort_values(price)
            at = figures.pays(found, price, name)
            if at == "never" and mine["discharged_kwh"].max() < 0.05:
                at = "discharges"
            here = mine[np.isclose(mine[price], now)]
            lines.append(
                {
                    "agent": agent_name(name),
                    **{
                        head: style.money(float(here[column].iloc[0]), signed=True)
                        if len(here) and np.isfinite(here[column].iloc[0])
                        else UNKNOWN
                        for head, column in (("now", "mean"), ("own", "own"))
                    },
                    "break_even": number(at, 2) if isinstance(at, float) else t(PAYS[at]),
                    "gain": written(float(mine["mean"].max()), "user_profit_eur", style, signed=True),
                    "at": number(mine.loc[mine["mean"].idxmax(), price]),
                }
            )
        column, shown = st.column_config, pd.DataFrame(lines)
        words = shown.copy()
        heads = ("axis.agent", *(f"tradeoffs.{name}" for name in ("gain_now", "gain_own")), "tip.break_even")
        words.columns = [t(head) for head in (*heads, "tradeoffs.most_gain", "tradeoffs.at")]
        sheet.table(words, t("tradeoffs.break_even"), t("tradeoffs.break_even_note"))
        st.dataframe(
            shown,
            hide_index=True,
            column_config={
                "agent": column.TextColumn(t("axis.agent"), width=180),
                "now": column.TextColumn(t("tradeoffs.gain_now"), alignment="right"),
                "own": column.TextColumn(t("tradeoffs.gain_own"), help=t("tradeoffs.gain_own_help"), alignment="right"),
                "break_even": column.TextColumn(t("tip.break_even"), width=150),
                "gain": column.TextColumn(t("tradeoffs.most_gain"), alignment="right"),
                "at": column.TextColumn(t("tradeoffs.at"), alignment="right"),
            },
            key="break_evens",
        )
        return every


@st.cache_resource(max_entries=32, show_spinner=False)
def _break_even(
    base: Scenario, price: Price, span: Span, names: tuple[str, ...], points: int, days: int, engine: str
) -> Study:
    return tradeoff.break_even_study(base, price, names, points, days, span)
