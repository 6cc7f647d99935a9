"""The optimum: nobody beats its bound, and executed in EV2Gym it comes within half a per cent of it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pytest

from core import Scenario, World, build_world
from core.accounts.ledger import settle
from core.accounts.objective import Objective
from core.agents.base import Agent
from core.agents.optimum.best import Best, Plan, _charging_pays, _problem, solve
from core.agents.optimum.program import EASE_KWH, solve_program
from core.agents.registry import make_agent
from core.engines import ev2gym
from core.engines.batch import totals_many
from core.scenario import STEP_HOURS
from core.world.battery import ROUNDING_KWH, car_limits
from tests.strategies import SMALL, random_scenario

SITES = {**SMALL, "stations": (1, 8)}

TOLERANCE = 0.005
"""Share of the money in play that execution may lose."""

SOLVER = 1e-6
"""Share of it by which HiGHS itself may be off: its constraints hold to 1e-7, and prices reach 10 EUR."""


def money_in_play(world: World, plan: Plan) -> float:
    """The larger of what the optimum and what charging at once make of the day, and at least 1 EUR.

    The optimum alone would not do: J is a difference of gains and costs, and may be near 0 on a day that moves a
    hundred euros.
    """
    return max(1.0, abs(plan.bound_eur), abs(value(world, make_agent("afap"))))


def value(world: World, agent: Agent) -> float:
    return settle(world, ev2gym.simulate(world, agent)).totals.objective_eur


class RandomActions(Agent):
    """Anything at all, seeded."""

    name = "random"

    def prepare(self, worlds):
        self._rng = np.random.default_rng(worlds[0].scenario.seed)

    def act(self, view):
        return self._rng.uniform(-1, 1, view.connected.shape)


class Trickle(Agent):
    """Hardly charges, so that EV2Gym's rounding up gives it all it can."""

    name = "trickle"

    def act(self, view):
        return np.where(view.connected, 0.0005, 0.0)


class Given(Best):
    """The optimum with a plan made before; without the care that it takes of rounding where none is done."""

    def __init__(self, plan: Plan, *, rounding: bool) -> None:
        self._plan, self._rounding = plan, rounding

    def prepare(self, worlds):
        self._target = self._plan.energy_kwh[None]
        self._pays = np.stack([_charging_pays(w) for w in worlds]) & self._rounding


@dataclass(frozen=True)
class Day:
    world: World
    plan: Plan
    scale: float


@functools.cache
def days() -> list[Day]:
    """50 random days on which cars come."""
    chosen = []
    seed = 0
    while len(chosen) < 50:
        seed += 1
        world = build_world(random_scenario(seed, **SITES))
        if len(world.sessions):
            plan = solve(world)
            chosen.append(Day(world, plan, money_in_play(world, plan)))
    return chosen


@pytest.fixture
def without_rounding(monkeypatch):
    """EV2Gym's cars without the rounding up to 0.01 kWh after each step."""
    from ev2gym.models.ev import EV

    monkeypatch.setattr(EV, "my_ceil", lambda self, energy, precision=2: energy)


def test_execution_reaches_the_bound_rounding_apart(without_rounding):
    for day in days():
        reached = value(day.world, Given(day.plan, rounding=False))
        assert reached >= day.plan.objective_eur - TOLERANCE * day.scale, day.world.scenario.to_query()
        if day.plan.binaries == 0:
            assert day.plan.gap_eur == 0
            assert reached >= day.plan.bound_eur - TOLERANCE * day.scale
        # Nor more than the bound: without rounding there is no gift.
        assert reached <= day.plan.bound_eur + SOLVER * day.scale


