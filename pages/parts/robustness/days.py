"""Which agents meet which days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import streamlit as st

from core.accounts.indicators import INDICATORS
from core.errors import ScenarioError
from core.figures import Style
from core.scenario import Scenario
from core.studies.monthly_bill import month_study
from core.studies.study import LeftOut, Study
from pages.ui import choices, families, runs
from pages.ui.i18n import named, t

OVER = ("year", "season", "month", "days", "seeds")
FILE = "file"
"""Days that a visitor's own data are for; offered where there are some."""

SIZES = (10, 30, 100, 365)


def choose(scenario: Scenario, style: Style) -> tuple[list[str], str, str, int, str]:
    """Agents, reference, what to vary, how often, and the indicator."""
    with st.container(key="choices"):
        left, right = st.columns([70, 30], gap="medium")
        with left:
            names = families.several(families.quick(scenario), scenario)
            families.say_left_out(scenario, names)
        with right:
            against = families.against(names)
        first, second, third = st.columns([40, 20, 40], gap="medium")
        with first:
            own = bool(scenario.own_dates)
            options, first_choice = ((FILE, *OVER), FILE) if own else (OVER, "year")
            over = choices.one_of("over", t("robustness.over"), options, first_choice, named("robustness.{}"))
        with second:
            n = choices.one_of("n", t("robustness.n"), SIZES, 100, str, disabled=over == "month")
        with third:
            indicator = choices.one_of(
                "indicator", t("choose.indicator"), list(INDICATORS), "objective_eur", named("indicator.{}")
            )
    return names, against, over, n, indicator


def study(scenario: Scenario, names: Sequence[str], over: str, n: int) -> Study:
    """The days asked for."""
    return _days(scenario, tuple(names), over, n, runs.ENGINE)


@st.cache_resource(max_entries=32, show_spinner=False)
def _days(base: Scenario, names: tuple[str, ...], over: str, n: int, engine: str) -> Study:
    """Days from the scenario's own on, of its month, season, year or file, or its day again; each with cars of its own.

    Days on which the scenario is impossible (at the end of the price table) are left out, and are in `left_out`.
    """
    if over == "month":
        return month_study(base, names)
    if over == "seeds":
        days = [base.date] * n
    elif over == FILE and base.own_dates:
        n = min(n, len(base.own_dates))
        days = [base.own_dates[int(k * len(base.own_dates) / n)] for k in range(n)]
    elif over in ("season", "year"):
        first, length = _season(base.date) if over == "season" else (dt.date(base.date.year, 1, 1), 365)
        n = min(n, length)
        days = [first + dt.timedelta(days=int(k * length / n)) for k in range(n)]
    else:
        days = [base.date + dt.timedelta(days=k) for k in range(n)]
    scenarios, labels, left_out = [], [], []
    for k, day in enumerate(days):
        seed = (base.seed + (k if over == "seeds" else 1000 * k)) % 1_000_000
        try:
            scenarios.append(base.replace(date=day, seed=seed))
        except ScenarioError as error:
            left_out.append(LeftOut({"date": day}, error))
            continue
        labels.append({"date": day, "seed": seed})
    return Study(tuple(scenarios), tuple(labels), names, tuple(left_out))


def _season(date: dt.date) -> tuple[dt.date, int]:
    """First day and number of days of the three months around a date: December to February, March to May, and so on."""
    months = date.year * 12 + date.month - 1
    first = months - (months + 1) % 3
    begin, end = (dt.date(m // 12, m % 12 + 1, 1) for m in (first, first + 3))
    return begin, (end - begin).days
