"""The walk-through of a scenario's day."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.accounts.playback import of_run, running_money
from core.agents.registry import BOUND, REFERENCE
from core.errors import EnerV2GizeError
from core.figures.playback import Served, by_profit, serves_best, station_ranking
from core.studies.run import Result
from pages.parts.stations import player, selections
from pages.ui import downloads, errors, families, i18n, notices, runs, words
from pages.ui.charts import Sheet
from pages.ui.i18n import agent_name, t


def draw() -> None:
    """Everything below the choice of what to look at."""
    scenario = st.session_state["scenario"]
    style, sheet = i18n.style(scenario), Sheet()
    head = st.container()
    station_slot = selections.choose_day(scenario)
    agent = selections.choose_agent()
    place = st.empty()
    if families.say_unfit(scenario, agent):
        st.stop()
    try:
        if runs.must_wait(scenario, agent):  # in a way that ends when the page is left or changed
            planning = t("explore.planning", agent=agent_name(agent))
            runs.prepare(scenario, agent, place, planning)
            place.empty()
        result = runs.run(scenario, agent)
    except EnerV2GizeError as error:
        st.error(errors.sentence(error))
        st.stop()
    station = selections.station_of(result.world)
    with station_slot:
        selections.choose_station(range(scenario.stations), station, "stations.station", selections.pick_station)
    day = of_run(result.world, result.trace, result.ledger)
    note = t("player.note_run", currency=style.unit)
    player.draw(day, station, style, note, t("player.total_profit"), selections.pick_station)

    # The day plays already while the others run.
    results: dict[str, Result] = {}
    ranked = selections.ranked_agents(scenario, agent)
    for name in ranked:
        if runs.must_wait(scenario, name):
            continue
        try:
            results[name] = runs.run(scenario, name)
        except EnerV2GizeError as error:
            st.error(errors.sentence(error))
    served = {name: _served(run, station) for name, run in results.items()}
    cars = int(result.ledger.stations["cars"].iloc[station])
    findings = serves_best(list(served.values()), station, cars, style)
    with head:
        sheet.when(words.context(result))
        words.headline(sheet, findings)
        notices.outside([scenario], list(results))
        notices.rates([scenario])
    if cars:
        ranking = station_ranking(list(served.values()), station, agent_name(agent), style)
        sheet.chart(ranking, "station_ranking")
    selections.say_left_out(scenario, ranked)
    downloads.bar(
        sheet, scenario, style, lambda: {"table": _rows(results, served, station)}, list(results), "stations",
        results=list(results.values()),
    )  # fmt: skip


def _served(run: Result, station: int) -> Served:
    money = running_money(of_run(run.world, run.trace, run.ledger), station)
    name = run.trace.agent
    return Served(agent_name(name), money, foresight=name == BOUND, reference=name == REFERENCE)


def _rows(results: dict[str, Result], served: dict[str, Served], station: int) -> pd.DataFrame:
    """The ledger's row of the station under each agent, best for its drivers first."""
    order = by_profit(list(served.values()))
    names = sorted(results, key=lambda name: order.index(served[name]))
    rows = [{"agent": name, **results[name].ledger.stations.iloc[station].to_dict()} for name in names]
    return pd.DataFrame(rows)
