"""Scenario -> World: the day that happens whatever an agent does."""

from core.world.build import (
    EMERGENCY_ENERGY_KWH,
    LOAD_FORECAST_STD,
    MAX_REDRAWS,
    PV_FORECAST_STD,
    TRANSITION_MULTIPLIER,
    Sessions,
    World,
    arrival_forecast,
    build_world,
    charger_power_kw,
    event_start_chance,
)

__all__ = [
    "EMERGENCY_ENERGY_KWH",
    "LOAD_FORECAST_STD",
    "MAX_REDRAWS",
    "PV_FORECAST_STD",
    "TRANSITION_MULTIPLIER",
    "Sessions",
    "World",
    "arrival_forecast",
    "build_world",
    "charger_power_kw",
    "event_start_chance",
]
