"""Which setting matters most: each moved alone, down and up, with all others as they are."""

from __future__ import annotations

from typing import Any, Final, Literal

import pandas as pd

from core.accounts.indicators import INDICATORS
from core.errors import CombinationError
from core.scenario import WEIGHT_FIELDS, Scenario
from core.studies.study import LeftOut, Study, draws
from core.studies.tradeoff import row_of, span_of, sweepable

Reach = Literal["near", "far"]
End = Literal["own", "low", "high"]
By = Literal["share", "part", "step", "range"]
"""How far a field is moved: a share of its value (`NEAR_FRAC`), that part of its range, one step, or to the ends."""

NEAR_FRAC: Final = 0.2
"""How far a near end lies from the scenario's own value: of that value, or of the field's range where it is 0."""

ALIKE_FRAC: Final = 0.25
"""Rounded to what a field may hold, its ends are still called a fifth of its value away up to this share."""

OF_WEIGHT: Final = dict(zip(WEIGHT_FIELDS, ("user_profit_eur", "provider_margin_eur", "grid_value_eur"), strict=True))

WHEN: Final = frozenset({"start_hour", "length_h"})
"""Fields that say which hours are looked at: another stretch of time is another question."""


def movable(base: Scenario) -> list[str]:
    """Fields that can be moved: those with numbers that matter in this scenario, but for which hours are looked at."""
    return [name for name in sweepable(base) if name not in WHEN]


def ends_of(base: Scenario, field: str, reach: Reach) -> tuple[float | int, float | int]:
    """The lower and the upper value that a field is moved to; the scenario's own where there is none beyond it.

    Parameters
    ----------
    base : Scenario
    field : str
    reach : {"near", "far"}
        A fifth of the value to either side (`NEAR_FRAC`), or the range that matters (`span_of`).
    """
    row, own = row_of(field), getattr(base, field)
    low, high = span_of(field)
    if reach == "near":
        by = NEAR_FRAC * (abs(own) if own else high - low)
        low, high = own - by, own + by
    return min(own, _allowed(row, low, own, up=False)), max(own, _allowed(row, high, own, up=True))


def moved_by(base: Scenario, field: str, reach: Reach) -> By:
    """In which way a field is moved: bars of fields that are moved alike can be held against each other."""
    if reach == "far":
        return "range"
    own = getattr(base, field)
    if own == 0:
        return "part"
    furthest = max(abs(end - own) for end in ends_of(base, field, reach))
    return "share" if furthest <= ALIKE_FRAC * abs(own) else "step"


def usual_indicator(base: Scenario) -> str:
    """What is asked about first: the money of whoever has the largest weight; of several, that of all together."""
    most = max(getattr(base, field) for field in WEIGHT_FIELDS)
    first = [field for field in WEIGHT_FIELDS if getattr(base, field) == most]
    return OF_WEIGHT[first[0]] if len(first) == 1 else "objective_eur"


def _allowed(row: dict[str, Any], value: float, own: float | int, *, up: bool) -> float | int:
    """The value as the field may hold it: within its limits, and at least one of its steps from its own."""
    whole = row["type"] == "integer"
    step = row["multiple_of"] or (1 if whole else None)
    if step is not None:
        value = round(value / step) * step
        if value == own:
            value += step if up else -step
    value = min(max(value, row["minimum"]), row["maximum"])
    return int(value) if whole else float(round(value, 6))


def tornado_study(base: Scenario, agent: str, reach: Reach, seeds: int) -> Study:
    """The scenario as it is, and with each field alone at either end, each with several draws of cars.

    Labels are `field` (empty for the scenario itself), `end`, `value`, `by` (`By`) and `seed`. What is impossible
    beside the other fields is left out, and is in `Study.left_out`.
    """
    numbers = draws(base, seeds)
    scenarios = [base.replace(seed=seed) for seed in numbers]
    labels: list[dict[str, Any]] = [
        {"field": "", "end": "own", "value": float("nan"), "by": "", "seed": seed} for seed in numbers
    ]
    left_out = []
    for field in movable(base):
        for end, value in zip(("low", "high"), ends_of(base, field, reach), strict=True):
            if value == getattr(base, field):
                continue
            try:
                some = [base.replace(**{"seed": seed, field: value}) for seed in numbers]
            except CombinationError as error:
                left_out.append(LeftOut({field: value}, error))
                continue
            scenarios += some
            by = moved_by(base, field, reach)
            labels += [{"field": field, "end": end, "value": float(value), "by": by, "seed": seed} for seed in numbers]
    return Study(tuple(scenarios), tuple(labels), (agent,), tuple(left_out))


def effects(rows: pd.DataFrame, indicator: str) -> pd.DataFrame:
    """What each field changes of an indicator, most first.

    Parameters
    ----------
    rows : DataFrame
        Of a `tornado_study`, the scenario as it is among them.
    indicator : str

    Returns
    -------
    DataFrame
        A row a field: `field`, `by` (`By`), `low_at` and `high_at` (values; NaN where the field was not moved there),
        `low` and `high` (change of the indicator's mean, in its own unit; 0 where not moved) and `swing`, the larger
        size of both. Those moved by a share of their value come first. What a weight does to the objective that it
        weighs is no effect and left out.
    """
    table = rows.groupby(["field", "end"], sort=False).agg(
        value=("value", "first"), mean=(indicator, "mean"), by=("by", "first")
    )
    ends: dict[Any, tuple[float, float]] = {
        key: (float(value), float(mean))
        for key, value, mean in zip(table.index, table["value"], table["mean"], strict=True)
    }
    _, own = ends["", "own"]
    ways = table["by"].groupby(level="field").first()
    out = []
    for field in dict.fromkeys(name for name, _ in ends if name):
        if indicator == "objective_eur" and field in WEIGHT_FIELDS:
            continue
        found: dict[str, Any] = {"field": field, "by": ways[field]}
        for end in ("low", "high"):
            found[f"{end}_at"], mean = ends.get((field, end), (float("nan"), own))
            found[end] = mean - own
        out.append({**found, "swing": max(abs(found["low"]), abs(found["high"]))})
    columns = ["field", "by", "low_at", "high_at", "low", "high", "swing"]
    effect = pd.DataFrame(out, columns=columns).sort_values("swing", ascending=False, kind="stable")
    return effect.sort_values("by", key=lambda by: by != "share", kind="stable", ignore_index=True)


def least_of(indicator: str) -> float:
    """A change of less than this is none: what the indicator is written with would not show it."""
    return 0.0005 if INDICATORS[indicator].kind == "share" else 0.005 if INDICATORS[indicator].kind == "money" else 0.05
