"""The field's own settings: EV2Gym's example configurations and those of papers, with the results printed there.

`data/published_ev2gym.json` holds them, each number with its source. `core.measure.published` runs agents on them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.errors import needed
from core.paths import DATA
from core.scenario import Scenario
from core.studies.draw import SEEDS, split_of

FILE: Final = DATA / "published_ev2gym.json"

OBJECTIVE: Final[Mapping[str, float]] = {
    "w_user": 1.0, "w_provider": 0.0, "w_grid": 1.0, "wear_price_eur_per_kwh": 0.0, "overload_price_eur_per_kwh": 10.0,
}  # fmt: skip
"""What agents aim at in every setting: EV2Gym's rewards know the bill, cars that leave short, overload and set-point,
but neither a provider's margin nor wear."""

FIRST_DAY: Final = dt.date(2022, 1, 1)
DAYS: Final = 548
"""EV2Gym begins a random day up to 547 days after the first of January 2022 (`ev2gym/models/ev2gym_env.py`)."""

Row = Mapping[str, tuple[float, float]]
"""Figures by EV2Gym's names: mean and standard deviation over runs."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the field.

    Parameters
    ----------
    name : str
        Of EV2Gym's configuration, with a year where it is an earlier version of that file.
    base : Scenario
        The site; date and seed are drawn.
    length_h : float
        May be longer than a scenario's field allows.
    runs : int
        So many are run.
    reward : str
        One of `core.measure.published.REWARDS`.
    setpoint_is_limit : bool
        Whether only power above the set-point counts, so that agents are given it as the limit.
    stock_site : bool
        Whether it is the site that whole-site policies were trained for.
    figures : tuple of str
        Published indicators, by EV2Gym's names; ``reward`` is the setting's own.
    differs : tuple of str
        What is not as there: keys of the catalogues' section `published`.
    published : mapping of str to Row
        By algorithm; empty where no results were found.
    source, table, configuration : str
        The paper, its table, and where the configuration stands.
    published_runs : int
        Runs behind the paper's table; 0 where there is none.
    """

    name: str
    base: Scenario
    length_h: float
    runs: int
    reward: str
    setpoint_is_limit: bool
    stock_site: bool
    figures: tuple[str, ...]
    differs: tuple[str, ...]
    published: Mapping[str, Row]
    source: str
    url: str
    table: str
    configuration: str
    published_runs: int

    def scenarios(self, n: int, seed: int = 1) -> list[Scenario]:
        """`n` random working days as EV2Gym draws them, of test weeks, with the seeds of the test split.

        The first ones do not depend on `n`. Their length may lie beyond what a scenario's field allows.
        """
        stream = np.random.default_rng([seed, 404])
        out: list[Scenario] = []
        while len(out) < n:
            date = FIRST_DAY + dt.timedelta(days=int(stream.integers(DAYS)))
            date += dt.timedelta(days=(7 - date.weekday()) % 7 if date.weekday() > 4 else 0)
            if split_of(date) == "test":
                drawn = self.base.replace(date=date, seed=int(stream.integers(*SEEDS["test"])))
                # Deliberately without validation: one paper's run is longer than the app offers.
                out.append(drawn.model_copy(update={"length_h": self.length_h}))
        return out


@cache
def settings(path: Path = FILE) -> dict[str, Setting]:
    """All settings by name, those with published results first."""
    with needed(f"data/{path.name}"):
        content = json.loads(path.read_text(encoding="utf-8"))
        return {name: _setting(name, entry, content["sources"]) for name, entry in content["settings"].items()}


def _setting(name: str, entry: Mapping[str, Any], sources: Mapping[str, Mapping[str, str]]) -> Setting:
    base = Scenario.from_ev2gym(entry["file"]).scenario if "file" in entry else Scenario()
    fields = {**OBJECTIVE, **entry["fields"]}
    length: float = fields.pop("length_h", base.length_h)
    source = sources.get(entry.get("source", ""), {})
    configuration = f"EV2Gym 2.0.0, example_config_files/{entry['file']}" if "file" in entry else entry["configuration"]
    return Setting(
        name=name,
        base=base.replace(**fields),
        length_h=float(length),
        runs=entry["runs"],
        reward=entry["reward"],
        setpoint_is_limit=entry.get("setpoint_is_limit", False),
        stock_site=entry.get("stock_site", False),
        figures=tuple(entry["figures"]),
        differs=("dates", "prices", *entry["differs"]),
        published={who: {k: (v[0], v[1]) for k, v in row.items()} for who, row in entry["published"].items()},
        source=source.get("citation", ""),
        url=source.get("url", ""),
        table=entry.get("table", ""),
        configuration=configuration,
        published_runs=entry.get("published_runs", 0),
    )


UNITS: Final[Mapping[str, tuple[str, float, int]]] = {
    "total_profits": ("EUR", 1.0, 1),
    "total_energy_charged": ("kWh", 1.0, 0),
    "total_energy_discharged": ("kWh", 1.0, 0),
    "average_user_satisfaction": ("%", 100.0, 1),
    "power_tracker_violation": ("kW", 1.0, 1),
    "tracking_error": ("10³ kW²", 1e-3, 1),
    "energy_tracking_error": ("kWh", 1.0, 0),
    "total_transformer_overload": ("kW", 1.0, 0),
    "overload_kwh": ("kWh", 1.0, 1),
    "battery_degradation": ("10⁻³", 1e3, 2),
    "battery_degradation_calendar": ("10⁻³", 1e3, 2),
    "battery_degradation_cycling": ("10⁻³", 1e3, 2),
    "reward": ("10³", 1e-3, 1),
}
"""How figures are shown: unit, factor and decimals, as in the papers' tables."""


def unit(setting: Setting, figure: str) -> tuple[str, float, int]:
    """Unit, factor and decimals of a setting's figure: `UNITS`, but a reward that is mere money in EUR."""
    return UNITS["total_profits"] if figure == "reward" and setting.reward == "profit" else UNITS[figure]
