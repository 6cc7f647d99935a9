"""What stands below and beside Explore's figures: notes, every step, sources, EV2Gym's own figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from core.agents.registry import AGENTS
from core.figures import Style, findings
from core.figures.sources import source_words
from core.figures.style import number
from core.scenario import Scenario
from core.studies.run import Result
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, in_words, t
from pages.ui.numbers import dressed


def notes(sheet: Sheet, result: Result, reference: Result, style: Style) -> None:
    """What a reader must know about this run, and whose weight can change nothing."""
    scenario, agent = result.scenario, result.trace.agent
    lines = [in_words(sentence) for sentence in findings.nothing_left(result, reference, style)]
    if AGENTS[agent].blind_to_weights and result.ledger.totals.cars:
        lines.append(t("nothing_left.blind", agent=agent_name(agent)))
    sheet.sentences.extend(lines)
    if not scenario.v2g:
        lines.append(t("explore.v2g_off"))
    if _clock_changes(scenario):
        lines.append(t("explore.dst"))
    if scenario.currency == "KRW":
        lines.append(t("explore.rate", rate=scenario.krw_per_eur))
    # Always one element: what stands below keeps its place while pages are recomputed.
    with st.container():
        if lines:
            st.caption(" ".join(lines))


def _clock_changes(scenario: Scenario) -> bool:
    """Whether Dutch clocks change within the run; Korea's never do."""
    if "day_ahead" not in [kind.name for kind in scenario.tariff_kinds]:
        return False
    days = {scenario.times_local[0].astype("datetime64[D]"), scenario.times_local[-1].astype("datetime64[D]")}
    # The last Sundays of March and October.
    return any(
        day.item().month in (3, 10) and day.item().weekday() == 6 and day.item().day > 24
        for day in np.arange(min(days), max(days) + 1)
    )


def steps_table(steps: pd.DataFrame, style: Style) -> None:
    """Every step with a car: the quantities and the reason."""
    with st.expander(t("explore.steps"), key="steps"):
        terms = {"rank": "price_rank", "slack": "slack", "headroom": "headroom"}
        said = [f"{t(f'table.{column}')}: {t(f'glossary_help.{term}')}" for column, term in terms.items()]
        st.caption(" ".join([*said, t("explore.steps_help")]))
        rows = steps[steps["session"] >= 0]
        if rows.empty:
            return
        shown = pd.DataFrame(
            {
                "time": rows["time_local"],
                "port": rows["port"],
                "car": rows["car"],
                "power": rows["power_kw"],
                "soc": rows["soc_frac"],
                "price": rows["buy_eur_per_kwh"] * style.rate,
                "rank": rows["price_rank"].astype(str) + " / " + rows["stay_steps"].astype(str),
                "needed": rows["energy_needed_kwh"],
                "slack": rows["slack_steps"],
                "headroom": rows["headroom_kw"],
                "limit_share": 100 * rows["limit_share"],
                "reason": rows["reason"].map(lambda code: t(f"reasons.{code}")),
            }
        )
        column = st.column_config
        digits = {
            "power": 2, "price": style.price_digits, "needed": 2, "slack": 0, "headroom": 1, "limit_share": 0
        }  # fmt: skip
        st.dataframe(
            dressed(shown, digits),
            hide_index=True,
            height=320,
            column_order=["time", "reason", *(c for c in shown.columns if c not in ("time", "reason", "port", "car"))],
            column_config={
                "time": column.DatetimeColumn(t("table.time"), format="MM-DD HH:mm", pinned=True, width=95),
                "reason": column.TextColumn(t("table.reason"), width=270),
                "power": column.NumberColumn(t("table.power")),
                "soc": column.ProgressColumn(
                    t("table.soc"), help=t("glossary_help.soc"), format="percent", min_value=0, max_value=1
                ),
                "price": column.NumberColumn(t("table.price", currency=style.unit)),
                "rank": column.TextColumn(t("table.rank")),
                "needed": column.NumberColumn(t("table.needed")),
                "slack": column.NumberColumn(t("table.slack")),
                "headroom": column.NumberColumn(t("table.headroom")),
                "limit_share": column.NumberColumn(f"{t('table.limit_share')} (%)"),
            },
        )


def sources(result: Result) -> None:
    """Where the prices come from, and since when they hold."""
    lines = []
    for source in result.world.prices.sources:
        since = f", {t('explore.in_effect', date=source.effective_from)}" if source.effective_from else ""
        title, note = source_words(source, t)
        lines.append(f"**{title}**{since}. {note}")
    with st.container():
        st.caption(f"{t('explore.prices')}: " + "  \n".join(lines))


def ev2gym_statistics(result: Result, style: Style) -> None:
    """EV2Gym's own figures, as they are but for the currency."""
    with st.expander(t("explore.stats"), key="stats"):
        stats = result.trace.ev2gym_stats
        if not stats:
            st.caption(t("explore.stats_none"))
            return
        st.caption(t("explore.stats_help", currency=style.unit))
        stats = {name: value * (style.rate if name == "total_profits" else 1.0) for name, value in stats.items()}
        st.dataframe(
            pd.DataFrame({t("table.name"): list(stats), t("table.value"): [number(v) for v in stats.values()]}),
            hide_index=True,
            column_config={t("table.value"): st.column_config.TextColumn(alignment="right")},
        )
