"""Scenario -> World: the day that happens whatever an agent does.

Sessions are drawn exactly as EV2Gym 2.0.0 draws them for the same settings and seed, but from a private random stream:
the process's global `random` and `numpy.random` are never touched, so any number of threads may build worlds.
Parity with EV2Gym, field by field, is tested in `tests/parity/test_world.py`.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.paths import ev2gym_data
from core.scenario import STEP_HOURS, STEP_MINUTES, Place, Scenario
from core.tariffs import PriceCurves, curves

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TRANSITION_MULTIPLIER = 5.0
"""`transition_soc_multiplier` of EV2Gym's stock scenarios: how quickly charging tapers above the transition SoC."""

UNIFORM_CAR = "Uniform car"

EMERGENCY_ENERGY_KWH = 25.0
"""`min_emergency_battery_capacity` of EV2Gym's stock scenarios; monitored in its statistics, never enforced."""

LOAD_FORECAST_STD = 0.05
PV_FORECAST_STD = 0.05
"""Relative spread of the load and PV forecasts, EV2Gym's stock 5 %. Its stock *mean* (30 % of the load, 20 % of the PV)
would mislead every forecast user; forecasts here are unbiased."""

EVENT_START_STD_MIN = 120.0
"""Spread of the hour at which demand-response events begin (EV2Gym's stock `event_start_hour_std` of 2 h)."""

MAX_REDRAWS = 1000
"""EV2Gym draws again until at least one car arrives, for ever if need be; here it gives up after this many draws."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Charging sessions, one entry a car, in order of arrival; arrays of length [sessions].

    A car may act from step `arrival_step` to `departure_step`, both included.
    """

    station: Ints
    port: Ints
    """Index of the port over the whole site, ``station * ports_per_station + plug``."""
    arrival_step: Ints
    departure_step: Ints
    arrival_energy_kwh: Floats
    wanted_energy_kwh: Floats
    capacity_kwh: Floats
    min_energy_kwh: Floats
    emergency_energy_kwh: Floats
    charge_limit_kw: Floats
    discharge_limit_kw: Floats
    """Positive; what the car can give."""
    transition_soc: Floats
    model: Ints
    """Row of `World.efficiency` and of `World.models`."""

    def __len__(self) -> int:
        return len(self.station)


@dataclass(frozen=True, slots=True)
class DemandResponseEvent:
    """One lowering of a transformer's limit, from `start_step` to before `end_step`, by `percent`."""

    transformer: int
    start_step: int
    end_step: int
    percent: float


@dataclass(frozen=True, slots=True)
class World:
    """What happens whatever an agent does. All arrays are read-only.

    Shapes: [steps], [transformers, steps], [stations], [models, 101].
    """

    scenario: Scenario
    times_local: NDArray[np.datetime64]
    sessions: Sessions
    models: tuple[str, ...]
    efficiency: Floats
    """[models, 101]: stored (or drawn) energy over energy at the plug, by rounded current in A; both directions."""
    prices: PriceCurves
    limit_kw: Floats
    """[transformers, steps]: upper limit, lowered during demand-response events."""
    lower_limit_kw: Floats
    """[transformers, steps]: limit for feeding back, negative. Events leave it alone, as in EV2Gym."""
    load_kw: Floats
    pv_kw: Floats
    """[transformers, steps], positive: generated power."""
    load_forecast_kw: Floats
    pv_forecast_kw: Floats
    events: tuple[DemandResponseEvent, ...]
    setpoint_kw: Floats | None
    """[steps] for the power of all stations together, or None where none is set."""
    station_transformer: Ints

    @property
    def n_steps(self) -> int:
        """Number of 15-minute steps."""
        return len(self.times_local)

    @property
    def base_load_kw(self) -> Floats:
        """[transformers, steps]: other load less PV."""
        return self.load_kw - self.pv_kw


# --- EV2Gym's tables, read once a process ----------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _ArrivalTables:
    weekday_rate: Floats  # [96], by quarter of an hour
    weekend_rate: Floats  # [96]
    energy_kwh: Floats  # [48], mean by half an hour of arrival
    stay_h: Floats  # [48]


