"""Measured quality as `core.studies.shipped_quality` reads it, made up: small, with a weak spot in a known place."""

from __future__ import annotations

from typing import Any

SHARES = {"afap": 0.0, "cheapest": -0.4, "mpc": 0.95, "best": 1.0, "plan": 0.90, "ppo": 0.93, "sac": 0.92, "ars": 0.88}
LEARNED = ("ppo", "sac", "ars")


FAMILIES = {
    "afap": "heuristic", "cheapest": "heuristic", "mpc": "optimiser", "best": "optimiser",
    **dict.fromkeys(LEARNED, "planner_corrected"),
}  # fmt: skip


def figures(captured: float) -> dict[str, float]:
    return {
        "captured": captured, "captured_low": captured - 0.02, "captured_high": captured + 0.01,
        "median_captured": captured + 0.005, "ready_frac": 0.99,
        "overload_kwh": 40.0, "wear_kwh": 2000.0, "objective_eur": -1000.0 + 100 * captured, "decision_ms": 0.2,
    }  # fmt: skip


def quality() -> dict[str, Any]:
    """A fresh copy of all sections."""
    agents: dict[str, dict[str, Any]] = {
        name: {**({"family": FAMILIES[name]} if name in FAMILIES else {}), **figures(share)}
        for name, share in SHARES.items()
    }

    def group(less: float, n: int) -> dict[str, Any]:
        return {name: {"captured": share - less * (share < 1), "n": n} for name, share in SHARES.items()}

    return {
        "schema_version": 1,
        "made": {"date": "2026-11-24", "command": "python -m core quality", "versions": {"numpy": "2.4.6"}},
        "held_out": {
            "n": 40, "seed": 1, "agents": agents,
            "pairs": [
                {"a": "ppo", "b": "mpc", "mean": -0.02, "low": -0.03, "high": -0.005},
                {"a": "mpc", "b": "best", "mean": -0.05, "low": -0.06, "high": -0.03},
            ],
            "groups": {
                "tariff": {"kepco": group(0.0, 30), "flat": group(0.5, 4)},
                "v2g": {"V2G": group(0.0, 25), "no V2G": group(0.2, 15)},
            },
        },
        "stock": {"n": 50, "agents": {**agents, "whole_site": figures(-2.0)}},
        "unprojected": {"n": 40, "agents": {name: figures(SHARES[name] - 0.01) for name in LEARNED}},
        "weights": {
            "n": 50, "low": 0.25, "high": 1.0, "others": 0.5,
            "agents": {
                name: {
                    weight: {"low": 1.0, "high": 3.0, "change": 2.0, "change_low": 1.0, "change_high": 3.0}
                    for weight in ("w_user", "w_provider", "w_grid")
                }
                for name in LEARNED
            },
        },
    }  # fmt: skip
