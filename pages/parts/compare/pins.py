"""Runs that are kept in view: an agent and a scenario each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pandas as pd
import streamlit as st

from core.accounts.indicators import INDICATORS, value_of
from core.agents.registry import AGENTS
from core.errors import AgentError, EnerV2GizeError
from core.figures import Style
from core.figures.indicators import factor
from core.figures.style import number
from core.scenario import Scenario
from core.studies.run import Result
from pages.parts.compare.ranking import cells, number_column, styled
from pages.ui import choices, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, field_label, language, named, t
from pages.ui.i18n import shown as in_currency

PINS_AT_MOST = 6


@dataclass(frozen=True, slots=True)
class Pin:
    """A run that is kept in view: an agent and a scenario."""

    agent: str
    scenario: Scenario

    def text(self) -> str:
        """As the address holds it."""
        return f"{self.agent}?{urlencode(self.scenario.to_query())}"


def pins() -> list[Pin]:
    """The pins in the address; those that cannot be read are left out."""
    out, unread = [], 0
    texts = [text for text in (choices.get("pins") or "").split("|") if text]
    for text in texts:
        agent, _, query = text.partition("?")
        try:
            if agent not in AGENTS:
                raise AgentError(agent, "there is no such agent")
            pin = Pin(agent, Scenario.from_query(dict(parse_qsl(query))))
            if not AGENTS[agent].fits(pin.scenario):
                raise AgentError(agent, "it does not serve this site")
            out.append(pin)
        except EnerV2GizeError:
            unread += 1
    if unread:
        st.warning(t("errors.pins", unread=unread, all=len(texts)))
    return out[:PINS_AT_MOST]


def _keep(kept: Sequence[Pin]) -> None:
    choices.put("pins", "|".join(pin.text() for pin in kept) or None)


def bar(scenario: Scenario, names: Sequence[str]) -> list[Pin]:
    """Pin a run of this scenario, at first of the agent in use, and take pins away; returns the pins."""
    kept = pins()
    in_use = st.session_state["chosen_agent"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        agent = st.selectbox(
            t("compare.pin_agent"),
            list(names),
            index=list(names).index(in_use) if in_use in names else 0,
            format_func=named("agents.{}.name"),
            key=f"compare.pin_agent.{language()}",
            help=t("compare.pin_help", most=PINS_AT_MOST),
            width=240,
        )
        pin = Pin(agent, scenario)
        st.button(
            t("compare.pin"), key="compare.pin", disabled=len(kept) >= PINS_AT_MOST or pin in kept,
            on_click=_keep, args=([*kept, pin],),
        )  # fmt: skip
        if kept:
            st.button(t("compare.unpin_last"), key="compare.unpin", on_click=_keep, args=(kept[:-1],))
            st.button(t("compare.unpin_all"), key="compare.unpin_all", on_click=_keep, args=([],))
    return kept


def ready(kept: Sequence[Pin]) -> list[Pin]:
    """The pins whose runs need not be waited for."""
    return [pin for pin in kept if not runs.must_wait(pin.scenario, pin.agent)]


def short_names(kept: Sequence[Pin]) -> list[str]:
    """A short name for each pin: its number, its agent, and what sets it apart from the first."""
    out = []
    for place, pin in enumerate(kept, 1):
        out.append(f"{place} · {agent_name(pin.agent)}")
    return out


def what_changed(pin: Pin, first: Pin) -> str:
    """The fields in which a pin differs from the first one."""
    rows = {row["name"]: row for row in Scenario.fields()}
    changed = [
        f"{field_label(row)} {_short(row, getattr(first.scenario, name))} → {_short(row, getattr(pin.scenario, name))}"
        for name, row in rows.items()
        if getattr(pin.scenario, name) != getattr(first.scenario, name)
    ]
    return ", ".join(changed) or t("compare.same_scenario")


def _short(row: Mapping[str, Any], value: object) -> str:
    if row["name"] == "seed":  # a name, not an amount
        return str(value)
    return (
        number(in_currency(row, value))
        if isinstance(value, int | float) and not isinstance(value, bool)
        else str(value)
    )


def table(sheet: Sheet, kept: Sequence[Pin], results: Sequence[Result], style: Style) -> None:
    """Each pin's indicators, with a link to it."""
    rows: list[Mapping[str, object]] = [
        {
            "pin": name,
            "changed": what_changed(pin, kept[0]),
            **{name: value_of(run.ledger.totals, name) * factor(name, style) for name in INDICATORS},
            "open": "/?" + urlencode({**pin.scenario.to_query(), "agent": pin.agent, "lang": st.session_state["lang"]}),
        }
        for name, pin, run in zip(short_names(kept), kept, results, strict=True)
    ]
    shown = pd.DataFrame(rows)
    words = cells(shown.rename(columns={"pin": "agent"}), style, differences=False)
    words.loc[len(words)] = [t("compare.changed"), *shown["changed"]]
    sheet.table(words, t("compare.pins"))
    column = st.column_config
    st.dataframe(
        styled(shown, style),
        hide_index=True,
        column_config={
            "pin": column.TextColumn(t("compare.pinned_run"), pinned=True, width=150),
            "changed": column.TextColumn(t("compare.changed"), width=220),
            **{name: number_column(name, shown[name], style, differences=False) for name in INDICATORS},
            "open": column.LinkColumn(t("pages.explore"), display_text=t("compare.open")),
        },
        key="pin_table",
    )
