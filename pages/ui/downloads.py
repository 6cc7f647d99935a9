"""Downloads, the same on every page: a report, the charts, the scenario, and the page's tables."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from urllib.parse import urlencode, urlsplit

import pandas as pd
import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from core.figures import Style
from core.reports import exports, outcome, result_csv
from core.scenario import Scenario
from core.studies.run import Result
from pages.ui import i18n, near, runs
from pages.ui.charts import Sheet
from pages.ui.i18n import t

PARQUET = "application/vnd.apache.parquet"

ANCHOR = "downloads"
"""Where the menu stands, for links to it."""

PUBLIC_ADDRESS = "ENERV2GIZE_ADDRESS"
"""Variable of the environment: where others find this installation, such as ``https://v2g.example.org``."""


def bar(
    sheet: Sheet, scenario: Scenario, style: Style, tables: Callable[[], Mapping[str, pd.DataFrame]],
    agents: Sequence[str], page: str, name: str = "", results: Sequence[Result] = (),
) -> None:  # fmt: skip
    """A menu, filled when it is opened; files are made when they are asked for, from what is on screen then.

    Parameters
    ----------
    sheet : Sheet
        What the page has shown.
    scenario : Scenario
    style : Style
    tables : callable
        Gives the page's numbers in full, and completes the sheet; names are keys of the catalogues.
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
    st.subheader(t("downloads.title"), anchor=ANCHOR)
    menu = st.popover(t("downloads.open"), icon=":material/download:", key=near.WHOLE, on_change="rerun")
    if not (menu.open or near.everything):
        return
    named = tables()
    stem = f"enerv2gize-{scenario.key[:8]}-{name or page}"
    # All words are settled here: files are made later, outside of this session's run.
    report = exports.Report(
        page=t(f"pages.{page}"), language=i18n.language(), context=sheet.context, headline=sheet.headline,
        sentences=sheet.sentences, sections=sheet.sections, scenario=scenario, agents=list(dict.fromkeys(agents)),
        sources=runs.prices(scenario).sources, link=_link(),
    )  # fmt: skip
    with menu, st.container(key="downloads"):
        st.caption(t("downloads.note", currency=style.unit))
        _button("report", lambda: exports.to_html(report, style), f"{stem}.html", "text/html")
        drawings: dict[str, Callable[..., str | bytes]] = {"svg": exports.to_svg, "png": exports.to_png}
        for kind, to_file in drawings.items():
            make = partial(exports.zipped, sheet.figures, kind, partial(to_file, style=style))
            _button(f"charts_{kind}", make, f"{stem}-charts-{kind}.zip", "application/zip")
        _button("scenario", scenario.to_json, f"{stem}.json", "application/json")
        if results:
            _button("runs_json", partial(outcome.to_json, results), f"{stem}-runs.json", "application/json")
        for kind, rows in named.items():
            file = stem if kind == "table" else f"{stem}-{kind}"
            _button(f"{kind}_csv", partial(_table, exports.to_csv, rows, style), f"{file}.csv", "text/csv")
            _button(f"{kind}_parquet", partial(_table, exports.to_parquet, rows, style), f"{file}.parquet", PARQUET)
        n_rows = sum(run.trace.power_kw.size for run in results)
        if results and result_csv.fits(n_rows):
            _button("results", partial(result_csv.results_of, results), f"{stem}-results.csv", "text/csv")


def _button(name: str, make: Callable[[], str | bytes], file: str, mime: str) -> None:
    visitor = get_script_run_ctx()

    def made() -> bytes:
        out = make()
        data = out.encode() if isinstance(out, str) else out
        # Streamlit forgets a file that was made on request as soon as any two pages have been drawn, of whichever
        # visitors, which may be before the browser comes for it: it is kept as one of this visitor's page.
        if st.runtime.exists():
            keep = partial(st.runtime.get_instance().media_file_mgr.add, is_for_static_download=True)
            thread = threading.Thread(target=keep, args=(data, mime, f"get.{name}", file))
            add_script_run_ctx(thread, visitor)
            thread.start()
            thread.join()
        return data

    st.download_button(t(f"downloads.{name}"), made, file, mime, on_click="ignore", key=f"get.{name}")


def _table(write: Callable[[pd.DataFrame], str | bytes], rows: pd.DataFrame, style: Style) -> str | bytes:
    return write(exports.in_currency(rows, style))


def _link() -> str:
    """The page's address: under the public one of this installation where it is set, else as the browser told it."""
    seen = st.context.url
    if not seen:
        return ""
    page, public = seen.partition("?")[0], os.environ.get(PUBLIC_ADDRESS, "").strip()
    if public:
        page = f"{public.rstrip('/')}/{urlsplit(page).path.rstrip('/').rpartition('/')[2]}"
    return f"{page}?{urlencode(st.query_params.to_dict())}"
