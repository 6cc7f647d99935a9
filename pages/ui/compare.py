"""Parts of the Compare page: the ranking table, words, and pins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from core.accounts.indicators import INDICATORS, value_of
from core.agents.registry import AGENTS
from core.errors import AgentError, EnerV2GizeError
from core.figures import Style
from core.figures.robustness import factor, indicator_title
from core.figures.style import number
from core.scenario import Scenario
from core.studies.captured import captured
from core.studies.run import Result
from pages.ui import choices, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import field_label, language, named, t
from pages.ui.numbers import dressed

PINS_AT_MOST = 6


def choose() -> tuple[list[str], str]:
    """The agents and the one they are measured against."""
    left, right = st.columns([70, 30], gap="medium")
    with left:
        names = choices.agents(default=choices.USUAL)
    with right:
        against = choices.against(names)
    return names, against


def table(results: Sequence[Result], base: Result, best: Result | None, style: Style) -> pd.DataFrame:
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


def ranking(sheet: Sheet, rows: pd.DataFrame, against: str, style: Style) -> None:
    """The table with bars, or signed differences to the agent chosen."""
    st.subheader(t("compare.ranking"), anchor=False)
    kind = st.segmented_control(
        t("compare.show"),
        ["values", "differences"],
        format_func=named("compare.{}"),
        default="values",
        key=f"compare.kind.{language()}",  # a browser knows options by their labels
        label_visibility="collapsed",
    )
    shown = rows.copy()
    shown["captured"] = shown["captured"].astype(float) * 100
    for name in INDICATORS:
        shown[name] = shown[name] * factor(name, style)
    if kind == "differences":
        base = shown[shown["agent"] == against].iloc[0]
        for name in shown.columns[1:]:
            shown[name] = shown[name] - base[name]
    shown["agent"] = shown["agent"].map(lambda name: t(f"agents.{name}.name"))
    sheet.table(cells(shown, style, differences=kind == "differences"), t("compare.ranking"), t("compare.ranking_note"))
    st.dataframe(
        _styled(shown, style, kind == "differences"),
        hide_index=True,
        column_config={
            "agent": st.column_config.TextColumn(t("axis.agent"), pinned=True, width=130),
            **{name: _column(name, shown[name], style, kind == "differences") for name in shown.columns[1:]},
        },
        key="ranking",
    )
    st.caption(f"{t('compare.ranking_note')} {t('compare.ranking_hint')}")


def _words(name: str, style: Style) -> tuple[str, int, str | None]:
    """A column's heading, the decimals of its numbers, and its help."""
    if name == "captured":
        return f"{t('kpi.captured')} (%)", 1, t("kpi.captured_help")
    if name == "decision_ms":
        return t("compare.decision"), 2, t("compare.decision_help")
    digits = style.digits if INDICATORS[name].kind == "money" else 1
    return indicator_title(name, style), digits, t(f"indicator_help.{name}")


def _digits(shown: pd.DataFrame, style: Style) -> dict[str, int]:
    """Decimals of each column with numbers."""
    names = [name for name in shown.columns if name in ("captured", "decision_ms") or name in INDICATORS]
    return {name: _words(name, style)[1] for name in names}


def _styled(shown: pd.DataFrame, style: Style, differences: bool = False) -> Styler:
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
    return max(112, 36 + sum(13 if ord(letter) > 0x1100 else 7 for letter in label))


def _column(name: str, values: pd.Series, style: Style, differences: bool) -> object:
    """A column with bars from its least to its largest value, or of signed numbers."""
    label, digits, help_text = _words(name, style)
    column = st.column_config
    low, high = float(values.min()), float(values.max())
    if differences or not high - low > 1e-9:  # all alike, or unknown
        return column.NumberColumn(label, help=help_text)
    # From nothing where that is in sight, so that bars can be compared by length; else the least has a short bar.
    share = name in INDICATORS and INDICATORS[name].kind == "share"
    start = 0.0 if low >= 0 and (share or low < 0.7 * high) else low - 0.08 * (high - low)
    return column.ProgressColumn(
        label, format=f"%,.{digits}f", min_value=start, max_value=high, help=help_text, width=_width(label)
    )


