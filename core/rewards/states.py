"""The original's states: what an agent trained with its rewards is shown before each step. Functions of `Seen`.

Values keep their units, as in EV2Gym's own states. Each port is shown by the SoC of its car and the steps until that
leaves; 0 and 0 where it is empty. docs/rewards.md says what the original leaves open and how it was decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Number = float | Floats


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known when a step begins. Power, overload and satisfaction are of the step before; 0 in the first.

    Of one run, or of many: then numbers are arrays [worlds], and the last two [worlds, ports].
    """

    day_frac: Number
    """Share of the day's steps that is over."""
    setpoint_kw: Number
    """Set-point of the coming step; 0 where none is set and after the last step."""
    power_kw: Number
    """Power of all stations together."""
    buy_eur_per_kwh: Number
    """Price of the coming step; 0 after the last."""
    sell_eur_per_kwh: Number
    charged_kwh: Number
    """Energy charged at the site since the day began."""
    discharged_kwh: Number
    overload_kw: Number
    """Of all transformers together."""
    satisfaction_frac: Number
    """Mean of the cars that left after that step; 0 where none did."""
    cars_served: Number
    """Cars that have left so far."""
    soc_frac: Floats
    """[ports]: SoC of the car there, 0 where none is."""
    steps_left: Floats
    """[ports]: steps until it leaves, as EV2Gym counts them (departure less current step); 0 where none is."""

    @property
    def ports(self) -> Floats:
        """[..., 2 x ports]: SoC and steps until departure of port after port."""
        pairs = np.stack([self.soc_frac, self.steps_left], axis=-1)
        return pairs.reshape(*pairs.shape[:-2], -1)


def row(*numbers: Number, ports: Floats, after: tuple[Number, ...] = ()) -> Floats:
    """Numbers, one column each, then those of ports, then more numbers: [..., columns]."""

    def columns(values: tuple[Number, ...]) -> list[Floats]:
        return [np.asarray(value, dtype=np.float64)[..., None] for value in values]

    return np.concatenate([*columns(numbers), ports, *columns(after)], axis=-1)


def grid_operator(seen: Seen) -> Floats:
    """[..., 5 + 2 x ports]: share of the day, set-point [kW], power [kW], discharged [kWh], overload [kW]; ports."""
    s = seen
    return row(s.day_frac, s.setpoint_kw, s.power_kw, s.discharged_kwh, s.overload_kw, ports=s.ports)


def ev_user(seen: Seen) -> Floats:
    """[..., 5 + 2 x ports]: share of the day, power [kW], price [EUR/kWh], charged [kWh]; ports; satisfaction."""
    s = seen
    after = (s.satisfaction_frac,)
    return row(s.day_frac, s.power_kw, s.buy_eur_per_kwh, s.charged_kwh, ports=s.ports, after=after)


def provider(seen: Seen) -> Floats:
    """[..., 5]: share of the day, power [kW], price [EUR/kWh], discharged [kWh], cars served."""
    s = seen
    return row(s.day_frac, s.power_kw, s.buy_eur_per_kwh, s.discharged_kwh, s.cars_served, ports=s.ports[..., :0])


def combined(seen: Seen) -> Floats:
    """[..., 10 + 2 x ports]: what the three others show.

    Share of the day, set-point [kW], power [kW], buy and sell price [EUR/kWh], charged and discharged [kWh], overload
    [kW], satisfaction, cars served; ports.
    """
    s = seen
    site = (s.day_frac, s.setpoint_kw, s.power_kw, s.buy_eur_per_kwh, s.sell_eur_per_kwh, s.charged_kwh)
    past = (s.discharged_kwh, s.overload_kw, s.satisfaction_frac, s.cars_served)
    return row(*site, *past, ports=s.ports)


def seen_in(env: Any) -> Seen:
    """What can be seen in an `ev2gym.models.ev2gym_env.EV2Gym` now."""
    step, stations = env.current_step, env.charging_stations
    over = step >= env.simulation_length
    begun = step > 0
    cars = [car for station in stations for car in station.evs_connected]
    left = [car.get_user_satisfaction() for car in env.departing_evs] if begun else []
    return Seen(
        day_frac=step / env.simulation_length,
        setpoint_kw=0.0 if over else float(env.power_setpoints[step]),
        power_kw=float(env.current_power_usage[step - 1]) if begun else 0.0,
        buy_eur_per_kwh=0.0 if over else -float(env.charge_prices[0, step]),
        sell_eur_per_kwh=0.0 if over else float(env.discharge_prices[0, step]),
        charged_kwh=float(sum(station.total_energy_charged for station in stations)),
        discharged_kwh=float(sum(station.total_energy_discharged for station in stations)),
        overload_kw=sum(_overload_kw(transformer, step - 1) for transformer in env.transformers) if begun else 0.0,
        satisfaction_frac=float(np.mean(left)) if left else 0.0,
        cars_served=float(sum(station.total_evs_served for station in stations)),
        soc_frac=np.array([0.0 if car is None else car.get_soc() for car in cars]),
        steps_left=np.array([0.0 if car is None else car.time_of_departure - step for car in cars]),
    )


def _overload_kw(transformer: Any, step: int) -> float:
    power = transformer.current_power
    return float(max(0.0, power - transformer.max_power[step], transformer.min_power[step] - power))
