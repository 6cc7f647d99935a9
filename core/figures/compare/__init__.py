"""Several agents on one World: who gains, the day of each, the cars of each, and where two of them differ."""

from core.figures.compare.every_car import every_car
from core.figures.compare.headline import headline
from core.figures.compare.small_day import shared_power, small_day
from core.figures.compare.where_they_differ import where_they_differ
from core.figures.compare.who_gains import who_gains

__all__ = ["every_car", "headline", "shared_power", "small_day", "where_they_differ", "who_gains"]
