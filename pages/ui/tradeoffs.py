"""Parts of the Trade-offs page: three questions, each with its choices, its study and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.accounts.indicators import INDICATORS
from core.agents.registry import AGENTS, REFERENCE
from core.errors import ScenarioError
from core.figures import Figure, Style
from core.figures import tradeoffs as figures
from core.figures.indicators import factor, indicator_title, written
from core.figures.style import UNKNOWN, number
from core.scenario import Scenario
from core.studies import tradeoff
from core.studies.partial import SoFar
from core.studies.study import Study, draws, sweep
from core.studies.tradeoff import Price
from pages.ui import choices, errors, partial, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import field_label, named, t

Span = tuple[float, float]

VIEWS = ("sweep", "front", "break_even")
NONE = "none"
POINTS = (5, 9, 15)
DAYS = (1, 3, 5, 10)
STEPS = 5
"""Weights of the front are multiples of a quarter."""
AXES = {
    "user_grid": ("user_profit_eur", "grid_value_eur"),
    "user_provider": ("user_profit_eur", "provider_margin_eur"),
    "provider_grid": ("provider_margin_eur", "grid_value_eur"),
}
PAYS = {
    "always": "tradeoffs.always_pays", "never": "tradeoffs.never_pays", "partly": "tradeoffs.partly_pays",
    "discharges": "tradeoffs.never_discharges",
}  # fmt: skip
PRICES: tuple[Price, ...] = ("v2g_price_factor", "wear_price_eur_per_kwh")


SO_FAR = "tradeoffs.so_far"


def _spoken(figure: Figure, found: SoFar) -> Figure:
    return partial.spoken(figure, found, partial.words(found, SO_FAR))


def context(rows: pd.DataFrame, days: int) -> str:
    """Of how many draws of cars each point is the mean, and on how many days nobody comes."""
    said = t("tradeoffs.context", mean=figures.mean_of(days, Style(text=t)))
    worlds = rows.groupby("world")["cars"].max()
    empty = int((worlds == 0).sum())
    return f"{said} {t('tradeoffs.empty_days', empty=empty, all=len(worlds))}" if empty else said


def _label(field: str) -> str:
    return field_label(tradeoff.row_of(field))


def _named_fields(options: list[str]) -> Any:
    labels = {field: _label(field) for field in options if field != NONE} | {NONE: t("tradeoffs.none")}
    return labels.__getitem__


def _days() -> int:
    days: int = choices.one_of("days", t("tradeoffs.days"), DAYS, 3, str, help=t("tradeoffs.days_help"))
    return days


def _range(field: str, names: tuple[str, str], places: Sequence[DeltaGenerator], problems: list[str]) -> Span:
    """Where the sweep of a field begins and ends, asked in two places; `problems` hears of a range not allowed."""
    row, usual = tradeoff.row_of(field), tradeoff.span_of(field)
    whole = row["type"] == "integer"
    asked = []
    for place, name, words, value in zip(places, names, ("from", "to"), usual, strict=True):
        with place:
            asked.append(choices.number(name, t(f"tradeoffs.{words}"), value, step=row["step"] or 1, whole=whole))
    try:
        return tradeoff.check_span(field, (asked[0], asked[1]))
    except ScenarioError:
        problems.append(errors.span_sentence(field, usual))
        return usual


# --- sweep ------------------------------------------------------------------------------------------------------------
class Sweep:
    """One field, or two, against any indicator."""

    name = "sweep"
    keep: str | None = None

    def __init__(self, scenario: Scenario, style: Style) -> None:
        self.scenario, self.style = scenario, style
        options = tradeoff.sweepable(scenario)
        problems: list[str] = []
        left, right = st.columns([70, 30], gap="medium")
        with left:
            self.names = choices.agents(default=choices.QUICK)
        with right:
            self.against = choices.against(self.names)
        first, *range_of_first, third, low, high = st.columns([24, 13, 13, 24, 13, 13], gap="small")
        with first:
            self.field: str = choices.one_of(
                "field", t("tradeoffs.field"), options, "transformer_limit_kw", _named_fields(options), ("from", "to")
            )
        spans = [_range(self.field, ("from", "to"), range_of_first, problems)]
        with third:
            more = [NONE, *(name for name in options if name != self.field)]
            self.field2: str = choices.one_of(
                "field2", t("tradeoffs.field2"), more, NONE, _named_fields(more), ("from2", "to2")
            )
        if self.field2 != NONE:
            spans.append(_range(self.field2, ("from2", "to2"), (low, high), problems))
        first, second, third = st.columns([50, 26, 24], gap="small")
        with first:
            self.indicator: str = choices.one_of(
                "indicator", t("choose.indicator"), list(INDICATORS), "objective_eur", named("indicator.{}")
            )
        with second:
            points: int = choices.one_of("points", t("tradeoffs.points"), POINTS, 9, str)
        with third:
            days = _days()
        choices.say_left_out(self.names)
        if problems:
            st.warning(" ".join(problems))
        self.fields = (self.field,) if self.field2 == NONE else (self.field, self.field2)
        self.by: tuple[str, ...] = self.fields
        self.days = days
        self.study = _sweep(scenario, self.fields, tuple(spans), points, tuple(self.names), days, runs.ENGINE)

    def draw(self, sheet: Sheet, found: SoFar) -> pd.DataFrame:
        rows, titles = found.rows, tuple(_label(field) for field in self.fields)
        if len(self.fields) == 1:
            now = float(getattr(self.scenario, self.field))
            figure = figures.sweep_lines(rows, self.field, titles[0], now, self.indicator, self.style)
            sheet.headline_chart(_spoken(figure, found), "sweep")
        else:
            self._maps(sheet, found, (titles[0], titles[1]))
        note = t("tradeoffs.sweep_values_note", what=indicator_title(self.indicator, self.style))
        sheet.table(self._values(rows, titles), t("tradeoffs.sweep_values"), note)
        return rows

    def _values(self, rows: pd.DataFrame, titles: Sequence[str]) -> pd.DataFrame:
        """What is drawn, cell by cell: a row a value of the field, or a pair of values, and a column an agent."""
        means = rows.groupby(["agent", *self.fields], sort=False)[self.indicator].mean().unstack("agent").sort_index()
        digits = self.style.digits if INDICATORS[self.indicator].kind == "money" else 1
        names = [name for name in self.names if name in means.columns]
        values = means.index.to_frame(index=False)
        return pd.DataFrame(
            {
                **{title: [number(v) for v in values[field]] for field, title in zip(self.fields, titles, strict=True)},
                **{
                    t(f"agents.{name}.name"): [
                        number(v, digits) for v in means[name] * factor(self.indicator, self.style)
                    ]
                    for name in names
                },
            }
        )

    def _maps(self, sheet: Sheet, part: SoFar, titles: tuple[str, str]) -> None:
        """A map an agent of its difference to the reference; the page says who is better at most points."""
        style, pair, rows = self.style, (self.fields[0], self.fields[1]), part.rows
        sign = INDICATORS[self.indicator].better or 1
        found = {
            name: cells
            for name in ([name for name in self.names if name != self.against] or self.names)
            if len(cells := figures.differences(rows, name, self.against, pair, self.indicator))
        }
        most = max((float(cells["difference"].abs().max()) for cells in found.values()), default=0.0)
        maps = {
            name: partial.spoken(
                figures.sweep_map(rows, name, self.against, pair, titles, self.indicator, most, style), part,
                t(f"agents.{name}.name"),
            )
            for name in found
        }  # fmt: skip
        better = {name: int((cells["difference"] * sign > 1e-9).sum()) for name, cells in found.items()}
        if not part.whole:
            sheet.say(partial.words(part, SO_FAR))
        elif most == 0.0:
            sheet.say(t("finding.map_none"))
        else:
            able = [name for name in found if name != runs.BOUND] or list(found)
            sheet.say(maps[max(able, key=lambda name: better[name])].title)
        note = t(
            "tradeoffs.map_reading", what=t(f"indicator.{self.indicator}"), base=t(f"agents.{self.against}.name"),
            most=written(most, self.indicator, style),
        )  # fmt: skip
        sheet.multiples(maps, "sweep_map", "", note, columns=2)


@st.cache_resource(max_entries=32, show_spinner=False)
def _sweep(
    base: Scenario, fields: tuple[str, ...], spans: tuple[Span, ...], points: int, names: tuple[str, ...], days: int,
    engine: str,
) -> Study:  # fmt: skip
    # A line also passes through the scenario's own value; a map keeps its even steps.
    values = {
        field: tradeoff.values_of(field, points, span, getattr(base, field) if len(fields) == 1 else None)
        for field, span in zip(fields, spans, strict=True)
    }
    return sweep(base, values, names, draws(base, days))


# --- front ------------------------------------------------------------------------------------------------------------
class Front:
    """One stakeholder against another over the weights."""

    name = "front"
    keep: str | None = runs.BOUND
    by = ("w_user", "w_provider", "w_grid", "own")

    def __init__(self, scenario: Scenario, style: Style) -> None:
        self.scenario, self.style = scenario, style
        first, second, third = st.columns([56, 32, 12], gap="medium")
        with first:
            names = choices.agents(default=choices.QUICK)
        with second:
            self.axes: str = choices.one_of("axes", t("tradeoffs.axes"), list(AXES), "user_grid", named("tradeoffs.{}"))
        with third:
            self.days = _days()
        choices.say_left_out(names)
        self.study = _front(scenario, tuple(names), self.days, runs.ENGINE)

    def draw(self, sheet: Sheet, found: SoFar) -> pd.DataFrame:
        rows = found.rows
        sheet.headline_chart(_spoken(figures.weight_front(rows, AXES[self.axes], self.style), found), "front")
        far = tradeoff.distances(rows, self.scenario).drop(runs.BOUND, errors="ignore").dropna().sort_values()
        if len(far):
            st.subheader(t("tradeoffs.distance"), anchor=False)
            st.caption(t("tradeoffs.distance_note"))
            names = [t(f"agents.{name}.name") for name in far.index]
            column = t("tradeoffs.distance_column", currency=self.style.currency)
            words = pd.DataFrame({t("axis.agent"): names, column: [self.style.amount(v) for v in far]})
            sheet.table(words, t("tradeoffs.distance"), t("tradeoffs.distance_note"))
            shown = (far * self.style.rate).round(self.style.digits).to_numpy() + 0.0
            st.dataframe(
                pd.DataFrame({"agent": names, "distance": shown}),
                hide_index=True,
                column_config={
                    "agent": st.column_config.TextColumn(t("axis.agent"), width=180),
                    "distance": st.column_config.ProgressColumn(
                        column, format=f"%,.{self.style.digits}f", min_value=min(0.0, float(shown.min())),
                        max_value=max(1e-9, float(shown.max())),
                    ),
                },
                key="distances",
            )  # fmt: skip
        return rows


@st.cache_resource(max_entries=32, show_spinner=False)
def _front(base: Scenario, names: tuple[str, ...], days: int, engine: str) -> Study:
    return tradeoff.weight_front(base, names, STEPS, days)


# --- break-even -------------------------------------------------------------------------------------------------------
class BreakEven:
    """The price at which V2G starts to pay the driver."""

    name = "break_even"
    keep: str | None = None

    def __init__(self, scenario: Scenario, style: Style) -> None:
        self.scenario, self.style = scenario, style
        problems: list[str] = []
        names = choices.agents(default=[name for name in choices.USUAL if AGENTS[name].kind != "heuristic"])
        first, low, high, third, fourth = st.columns([36, 16, 16, 16, 16], gap="small")
        with first:
            self.price: Price = choices.one_of(
                "price", t("tradeoffs.price"), PRICES, PRICES[0], _named_fields(list(PRICES)),
                ("price_from", "price_to"),
            )  # fmt: skip
        span = _range(self.price, ("price_from", "price_to"), (low, high), problems)
        with third:
            points: int = choices.one_of("points", t("tradeoffs.points"), POINTS, 9, str)
        with fourth:
            self.days = _days()
        if problems:
            st.warning(" ".join(problems))
        self.by: tuple[str, ...] = (self.price,)
        self.study = _break_even(scenario, self.price, span, tuple(names), points, self.days, runs.ENGINE)

    def draw(self, sheet: Sheet, part: SoFar) -> pd.DataFrame:
        style, price = self.style, self.price
        found = tradeoff.gains(part.rows, price)
        if found.empty:
            sheet.say(t("verdict.nothing_yet"))
            return part.rows
        now = float(getattr(self.scenario, price))
        figure = _spoken(figures.break_even(found, price, _label(price), now, style), part)
        more = (figures.gain_of_own_day(found, price, now, style), figures.break_even_words(found, price, style))
        sheet.headline_chart(figure, "break_even", [s for s in more if s and s != figure.title] if part.whole else [])
        lines = []
        for name in dict.fromkeys(found["agent"]):
            mine = found[found["agent"] == name].sort_values(price)
            at = figures.pays(found, price, name)
            if at == "never" and mine["discharged_kwh"].max() < 0.05:
                at = "discharges"
            here = mine[np.isclose(mine[price], now)]
            lines.append(
                {
                    "agent": t(f"agents.{name}.name"),
                    **{
                        head: style.money(float(here[column].iloc[0]), signed=True)
                        if len(here) and np.isfinite(here[column].iloc[0])
                        else UNKNOWN
                        for head, column in (("now", "mean"), ("own", "own"))
                    },
                    "break_even": number(at, 2) if isinstance(at, float) else t(PAYS[at]),
                    "gain": written(float(mine["mean"].max()), "user_profit_eur", style, signed=True),
                    "at": number(mine.loc[mine["mean"].idxmax(), price]),
                }
            )
        column, shown = st.column_config, pd.DataFrame(lines)
        words = shown.copy()
        heads = ("axis.agent", *(f"tradeoffs.{name}" for name in ("gain_now", "gain_own")), "tip.break_even")
        words.columns = [t(head) for head in (*heads, "tradeoffs.most_gain", "tradeoffs.at")]
        sheet.table(words, t("tradeoffs.break_even"), t("tradeoffs.break_even_note"))
        st.dataframe(
            shown,
            hide_index=True,
            column_config={
                "agent": column.TextColumn(t("axis.agent"), width=180),
                "now": column.TextColumn(t("tradeoffs.gain_now"), alignment="right"),
                "own": column.TextColumn(t("tradeoffs.gain_own"), help=t("tradeoffs.gain_own_help"), alignment="right"),
                "break_even": column.TextColumn(t("tip.break_even"), width=150),
                "gain": column.TextColumn(t("tradeoffs.most_gain"), alignment="right"),
                "at": column.TextColumn(t("tradeoffs.at"), alignment="right"),
            },
            key="break_evens",
        )
        return found


@st.cache_resource(max_entries=32, show_spinner=False)
def _break_even(
    base: Scenario, price: Price, span: Span, names: tuple[str, ...], points: int, days: int, engine: str
) -> Study:
    return tradeoff.break_even_study(base, price, names, points, days, span)


PARTS = {"sweep": Sweep, "front": Front, "break_even": BreakEven}


def choose(scenario: Scenario, style: Style) -> Sweep | Front | BreakEven:
    """The question, with its choices."""
    view = choices.view(VIEWS, t("tradeoffs.question"), named("tradeoffs.{}"))
    st.caption(t(f"tradeoffs.{view}_note", reference=t(f"agents.{REFERENCE}.name")))
    return PARTS[view](scenario, style)
