"""Random scenarios over every field's whole range: from a plain seed, or from Hypothesis. One recipe serves both."""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol

import numpy as np
from hypothesis import strategies as st

from core.scenario import SMALLEST_MIXED_BATTERY_KWH, Scenario
from core.tariffs.forecast import FIRST_DATE, PERFECT

ROWS = {row["name"]: row for row in Scenario.fields()}
MULTIPLES = {name: row["multiple_of"] for name, row in ROWS.items() if row["multiple_of"]}


class Source(Protocol):
    """Where choices come from."""

    def integer(self, low: int, high: int) -> int: ...
    def number(self, low: float, high: float) -> float: ...
    def one_of(self, options: list[Any]) -> Any: ...


class Seeded:
    """Choices from a seed."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def integer(self, low: int, high: int) -> int:
        return int(self._rng.integers(low, high + 1))

    def number(self, low: float, high: float) -> float:
        # Now and then an end of the range, which a continuous draw would never give.
        return [low, high, *self._rng.uniform(low, high, 8).tolist()][self.integer(0, 9)]

    def one_of(self, options: list[Any]) -> Any:
        return options[self.integer(0, len(options) - 1)]


class Drawn:
    """Choices that Hypothesis makes and shrinks."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def number(self, low: float, high: float) -> float:
        return self._draw(st.floats(low, high))

    def one_of(self, options: list[Any]) -> Any:
        return self._draw(st.sampled_from(options))


def any_scenario(source: Source, **ranges: Any) -> Scenario:
    """A valid scenario.

    Each field is drawn from its whole range; `ranges` narrows some: a pair is a range, a list holds choices, anything
    else is the value itself.
    """
    fields: dict[str, Any] = {}
    for name, row in ROWS.items():
        allowed = ranges.get(name, row["choices"] or (row["minimum"], row["maximum"]))
        if row["type"] == "boolean" and name not in ranges:
            allowed = [False, True]
        if isinstance(allowed, list):
            fields[name] = source.one_of(allowed)
        elif not isinstance(allowed, tuple):
            fields[name] = allowed
        elif name in MULTIPLES:
            unit = MULTIPLES[name]
            fields[name] = unit * source.integer(int(np.ceil(allowed[0] / unit)), int(allowed[1] // unit))
        elif row["type"] == "date":
            first, last = allowed
            fields[name] = first + dt.timedelta(days=source.integer(0, (last - first).days))
        elif row["type"] == "integer":
            fields[name] = source.integer(*allowed)
        else:
            fields[name] = source.number(*allowed)
    # Make the combination possible, changing as little as it takes.
    fields["transformers"] = min(fields["transformers"], fields["stations"])
    smallest = fields["car_capacity_kwh"] if fields["cars"] == "uniform" else SMALLEST_MIXED_BATTERY_KWH
    fields["min_energy_kwh"] = min(fields["min_energy_kwh"], round(0.49 * smallest, 3))
    fields["min_stay_min"] = min(fields["min_stay_min"], int((fields["length_h"] - 2) * 4) * 15)
    if fields["w_user"] + fields["w_provider"] + fields["w_grid"] <= 0:
        fields["w_grid"] = 1.0
    # Day-ahead prices begin an hour into 2015 and end an hour into 8 January 2025; their forecasts begin later.
    first = dt.date(2015, 1, 2) if fields["price_forecast"] == PERFECT else FIRST_DATE
    fields["date"] = min(max(fields["date"], first), dt.date(2025, 1, 5))
    return Scenario.parse(fields)


def random_scenario(seed: int, **ranges: Any) -> Scenario:
    """The valid scenario number `seed`; see `any_scenario`."""
    return any_scenario(Seeded(seed), **ranges)


@st.composite
def scenarios(draw: st.DrawFn, **ranges: Any) -> Scenario:
    """Hypothesis strategy of valid scenarios; see `any_scenario`."""
    return any_scenario(Drawn(draw), **ranges)


SMALL: dict[str, Any] = {"stations": (1, 12), "transformer_limit_kw": (10.0, 150.0)}
"""Sites that are quick to run, with limits that bind."""
