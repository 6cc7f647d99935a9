"""Key figures with differences to plug and charge."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import BusyError, SolverError
from core.figures import Style
from core.figures.findings import cars_short
from core.figures.style import UNKNOWN, number, share_text
from core.studies.captured import captured
from core.studies.run import Result
from pages.ui import runs
from pages.ui.i18n import t


def draw(result: Result, reference: Result, style: Style) -> DeltaGenerator:
    """Key figures with differences to plug and charge; returns the place for the captured share."""
    now, base = result.ledger.totals, reference.ledger.totals
    same = result.trace.agent == reference.trace.agent
    with st.container(horizontal=True, gap="small", key="cards"):
        first = st.empty()
        first.metric(t("kpi.captured"), "–", t("explore.computing"), delta_color="off", delta_arrow="off", border=True)
        for name, field in (
            ("user_profit", "user_profit_eur"),
            ("provider_margin", "provider_margin_eur"),
            ("grid_value", "grid_value_eur"),
        ):
            change = getattr(now, field) - getattr(base, field)
            _card(
                name,
                style.money(getattr(now, field)),
                None if same else (style.amount(change, signed=True), style.rounded(change)),
            )
        ready = now.ready_frac - base.ready_frac
        change_of_ready = None if same else (_signed(100 * ready, 1, f" {t('kpi.points')}"), round(ready, 3))
        _card("ready", _ready(result), change_of_ready if now.cars else (t("kpi.no_cars"), 0.0))
        for name, field, unit in (
            ("overload", "overload_kwh", "kWh"),
            ("peak", "peak_kw", "kW"),
        ):
            change = getattr(now, field) - getattr(base, field)
            _card(
                name,
                f"{number(getattr(now, field), 1)} {unit}",
                None if same else (_signed(change, 1), round(change, 1)),
                inverse=True,
            )
        change = now.discharged_kwh - base.discharged_kwh
        _card("discharged", f"{number(now.discharged_kwh, 1)} kWh", None if same else (_signed(change, 1), 0.0))
    return first


def _card(name: str, value: str, change: tuple[str, float] | None, *, inverse: bool = False) -> None:
    text, size = change if change else (None, 0.0)
    size = 0.0 if abs(size) < 0.005 else size
    st.metric(
        t(f"kpi.{name}"), value, text, **moved(size, better=-1 if inverse else 1), help=t(f"kpi.{name}_help"),
        border=True,
    )  # fmt: skip


def moved(size: float, *, better: int) -> dict[str, Any]:
    """Arrow and colour of a change, said outright: `st.metric` would look for a hyphen, where pages write a minus."""
    if not size:
        return {"delta_color": "off", "delta_arrow": "off"}
    return {
        "delta_color": "green" if (size > 0) == (better > 0) else "red",
        "delta_arrow": "up" if size > 0 else "down",
    }


def _signed(value: float, digits: int, unit: str = "") -> str:
    return number(value, digits, signed=True) + unit


def _ready(result: Result) -> str:
    """Readiness in per cent, never 100 unless no car is called short in the headline; a dash where no car came."""
    if not result.ledger.totals.cars:
        return UNKNOWN
    if not cars_short(result):
        return "100 %"
    return f"{number(min(99.9, np.floor(1000 * result.ledger.totals.ready_frac) / 10), 1)} %"


def captured_card(slot: DeltaGenerator, result: Result, reference: Result, style: Style) -> str:
    """Captured share beside what it is made of, and what the solver left open; returns the share in words."""
    try:
        bound, left_open = runs.bound(result.scenario)
    except (SolverError, BusyError):
        return "–"
    mine = result.ledger.totals.objective_eur
    share = captured(mine, reference.ledger.totals.objective_eur, bound)
    note = t("kpi.captured_none") if share is None else t("kpi.best", gap=style.money(max(0.0, bound - mine)))
    proof = t("kpi.bound", bound=style.money(bound), gap=style.money(left_open))
    words_of_share = "–" if share is None else share_text(share)
    slot.metric(
        t("kpi.captured"), words_of_share, note,
        delta_color="off", delta_arrow="off", help=f"{t('kpi.captured_help')} {proof}", border=True,
    )  # fmt: skip
    return words_of_share
