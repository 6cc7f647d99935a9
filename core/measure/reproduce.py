"""`make reproduce`: do committed results come out again, on another machine or another Python?

A hundred random scenarios, drawn as training and `regret` draw them, half of them with fields at the ends of their
ranges. On each, every heuristic runs, and `best` with its bound; on every tenth, EV2Gym itself runs besides the
compiled engine. Their figures stand in ``tests/data/reproduce.json``.

Engines must give each figure within `WITHIN`. An optimum may be reached by more than one plan, and which of them a
solver finds is up to it: of `best`, the bound must be within `WITHIN` and the objective within `TIE_EUR`, and the order
of all agents by objective must be the same but for those that tie.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from core.accounts.ledger import settle
from core.agents.optimum.best import Best
from core.agents.registry import make_agent
from core.engines import ev2gym
from core.engines.batch import Batch, totals_batch
from core.paths import ROOT
from core.scenario import Scenario
from core.studies.draw import draw_corner, draw_scenario
from core.studies.processes import each
from core.version import versions
from core.world import build_world

FILE: Final = ROOT / "tests" / "data" / "reproduce.json"
N: Final = 100
SEED: Final = 15
EV2GYM_EVERY: Final = 10
"""EV2Gym itself runs on every so many scenarios; it takes seconds on large sites."""
MOST_PORTS: Final = 200
"""Ports of a site; larger ones only take longer."""

WITHIN: Final = 1e-6
"""Of a figure, relative to itself where it is above one."""
TIE_EUR: Final = 0.02
"""Executed plans of equal worth differ by what EV2Gym rounds up; see docs/yardstick.md."""

HEURISTICS: Final = ("afap", "alap", "rr", "cheapest")
FIGURES: Final = (
    "objective_eur", "user_profit_eur", "provider_margin_eur", "grid_value_eur", "charged_kwh", "discharged_kwh",
    "unmet_kwh", "overload_kwh", "peak_kw",
)  # fmt: skip

Row = dict[str, Any]


def scenarios() -> list[Scenario]:
    """Scenarios to commit results of; those committed are read from their file, whatever would be drawn today."""
    drawn = []
    for i in range(N):
        stream = np.random.default_rng([SEED, i])
        while True:
            scenario = draw_corner(stream) if i % 2 else draw_scenario(stream, "test")
            if scenario.n_ports <= MOST_PORTS:
                drawn.append(scenario)
                break
    return drawn


def run(index: int, scenario: Scenario) -> Row:
    """One scenario's results: its fields, and figures by agent."""
    world = build_world(scenario)
    batch = Batch([world])
    row: Row = {
        "index": index,
        "scenario": json.loads(scenario.to_json()),
        "sessions": len(world.sessions),
        "agents": {},
    }
    for name in HEURISTICS:
        totals = totals_batch(batch, make_agent(name))
        row["agents"][name] = {figure: float(totals[figure][0]) for figure in FIGURES}
    best = Best()
    reached = totals_batch(batch, best)
    assert best.bound_eur is not None
    row["best"] = {"bound_eur": float(best.bound_eur[0]), "objective_eur": float(reached["objective_eur"][0])}
    if index % EV2GYM_EVERY == 0:
        ledger = settle(world, ev2gym.simulate(world, make_agent("cheapest")))
        row["ev2gym"] = {figure: float(ledger.totals.figures[figure]) for figure in FIGURES}
    return row


def differences(now: Row, then: Row) -> Iterator[str]:
    """What is not as it was: a sentence each, naming scenario, agent and figure."""
    here = f"scenario {then['index']}"
    if now["sessions"] != then["sessions"]:
        yield f"{here}: {now['sessions']} cars come, were {then['sessions']}"
        return
    sets = {
        **{name: ("agents", name) for name in then["agents"]},
        **({"ev2gym": ("ev2gym",)} if "ev2gym" in then else {}),
    }
    for name, path in sets.items():
        new, old = _at(now, path), _at(then, path)
        for figure, value in old.items():
            if not _close(new[figure], value):
                yield f"{here}, {name}: {figure} is {new[figure]!r}, was {value!r}"
    if not _close(now["best"]["bound_eur"], then["best"]["bound_eur"]):
        yield f"{here}: the bound is {now['best']['bound_eur']!r}, was {then['best']['bound_eur']!r}"
    if abs(now["best"]["objective_eur"] - then["best"]["objective_eur"]) > TIE_EUR:
        yield f"{here}, best: the objective is {now['best']['objective_eur']!r}, was {then['best']['objective_eur']!r}"
    yield from _ranks(here, _objectives(now), _objectives(then))


def _at(row: Row, path: Sequence[str]) -> Mapping[str, float]:
    for name in path:
        row = row[name]
    return row


def _close(new: float, old: float) -> bool:
    return abs(new - old) <= WITHIN * max(1.0, abs(old))


def _objectives(row: Row) -> dict[str, float]:
    return {"best": row["best"]["objective_eur"], **{name: of["objective_eur"] for name, of in row["agents"].items()}}


def _ranks(here: str, new: Mapping[str, float], old: Mapping[str, float]) -> Iterator[str]:
    """Pairs of agents whose order turned and that did not tie."""
    for one in old:
        for other in old:
            if old[one] > old[other] + TIE_EUR and new[one] < new[other]:
                yield f"{here}: {one} was better than {other}, and is not any more"


def _read(fields: Row) -> Scenario:
    return Scenario.from_json(json.dumps(fields))


def main(arguments: Sequence[str] | None = None) -> int:
    """Compute again and compare, or write; exit code 1 where anything differs."""
    from tqdm import tqdm

    parser = argparse.ArgumentParser(prog="python -m core.measure.reproduce", description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="write what comes out as the new committed results")
    parser.add_argument("--first", type=int, default=N, help=f"only so many scenarios ({N})")
    parser.add_argument("--workers", type=int, default=2, help="number of processes (2)")
    options = parser.parse_args(arguments)
    committed: Row = {} if options.write else json.loads(FILE.read_text("utf-8"))
    given = scenarios() if options.write else [_read(row["scenario"]) for row in committed["results"]]
    jobs = list(enumerate(given))[: options.first]
    rows = list(tqdm(each(run, jobs, options.workers), total=len(jobs), file=sys.stderr, disable=None))
    rows.sort(key=lambda row: int(row["index"]))
    if options.write:
        made = {"versions": {**versions(), "python": platform.python_version()}, "results": rows}
        FILE.write_text(json.dumps(made, indent=0) + "\n", "utf-8")
        print(f"{FILE.relative_to(ROOT)}: {len(rows)} scenarios")
        return 0
    found = [text for now in rows for text in differences(now, committed["results"][now["index"]])]
    for text in found:
        print(text)
    print(
        f"{len(rows)} scenarios on Python {platform.python_version()} {platform.machine()}: {len(found)} differences"
        f" from what {committed['versions']} gave"
    )
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
