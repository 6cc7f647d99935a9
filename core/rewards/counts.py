"""A day's energy as EV2Gym itself counts it, out of a World and a Trace.

A Trace counts what a battery gained, EV2Gym's rounding up to 0.01 kWh included (docs/engines.md). EV2Gym's statistics
and rewards count what a car exchanged before that rounding. It follows from the actions and from the energy at the
beginning of each step, for all steps at once: `ev2gym/models/ev_charger.py` and `ev.py` of EV2Gym 2.0.0, in arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.accounts.trace import Trace
from core.scenario import STEP_HOURS
from core.world import TRANSITION_MULTIPLIER, World
from core.world.battery import ACTION_DECIMALS, kw_per_ampere

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

HIGHEST_CURRENT = 100
"""EV2Gym's tables of efficiency end at this current, in A."""

LEAST_DISCHARGE_A = 0.01
"""`EV_Charger.step`: a discharging current below this counts as none."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What every car exchanged in every step; arrays are [ports, steps] unless said otherwise."""

    session: Ints
    """Index of the session that may act, -1 where the port is empty."""
    before_kwh: Floats
    """Energy in the battery when the step begins; 0 where the port is empty."""
    asked: Floats
    """Action as EV2Gym takes it: a station's shared out and rounded; its sign decides what is billed."""
    exchanged_kwh: Floats
    """Energy stored (> 0) or given (< 0), before EV2Gym's rounding up."""
    below_emergency: Bools
    """Whether the step took the battery below its emergency energy."""
    departure_kwh: Floats
    """[sessions]: energy when the car leaves."""

    @property
    def charged_kwh(self) -> Floats:
        """[steps]: EV2Gym's `total_energy_charged`, step by step."""
        return np.where(self.asked > 0, np.abs(self.exchanged_kwh), 0.0).sum(axis=0)  # type: ignore[no-any-return]

    @property
    def discharged_kwh(self) -> Floats:
        """[steps]: EV2Gym's `total_energy_discharged`, step by step."""
        return np.where(self.asked < 0, np.abs(self.exchanged_kwh), 0.0).sum(axis=0)  # type: ignore[no-any-return]


def count(world: World, trace: Trace) -> Counts:
    """EV2Gym's own count of the day that `trace` was run on."""
    scenario, s, at = world.scenario, world.sessions, world.occupancy
    here = at >= 0
    before = np.zeros(at.shape)
    before[:, 1:] = trace.energy_kwh[:, :-1]
    before[s.port, s.arrival_step] = s.arrival_energy_kwh
    before[~here] = 0.0
    asked = effective(np.where(here, trace.action, 0.0), scenario.ports_per_station)

    exchanged, below = np.zeros(at.shape), np.zeros(at.shape, dtype=np.bool_)
    charging = asked > 0
    exchanged[charging] = _charged(world, at[charging], asked[charging], before[charging])
    if scenario.v2g:
        discharging = asked * scenario.charger_current_a <= -LEAST_DISCHARGE_A
        car, energy = at[discharging], before[discharging]
        given, left = _discharged(world, car, asked[discharging], energy)
        exchanged[discharging] = given
        emergency = s.emergency_energy_kwh[car]
        below[discharging] = (energy > emergency) & (left < emergency)
    return Counts(at, before, asked, exchanged, below, trace.energy_kwh[s.port, s.departure_step])


def effective(actions: Floats, ports_per_station: int) -> Floats:
    """Actions as `EV_Charger.step` takes them: rounded by the engine, shared by the station, and rounded again.

    `actions` is [ports, anything]; so is what comes back.
    """
    rounded = np.round(actions, ACTION_DECIMALS)
    if ports_per_station == 1:
        return rounded
    by_station = rounded.reshape(-1, ports_per_station, actions.shape[1])
    total = np.zeros((by_station.shape[0], 1, actions.shape[1]))
    for port in range(ports_per_station):  # in EV2Gym's order, so that sums are equal to the last bit
        total[:, 0] += by_station[:, port]
    shared = by_station / np.maximum(1.0, np.abs(total))
    return np.round(shared, ACTION_DECIMALS).reshape(actions.shape)


