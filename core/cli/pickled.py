"""EV2Gym's pickles: replays, and environments after a run. Reading one runs whatever code is in it.

So nothing but the command `export` imports this module, and it only after its reader said that the file is trusted
(`tests/test_layers.py` holds that the app cannot reach it).

EV2Gym writes two kinds. An *environment* (``env.pkl`` of `save_plots`, or a mapping of algorithms to environments, as
its evaluator keeps them) knows the SoC of every car at every step. A *replay* (`EvCityReplay`) is a day for others to
meet: prices, cars and the statistics of whoever met it first, but not what was done; only that of an optimal run does.
"""

from __future__ import annotations

import datetime as dt
import pickle
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import EnerV2GizeError, quoted
from core.reports.result_csv import MAX_NAME, ResultFile

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pickled:
    """What a file of EV2Gym holds."""

    run: ResultFile | None
    """What algorithms did; None for a replay that does not know."""
    sessions: pd.DataFrame
    """Cars that came, a row each and algorithm; names and units as in the ledger's `sessions`."""
    stats: pd.DataFrame
    """EV2Gym's own indicators, a column an algorithm."""


def read(file: Path, name: str) -> Pickled:
    """Unpickle a file of EV2Gym: only what you made yourself or trust as much.

    Parameters
    ----------
    file : Path
    name : str
        What the algorithm is called where the file does not say.

    Raises
    ------
    EnerV2GizeError
        Where the file is no such pickle.
    OSError
    """
    told = quoted(file.name)
    with file.open("rb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of EV2Gym's own imports
        try:
            found = pickle.load(stream)
        except ModuleNotFoundError as error:
            raise EnerV2GizeError(
                f"{told}: needs the module {quoted(error.name)}, which is not installed here"
            ) from None
        except Exception as error:  # unpickling runs other people's code
            raise EnerV2GizeError(f"{told}: cannot be unpickled ({type(error).__name__})") from None
    runs = {_name(key): value for key, value in found.items()} if isinstance(found, dict) else {_name(name): found}
    if not runs or not all(_is_run(run) or _is_replay(run) for run in runs.values()):
        raise EnerV2GizeError(
            f"{told}: holds neither an EV2Gym environment after a run, nor a replay, nor several by name"
        )
    if isinstance(found, dict) and len(runs) < len(found):
        raise EnerV2GizeError(
            f"{told}: names of its algorithms are not told apart by their first {MAX_NAME} characters"
        )
    try:
        return Pickled(
            run=_joined([_recorded(name, run) for name, run in runs.items() if _cars_met(run) is not None]),
            sessions=pd.concat([_sessions(name, run) for name, run in runs.items()], ignore_index=True),
            stats=pd.DataFrame({name: _stats(run) for name, run in runs.items()}),
        )
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise EnerV2GizeError(
            f"{told}: was written by a version of EV2Gym that is not known here ({quoted(error)})"
        ) from None


def _name(given: object) -> str:
    """A name that a result CSV can hold."""
    text = "".join(sign if sign.isprintable() else "?" for sign in str(given)).strip()[:MAX_NAME].strip()
    return text or "?"


def _is_run(thing: Any) -> bool:
    return all(hasattr(thing, name) for name in ("EVs", "charging_stations", "sim_starting_date", "charge_prices"))


def _is_replay(thing: Any) -> bool:
    return all(hasattr(thing, name) for name in ("EVs", "charging_stations", "sim_length", "charge_prices"))


def _cars_met(run: Any) -> Sequence[Any] | None:
    """Cars with what was done to them; None where that is not known."""
    cars = run.EVs if _is_run(run) else run.optimal_EVs
    return None if cars is None else list(cars)


def _times(run: Any) -> list[dt.datetime]:
    if _is_run(run):
        begin, n = run.sim_starting_date, min(run.simulation_length, run.current_step or run.simulation_length)
    else:
        begin, n = run.sim_date, run.sim_length
    return [begin + dt.timedelta(minutes=run.timescale * step) for step in range(n)]


def _ports(run: Any) -> int:
    """Of every station; EV2Gym gives all the same."""
    return max(int(station.n_ports) for station in run.charging_stations)


def _recorded(name: str, run: Any) -> ResultFile:
    times, ports = _times(run), _ports(run)
    pay, get = (np.asarray(prices, dtype=np.float64) for prices in (run.charge_prices, run.discharge_prices))
    if (np.ptp(pay, axis=0) > 0).any() or (np.ptp(get, axis=0) > 0).any():
        raise EnerV2GizeError("stations with prices of their own do not fit into a result CSV")
    soc = np.zeros((len(times), len(run.charging_stations) * ports))
    for car in sorted(_cars_met(run) or (), key=lambda car: -car.time_of_arrival):
        # Each step's beginning is kept; the last one's end is what the battery held when the car left.
        first, last = car.time_of_arrival, min(car.time_of_departure, len(times) - 1)
        levels = [*car.historic_soc[: last - first + 1], car.current_capacity / car.battery_capacity]
        steps = np.arange(first - 1, last + 1)
        inside = steps >= 0
        soc[steps[inside], car.location * ports + car.id] = np.array(levels)[inside]
    return ResultFile(
        times=np.array(times, dtype="datetime64[s]"),
        charging_eur_per_kwh=-pay[0, : len(times)],
        discharging_eur_per_kwh=get[0, : len(times)],
        stations=tuple(range(soc.shape[1])),
        algorithms=(name,),
        soc_frac=np.clip(soc, 0.0, 1.0)[None],
    )


def _joined(runs: Sequence[ResultFile]) -> ResultFile | None:
    """Runs of the same day as one."""
    if not runs:
        return None
    first = runs[0]
    for run in runs[1:]:
        same = (np.array_equal(run.times, first.times), run.stations == first.stations)
        prices = np.array_equal(run.charging_eur_per_kwh, first.charging_eur_per_kwh)
        if not all((*same, prices, np.array_equal(run.discharging_eur_per_kwh, first.discharging_eur_per_kwh))):
            raise EnerV2GizeError("its environments are not of one day: times, stations and prices must be the same")
    return ResultFile(
        first.times, first.charging_eur_per_kwh, first.discharging_eur_per_kwh, first.stations,
        tuple(name for run in runs for name in run.algorithms), np.concatenate([run.soc_frac for run in runs]),
    )  # fmt: skip


def _sessions(name: str, run: Any) -> pd.DataFrame:
    met = _cars_met(run)
    times, ports = _times(run), _ports(run)
    step = dt.timedelta(minutes=run.timescale)
    rows = [
        {
            "algorithm": name,
            "station": int(car.location),
            # Before it is plugged in, a car has no port.
            **({} if met is None else {"port": int(car.location) * ports + int(car.id)}),
            "arrival_time": times[0] + step * int(car.time_of_arrival),
            "departure_time": times[0] + step * (int(car.time_of_departure) + 1),
            "arrival_energy_kwh": float(car.battery_capacity_at_arrival),
            "wanted_energy_kwh": float(car.desired_capacity),
            "departure_energy_kwh": float("nan") if met is None else float(car.current_capacity),
            "capacity_kwh": float(car.battery_capacity),
            "charge_limit_kw": float(car.max_ac_charge_power),
            "discharge_limit_kw": abs(float(car.max_discharge_power)),
        }
        for car in (run.EVs if met is None else met)
    ]
    return pd.DataFrame(rows)


def _stats(run: Any) -> Mapping[str, float]:
    return {name: float(value) for name, value in (run.stats or {}).items() if np.ndim(value) == 0}
