"""EV2Gym's end-of-day statistics out of a World and a Trace: the indicators that the original reported."""

from __future__ import annotations

import numpy as np

from core.accounts.ledger import overload_kw
from core.accounts.trace import Trace
from core.rewards.counts import battery_ageing, count, energy_satisfaction_frac, satisfaction_frac
from core.rewards.facts import facts_of_run
from core.scenario import STEP_HOURS
from core.world import World


def ev2gym_statistics(world: World, trace: Trace) -> dict[str, float]:
    """`ev2gym.utilities.utils.get_statistics` of a run, without EV2Gym.

    Parameters
    ----------
    world : World
        The day that `trace` was run on.
    trace : Trace
        Of either engine; its own `ev2gym_stats` are not read.

    Returns
    -------
    dict of str to float
        By EV2Gym's names; empty on a day without cars, for which EV2Gym has no answer.

        - `total_ev_served`: cars;
        - `total_profits`: the drivers' money [EUR], before EV2Gym's rounding of batteries;
        - `total_energy_charged`, `total_energy_discharged` [kWh], likewise;
        - `average_user_satisfaction`: mean over stations that had cars, of the mean over their cars;
        - `power_tracker_violation`: power above the set-point, added up over steps [kW];
        - `tracking_error`: squared distance from the set-point, added up [kW²];
        - `energy_tracking_error`: distance from it [kWh]; the set-point is 0 kW where none is set;
        - `energy_user_satisfaction`, and its `std_` and `min_`: over cars [%];
        - `total_steps_min_emergency_battery_capacity_violation`: times a battery fell below its emergency energy;
        - `total_transformer_overload`: added up over steps [kW], as EV2Gym counts it: below the limit for feeding back
          it measures from the *upper* limit (`overload_kwh` of the ledger measures rightly);
        - `battery_degradation_calendar`, `battery_degradation_cycling`, their sum `battery_degradation`: added up over
          cars, as shares of the capacity;
        - `total_reward`: under EV2Gym's default reward, the squared tracking error with its sign;
        - `saved_grid_energy`, and three figures of `voltage_violation`: 0, since no power grid is simulated.
    """
    s = world.sessions
    if not len(s):
        return {}
    counts = count(world, trace)
    facts = facts_of_run(world, trace, counts)
    satisfaction, energy = satisfaction_frac(world, counts), 100 * energy_satisfaction_frac(world, counts)
    cars = np.bincount(s.station)
    by_station = np.bincount(s.station, weights=satisfaction)[cars > 0] / cars[cars > 0]
    error = facts.power_kw - facts.setpoint_kw
    # EV2Gym's hair of 0.0001 kW, and its distance from the upper limit in either direction.
    over = overload_kw(world, facts.transformer_kw.T) > 1e-4
    overload = np.abs(facts.transformer_kw.T - world.limit_kw)[over].sum()
    calendar, cyclic = (values.sum() for values in battery_ageing(world, counts))
    tracked = np.minimum(facts.setpoint_kw, facts.potential_kw) - facts.power_kw
    figures = {
        "total_ev_served": len(s),
        "total_profits": facts.drivers_eur.sum(),
        "total_energy_charged": counts.charged_kwh.sum(),
        "total_energy_discharged": counts.discharged_kwh.sum(),
        "average_user_satisfaction": by_station.mean(),
        "power_tracker_violation": np.maximum(0.0, error).sum(),
        "tracking_error": (error**2).sum(),
        "energy_tracking_error": np.abs(error).sum() * STEP_HOURS,
        "energy_user_satisfaction": energy.mean(),
        "std_energy_user_satisfaction": energy.std(),
        "min_energy_user_satisfaction": energy.min(),
        "total_steps_min_emergency_battery_capacity_violation": counts.below_emergency.sum(),
        "total_transformer_overload": overload,
        "battery_degradation": calendar + cyclic,
        "battery_degradation_calendar": calendar,
        "battery_degradation_cycling": cyclic,
        "total_reward": -(tracked**2).sum(),
        "saved_grid_energy": 0,
        "voltage_violation": 0,
        "voltage_violation_counter": 0,
        "voltage_violation_counter_per_step": 0,
    }
    return {name: float(value) for name, value in figures.items()}
