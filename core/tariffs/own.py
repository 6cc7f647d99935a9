"""A visitor's own prices: in the place of a tariff, for whom they bring some."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.data_in.own import OwnPrices
from core.data_in.series import OwnSeries
from core.data_in.words import DataError
from core.errors import CombinationError
from core.tariffs.kind import Energy
from core.tariffs.source import Notice, Source

SENTENCES: Final = {
    "source_title": "Own prices: {label}",
    "source_note": "A visitor's own series, {unit}, a value every {step} minutes. It is known ahead for the whole run.",
    "source_note_day": "Typed by the hour: the same {unit} on every day, known ahead for the whole run.",
    "filled": "Steps of this run whose own prices are missing in the file and lie between their neighbours: {n}.",
}
"""English words about own prices, by key."""


def energy(series: OwnSeries, times: NDArray[np.datetime64], krw_per_eur: float) -> Energy:
    """Prices at times, in EUR/kWh. Raises `CombinationError` where the series has none."""
    try:
        values, filled = series.at(times)
    except DataError as error:
        raise CombinationError("own_prices", error.sentence) from None
    return Energy(values / krw_per_eur if series.unit == "KRW/kWh" else values, filled)


def source(series: OwnSeries) -> Source:
    """What to show beside a price of the series."""
    values = (("label", series.label), ("unit", series.unit), ("step", str(series.step_min)))
    note = "source_note" if series.start is not None else "source_note_day"
    title = SENTENCES["source_title"].format(**dict(values))
    key = "own" if series.start is not None else "own_day"
    return Source(title, SENTENCES[note].format(**dict(values)), key=key, values=values)


def notices(own: OwnPrices, times: NDArray[np.datetime64]) -> tuple[Notice, ...]:
    """What must be said beside a result from the first to the last of `times`: how many steps were filled."""
    steps = np.arange(times[0], times[-1] + np.timedelta64(15, "m"), np.timedelta64(15, "m"))
    filled = np.zeros(steps.shape, dtype=bool)
    for series in own.series.values():
        filled |= energy(series, steps, 1.0).filled
    n = int(filled.sum())
    return (Notice("own.filled", SENTENCES["filled"], (("n", str(n)),)),) if n else ()
