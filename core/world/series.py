"""The series and tables that worlds are made of: what each is, where it comes from, and which a scenario uses."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import REINSTALL, needed
from core.paths import DATA, ev2gym_data
from core.scenario import Scenario
from core.tariffs import PROVIDER_TARIFFS, RETAIL_TARIFFS, Source, day_ahead, forecast, kepco, kind_of
from core.tariffs.kind import Terms
from core.world.build import build_world
from core.world.tables import arrival_tables, mixed_cars
from core.world.types import World

MOST_ROWS = 120
"""Rows of a preview."""


@dataclass(frozen=True, slots=True)
class Series:
    """One file of data that ships with the app or with EV2Gym; facts from ``data/series.toml``.

    Parameters
    ----------
    name : str
        Key of its words in the catalogues, ``data.series.NAME``.
    folder : {"data", "ev2gym"}
        Where the file lies: this project's folder of data, or that of the installed ev2gym package.
    file : str
    unit : str
        Of the values in the file.
    resolution : str
        Key of its words in the catalogues, ``data.resolution.NAME``.
    publisher, link : str
        Who published it, and where.
    licence : str
        Key of its words in the catalogues, ``data.licence.NAME``.
    first, last : datetime.date, optional
        Local dates covered; None where values belong to no date, or (`last`) where the newest are still
        in force.
    retrieved : datetime.date, optional
        When it was taken from its source; None where it comes with the installed package.
    """

    name: str
    folder: str
    file: str
    unit: str
    resolution: str
    publisher: str
    link: str
    licence: str
    first: dt.date | None = None
    last: dt.date | None = None
    retrieved: dt.date | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return (DATA if self.folder == "data" else ev2gym_data()) / self.file

    @property
    def version(self) -> str:
        """Name and version of the package that brings the file; empty for this project's own."""
        return "" if self.folder == "data" else f"ev2gym {version('ev2gym')}"

    @property
    def sha256(self) -> str:
        """Hash of the file as it lies here, 64 hexadecimal digits."""
        return _sha256(self.path)


@cache
def _sha256(path: Path) -> str:
    ours = path.is_relative_to(DATA)
    with needed(f"{'data' if ours else 'ev2gym/data'}/{path.name}", "" if ours else REINSTALL):
        return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def shipped() -> tuple[Series, ...]:
    """All series, prices first."""
    with needed("data/series.toml"):
        rows = tomllib.loads((DATA / "series.toml").read_text("utf-8"))["series"]
        return tuple(Series(**row) for row in rows)


def in_use(scenario: Scenario) -> frozenset[str]:
    """Names of the series that this scenario's World is made of."""
    used = {kind.name for kind in scenario.tariff_kinds} & {"day_ahead", "kepco"}
    own_site = scenario.own_site.series if scenario.own_site else {}
    used |= {"arrivals", "arrivals_weekend", "stay", "energy"}
    if scenario.decides_on_forecast:
        used.add("price_forecast")
    if scenario.cars == "mixed":
        used.add("cars")
    if scenario.load_share > 0 and "load" not in own_site:
        used.add("load")
    if scenario.pv_share > 0 and "pv" not in own_site:
        used.add("pv")
    return frozenset(used)


def tariff_source(scenario: Scenario, tariff: str) -> Source:
    """Where a tariff's prices would come from on the scenario's days."""
    times = scenario.times_local
    terms = Terms(tariff, times, 0.0, scenario.surcharges, scenario.krw_per_eur, scenario.tariff_version)
    return kind_of(tariff).source(terms)


def tariffs_shipped() -> tuple[tuple[str, str], ...]:
    """Every tariff: ``retail`` or ``provider``, and its name, in the order in which they are offered."""
    return (*(("retail", name) for name in RETAIL_TARIFFS), *(("provider", name) for name in PROVIDER_TARIFFS))


def prices(world: World) -> pd.DataFrame:
    """A day's prices in EUR, a row a step.

    Returns
    -------
    pandas.DataFrame
        ``time_local`` (naive, start of the step), ``buy_eur_per_kwh``, ``sell_eur_per_kwh``,
        ``wholesale_eur_per_kwh`` [EUR/kWh] as in `core.tariffs.PriceCurves`, and ``filled`` (bool).
    """
    curves = world.prices
    return pd.DataFrame(
        {
            "time_local": world.times_local.astype("datetime64[s]"),
            "buy_eur_per_kwh": curves.buy_eur_per_kwh,
            "sell_eur_per_kwh": curves.sell_eur_per_kwh,
            "wholesale_eur_per_kwh": curves.wholesale_eur_per_kwh,
            "filled": curves.filled,
        }
    )


def preview(name: str, scenario: Scenario) -> pd.DataFrame:
    """The first rows of a series, at most `MOST_ROWS`; where it has dates, from the scenario's own on.

    Columns are names of the nomenclature, values in the unit of the file but for day-ahead prices, in EUR/kWh.
    A date outside the day-ahead prices, or their forecasts, gives the nearest day inside.
    """
    if name == "day_ahead":
        day = min(max(scenario.date, day_ahead.FIRST_DATE), day_ahead.LAST_DATE)
        last = min(day + dt.timedelta(days=1), day_ahead.LAST_DATE)
        return day_ahead.between(day, last).head(MOST_ROWS)
    if name == "price_forecast":
        row = forecast.row_of(min(max(scenario.date, forecast.FIRST_DATE), forecast.LAST_DATE))
        hours = forecast.first_dates()[row].astype("datetime64[s]") + np.arange(24) * np.timedelta64(3600, "s")
        expected = {f"{model}_eur_per_kwh": forecast.expected(model)[row, :24] for model in forecast.MODELS}
        return pd.DataFrame({"time_local": hours, "eur_per_kwh": forecast.came()[row, :24], **expected})
    if name == "kepco":
        return kepco.rates(scenario.date, scenario.tariff_version)
    if name in ("arrivals", "arrivals_weekend", "stay", "energy"):
        tables = arrival_tables(scenario.place)
        values = {
            "arrivals": tables.weekday_rate, "arrivals_weekend": tables.weekend_rate,
            "stay": tables.stay_h, "energy": tables.energy_kwh,
        }[name]  # fmt: skip
        column = {"stay": "stay_h", "energy": "energy_kwh"}.get(name, "arrivals_percent_per_h")
        minutes = np.arange(len(values)) * (24 * 60 // len(values))
        clock = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes]
        return pd.DataFrame({"clock": clock, column: values})
    if name == "cars":
        cars = mixed_cars()
        share = np.diff(cars.share_cdf, prepend=0.0)
        return pd.DataFrame(
            {
                "car": cars.names, "share_frac": share, "capacity_kwh": cars.capacity_kwh,
                "charge_kw": cars.charge_kw, "discharge_kw": cars.discharge_kw,
            }
        ).head(MOST_ROWS)  # fmt: skip
    if name in ("load", "pv"):
        # As the world has it: scaled to the site; a share of 1 where the scenario has none.
        # Only the share that is asked for may be filled in: draws of the other would change it.
        if name == "load":
            world = build_world(scenario.replace(load_share=scenario.load_share or 1.0))
            power = world.load_kw.sum(axis=0)
        else:
            world = build_world(scenario.replace(pv_share=scenario.pv_share or 1.0))
            power = world.pv_kw.sum(axis=0)
        return pd.DataFrame({"time_local": world.times_local.astype("datetime64[s]"), f"{name}_kw": power})
    raise KeyError(name)
