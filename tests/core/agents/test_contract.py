"""What every agent in the registry keeps to."""

from __future__ import annotations

import functools
from dataclasses import fields, replace

import numpy as np
import pytest

from core import Scenario, build_world
from core.agents.base import Agent, share_current
from core.agents.registry import everywhere, make_agent
from core.engines.ev2gym import simulate
from core.engines.views import ViewBuilder
from core.errors import AgentError
from core.world import Sessions

SITE = {
    "stations": 4, "ports_per_station": 2, "transformers": 2, "transformer_limit_kw": 40.0, "length_h": 18.0,
    "start_hour": 6, "place": "public", "intensity": 25.0, "min_stay_min": 60,
}  # fmt: skip

SCENARIOS = {
    "plain": Scenario(**SITE),
    "events, loads and PV": Scenario(**SITE, seed=2, dr_events=2, dr_notice_min=30, load_share=0.6, pv_share=1.0),
    "set-point": Scenario(**SITE, seed=3, setpoint=True, w_provider=0.3, peak_price_eur_per_kw=0.5),
    "cars that pay to turn around": Scenario(**SITE, seed=4, v2g_price_factor=1.6, w_provider=0.2),
    "no V2G": Scenario(**SITE, seed=5, v2g=False),
    "uniform": Scenario(**SITE, seed=6, cars="uniform", retail="flat", wanted_soc=0.8),
    "forecast prices": Scenario(**SITE, seed=7, price_forecast="boosted", load_share=0.6, forecast_error_percent=20.0),
    "nobody": Scenario(**{**SITE, "place": "workplace"}, date="2022-01-16"),  # a Sunday
}
WITHOUT_FORESIGHT = [name for name in everywhere() if not make_agent(name).foresight]


class Recorder(Agent):
    """Passes everything on and keeps what it saw and answered."""

    def __init__(self, agent):
        self.agent, self.name = agent, agent.name
        self.seen, self.asked = {}, {}

    def prepare(self, worlds):
        self.agent.prepare(worlds)

    def act(self, view):
        self.seen[view.step] = view
        self.asked[view.step] = self.agent.act(view)
        return self.asked[view.step]


@functools.cache
def recorded(name, scenario):
    """A run in EV2Gym: world, trace, and what the agent saw and answered."""
    world = build_world(SCENARIOS[scenario])
    recorder = Recorder(make_agent(name))
    return world, simulate(world, recorder), recorder


def test_unknown_agents_are_refused_with_the_list():
    with pytest.raises(AgentError, match="afap, alap, rr"):
        make_agent("nobody")


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("name", everywhere())
def test_answers_are_actions(name, scenario):
    world, trace, recorder = recorded(name, scenario)
    here = world.occupancy >= 0
    if not here.any():
        assert not trace.action.any()
        return
    for step, asked in recorder.asked.items():
        assert asked.shape == (1, world.scenario.n_ports)
        assert np.isfinite(asked).all()
        assert (np.abs(asked) <= 1).all()
        assert (asked[0, ~here[:, step]] == 0).all(), "something is asked of an empty port"
        if not world.scenario.v2g:
            assert (asked >= 0).all()
    assert set(recorder.asked) == set(range(world.n_steps)), "agents are asked in every step"


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("name", everywhere())
def test_batteries_stay_within_their_bounds(name, scenario):
    world, trace, _ = recorded(name, scenario)
    s, at = world.sessions, world.occupancy
    here = at >= 0
    # EV2Gym's rounding up may pass the capacity by less than 0.01 kWh.
    assert (trace.energy_kwh[here] <= s.capacity_kwh[at[here]] + 0.01).all()
    assert (trace.energy_kwh[here] >= s.min_energy_kwh[at[here]] - 0.01).all()
    if not world.scenario.v2g:
        assert (trace.power_kw >= 0).all()


