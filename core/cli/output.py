"""How commands print: a table for people, JSON for programs."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import pandas as pd


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values: times as ISO text, missing numbers as null."""
    table = table.copy()
    for name in table.columns:
        if pd.api.types.is_datetime64_any_dtype(table[name]):
            table[name] = table[name].map(lambda time: time.isoformat())
        elif table[name].map(lambda value: isinstance(value, dt.date)).any():
            table[name] = table[name].map(str)
    rows: list[dict[str, Any]] = json.loads(table.to_json(orient="records", double_precision=15))
    return rows


def print_json(value: Any) -> None:
    """Print `value` as JSON, null for numbers that JSON lacks."""
    print(json.dumps(_finite(value), indent=2, ensure_ascii=False))


def _finite(value: Any) -> Any:
    """JSON has no NaN: null stands for it."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_table(table: pd.DataFrame) -> None:
    """Print a table whole, numbers with three decimals."""
    with pd.option_context("display.width", 200, "display.max_columns", 30, "display.max_colwidth", 100):
        print(table.to_string(float_format=lambda value: f"{value:,.3f}"))
