"""On what an agent was trained, how, and whether the scenario that is set lies within."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.agents import learned
from core.figures import agents as figures
from core.figures.style import number
from core.scenario import Scenario
from pages.ui import notices
from pages.ui.i18n import field_label, shown, t
from pages.ui.notices import FIELDS


def inside(scenario: Scenario) -> None:
    """Whether the scenario that is set lies inside what every learned agent was trained on."""
    names = learned.available(folder=learned.FOLDER)
    notices.outside([scenario], names)
    if names and not notices.beyond([scenario], names):
        st.caption(t("learned.inside"))


def record(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How an agent was trained, and how to do it again; returns the facts."""
    made = card["training"]
    st.markdown(f"**{t('learned.trained')}**")
    st.code(made["command"], language="bash", wrap_lines=True)
    held = card["validation"]
    lines = {
        "date": made["date"],
        "timesteps": t("learned.timesteps_of", steps=f"{made['timesteps']:,}", envs=made["envs"]),
        "took": t("learned.took_seconds", seconds=f"{made['seconds']:,}"),
        "seed": f"{made['seed']}",
        "validation": t(
            "learned.validation_of", n=made["validation_scenarios"], steps=f"{held['timesteps']:,.0f}",
            share=figures.percent(held["captured"]), plan=figures.percent(card["plan_alone"]["captured"]),
        ),
        "settings": settings_text({"discount": made["discount"], "effort": made["effort"], **made["settings"]}),
        "versions": ", ".join(f"{k} {v}" for k, v in {"Python": made["python"], **made["versions"]}.items()),
    }  # fmt: skip
    rows = pd.DataFrame({"name": [t(f"learned.row_{name}") for name in lines], "value": list(lines.values())})
    st.table(rows.set_index("name"), border="horizontal", hide_header=True)
    st.markdown(t("learned.repeat"))
    named_lines = [(t(f"learned.row_{name}"), value) for name, value in lines.items()]
    return [(t("learned.row_command"), made["command"]), *named_lines]


def settings_text(settings: Mapping[str, Any], prefix: str = "") -> str:
    """Nested settings on one line, classes by their own names."""
    out = []
    for name, value in settings.items():
        if isinstance(value, dict):
            out.append(settings_text(value, f"{prefix}{name}."))
        else:
            amount = isinstance(value, int | float) and not isinstance(value, bool)
            text = number(value) if amount else re.sub(r"<class '(?:.*[.])?(\w+)'>", r"\1", str(value))
            out.append(f"{prefix}{name} = {text}")
    return ", ".join(out)


def trained_on(card: Mapping[str, Any], scenario: Scenario) -> None:
    """The ranges of the training scenarios, beside the scenario that is set."""
    st.markdown(t("learned.splits"))
    ranges = {name: span for name, span in card["trained_ranges"].items() if name in FIELDS}
    outside = {found.field for found in learned.outside(scenario, ranges)}
    rows = [
        {
            "field": field_label(FIELDS[name]),
            "low": number(shown(FIELDS[name], low)),
            "high": number(shown(FIELDS[name], high)),
            "now": number(shown(FIELDS[name], getattr(scenario, name))),
            "where": t("learned.is_outside" if name in outside else "learned.is_inside"),
        }
        for name, (low, high) in ranges.items()
    ]
    column = st.column_config
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "field": column.TextColumn(t("learned.field"), pinned=True, width=260),
            "low": column.TextColumn(t("learned.from"), alignment="right"),
            "high": column.TextColumn(t("learned.to"), alignment="right"),
            "now": column.TextColumn(t("learned.now"), alignment="right"),
            "where": column.TextColumn(""),
        },
        key="ranges",
    )
