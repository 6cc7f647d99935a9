"""A visitor's own prices, and the load, solar power and limit of their site: what a scenario carries of series."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from core.data_in.carried import Carried
from core.data_in.series import OwnSeries
from core.data_in.words import DataError

PARTIES: Final = ("buy", "sell", "provider")
"""What drivers pay, what they get for discharging, what the provider pays."""
POWERS: Final = ("load", "pv", "limit")
"""Other load and solar power of the whole site, and the limit of each transformer."""


class _OfSeries(Carried):
    """Some series by their role; the same one in two roles is kept once."""

    ROLES: ClassVar[tuple[str, ...]]
    UNITS: ClassVar[tuple[str, ...]]

    @property
    def series(self) -> dict[str, OwnSeries]:
        """Those that there are, by role."""
        return {role: value for role in self.ROLES if (value := getattr(self, role)) is not None}

    def _check(self) -> None:
        if not self.series:
            raise DataError("no_series")
        for value in self.series.values():
            if value.unit not in self.UNITS:
                raise DataError("unit_of_kind", unit=value.unit, allowed=", ".join(self.UNITS))

    def pack(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        roles: dict[str, str] = {}
        heads: dict[str, Any] = {}
        arrays: dict[str, NDArray[Any]] = {}
        known: dict[tuple[str, bytes, bytes], str] = {}
        for role, value in self.series.items():
            head, of_role = value.pack(role)
            content = (repr(sorted(head.items(), key=str)), value.values.tobytes(), value.state.tobytes())
            roles[role] = known.setdefault(content, role)
            if roles[role] == role:
                heads[role] = head
                arrays |= of_role
        return {"roles": roles, "series": heads}, arrays

    @classmethod
    def unpack(cls, head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `pack` gave. Raises `DataError`."""
        roles, heads = head["roles"], head["series"]
        if not set(roles) <= set(cls.ROLES):
            raise DataError("damaged")
        made = {name: OwnSeries.unpack(heads[name], arrays, name) for name in heads}
        return cls(**{role: made[name] for role, name in roles.items()})

    def check(self, times_local: NDArray[np.datetime64]) -> None:
        """See that there is a value for each time. Raises `DataError`."""
        for value in self.series.values():
            value.at(times_local)

    @cached_property
    def dates(self) -> tuple[dt.date, ...]:
        """Local dates for which every series has all its values; empty where all repeat one day."""
        spans = [value.span for value in self.series.values() if value.span]
        if not spans:
            return ()
        first, last = max(span[0] for span in spans), min(span[1] for span in spans)
        days = np.arange(first.astype("datetime64[D]"), last.astype("datetime64[D]") + 1)
        quarters = np.arange(96) * np.timedelta64(15, "m")
        whole = np.ones(len(days), dtype=bool)
        for value in self.series.values():
            whole &= value.known_at(np.add(days.astype("datetime64[m]")[:, None], quarters)).all(axis=1)
        return tuple(days[whole].tolist())


@dataclass(frozen=True, eq=False, repr=False)
class OwnPrices(_OfSeries):
    """A visitor's own prices, each in EUR/kWh or KRW/kWh; a party without one keeps the scenario's tariff.

    Parameters
    ----------
    buy, sell, provider : OwnSeries, optional
        What drivers pay, what they get for discharging, and what the provider pays; one at least. Where `sell` is
        missing, drivers get the scenario's `v2g_price_factor` times what they pay.

    Raises
    ------
    DataError
    """

    KIND: ClassVar[str] = "prices"
    ROLES: ClassVar[tuple[str, ...]] = PARTIES
    UNITS: ClassVar[tuple[str, ...]] = ("EUR/kWh", "KRW/kWh")

    buy: OwnSeries | None = None
    sell: OwnSeries | None = None
    provider: OwnSeries | None = None

    def __post_init__(self) -> None:
        self._check()

    @classmethod
    def read(cls, source: bytes | str | Path, parties: Sequence[str] = ("buy", "provider"), **said: Any) -> Self:
        """Read a file of prices.

        Parameters
        ----------
        source : bytes or path
            Of a CSV or Parquet file.
        parties : sequence of str
            Who pays or gets these prices, some of `PARTIES`.
        **said
            What is said of the file instead of detected; see `core.data_in.read.Said`.

        Raises
        ------
        DataError
            Where it cannot be read, or something must be said first.
        """
        from core.data_in.read import Said, read_series

        series = read_series(source, "price", Said(**said)).must()
        return cls(**dict.fromkeys(parties, series)).must_fit()


@dataclass(frozen=True, eq=False, repr=False)
class OwnSite(_OfSeries):
    """A visitor's own load, solar power and limit, in kW; what is missing stays as the scenario's fields say.

    Parameters
    ----------
    load, pv : OwnSeries, optional
        Of the whole site, shared evenly by its transformers. Solar power is not negative.
    limit : OwnSeries, optional
        Of each transformer, in either direction; above 0.

    Raises
    ------
    DataError
    """

    KIND: ClassVar[str] = "site"
    ROLES: ClassVar[tuple[str, ...]] = POWERS
    UNITS: ClassVar[tuple[str, ...]] = ("kW",)

    load: OwnSeries | None = None
    pv: OwnSeries | None = None
    limit: OwnSeries | None = None

    def __post_init__(self) -> None:
        self._check()
        if self.pv is not None and (self.pv.values < 0).any():
            raise DataError("negative_pv")
        if self.limit is not None and (self.limit.numbers <= 0).any():
            raise DataError("limit_not_positive")


__all__ = ["PARTIES", "POWERS", "OwnPrices", "OwnSite"]
