"""Peak and valley of the whole site in key figures, with differences to plug and charge."""

from __future__ import annotations

import streamlit as st

from core.accounts.indicators import FIGURES, value_of
from core.accounts.peaks import shaved
from core.figures import Style
from core.figures.indicators import digits, factor, unit, written
from core.figures.style import number
from core.studies.run import Result
from pages.parts.explore.cards import moved
from pages.ui.i18n import t

SHOWN = ("site_peak_kw", "site_valley_kw", "load_factor_frac", "ramp_kw", "over_limit_h")


def cards(result: Result, reference: Result, style: Style) -> None:
    """A card a figure, and one of what the cars add to the peak that the site would have without them."""
    now, base = result.ledger.totals, reference.ledger.totals
    same = result.trace.agent == reference.trace.agent
    with st.container(horizontal=True, gap="small", key="peak_cards"):
        for name in SHOWN:
            value = value_of(now, name)
            change = (value - value_of(base, name)) * factor(name, style)
            printed = round(change, digits(name, style))
            known = printed == printed  # not where there is no load factor
            text = number(change, digits(name, style), signed=True)
            if name == "site_peak_kw" and known and printed and base.site_peak_kw > 0:
                text += f" ({number(-100 * shaved(now, base)['peak_shaved_frac'], 1, signed=True)} %)"
            elif name == "load_factor_frac":
                text += f" {t('kpi.points')}"
            st.metric(
                t(f"indicator.{name}"), written(value, name, style), text if known and not same else None,
                **moved(printed if known else 0.0, better=FIGURES[name].better), help=t(f"indicator_help.{name}"),
                border=True,
            )  # fmt: skip
        st.metric(
            t("peaks.added"), f"{number(now.added_peak_kw, 1, signed=True)} {unit('site_peak_kw', style)}",
            t("peaks.own_is", peak=now.site_peak_kw - now.added_peak_kw), delta_color="off", delta_arrow="off",
            help=t("peaks.added_help"), border=True,
        )  # fmt: skip