def test_execution_reaches_the_bound_in_ev2gym_as_it_is():
    """With rounding: what it adds to batteries can be in the way, at most at the highest price there is."""
    for day in days():
        trace = ev2gym.simulate(day.world, Given(day.plan, rounding=True))
        totals = settle(day.world, trace).totals
        o, ports = Objective.of(day.world), min(len(day.world.sessions), day.world.scenario.n_ports)
        per_kwh = (
            max(np.abs(o.charge_value).max(), np.abs(o.discharge_value).max())
            + o.w_user * o.unmet_price
            + o.w_grid * (o.overload_price + (o.deviation_price if day.world.setpoint_kw is not None else 0.0))
        )
        # Every battery holds a multiple of 0.01 kWh: powers at the peak are off by as much in a step.
        at_peak = o.w_provider * o.demand_price * ports * ROUNDING_KWH / STEP_HOURS
        allowed = TOLERANCE * day.scale + (totals.rounding_kwh + ports * ROUNDING_KWH) * per_kwh + at_peak
        assert totals.objective_eur >= day.plan.objective_eur - allowed
        at = day.world.occupancy
        here, s = at >= 0, day.world.sessions
        assert (trace.energy_kwh[here] >= s.min_energy_kwh[at[here]] - ROUNDING_KWH).all()
        assert (trace.energy_kwh[here] <= s.capacity_kwh[at[here]] + ROUNDING_KWH).all()


def test_the_agent_in_the_registry_does_just_that():
    for day in [day for day in days() if day.plan.binaries == 0][:5]:
        trace = ev2gym.simulate(day.world, make_agent("best"))
        assert (trace.bound_eur, trace.bound_gap_eur) == (day.plan.bound_eur, 0)
        np.testing.assert_array_equal(trace.action, ev2gym.simulate(day.world, Given(day.plan, rounding=True)).action)


AGENTS = ["afap", "alap", "rr", "cheapest", RandomActions, Trickle]


@pytest.mark.parametrize("block", range(10))
def test_nobody_beats_the_bound(block):
    """200 random days, in EV2Gym as it is; the bound allows for what its rounding can give, and nothing else."""
    for seed in range(2000 + 20 * block, 2020 + 20 * block):
        world = build_world(random_scenario(seed, **SITES))
        bound = solve(world, rounding=True).bound_eur
        for agent in AGENTS:
            chosen = make_agent(agent) if isinstance(agent, str) else agent()
            # The batch engine, which gives EV2Gym's own results (tests/parity/test_batch.py), and sooner.
            reached = float(totals_many([world], chosen)["objective_eur"][0])
            assert reached <= bound + SOLVER * max(1.0, abs(bound)), (agent, world.scenario.to_query())


def test_the_optimum_does_not_beat_the_bound_either():
    for day in days()[::2]:
        bound = solve(day.world, rounding=True).bound_eur
        assert value(day.world, Given(day.plan, rounding=True)) <= bound + SOLVER * day.scale
        assert bound >= day.plan.objective_eur - SOLVER * day.scale


def test_plans_obey_the_physics():
    for day in (day for day in days() if day.plan.binaries == 0):
        world, s, limits = day.world, day.world.sessions, car_limits(day.world)
        plan = solve_program(_problem(world))
        charged, discharged, car = plan.charged, plan.discharged, plan.car
        assert (np.minimum(charged, discharged) <= 1e-6).all(), "charges and discharges at once"
        assert (charged >= -1e-7).all()
        assert (charged <= limits.charge_kw[car] * STEP_HOURS + 1e-6).all()
        assert (discharged >= -1e-7).all()
        assert (discharged <= limits.discharge_kw[car] * STEP_HOURS + 1e-6).all()
        first = plan.step == s.arrival_step[car]
        before = np.where(first, s.arrival_energy_kwh[car], np.roll(plan.energy, 1))
        np.testing.assert_allclose(plan.energy - before, charged - discharged, rtol=0, atol=1e-6)
        assert (charged <= limits.taper[car] * (s.capacity_kwh[car] + EASE_KWH - before) + 1e-6).all()
        assert (plan.energy >= s.min_energy_kwh[car] - 1e-6).all()
        assert (plan.energy <= s.capacity_kwh[car] + 1e-6).all()


def test_the_plan_is_worth_what_it_says():
    """The program's value is the ledger's objective of the planned powers."""
    from core.accounts.trace import Trace

    for day in (day for day in days() if day.plan.binaries == 0):
        world, s = day.world, day.world.sessions
        plan = solve_program(_problem(world))
        power = np.zeros((world.scenario.n_ports, world.n_steps))
        power[s.port[plan.car], plan.step] = (plan.charged - plan.discharged) / STEP_HOURS
        nothing = np.zeros_like(power)
        trace = Trace("plan", power, day.plan.energy_kwh, nothing, np.zeros(world.n_steps), 0.0, {})
        assert settle(world, trace).totals.objective_eur == pytest.approx(
            day.plan.objective_eur, rel=1e-9, abs=1e-7 * day.scale
        )


