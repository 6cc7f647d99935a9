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
        "stock": {"n": 50, "agents": {**agents, "site_ppo_objective": figures(-2.0)}},
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
        "decomposition": decomposition(),
        "anticipation": {
            "n": 40, "draws": 2, "price": 0.01, "hours": 8.0, "above": 0.985, "above_low": 0.98, "above_high": 0.99,
            "agents": {
                name: {"captured": SHARES[name], "share": 0.97, "share_low": 0.95, "share_high": 0.98}
                for name in ("mpc", LEARNED[0])
            },
        },
        "published": published(),
        "generalisation": {
            "seed": 1,
            "groups": {
                "long": {"n": 20, "drawn": 0.04, "agents": {name: outside(name) for name in SHARES if name != "plan"}},
                "large": {"n": 6, "drawn": 0.0, "agents": {name: outside(name) for name in ("afap", "best", "ppo")}},
            },
        },
        "cost": {
            "agents": {
                "afap": {"decisions_per_s": 280_000.0},
                "mpc": {"decisions_per_s": 26.0},
                "ppo": {
                    "decisions_per_s": 3000.0, "training_s": 7200, "timesteps": 5_000_000, "parameters": 2401,
                    "policy_bytes": 15_000, "bytes": 330_000,
                },
            },
        },
    }  # fmt: skip


def outside(agent: str) -> dict[str, float]:
    """An agent's shares in a group of unusual scenarios."""
    found = figures(SHARES[agent] - 0.05)
    return {name: value for name, value in found.items() if "captured" in name or name == "ready_frac"}


def decomposition() -> dict[str, Any]:
    """Where the bound's gain goes; the parts add up."""

    def part(share: float) -> dict[str, float]:
        return {"share": share, "low": share - 0.01, "high": share + 0.01}

    shares = {"captured": 0.96, "planner": 0.01, "load": 0.0, "events": 0.005, "arrivals": 0.02, "physics": 0.005}
    return {
        "n": 40, "seed": 1, "parts": {name: part(share) for name, share in shares.items()},
        "alone": {name: part(shares[name]) for name in ("arrivals", "events", "load")}, "best": part(0.999),
    }  # fmt: skip


def published() -> dict[str, Any]:
    """Agents on two of the field's settings, one of them with results of a paper."""
    loads = {
        "n": 20, "total_profits": [2.5, 4.6], "average_user_satisfaction": [0.9999, 0.0002],
        "total_energy_charged": [480.0, 84.0], "total_energy_discharged": [376.0, 70.0],
        "total_transformer_overload": [0.0, 0.0], "overload_kwh": [0.0, 0.0], "battery_degradation": [0.0017, 0.0004],
        "battery_degradation_calendar": [0.00013, 0.00003], "battery_degradation_cycling": [0.0016, 0.0004],
        "reward": [2.3, 4.7],
    }  # fmt: skip
    stock = {name: value for name, value in loads.items() if "calendar" not in name and "cycling" not in name}
    return {
        "seed": 1,
        "settings": {
            "V2GProfitPlusLoads_2024": {"agents": {"afap": loads, "ppo": loads, "gone": loads}},
            "V2GProfitMax": {"agents": {"afap": stock, "ppo": stock}},
        },
    }
