"""The provider's bill from KEPCO for a month, agent by agent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.figures import Style
from core.figures.marks import not_knowing
from core.figures.style import number
from core.scenario import Scenario
from core.studies.monthly_bill import LEAST_SHARE, Bill, bills, buys_from_kepco, month_of
from core.studies.study import Study
from core.tariffs.kepco import PERIODS
from pages.ui import choices, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t


def offer(scenario: Scenario, over: str) -> None:
    """A button that runs the scenario's month, where the provider buys from KEPCO and another stretch is shown."""
    # Always a place, so that what follows keeps its own.
    with st.container():
        if buys_from_kepco(scenario) and over != "month":
            month = _month(scenario.date)
            st.button(
                t("bill.run", month=month), key="bill.run", help=t("bill.run_help"),
                on_click=choices.put, args=("over", "month"),
            )  # fmt: skip


def of_month(rows: pd.DataFrame, study: Study) -> list[Bill]:
    """The bills of a finished study, where it is a month that KEPCO bills."""
    return bills(rows, study) if not study.left_out and month_of(study) else []


def show(sheet: Sheet, found: Sequence[Bill], scenario: Scenario, against: str, style: Style) -> None:
    """The bills side by side, line by line as KEPCO prints them, with the finding as title."""
    if not found:
        return
    by_agent = {bill.agent: bill for bill in found}
    base = by_agent.get(runs.REFERENCE) or by_agent[against]
    order = [base, *(bill for bill in found if bill is not base)]
    title, note = _title(order, style), _note(order, scenario, style)
    st.subheader(title, anchor=False)
    st.caption(note)
    cells = pd.DataFrame({t("bill.line"): list(_lines(base, base, style))})
    for bill in order:
        cells[agent_name(bill.agent)] = list(_lines(bill, base, style).values())
    column = st.column_config
    config = {name: column.TextColumn(name, alignment="right") for name in cells.columns[1:]}
    first = {cells.columns[0]: column.TextColumn(cells.columns[0], pinned=True, width=250)}
    st.dataframe(cells, hide_index=True, height="content", column_config={**first, **config}, key="bill")
    sheet.table(cells, title, note)


def table(found: Sequence[Bill]) -> pd.DataFrame:
    """Every line as a number, a row an agent, for the page's downloads."""
    return pd.DataFrame([{"agent": bill.agent, "month": f"{bill.month:%Y-%m}", **bill.figures()} for bill in found])


def _title(order: Sequence[Bill], style: Style) -> str:
    """Whose bill is lowest, and who leaves the provider most: drivers pay each of them something else."""
    base, *others = order
    month = _month(base.month)
    able = [bill for bill in others if bill.agent != runs.BOUND]
    most = max([base, *able], key=lambda bill: bill.margin_krw)
    if not able:
        return t("bill.title_alone", month=month, total=_won(base.total_krw, style), agent=agent_name(base.agent))
    best = min(able, key=lambda bill: bill.total_krw)
    among = not_knowing("able", [bill.agent for bill in order], style)
    less = base.total_krw - best.total_krw
    if style.rounded(less / style.krw_per_eur) <= 0:
        return t("bill.title_none", month=month, base=agent_name(base.agent), among=among)
    return t(
        "bill.title", month=month, among=among, agent=agent_name(best.agent), base=agent_name(base.agent),
        less=_won(less, style), most=agent_name(most.agent), margin=_won(most.margin_krw, style, signed=True),
    )  # fmt: skip


def _month(day: dt.date) -> str:
    return t(f"month.{day.month}", year=str(day.year))


def _note(order: Sequence[Bill], scenario: Scenario, style: Style) -> str:
    """Which power is billed, what the margin leaves out, and for whom the best plan is best."""
    base, agents = order[0], [bill.agent for bill in order]
    peaks = {"peak": base.peak_kw, "site": base.site_peak_kw, "agent": agent_name(base.agent)}
    said = [
        *([t("bill.note_peak", **peaks)] if round(base.peak_kw, 1) != round(base.site_peak_kw, 1) else []),
        t(
            "bill.note_power", least=f"{100 * LEAST_SHARE:.0f}", contract=base.contract_kw,
            basic=_won(base.demand_krw_per_kw * base.contract_kw, style),
        ),
        t("bill.note_days", hours=scenario.length_h),
        t("bill.note_with" if base.with_surcharges else "bill.note_without"),
        *([t("payback.note_best", agent=agent_name(runs.BOUND))] if runs.BOUND in agents else []),
    ]  # fmt: skip
    return " ".join(said)


def _lines(bill: Bill, base: Bill, style: Style) -> dict[str, str]:
    """What stands in each line, by what it is called."""
    unit = style.unit

    def won(name: str) -> str:
        return t(f"bill.{name}", currency=unit)

    lines = {
        t("bill.contract"): f"{number(bill.contract_kw, 1)} kW",
        t("bill.peak"): f"{number(bill.peak_kw, 1)} kW",
        t("bill.billed"): f"{number(bill.billed_kw, 1)} kW",
        won("basic"): _amount(bill.basic_krw, style),
    }
    for name in PERIODS:
        lines[t(f"bill.{name}_kwh")] = f"{number(bill.energy_kwh[name], 1)} kWh"
        lines[won(f"{name}_krw")] = _amount(bill.energy_krw[name], style)
    for name in ("climate", "fuel", "vat", "fund", "total", "received", "margin"):
        lines[won(name)] = _amount(getattr(bill, f"{name}_krw"), style)
    for name in ("total", "margin"):
        change = getattr(bill, f"{name}_krw") - getattr(base, f"{name}_krw")
        key = t(f"bill.{name}_change", currency=unit, base=agent_name(base.agent))
        lines[key] = "" if bill is base else _amount(change, style, signed=True)
    return lines


def _amount(krw: float, style: Style, *, signed: bool = False) -> str:
    return style.amount(krw / style.krw_per_eur, signed=signed)


def _won(krw: float, style: Style, *, signed: bool = False) -> str:
    return style.money(krw / style.krw_per_eur, signed=signed)
