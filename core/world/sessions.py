"""Cars and their sessions, drawn as EV2Gym's spawner draws them, or those of a visitor's file."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from core.scenario import STEP_MINUTES, Scenario
from core.world.own_cars import own_cars
from core.world.tables import ArrivalTables, arrival_tables, mixed_cars
from core.world.types import Floats, Ints, OwnDay, Sessions

TRANSITION_MULTIPLIER = 5.0
"""`transition_soc_multiplier` of EV2Gym's stock scenarios: how quickly charging tapers above the transition SoC."""

UNIFORM_CAR = "Uniform car"

EMERGENCY_ENERGY_KWH = 25.0
"""`min_emergency_battery_capacity` of EV2Gym's stock scenarios; monitored in its statistics, never enforced."""

MAX_REDRAWS = 1000
"""EV2Gym draws again until at least one car arrives, for ever if need be; here it gives up after this many draws."""


@dataclass(frozen=True, slots=True)
class Cars:
    """A run's cars, and the models that they are of."""

    sessions: Sessions
    models: tuple[str, ...]
    efficiency: Floats
    """[models, 101], see `World.efficiency`."""
    own_day: OwnDay | None


def draw_sessions(scenario: Scenario, stream: np.random.RandomState) -> Cars:
    """The scenario's own sessions, or EV2Gym's `EV_spawner`: table look-ups done once, empty quarter-hours skipped."""
    mixed = mixed_cars()
    models = mixed.names if scenario.cars == "mixed" else (UNIFORM_CAR,)
    efficiency = mixed.efficiency if scenario.cars == "mixed" else np.ones((1, 101))
    if scenario.own_sessions is not None:
        cars, day = own_cars(scenario, stream)
        columns = {item.name: getattr(cars, item.name) for item in fields(cars)}
        emergency = _emergency_energy(cars.capacity_kwh)
        return Cars(Sessions(**columns, emergency_energy_kwh=emergency), models, efficiency, day)
    tables = arrival_tables(scenario.place)
    steps, quarter, threshold = arrival_thresholds(scenario)
    min_stay_steps = scenario.min_stay_min // STEP_MINUTES
    rows: list[tuple[Any, ...]] = []
    if threshold.any():
        for _ in range(MAX_REDRAWS):
            rows = _draw_day(scenario, tables, stream, steps, quarter, threshold, min_stay_steps)
            if rows:
                break
    return Cars(_to_sessions(scenario, rows), models, efficiency, None)


def _emergency_energy(capacity: Floats) -> Floats:
    return np.where(capacity < EMERGENCY_ENERGY_KWH, 0.7 * capacity, EMERGENCY_ENERGY_KWH)