def test_one_car_that_only_charges_buys_the_cheapest_energy_of_its_stay():
    """An independent optimum: with one price and no limits in force, fill up in the order of prices."""
    compared = 0
    for seed in range(30):
        scenario = random_scenario(
            seed, **SMALL, cars="uniform", v2g=False, w_user=1.0, w_provider=0.0, w_grid=0.0, ports_per_station=1,
            retail="day_ahead", unmet_price_eur_per_kwh=10.0,
        )  # fmt: skip
        world = build_world(scenario)
        s, limits = world.sessions, car_limits(world)
        cost = 0.0
        for i in range(len(s)):
            price = np.sort(world.prices.buy_eur_per_kwh[s.arrival_step[i] : s.departure_step[i] + 1])
            step_kwh = limits.charge_kw[i] * STEP_HOURS
            wanted = max(0.0, s.wanted_energy_kwh[i] - s.arrival_energy_kwh[i])
            room = s.capacity_kwh[i] - s.arrival_energy_kwh[i]
            bought = 0.0
            for here in price:
                # Up to what is wanted at any price, up to the brim where energy is paid for.
                part = min(step_kwh, max(0.0, (room if here < 0 else wanted) - bought))
                bought += part
                cost += part * here
            cost += 10.0 * max(0.0, wanted - bought)
        if len(s):
            assert -solve(world).objective_eur == pytest.approx(cost, rel=1e-6, abs=1e-6)
            compared += 1
    assert compared > 10


# --- where doing both at once would pay ------------------------------------------------------------------------------
EXCLUSIVE = {
    "V2G price above the price": {"v2g_price_factor": 1.5, "w_user": 1.0, "w_provider": 0.25},
    "twice the price, grid counts": {"v2g_price_factor": 2.0, "w_provider": 0.5, "w_grid": 1.0, "dr_events": 1},
    "provider only": {"v2g_price_factor": 0.8, "w_user": 0.0, "w_provider": 1.0, "retail_markup_eur_per_kwh": 0.1},
    "provider first": {
        "v2g_price_factor": 0.7, "w_user": 0.25, "w_provider": 1.0, "w_grid": 0.25, "wear_price_eur_per_kwh": 0.0,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", EXCLUSIVE)
@pytest.mark.parametrize("seed", [1, 2])
def test_where_doing_both_would_pay_a_schedule_never_does(name, seed, without_rounding):
    world = build_world(Scenario(stations=8, seed=seed, transformer_limit_kw=40, **EXCLUSIVE[name]))
    assert Objective.of(world).both_pay.any()
    schedule = solve_program(_problem(world))
    assert schedule.binaries > 0
    assert (np.minimum(schedule.charged, schedule.discharged) <= 1e-7).all()
    plan = solve(world)
    assert plan.gap_eur >= 0
    scale = money_in_play(world, plan)
    reached = value(world, Given(plan, rounding=False))
    assert plan.objective_eur - TOLERANCE * scale <= reached <= plan.bound_eur + SOLVER * scale
    # The gap is a small part of what is in play, and is reported with the run.
    assert plan.gap_eur <= 0.05 * scale
    trace = ev2gym.simulate(world, make_agent("best"))
    assert trace.bound_gap_eur == pytest.approx(trace.bound_eur - plan.objective_eur, abs=0.02 * scale)


def test_without_cars_the_plan_is_what_the_grid_costs_anyway():
    world = build_world(Scenario(date="2022-01-16", length_h=12, load_share=1.5, transformer_limit_kw=50))
    plan = solve(world)
    nothing = settle(world, ev2gym.simulate(world, make_agent("afap"))).totals.objective_eur
    assert plan.objective_eur == plan.bound_eur == pytest.approx(nothing)
    assert np.isnan(plan.energy_kwh).all()
