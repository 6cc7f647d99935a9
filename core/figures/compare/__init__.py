"""Several agents on one World: who gains, the day of each, the cars of each, and where two of them differ."""

from core.figures.compare.cars import every_car
from core.figures.compare.days import shared_power, small_day
from core.figures.compare.differences import where_they_differ
from core.figures.compare.durations import durations
from core.figures.compare.gains import who_gains
from core.figures.compare.why import why_better
from core.figures.compare.words import headline

__all__ = [
    "durations",
    "every_car",
    "headline",
    "shared_power",
    "small_day",
    "where_they_differ",
    "who_gains",
    "why_better",
]
