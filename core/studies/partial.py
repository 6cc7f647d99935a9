"""What an unfinished study can say: only what compares equal with equal, and nothing of what is not there yet.

Jobs deliver some agents before others and some scenarios before others. Whatever is shown of them meanwhile is taken
from the points at which every agent shown has met every World.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.studies.study import Study


@dataclass(frozen=True, slots=True)
class SoFar:
    """The part of a study's rows on which all agents shown can be compared."""

    rows: pd.DataFrame
    points: int
    """Points that are shown."""
    asked: int
    """Points of the whole study."""
    waiting: tuple[str, ...]
    """Agents that are left out until more of theirs is done."""

    @property
    def whole(self) -> bool:
        """Whether nothing is missing: a finding over the whole study can be spoken."""
        return self.points == self.asked and not self.waiting


def so_far(
    table: pd.DataFrame, study: Study, *, by: Sequence[str] = (), keep: str | None = None, last: Collection[str] = ()
) -> SoFar:
    """The points of a study at which every agent shown has met every World.

    Agents with less than half as many points as the furthest wait, so that a slow one does not hold up the others; not
    where nobody would be left to compare with.

    Parameters
    ----------
    table : DataFrame
        Rows of `study` in any order: columns `world`, the number of the scenario, and `agent`.
    study : Study
    by : sequence of str
        Labels that scenarios of one point share, such as the values swept: a point is done with all of its Worlds.
        Without any, each World is a point.
    keep : str, optional
        An agent that never waits.
    last : collection of str
        Agents that wait until everything of theirs is done, so that the others can be judged before.

    Returns
    -------
    SoFar
    """
    point = _points(study, by)
    sizes = pd.Series(np.bincount(point))
    if table.empty:
        return SoFar(table, 0, len(sizes), study.agents)
    at = point[table["world"].to_numpy(dtype=int)]
    met = table.groupby([at, "agent"])["world"].nunique().unstack()
    done = met.reindex(index=sizes.index, columns=list(study.agents)).eq(sizes, axis=0)
    counts = done.sum()
    enough = {name: len(sizes) if name in last else max(1, counts.max()) / 2 for name in study.agents}
    shown = [name for name in study.agents if name == keep or counts[name] >= enough[name]]
    if len(shown) < 2:
        begun = set(table["agent"])
        shown = [name for name in study.agents if name == keep or name in begun]
    common = done[shown].all(axis=1).to_numpy()
    rows = table[table["agent"].isin(shown) & common[at]]
    return SoFar(rows, int(common.sum()), len(sizes), tuple(name for name in study.agents if name not in shown))


def _points(study: Study, by: Sequence[str]) -> np.ndarray:
    """Number of the point that each scenario belongs to."""
    if not by:
        return np.arange(len(study.scenarios))
    labels = pd.DataFrame([{name: label[name] for name in by} for label in study.labels])
    return labels.groupby(list(by), dropna=False, sort=False).ngroup().to_numpy()
