"""Parts of the Explore page: the choices on it, cards, tables and notes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.accounts.indicators import INDICATORS, value_of
from core.accounts.ledger import overload_kw, transformer_power_kw
from core.agents.registry import AGENTS
from core.errors import SolverError
from core.figures import Style, findings
from core.figures.findings import Finding, cars_short
from core.figures.indicators import written
from core.figures.stakeholders import account_lines
from core.figures.style import MINUS, UNKNOWN, number, share_text
from core.scenario import Scenario
from core.studies.captured import captured
from core.studies.run import Result
from pages.ui import i18n, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import named, t, weekday


def choose_agent() -> str:
    """The agent chooser with one line about the choice."""

    def keep() -> None:
        if st.session_state["agent"] in AGENTS:
            st.session_state["chosen_agent"] = st.session_state["agent"]

    # Said anew in every run: a browser knows options by their labels, and those of another language are unknown here.
    st.session_state["agent"] = st.session_state["chosen_agent"]
    picker, words = st.columns([38, 62], gap="medium", vertical_alignment="bottom")
    agent: str = picker.selectbox(
        t("explore.agent"), list(AGENTS), format_func=named("agents.{}.name"), key="agent", on_change=keep
    )
    words.caption(t(f"agents.{agent}.description"))
    return agent


def context(result: Result, base: str = runs.REFERENCE) -> str:
    """When, where, with how many cars, and against whom."""
    scenario, times = result.scenario, result.world.times_local
    end = times[-1] + np.timedelta64(15, "m")
    return t(
        "explore.context",
        weekday=weekday(scenario.date),
        date=scenario.date.isoformat(),
        start=str(times[0])[-5:],
        end=str(end)[5:16].replace("T", " "),
        stations=scenario.stations,
        cars=len(result.world.sessions),
        base=t(f"agents.{base}.name"),
    )


def headline(sheet: Sheet, sentences: Sequence[Finding]) -> None:
    """What happened, first sentence first."""
    first, *rest = (t(sentence.key, **sentence.values) for sentence in sentences)
    sheet.say(first, [*rest, t("headline.empty_hint")] if sentences[0].key == "headline.empty" else rest)


def cards(result: Result, reference: Result, style: Style) -> DeltaGenerator:
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
                None if same else (_delta(style.amount(change, signed=True)), style.rounded(change)),
            )
        ready = now.ready_frac - base.ready_frac
        change_of_ready = None if same else (_signed(100 * ready, 1, " %p"), ready)
        _card("ready", _ready(result), change_of_ready if now.cars else (t("kpi.no_cars"), 0.0))
        for name, field, unit in (
            ("overload", "overload_kwh", "kWh"),
            ("peak", "peak_kw", "kW"),
        ):
            change = getattr(now, field) - getattr(base, field)
            _card(
                name,
                f"{number(getattr(now, field), 1)} {unit}",
                None if same else (_signed(change, 1), change),
                inverse=True,
            )
        change = now.discharged_kwh - base.discharged_kwh
        _card("discharged", f"{number(now.discharged_kwh, 1)} kWh", None if same else (_signed(change, 1), 0.0))
    return first


def _card(name: str, value: str, change: tuple[str, float] | None, *, inverse: bool = False) -> None:
    text, size = change if change else (None, 0.0)
    colour = "off" if abs(size) < 0.005 else "inverse" if inverse else "normal"
    st.metric(
        t(f"kpi.{name}"), value, text, delta_color=colour, delta_arrow="off" if colour == "off" else "auto",
        help=t(f"kpi.{name}_help"), border=True,
    )  # fmt: skip


def _delta(text: str) -> str:
    """As `st.metric` reads it: a plain hyphen says that something fell."""
    return text.replace(MINUS, "-")


def _signed(value: float, digits: int, unit: str = "") -> str:
    return _delta(number(value, digits, signed=True)) + unit


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
        best = result if result.trace.agent == runs.BOUND else runs.bound(result.scenario)
    except SolverError:
        return "–"
    mine, bound = result.ledger.totals.objective_eur, best.trace.bound_eur
    share = captured(mine, reference.ledger.totals.objective_eur, bound)
    words = {"objective": style.amount(mine), "bound": style.amount(bound)}
    note = t("kpi.captured_none") if share is None else t("kpi.best", **words)
    proof = t("kpi.bound", bound=style.money(bound), gap=style.money(best.trace.bound_gap_eur))
    words_of_share = "–" if share is None else share_text(share)
    slot.metric(
        t("kpi.captured"), words_of_share, note,
        delta_color="off", delta_arrow="off", help=f"{t('kpi.captured_help')} {proof}", border=True,
    )  # fmt: skip
    return words_of_share


def v2g_place(result: Result) -> DeltaGenerator:
    """Where `v2g_share` will be said."""
    slot = st.empty()
    if _has_v2g_share(result):
        slot.markdown(f":gray[{t('explore.computing')} …]")
    return slot


def _has_v2g_share(result: Result) -> bool:
    return result.trace.agent != runs.REFERENCE and result.scenario.v2g and len(result.world.sessions) > 0


def v2g_share(slot: DeltaGenerator, result: Result, style: Style) -> str:
    """Say what V2G itself gains the drivers, and whom else: this run less that of the same agent without V2G."""
    scenario, agent = result.scenario, result.trace.agent
    without = scenario.replace(v2g=False)
    if not _has_v2g_share(result):
        return ""
    if runs.must_wait(without, agent):
        said = t("explore.v2g_elsewhere", page=t("pages.tradeoffs"), question=t("tradeoffs.break_even"))
    else:
        effect = findings.v2g_effect(result, runs.run(without, agent), style)
        said = " ".join([*_v2g_trade(result, style), *(t(sentence.key, **sentence.values) for sentence in effect)])
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


def tables(sheet: Sheet, result: Result, reference: Result, style: Style, share: str) -> None:
    """For the report: the indicators, and the ledger line by line, against plug and charge."""
    pair = (result.ledger.totals, reference.ledger.totals)
    mine, base, difference = t("series.agent"), t("series.reference"), t("tip.difference")
    rows = []
    for name in INDICATORS:
        now, before = (value_of(totals, name) for totals in pair)
        change = written(now - before, name, style, signed=True)
        rows.append([t(f"indicator.{name}"), written(now, name, style), written(before, name, style), change])
    rows.append([t("kpi.captured"), share, "", ""])
    sheet.table(pd.DataFrame(rows, columns=[t("choose.indicator"), mine, base, difference]), t("report.indicators"))
    weights = {"drivers": "w_user", "provider": "w_provider", "grid": "w_grid"}
    lines = [
        [
            t(f"account.{line.key}", weight=getattr(result.scenario, weights[line.key]))
            if line.key in weights
            else t(f"account.{line.key}"),
            style.amount(line.agent_eur),
            style.amount(line.reference_eur),
            style.amount(line.agent_eur - line.reference_eur, signed=True),
        ]
        for line in account_lines(*pair)
    ]
    heads = [t("tip.line"), *(f"{head} ({style.currency})" for head in (mine, base, difference))]
    sheet.table(pd.DataFrame(lines, columns=heads), t("report.ledger"))


def notes(sheet: Sheet, result: Result, reference: Result, style: Style) -> None:
    """What a reader must know about this run, and whose weight can change nothing."""
    scenario, agent = result.scenario, result.trace.agent
    lines = [t(sentence.key, **sentence.values) for sentence in findings.nothing_left(result, reference, style)]
    if AGENTS[agent].blind_to_weights and result.ledger.totals.cars:
        lines.append(t("nothing_left.blind", agent=t(f"agents.{agent}.name")))
    sheet.sentences.extend(lines)
    if not scenario.v2g:
        lines.append(t("explore.v2g_off"))
    if _clock_changes(scenario):
        lines.append(t("explore.dst"))
    if scenario.currency == "KRW":
        lines.append(t("explore.rate", rate=scenario.krw_per_eur))
    # Always one element: what stands below keeps its place while pages are recomputed.
    with st.container():
        if lines:
            st.caption(" ".join(lines))


def _clock_changes(scenario: Scenario) -> bool:
    """Whether Dutch clocks change within the run; Korea's never do."""
    if "day_ahead" not in (scenario.retail, scenario.provider):
        return False
    days = {scenario.times_local[0].astype("datetime64[D]"), scenario.times_local[-1].astype("datetime64[D]")}
    # The last Sundays of March and October.
    return any(
        day.item().month in (3, 10) and day.item().weekday() == 6 and day.item().day > 24
        for day in np.arange(min(days), max(days) + 1)
    )


