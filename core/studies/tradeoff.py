"""Sweeps, fronts and break-even points: what changes when a field, the weights or the price of V2G does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.agents.registry import REFERENCE
from core.errors import ScenarioError
from core.scenario import WEIGHT_FIELDS, Scenario
from core.studies.study import Study, draws, front

Floats = NDArray[np.float64]
Price = Literal["v2g_price_factor", "wear_price_eur_per_kwh"]

SPANS: dict[str, tuple[float, float]] = {
    "stations": (5, 50),
    "transformer_limit_kw": (20, 200),
    "charger_current_a": (6, 64),
    "intensity": (0.5, 20),
    "min_stay_min": (15, 480),
    "retail_flat_eur_per_kwh": (0.05, 1),
    "provider_flat_eur_per_kwh": (0.05, 1),
    "unmet_price_eur_per_kwh": (0, 5),
    "wear_price_eur_per_kwh": (0, 0.3),
    "overload_price_eur_per_kwh": (0, 3),
    "deviation_price_eur_per_kwh": (0, 1),
    "peak_price_eur_per_kw": (0, 1),
}
"""Where most of a field's effect lies, for fields whose whole range is wider than that."""

LEAST_GAIN_EUR = 0.01
"""A gain of less than a cent counts as none."""

NOT_SWEPT = frozenset({"seed", "krw_per_eur"})


def sweepable(base: Scenario) -> list[str]:
    """Fields with numbers that matter in this scenario."""
    return [
        row["name"]
        for row in Scenario.fields()
        if row["type"] in ("integer", "number") and row["name"] not in NOT_SWEPT and base.matters(row)
    ]


def span_of(field: str) -> tuple[float, float]:
    """The range that a field is swept over where nobody asks for another."""
    row = row_of(field)
    return SPANS.get(field, (row["minimum"], row["maximum"]))


def check_span(field: str, span: tuple[float, float]) -> tuple[float, float]:
    """The span, where the field can be swept over it; else raises `ScenarioError`."""
    row = row_of(field)
    if not row["minimum"] <= span[0] < span[1] <= row["maximum"]:
        raise ScenarioError(
            field, f"the range must run from a lower to a higher value between {row['minimum']} and {row['maximum']}"
        )
    return span


def row_of(field: str) -> dict[str, Any]:
    """The field's row of `Scenario.fields`."""
    return next(row for row in Scenario.fields() if row["name"] == field)


def values_of(
    field: str, n: int, span: tuple[float, float] | None = None, own: float | None = None
) -> list[float | int]:
    """Up to `n` allowed values of a field, evenly spread; fewer where steps are coarse.

    Parameters
    ----------
    field : str
    n : int
    span : (float, float), optional
        Lowest and highest value; by default the range that matters (`span_of`).
    own : float, optional
        One more value, which is added where it lies within the range.

    Raises
    ------
    ScenarioError
        Where the range is empty or leaves what the field may hold.
    """
    row = row_of(field)
    low, high = check_span(field, span_of(field) if span is None else span)
    whole = row["type"] == "integer"
    step = row["multiple_of"] or (1 if whole else None)
    values = np.linspace(low, high, n)
    if step is not None:
        values = np.unique(np.round(values / step) * step)
    values = values[(values >= row["minimum"]) & (values <= row["maximum"])]
    some = {int(v) if whole else float(round(v, 6)) for v in values}
    if own is not None and low < own < high:
        some.add(int(own) if whole else float(own))
    return sorted(some)


def weight_front(base: Scenario, agents: Sequence[str], steps: int, seeds: int) -> Study:
    """The base's own weights, then the `front` in `steps` steps; `best` is always among the agents."""
    names = tuple(dict.fromkeys([*agents, "best"]))
    numbers = draws(base, seeds)
    grid = front(base, names, steps=steps, seeds=numbers)
    own = tuple(base.replace(seed=seed) for seed in numbers)
    weights = {name: getattr(base, name) for name in WEIGHT_FIELDS}
    labels = [{**weights, "seed": seed, "own": True} for seed in numbers]
    rest = [{**label, "own": False} for label in grid.labels]
    return Study((*own, *grid.scenarios), (*labels, *rest), names)


