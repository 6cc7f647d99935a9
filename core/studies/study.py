"""Many days, sweeps and trade-off fronts: the same agents in many Worlds, as one tidy table.

Every agent meets the same Worlds (common random numbers), so that differences are the agents'. A study is cut into
chunks of fixed size; a chunk's rows depend on nothing but its scenarios and agents, so the table is the same whatever
the number of workers, and a study that was stopped goes on with the chunks that are missing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from core.agents.registry import AGENTS, REFERENCE, make_agent
from core.errors import CombinationError, EnerV2GizeError, ScenarioError, quoted
from core.paths import write
from core.scenario import SCHEMA_VERSION, WEIGHT_FIELDS, Scenario
from core.studies.bootstrap import interval, ratio
from core.studies.captured import LEAST_EUR, captured, gains
from core.studies.processes import each
from core.studies.provenance import made_with, noted
from core.studies.traced import figures_by_agent
from core.version import results_key
from core.world import build_world

Executor = Literal["local", "processes", "dask"]

CHUNK = 32
"""Scenarios in a chunk: large enough to fill the batch engine, small enough to show progress."""

TRACED_CHUNK = 8
"""The same where traces are kept: every run then takes longer, and so does a chunk."""

MAX_POINTS = 100_000
"""More scenarios than this in one study are refused."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A combination of values that was asked for and is impossible, and why."""

    label: Mapping[str, Any]
    error: ScenarioError


