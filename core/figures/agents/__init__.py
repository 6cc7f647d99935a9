"""Measured quality of agents: captured shares, weak spots, and learning curves."""

from core.figures.agents.groups import LEAST_SCENARIOS, by_group, extremes, group_map, group_name
from core.figures.agents.learning import learning_curve, over_seeds, site_curve
from core.figures.agents.names import BASELINE, PLAN, between, interval, kind_of, percent, short_name
from core.figures.agents.shares import Where, captured, headline

__all__ = [
    "BASELINE",
    "LEAST_SCENARIOS",
    "PLAN",
    "Where",
    "between",
    "by_group",
    "captured",
    "extremes",
    "group_map",
    "group_name",
    "headline",
    "interval",
    "kind_of",
    "learning_curve",
    "over_seeds",
    "percent",
    "short_name",
    "site_curve",
]
