"""What stations cost a provider, and when a year's margins have paid for them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.figures import Style
from core.figures.marks import not_knowing, together
from core.figures.style import number
from core.studies.payback import LIMITS, Investment, Payback, is_year, paybacks
from core.studies.study import Study
from pages.ui import choices, runs
from pages.ui.charts import Sheet, plain
from pages.ui.i18n import agent_name, t

USUAL = Investment(station_eur=3000, years=10, rate_percent=5)


def ask(over: str, style: Style) -> tuple[Investment, DeltaGenerator]:
    """Cost of a station, its life and the rate; and below them the place of the answer, which takes days of a year."""
    with st.expander(t("payback.ask"), expanded=any(choices.get(name) for name in LIMITS), key="payback"):
        asked = {}
        for place, name in zip(st.columns(3, gap="medium"), LIMITS, strict=True):
            usual, rate = float(getattr(USUAL, name)), style.rate if name == "station_eur" else 1.0
            with place:
                asked[name] = choices.number(
                    name, t(f"payback.{name}", currency=style.unit), usual,
                    step={"station_eur": 100.0, "years": 1.0, "rate_percent": 0.5}[name], whole=name == "years",
                    rate=rate,
                )  # fmt: skip
        for name, (low, high) in LIMITS.items():
            if not (math.isfinite(asked[name]) and low <= asked[name] <= high):
                rate = style.rate if name == "station_eur" else 1.0
                label, usual = t(f"payback.{name}", currency=style.unit), float(getattr(USUAL, name))
                st.warning(t("payback.bad", field=label, low=low * rate, high=high * rate, usual=usual * rate))
                asked[name] = usual
        place = st.empty()
        if over == "year":
            place.caption(t("payback.waiting"))
        else:
            place.button(t("payback.year"), key="payback.year", on_click=choices.put, args=("over", "year"))
    return Investment(asked["station_eur"], round(asked["years"]), asked["rate_percent"]), place


def show(sheet: Sheet, rows: pd.DataFrame, study: Study, plan: Investment, place: DeltaGenerator, style: Style) -> None:
    """Margin, payback and net present value of each agent, with the finding as title, below what was asked."""
    if not is_year(study):
        return
    found = paybacks(rows, study, plan)
    if not found:
        return
    title = _title(found, plan, style)
    note = t("payback.note", days=len(study.scenarios), years=plan.years, rate=plan.rate_percent)
    if any(one.agent == runs.BOUND for one in found):
        note += " " + t("payback.note_best", agent=agent_name(runs.BOUND))
    cells = pd.DataFrame(
        {
            t("axis.agent"): [agent_name(one.agent) for one in found],
            t("payback.margin", currency=style.unit): [style.amount(one.margin_eur) for one in found],
            t("payback.payback"): [_years(one) for one in found],
            t("payback.value", currency=style.unit): [style.amount(one.value_eur, signed=True) for one in found],
        }
    )
    column = st.column_config
    helps = (t("indicator_help.provider_margin_eur"), t("glossary_help.payback"), t("glossary_help.npv"))
    config = {
        name: column.TextColumn(name, alignment="right", help=words)
        for name, words in zip(cells.columns[1:], helps, strict=True)
    }
    first = {cells.columns[0]: column.TextColumn(cells.columns[0], pinned=True, width=170)}
    with place.container():
        st.subheader(plain(title), anchor=False)
        st.caption(plain(note))
        st.dataframe(cells, hide_index=True, height="content", column_config={**first, **config}, key="payback_table")
    sheet.table(cells, title, note)


def _years(one: Payback) -> str:
    return t("payback.never") if one.years is None else t("payback.years_long", years=number(one.years, 1))


def _title(found: Sequence[Payback], plan: Investment, style: Style) -> str:
    """Who is best for the provider, of those that do not know the future."""
    able = [one for one in found if one.agent != runs.BOUND] or list(found)
    best = max(able, key=lambda one: one.value_eur)
    tied = [one.agent for one in able if style.rounded(one.value_eur) == style.rounded(best.value_eur)]
    values = {
        "agent": together(tied, style), "among": not_knowing("able", [one.agent for one in found], style),
        "cost": style.money(best.cost_eur), "value": style.money(best.value_eur, signed=True), "years": plan.years,
    }  # fmt: skip
    if best.years is None:
        return t("payback.title_never", **values)
    return t("payback.title", **values, payback=number(best.years, 1))
