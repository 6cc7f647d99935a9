"""Sweeps, fronts and break-even points: what changes when a field, the weights or the price of V2G does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.agents.registry import REFERENCE
from core.errors import ScenarioError
from core.scenario import Scenario
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

LEAST_WEIGHT = 0.005

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
    """The base's own weights, then every weighting in `steps` steps; `best` is always among the agents.

    Nobody counts for less than `LEAST_WEIGHT`: with nothing at all, cars are emptied for a cent.
    """
    names = tuple(dict.fromkeys([*agents, "best"]))
    numbers = draws(base, seeds)
    grid = front(base, names, steps=steps, seeds=numbers)
    fields = ("w_user", "w_provider", "w_grid")
    raised = [{name: max(LEAST_WEIGHT, label[name]) for name in fields} for label in grid.labels]
    scenarios = tuple(s.replace(**change) for s, change in zip(grid.scenarios, raised, strict=True))
    own = tuple(base.replace(seed=seed) for seed in numbers)
    weights = {"w_user": base.w_user, "w_provider": base.w_provider, "w_grid": base.w_grid}
    labels = [{**weights, "seed": seed, "own": True} for seed in numbers]
    rest = [{**label, **change, "own": False} for label, change in zip(grid.labels, raised, strict=True)]
    return Study((*own, *scenarios), (*labels, *rest), names)


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
    """What V2G gains the drivers of a day at each price: `user_profit_eur` less that of the same agent without V2G.

    Returns
    -------
    DataFrame
        Columns `agent`, the price, `mean`, `low`, `high` (least and largest of the seeds), `discharged_kwh` and `cars`.
    """
    without = rows[rows[price].isna()].set_index(["agent", "case"])["user_profit_eur"]
    some = rows[rows[price].notna()].copy()
    base = without.reindex(pd.MultiIndex.from_frame(some[["agent", "case"]])).to_numpy()
    some["gain"] = some["user_profit_eur"].to_numpy() - base
    some = some[np.isfinite(some["gain"])]
    grouped = some.groupby(["agent", price], sort=False)
    out: pd.DataFrame = grouped.agg(
        mean=("gain", "mean"),
        low=("gain", "min"),
        high=("gain", "max"),
        discharged_kwh=("discharged_kwh", "mean"),
        cars=("cars", "mean"),
    ).reset_index()
    return out


def crossing(x: Floats, y: Floats) -> float | None:
    """Where `y` changes its sign for the last time, between the points by a straight line; None where it never does.

    Parameters
    ----------
    x, y : array of float
        In the order of `x`. A gain of less than a cent counts as none.
    """
    up = y > 0.01
    changes = np.flatnonzero(up[1:] != up[:-1])
    if not len(changes):
        return None
    i = int(changes[-1])
    span = y[i + 1] - y[i]
    share = 0.0 if abs(span) < 1e-12 else float(np.clip(-y[i] / span, 0.0, 1.0))
    return float(x[i] + share * (x[i + 1] - x[i]))


def undominated(x: Floats, y: Floats) -> NDArray[np.int64]:
    """Indices of points that no other beats in both, by rising `x`."""
    order = np.lexsort((-y, -x))
    keep, best = [], -np.inf
    for i in order:
        if y[i] > best + 1e-9:
            keep.append(int(i))
            best = float(y[i])
    return np.array(keep[::-1], dtype=np.int64)


def distances(rows: pd.DataFrame, base: Scenario) -> pd.Series:
    """How far each agent stays below the best plan at the scenario's own weights: objective a day, EUR."""
    own = rows[rows["own"]].groupby("agent", sort=False)["objective_eur"].mean()
    out: pd.Series = own.get("best", np.nan) - own
    return out
