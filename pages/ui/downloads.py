"""Downloads, the same on every page: a report, the charts, the scenario, and the page's tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from core.figures import Style
from core.reports import exports, outcome, result_csv
from core.scenario import Scenario
from core.studies.run import Result
from pages.ui import i18n, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import t

PARQUET = "application/vnd.apache.parquet"


def bar(
    sheet: Sheet, scenario: Scenario, style: Style, tables: Mapping[str, pd.DataFrame], agents: Sequence[str],
    page: str, name: str = "", results: Sequence[Result] = (),
) -> None:  # fmt: skip
    """A row of buttons; files are made when they are asked for, from what is on screen now.

    Parameters
    ----------
    sheet : Sheet
        What the page has shown.
    scenario : Scenario
    style : Style
    tables : mapping of str to DataFrame
        The page's numbers in full; names are keys of the catalogues.
    agents : sequence of str
        Whoever is on the page.
    page : str
        Its name in the catalogues.
    name : str
        What files are named after; the page by default.
    results : sequence of Result
        Runs of one day, for a file of all that came of them and for the result CSV; without any, or with more than the
        latter can hold, there is none.
    """
    stem = f"enerv2gize-{scenario.key[:8]}-{name or page}"
    # All words are settled here: files are made later, outside of this session's run.
    report = exports.Report(
        page=t(f"pages.{page}"), language=i18n.language(), context=sheet.context, headline=sheet.headline,
        sentences=sheet.sentences, sections=sheet.sections, scenario=scenario, agents=list(dict.fromkeys(agents)),
        sources=runs.prices(scenario).sources, link=_link(),
    )  # fmt: skip
    st.subheader(t("downloads.title"), anchor=False)
    st.caption(t("downloads.note", currency=style.unit))
    with st.container(horizontal=True, key="downloads"):
        _button("report", lambda: exports.to_html(report, style), f"{stem}.html", "text/html")
        drawings: dict[str, Callable[..., str | bytes]] = {"svg": exports.to_svg, "png": exports.to_png}
        for kind, to_file in drawings.items():
            make = partial(exports.zipped, sheet.figures, kind, partial(to_file, style=style))
            _button(f"charts_{kind}", make, f"{stem}-charts-{kind}.zip", "application/zip")
        _button("scenario", scenario.to_json, f"{stem}.json", "application/json")
        if results:
            _button("runs_json", partial(outcome.to_json, results), f"{stem}-runs.json", "application/json")
        for kind, rows in tables.items():
            file = stem if kind == "table" else f"{stem}-{kind}"
            _button(f"{kind}_csv", partial(_table, exports.to_csv, rows, style), f"{file}.csv", "text/csv")
            _button(f"{kind}_parquet", partial(_table, exports.to_parquet, rows, style), f"{file}.parquet", PARQUET)
        n_rows = sum(run.trace.power_kw.size for run in results)
        if results and result_csv.fits(n_rows):
            _button("results", partial(result_csv.results_of, results), f"{stem}-results.csv", "text/csv")


def _button(name: str, make: Callable[[], str | bytes], file: str, mime: str) -> None:
    st.download_button(t(f"downloads.{name}"), make, file, mime, on_click="ignore", key=f"get.{name}")


def _table(write: Callable[[pd.DataFrame], str | bytes], rows: pd.DataFrame, style: Style) -> str | bytes:
    return write(exports.in_currency(rows, style))


def _link() -> str:
    """The page's address; empty where the browser did not tell."""
    address = st.context.url
    return f"{address.partition('?')[0]}?{urlencode(st.query_params.to_dict())}" if address else ""
