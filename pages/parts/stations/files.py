"""The walk-through of a file of results, which lives in the visitor's session alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from core.accounts.playback import days_of, of_soc, running_money
from core.errors import ResultFileError
from core.figures.playback import Served, serves_best, station_ranking
from core.reports.result_csv import MAX_BYTES, ResultFile, read_results
from pages.parts.stations import player, selections
from pages.ui import choices, errors, i18n
from pages.ui.charts import Sheet, literal
from pages.ui.i18n import in_words, t

KEPT, PROBLEM = "results.file", "results.problem"
CAPACITY_KWH = 50.0
"""Of every car of the original project."""
CAPACITIES_KWH = (1.0, 1000.0)


def draw() -> None:
    """Everything below the choice of what to look at."""
    st.file_uploader(
        t("results.upload", limit=MAX_BYTES // 1_000_000), type="csv", key="results.upload", on_change=_take,
        max_upload_size=MAX_BYTES // 1_000_000, help=t("results.upload_help"),
    )  # fmt: skip
    if PROBLEM in st.session_state:
        st.error(st.session_state[PROBLEM])
    kept = st.session_state.get(KEPT)
    if kept is None:
        st.info(t("results.none"))
        return
    name, results = kept
    _play(name, results)


def _take() -> None:
    """Callback of the uploader: a good file is kept, a bad one leaves the one before."""
    file = st.session_state["results.upload"]
    st.session_state.pop(PROBLEM, None)
    if file is None:
        st.session_state.pop(KEPT, None)
        return
    try:
        results = read_results(file.getvalue(), file.name)
    except ResultFileError as error:
        st.session_state[PROBLEM] = errors.sentence(error)
        return
    st.session_state[KEPT] = file.name, results
    for choice in ("day", "algorithm", "place"):
        st.session_state.pop(f"results.{choice}", None)


def _play(name: str, results: ResultFile) -> None:
    style, sheet = i18n.style(st.session_state["scenario"]), Sheet()
    head = st.container()
    days = days_of(results.times)
    left, middle, right, last = st.columns(4, gap="medium", vertical_alignment="bottom")
    with left:
        begins = [str(results.times[day.start])[:16].replace("T", " ") for day in days]
        steps = days[_one_of("day", t("fields.date.title"), begins)]
    with middle:
        algorithm = _one_of("algorithm", t("results.algorithm"), results.algorithms)
    with right:
        place = _chosen("place", len(results.stations))
        selections.choose_station(results.stations, place, "results.station", _pick)
    with last:
        capacity = _capacity()

    def day_of(i: int) -> Any:
        return of_soc(
            results.times, results.stations, results.soc_frac[i], capacity,
            results.charging_eur_per_kwh, results.discharging_eur_per_kwh, steps,
        )  # fmt: skip

    note = t("player.note_file", capacity=capacity, currency=style.currency)
    player.draw(day_of(algorithm), place, style, note, t("player.total_bill"), _pick)
    names = [literal(text) for text in results.algorithms]
    served = [Served(text, running_money(day_of(i), place)) for i, text in enumerate(results.algorithms)]
    came = bool(np.any(results.soc_frac[:, steps, place] > 0))
    findings = serves_best(served, results.stations[place], came, style)
    with head:
        sheet.when(t("results.context", file=literal(name), stations=len(results.stations), n=len(names)))
        sheet.say(*(_plainly(findings)))
    if came:
        ranking = station_ranking(served, results.algorithms[algorithm], findings, style)
        sheet.chart(ranking, "station_ranking")