@lru_cache(maxsize=3)
def _arrival_tables(place: Place) -> _ArrivalTables:
    import pandas as pd

    data = ev2gym_data()
    weekday = pd.read_csv(data / "distribution-of-arrival.csv")
    weekend = pd.read_csv(data / "distribution-of-arrival-weekend.csv")
    column = {"workplace": "work", "public": "public", "private": "home"}[place]

    def by_half_hour(name: str) -> Floats:
        table = pd.read_csv(data / name, encoding="utf-8-sig").fillna(0).set_index("Arrival Time")[column]
        return np.array([table[f"{i // 2:02d}:{i % 2 * 30:02d}"] for i in range(48)], dtype=np.float64)

    return _ArrivalTables(
        weekday_rate=weekday[place].to_numpy(np.float64),
        # Nobody comes to work on weekends; EV2Gym has no column for it either.
        weekend_rate=weekend[place].to_numpy(np.float64) if place in weekend else np.zeros(96),
        energy_kwh=by_half_hour("mean-demand-per-arrival.csv"),
        stay_h=by_half_hour("mean-session-length-per.csv"),
    )


@dataclass(frozen=True, slots=True)
class _CarTable:
    names: tuple[str, ...]
    share_cdf: Floats
    capacity_kwh: tuple[float, ...]
    charge_kw: Floats
    discharge_kw: Floats
    efficiency: Floats


@lru_cache(maxsize=1)
def _mixed_cars() -> _CarTable:
    specs = json.loads((ev2gym_data() / "ev_specs_v2g_enabled2024.json").read_text())
    cars = list(specs.values())
    registrations = np.array([car["number_of_registrations"] for car in cars], dtype=np.float64)
    # The same arithmetic as numpy's `choice`, so that one uniform number picks the same car.
    cdf = (registrations / registrations.sum()).cumsum()
    cdf /= cdf[-1]
    efficiency = np.array([_filled_efficiency(car["ch_current"], car["3ph_ch_efficiency"]) for car in cars])
    efficiency.setflags(write=False)
    return _CarTable(
        names=tuple(specs),
        share_cdf=cdf,
        capacity_kwh=tuple(car["battery_capacity"] for car in cars),
        charge_kw=np.array([car["max_ac_charge_power"] for car in cars], dtype=np.float64),
        discharge_kw=np.array([car["max_ac_discharge_power"] for car in cars], dtype=np.float64),
        efficiency=efficiency,
    )


def _filled_efficiency(currents: list[int], percent: list[float]) -> Floats:
    """[101] fractions: EV2Gym fills missing and zero currents, from 0 A up, with the nearest that is not zero.

    Filled values count as neighbours for later ones, as they do in EV2Gym's loop.
    """
    table = dict(zip(currents, percent, strict=True))
    for current in range(101):
        if table.get(current, 0) == 0:
            known = [k for k, value in table.items() if value != 0]
            table[current] = table[min(known, key=lambda k: abs(k - current))]
    return np.array([table[current] for current in range(101)], dtype=np.float64) / 100


@lru_cache(maxsize=1)
def _residential_load() -> Floats:
    """[35,040, households] quarter-hourly loads of 2022 (Pecan Street), as EV2Gym ships them."""
    from pyarrow import csv

    table = csv.read_csv(
        ev2gym_data() / "residential_loads.csv", read_options=csv.ReadOptions(autogenerate_column_names=True)
    )
    loads = np.column_stack([column.to_numpy() for column in table.columns]).astype(np.float64)
    loads.setflags(write=False)
    return loads


@lru_cache(maxsize=1)
def _solar_profile() -> Floats:
    """[35,040] quarter-hourly PV of 2019 per unit of capacity, smoothed as EV2Gym smooths it."""
    import pandas as pd

    hourly = pd.read_csv(ev2gym_data() / "pv_netherlands.csv")["electricity"]
    steps_an_hour = 60 // STEP_MINUTES
    quarters = hourly.loc[hourly.index.repeat(steps_an_hour)].reset_index(drop=True)
    smooth = quarters.rolling(window=steps_an_hour, min_periods=1).mean().ewm(span=steps_an_hour, adjust=True).mean()
    profile = smooth.to_numpy(np.float64)
    profile.setflags(write=False)
    return profile


