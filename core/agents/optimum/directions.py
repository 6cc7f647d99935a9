"""Which way each car goes in each step, where charging and discharging at once would pay.

Beside what `decomposition` finds, this is the search for directions and the bound as `best_schedule` uses them; how
they compare with HiGHS's own branch and bound stands in docs/yardstick.md.

Importing this module imports numba, so `schedule` does it on first use.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult
from scipy.sparse import vstack

from core.agents.optimum.decomposition import ROUGHLY_EUR, Cars, Coupling, Meters, relax, sweep
from core.agents.optimum.formulation import KW_PER_KWH, MEAN_ROUNDING_KWH, Formulation, Grid
from core.agents.optimum.problem import Problem
from core.scenario import STEP_HOURS
from core.world.battery import ROUNDING_KWH

Floats = NDArray[np.float64]

ATTEMPTS = 5
"""The first starts from the relaxation's mixture, the others, in other orders of cars, from the best so far."""

SOFTNESS = (4.0, 2.4, 1.6, 0.8, 0.4, 0.2, 0.0)
"""How far around a limit its price rises, sweep by sweep, in units of what the mean car can charge in one step.

Tuned on 21 days of 25 stations (weights, factors, ports, limits and loads varied): the gaps' mean and time together.
"""

AGAIN = SOFTNESS[3:]
"""The same in later attempts."""

RAMP = np.linspace(-1.0, 1.0, 5)
"""Where it rises, in units of the distance given by `SOFTNESS`."""


def choose_directions(
    p: Problem, f: Formulation, bound: float, relative_gap: float, seconds: float
) -> tuple[OptimizeResult, float]:
    """The best schedule found in which no car does both, and a proven bound on all of them.

    Parameters
    ----------
    p, f : Problem, Formulation
    bound : float
        EUR, that of the program.
    relative_gap : float
        It ends when schedule and bound are this near, as a share of the bound.
    seconds : float
        Of processor time, after which it ends in any case.

    Returns
    -------
    OptimizeResult, float
        Of the program with directions set, and EUR.
    """
    program, rows, equal_rows, columns = f.program, f.own_at_most, f.own_equal, f.own_columns
    length = p.last_step - p.first_step + 1
    cars = Cars(
        start=np.cumsum(length) - length,
        length=length,
        first_step=p.first_step,
        energy=p.energy,
        wanted=p.wanted,
        capacity=p.capacity,
        min_energy=p.min_energy,
        charge_limit=p.charge_limit,
        discharge_limit=p.discharge_limit,
        taper=p.taper,
        full=p.capacity + MEAN_ROUNDING_KWH / p.taper,
        transformer=p.transformer,
        station=np.unique(p.station, return_inverse=True)[1],
        full_station=p.full_station,
        unmet_value=p.values.unmet,
    )
    eased = cars._replace(
        charge_limit=p.charge_limit + p.charge_bump,
        discharge_limit=p.discharge_limit + p.discharge_bump * (p.discharge_limit > 0),
        full=p.capacity + ROUNDING_KWH / p.taper,
    )
    values = -program.cost[f.charge], -program.cost[f.discharge]
    searched = program.cost + program.tie_cost
    with_ties = -searched[f.charge], -searched[f.discharge]
    tracked = program.equal.matrix[equal_rows:]
    at_most = vstack([program.at_most.matrix[rows:], tracked, -tracked], format="csc")
    wanted = program.equal.side[equal_rows:]
    shared = program.at_most.side[rows:] + program.at_most.ease[rows:]
    relaxation = relax(
        eased,
        *values,
        Coupling(
            charge=at_most[:, f.charge].tocsr(),
            discharge=at_most[:, f.discharge].tocsr(),
            slack=at_most[:, columns:].tocsr(),
            most=np.concatenate([shared, wanted, -wanted]),
            slack_cost=program.cost[columns:],
            slack_low=program.low[columns:],
            slack_high=program.high[columns:],
        ),
        relative_gap * max(1.0, abs(bound)) / 10,
        seconds / 2,
    )
    until = time.thread_time() + seconds / 2
    bound = min(bound, relaxation.bound)
    price, above, below = np.split(relaxation.prices * KW_PER_KWH, [len(shared), len(shared) + len(wanted)])
    price, equal_price = np.pad(price, (rows, 0)), np.pad(above - below, (equal_rows, 0))
    peak_kw = 0.0 if f.grid.peak is None else float(relaxation.slack[f.grid.peak - columns])
    # Never to discharge where doing both would pay is a schedule, too, and now and then the best.
    best = f.directed(np.ones(len(f.charge))).solve(ties=True)
    for attempt in range(ATTEMPTS):
        order = np.random.default_rng(attempt).permutation(len(p.energy))
        net = relaxation.net.copy() if attempt == 0 else f.net(best.x)
        for softness in SOFTNESS if attempt == 0 else AGAIN:
            width = softness * float(p.charge_limit.mean())
            sweep(cars, order, *with_ties, _meters(p, f.grid, price, equal_price, peak_kw, width), ROUGHLY_EUR, net)
        found = f.directed(net).solve(ties=True)
        if found.fun < best.fun:
            best = found
        if bound + best.fun <= relative_gap * max(1.0, abs(bound)) or time.thread_time() > until:
            break
    return best, bound


def _meters(p: Problem, grid: Grid, price: Floats, equal_price: Floats, peak_kw: float, width: float) -> Meters:
    """What load costs each transformer and the site where limits are soft: prices rise over `width` kWh to either side.

    `price` and `equal_price` [rows] EUR/kWh are what the limits themselves cost.
    """
    transformers, steps = p.base_load.shape
    marks = np.full((transformers + 1, steps, 2 * len(RAMP)), np.inf)
    rises, floor = np.zeros(marks.shape), np.zeros(marks.shape[:2])

    def soften(meter: Any, slot: int, at: Floats, low: float, cost: Floats, high: float) -> None:
        """The marginal cost is `low` well below the load `at` [..., steps of the grid], `cost` there, `high` above."""
        centre = np.clip(cost, low, high)[..., None]
        middle = (RAMP[1:] + RAMP[:-1]) / 2
        inner = centre + np.where(middle < 0, centre - low, high - centre) * middle
        slopes = np.concatenate([np.full_like(centre, low), inner, np.full_like(centre, high)], axis=-1)
        where = np.ix_(np.atleast_1d(meter), grid.steps, slot * len(RAMP) + np.arange(len(RAMP)))
        marks[where] = at[..., None] + width * RAMP
        rises[where] = np.diff(slopes, axis=-1)
        floor[np.ix_(np.atleast_1d(meter), grid.steps)] += low

    if grid.upper is not None and grid.lower is not None:
        meter = np.arange(transformers)
        for slot, limit, low, cost, high in (
            (0, p.upper_limit, 0.0, price[grid.upper], p.values.overload),
            (1, p.lower_limit, -p.values.overload, -price[grid.lower], 0.0),
        ):
            soften(meter, slot, (limit - p.base_load)[:, grid.steps] * STEP_HOURS, low, cost, high)
    if grid.tracked is not None and p.setpoint is not None:
        value = p.values.deviation
        soften(transformers, 0, p.setpoint[grid.steps] * STEP_HOURS, -value, equal_price[grid.tracked], value)
    if grid.peaks is not None:
        at = np.full(len(grid.steps), peak_kw * STEP_HOURS)
        soften(transformers, 1, at, 0.0, price[grid.peaks], p.values.peak * KW_PER_KWH)
    return Meters(marks, rises, floor)
