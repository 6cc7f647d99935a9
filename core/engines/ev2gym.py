"""The real EV2Gym on a given World: the reference that everything else is checked against.

EV2Gym's own constructor and `reset` draw random numbers from the process's global stream, parse five CSV files, look
prices up with a boolean mask per step, and print. Here an `EV2Gym` object is furnished from the World instead; every
step, and the statistics at the end, are EV2Gym's own code, untouched. Nothing global is read or written, so any number
of threads may simulate at once.
"""

from __future__ import annotations

import copy
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from core.accounts.trace import Trace
from core.agents.base import Agent, share_current
from core.engines.views import ViewBuilder
from core.scenario import STEP_HOURS, STEP_MINUTES
from core.world import TRANSITION_MULTIPLIER, World
from core.world.battery import ACTION_DECIMALS, on_grid

_IMPORT = threading.Lock()


@contextmanager
def _without_power_grid() -> Iterator[None]:
    """Keep EV2Gym's network model out while EV2Gym is imported.

    It brings pandapower, three quarters of the time and a good part of the memory, for `simulate_grid`, which no
    scenario sets and the wheel cannot do (its network files are missing). Whoever imports that model later gets it.
    """
    name = "ev2gym.models.grid"
    if name in sys.modules:
        yield
        return
    stand_in = ModuleType(name)
    stand_in.PowerGrid = None  # type: ignore[attr-defined]  # the one name that EV2Gym's loaders take from it
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        del sys.modules[name]


@lru_cache(maxsize=1)
def _load() -> SimpleNamespace:
    # `catch_warnings` changes process-wide state, hence the lock; the import happens once.
    with _IMPORT, warnings.catch_warnings(), _without_power_grid():
        warnings.simplefilter("ignore")  # ev2gym 2.0.0 imports pkg_resources and asserts a tuple
        from ev2gym.models.ev import EV
        from ev2gym.models.ev2gym_env import EV2Gym
        from ev2gym.models.ev_charger import EV_Charger
        from ev2gym.models.transformer import Transformer
        from ev2gym.rl_agent.reward import SquaredTrackingErrorReward
        from ev2gym.utilities.utils import init_statistic_variables

    class Car(EV):  # type: ignore[misc]
        """EV2Gym copies each car deeply when it arrives and resets the copy: a shallow copy does the same, faster."""

        def __deepcopy__(self, memo: dict[int, Any]) -> Any:
            return copy.copy(self)

    return SimpleNamespace(
        EV2Gym=EV2Gym,
        Car=Car,
        EV_Charger=EV_Charger,
        Transformer=Transformer,
        reward=SquaredTrackingErrorReward,
        init_statistic_variables=init_statistic_variables,
    )


def warm_up() -> None:
    """Import EV2Gym now (about 1.5 s) rather than in the first run."""
    _load()


def original() -> Any:
    """EV2Gym's own class, untouched."""
    return _load().EV2Gym


def make_env(world: World) -> Any:
    """An `ev2gym.models.ev2gym_env.EV2Gym` at the start of `world`'s day, ready for `step`."""
    ev2gym = _load()
    scenario, n_steps = world.scenario, world.n_steps
    env = ev2gym.EV2Gym.__new__(ev2gym.EV2Gym)
    env.simulation_length = n_steps
    env.timescale = STEP_MINUTES
    env.sim_date = env.sim_starting_date = scenario.start
    env.cs = scenario.stations
    env.number_of_ports = scenario.n_ports
    env.number_of_ports_per_cs = scenario.ports_per_station
    env.number_of_transformers = scenario.transformers
    env.scenario = scenario.place
    env.simulate_grid = env.verbose = env.save_replay = env.save_plots = False
    env.lightweight_plots = True  # the full ones grow with ports x stations x steps
    env.render_mode = env.replay = env.load_from_replay_path = env.cost_function = env.stats = None
    env.eval_mode = "Normal"
    env.state_function = lambda _: ()  # agents see a FleetView instead
    env.reward_function = ev2gym.reward  # EV2Gym's default
    env.charging_stations = [
        ev2gym.EV_Charger(
            id=i,
            connected_bus=int(world.station_transformer[i]),
            connected_transformer=int(world.station_transformer[i]),
            n_ports=scenario.ports_per_station,
            max_charge_current=scenario.charger_current_a,
            min_charge_current=0,
            max_discharge_current=-scenario.charger_current_a if scenario.v2g else 0,
            min_discharge_current=0,
            phases=scenario.charger_phases,
            voltage=scenario.charger_voltage_v,
            timescale=STEP_MINUTES,
        )
        for i in range(scenario.stations)
    ]
    env.transformers = [_transformer(ev2gym, world, i) for i in range(scenario.transformers)]
    env.charge_prices = np.broadcast_to(-world.prices.buy_eur_per_kwh, (scenario.stations, n_steps))
    env.discharge_prices = np.broadcast_to(world.prices.sell_eur_per_kwh, (scenario.stations, n_steps))
    env.power_setpoints = np.zeros(n_steps) if world.setpoint_kw is None else world.setpoint_kw
    env.EVs_profiles = _cars(ev2gym, world)
    env.EVs = []
    ev2gym.init_statistic_variables(env)
    return env


