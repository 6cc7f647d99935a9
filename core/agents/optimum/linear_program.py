"""A linear program collected block by block, solved by HiGHS through SciPy, and a bound that no tolerance can spoil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp
from scipy.sparse import coo_array, csr_array

from core.errors import SolverError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_S = 300.0
"""Seconds after which HiGHS gives up: many times what the largest site takes, so that nothing waits forever."""


class Rows:
    """Collects the rows of a sparse constraint matrix, block by block."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, Ints, Floats]] = []
        self._side: list[Floats] = []
        self._ease: list[Floats] = []
        self.count = 0

    def add(self, n: int, entries: Sequence[tuple[Any, Any, Any]], side: Any, ease: Any = 0.0) -> Ints:
        """Add `n` rows and give their numbers; `entries` are (row within the block, column, coefficient).

        The bound allows each row's right-hand `side` to be larger by `ease`.
        """
        for entry in entries:
            row, column, value = (part.ravel() for part in np.broadcast_arrays(*entry))
            self._parts.append((row + self.count, column, value.astype(np.float64)))
        for parts, value in ((self._side, side), (self._ease, ease)):
            parts.append(np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)))
        self.count += n
        return np.arange(self.count - n, self.count)

    def finish(self, columns: int) -> Side:
        row, column, value = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        matrix = coo_array((value, (row, column)), shape=(self.count, columns)).tocsr()
        return Side(matrix, np.concatenate(self._side), np.concatenate(self._ease))


class Columns:
    """Collects the columns: cost, bounds, by how much the bound allows the upper one to be passed, and ties' cost."""

    def __init__(self) -> None:
        self._parts: list[tuple[Floats, ...]] = []
        self.count = 0

    def add(self, n: int, cost: Any, low: Any = 0.0, high: Any = np.inf, ease: Any = 0.0, tie_cost: Any = 0.0) -> Ints:
        """Add `n` columns and give their numbers."""
        values = (np.asarray(value, dtype=np.float64) for value in (cost, low, high, ease, tie_cost))
        self._parts.append(tuple(np.broadcast_to(value, (n,)) for value in values))
        self.count += n
        return np.arange(self.count - n, self.count)

    def finish(self) -> tuple[Floats, ...]:
        return tuple(np.concatenate(parts) for parts in zip(*self._parts, strict=True))


@dataclass(frozen=True, slots=True)
class Side:
    """Rows ``matrix @ x``, their right-hand side, and by how much the bound allows that to be larger."""

    matrix: csr_array
    side: Floats
    ease: Floats


@dataclass(frozen=True, slots=True)
class Once:
    """Columns of which the bound allows one in each group to pass its upper bound."""

    columns: Ints
    group: Ints
    amount: Floats
    """By how much, the same within a group."""

    def worth(self, reduced_cost: Floats) -> float:
        """What that can be worth at most: in each group it is used where it gains most."""
        most = np.zeros(int(self.group.max()) + 1)
        np.maximum.at(most, self.group, self.amount * np.maximum(0.0, -reduced_cost[self.columns]))
        return float(most.sum())


@dataclass(frozen=True, slots=True)
class LinearProgram:
    """Minimise `cost` within bounds and constraints."""

    cost: Floats
    low: Floats
    high: Floats
    ease: Floats
    """By how much the bound allows `high` to be passed."""
    tie_cost: Floats
    """Added to `cost` in the search, and to neither the value nor the bound."""
    at_most: Side
    equal: Side
    once: Once

    def solve(self, *, ties: bool) -> OptimizeResult:
        """The optimum of the linear program, with `ties` broken or as it comes; `SolverError` when there is none."""
        result = linprog(
            self.cost + self.tie_cost if ties else self.cost,
            A_ub=self.at_most.matrix,
            b_ub=self.at_most.side,
            A_eq=self.equal.matrix,
            b_eq=self.equal.side,
            bounds=np.column_stack([self.low, self.high]),
            method="highs",
            options={"time_limit": MOST_S},
        )
        return _found(result)

    def search(self, binaries: Ints, relative_gap: float, *, seconds: float = np.inf) -> OptimizeResult:
        """The optimum where some columns are binary, or the best found in time; `SolverError` if there is none."""
        integrality = np.zeros(len(self.cost))
        integrality[binaries] = 1
        result = milp(
            self.cost + self.tie_cost,
            integrality=integrality,
            bounds=Bounds(self.low, self.high),
            constraints=[
                LinearConstraint(self.at_most.matrix, -np.inf, self.at_most.side),
                LinearConstraint(self.equal.matrix, self.equal.side, self.equal.side),
            ],
            options={"mip_rel_gap": relative_gap, "time_limit": min(seconds, MOST_S)},
        )
        return _found(result)

    def bound(self, optimum: OptimizeResult) -> float:
        """Upper bound on the value of every schedule within the eased limits, from the dual prices of `optimum`.

        It holds for any prices: each column is worth at most what its reduced cost makes of its own range.
        """
        price, equal_price = np.minimum(optimum.ineqlin.marginals, 0.0), optimum.eqlin.marginals
        reduced = self.cost - self.at_most.matrix.T @ price - self.equal.matrix.T @ equal_price
        columns = np.minimum(reduced * self.low, reduced * (self.high + self.ease)).sum()
        rows = price @ (self.at_most.side + self.at_most.ease) + equal_price @ self.equal.side
        return self.once.worth(reduced) - float(columns + rows)

    def eased(self) -> LinearProgram:
        """The same with every limit as wide as the bound allows."""
        at_most = replace(self.at_most, side=self.at_most.side + self.at_most.ease)
        high = self.high + self.ease
        high[self.once.columns] += self.once.amount
        return replace(self, high=high, at_most=at_most)

    def without(self, columns: Ints) -> LinearProgram:
        """The same where some columns must be 0."""
        high = self.high.copy()
        high[columns] = 0.0
        return replace(self, high=high)


def _found(result: OptimizeResult) -> OptimizeResult:
    if result.x is None:
        raise SolverError(f"HiGHS found no schedule: {result.message}")
    return result
