"""Scenario -> World: the day that happens whatever an agent does."""

from core.world.build import build_world
from core.world.forecasts import arrival_forecast, event_start_chance, expected_cars, first_unknown_step
from core.world.sessions import EMERGENCY_ENERGY_KWH, MAX_REDRAWS, TRANSITION_MULTIPLIER
from core.world.site import charger_power_kw, highest_limit_kw
from core.world.types import OwnDay, Sessions, World

__all__ = [
    "EMERGENCY_ENERGY_KWH",
    "MAX_REDRAWS",
    "TRANSITION_MULTIPLIER",
    "OwnDay",
    "Sessions",
    "World",
    "arrival_forecast",
    "build_world",
    "charger_power_kw",
    "event_start_chance",
    "expected_cars",
    "first_unknown_step",
    "highest_limit_kw",
]