def _transformer(ev2gym: SimpleNamespace, world: World, i: int) -> Any:
    """A Transformer without its constructor, which would draw loads, PV and events anew."""
    transformer = ev2gym.Transformer.__new__(ev2gym.Transformer)
    transformer.id = i
    voltage = world.scenario.charger_voltage_v * float(np.sqrt(world.scenario.charger_phases))
    transformer.voltage = voltage
    transformer.max_power, transformer.min_power = world.limit_kw[i], world.lower_limit_kw[i]
    transformer.max_current = world.limit_kw[i] * 1000 / voltage
    transformer.min_current = world.lower_limit_kw[i] * 1000 / voltage
    transformer.inflexible_load, transformer.solar_power = world.load_kw[i], -world.pv_kw[i]
    transformer.cs_ids = np.flatnonzero(world.station_transformer == i)
    transformer.simulation_length = world.n_steps
    transformer.current_amps = transformer.current_power = transformer.current_step = 0
    # Read by EV2Gym's state functions alone; it writes into forecasts.
    transformer.inflexible_load_forecast = world.load_forecast_kw[i].copy()
    transformer.pv_generation_forecast = -world.pv_forecast_kw[i]
    transformer.steps_ahead = world.scenario.dr_notice_min // STEP_MINUTES
    transformer.dr_events = [
        {"event_start_step": event.start_step, "event_end_step": event.end_step, "capacity_percentage": event.percent}
        for event in world.events
        if event.transformer == i
    ]
    return transformer


def _cars(ev2gym: SimpleNamespace, world: World) -> list[Any]:
    scenario, s = world.scenario, world.sessions
    tables: list[Any] = [
        # EV2Gym looks the rounded current up in a dict of percentages.
        dict(enumerate((row * 100).round(9).tolist()))
        for row in world.efficiency
    ]
    cars = []
    for i in range(len(s)):
        efficiency = 1.0 if scenario.cars == "uniform" else tables[s.model[i]]
        cars.append(
            ev2gym.Car(
                id=int(s.port[i]) % scenario.ports_per_station,
                location=int(s.station[i]),
                battery_capacity_at_arrival=float(s.arrival_energy_kwh[i]),
                time_of_arrival=int(s.arrival_step[i]),
                time_of_departure=int(s.departure_step[i]),
                desired_capacity=float(s.wanted_energy_kwh[i]),
                battery_capacity=float(s.capacity_kwh[i]),
                min_battery_capacity=float(s.min_energy_kwh[i]),
                min_emergency_battery_capacity=float(s.emergency_energy_kwh[i]),
                max_ac_charge_power=float(s.charge_limit_kw[i]),
                max_discharge_power=-float(s.discharge_limit_kw[i]),
                ev_phases=3,
                transition_soc=float(s.transition_soc[i]),
                transition_soc_multiplier=TRANSITION_MULTIPLIER,
                charge_efficiency=efficiency,
                discharge_efficiency=efficiency,
                timescale=STEP_MINUTES,
            )
        )
    return cars


def simulate(world: World, agent: Agent) -> Trace:
    """Run one agent through one day of the real EV2Gym.

    Parameters
    ----------
    world : World
    agent : Agent
        A fresh instance; it is told to `prepare` here.

    Returns
    -------
    Trace
    """
    n_ports, n_steps = world.scenario.n_ports, world.n_steps
    ports = world.scenario.ports_per_station
    power, action = np.zeros((n_ports, n_steps)), np.zeros((n_ports, n_steps))
    energy = np.full((n_ports, n_steps), np.nan)
    decision_ms = np.zeros(n_steps)
    stats: dict[str, float] = {}
    rounding_kwh = 0.0
    simulation_s = 0.0
    started = time.perf_counter()
    agent.prepare([world])
    prepared_ms = (time.perf_counter() - started) * 1000
    if len(world.sessions):  # EV2Gym has no answer for a day without cars: it draws for ever, then fails
        env = make_env(world)
        views = ViewBuilder([world])
        plugs = [(cs, plug, i * ports + plug) for i, cs in enumerate(env.charging_stations) for plug in range(ports)]
        for step in range(n_steps):
            cars = [(port, car) for cs, plug, port in plugs if (car := cs.evs_connected[plug]) is not None]
            now = np.zeros((1, n_ports))
            for port, car in cars:
                now[0, port] = car.current_capacity
            view = views.view(step, now)
            started = time.perf_counter()
            asked = agent.act(view)
            decision_ms[step] = (time.perf_counter() - started) * 1000
            action[:, step] = share_current(asked, view.connected, ports)[0]
            started = time.perf_counter()
            # Rounded as EV2Gym rounds, then plain numbers: the same results in half the time of NumPy's scalars.
            result = env.step(np.round(action[:, step], ACTION_DECIMALS).tolist())
            simulation_s += time.perf_counter() - started
            for port, car in cars:
                before, after = now[0, port], car.current_capacity
                gained = 0.0 if after == before else after - on_grid(before)
                power[port, step] = gained / STEP_HOURS
                energy[port, step] = car.current_capacity
                rounding_kwh += gained - car.current_energy
        stats = {name: float(value) for name, value in result[4].items() if isinstance(value, (int, float, np.number))}
    decision_ms[0] += prepared_ms
    for values in (power, energy, action, decision_ms):
        values.setflags(write=False)
    return Trace(
        agent=agent.name,
        power_kw=power,
        energy_kwh=energy,
        rounding_kwh=rounding_kwh,
        action=action,
        decision_ms=decision_ms,
        simulation_ms=simulation_s * 1000,
        ev2gym_stats=stats,
        bound_eur=None if agent.bound_eur is None else float(agent.bound_eur[0]),
        bound_gap_eur=0.0 if agent.bound_gap_eur is None else float(agent.bound_gap_eur[0]),
    )
