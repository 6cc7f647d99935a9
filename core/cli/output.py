"""How commands print: a table for people, JSON for programs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from core.reports.plain_json import as_text


def print_json(value: Any) -> None:
    """Print `value` as JSON, null for numbers that JSON lacks."""
    print(as_text(value))


def print_table(table: pd.DataFrame) -> None:
    """Print a table whole, numbers with three decimals."""
    with pd.option_context("display.width", 200, "display.max_columns", 30, "display.max_colwidth", 100):
        print(table.to_string(float_format=lambda value: f"{value:,.3f}"))
