"""What a user can set: one frozen object, its fields, presets and text forms."""

from core.scenario.fields import (
    DEFAULT_PRESET,
    GROUPS,
    LAST_DATE,
    MOST_BYTES,
    PRESETS,
    SCHEMA_VERSION,
    SMALLEST_MIXED_BATTERY_KWH,
    STEP_HOURS,
    STEP_MINUTES,
    WEIGHT_FIELDS,
    Currency,
    Place,
    Scenario,
    applies,
    effective,
    replaced_by,
)
from core.scenario.notices import notices_of

__all__ = [
    "DEFAULT_PRESET",
    "GROUPS",
    "LAST_DATE",
    "MOST_BYTES",
    "PRESETS",
    "SCHEMA_VERSION",
    "SMALLEST_MIXED_BATTERY_KWH",
    "STEP_HOURS",
    "STEP_MINUTES",
    "WEIGHT_FIELDS",
    "Currency",
    "Place",
    "Scenario",
    "applies",
    "effective",
    "notices_of",
    "replaced_by",
]
