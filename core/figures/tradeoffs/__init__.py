"""Sweeps, fronts and break-even points as figures."""

from core.figures.tradeoffs.front import weight_front
from core.figures.tradeoffs.lines import mean_of
from core.figures.tradeoffs.sweep import differences, sweep_lines, sweep_map
from core.figures.tradeoffs.tornado import tornado
from core.figures.tradeoffs.v2g_price import (
    break_even,
    break_even_words,
    gain_now,
    gain_of_own_day,
    pays,
)

__all__ = [
    "break_even",
    "break_even_words",
    "differences",
    "gain_now",
    "gain_of_own_day",
    "mean_of",
    "pays",
    "sweep_lines",
    "sweep_map",
    "tornado",
    "weight_front",
]