def _year_index(start: dt.datetime, n_steps: int, rows: int) -> Ints:
    """Rows of a one-year quarter-hourly table from `start`'s month, day and hour; the year wraps around.

    29 February, which the tables lack (EV2Gym fails on it), takes 28 February.
    """
    day = 28 if (start.month, start.day) == (2, 29) else start.day
    first = dt.datetime(2022, start.month, day, start.hour) - dt.datetime(2022, 1, 1)
    return (int(first.total_seconds()) // (60 * STEP_MINUTES) + np.arange(n_steps)) % rows


# --- drawing ---------------------------------------------------------------------------------------------------------
def build_world(scenario: Scenario) -> World:
    """The day that `scenario` and its seed imply.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    World
        Frozen; equal scenarios give equal worlds in any thread of any process.

    Notes
    -----
    Random numbers are consumed in EV2Gym's order: one stream for sessions (and the power set-point after them), one
    for transformers, both seeded by `scenario.seed`.
    """
    stream = np.random.RandomState(scenario.seed)
    times = scenario.times_local
    prices = curves(
        retail=scenario.retail,
        retail_markup_eur_per_kwh=scenario.retail_markup_eur_per_kwh,
        retail_flat_eur_per_kwh=scenario.retail_flat_eur_per_kwh,
        v2g_price_factor=scenario.v2g_price_factor,
        provider=scenario.provider,
        provider_flat_eur_per_kwh=scenario.provider_flat_eur_per_kwh,
        surcharges=scenario.surcharges,
        krw_per_eur=scenario.krw_per_eur,
        times_local=times,
        tariff_version=scenario.tariff_version,
    )
    sessions, models, efficiency = _draw_sessions(scenario, stream)
    setpoint = _draw_setpoint(scenario, sessions, prices.buy_eur_per_kwh, stream) if scenario.setpoint else None
    limit, load, pv, load_forecast, pv_forecast, events = _draw_transformers(scenario)
    lower = np.full_like(limit, -scenario.transformer_limit_kw)
    world = World(
        scenario=scenario,
        times_local=times,
        sessions=sessions,
        models=models,
        efficiency=efficiency,
        prices=prices,
        limit_kw=limit,
        lower_limit_kw=lower,
        load_kw=load,
        pv_kw=pv,
        load_forecast_kw=load_forecast,
        pv_forecast_kw=pv_forecast,
        events=events,
        setpoint_kw=setpoint,
        station_transformer=np.arange(scenario.stations) % scenario.transformers,
    )
    for part in (world, sessions):
        for item in fields(part):
            value = getattr(part, item.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
    return world


@dataclass(frozen=True, slots=True)
class ArrivalForecast:
    """What is known of cars to come without knowing them: the statistics they are drawn from. Arrays [steps]."""

    rate: Floats
    """Expected arrivals per free port in this step."""
    need_kwh: Floats
    """Mean energy that a car arriving now wants."""
    stay_steps: Floats
    """Mean number of steps in which it can act."""
    charge_kw: float
    """Mean charging power of the cars."""


def arrival_forecast(scenario: Scenario) -> ArrivalForecast:
    """The arrival statistics behind `scenario`, step by step; the same whatever the seed."""
    tables = _arrival_tables(scenario.place)
    steps, quarter, threshold = _arrival_thresholds(scenario)
    rate, need, stay = np.zeros(scenario.n_steps), np.zeros(scenario.n_steps), np.zeros(scenario.n_steps)
    mean_stay = np.maximum(tables.stay_h[quarter // 2] / STEP_HOURS + 1, scenario.min_stay_min // STEP_MINUTES)
    arriving = steps + 1  # drawn in one step, a car can act from the next
    fits = mean_stay + steps + 4 < scenario.n_steps
    rate[arriving] = np.where(fits, np.minimum(threshold / 100, 1.0), 0.0)
    stay[arriving] = mean_stay + 3
    mixed = _mixed_cars()
    share = np.diff(mixed.share_cdf, prepend=0.0)
    if scenario.cars == "mixed":
        capacity, charge_kw = float(share @ np.array(mixed.capacity_kwh)), float(share @ mixed.charge_kw)
    else:
        capacity, charge_kw = scenario.car_capacity_kwh, scenario.car_charge_kw
    need[arriving] = np.maximum(0.0, tables.energy_kwh[quarter // 2] - (1 - scenario.wanted_soc) * capacity)
    return ArrivalForecast(rate, np.minimum(need, capacity), stay, charge_kw)


def event_start_chance(scenario: Scenario) -> Floats:
    """Chance that a demand-response event has begun by each step, [steps + 97]: the statistics it is drawn from.

    Beyond the run's last step lie events that come too late for it. The last value is 1.
    """
    quarters = round(24 / STEP_HOURS)
    last = 23 * 60 // STEP_MINUTES  # EV2Gym cuts the hour of the day to 0..23
    edges = [(STEP_MINUTES * (k + 1) - 60 * scenario.dr_start_hour) / EVENT_START_STD_MIN for k in range(last)]
    begun = np.array([*(0.5 * (1 + math.erf(edge / math.sqrt(2))) for edge in edges), 1.0])
    start = np.arange(last + 1) - scenario.start_hour * 60 // STEP_MINUTES
    chance = np.zeros(scenario.n_steps + quarters + 1)
    np.add.at(
        chance, np.where(start < 0, start + quarters, start).clip(max=len(chance) - 1), np.diff(begun, prepend=0.0)
    )
    return np.asarray(np.minimum(chance.cumsum(), 1.0))


def _draw_sessions(scenario: Scenario, stream: np.random.RandomState) -> tuple[Sessions, tuple[str, ...], Floats]:
    """EV2Gym's `EV_spawner`, with its table look-ups done once and empty quarter-hours skipped."""
    tables = _arrival_tables(scenario.place)
    steps, quarter, threshold = _arrival_thresholds(scenario)
    min_stay_steps = scenario.min_stay_min // STEP_MINUTES
    rows: list[tuple[Any, ...]] = []
    if threshold.any():
        for _ in range(MAX_REDRAWS):
            rows = _draw_day(scenario, tables, stream, steps, quarter, threshold, min_stay_steps)
            if rows:
                break
    mixed = _mixed_cars()
    models = mixed.names if scenario.cars == "mixed" else (UNIFORM_CAR,)
    efficiency = mixed.efficiency if scenario.cars == "mixed" else np.ones((1, 101))
    return _to_sessions(scenario, rows), models, efficiency


def _arrival_thresholds(scenario: Scenario) -> tuple[Ints, Ints, Floats]:
    """Steps in which EV2Gym's spawner looks for arrivals, their quarter-hour of the day, and the chance in percent."""
    tables = _arrival_tables(scenario.place)
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
    tables: _ArrivalTables,
    stream: np.random.RandomState,
    steps: Ints,
    quarter: Ints,
    threshold: Floats,
    min_stay_steps: int,
) -> list[tuple[Any, ...]]:
    """One pass of EV2Gym's spawner: rows of (station, arrival, departure, energy, capacity, car, transition SoC)."""
    n_steps, ports, mixed = scenario.n_steps, scenario.ports_per_station, _mixed_cars()
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
        charge, discharge = _mixed_cars().charge_kw[car], _mixed_cars().discharge_kw[car]
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
        emergency_energy_kwh=np.where(capacity < EMERGENCY_ENERGY_KWH, 0.7 * capacity, EMERGENCY_ENERGY_KWH),
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


def _draw_transformers(
    scenario: Scenario,
) -> tuple[Floats, Floats, Floats, Floats, Floats, tuple[DemandResponseEvent, ...]]:
    """Limits, load, PV and their forecasts, each [transformers, steps], and events, as EV2Gym's `load_transformers`."""
    n, n_steps, nominal = scenario.transformers, scenario.n_steps, scenario.transformer_limit_kw
    stream = np.random.default_rng(scenario.seed)  # EV2Gym's `tr_rng`
    noise = np.random.RandomState(scenario.seed)  # EV2Gym takes forecasts from the global stream
    limit = np.full((n, n_steps), nominal)
    load, pv, load_forecast, pv_forecast = (np.zeros((n, n_steps)) for _ in range(4))
    households = solar = None
    if scenario.load_share > 0:
        table = _residential_load()
        # pandas' `sample(10, axis=1, random_state=seed)`, drawn anew, and so alike, for every transformer.
        chosen = np.random.RandomState(scenario.seed).choice(table.shape[1], size=10, replace=False)
        households = table[_year_index(scenario.start, n_steps, len(table))][:, chosen].sum(axis=1)
    if scenario.pv_share > 0:
        profile = _solar_profile()
        shape = profile[_year_index(scenario.start, n_steps, len(profile))]
        solar = [shape * stream.uniform(0.9, 1.1) for _ in range(n)]
    events: list[DemandResponseEvent] = []
    for i in range(n):
        if households is not None:
            scale = stream.normal(scenario.load_share, 0.1)
            load[i] = households * scale * (nominal / households.max() + 0.0000001)
            np.clip(load[i], -nominal, nominal, out=load[i])
            load_forecast[i] = noise.normal(load[i], LOAD_FORECAST_STD * np.abs(load[i]))
        if solar is not None:
            pv[i] = solar[i] * stream.normal(scenario.pv_share, 0.1) * nominal
            pv_forecast[i] = noise.normal(pv[i], PV_FORECAST_STD * np.abs(pv[i]))
        for _ in range(scenario.dr_events):
            events.append(_draw_event(scenario, stream, i, limit[i], load[i]))
    return limit, load, pv, load_forecast, pv_forecast, tuple(events)


def _draw_event(
    scenario: Scenario, stream: np.random.Generator, transformer: int, limit: Floats, load: Floats
) -> DemandResponseEvent:
    """EV2Gym's `generate_demand_response_events`, one event; lowers `limit` [steps] in place."""
    length = stream.integers(scenario.dr_length_min, scenario.dr_length_min + 1)
    at_minute = np.clip(stream.normal(scenario.dr_start_hour * 60, EVENT_START_STD_MIN), 0, 23 * 60)
    start = int(at_minute // STEP_MINUTES - scenario.start_hour * 60 // STEP_MINUTES)
    end = int(start + length // STEP_MINUTES)
    percent = float(np.clip(stream.normal(scenario.dr_depth_percent, 5.0), 0, 100))
    # An event before the run begins has negative steps. EV2Gym lets them count from the end of the run; here such an
    # event takes place a day later, if the run lasts that long.
    if start < 0:
        start, end = start + round(24 / STEP_HOURS), end + round(24 / STEP_HOURS)
    window = slice(start, end)
    limit[window] -= limit[window] * percent / 100
    if (load[window] > limit[window]).any():
        limit[window] = load[window].max()
        percent = float(100 * (1 - load[window].max() / limit.max()))
    return DemandResponseEvent(transformer, start, end, percent)


def _draw_setpoint(scenario: Scenario, sessions: Sessions, buy: Floats, stream: np.random.RandomState) -> Floats:
    """[steps] kW: EV2Gym's `generate_power_setpoints`, each car's energy spread at random over its cheaper hours."""
    setpoint = np.zeros(scenario.n_steps)
    top = np.abs(buy).max()
    price = np.abs(buy) / top if top > 0 else np.ones_like(buy)
    amount = (100 + scenario.setpoint_flexibility_percent) / 100
    station_kw = charger_power_kw(scenario)
    for i in range(len(sessions)):
        # EV2Gym leaves out the first step after plugging in, and the last.
        window = slice(int(sessions.arrival_step[i]) + 1, int(sessions.departure_step[i]))
        energy = (sessions.capacity_kwh[i] - sessions.arrival_energy_kwh[i]) * amount
        most = min(sessions.charge_limit_kw[i], station_kw)
        spread = np.abs(stream.normal(1 - price[window], price[window].min()))
        if spread.sum() <= 0:
            continue
        spread = spread / spread.sum() * energy / STEP_HOURS
        for _ in range(11):
            if spread.max() <= most:
                break
            for k in range(len(spread)):  # what exceeds the charger moves on to the next step
                if spread[k] > most:
                    excess, spread[k] = spread[k] - most, most
                    spread[(k + 1) % len(spread)] += excess
        setpoint[window] += spread
    return np.array([np.median(setpoint[max(0, t - 2) : t + 3]) for t in range(scenario.n_steps)])


def charger_power_kw(scenario: Scenario) -> float:
    """Power of one station at its full current, in kW (EV2Gym: current x voltage x root of phases)."""
    return scenario.charger_current_a * scenario.charger_voltage_v * float(np.sqrt(scenario.charger_phases)) / 1000