@dataclass(frozen=True, slots=True)
class Study:
    """Scenarios with labels, and the agents that meet each of them.

    Parameters
    ----------
    scenarios : tuple of Scenario
    labels : tuple of dict
        Per scenario, the columns that tell it apart (date, seed, the fields that a sweep varies).
    agents : tuple of str
    left_out : tuple of LeftOut
        What was asked for beside the scenarios and cannot be: whoever shows the study says so.
    traced : bool
        Whether what only traces tell stands beside the ledger's figures (`core.studies.traced`).
    """

    scenarios: tuple[Scenario, ...]
    labels: tuple[Mapping[str, Any], ...]
    agents: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
    traced: bool = False

    def __post_init__(self) -> None:
        _check_size(len(self.scenarios))
        for name in self.agents:
            make_agent(name)

    @property
    def key(self) -> str:
        """Stable name: equal studies share their stored chunks."""
        # Results of an own agent are those of its code, which the project's own hash does not hold.
        agents = [[name, AGENTS[name].source] if AGENTS[name].source else name for name in self.agents]
        text = json.dumps([SCHEMA_VERSION, self.size, agents, [s.key for s in self.scenarios], self.traced])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def size(self) -> int:
        """Scenarios in a chunk."""
        return TRACED_CHUNK if self.traced else CHUNK

    @property
    def n_chunks(self) -> int:
        """Number of chunks."""
        return -(-len(self.scenarios) // self.size)

    def part(self, index: int) -> slice:
        """Which scenarios a chunk holds."""
        return slice(index * self.size, (index + 1) * self.size)

    def chunk(self, index: int) -> pd.DataFrame:
        """Run one chunk: a row for each of its scenarios and agents, with labels and every total of the ledger."""
        part = self.part(index)
        return _run(self.scenarios[part], self.labels[part], self.agents, self.traced)


def _check_size(n: int) -> None:
    if not 1 <= n <= MAX_POINTS:
        raise EnerV2GizeError(f"a study needs 1 to {MAX_POINTS:,} scenarios; this one has {n:,}")


def _run(
    scenarios: Sequence[Scenario], labels: Sequence[Mapping[str, Any]], agents: Sequence[str], traced: bool = False
) -> pd.DataFrame:
    from core.engines.batch import totals_by_agent

    worlds = [build_world(scenario) for scenario in scenarios]
    drivers = [make_agent(name) for name in agents]
    totals = figures_by_agent(worlds, drivers) if traced else totals_by_agent(worlds, drivers)
    label_table = pd.DataFrame([dict(label) for label in labels])
    tables = [pd.concat([label_table, pd.DataFrame({"agent": name, **totals[name]})], axis=1) for name in agents]
    return pd.concat(tables, ignore_index=True)


# --- kinds of studies ------------------------------------------------------------------------------------------------
def draws(base: Scenario, n: int) -> list[int]:
    """`n` seeds from the scenario's own on."""
    return [(base.seed + k) % 1_000_000 for k in range(n)]


def over_days(
    base: Scenario, first: dt.date, last: dt.date, agents: Sequence[str], seeds: Sequence[int] | None = None
) -> Study:
    """`base` on every date from `first` to `last`, each with every seed (its own by default).

    A day's cars depend on its seed alone, so every date gets seeds of its own: ``seed + 1000 * days since first``.

    Raises
    ------
    ScenarioError
        When the dates are the wrong way round or outside the price table.
    """
    if last < first:
        raise ScenarioError("date", f"the last day {last} lies before the first, {first}")
    _check_size(((last - first).days + 1) * len(seeds or (base.seed,)))
    scenarios, labels = [], []
    for day in range((last - first).days + 1):
        date = first + dt.timedelta(days=day)
        for seed in seeds or (base.seed,):
            scenarios.append(base.replace(date=date, seed=(seed + 1000 * day) % 1_000_000))
            labels.append({"date": date, "seed": seed})
    return Study(tuple(scenarios), tuple(labels), tuple(agents))


def sweep(
    base: Scenario, fields: Mapping[str, Sequence[Any]], agents: Sequence[str], seeds: Sequence[int] | None = None
) -> Study:
    """Every combination of the values given for `fields`, each with every seed (the base's own by default).

    Combinations of allowed values that are impossible together are left out, and are in `Study.left_out`.

    Raises
    ------
    ScenarioError
        For a value that its field may not hold, and where no combination is possible.
    """
    _check_size(math.prod(len(values) for values in fields.values()) * len(seeds or (base.seed,)))
    scenarios, labels, left_out = [], [], []
    for values in product(*fields.values()):
        changes = dict(zip(fields, values, strict=True))
        try:
            some = [base.replace(**{"seed": seed, **changes}) for seed in seeds or (base.seed,)]
        except CombinationError as error:
            left_out.append(LeftOut(changes, error))
            continue
        scenarios += some
        labels += [{**{name: getattr(scenario, name) for name in fields}, "seed": scenario.seed} for scenario in some]
    if not scenarios:
        raise left_out[0].error
    return Study(tuple(scenarios), tuple(labels), tuple(agents), tuple(left_out))


def latin_hypercube(
    base: Scenario, ranges: Mapping[str, tuple[float, float]], n: int, agents: Sequence[str], seed: int = 0
) -> Study:
    """`n` scenarios spread evenly over the ranges of numeric fields, drawn with `seed`. Raises `ScenarioError`."""
    from scipy.stats.qmc import LatinHypercube

    _check_size(n)
    rows = {row["name"]: row for row in Scenario.fields()}
    for name in ranges:
        if name not in rows or rows[name]["type"] not in ("integer", "number"):
            raise ScenarioError(quoted(name), "only numeric fields can be spread over a range")
    scenarios, labels = [], []
    for point in LatinHypercube(d=len(ranges), rng=np.random.default_rng(seed)).random(n):
        changes: dict[str, Any] = {}
        for share, (name, (low, high)) in zip(point, ranges.items(), strict=True):
            step = {"length_h": 0.25}.get(name, 15 if name.endswith("_min") else 1)
            value = low + share * (high - low)
            whole = rows[name]["type"] == "integer" or name == "length_h"
            changes[name] = (round(value / step) * step) if whole else float(value)
        scenarios.append(base.replace(**changes))
        labels.append(changes)
    return Study(tuple(scenarios), tuple(labels), tuple(agents))


LEAST_WEIGHT = 0.005
"""Nobody counts for less on a front: with nothing at all, cars are emptied for a cent."""


def front(base: Scenario, agents: Sequence[str], steps: int = 5, seeds: Sequence[int] | None = None) -> Study:
    """`base` under every weighting of the three stakeholders whose shares are multiples of ``1 / (steps - 1)``.

    The largest weight is 1, the least `LEAST_WEIGHT`.
    """
    parts = steps - 1
    shares = [(u, p, parts - u - p) for u in range(parts + 1) for p in range(parts + 1 - u)]
    scenarios, labels = [], []
    for shares_of in shares:
        # The largest weight is 1: only ratios matter to who does what, and weights end at 1.
        weights = dict(
            zip(WEIGHT_FIELDS, (max(LEAST_WEIGHT, share / max(shares_of)) for share in shares_of), strict=True)
        )
        for seed in seeds or (base.seed,):
            scenarios.append(base.replace(**weights, seed=seed))
            labels.append({**weights, "seed": seed})
    return Study(tuple(scenarios), tuple(labels), tuple(agents))


# --- running ---------------------------------------------------------------------------------------------------------
def run(
    study: Study,
    *,
    out: Path | None = None,
    executor: Executor = "local",
    workers: int = 2,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Run a study: one row for each scenario and agent, in the order of scenarios within chunks.

    Parameters
    ----------
    study : Study
    out : Path, optional
        Parquet file to write. Finished chunks are kept beside it until the whole is there, so that a stopped study
        resumes; the base scenario, versions and agents stand in the file's metadata.
    executor : {"local", "processes", "dask"}
        One process, `workers` processes, or the Dask cluster at `scheduler`.
    workers : int
        Number of processes.
    scheduler : str, optional
        Address of a Dask scheduler, for instance ``tcp://127.0.0.1:8786``.
    progress : callable, optional
        Called with (chunks done, chunks in all).

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    EnerV2GizeError
        When a chunk fails for good, or the Dask extra is not installed.
    """
    store = None if out is None else _ChunkStore(out, study)
    done: dict[int, pd.DataFrame] = {} if store is None else store.load()
    missing = [index for index in range(study.n_chunks) if index not in done]
    if progress:
        progress(len(done), study.n_chunks)
    for index, table in run_chunks(study, missing, executor=executor, workers=workers, scheduler=scheduler):
        done[index] = table
        if store is not None:
            store.save(index, table)
        if progress:
            progress(len(done), study.n_chunks)
    table = pd.concat([done[index] for index in sorted(done)], ignore_index=True)
    if store is not None:
        store.finish(table)
    return table


def run_chunks(
    study: Study,
    chunks: Sequence[int],
    *,
    executor: Executor = "local",
    workers: int = 2,
    scheduler: str | None = None,
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Run some chunks and give each as soon as it is done, in any order. Closing the generator stops the rest."""
    # Each task carries its own scenarios only, not the whole study.
    parts = [(index, study.part(index)) for index in chunks]
    tasks = [(index, study.scenarios[part], study.labels[part], study.agents, study.traced) for index, part in parts]
    if executor != "dask":
        yield from each(_numbered, tasks, workers if executor == "processes" else 1)
        return
    yield from _on_cluster(tasks, scheduler)


def _numbered(
    index: int, scenarios: Sequence[Scenario], labels: Sequence[Mapping[str, Any]], agents: Sequence[str], traced: bool
) -> tuple[int, pd.DataFrame]:
    return index, _run(scenarios, labels, agents, traced)


def _on_cluster(tasks: Sequence[tuple[Any, ...]], scheduler: str | None) -> Iterator[tuple[int, pd.DataFrame]]:
    """What `_numbered` gives for each task, computed by the workers of a Dask cluster."""
    with _dask_client(scheduler) as client:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker, as_completed

        _look_at_workers(client)
        futures = [client.submit(_numbered, *task, pure=False) for task in tasks]
        try:
            for future in as_completed(futures):  # type: ignore[no-untyped-call]
                yield future.result()
        except (KilledWorker, CancelledError, ImportError) as error:
            raise EnerV2GizeError(
                f"the Dask cluster gave up ({type(error).__name__}); finished parts of a study with --out are kept,"
                " and the same command goes on"
            ) from None


def _look_at_workers(client: Any) -> None:
    """See that there are workers, and that they compute what this process would. Raises `EnerV2GizeError`."""

    def key() -> str:  # sent as it is, not by its module's name, which workers may not know
        from core.version import results_key

        return results_key()

    try:
        client.wait_for_workers(1, timeout=WORKERS_WITHIN_S)
    except TimeoutError:
        raise EnerV2GizeError(
            f"--scheduler: no worker joined the Dask cluster within {WORKERS_WITHIN_S} s; start one with: dask worker"
            " ADDRESS"
        ) from None
    for worker, found in client.run(key, on_error="return").items():
        if isinstance(found, Exception):
            raise EnerV2GizeError(
                f"the Dask worker {quoted(worker)} cannot import EnerV2Gize ({quoted(str(found))}); start it in this"
                " folder, or with PYTHONPATH naming it"
            )
        if found != results_key():
            raise EnerV2GizeError(
                f"the Dask worker {quoted(worker)} has other sources, data or packages than this process, so that its"
                " results would be others"
            )


WORKERS_WITHIN_S = 30
"""So long a cluster may be without workers."""


def _dask_client(scheduler: str | None) -> Any:
    if not scheduler:
        raise EnerV2GizeError("the dask executor needs --scheduler, for instance tcp://127.0.0.1:8786")
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise EnerV2GizeError("the dask executor needs the package 'distributed' (pip install distributed)") from None
    try:
        return Client(scheduler, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError):
        raise EnerV2GizeError(
            f"--scheduler: no Dask scheduler answers at '{quoted(scheduler)}'; its address is tcp://HOST:PORT"
        ) from None


class _ChunkStore:
    """Finished chunks beside the result file, until the whole study is there."""

    def __init__(self, out: Path, study: Study) -> None:
        if out.is_dir():
            raise EnerV2GizeError(f"--out: '{quoted(out.name)}' is a folder; name a file to write")
        self._out, self._study = out, study
        self._folder = out.with_name(f"{out.name}.{study.key}-{results_key()}.parts")
        self._folder.mkdir(parents=True, exist_ok=True)

    def load(self) -> dict[int, pd.DataFrame]:
        """Chunks that are there and whole; any other is run again."""
        found = {index: self._read(index) for index in range(self._study.n_chunks) if self.path(index).is_file()}
        return {index: table for index, table in found.items() if table is not None}

    def path(self, index: int) -> Path:
        """Where a chunk lies when it is done."""
        return self._folder / f"{index:06d}.parquet"

    def _read(self, index: int) -> pd.DataFrame | None:
        try:
            table = pd.read_parquet(self.path(index))
        except (OSError, ValueError):  # damaged, or something else under a chunk's name
            return None
        wanted = len(self._study.scenarios[self._study.part(index)]) * len(self._study.agents)
        whole = len(table) == wanted and set(table.get("agent", ())) == set(self._study.agents)
        return table if whole else None

    def save(self, index: int, table: pd.DataFrame) -> None:
        # A chunk is there whole or not at all.
        content = io.BytesIO()
        table.to_parquet(content, index=False)
        write(self.path(index), content.getvalue())

    def finish(self, table: pd.DataFrame) -> None:
        import pyarrow.parquet as pq

        note = {
            "scenario": self._study.scenarios[0].model_dump(mode="json"),
            "agents": list(self._study.agents),
            "study": self._study.key,
            "schema_version": SCHEMA_VERSION,
            "made_with": made_with(self._study.scenarios, self._study.agents),
        }
        content = io.BytesIO()
        pq.write_table(noted(table, note), content)
        write(self._out, content.getvalue())
        shutil.rmtree(self._folder, ignore_errors=True)


# --- statistics ------------------------------------------------------------------------------------------------------
def with_cars(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of Worlds in which a car came: the others tell nothing apart."""
    return table[table["cars"] > 0] if "cars" in table else table


def paired_differences(
    table: pd.DataFrame, indicator: str = "objective_eur", reference: str = REFERENCE, *, seed: int = 0
) -> pd.DataFrame:
    """Each agent's mean difference to `reference` on the same Worlds, with a 95 % bootstrap interval.

    Parameters
    ----------
    table : DataFrame
        Of `run`.
    indicator : str
        Column to compare.
    reference : str
        Agent to compare with.
    seed : int
        Of the resampling.

    Returns
    -------
    DataFrame
        Of Worlds in which a car came. Per agent: `n`, `mean`, `low`, `high`, `win_frac` (share of Worlds in which the
        agent has the larger value), and `noise`: whether the interval holds 0. Interval ends are NaN where fewer than
        two Worlds differ.
    """
    wide = _by_agent(with_cars(table), indicator)
    rows = []
    for agent in wide.columns:
        difference = (wide[agent] - wide[reference]).to_numpy()
        difference = np.where(np.abs(difference) < 1e-9, 0.0, difference)  # of adding up in another order
        low, high = interval(difference, seed=seed)
        rows.append(
            {
                "agent": agent,
                "n": len(difference),
                "mean": difference.mean(),
                "low": low,
                "high": high,
                "win_frac": float((difference > 1e-9).mean()),
                "noise": bool(not (low > 0 or high < 0)),
            }
        )
    return pd.DataFrame(rows)


def worlds_needed(differences: np.ndarray, *, power: float = 0.8) -> int | None:
    """How many Worlds it takes to tell a mean difference like this from noise.

    Parameters
    ----------
    differences : array of float
        Paired differences in the Worlds at hand.
    power : float
        Chance of finding it, at 95 % confidence.

    Returns
    -------
    int or None
        None where the differences have no mean to find.

    Notes
    -----
    n = ((z_0.975 + z_power) sd / mean)^2, the sample size of a paired z-test, at least 2.
    """
    from scipy.stats import norm

    mean, deviation = float(np.mean(differences)), float(np.std(differences, ddof=1)) if len(differences) > 1 else 0.0
    if abs(mean) < 1e-9:
        return None
    quantiles = float(norm.ppf(0.975) + norm.ppf(power))
    return max(2, math.ceil((quantiles * deviation / mean) ** 2))


def captured_shares(table: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Each agent's captured share (`core.studies.captured`) with a 95 % bootstrap interval over Worlds with cars.

    Parameters
    ----------
    table : DataFrame
        Of `run`, the reference and `best` among the agents.
    seed : int
        Of the resampling.

    Returns
    -------
    DataFrame
        Per agent: `captured`, `low`, `high`, and `median`, that of the Worlds' own shares; all None or NaN where less
        than a cent can be gained.
    """
    gained, possible = gains(with_cars(table))
    counted = possible >= LEAST_EUR
    rows = []
    for agent in gained.columns:
        mine = gained[agent].to_numpy()
        share = captured(mine, 0.0, possible)
        low, high = interval(mine, possible, statistic=ratio, seed=seed) if share is not None else (math.nan, math.nan)
        median = float(np.median(mine[counted] / possible[counted])) if counted.any() else math.nan
        rows.append({"agent": agent, "captured": share, "low": low, "high": high, "median": median})
    return pd.DataFrame(rows)


def _by_agent(table: pd.DataFrame, indicator: str) -> pd.DataFrame:
    """[worlds, agents]: rows of one World side by side. Every agent meets every World once, in the same order."""
    number = table.groupby("agent", sort=False).cumcount()
    agents = list(dict.fromkeys(table["agent"]))
    return table.assign(world=number).pivot(index="world", columns="agent", values=indicator)[agents]
