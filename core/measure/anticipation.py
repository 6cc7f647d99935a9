"""The anticipation bound: what no plan beats that knows how days are drawn, but not the draw itself.

`bound` knows all cars before they come, so it is more than anybody can reach. Here its knowledge is priced (information
relaxation with penalties; Brown, Smith and Sun, 2010): a plan that knows the day pays in advance for what knowing it
brings. Cars come whatever is done, and whether one more or one less came than expected is known to nobody before. So

    penalty = price * sum over t of (arrivals in t - arrivals expected in t) * energy stored in the `hours` before t

is nought on average for whoever does not know the draw, whatever the price. The best value of a day less its penalty is
therefore on average at least what the best non-anticipating plan reaches: a bound from above for every price, of which
the lowest is taken. The price is chosen on other draws than those that the bound is measured on, so that choosing
does not flatter it. From below, what the best agent reaches on the same draws is what can be reached.

Only arrivals are priced. Knowing events, load and the needs of cars that come is still free: the bound is not the
lowest that there is. Every draw of a scenario has another seed, its date, prices and all fields stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.agents.optimum.best import grid_constant, problem_of
from core.agents.optimum.schedule import best_schedule
from core.agents.registry import REFERENCE, make_agent
from core.engines.batch import totals_many
from core.figures.style import number
from core.measure import readme
from core.paths import ROOT
from core.scenario import STEP_HOURS, Scenario
from core.studies.bootstrap import interval, ratio
from core.studies.captured import captured
from core.studies.draw import SEEDS, draw_scenarios
from core.world import World, arrival_forecast, build_world
from core.world.sessions import arrival_thresholds

Floats = NDArray[np.float64]

PAGE = ROOT / "docs" / "learning.md"

SCENARIOS, DRAWS, SEED = 40, 2, 1
MOST_PORTS = 30
LEAST_CARS = 5.0
"""Scenarios with fewer expected cars are left out: EV2Gym draws a day without any again, which is not priced."""
HOURS = (2.0, 8.0)
PRICES = (0.0, 0.01, 0.03, 0.1)
"""EUR per kWh and car, over the mean size of what a kWh costs in the objective."""


def expected_arrivals(world: World) -> Floats:
    """How many cars were to be expected in each step, given all that happened before it, [steps].

    As EV2Gym's spawner draws: a chance for each port that has been free long enough.
    """
    s = world.sessions
    free = np.full(world.n_steps + 2, world.scenario.n_ports)
    for arrival, departure in zip(s.arrival_step, s.departure_step, strict=True):
        free[arrival + 1 : departure + 3] -= 1  # cars are drawn in the step before they can act
    return np.asarray(arrival_forecast(world.scenario).rate * free[: world.n_steps])


def surprises(world: World) -> Floats:
    """Cars that came in each step beyond those expected, [steps]: nought on average, given all that was before."""
    came = np.bincount(world.sessions.arrival_step, minlength=world.n_steps)[: world.n_steps]
    return np.asarray(came - expected_arrivals(world))


def penalised(world: World, price: float, hours: float) -> float:
    """The best value of a day less its penalty, EUR: bounded from above, like `bound`.

    Parameters
    ----------
    world : World
    price : float
        EUR per kWh and car.
    hours : float
        Energy stored so long before a surprise pays for it.
    """
    problem = problem_of(world)
    window = round(hours / STEP_HOURS)
    total = np.concatenate([[0.0], surprises(world).cumsum()])
    steps = np.arange(world.n_steps)
    ahead = total[np.minimum(steps + window, world.n_steps - 1) + 1] - total[steps + 1]
    toll = price * ahead[: len(problem.values.charge)]
    values = replace(problem.values, charge=problem.values.charge - toll, discharge=problem.values.discharge + toll)
    solution = best_schedule(replace(problem, values=values))
    idle = np.setdiff1d(np.arange(world.n_steps), solution.step)
    return solution.bound + grid_constant(world, idle)


def draws_of(scenario: Scenario, n: int, first: int) -> list[World]:
    """Days of one scenario that differ in their draw alone."""
    low, high = SEEDS["validation"]
    seeds = [low + (scenario.seed + 7919 * (first + k)) % (high - low) for k in range(n)]
    return [build_world(scenario.replace(seed=seed)) for seed in seeds]


def scenarios(n: int, seed: int) -> list[Scenario]:
    """Random validation scenarios of moderate size with some cars to expect."""
    out: list[Scenario] = []
    for scenario in draw_scenarios(20 * n, "validation", seed):
        if len(out) == n:
            break
        if scenario.n_ports <= MOST_PORTS:
            _, _, threshold = arrival_thresholds(scenario)
            if scenario.n_ports * np.minimum(threshold / 100, 1.0).sum() >= LEAST_CARS:
                out.append(scenario)
    return out


def anticipation(
    agents: Sequence[str] = ("mpc", "residual"),
    *,
    n: int = SCENARIOS,
    draws: int = DRAWS,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The anticipation bound on random scenarios, and how much of it agents reach.

    Returns
    -------
    dict
        `n` scenarios, `draws` of each, `above`: share of the bound's gain over the reference that the penalised bound
        leaves, with `above_low`, `above_high` (95 %); `price` and `hours` that were chosen; `agents`: by name, share of
        the bound (`captured`, from below) and of the penalised bound (`share`, with `share_low`, `share_high`).
    """
    drawn = scenarios(n, SEED)
    choices = [(price, hours) for price in PRICES for hours in HOURS if price or hours == HOURS[0]]
    chosen = np.zeros(len(choices))
    for i, scenario in enumerate(drawn):
        for world in draws_of(scenario, 1, draws):
            scale = _scale(world)
            chosen += [penalised(world, price * scale, hours) for price, hours in choices]
        if progress is not None:
            progress(i + 1, 2 * len(drawn))
    price, hours = choices[int(np.argmin(chosen))]
    worlds = [world for scenario in drawn for world in draws_of(scenario, draws, 0)]
    rows = []
    for i, world in enumerate(worlds):
        rows.append((penalised(world, 0.0, hours), penalised(world, price * _scale(world), hours)))
        if progress is not None:
            progress(len(drawn) + (i + 1) // draws, 2 * len(drawn))
    bound, above = np.array(rows).T
    reference = totals_many(worlds, make_agent(REFERENCE))["objective_eur"]
    out: dict[str, Any] = {"n": len(drawn), "draws": draws, "price": price, "hours": hours, "agents": {}}
    out["above"] = captured(above, reference, bound)
    out["above_low"], out["above_high"] = interval(above - reference, bound - reference, statistic=ratio)
    for name in agents:
        reached = totals_many(worlds, make_agent(name))["objective_eur"]
        low, high = interval(reached - reference, above - reference, statistic=ratio)
        out["agents"][name] = {
            "captured": captured(reached, reference, bound),
            "share": captured(reached, reference, above),
            "share_low": low,
            "share_high": high,
        }
    return out


def write_page(section: dict[str, Any], path: Path = PAGE) -> None:
    """Put the table into `docs/learning.md`."""
    above, low, high = (number(100 * section[key], 1) for key in ("above", "above_low", "above_high"))
    lines = [
        f"| {section['n']} validation scenarios, {section['draws']} draws each | of `bound` |"
        " of the anticipation bound |",
        "|---|---:|---:|",
        f"| anticipation bound, from above | {above} % ({low} to {high}) | 100 % |",
    ]
    for name, row in section["agents"].items():
        share, low, high = (number(100 * row[key], 1) for key in ("share", "share_low", "share_high"))
        lines.append(f"| `{name}` | {number(100 * row['captured'], 1)} % | {share} % ({low} to {high}) |")
    readme.put("anticipation", "\n".join(lines), path)


def _scale(world: World) -> float:
    """EUR/kWh: mean size of what charging costs in a world's objective."""
    return float(np.abs(problem_of(world).values.charge).mean())