def choose_two(names: Sequence[str], against: str) -> tuple[str, str]:
    """Two agents to tell apart; at first the best without foresight and the reference."""
    others = [name for name in names if name != against]
    first = next((name for name in others if name != runs.BOUND), next(iter(others), against))
    left, right = st.columns(2, gap="medium")
    with left:
        one = choices.one_of("one", t("compare.one"), list(names), first, named("agents.{}.name"))
    with right:
        other = choices.one_of("other", t("compare.other"), list(names), against, named("agents.{}.name"))
    return one, other


# --- pins -------------------------------------------------------------------------------------------------------------
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
            out.append(Pin(agent, Scenario.from_query(dict(parse_qsl(query)))))
        except EnerV2GizeError:
            unread += 1
    if unread:
        st.warning(t("errors.pins", unread=unread, all=len(texts)))
    return out[:PINS_AT_MOST]


def _keep(kept: Sequence[Pin]) -> None:
    choices.put("pins", "|".join(pin.text() for pin in kept) or None)


def pin_bar(scenario: Scenario, names: Sequence[str]) -> list[Pin]:
    """Pin a run of this scenario, and take pins away; returns the pins."""
    st.subheader(t("compare.pins"), anchor=False)
    st.caption(t("compare.pins_note", most=PINS_AT_MOST))
    kept = pins()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        agent = st.selectbox(
            t("compare.pin_agent"),
            list(names),
            format_func=named("agents.{}.name"),
            key=f"compare.pin_agent.{language()}",
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


def pin_names(kept: Sequence[Pin]) -> list[str]:
    """A short name for each pin: its number, its agent, and what sets it apart from the first."""
    out = []
    for place, pin in enumerate(kept, 1):
        out.append(f"{place} · {t(f'agents.{pin.agent}.name')}")
    return out


def what_changed(pin: Pin, first: Pin) -> str:
    """The fields in which a pin differs from the first one."""
    labels = {row["name"]: field_label(row) for row in Scenario.fields()}
    changed = [
        f"{labels[name]} {_short(name, getattr(first.scenario, name))} → {_short(name, getattr(pin.scenario, name))}"
        for name in labels
        if getattr(pin.scenario, name) != getattr(first.scenario, name)
    ]
    return ", ".join(changed) or t("compare.same_scenario")


def _short(name: str, value: object) -> str:
    if name == "seed":  # a name, not an amount
        return str(value)
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def pin_table(sheet: Sheet, kept: Sequence[Pin], results: Sequence[Result], style: Style) -> None:
    """Each pin's indicators, with a link to it."""
    rows: list[Mapping[str, object]] = [
        {
            "pin": name,
            "changed": what_changed(pin, kept[0]),
            **{name: value_of(run.ledger.totals, name) * factor(name, style) for name in INDICATORS},
            "open": "/?" + urlencode({**pin.scenario.to_query(), "agent": pin.agent, "lang": st.session_state["lang"]}),
        }
        for name, pin, run in zip(pin_names(kept), kept, results, strict=True)
    ]
    shown = pd.DataFrame(rows)
    words = cells(shown.rename(columns={"pin": "agent"}), style, differences=False)
    words.loc[len(words)] = [t("compare.changed"), *shown["changed"]]
    sheet.table(words, t("compare.pins"))
    column = st.column_config
    st.dataframe(
        _styled(shown, style),
        hide_index=True,
        column_config={
            "pin": column.TextColumn(t("compare.pinned_run"), pinned=True, width=150),
            "changed": column.TextColumn(t("compare.changed"), width=220),
            **{name: _column(name, shown[name], style, differences=False) for name in INDICATORS},
            "open": column.LinkColumn(t("pages.explore"), display_text=t("compare.open")),
        },
        key="pin_table",
    )
