"""What all cars of a world share in what policies see: the scale of prices, weights, and prices of the objective."""

from __future__ import annotations

import numpy as np

from core.agents.base import FleetView, Floats

COMMON: tuple[tuple[str, str, float, float, str], ...] = (
    ("w_user", "1", 0, 1, "weight of the drivers over the sum of weights"),
    ("w_provider", "1", 0, 1, "weight of the provider, likewise"),
    ("w_grid", "1", 0, 1, "weight of the grid, likewise"),
    ("unmet", "log price scale", 0, 2, "price of unmet energy"),
    ("wear", "log price scale", 0, 2, "price of wear"),
    ("overload", "log price scale", 0, 2, "price of overload"),
    ("deviation", "log price scale", 0, 2, "price of deviation, 0 without a set-point"),
    ("demand", "log price scale", 0, 2, "price of the peak, per kW"),
    ("v2g", "1", 0, 1, "1 where cars may discharge"),
)
"""Columns of `scale_and_common`: name, unit, lowest and highest value, and meaning.

"Price scale" is the mean size of a world's retail and wholesale prices, so that currencies and price levels do not
matter; "log" stands for log(1 + x) / 4."""


def scale_and_common(view: FleetView) -> tuple[Floats, Floats]:
    """The price scale [worlds] EUR/kWh, and `COMMON` [worlds, columns]."""
    objective = view.objective
    w_user, w_provider, w_grid = objective.w_user, objective.w_provider, objective.w_grid
    total = w_user + w_provider + w_grid
    prices = np.abs(objective.buy).mean(axis=1) + np.abs(objective.wholesale).mean(axis=1)
    scale: Floats = np.maximum(0.5 * prices, 0.02) * np.maximum(w_user, w_provider).clip(0.1)
    tracked = 0.0 if view.setpoint_kw is None else 1.0

    def log(price: Floats) -> Floats:
        return np.log1p(price / scale) / 4

    columns = [
        w_user / total,
        w_provider / total,
        w_grid / total,
        log(objective.unmet_value),
        log(w_user * objective.wear_price),
        log(objective.overload_value),
        log(tracked * objective.deviation_value),
        log(objective.peak_value),
        np.full(len(total), float(view.v2g)),
    ]
    return scale, np.stack(columns, axis=1)
