"""What the site brings with it: limits and their events, other load, PV, and the power set-point."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from core.scenario import STEP_HOURS, STEP_MINUTES, Scenario
from core.world.tables import residential_load, solar_profile, year_index
from core.world.types import DemandResponseEvent, Floats, Sessions

EVENT_START_STD_MIN = 120.0
"""Spread of the hour at which demand-response events begin (EV2Gym's stock `event_start_hour_std` of 2 h)."""


class Transformers(NamedTuple):
    """What happens at the transformers, each [transformers, steps]; see `World`."""

    limit_kw: Floats
    lower_limit_kw: Floats
    load_kw: Floats
    pv_kw: Floats
    load_forecast_kw: Floats
    pv_forecast_kw: Floats
    events: tuple[DemandResponseEvent, ...]


def draw_transformers(scenario: Scenario) -> Transformers:
    """Limits, load, PV, their forecasts and events, as EV2Gym's `load_transformers` draws them.

    EV2Gym's stock forecasts have a *mean* of 30 % of the load and 20 % of the PV, which would mislead whoever uses
    them; here they are unbiased. Their relative spread is the scenario's, by default EV2Gym's stock 5 %.

    A visitor's own load, solar power or limit stand in for what would be drawn; forecasts and events are made of them
    as of any other.
    """
    n, n_steps, nominal = scenario.transformers, scenario.n_steps, scenario.transformer_limit_kw
    stream = np.random.default_rng(scenario.seed)  # EV2Gym's `tr_rng`
    noise = np.random.RandomState(scenario.seed)  # EV2Gym takes forecasts from the global stream
    own = {} if scenario.own_site is None else scenario.own_site.series
    brought = {role: series.at(scenario.times_local)[0] for role, series in own.items()}
    limit = np.full((n, n_steps), brought.get("limit", nominal))
    lower_limit = -limit
    load, pv, load_forecast, pv_forecast = (np.zeros((n, n_steps)) for _ in range(4))
    households = solar = None
    if scenario.load_share > 0 and "load" not in brought:
        table = residential_load()
        # pandas' `sample(10, axis=1, random_state=seed)`, drawn anew, and so alike, for every transformer.
        chosen = np.random.RandomState(scenario.seed).choice(table.shape[1], size=10, replace=False)
        households = table[year_index(scenario.start, n_steps, len(table))][:, chosen].sum(axis=1)
    if scenario.pv_share > 0 and "pv" not in brought:
        profile = solar_profile()
        shape = profile[year_index(scenario.start, n_steps, len(profile))]
        solar = [shape * stream.uniform(0.9, 1.1) for _ in range(n)]
    spread = scenario.forecast_error_percent / 100
    events: list[DemandResponseEvent] = []
    for i in range(n):
        if households is not None:
            scale = stream.normal(scenario.load_share, 0.1)
            load[i] = households * scale * (nominal / households.max() + 0.0000001)
            np.clip(load[i], -nominal, nominal, out=load[i])
        elif "load" in brought:
            load[i] = brought["load"] / n
        if households is not None or "load" in brought:
            load_forecast[i] = _forecast(noise, load[i], spread)
        if solar is not None:
            pv[i] = solar[i] * stream.normal(scenario.pv_share, 0.1) * nominal
        elif "pv" in brought:
            pv[i] = brought["pv"] / n
        if solar is not None or "pv" in brought:
            pv_forecast[i] = _forecast(noise, pv[i], spread)
        for _ in range(scenario.dr_events):
            events.append(_draw_event(scenario, stream, i, limit[i], load[i]))
    return Transformers(limit, lower_limit, load, pv, load_forecast, pv_forecast, tuple(events))


def highest_limit_kw(scenario: Scenario) -> float:
    """Limit of all transformers together where nothing lowers it [kW]: the scenario's, or the highest of its own."""
    own = None if scenario.own_site is None else scenario.own_site.limit
    each = scenario.transformer_limit_kw if own is None else float(own.at(scenario.times_local)[0].max())
    return scenario.transformers * each


def _forecast(noise: np.random.RandomState, power: Floats, spread: float) -> Floats:
    """Power [steps] that is expected of `power`; never of the other sign."""
    expected = noise.normal(power, spread * np.abs(power))
    return np.where(expected * power > 0, expected, 0.0)


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


def draw_setpoint(scenario: Scenario, sessions: Sessions, buy: Floats, stream: np.random.RandomState) -> Floats:
    """[steps] kW: EV2Gym's `generate_power_setpoints`, each car's energy spread at random over its cheaper hours."""
    setpoint = np.zeros(scenario.n_steps)
    top = np.abs(buy).max()
    price = np.abs(buy) / top if top > 0 else np.ones_like(buy)
    amount = (100 + scenario.setpoint_flexibility_percent) / 100
    station_kw = charger_power_kw(scenario)
    for i in range(len(sessions)):
        # EV2Gym leaves out the first step after plugging in, and the last.
        window = slice(int(sessions.arrival_step[i]) + 1, int(sessions.departure_step[i]))
        if window.start >= window.stop:  # a stay of a step or two, which EV2Gym never draws
            continue
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