@pytest.mark.parametrize("name", everywhere())
def test_a_batch_gets_what_each_world_gets_alone(name):
    """Worlds of one site that differ in everything else; the views of one run are shown again, stacked."""
    chosen = ["plain", "events, loads and PV", "forecast prices", "uniform"]
    runs = [recorded(name, scenario) for scenario in chosen]
    worlds = [world for world, _, _ in runs]
    builder, agent = ViewBuilder(worlds), make_agent(name)
    agent.prepare(worlds)
    for step in range(worlds[0].n_steps):
        energy = np.concatenate([recorder.seen[step].energy_kwh for _, _, recorder in runs])
        together = agent.act(builder.view(step, energy))
        alone = np.concatenate([recorder.asked[step] for _, _, recorder in runs])
        np.testing.assert_allclose(together, alone, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", everywhere())
def test_an_agent_repeats_itself(name):
    world, trace, _ = recorded(name, "events, loads and PV")
    again = simulate(world, make_agent(name))
    np.testing.assert_array_equal(trace.action, again.action)


def with_other_future(world, step):
    """The same world up to `step`, with other cars and other unannounced events after it."""
    s = world.sessions
    later = s.arrival_step > step
    # Some of those who have not come never do; the others want something else.
    kept = ~later | (np.arange(len(s)) % 3 > 0)
    changed = {
        "arrival_energy_kwh": np.where(later, 0.5 * (s.min_energy_kwh + s.arrival_energy_kwh), s.arrival_energy_kwh),
        "departure_step": np.where(later, np.maximum(s.arrival_step, s.departure_step - 3), s.departure_step),
        "wanted_energy_kwh": np.where(later, 0.9 * s.wanted_energy_kwh, s.wanted_energy_kwh),
    }
    sessions = Sessions(**{f.name: changed.get(f.name, getattr(s, f.name))[kept] for f in fields(Sessions)})
    notice = world.scenario.dr_notice_min // 15
    hidden = [event for event in world.events if event.start_step - notice > step]
    limit = world.limit_kw.copy()
    for event in hidden:
        limit[event.transformer, event.start_step : event.end_step] = world.scenario.transformer_limit_kw
    events = tuple(event for event in world.events if event not in hidden)
    # What load and PV really do later is not known either: only their forecast.
    load, pv = world.load_kw.copy(), world.pv_kw.copy()
    load[:, step + 1 :] *= 0.5
    pv[:, step + 1 :] *= 0.8
    return replace(world, sessions=sessions, limit_kw=limit, events=events, load_kw=load, pv_kw=pv), len(hidden)


def with_other_prices(world, step):
    """The same world up to the end of the hour of `step`, with other prices after it; the forecast stays."""
    prices = world.prices
    later = np.arange(world.n_steps) >= (step // 4 + 1) * 4
    changed = {
        name: np.where(later, 0.3 - getattr(prices, name)[::-1], getattr(prices, name))
        for name in ("buy_eur_per_kwh", "sell_eur_per_kwh", "wholesale_eur_per_kwh")
    }
    return replace(world, prices=replace(prices, **changed))


@pytest.mark.parametrize("name", WITHOUT_FORESIGHT)
def test_prices_to_come_do_not_matter_where_only_a_forecast_is_known(name):
    world, trace, _ = recorded(name, "forecast prices")
    for step in (25, 38):  # in the middle of an hour, with cars
        assert (world.occupancy[:, step] >= 0).any()
        again = simulate(with_other_prices(world, step), make_agent(name))
        np.testing.assert_array_equal(trace.action[:, : step + 1], again.action[:, : step + 1])


def test_prices_to_come_do_matter_where_they_are_known():
    """Shows that the test above can fail."""
    world, trace, _ = recorded("cheapest", "plain")
    again = simulate(with_other_prices(world, 25), make_agent("cheapest"))
    assert not np.array_equal(trace.action[:, :26], again.action[:, :26])


@pytest.mark.parametrize("name", WITHOUT_FORESIGHT)
def test_the_future_does_not_matter(name):
    world, trace, _ = recorded(name, "events, loads and PV")
    arrivals = np.unique(world.sessions.arrival_step)
    first_event = min(event.start_step for event in world.events)
    hidden = 0
    for step in (int(arrivals[len(arrivals) // 2]), first_event - 3):
        other, events = with_other_future(world, step)
        hidden += events
        assert len(other.sessions) < len(world.sessions)
        again = simulate(other, make_agent(name))
        np.testing.assert_array_equal(trace.action[:, : step + 1], again.action[:, : step + 1])
    assert hidden, "no event was hidden: the test shows nothing"


def test_the_optimum_does_use_the_future():
    """Shows that the test above can fail."""
    world, trace, _ = recorded("best", "events, loads and PV")
    arrivals = np.unique(world.sessions.arrival_step)
    step = int(arrivals[len(arrivals) // 2])
    again = simulate(with_other_future(world, step)[0], make_agent("best"))
    assert not np.array_equal(trace.action[:, : step + 1], again.action[:, : step + 1])


# --- the border between agents and engines ---------------------------------------------------------------------------
def test_views_hide_events_until_they_are_announced():
    world = recorded("afap", "events, loads and PV")[0]
    views = ViewBuilder([world])
    for event in world.events:
        announced = event.start_step - 2  # 30 minutes of notice
        window = slice(event.start_step, event.end_step)
        energy = np.zeros((1, world.scenario.n_ports))
        before, after = (
            views.view(step, energy).limit_kw[0, event.transformer, window] for step in (announced - 1, announced)
        )
        assert (before == world.scenario.transformer_limit_kw).all()
        np.testing.assert_array_equal(after, world.limit_kw[event.transformer, window])


def test_views_expect_events_that_were_not_announced():
    scenario = Scenario(**SITE, dr_events=1, dr_depth_percent=50, dr_start_hour=14, dr_notice_min=30)
    energy = np.zeros((1, scenario.n_ports))
    at_first = []
    for seed in (1, 2, 3):
        world = build_world(scenario.replace(seed=seed))
        views = ViewBuilder([world])
        start = views.view(0, energy)
        at_first.append(start.limit_forecast_kw)
        # Hours around 14:00 are less sure than the first ones; no more than half is taken.
        assert start.limit_forecast_kw[0, 0, 32] < 0.95 * scenario.transformer_limit_kw
        assert start.limit_forecast_kw[0, 0, 2] > 0.999 * scenario.transformer_limit_kw
        assert start.limit_forecast_kw.min() >= 0.5 * scenario.transformer_limit_kw
        for transformer in (0, 1):
            known_from = next(e.start_step for e in world.events if e.transformer == transformer) - 2
            view = views.view(known_from, energy)
            np.testing.assert_array_equal(view.limit_forecast_kw[0, transformer], view.limit_kw[0, transformer])
    # When events will really come makes no difference before anything is known of them.
    for other in at_first[1:]:
        np.testing.assert_array_equal(at_first[0], other)


def test_views_show_load_and_pv_as_measured_up_to_now_and_as_forecast_later():
    world = recorded("afap", "events, loads and PV")[0]
    view = ViewBuilder([world]).view(20, np.zeros((1, world.scenario.n_ports)))
    np.testing.assert_array_equal(view.base_load_kw[0, :, :21], world.base_load_kw[:, :21])
    forecast = world.load_forecast_kw - world.pv_forecast_kw
    np.testing.assert_array_equal(view.base_load_kw[0, :, 21:], forecast[:, 21:])
    assert (forecast[:, 21:] != world.base_load_kw[:, 21:]).any()


@pytest.mark.parametrize(
    "other",
    [{"stations": 5}, {"ports_per_station": 1}, {"length_h": 17}, {"transformers": 1}, {"v2g": False},
     {"charger_current_a": 16}, {"charger_voltage_v": 230}, {"charger_phases": 1}, {"setpoint": True}],
    ids=lambda other: next(iter(other)),
)  # fmt: skip
def test_worlds_that_agents_cannot_see_together_are_refused(other):
    worlds = [build_world(SCENARIOS["plain"]), build_world(SCENARIOS["plain"].replace(**other))]
    with pytest.raises(ValueError, match="seen together"):
        ViewBuilder(worlds)


@pytest.mark.parametrize("ports", [1, 2, 3, 4])
def test_shared_current_never_exceeds_the_station_s(ports):
    rng = np.random.default_rng(ports)
    actions = rng.uniform(-2, 2, (200, 5 * ports))
    connected = rng.random(actions.shape) < 0.8
    shared = share_current(actions, connected, ports)
    assert (shared[~connected] == 0).all()
    assert (np.sign(shared[connected]) == np.sign(actions[connected])).all()
    by_station = shared.reshape(200, 5, ports)
    # As EV2Gym rounds them, to five decimals: it stops with an exception 0.0001 A above the station's current.
    rounded = np.round(by_station, 5)
    assert (np.maximum(rounded, 0).sum(axis=-1) <= 1 + 1e-9).all()
    assert (np.maximum(-rounded, 0).sum(axis=-1) <= 1 + 1e-9).all()
    alone = np.clip(np.where(connected, actions, 0), -1, 1).reshape(200, 5, ports)
    fits = (np.maximum(alone, 0).sum(axis=-1) <= 1) & (np.maximum(-alone, 0).sum(axis=-1) <= 1)
    np.testing.assert_allclose(by_station[fits], alone[fits], rtol=0, atol=1e-5)
