"""Measured quality of agents: captured shares, weak spots, and learning curves."""

from core.figures.agents.groups import LEAST_SCENARIOS, by_group, extremes, group_map, group_name
from core.figures.agents.learning import learning_curve, over_seeds, site_curve
from core.figures.agents.names import PLAN, between, interval, kind_of, percent, short_name
from core.figures.agents.original import (
    brought,
    brought_finding,
    by_reward,
    cells,
    favourites,
    figure_title,
    reward_words,
)
from core.figures.agents.shares import Where, captured, headline

__all__ = [
    "LEAST_SCENARIOS",
    "PLAN",
    "Where",
    "between",
    "brought",
    "brought_finding",
    "by_group",
    "by_reward",
    "captured",
    "cells",
    "extremes",
    "favourites",
    "figure_title",
    "group_map",
    "group_name",
    "headline",
    "interval",
    "kind_of",
    "learning_curve",
    "over_seeds",
    "percent",
    "reward_words",
    "short_name",
    "site_curve",
]
