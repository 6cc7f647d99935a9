"""What many days say: sentences and tables."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from core.figures import Style
from core.figures.indicators import indicator_title, written
from core.figures.marks import not_knowing, together
from core.figures.robustness import sentence
from core.studies.partial import SoFar
from core.studies.study import Study
from core.studies.verdict import Verdict, verdicts, worst_worlds
from pages.ui import partial, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, in_words, t

STAKES = ("objective_eur", "user_profit_eur", "provider_margin_eur", "grid_value_eur")

NOISE = "≈"


def best_two(rows: pd.DataFrame, found: Sequence[Verdict], indicator: str) -> Verdict | None:
    """The best agent without foresight against the next best, where both are better than the reference."""
    able = [verdict.agent for verdict in found if verdict.agent != runs.BOUND and verdict.better]
    if len(able) < 2:
        return None
    pair = rows[rows["agent"].isin(able[:2])]
    return next(iter(verdicts(pair, indicator, able[1])), None)


def words(
    sheet: Sheet, found: Sequence[Verdict], duel: Verdict | None, style: Style, days: str = "", *, alone: bool = False
) -> None:
    """The first verdict as a headline; below it the best two against each other, and the other verdicts.

    An agent alone has nothing to be compared with: that is said instead. `days` says of which days the verdicts are,
    where it is not all.
    """
    if alone:
        sheet.say(t("verdict.one_agent"))
        return
    able = [verdict for verdict in found if verdict.agent != runs.BOUND] or list(found)
    said = [sentence(verdict, style) for verdict in able]
    if duel is not None:
        said.insert(1, sentence(duel, style))
    first, *rest = [in_words(s) for s in said] or [t("verdict.nothing_yet")]
    sheet.say(f"{days} {first}".strip(), rest, listed=True)


def context(found: SoFar) -> list[str]:
    """On how many days the figures rest, how many of those asked for that is, and who waits."""
    cars = found.rows.groupby("world")["cars"].max()
    said = [] if found.points == found.asked else [t("robustness.so_far", days=found.points, all=found.asked)]
    some, every = int((cars > 0).sum()), len(cars)
    said.append(
        t("robustness.all_days_have_cars" if some == every else "robustness.days_with_cars", cars=some, days=every)
    )
    return said + partial.left_waiting(found)


def table(sheet: Sheet, rows: pd.DataFrame, found: Sequence[Verdict], indicator: str, style: Style) -> None:
    """A row an agent: mean, difference with its interval, win rate, days that would be needed."""
    by_agent = {verdict.agent: verdict for verdict in found}
    means = rows[rows["cars"] > 0].groupby("agent", sort=False)[indicator].mean()
    lines = []
    for agent in [*by_agent, *(name for name in means.index if name not in by_agent)]:
        verdict = by_agent.get(agent)
        lines.append(
            {
                "agent": agent_name(agent),
                "mean": written(float(means[agent]), indicator, style),
                "difference": "" if verdict is None else written(verdict.mean, indicator, style, signed=True),
                "interval": ""
                if verdict is None or verdict.n < 2
                else f"{written(verdict.low, indicator, style, signed=True).rsplit(' ', 1)[0]} … "
                f"{written(verdict.high, indicator, style, signed=True)}",
                "wins": None if verdict is None else 100 * verdict.win_frac,
                "days": "" if verdict is None else f"{verdict.n:,}",
                "needed": "" if verdict is None or verdict.needed is None else f"{verdict.needed:,}",
            }
        )
    shown = pd.DataFrame(lines)
    column = st.column_config
    st.dataframe(
        shown,
        hide_index=True,
        column_config={
            "agent": column.TextColumn(t("axis.agent"), pinned=True, width=140),
            "mean": column.TextColumn(t("robustness.mean"), alignment="right"),
            "difference": column.TextColumn(t("robustness.difference"), alignment="right"),
            "interval": column.TextColumn(
                t("robustness.interval"), help=t("glossary_help.interval"), alignment="right"
            ),
            "wins": column.ProgressColumn(t("tip.wins"), format="%.0f %%", min_value=0, max_value=100, width=110),
            "days": column.TextColumn(t("tip.days"), alignment="right"),
            "needed": column.TextColumn(t("robustness.needed"), help=t("robustness.needed_help"), alignment="right"),
        },
        key="verdicts",
    )
    heads = [t("axis.agent"), *(t(f"robustness.{name}") for name in ("mean", "difference", "interval"))]
    words = shown.assign(wins=[per_cent(v) for v in shown["wins"]])
    words.columns = [*heads, t("tip.wins"), t("tip.days"), t("robustness.needed")]
    sheet.table(words, t("robustness.verdicts"))


def for_whom(sheet: Sheet, rows: pd.DataFrame, against: str, style: Style) -> None:
    """What each agent changes for each stakeholder, and who is best for the grid."""
    found = {name: {v.agent: v for v in verdicts(rows, name, against)} for name in STAKES}
    agents = list(found["objective_eur"])
    if not agents:
        return
    grid, drivers = (
        {agent: found[name][agent].mean for agent in agents if agent != runs.BOUND}
        for name in ("grid_value_eur", "user_profit_eur")
    )
    base, among = agent_name(against), not_knowing("able", [*agents, against], style)
    best = max(grid, key=lambda agent: (style.rounded(grid[agent]), drivers[agent]), default=None)
    if best is None or style.rounded(grid[best]) <= 0:
        title = t("robustness.grid_nobody", base=base, among=among)
    else:
        tied = [agent for agent in grid if style.rounded(grid[agent]) == style.rounded(grid[best])]
        title = t(
            "robustness.grid_best" if len(tied) == 1 else "robustness.grid_best_tied",
            among=among, agents=together(tied, style), agent=agent_name(best), base=base,
            grid=style.money(grid[best], signed=True), drivers=style.money(drivers[best], signed=True),
        )  # fmt: skip
    note = t("robustness.for_whom_note", base=base, noise=NOISE)
    cells = [[agent_name(agent), *(_difference(found[name][agent], style) for name in STAKES)] for agent in agents]
    shown = pd.DataFrame(cells, columns=[t("axis.agent"), *(indicator_title(name, style) for name in STAKES)])
    sheet.table(shown, title, note)
    st.subheader(title, anchor=False)
    st.caption(note)
    column = st.column_config
    right = {name: column.TextColumn(name, alignment="right") for name in shown.columns[1:]}
    first = {shown.columns[0]: column.TextColumn(shown.columns[0], pinned=True, width=140)}
    st.dataframe(shown, hide_index=True, column_config={**first, **right}, key="for_whom")


def _difference(verdict: Verdict, style: Style) -> str:
    """A mean difference with its interval; marked where it is within noise."""
    mean, low, high = (style.amount(value, signed=True) for value in (verdict.mean, verdict.low, verdict.high))
    if verdict.needed is None and abs(verdict.mean) < 1e-9:
        return style.amount(0.0)
    if verdict.n < 2:
        return mean
    return f"{NOISE + ' ' if verdict.noise else ''}{mean} ({low} … {high})"


def per_cent(value: float | None) -> str:
    """Per cent; nothing where there is none."""
    return "" if value is None or pd.isna(value) else f"{value:.0f} %"


def worst(sheet: Sheet, rows: pd.DataFrame, asked: Study, indicator: str, against: str, style: Style) -> None:
    """The days on which each agent falls furthest behind, each with a link to it."""
    found = worst_worlds(rows, indicator, against)
    if found.empty:
        return
    st.subheader(t("robustness.worst"), anchor=False)
    st.caption(t("robustness.worst_note", base=agent_name(against)))
    links, days = [], []
    for agent, world in zip(found["agent"], found["world"], strict=True):
        scenario = asked.scenarios[int(world)]
        query = {**scenario.to_query(), "agent": agent, "lang": st.session_state["lang"]}
        links.append("/?" + urlencode(query))
        days.append(f"{scenario.date.isoformat()} · {scenario.seed}")
    column = st.column_config
    shown = pd.DataFrame(
        {
            "open": links,
            "agent": [agent_name(agent) for agent in found["agent"]],
            "day": days,
            "difference": [written(v, indicator, style, signed=True) for v in found["difference"]],
            "value": [written(v, indicator, style) for v in found["value"]],
            "reference": [written(v, indicator, style) for v in found["reference"]],
        }
    )
    words = shown.drop(columns="open")
    heads = [indicator_title(indicator, style), agent_name(against)]
    words.columns = [t("axis.agent"), t("axis.day"), t("robustness.difference"), *heads]
    sheet.table(words, t("robustness.worst"))
    st.dataframe(
        shown,
        hide_index=True,
        column_config={
            "open": column.LinkColumn(t("pages.explore"), display_text=t("compare.open"), width=90),
            "agent": column.TextColumn(t("axis.agent"), width=140),
            "day": column.TextColumn(t("axis.day")),
            "difference": column.TextColumn(t("robustness.difference"), alignment="right"),
            "value": column.TextColumn(indicator_title(indicator, style), alignment="right"),
            "reference": column.TextColumn(agent_name(against), alignment="right"),
        },
        key="worst",
    )
