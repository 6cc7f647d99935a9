"""One field, or two, against any indicator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.accounts.indicators import INDICATORS
from core.figures import Style
from core.figures import tradeoffs as figures
from core.figures.indicators import digits, factor, indicator_title, written
from core.figures.style import number
from core.scenario import Scenario
from core.studies import tradeoff
from core.studies.partial import SoFar
from core.studies.study import Study, draws, sweep
from pages.parts.tradeoffs.shared import (
    NONE,
    POINTS,
    SO_FAR,
    Span,
    ask_days,
    ask_range,
    label,
    named_fields,
    rate,
    spoken,
)
from pages.ui import choices, families, partial, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, named, t


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
            self.names = families.several(families.quick(scenario), scenario)
        with right:
            self.against = families.against(self.names)
        first, *range_of_first, third, low, high = st.columns([24, 13, 13, 24, 13, 13], gap="small")
        with first:
            self.field: str = choices.one_of(
                "field", t("tradeoffs.field"), options, "transformer_limit_kw", named_fields(options), ("from", "to")
            )
        spans = [ask_range(self.field, ("from", "to"), range_of_first, problems)]
        with third:
            more = [NONE, *(name for name in options if name != self.field)]
            self.field2: str = choices.one_of(
                "field2", t("tradeoffs.field2"), more, NONE, named_fields(more), ("from2", "to2")
            )
        if self.field2 != NONE:
            spans.append(ask_range(self.field2, ("from2", "to2"), (low, high), problems))
        first, second, third = st.columns([50, 26, 24], gap="small")
        with first:
            self.indicator: str = choices.one_of(
                "indicator", t("choose.indicator"), list(INDICATORS), "objective_eur", named("indicator.{}")
            )
        with second:
            points: int = choices.one_of("points", t("tradeoffs.points"), POINTS, 9, str)
        with third:
            days = ask_days()
        families.say_left_out(scenario, self.names)
        if problems:
            st.warning(" ".join(problems))
        self.fields = (self.field,) if self.field2 == NONE else (self.field, self.field2)
        self.by: tuple[str, ...] = self.fields
        self.days = days
        asked = (scenario, self.fields, tuple(spans), points)
        self.study = _sweep(*asked, tuple(self.names), days, runs.ENGINE)
        served = families.serving(self.names, self.study.scenarios)
        if served != self.names:
            self.names = served
            self.against = self.against if self.against in served else served[0]
            self.study = _sweep(*asked, tuple(served), days, runs.ENGINE)

    def draw(self, sheet: Sheet, found: SoFar) -> pd.DataFrame:
        titles = tuple(label(field) for field in self.fields)
        rows = found.rows.assign(**{field: found.rows[field] * rate(field) for field in self.fields})
        every, found = found.rows, replace(found, rows=rows)
        if len(self.fields) == 1:
            now = float(getattr(self.scenario, self.field)) * rate(self.field)
            figure = figures.sweep_lines(rows, self.field, titles[0], now, self.indicator, self.style)
            sheet.headline_chart(spoken(figure, found), "sweep")
        else:
            self._maps(sheet, found, (titles[0], titles[1]))
        note = t("tradeoffs.sweep_values_note", what=indicator_title(self.indicator, self.style))
        sheet.table(self._values(rows, titles), t("tradeoffs.sweep_values"), note)
        return every

    def _values(self, rows: pd.DataFrame, titles: Sequence[str]) -> pd.DataFrame:
        """What is drawn, cell by cell: a row a value of the field, or a pair of values, and a column an agent."""
        means = rows.groupby(["agent", *self.fields], sort=False)[self.indicator].mean().unstack("agent").sort_index()
        places = digits(self.indicator, self.style)
        names = [name for name in self.names if name in means.columns]
        values = means.index.to_frame(index=False)
        return pd.DataFrame(
            {
                **{title: [number(v) for v in values[field]] for field, title in zip(self.fields, titles, strict=True)},
                **{
                    agent_name(name): [number(v, places) for v in means[name] * factor(self.indicator, self.style)]
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
                agent_name(name),
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
            "tradeoffs.map_reading", what=t(f"indicator.{self.indicator}"), base=agent_name(self.against),
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