def break_even_study(
    base: Scenario,
    price: Price,
    agents: Sequence[str],
    points: int,
    seeds: int,
    span: tuple[float, float] | None = None,
) -> Study:
    """Each price with V2G, over the span asked for and at the base's own, and the same days without it (label NaN)."""
    names = tuple(name for name in agents if name != REFERENCE) or (REFERENCE,)
    scenarios, labels = [], []
    for value in [float("nan"), *values_of(price, points, span, getattr(base, price))]:
        change = {"v2g": False} if np.isnan(value) else {"v2g": True, price: value}
        for k, seed in enumerate(draws(base, seeds)):
            scenarios.append(base.replace(**{"seed": seed, **change}))
            labels.append({price: value, "case": k})
    return Study(tuple(scenarios), tuple(labels), names)


def gains(rows: pd.DataFrame, price: Price) -> pd.DataFrame:
    """What V2G gains the drivers at each price: `user_profit_eur` less that of the same agent without V2G.

    Of each day with cars; a day without any tells nothing.

    Returns
    -------
    DataFrame
        Columns `agent`, the price, `mean`, `low`, `high` (a day; mean, least and largest of the seeds), `own` (the day
        of the base's own seed; NaN where no car comes), `n` (days with cars), `discharged_kwh` and `cars` (means).
    """
    rows = rows[rows["cars"] > 0]
    without = rows[rows[price].isna()].set_index(["agent", "case"])["user_profit_eur"]
    some = rows[rows[price].notna()].copy()
    base = without.reindex(pd.MultiIndex.from_frame(some[["agent", "case"]])).to_numpy()
    some["gain"] = some["user_profit_eur"].to_numpy() - base
    some = some[np.isfinite(some["gain"])]
    some["own"] = some["gain"].where(some["case"] == 0)
    grouped = some.groupby(["agent", price], sort=False)
    out: pd.DataFrame = grouped.agg(
        mean=("gain", "mean"),
        low=("gain", "min"),
        high=("gain", "max"),
        own=("own", "max"),
        n=("gain", "size"),
        discharged_kwh=("discharged_kwh", "mean"),
        cars=("cars", "mean"),
    ).reset_index()
    return out


def crossing(x: Floats, y: Floats, *, rising: bool) -> float | None:
    """Where a gain begins to stay, or first ends, between the points by a straight line.

    Parameters
    ----------
    x, y : array of float
        In the order of `x`. A gain of less than `LEAST_GAIN_EUR` counts as none.
    rising : bool
        True: from where on `y` is a gain up to the last point. False: up to where it is one from the first point on.

    Returns
    -------
    float or None
        None where it is a gain everywhere, or not at the end that is asked about.
    """
    up = y > LEAST_GAIN_EUR
    changes = np.flatnonzero(up[1:] != up[:-1])
    if not len(changes) or not up[-1 if rising else 0]:
        return None
    i = int(changes[-1 if rising else 0])
    span = y[i + 1] - y[i]
    share = 0.0 if abs(span) < 1e-12 else float(np.clip(-y[i] / span, 0.0, 1.0))
    return float(x[i] + share * (x[i + 1] - x[i]))


def outer_edge(x: Floats, y: Floats) -> NDArray[np.int64]:
    """Indices of the points on the outer edge where more of both is better, by rising `x`.

    From the point highest in `y` to the one highest in `x`, bent outwards at each: no point lies beyond the line
    through them.
    """
    edge: list[int] = []
    # Of equal `x` the highest first; those behind are dominated.
    for i in np.lexsort((-y, x)):
        if edge and x[i] <= x[edge[-1]]:
            continue
        while edge and (y[i] >= y[edge[-1]] or (len(edge) > 1 and _bends_inwards(x, y, edge[-2], edge[-1], int(i)))):
            edge.pop()
        edge.append(int(i))
    return np.array(edge, dtype=np.int64)


def _bends_inwards(x: Floats, y: Floats, a: int, b: int, c: int) -> bool:
    return bool((x[b] - x[a]) * (y[c] - y[a]) >= (y[b] - y[a]) * (x[c] - x[a]))


def distances(rows: pd.DataFrame, base: Scenario) -> pd.Series:
    """How far each agent stays below the best plan at the scenario's own weights: objective a day with cars, EUR."""
    own = rows[rows["own"] & (rows["cars"] > 0)].groupby("agent", sort=False)["objective_eur"].mean()
    out: pd.Series = own.get("best", np.nan) - own
    return out
