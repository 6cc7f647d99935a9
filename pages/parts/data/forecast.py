"""What agents may know of prices, load and solar power: forecasts against what came, and what not knowing costs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.errors import EnerV2GizeError
from core.figures import Style
from core.figures import forecast as figures
from core.scenario import Scenario
from core.tariffs.forecast import MODELS
from core.world import World
from pages.ui import choices, errors, families, forecasts, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, named, t
from pages.ui.numbers import dressed

MODEL = "boosted"
"""The model that the page begins with where the scenario sets none."""


def draw(sheet: Sheet, world: World, style: Style) -> None:
    """Everything: the day's forecast, errors by hour, the cost of not knowing, load and solar power."""
    scenario = world.scenario
    st.subheader(t("forecast.title"), anchor=False)
    st.caption(t("forecast.note"))
    own = scenario.price_forecast
    model = choices.one_of(
        "model", t("forecast.of"), list(MODELS), own if own in MODELS else MODEL, named("forecast.model.{}")
    )
    try:
        sheet.chart(figures.price_forecast(world, model, style), "price_forecast")
    except EnerV2GizeError as error:
        st.info(errors.sentence(error))
    else:
        if scenario.prices_are_known:
            st.info(t("forecast.cost_none"))
        else:
            _cost(sheet, scenario, model, style)
    sheet.chart(figures.forecast_errors(style), "forecast_errors")
    if world.load_kw.any() or world.pv_kw.any():
        sheet.chart(figures.site_forecast(world, style), "site_forecast")
    else:
        st.caption(t("forecast.no_site"))


def _cost(sheet: Sheet, scenario: Scenario, model: str, style: Style) -> None:
    """What each agent reaches with all prices known and with the forecast; slow ones when they are asked for."""
    agents = forecasts.looking_ahead(families.telling(scenario))
    slow = [(day, agent) for agent in agents for day in forecasts.both(scenario, model) if runs.must_wait(day, agent)]
    place = st.container()
    waiting = st.empty()
    if slow and waiting.button(t("forecast.ask", agents=_names({agent: None for _, agent in slow})), key="ask_cost"):
        for day, agent in slow:
            runs.prepare(day, agent, waiting, t("compare.planning", agent=agent_name(agent)))
        waiting.empty()
        slow = []
    left_out = {agent for _, agent in slow}
    found = {agent: forecasts.reached(scenario, model, agent) for agent in agents if agent not in left_out}
    if not found:  # all of them are slow, and nobody has asked yet
        return
    reference = runs.reference(scenario).ledger.totals.objective_eur
    rows = pd.DataFrame(
        {
            "agent": [agent_name(agent) for agent in found],
            "gain": [style.rounded(known - reference) for known, _ in found.values()],
            "expected": [style.rounded(expected - reference) for _, expected in found.values()],
            "cost": [style.rounded(known - expected) for known, expected in found.values()],
        }
    )
    with place:
        dearest = max(found, key=lambda agent: found[agent][0] - found[agent][1])
        cost = found[dearest][0] - found[dearest][1]
        key = "costs" if style.rounded(cost) > 0 else "costs_nothing"
        title = t(
            f"forecast.{key}", agent=agent_name(dearest), cost=style.money(cost), model=t(f"forecast.model.{model}")
        )
        st.markdown(f"**{title}**")
        st.caption(t("forecast.cost_note"))
        column = st.column_config
        names = ("gain", "expected", "cost")
        money = {
            name: column.NumberColumn(t(f"forecast.column.{name}", currency=style.currency)) for name in names
        }  # fmt: skip
        st.dataframe(
            dressed(rows, dict.fromkeys(names, style.digits)), hide_index=True, key="data_cost",
            column_config={"agent": column.TextColumn(t("forecast.column.agent")), **money},
        )  # fmt: skip
    sheet.table(rows, title, t("forecast.cost_note"))


def _names(agents: dict[str, None]) -> str:
    return ", ".join(agent_name(agent) for agent in agents)
