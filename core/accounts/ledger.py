"""Trace -> Ledger: who gained what, in money. Pure functions; every figure on screen comes from here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.accounts.indicators import Day, Totals, compute, period_of, period_sums
from core.accounts.objective import Objective
from core.accounts.peaks import spread
from core.accounts.trace import Trace
from core.scenario import STEP_HOURS
from core.world import World

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ledger:
    """A priced Trace.

    `sessions`, `stations` and `steps` are tidy tables; `totals` adds them up. Column names carry their units.
    """

    totals: Totals
    sessions: pd.DataFrame
    stations: pd.DataFrame
    steps: pd.DataFrame


def settle(world: World, trace: Trace) -> Ledger:
    """Price `trace` for the three stakeholders.

    Parameters
    ----------
    world : World
        The day that `trace` was run on.
    trace : Trace

    Returns
    -------
    Ledger
    """
    objective = Objective.of(world)
    sessions = _settle_sessions(world, trace, objective)
    power = transformer_power_kw(world, trace)
    steps = _settle_steps(world, trace, objective, power)
    return Ledger(
        totals=_add_up(world, trace, objective, sessions, steps, power),
        sessions=sessions,
        stations=_by_station(world, sessions),
        steps=steps,
    )


def charged_and_discharged(power_kw: Floats) -> tuple[Floats, Floats]:
    """Energy charged and discharged in a step of mean power `power_kw`; both >= 0, in kWh."""
    return np.maximum(power_kw, 0.0) * STEP_HOURS, np.maximum(-power_kw, 0.0) * STEP_HOURS


def transformer_power_kw(world: World, trace: Trace) -> Floats:
    """[transformers, steps]: cars' power plus other load less PV."""
    by_station = station_power_kw(world, trace)
    power = world.base_load_kw.copy()
    np.add.at(power, world.station_transformer, by_station)
    return power


def station_power_kw(world: World, trace: Trace) -> Floats:
    """[stations, steps]: power of each station's ports together."""
    s = world.scenario
    power: Floats = trace.power_kw.reshape(s.stations, s.ports_per_station, world.n_steps).sum(axis=1)
    return power


def overload_kw(world: World, power_kw: Floats) -> Floats:
    """[transformers, steps]: power beyond the limit in either direction.

    EV2Gym's own figure is wrong below the reverse limit (it measures from the upper one), so it is computed here.
    """
    return np.maximum(0.0, np.maximum(power_kw - world.limit_kw, world.lower_limit_kw - power_kw))


def _settle_sessions(world: World, trace: Trace, objective: Objective[float]) -> pd.DataFrame:
    s = world.sessions
    n = len(s)
    charged, discharged = charged_and_discharged(trace.power_kw)
    at = world.occupancy
    used = at >= 0
    index = at[used]

    def per_session(values: Floats) -> Floats:
        return np.bincount(index, weights=np.broadcast_to(values, at.shape)[used], minlength=n).astype(np.float64)

    charged_kwh, discharged_kwh = per_session(charged), per_session(discharged)
    energy_cost, revenue = per_session(charged * objective.buy), per_session(discharged * objective.sell)
    departure = trace.energy_kwh[s.port, s.departure_step]
    unmet = np.maximum(0.0, s.wanted_energy_kwh - departure)
    times = world.times_local
    return pd.DataFrame(
        {
            "station": s.station,
            "port": s.port,
            "car": np.array(world.models, dtype=object)[s.model] if n else np.array([], dtype=object),
            "arrival_step": s.arrival_step,
            "departure_step": s.departure_step,
            "arrival_time": times[s.arrival_step].astype("datetime64[s]"),
            # A car leaves when its last step ends.
            "departure_time": (times[s.departure_step] + np.timedelta64(15, "m")).astype("datetime64[s]"),
            "arrival_energy_kwh": s.arrival_energy_kwh,
            "wanted_energy_kwh": s.wanted_energy_kwh,
            "departure_energy_kwh": departure,
            "capacity_kwh": s.capacity_kwh,
            "min_energy_kwh": s.min_energy_kwh,
            "charge_limit_kw": s.charge_limit_kw,
            "discharge_limit_kw": s.discharge_limit_kw,
            "charged_kwh": charged_kwh,
            "discharged_kwh": discharged_kwh,
            "unmet_kwh": unmet,
            "ready_frac": np.minimum(1.0, departure / s.wanted_energy_kwh),
            "energy_cost_eur": energy_cost,
            "v2g_revenue_eur": revenue,
            "bill_eur": revenue - energy_cost,
            "wear_cost_eur": objective.wear_price * discharged_kwh,
            "unmet_cost_eur": objective.unmet_price * unmet,
            "user_profit_eur": revenue
            - energy_cost
            - objective.wear_price * discharged_kwh
            - objective.unmet_price * unmet,
        }
    )


