"""What the original's rewards are made of: facts of one step of an EV2Gym environment, or of all steps of a run.

The formulas (`core.rewards.formulas`) know only these, so that what an agent is rewarded with in training and what a
run is scored with afterwards are one and the same.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.trace import Trace
from core.rewards.counts import (
    Counts,
    battery_ageing,
    count,
    energy_satisfaction_frac,
    power_potential_kw,
    satisfaction_frac,
)
from core.scenario import STEP_HOURS
from core.world import World
from core.world.battery import kw_per_ampere

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PEAK_HOURS = ((8, 11), (17, 21))
"""Peak hours by the clock, from the first to before the second (docs/rewards.md)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of steps: arrays [steps], or [] for one step; with a last axis for transformers or cars where said.

    Energy and power are EV2Gym's own, before its rounding up. Cars "plugged in" are those at the moment at which EV2Gym
    asks for the reward: whoever leaves after the step has left, whoever comes next has come.
    """

    power_kw: Floats
    """Power of all stations together; > 0 charges."""
    setpoint_kw: Floats
    """Set-point of that power; 0 where none is set, as in EV2Gym."""
    potential_kw: Floats
    """Power that cars could take, EV2Gym's `charge_power_potential`."""
    station_power_kw: Floats
    """Mean power of a station."""
    transformer_kw: Floats
    """[..., transformers]: cars' power plus other load less PV."""
    limit_kw: Floats
    """[..., transformers]: upper limit."""
    lower_limit_kw: Floats
    """[..., transformers]: limit for feeding back, negative."""
    drivers_eur: Floats
    """Money of the drivers in the step, EV2Gym's `total_costs`: what they get less what they pay."""
    satisfaction_frac: Floats
    """Mean satisfaction of the cars that leave after the step; 0 where none does."""
    energy_satisfaction_frac: Floats
    """Mean over the same cars of departure energy over the most a car could have got; 0 where none leaves."""
    calendar_loss_frac: Floats
    """Calendar ageing of the same cars during their stay, added up, as shares of the capacity."""
    cyclic_loss_frac: Floats
    """Cyclic ageing, likewise."""
    charged_kwh: Floats
    """Energy charged at the site since the day began."""
    discharged_kwh: Floats
    """Energy discharged at the site since the day began."""
    buy_eur_per_kwh: Floats
    sell_eur_per_kwh: Floats
    price_factor: Floats
    """Sell over buy price, in the step of the day with the price farthest from 0."""
    soc_frac: Floats
    """Mean state of charge of the cars plugged in; 0 where there is none."""
    exchanged_kwh: Floats
    """Energy that those cars exchanged since their arrival, either way, over their number; 0 where there is none."""
    current_a: Floats
    """[..., cars]: current of each car, > 0 charges."""
    peak: Bools
    """Whether the step begins in peak hours."""

    @property
    def overload_kw(self) -> Floats:
        """[..., transformers]: power beyond either limit."""
        return np.maximum(0.0, np.maximum(self.transformer_kw - self.limit_kw, self.reverse_kw))

    @property
    def reverse_kw(self) -> Floats:
        """[..., transformers]: power fed back beyond the limit for that."""
        return np.maximum(0.0, self.lower_limit_kw - self.transformer_kw)


def is_peak(hour: Any) -> Any:
    """Whether an hour of the day (array or number) is one of `PEAK_HOURS`."""
    return np.logical_or.reduce([(np.asarray(hour) >= begin) & (np.asarray(hour) < end) for begin, end in PEAK_HOURS])


def price_factor(buy: Floats, sell: Floats) -> float:
    """EV2Gym's discharge price factor, out of a day's prices; 0 where all are 0."""
    k = int(np.abs(buy).argmax())
    return float(sell[k] / buy[k]) if buy[k] else 0.0


# --- one step of an environment ---------------------------------------------------------------------------------------
def facts_of_step(env: Any, total_costs: float, satisfaction: Sequence[float]) -> Facts:
    """Facts of the step that `env` has just made, at the moment at which it asks for the reward. Changes nothing.

    Parameters
    ----------
    env : ev2gym.models.ev2gym_env.EV2Gym
    total_costs : float
        The drivers' money in the step [EUR].
    satisfaction : sequence of float
        Of each car that left.
    """
    step = env.current_step - 1
    leaving = env.departing_evs
    plugged = [car for station in env.charging_stations for car in station.evs_connected if car is not None]
    ageing = np.array([_ageing(car) for car in leaving]).reshape(-1, 2).sum(axis=0)
    buy, sell = -np.asarray(env.charge_prices[0], dtype=np.float64), np.asarray(env.discharge_prices[0])
    power = env.current_power_usage[step]
    begun = env.sim_date - dt.timedelta(minutes=env.timescale)  # EV2Gym has moved its clock to the next step

    def of_transformers(name: str) -> Floats:
        return np.array([getattr(transformer, name)[step] for transformer in env.transformers], dtype=np.float64)

    return Facts(
        power_kw=np.asarray(power),
        setpoint_kw=np.asarray(env.power_setpoints[step]),
        potential_kw=np.asarray(env.charge_power_potential[step]),
        station_power_kw=np.asarray(power / len(env.charging_stations)),
        transformer_kw=np.array([transformer.current_power for transformer in env.transformers], dtype=np.float64),
        limit_kw=of_transformers("max_power"),
        lower_limit_kw=of_transformers("min_power"),
        drivers_eur=np.asarray(total_costs),
        satisfaction_frac=_mean(satisfaction),
        energy_satisfaction_frac=_mean([car.current_capacity / car.max_energy_AFAP for car in leaving]),
        calendar_loss_frac=ageing[0],
        cyclic_loss_frac=ageing[1],
        charged_kwh=np.asarray(sum(station.total_energy_charged for station in env.charging_stations)),
        discharged_kwh=np.asarray(sum(station.total_energy_discharged for station in env.charging_stations)),
        buy_eur_per_kwh=buy[step],
        sell_eur_per_kwh=sell[step],
        price_factor=np.asarray(price_factor(buy, sell)),
        soc_frac=_mean([car.get_soc() for car in plugged]),
        exchanged_kwh=_mean([car.abs_total_energy_exchanged for car in plugged]),
        current_a=np.array([car.actual_current for car in (*plugged, *leaving)], dtype=np.float64),
        peak=is_peak(begun.hour),
    )


