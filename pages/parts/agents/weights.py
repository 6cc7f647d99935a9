"""What raising a stakeholder's weight changes for that stakeholder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.figures import Style
from core.scenario import WEIGHT_FIELDS
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t
from pages.ui.numbers import worded, wrapped


def lowered(agents: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Agents and weights where raising the weight costs that stakeholder a cent a day or more on average."""
    return [
        (name, weight)
        for name, found in agents.items()
        for weight in WEIGHT_FIELDS
        if weight in found and found[weight]["change"] < -0.005
    ]


def table(sheet: Sheet, section: Mapping[str, Any], style: Style) -> None:
    """What raising each stakeholder's weight changes in that stakeholder's own money."""
    agents = section.get("agents", {})
    if not agents:
        return
    wrong = lowered(agents)
    if wrong:
        which = ", ".join(f"{agent_name(name)} – {t(f'fields.{weight}.title')}" for name, weight in wrong)
        title = t("learned.weights_wrong", which=which)
    else:
        title = t("learned.weights_right", all=len(agents), which=agent_name(next(iter(agents))))
    note = t("learned.weights_note", **{name: section[name] for name in ("n", "low", "high", "others")})
    st.subheader(title, anchor=False)
    st.caption(note)

    def written(found: Mapping[str, Any] | None) -> str:
        if found is None:
            return ""
        low, high = (style.amount(found[key], signed=True) for key in ("change_low", "change_high"))
        return f"{style.amount(found['change'], signed=True)}  ({low} … {high})"

    rows = pd.DataFrame(
        [
            {"agent": agent_name(name), **{weight: written(found.get(weight)) for weight in WEIGHT_FIELDS}}
            for name, found in agents.items()
        ]
    )
    heads = {
        "agent": t("axis.agent"),
        **{weight: f"{t(f'fields.{weight}.title')} ({style.unit})" for weight in WEIGHT_FIELDS},
    }
    cells = worded(rows, heads, {})
    sheet.table(cells, title, note)
    wrapped(cells)