def _settle_steps(world: World, trace: Trace, objective: Objective[float], power_kw: Floats) -> pd.DataFrame:
    """One row a step; `power_kw` is that of the transformers."""
    charged, discharged = (part.sum(axis=0) for part in charged_and_discharged(trace.power_kw))
    over = overload_kw(world, power_kw).sum(axis=0) * STEP_HOURS
    cars_kw = trace.power_kw.sum(axis=0)
    deviation = np.zeros_like(over) if world.setpoint_kw is None else np.abs(cars_kw - world.setpoint_kw) * STEP_HOURS
    return pd.DataFrame(
        {
            "time_local": world.times_local.astype("datetime64[s]"),
            "buy_eur_per_kwh": objective.buy,
            "sell_eur_per_kwh": objective.sell,
            "wholesale_eur_per_kwh": objective.wholesale,
            "cars_power_kw": cars_kw,
            "load_kw": world.load_kw.sum(axis=0),
            "pv_kw": world.pv_kw.sum(axis=0),
            "site_power_kw": power_kw.sum(axis=0),
            "limit_kw": world.limit_kw.sum(axis=0),
            "setpoint_kw": np.nan if world.setpoint_kw is None else world.setpoint_kw,
            "connected": (world.occupancy >= 0).sum(axis=0),
            "charged_kwh": charged,
            "discharged_kwh": discharged,
            "overload_kwh": over,
            "deviation_kwh": deviation,
            "energy_cost_eur": charged * objective.buy,
            "v2g_revenue_eur": discharged * objective.sell,
            "wholesale_cost_eur": (charged - discharged) * objective.wholesale,
        }
    )


def _by_station(world: World, sessions: pd.DataFrame) -> pd.DataFrame:
    """One row a station, also for those where no car came."""
    money = ["energy_cost_eur", "v2g_revenue_eur", "bill_eur", "wear_cost_eur", "unmet_cost_eur", "user_profit_eur"]
    energy = ["charged_kwh", "discharged_kwh", "unmet_kwh"]
    n, at = world.scenario.stations, sessions["station"].to_numpy(dtype=np.int64)

    def total(column: str) -> Floats:  # plain sums: pandas' grouping takes ten times as long
        return np.bincount(at, weights=sessions[column].to_numpy(dtype=np.float64), minlength=n).astype(np.float64)

    sums = {column: total(column) for column in energy + money}
    wanted = total("wanted_energy_kwh")
    # Energy-weighted, so that it adds up to the site's figure.
    ready = 1 - np.divide(sums["unmet_kwh"], wanted, out=np.zeros(n), where=wanted > 0)
    return pd.DataFrame(
        {
            "station": np.arange(n),
            "transformer": world.station_transformer,
            "cars": np.bincount(at, minlength=n),
            **sums,
            "ready_frac": ready,
        }
    )


def _add_up(
    world: World,
    trace: Trace,
    objective: Objective[float],
    sessions: pd.DataFrame,
    steps: pd.DataFrame,
    power_kw: Floats,
) -> Totals:
    def total(table: pd.DataFrame, column: str) -> float:
        return float(table[column].sum())

    day = Day(
        objective=objective,
        energy_cost_eur=total(sessions, "energy_cost_eur"),
        v2g_revenue_eur=total(sessions, "v2g_revenue_eur"),
        wholesale_cost_eur=total(steps, "wholesale_cost_eur"),
        charged_kwh=total(sessions, "charged_kwh"),
        discharged_kwh=total(sessions, "discharged_kwh"),
        rounding_kwh=trace.rounding_kwh,
        wanted_kwh=total(sessions, "wanted_energy_kwh"),
        unmet_kwh=total(sessions, "unmet_kwh"),
        overload_kwh=total(steps, "overload_kwh"),
        deviation_kwh=total(steps, "deviation_kwh"),
        peak_kw=max(0.0, float(steps["cars_power_kw"].max())),
        cars=len(sessions),
        capacity_kwh=float(world.sessions.capacity_kwh.sum()),
        worst_ready_frac=float(sessions["ready_frac"].min()) if len(sessions) else 1.0,
        own_peak_kw=world.base_load_kw.sum(axis=0).max(),
        **spread(power_kw, overload_kw(world, power_kw)),
        **period_sums(
            period_of(world), (steps["charged_kwh"] - steps["discharged_kwh"]).to_numpy(), objective.wholesale
        ),
    )
    return Totals({name: value if isinstance(value, int) else float(value) for name, value in compute(day).items()})