def chosen_station(scenario: Scenario) -> int | None:
    """The chosen station, where the site has it."""
    station: int | None = st.session_state["station"]
    return station if station is not None and station < scenario.stations else None


def pick_station(station: int) -> None:
    """A click on a figure."""
    st.session_state["station"] = station


def choose_station(scenario: Scenario) -> int | None:
    """The same choice without a mouse."""

    def keep() -> None:
        station = st.session_state["station_box"]
        st.session_state["station"] = station if isinstance(station, int) else None

    st.session_state["station_box"] = chosen_station(scenario)
    station: int | None = st.selectbox(
        t("explore.station_title"),
        range(scenario.stations),
        format_func=f"{t('explore.station')} {{}}".format,
        placeholder=t("explore.station_pick"),
        key="station_box",
        on_change=keep,
    )
    return station


def choose_transformer(result: Result) -> int | None:
    """Which transformer to show, where there are several: first the one that is loaded most."""
    n = result.scenario.transformers
    if n == 1:
        return None
    power = transformer_power_kw(result.world, result.trace)
    over = overload_kw(result.world, power).sum(axis=1)
    # An event can lower a limit to nothing.
    most = int((over * 1e6 + (power / np.maximum(result.world.limit_kw, 1e-3)).max(axis=1)).argmax())
    options = [most, *(i for i in range(n) if i != most), None]
    one, together = t("explore.transformer"), t("explore.transformer_all")
    choice: int | None = st.selectbox(
        one,
        options,
        format_func=lambda i: together if i is None else f"{one} {i}",
        key=f"transformer.{i18n.language()}",
    )
    return choice


