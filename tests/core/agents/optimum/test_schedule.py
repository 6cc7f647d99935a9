"""The program against a second, plain formulation: small problems with every pattern of directions tried."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from core.accounts.ledger import settle
from core.agents.optimum.best import solve
from core.agents.optimum.formulation import IDLE_KWH, MEAN_ROUNDING_KWH
from core.agents.optimum.problem import Problem, Solution, Values
from core.agents.optimum.schedule import best_schedule
from core.agents.registry import make_agent
from core.engines.batch import simulate_many
from core.scenario import STEP_HOURS, Scenario
from core.world import build_world


def small_problem(seed: int, cars: int, steps: int, *, coupled: bool) -> Problem:
    """Cars at random, discharging paid better than charging costs. Not `coupled`: cars do not meet in anything."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 2, cars)
    last = rng.integers(steps - 2, steps, cars)
    capacity = rng.uniform(8, 14, cars)
    limit = rng.uniform(1, 3, cars)
    buy = rng.uniform(0.1, 0.4, steps)
    flags = rng.random(4) < 0.5 if coupled else np.zeros(4, dtype=bool)
    power = limit.sum() / STEP_HOURS
    return Problem(
        first_step=first,
        last_step=last,
        energy=rng.uniform(0.2, 0.9, cars) * capacity,
        wanted=rng.uniform(0.5, 1, cars) * capacity,
        capacity=capacity,
        min_energy=0.15 * capacity,
        charge_limit=limit,
        discharge_limit=limit * rng.uniform(0.7, 1, cars),
        taper=np.where(rng.random(cars) < 0.5, 1.0, rng.uniform(0.3, 0.9, cars)),
        station=np.zeros(cars, dtype=np.int64) if flags[0] else np.arange(cars),
        transformer=np.zeros(cars, dtype=np.int64),
        full_station=limit * 1.3,
        values=Values(
            charge=-buy,
            discharge=rng.uniform(1.1, 1.5) * buy,
            unmet=rng.uniform(0.3, 2),
            overload=1.0,
            deviation=0.1,
            peak=0.02 if flags[2] else 0.0,
        ),
        base_load=np.zeros((1, steps)),
        upper_limit=np.full((1, steps), 0.6 * power if coupled else 1e4),
        lower_limit=np.full((1, steps), -0.5 * power if coupled else -1e4),
        setpoint=rng.uniform(0, 0.5, steps) * power if flags[1] else None,
    )


def best_by_trial(p: Problem) -> float:
    """EUR of the best schedule over all patterns of directions."""
    stays = [(i, t) for i in range(len(p.energy)) for t in range(p.first_step[i], p.last_step[i] + 1)]
    steps, n = len(p.values.charge), len(stays)
    # Columns: charged, discharged, unmet, then per step over, above, below the set-point, and the peak.
    unmet, over, above, below, peak = (
        2 * n,
        2 * n + len(p.energy),
        *(2 * n + len(p.energy) + k * steps for k in (1, 2, 3)),
    )
    size = peak + 1
    cost = np.zeros(size)
    cost[unmet:over] = p.values.unmet
    cost[over:above] = p.values.overload * STEP_HOURS
    cost[above:peak] = p.values.deviation * STEP_HOURS if p.setpoint is not None else 0.0
    cost[peak] = p.values.peak
    rows, most = [], []

    def at_most(row: np.ndarray, value: float) -> None:
        rows.append(row)
        most.append(value)

    load = np.zeros((steps, size))  # kW
    stored = [np.zeros(size) for _ in p.energy]
    shared: dict[tuple[int, int, int], np.ndarray] = {}
    for k, (i, t) in enumerate(stays):
        cost[k], cost[n + k] = -p.values.charge[t], -p.values.discharge[t]
        taper = stored[i] * p.taper[i]
        taper[k] = 1.0
        # Rounding up adds to what the taper lets through, on average half of 0.01 kWh.
        at_most(taper, p.taper[i] * (p.capacity[i] - p.energy[i]) + MEAN_ROUNDING_KWH)
        stored[i] = stored[i].copy()
        stored[i][k], stored[i][n + k] = 1.0, -1.0
        at_most(stored[i], p.capacity[i] - p.energy[i])
        at_most(-stored[i], p.energy[i] - p.min_energy[i])
        load[t, k], load[t, n + k] = 1 / STEP_HOURS, -1 / STEP_HOURS
        for way in range(2):
            row = shared.setdefault((way, p.station[i], t), np.zeros(size))
            row[way * n + k] = 1 / p.full_station[i]
    for i, row in enumerate(stored):
        row = -row
        row[unmet + i] = -1.0
        at_most(row, p.energy[i] - p.wanted[i])
    if len(set(p.station.tolist())) < len(p.station):
        for (way, *_), row in shared.items():
            at_most(row, 1.0 + (row.sum() * MEAN_ROUNDING_KWH if way == 0 else 0.0))
    for t in sorted({t for _, t in stays}):
        for sign, column, limit in ((1, over, p.upper_limit[0, t]), (-1, over, -p.lower_limit[0, t])):
            row = sign * load[t]
            row[column + t] = -1.0
            at_most(row, limit)
        if p.setpoint is not None:
            for sign, column in ((1, above), (-1, below)):
                row = sign * load[t]
                row[column + t] = -1.0
                at_most(row, sign * p.setpoint[t])
        row = load[t].copy()
        row[peak] = -1.0
        at_most(row, 0.0)
    matrix, best = np.array(rows), np.inf
    for pattern in product((0, 1), repeat=n):
        bounds = [(0, p.charge_limit[i] * way) for (i, _), way in zip(stays, pattern, strict=True)]
        bounds += [(0, p.discharge_limit[i] * (1 - way)) for (i, _), way in zip(stays, pattern, strict=True)]
        found = linprog(cost, A_ub=matrix, b_ub=most, bounds=bounds + [(0, None)] * (size - 2 * n))
        best = min(best, found.fun)
    return -best


