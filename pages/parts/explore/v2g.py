"""What V2G itself does on the day, in words."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.figures import Style, findings
from core.figures.style import number
from core.studies.run import Result
from pages.ui import runs
from pages.ui.i18n import in_words, t


def place(result: Result) -> DeltaGenerator:
    """Where `say` will be said."""
    slot = st.empty()
    if _has_v2g_share(result):
        slot.markdown(f":gray[{t('explore.computing')} …]")
    return slot


def _has_v2g_share(result: Result) -> bool:
    return result.trace.agent != runs.REFERENCE and result.scenario.v2g and len(result.world.sessions) > 0


def say(slot: DeltaGenerator, result: Result, style: Style) -> str:
    """Say what V2G itself gains the drivers, and whom else: this run less that of the same agent without V2G."""
    scenario, agent = result.scenario, result.trace.agent
    without = scenario.replace(v2g=False)
    if not _has_v2g_share(result):
        return ""
    if runs.must_wait(without, agent):
        said = t("explore.v2g_elsewhere", page=t("pages.tradeoffs"), question=t("tradeoffs.break_even"))
    else:
        effect = findings.v2g_effect(result, runs.run(without, agent), style)
        said = " ".join([*(in_words(sentence) for sentence in effect), *_v2g_trade(result, style)])
    slot.markdown(said)
    return said


def _v2g_trade(result: Result, style: Style) -> list[str]:
    """How much cars gave back, and what a kWh was worth either way; nothing where nothing was given back."""
    totals = result.ledger.totals
    if totals.discharged_kwh < findings.USED_KWH:
        return []
    sold, bought = totals.v2g_revenue_eur / totals.discharged_kwh, totals.energy_cost_eur / totals.charged_kwh
    return [
        t(
            "explore.v2g_trade",
            energy=number(totals.discharged_kwh, 1),
            sold=style.price(sold),
            bought=style.price(bought),
        )
    ]