def steps_table(steps: pd.DataFrame, style: Style) -> None:
    """Every step with a car: the quantities and the reason."""
    with st.expander(t("explore.steps"), expanded=True, key="steps"):
        st.caption(t("explore.steps_help"))
        rows = steps[steps["session"] >= 0]
        if rows.empty:
            return
        shown = pd.DataFrame(
            {
                "time": rows["time_local"],
                "port": rows["port"],
                "car": rows["car"],
                "power": rows["power_kw"],
                "soc": rows["soc_frac"],
                "price": rows["buy_eur_per_kwh"] * style.rate,
                "rank": rows["price_rank"].astype(str) + " / " + rows["stay_steps"].astype(str),
                "needed": rows["energy_needed_kwh"],
                "slack": rows["slack_steps"],
                "headroom": rows["headroom_kw"],
                "limit_share": rows["limit_share"],
                "reason": rows["reason"].map(lambda code: t(f"reasons.{code}")),
            }
        )
        column = st.column_config
        st.dataframe(
            shown,
            hide_index=True,
            height=320,
            column_order=["time", "reason", *(c for c in shown.columns if c not in ("time", "reason", "port", "car"))],
            column_config={
                "time": column.DatetimeColumn(t("table.time"), format="MM-DD HH:mm", pinned=True, width=95),
                "reason": column.TextColumn(t("table.reason"), width=270),
                "power": column.NumberColumn(t("table.power"), format="%,.2f"),
                "soc": column.ProgressColumn(t("table.soc"), format="percent", min_value=0, max_value=1),
                "price": column.NumberColumn(t("table.price", currency=style.currency), format="%,.4g"),
                "rank": column.TextColumn(t("table.rank")),
                "needed": column.NumberColumn(t("table.needed"), format="%,.2f"),
                "slack": column.NumberColumn(t("table.slack")),
                "headroom": column.NumberColumn(t("table.headroom"), format="%,.1f"),
                "limit_share": column.NumberColumn(t("table.limit_share"), format="percent"),
            },
        )


def sources(result: Result) -> None:
    """Where the prices come from, and since when they hold."""
    lines = []
    for source in result.world.prices.sources:
        since = f", {t('explore.in_effect', date=source.effective_from)}" if source.effective_from else ""
        lines.append(f"**{source.title}**{since}. {source.note}")
    with st.container():
        st.caption(f"{t('explore.prices')}: " + "  \n".join(lines))


def ev2gym_statistics(result: Result) -> None:
    """EV2Gym's own figures, as they are."""
    with st.expander(t("explore.stats"), key="stats"):
        stats = result.trace.ev2gym_stats
        if not stats:
            st.caption(t("explore.stats_none"))
            return
        st.caption(t("explore.stats_help"))
        st.dataframe(
            pd.DataFrame({t("table.name"): list(stats), t("table.value"): [number(v) for v in stats.values()]}),
            hide_index=True,
            column_config={t("table.value"): st.column_config.TextColumn(alignment="right")},
        )