def arrival_thresholds(scenario: Scenario) -> tuple[Ints, Ints, Floats]:
    """Steps in which EV2Gym's spawner looks for arrivals, their quarter-hour of the day, and the chance in percent."""
    tables = arrival_tables(scenario.place)
    min_stay_steps = scenario.min_stay_min // STEP_MINUTES
    # EV2Gym's loop starts at step 2 but reads the clock from the start of the run: arrivals lag it by two steps.
    steps = np.arange(2, scenario.n_steps - min_stay_steps - 1)
    clock = scenario.start.hour * 4 + (steps - 2)
    weekday = (scenario.start.weekday() + clock // 96) % 7
    quarter = clock % 96
    rate = np.where(weekday < 5, tables.weekday_rate[quarter], tables.weekend_rate[quarter])
    if scenario.place == "workplace":
        hour = quarter // 4
        rate = np.where((weekday >= 5) | (hour < 6) | (hour > 18), 0.0, rate)
    return steps, quarter, rate * (STEP_MINUTES / 60) * scenario.intensity


def _draw_day(
    scenario: Scenario,
    tables: ArrivalTables,
    stream: np.random.RandomState,
    steps: Ints,
    quarter: Ints,
    threshold: Floats,
    min_stay_steps: int,
) -> list[tuple[Any, ...]]:
    """One pass of EV2Gym's spawner: rows of (station, arrival, departure, energy, capacity, car, transition SoC)."""
    n_steps, ports, mixed = scenario.n_steps, scenario.ports_per_station, mixed_cars()
    wanted, floor = scenario.wanted_soc, scenario.min_energy_kwh
    chance = stream.rand(scenario.n_ports, n_steps)
    coming = (chance[:, steps] * 100 < threshold).T  # [steps, ports]: EV2Gym's order of visits
    free_from = np.zeros(scenario.n_ports, dtype=np.int64)  # first step at which the spawner may fill the port again
    rows: list[tuple[Any, ...]] = []
    for at, port in zip(*(axis.tolist() for axis in np.nonzero(coming)), strict=True):
        step = at + 2
        if step < free_from[port]:
            continue
        half_hour = int(quarter[at]) // 2
        mean = tables.energy_kwh[half_hour]
        needed = stream.normal(mean, 0.5 * mean)
        if needed < 5:
            needed = stream.randint(5, 10)
        if scenario.cars == "mixed":
            car = int(mixed.share_cdf.searchsorted(stream.random_sample(), side="right"))
            capacity = mixed.capacity_kwh[car]
        else:
            car, capacity = 0, scenario.car_capacity_kwh
        energy = _any_whole_kwh(stream, capacity) if capacity < needed else capacity - needed
        if energy > wanted * capacity:
            energy = _any_whole_kwh(stream, capacity)
        if energy < floor and capacity > 2 * floor:
            energy = floor
        mean = tables.stay_h[half_hour]
        stay = stream.normal(mean, 0.2 * mean) * 60 / STEP_MINUTES + 1
        stay = max(stay, min_stay_steps)
        if stay + step + 4 >= n_steps:
            continue
        transition = 1.0
        if scenario.cars == "mixed":
            transition = float(np.round(0.9 - (stream.random_sample() + 0.00001) / 5, 3))
        departure = int(stay + step + 3)
        # The spawner calls a port free when it was unoccupied for three steps; occupied is step+1 .. departure-1.
        free_from[port] = departure + 2
        rows.append((port // ports, step + 1, departure, float(energy), float(capacity), car, transition))
    return rows


def _any_whole_kwh(stream: np.random.RandomState, capacity: float) -> int:
    """A whole number of kWh from 1 to below `capacity`; EV2Gym hands the capacity over as it stands, a float."""
    return int(stream.randint(1, capacity))  # type: ignore[call-overload]


def _to_sessions(scenario: Scenario, rows: list[tuple[Any, ...]]) -> Sessions:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 7
    station, arrival, departure, car = (np.array(columns[i], dtype=np.int64) for i in (0, 1, 2, 5))
    energy, capacity, transition = (np.array(columns[i], dtype=np.float64) for i in (3, 4, 6))
    if scenario.cars == "mixed":
        charge, discharge = mixed_cars().charge_kw[car], mixed_cars().discharge_kw[car]
    else:
        charge = np.full(len(rows), scenario.car_charge_kw)
        discharge = np.full(len(rows), scenario.car_discharge_kw)
    return Sessions(
        station=station,
        port=_first_free_plug(station, arrival, departure, scenario.ports_per_station),
        arrival_step=arrival,
        departure_step=departure,
        arrival_energy_kwh=energy,
        wanted_energy_kwh=scenario.wanted_soc * capacity,
        capacity_kwh=capacity,
        min_energy_kwh=np.full(len(rows), scenario.min_energy_kwh),
        emergency_energy_kwh=_emergency_energy(capacity),
        charge_limit_kw=charge,
        discharge_limit_kw=discharge,
        transition_soc=transition,
        model=car,
    )


def _first_free_plug(station: Ints, arrival: Ints, departure: Ints, ports: int) -> Ints:
    """[sessions] site-wide port: EV2Gym plugs an arriving car into the station's first empty port."""
    if ports == 1:
        return station.copy()
    last: dict[int, list[int]] = {}
    plugs = np.empty_like(station)
    for i, (cs, start, end) in enumerate(zip(station.tolist(), arrival.tolist(), departure.tolist(), strict=True)):
        busy_until = last.setdefault(cs, [-1] * ports)
        plug = next(p for p in range(ports) if busy_until[p] < start)
        busy_until[plug] = end
        plugs[i] = cs * ports + plug
    return plugs