def _efficiency(world: World, car: Ints, amps: Floats) -> Floats:
    """What EV2Gym reads from its table of percentages for the current rounded to whole amperes."""
    column = np.minimum(np.rint(np.abs(amps)), HIGHEST_CURRENT).astype(np.int64)
    percent = (world.efficiency[world.sessions.model[car], column] * 100).round(9)
    return percent / 100


def _charged(world: World, car: Ints, asked: Floats, energy_kwh: Floats) -> Floats:
    """`EV._charge`: energy stored in a step, in kWh."""
    s = world.sessions
    amps = asked * world.scenario.charger_current_a
    efficiency = _efficiency(world, car, amps)
    capacity, transition = s.capacity_kwh[car], s.transition_soc[car]
    soc = energy_kwh / capacity
    most = efficiency * s.charge_limit_kw[car] / capacity * STEP_HOURS
    added = np.minimum(efficiency * amps * kw_per_ampere(world.scenario) / capacity * STEP_HOURS, most)
    untapered = np.minimum(added + soc, 1.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # where nothing tapers, the result is not taken
        begin = transition + (added - most) / most * (transition - 1.0)
        gap = begin - 1.0
        crossing = 1.0 + np.exp(TRANSITION_MULTIPLIER * (added + soc - begin) / gap) * gap
        above = 1.0 + np.exp(TRANSITION_MULTIPLIER * added / gap) * (soc - 1.0)
        tapered = np.where(soc < begin, np.where(begin - soc >= added, added + soc, crossing), above)
    new = np.where(transition == 1.0, untapered, np.minimum(tapered, added + soc))
    return (new - soc) * capacity


def _discharged(world: World, car: Ints, asked: Floats, energy_kwh: Floats) -> tuple[Floats, Floats]:
    """`EV._discharge`: energy given in a step (<= 0) and what is left before rounding up, in kWh."""
    s = world.sessions
    amps = asked * world.scenario.charger_current_a
    power = np.maximum(amps * kw_per_ampere(world.scenario), -s.discharge_limit_kw[car])
    given = power * _efficiency(world, car, amps) * STEP_HOURS
    least = s.min_energy_kwh[car]
    stops = energy_kwh + given < least
    given = np.where(stops, np.minimum(0.0, least - energy_kwh), given)
    return given, np.where(stops, least, energy_kwh + given)


# --- of sessions ------------------------------------------------------------------------------------------------------
def satisfaction_frac(world: World, counts: Counts) -> Floats:
    """[sessions]: `EV.get_user_satisfaction`, energy at departure over energy wanted, at most 1."""
    wanted, energy = world.sessions.wanted_energy_kwh, counts.departure_kwh
    return np.where(energy < wanted - 0.001, energy / wanted, 1.0)


def most_energy_kwh(world: World) -> Floats:
    """[sessions]: `EV.max_energy_AFAP`, the energy a car would leave with if its charger gave all it can, untapered."""
    s, scenario = world.sessions, world.scenario
    full_kw = scenario.charger_current_a * kw_per_ampere(scenario)
    best = (world.efficiency.max(axis=1)[s.model] * 100).round(9) / 100
    step_kwh = np.minimum(full_kw, s.charge_limit_kw) * best * STEP_HOURS
    steps = s.departure_step - s.arrival_step + 1
    energy = s.arrival_energy_kwh.astype(np.float64)
    for step in range(int(steps.max(initial=0))):
        more = (step < steps) & (energy < s.capacity_kwh)
        if not more.any():
            break
        energy = np.where(more, np.minimum(np.ceil((energy + step_kwh) * 100) / 100, s.capacity_kwh), energy)
    return energy


def energy_satisfaction_frac(world: World, counts: Counts) -> Floats:
    """[sessions]: EV2Gym's energy user satisfaction, energy at departure over `most_energy_kwh`."""
    return counts.departure_kwh / most_energy_kwh(world)


def power_potential_kw(world: World, counts: Counts) -> Floats:
    """[steps]: `calculate_charge_power_potential`, the power that cars could take.

    EV2Gym leaves out full cars and, for it looks a step ahead, cars in their last step; a station gives at most its own
    power.
    """
    s, scenario, at = world.sessions, world.scenario, counts.session
    full_kw = scenario.charger_current_a * kw_per_ampere(scenario)
    steps = np.arange(world.n_steps)
    wants = at >= 0
    if len(s):
        wants &= (counts.before_kwh < s.capacity_kwh[at]) & (s.departure_step[at] > steps)
    power = np.where(wants, np.minimum(full_kw, s.charge_limit_kw[at] if len(s) else 0.0), 0.0)
    by_station = power.reshape(scenario.stations, scenario.ports_per_station, -1).sum(axis=1)
    return np.minimum(by_station, full_kw).sum(axis=0)  # type: ignore[no-any-return]


def battery_ageing(world: World, counts: Counts) -> tuple[Floats, Floats]:
    """`EV.get_battery_degradation`: calendar and cyclic loss of each session, [sessions], as shares of the capacity.

    Notes
    -----
    EV2Gym's model with its constants [1]_: a battery two years old at 25 °C, with the throughput of 15,000 km a year.
    The calendar loss of a stay of T days is (e0 V − e1) exp(−e2 / θ) · 0.75 T / 730^¼, V = 3.3324 + 0.8263 × mean SoC;
    the cyclic loss is (z0 (V½ − z1)² + z2 + z3 DoD) · 0.5 Q / √Q_acc, with DoD twice the mean distance of the SoC from
    its mean over steps with current, and Q the energy exchanged, in Ah.

    References
    ----------
    .. [1] `ev2gym/models/ev.py` of EV2Gym 2.0.0, after J. Schmalstieg et al., "A holistic aging model for Li(NiMnCo)O2
       based 18650 lithium-ion batteries", Journal of Power Sources 257 (2014).
    """
    s, at, n = world.sessions, counts.session, len(world.sessions)
    here = at >= 0
    car = at[here]
    soc = counts.before_kwh[here] / s.capacity_kwh[car]
    last = counts.departure_kwh / s.capacity_kwh
    moved = counts.exchanged_kwh[here]
    active = moved != 0

    def per_session(index: Ints, values: Floats | None = None) -> Floats:
        return np.bincount(index, weights=values, minlength=n).astype(np.float64)

    steps = per_session(car)
    mean_soc = (per_session(car, soc) + last) / (steps + 1)
    used = per_session(car[active]) + 1
    middle = (per_session(car[active], soc[active]) + last) / used
    spread = per_session(car[active], np.abs(soc[active] - middle[car[active]])) + np.abs(last - middle)
    return ageing(steps, mean_soc, 2 * spread / used, per_session(car, np.abs(moved)))


def ageing(steps: Floats, mean_soc: Floats, depth: Floats, moved_kwh: Floats) -> tuple[Floats, Floats]:
    """Calendar and cyclic loss of stays, as `battery_ageing` explains it.

    The first is linear in `steps` and in steps times `mean_soc`, the second in `moved_kwh` and in that times `depth`:
    sums over cars, with means weighted so, give the sum of their losses.

    Parameters
    ----------
    steps : array of float
        In which the car could act.
    mean_soc : array of float
        Over those, and at departure.
    depth : array of float
        Depth of the cycles, DoD.
    moved_kwh : array of float
        Energy exchanged, either way.
    """
    volts = 3.3324 + 0.8263 * mean_soc
    days = steps * STEP_HOURS / 24
    calendar = (7.543e6 * volts - 23.75e6) * np.exp(-6976 / 298.15) * 0.75 * days / 730**0.25
    beta = 7.348e-3 * (3.3324 + 0.8263 * 0.5 - 3.667) ** 2 + 7.6e-4 + 4.081e-3 * depth
    cell_ah, pack_kwh, age_days, km_a_year, kwh_per_km = 2.05, 78, 730, 15_000, 0.186
    throughput = moved_kwh / pack_kwh * cell_ah
    before = 2 * age_days * km_a_year / 365 * kwh_per_km * cell_ah / pack_kwh
    return calendar, beta * 0.5 * throughput / np.sqrt(before)
