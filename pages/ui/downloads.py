"""Downloads: the scenario, and a run's tables as CSV and Parquet."""

from __future__ import annotations

import io

import pandas as pd
import streamlit as st

from core.run import Result
from pages.ui.i18n import t


def to_csv(table: pd.DataFrame) -> bytes:
    """CSV in UTF-8 with a byte-order mark, so that spreadsheets read Korean and units right."""
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")


def to_parquet(table: pd.DataFrame) -> bytes:
    """Parquet bytes."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


def draw(result: Result) -> None:
    """A row of buttons; files are made when they are asked for."""
    scenario, agent = result.scenario, result.trace.agent
    stem = f"enerv2gize-{scenario.key[:8]}-{agent}"
    st.caption(t("downloads.note"))
    with st.container(horizontal=True):
        st.download_button(
            t("downloads.scenario"),
            scenario.to_json,
            f"{stem}.json",
            "application/json",
            on_click="ignore",
            key="get.scenario",
        )
        for name in ("steps", "sessions"):
            table: pd.DataFrame = getattr(result.ledger, name)
            st.download_button(
                t(f"downloads.{name}_csv"), lambda table=table: to_csv(table), f"{stem}-{name}.csv", "text/csv",
                on_click="ignore", key=f"get.{name}.csv",
            )  # fmt: skip
            st.download_button(
                t(f"downloads.{name}_parquet"), lambda table=table: to_parquet(table), f"{stem}-{name}.parquet",
                "application/vnd.apache.parquet", on_click="ignore", key=f"get.{name}.parquet",
            )  # fmt: skip


def table(rows: pd.DataFrame, stem: str) -> None:
    """A table as CSV and Parquet; files are made when they are asked for."""
    st.caption(t("downloads.note"))
    with st.container(horizontal=True):
        st.download_button(
            t("downloads.table_csv"), lambda: to_csv(rows), f"{stem}.csv", "text/csv",
            on_click="ignore", key="get.table.csv",
        )  # fmt: skip
        st.download_button(
            t("downloads.table_parquet"), lambda: to_parquet(rows), f"{stem}.parquet",
            "application/vnd.apache.parquet", on_click="ignore", key="get.table.parquet",
        )  # fmt: skip
