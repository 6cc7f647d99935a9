"""Tables whose numbers are written as `core.figures.style.number` writes them, on pages and in reports alike."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from core.figures.style import number
from pages.ui.charts import plain


def worded(
    rows: pd.DataFrame, heads: Mapping[str, str], digits: Mapping[str, int], signed: Collection[str] = ()
) -> pd.DataFrame:
    """A table cell by cell as a reader sees it, columns under their headings."""
    out = rows[list(heads)].astype(object)
    for name, places in digits.items():
        out[name] = [number(value, places, signed=name in signed) for value in rows[name]]
    return out.rename(columns=dict(heads))


def dressed(rows: pd.DataFrame, digits: Mapping[str, int | None], signed: Collection[str] = ()) -> Styler:
    """Rows whose numbers look like `number` and are still numbers, so that they can be ordered.

    Columns must not have a format of their own, which would be used instead.
    """
    shown = rows.astype(dict.fromkeys(digits, float)) if len(rows) else rows
    return shown.style.format({name: partial(number, digits=n, signed=name in signed) for name, n in digits.items()})


def wrapped(cells: pd.DataFrame) -> None:
    """Draw a table of words that is read, not ordered: headings and cells wrap, so that many columns are in sight."""

    def in_one_line(text: str) -> str:
        """What stands in brackets, such as an interval, is not broken."""
        return plain(re.sub(r"\([^()]*\)", lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text))

    st.table(cells.rename(columns=plain).map(in_one_line), hide_index=True)