def does_both(solution: Solution) -> bool:
    return bool(((solution.charged > IDLE_KWH) & (solution.discharged > IDLE_KWH)).any())


@pytest.mark.parametrize("seed", range(6))
def test_a_car_alone_gets_its_best_schedule(seed):
    problem = small_problem(seed, cars=1, steps=7, coupled=False)
    solution = best_schedule(problem)
    best = best_by_trial(problem)
    assert not does_both(solution)
    assert solution.value == pytest.approx(best, abs=1e-3)
    # The bound allows for all that rounding can add where the taper binds, the schedule for its mean.
    assert best - 1e-6 <= solution.bound <= best + 0.005 * problem.values.unmet * 7


@pytest.mark.parametrize("seed", range(12))
def test_cars_together_are_near_their_best_and_below_the_bound(seed):
    """Transformer limits bind; some problems also share a station, follow a set-point or pay for the peak."""
    problem = small_problem(seed, cars=2, steps=4, coupled=True)
    solution = best_schedule(problem)
    best = best_by_trial(problem)
    assert not does_both(solution)
    assert solution.value <= best + 1e-6
    assert solution.bound >= best - 1e-6
    assert solution.value >= best - 0.1  # EUR; the bound may be further off


@pytest.mark.parametrize("seed", range(8))
def test_the_bound_holds_whatever_the_eased_limits_allow(seed):
    """Solved again with every limit eased to the full, the program's value stays below the first bound, and near it."""
    problem = small_problem(seed, cars=3, steps=8, coupled=True)
    problem = replace(problem, values=replace(problem.values, discharge=np.full(8, -0.05)), charge_bump=0.01)
    eased = replace(problem, charge_limit=problem.charge_limit + 0.01, charge_bump=0.0)
    bound = best_schedule(problem).bound
    value = best_schedule(eased).value
    assert best_schedule(problem).value - 1e-6 <= value <= bound + 1e-6
    assert bound - value < 0.02 * max(1.0, abs(value))


def test_only_the_first_steps_are_exclusive_where_asked():
    problem = replace(small_problem(1, cars=2, steps=5, coupled=False), exclusive_steps=2)
    solution = best_schedule(problem)
    both = (solution.charged > IDLE_KWH) & (solution.discharged > IDLE_KWH)
    assert not both[solution.step < 2].any()
    exclusive = best_schedule(replace(problem, exclusive_steps=None))
    assert solution.value > exclusive.value + 1e-3
    assert solution.bound >= solution.value


PAYS_BOTH = {"w_provider": 0.25, "w_grid": 0.25, "v2g_price_factor": 1.5, "retail_markup_eur_per_kwh": 0.1}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"ports_per_station": 4, "stations": 3},
        {"peak_price_eur_per_kw": 0.5},
        {"setpoint": True},
        {"transformers": 3, "transformer_limit_kw": 20, "load_share": 1.0, "pv_share": 1.0},
        {"w_user": 0.25, "w_provider": 1.0, "retail": "flat", "retail_flat_eur_per_kwh": 0.5, "v2g_price_factor": 0.5},
    ],
)
def test_a_day_is_planned_alike_every_time_within_a_few_euro_of_the_bound(change):
    world = build_world(Scenario(**{**PAYS_BOTH, "stations": 8, "transformer_limit_kw": 40, "seed": 3, **change}))
    plan, again = solve(world), solve(world)
    assert plan.binaries > 0
    assert plan.objective_eur == again.objective_eur
    np.testing.assert_array_equal(plan.energy_kwh, again.energy_kwh)
    assert plan.bound_eur == again.bound_eur
    assert 0 <= plan.gap_eur < 2.5


def test_slow_chargers_pass_their_limit_by_arithmetic_and_not_the_bound():
    """What EV2Gym's rounding lifts is worth much here, and no slack may be too small to hold it."""
    site = {"stations": 1, "charger_current_a": 6, "charger_voltage_v": 100, "charger_phases": 1, "length_h": 48}
    cars = {"place": "public", "cars": "uniform", "car_capacity_kwh": 150, "car_charge_kw": 50, "min_energy_kwh": 70}
    needs = {
        "unmet_price_eur_per_kwh": 10.0,
        "peak_price_eur_per_kw": 5.0,
        "w_grid": 0.0,
        "v2g": False,
        "intensity": 0.5,
        "date": "2024-12-30",
    }
    cars_seen = 0
    for seed in range(6):
        world = build_world(Scenario(**site, **cars, **needs, seed=seed))
        bound = solve(world).bound_eur
        reached = settle(world, simulate_many([world], make_agent("afap"))[0]).totals.objective_eur
        assert reached <= bound + 1e-6
        cars_seen += len(world.sessions)
    assert cars_seen