def _mean(values: Sequence[float]) -> Floats:
    return np.asarray(np.mean(values) if len(values) else 0.0)


def _ageing(car: Any) -> tuple[float, float]:
    """EV2Gym's ageing of a car; asked of a copy, since each question adds to what the car remembers of its SoC."""
    asked = copy.copy(car)
    asked.historic_soc, asked.active_steps = list(car.historic_soc), list(car.active_steps)
    calendar, cyclic = asked.get_battery_degradation()
    return float(calendar), float(cyclic)


# --- a whole run ------------------------------------------------------------------------------------------------------
def facts_of_run(world: World, trace: Trace, counts: Counts | None = None) -> Facts:
    """Facts of all steps of a run, arrays [steps].

    Parameters
    ----------
    world : World
    trace : Trace
        Of either engine.
    counts : Counts, optional
        `count(world, trace)`, where it is there already.
    """
    counts = count(world, trace) if counts is None else counts
    scenario, s, prices = world.scenario, world.sessions, world.prices
    n_steps, shape = world.n_steps, (scenario.stations, scenario.ports_per_station, world.n_steps)
    power = counts.exchanged_kwh / STEP_HOURS
    transformers = world.base_load_kw.copy()
    np.add.at(transformers, world.station_transformer, power.reshape(shape).sum(axis=1))
    site = power.sum(axis=0)
    charged, discharged = counts.charged_kwh, counts.discharged_kwh

    leaving = np.bincount(s.departure_step, minlength=n_steps)

    def of_leaving(values: Floats) -> Floats:
        return np.bincount(s.departure_step, weights=values, minlength=n_steps).astype(np.float64)

    calendar, cyclic = battery_ageing(world, counts)
    plugged, soc, exchanged = _plugged(world, counts)
    hour = world.times_local.astype("datetime64[h]").astype(np.int64) % 24
    return Facts(
        power_kw=site,
        setpoint_kw=np.zeros(n_steps) if world.setpoint_kw is None else world.setpoint_kw,
        potential_kw=power_potential_kw(world, counts),
        station_power_kw=site / scenario.stations,
        transformer_kw=transformers.T,
        limit_kw=world.limit_kw.T,
        lower_limit_kw=world.lower_limit_kw.T,
        drivers_eur=discharged * prices.sell_eur_per_kwh - charged * prices.buy_eur_per_kwh,
        satisfaction_frac=_over(of_leaving(satisfaction_frac(world, counts)), leaving),
        energy_satisfaction_frac=_over(of_leaving(energy_satisfaction_frac(world, counts)), leaving),
        calendar_loss_frac=of_leaving(calendar),
        cyclic_loss_frac=of_leaving(cyclic),
        charged_kwh=np.cumsum(charged),
        discharged_kwh=np.cumsum(discharged),
        buy_eur_per_kwh=prices.buy_eur_per_kwh,
        sell_eur_per_kwh=prices.sell_eur_per_kwh,
        price_factor=np.full(n_steps, price_factor(prices.buy_eur_per_kwh, prices.sell_eur_per_kwh)),
        soc_frac=_over(soc, plugged),
        exchanged_kwh=_over(exchanged, plugged),
        current_a=(power / kw_per_ampere(scenario)).T,
        peak=is_peak(hour),
    )


def _plugged(world: World, counts: Counts) -> tuple[Floats, Floats, Floats]:
    """[steps]: number, summed SoC and summed energy exchanged of the cars plugged in when each step has ended."""
    s, at, n_steps = world.sessions, counts.session, world.n_steps
    # Whoever may act in the next step. Nobody stays beyond the last.
    number, soc, exchanged = np.zeros(n_steps), np.zeros(n_steps), np.zeros(n_steps)
    if not len(s):
        return number, soc, exchanged
    here = at >= 0
    before = np.zeros((at.shape[0], n_steps + 1))
    np.cumsum(np.abs(counts.exchanged_kwh), axis=1, out=before[:, 1:])
    since = before[np.arange(len(at))[:, None], s.arrival_step[at]]
    number[:-1] = here.sum(axis=0)[1:]
    soc[:-1] = np.where(here, counts.before_kwh / s.capacity_kwh[at], 0.0).sum(axis=0)[1:]
    exchanged[:-1] = np.where(here, before[:, :-1] - since, 0.0).sum(axis=0)[1:]
    return number, soc, exchanged


def _over(total: Floats, number: Any) -> Floats:
    """`total` over `number`, 0 where that is 0."""
    mean: Floats = np.divide(total, number, out=np.zeros(len(total)), where=np.asarray(number) > 0)
    return mean
