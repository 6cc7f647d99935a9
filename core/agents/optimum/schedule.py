"""The best schedule of all cars, planned for `best` and `mpc`, and a proven bound on what any schedule gains."""

from __future__ import annotations

import numpy as np

from core.agents.optimum.formulation import formulate
from core.agents.optimum.problem import Problem, Solution
from core.errors import SolverError

RELATIVE_GAP = 1e-3
"""A search ends when plan and bound are this near, as a share of the bound."""


def best_schedule(problem: Problem, *, seconds: float = 20.0, relative_gap: float = RELATIVE_GAP) -> Solution:
    """The best schedule.

    An action charges or discharges, never both. Where doing both would pay (a V2G price above the charge price with
    the drivers weighing more, say), `directions` finds which of the two, and tightens the bound; given directions, the
    program is linear again.

    Parameters
    ----------
    problem : Problem
        With at least one car.
    seconds : float
        Where doing both would pay, the search ends after this much processor time: a safety net for very large sites.
        All others' results depend on the problem alone.
    relative_gap : float
        The search ends when plan and bound are this near, as a share of the bound.

    Returns
    -------
    Solution

    Raises
    ------
    SolverError
        When HiGHS finds no schedule (there always is one: doing nothing).
    """
    f = formulate(problem)
    searched = problem.exclusive_steps is not None
    best = f.program.solve(ties=searched)
    bound = f.program.bound(best)
    if problem.values.ties is not None and not searched:
        best = f.program.solve(ties=True)
    if f.does_both(best.x):
        if searched:
            try:
                best = f.program.search(f.binaries, relative_gap)
            except SolverError:  # HiGHS gives up now and then: each car then goes the way that it mostly goes
                best = f.directed(f.net(best.x)).solve(ties=True)
        else:
            from core.agents.optimum.directions import choose_directions  # numba, on first use

            best, bound = choose_directions(problem, f, bound, relative_gap, seconds)
    x = best.x
    charged, discharged = x[f.charge], x[f.discharge]
    netted = np.minimum(charged, discharged)  # never pays, but may tie
    netted[f.exclusive] = 0.0
    value = -float(f.program.cost @ x)
    return Solution(
        car=f.car,
        step=f.step,
        charged=charged - netted,
        discharged=discharged - netted,
        energy=x[f.energy],
        value=value,
        bound=max(bound, value),
        binaries=len(f.exclusive),
    )
