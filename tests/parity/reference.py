"""The real EV2Gym, made and reset by its own code, for a scenario: what this project's worlds and runs must equal."""

from __future__ import annotations

import copy
import functools
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import yaml

from core.paths import ev2gym_data
from core.scenario import Scenario

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # ev2gym 2.0.0 imports pkg_resources and asserts a tuple
    import ev2gym.models.ev2gym_env as environment
    from ev2gym.models.ev2gym_env import EV2Gym
    from ev2gym.utilities import utils
    from ev2gym.utilities.loaders import load_ev_spawn_scenarios


@functools.cache
def _stock() -> dict[str, Any]:
    """EV2Gym's V2GProfitMax.yaml."""
    return yaml.safe_load((ev2gym_data().parent / "example_config_files" / "V2GProfitMax.yaml").read_text())


def config(scenario: Scenario) -> dict[str, Any]:
    """The stock configuration with the scenario's fields in it; written here anew, not taken from `core`."""
    c = copy.deepcopy(_stock())
    c |= {
        "random_day": False,
        "year": scenario.date.year,
        "month": scenario.date.month,
        "day": scenario.date.day,
        "hour": scenario.start_hour,
        "simulation_length": scenario.n_steps,
        "simulation_days": "both",
        "scenario": scenario.place,
        "spawn_multiplier": scenario.intensity,
        "v2g_enabled": scenario.v2g,
        "number_of_charging_stations": scenario.stations,
        "number_of_ports_per_cs": scenario.ports_per_station,
        "number_of_transformers": scenario.transformers,
        "heterogeneous_ev_specs": scenario.cars == "mixed",
        "ev_specs_file": str(ev2gym_data() / "ev_specs_v2g_enabled2024.json"),
        "power_setpoint_enabled": scenario.setpoint,
        "power_setpoint_flexiblity": scenario.setpoint_flexibility_percent,
    }
    c["transformer"]["max_power"] = scenario.transformer_limit_kw
    c["charging_station"] |= {
        "max_charge_current": scenario.charger_current_a,
        "max_discharge_current": -scenario.charger_current_a,
        "voltage": scenario.charger_voltage_v,
        "phases": scenario.charger_phases,
    }
    c["ev"] |= {
        "min_battery_capacity": scenario.min_energy_kwh,
        "min_time_of_stay": scenario.min_stay_min,
        "desired_capacity": scenario.wanted_soc,
    }
    if scenario.cars == "uniform":
        c["ev"] |= {
            "battery_capacity": scenario.car_capacity_kwh,
            "max_ac_charge_power": scenario.car_charge_kw,
            "max_discharge_power": -scenario.car_discharge_kw,
        }
    c["inflexible_loads"] |= {
        "include": scenario.load_share > 0,
        "inflexible_loads_capacity_multiplier_mean": scenario.load_share,
    }
    c["solar_power"] |= {
        "include": scenario.pv_share > 0,
        "solar_power_capacity_multiplier_mean": scenario.pv_share,
    }
    c["demand_response"] |= {
        "include": scenario.dr_events > 0,
        "events_per_day": scenario.dr_events,
        "event_capacity_percentage_mean": scenario.dr_depth_percent,
        "event_length_minutes_min": scenario.dr_length_min,
        "event_length_minutes_max": scenario.dr_length_min,
        "event_start_hour_mean": scenario.dr_start_hour,
        "notification_of_event_minutes": scenario.dr_notice_min,
    }
    return c


@contextmanager
def global_random_kept():
    """EV2Gym seeds the process's random streams; put them back."""
    import random

    state, numpy_state = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)


def make(scenario: Scenario, buy: np.ndarray, sell: np.ndarray, **more: Any) -> Any:
    """An `EV2Gym(config_file=..., **more)`, constructed and reset by EV2Gym itself.

    Its price loader alone is replaced: that one reads the table wrongly (tests/core/tariffs), and takes two seconds.
    """
    prices = np.tile(-buy, (scenario.stations, 1)), np.tile(sell, (scenario.stations, 1))
    loader = environment.load_electricity_prices
    with tempfile.TemporaryDirectory() as folder, global_random_kept(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder, "config.yaml")
        path.write_text(yaml.safe_dump(config(scenario)))
        environment.load_electricity_prices = lambda _: prices
        try:
            return EV2Gym(config_file=str(path), seed=scenario.seed, lightweight_plots=True, **more)
        finally:
            environment.load_electricity_prices = loader


@functools.cache
def _spawn_tables(place_and_cars: tuple[str, str]) -> SimpleNamespace:
    place, cars = place_and_cars
    tables = SimpleNamespace(
        scenario=place,
        config={
            "heterogeneous_ev_specs": cars == "mixed",
            "ev_specs_file": str(ev2gym_data() / "ev_specs_v2g_enabled2024.json"),
        },
    )
    load_ev_spawn_scenarios(tables)
    return tables


def spawn(scenario: Scenario, *, redraws: int = 10_000, buy: np.ndarray | None = None) -> SimpleNamespace:
    """EV2Gym's own spawner (and set-point), without the rest of its constructor.

    `EVs_profiles` is empty where no car arrives in so many draws; EV2Gym itself would draw for ever.
    """
    env = copy.copy(_spawn_tables((scenario.place, scenario.cars)))
    env.config = config(scenario)
    env.number_of_ports = scenario.n_ports
    env.simulation_length = scenario.n_steps
    env.sim_date = scenario.start
    env.timescale = 15
    env.heterogeneous_specs = scenario.cars == "mixed"
    env.empty_ports_at_end_of_simulation = True
    power = scenario.charger_current_a * scenario.charger_voltage_v * np.sqrt(scenario.charger_phases) / 1000
    station = {"n_ports": scenario.ports_per_station, "get_min_charge_power": lambda: 0, "get_max_power": lambda: power}
    env.charging_stations = [SimpleNamespace(id=i, **station) for i in range(scenario.stations)]
    with global_random_kept():
        np.random.seed(scenario.seed)
        env.EVs_profiles = []
        for _ in range(redraws):
            env.EVs_profiles = utils.EV_spawner(env)
            if env.EVs_profiles:
                break
        if buy is not None and env.EVs_profiles:
            env.charge_prices = np.tile(-buy, (scenario.stations, 1))
            env.power_setpoints = utils.generate_power_setpoints(env)
    return env
