"""The walk-through of a file of results, which lives in the visitor's session alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.accounts.playback import FASTEST_KW, SiteDay, days_of, of_soc, running_money
from core.errors import ResultFileError
from core.figures.playback import Served, serves_best, station_ranking
from core.reports.result_csv import MAX_BYTES, ResultFile, read_results
from pages.parts.stations import player, selections
from pages.ui import choices, errors, i18n, words
from pages.ui.charts import Sheet, plain
from pages.ui.i18n import t

KEPT, PROBLEM = "results.kept", "results.problem"

CAPACITY_KWH = 50.0
"""Of every car of the original project."""

LEAST_KWH, MOST_KWH = 1.0, 1000.0

MOST_DAYS, MOST_STEPS, MOST_STATIONS = 366, 3000, 1000
"""What can be chosen from, and what a browser can still play."""


def draw() -> None:
    """Everything below the choice of what to look at."""
    limit = MAX_BYTES // 1_000_000
    st.file_uploader(
        t("results.upload", limit=limit), type="csv", key="results.upload", on_change=_take, max_upload_size=limit,
        help=t("results.upload_help"),
    )  # fmt: skip
    if PROBLEM in st.session_state:
        st.error(errors.sentence(st.session_state[PROBLEM]))
    if KEPT in st.session_state:
        _play(*st.session_state[KEPT])
    else:
        st.info(t("results.none"))


def _take() -> None:
    """Callback of the uploader: a good file is kept, a bad one leaves the one before."""
    file = st.session_state["results.upload"]
    st.session_state.pop(PROBLEM, None)
    if file is None:  # taken out: perhaps by another one on its way
        return
    try:
        st.session_state[KEPT] = file.name, read_results(file.getvalue(), file.name)
    except ResultFileError as error:
        st.session_state[PROBLEM] = error


def _play(name: str, results: ResultFile) -> None:
    """The file's day, and who leaves the best bill."""
    days = days_of(results.times)
    steps_a_day = max(day.stop - day.start for day in days)
    if len(days) > MOST_DAYS or steps_a_day > MOST_STEPS or len(results.stations) > MOST_STATIONS:
        st.error(t("results.too_much", days=MOST_DAYS, steps=MOST_STEPS, stations=MOST_STATIONS))
        return
    style, sheet = i18n.style(st.session_state["scenario"]), Sheet()
    head = st.container()
    left, middle, right = st.columns(3, gap="medium", vertical_alignment="bottom")
    with left:
        begins = [str(results.times[day.start])[:16].replace("T", " ") for day in days]
        steps = days[_one_of("day", t("fields.date.title"), begins)]
    with middle:
        place = min(st.session_state.get("results.place", 0), len(results.stations) - 1)
        selections.choose_station(results.stations, place, "results.station", _pick)
    with right:
        capacity = _capacity()
    algorithm = _algorithm(results.algorithms)

    def under(i: int) -> SiteDay:
        return of_soc(
            results.times, results.stations, results.soc_frac[i], capacity,
            results.charging_eur_per_kwh, results.discharging_eur_per_kwh, steps,
        )  # fmt: skip

    note = t("player.note_file", capacity=capacity, fastest=FASTEST_KW, currency=style.unit)
    player.draw(under(algorithm), place, style, note, t("player.total_bill"), _pick)
    served = [Served(text, running_money(under(i), place)) for i, text in enumerate(results.algorithms)]
    came = bool(np.any(results.soc_frac[:, steps, place] > 0))
    findings = serves_best(served, results.stations[place], came, style)
    with head:
        sheet.when(t("results.context", file=name, stations=len(results.stations), count=len(served)))
        words.headline(sheet, findings)
    if came:
        ranking = station_ranking(served, results.stations[place], results.algorithms[algorithm], style)
        sheet.chart(ranking, "station_ranking")


def _pick(place: int) -> None:
    st.session_state["results.place"] = place


def _one_of(name: str, label: str, options: Sequence[str]) -> int:
    """Place of an option, from a list that shows it as it is; another file may have fewer."""
    key = f"results.{name}"
    st.session_state[key] = min(st.session_state.get(key) or 0, len(options) - 1)
    place: int = st.selectbox(label, range(len(options)), key=key, format_func=lambda i: options[i])
    return place


def _algorithm(names: Sequence[str]) -> int:
    """Place of the algorithm whose day plays: all, one click each."""
    key = "results.algorithm"
    st.session_state[key] = min(st.session_state.get(key) or 0, len(names) - 1)
    place: int = st.pills(
        t("results.algorithm"), range(len(names)), key=key, required=True, format_func=lambda i: plain(names[i])
    )
    return place


def _capacity() -> float:
    asked = choices.number("capacity", t("results.capacity"), CAPACITY_KWH, step=5.0, whole=False)
    if LEAST_KWH <= asked <= MOST_KWH:
        return asked
    st.warning(t("results.capacity_allowed", minimum=LEAST_KWH, maximum=MOST_KWH, usual=CAPACITY_KWH))
    return CAPACITY_KWH
