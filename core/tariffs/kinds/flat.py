"""One price for every hour."""

from __future__ import annotations

import numpy as np

from core.tariffs.kind import Energy, Kind, Terms
from core.tariffs.source import Source


def _energy(terms: Terms) -> Energy:
    shape = terms.times.shape
    return Energy(np.full(shape, terms.flat_eur_per_kwh, dtype=np.float64), np.zeros(shape, dtype=np.bool_))


def _source(terms: Terms) -> Source:
    return Source(_WORDS["source_title"], _WORDS["source_note"], key="flat")


_WORDS = {"source_title": "Flat price", "source_note": "One price for every hour, set in the scenario."}

KIND = Kind(
    name="flat",
    rank=3,
    retail=("flat",),
    provider=("flat",),
    energy=_energy,
    source=_source,
    resolution="constant",
    sentences=_WORDS,
)
