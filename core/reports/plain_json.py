"""Tables and numbers as JSON can say them."""

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


def as_text(value: Any) -> str:
    """JSON, null for numbers that JSON lacks."""
    return json.dumps(_finite(value), indent=2, ensure_ascii=False)


def _finite(value: Any) -> Any:
    """JSON has no NaN: null stands for it."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
