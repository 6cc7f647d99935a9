"""The ranking table: one row an agent, in numbers and as a reader sees it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from core.accounts.indicators import INDICATORS, value_of
from core.figures import Style
from core.figures.indicators import digits as indicator_digits
from core.figures.indicators import factor, indicator_title, unit
from core.figures.style import number
from core.studies.captured import captured
from core.studies.run import Result
from pages.ui import choices, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, language, named, t
from pages.ui.numbers import dressed

FIRST_COLUMNS = (
    "captured",
    "objective_eur",
    "user_profit_eur",
    "provider_margin_eur",
    "grid_value_eur",
    "ready_frac",
    "overload_kwh",
)
"""What the table shows at first: as many columns as fit beside the sidebar of a small screen."""


def rows_of(results: Sequence[Result], base: Result, best: Result | None, style: Style) -> pd.DataFrame:
    """One row an agent: captured share, every indicator, and time per decision; best objective first. In EUR."""
    reference = runs.reference(base.scenario)
    rows = []
    for run in results:
        totals = run.ledger.totals
        share = (
            None
            if best is None
            else captured(totals.objective_eur, reference.ledger.totals.objective_eur, best.trace.bound_eur)
        )
        # Not `decision_ms` of every step: an agent is asked in those steps only in which a car is there.
        rows.append(
            {
                "agent": run.trace.agent,
                "captured": share,
                **{name: value_of(totals, name) for name in INDICATORS},
                "decision_ms": float(run.trace.decision_ms.mean()),
            }
        )
    return pd.DataFrame(rows).sort_values("objective_eur", ascending=False, kind="stable", ignore_index=True)


def table(sheet: Sheet, rows: pd.DataFrame, against: str, style: Style) -> None:
    """The table with bars, or signed differences to the agent chosen."""
    st.subheader(t("compare.ranking"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = st.segmented_control(
            t("compare.show"),
            ["values", "differences"],
            format_func=named("compare.{}"),
            default="values",
            key=f"compare.kind.{language()}",  # a browser knows options by their labels
            label_visibility="collapsed",
        )
        with st.popover(t("compare.columns")):
            columns = _choose_columns([name for name in rows.columns if name != "agent"])
    shown = rows.copy()
    shown["captured"] = shown["captured"].astype(float) * 100
    for name in INDICATORS:
        shown[name] = shown[name] * factor(name, style)
    if kind == "differences":
        base = shown[shown["agent"] == against].iloc[0]
        for name in shown.columns[1:]:
            shown[name] = shown[name] - base[name]
    shown["agent"] = shown["agent"].map(lambda name: agent_name(name))
    sheet.table(cells(shown, style, differences=kind == "differences"), t("compare.ranking"), t("compare.ranking_note"))
    st.dataframe(
        styled(shown, style, kind == "differences"),
        hide_index=True,
        column_order=["agent", *columns],
        column_config={
            "agent": st.column_config.TextColumn(t("axis.agent"), pinned=True, width=172),
            **{name: number_column(name, shown[name], style, kind == "differences") for name in shown.columns[1:]},
        },
        key="ranking",
    )
    st.caption(f"{t('compare.ranking_note')} {t('compare.ranking_hint')}")


def _choose_columns(names: Sequence[str]) -> list[str]:
    """The columns to show, at first those of `FIRST_COLUMNS`; kept in the page's address."""
    key = "choice.columns"
    asked = [name for name in (choices.get("columns") or "").split(",") if name in names]

    def keep() -> None:
        picked = [name for name in names if name in st.session_state[key]]
        choices.put("columns", None if picked == list(FIRST_COLUMNS) else ",".join(picked))

    words = {name: t(f"indicator.{name}") for name in INDICATORS}
    words |= {"captured": t("kpi.captured"), "decision_ms": t("compare.decision")}
    st.session_state[key] = asked or list(FIRST_COLUMNS)
    picked = st.pills(
        t("compare.columns"), names, selection_mode="multi", format_func=words.__getitem__, key=key, on_change=keep,
        help=t("compare.columns_help"),
    )  # fmt: skip
    return [name for name in names if name in picked] or list(FIRST_COLUMNS)


def _words(name: str, style: Style) -> tuple[str, int, str | None]:
    """A column's heading, the decimals of its numbers, and its help."""
    if name == "captured":
        return f"{t('compare.head.captured')} (%)", 1, t("kpi.captured_help")
    if name == "decision_ms":
        return t("compare.decision"), 2, t("compare.decision_help")
    if name in FIRST_COLUMNS:
        return (
            f"{t(f'compare.head.{name}')} ({unit(name, style)})",
            indicator_digits(name, style),
            t(f"indicator_help.{name}"),
        )
    return indicator_title(name, style), indicator_digits(name, style), t(f"indicator_help.{name}")


def _digits(shown: pd.DataFrame, style: Style) -> dict[str, int]:
    """Decimals of each column with numbers."""
    names = [name for name in shown.columns if name in ("captured", "decision_ms") or name in INDICATORS]
    return {name: _words(name, style)[1] for name in names}


def styled(shown: pd.DataFrame, style: Style, differences: bool = False) -> Styler:
    """The table to draw. What rounds to nothing is nothing: bars have a format of their own, which can write −0."""
    digits = _digits(shown, style)
    numbers = {name: shown[name].astype(float) for name in digits}
    plain = {name: values.where(values.round(digits[name]) != 0, 0.0) for name, values in numbers.items()}
    return dressed(shown.assign(**plain), digits, digits if differences else ())


def cells(shown: pd.DataFrame, style: Style, *, differences: bool) -> pd.DataFrame:
    """What the table says, as a reader sees it; on its side, since a page has room for a column an agent."""
    rows = [
        [_words(name, style)[0], *(number(v, n, signed=differences) for v in shown[name])]
        for name, n in _digits(shown, style).items()
    ]
    return pd.DataFrame(rows, columns=[t("choose.indicator"), *shown["agent"]])


def _width(label: str) -> int:
    """Of a column with bars [px], so that its heading is not cut."""
    return max(98, 24 + sum(13 if ord(letter) > 0x1100 else 7 for letter in label))


def number_column(name: str, values: pd.Series, style: Style, differences: bool) -> object:
    """A column with bars from nothing on where all values are on one side of it, else of plain numbers."""
    label, digits, help_text = _words(name, style)
    low, high = float(values.min()), float(values.max())
    if differences or low < 0 or not high > 1e-9:  # bars of both signs, of nothing, or unknown
        return st.column_config.NumberColumn(label, help=help_text)
    return st.column_config.ProgressColumn(
        label, format=f"%,.{digits}f", min_value=0.0, max_value=high, help=help_text, width=_width(label)
    )
