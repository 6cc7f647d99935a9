"""`make quality`: measure every agent, and write `pretrained/quality.json`, which pages show, and README's table.

================ ==============================================================================================
section          worlds
================ ==============================================================================================
`held_out`       `HELD_OUT` random test scenarios over all slider ranges, as `python -m core regret` draws them
`stock`          `STOCK` test days of EV2Gym's V2GProfitMax scenario, whole-site agents beside
`unprojected`    the held-out scenarios, planner-corrected agents with their projection switched off
`weights`        `WEIGHTS` test scenarios, each with one weight low and high: does its stakeholder gain?
`decomposition`  validation scenarios on which things are revealed one after the other (`core.measure.decomposition`)
`anticipation`   validation scenarios, drawn several times each (`core.measure.anticipation`)
`published`      the field's own settings, by EV2Gym's indicators (`core.measure.published`)
`generalisation` large sites, long runs, a crisis year, KEPCO (`core.measure.generalisation`)
`cost`           no worlds: training, decisions a second and size (`core.measure.cost`)
================ ==============================================================================================
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.agents.base import Agent
from core.agents.learned import FOLDER, Learned, available, load_policy
from core.agents.learned.whole_site import SITES
from core.agents.looks import OBJECTIVE
from core.agents.registry import AGENTS, everywhere, make_agent
from core.engines.batch import totals_many
from core.figures.style import number, share_text
from core.measure import anticipation, cost, decomposition, generalisation, published, readme
from core.studies.bootstrap import interval
from core.studies.draw import draw_days, draw_scenarios
from core.studies.regret import regret
from core.studies.shipped_quality import FILE, SCHEMA_VERSION, load, paired
from core.world import build_world

Floats = NDArray[np.float64]

HELD_OUT, STOCK, WEIGHTS, SEED = 200, 50, 50, 1

WORKERS = 2

LOW, HIGH = 0.25, 1.0
"""Weights that are compared; the other two are `MIDDLE`."""
MIDDLE = 0.5

MONEY = {"w_user": "user_profit_eur", "w_provider": "provider_margin_eur", "w_grid": "grid_value_eur"}
"""Each weight's stakeholder, in the ledger's names."""


def held_out() -> dict[str, Any]:
    """Every agent that serves any site, on random held-out scenarios."""
    result = regret(
        HELD_OUT,
        seed=SEED,
        agents=everywhere(),
        extra={"plan": Learned()},
        workers=WORKERS,
        progress=_progress("held_out"),
    )
    return {"seed": SEED, **result}


def unprojected() -> dict[str, Any]:
    """Planner-corrected agents without their projection, on the same scenarios."""
    free = {name: Learned(load_policy(name), projection=False) for name in available("planner_corrected")}
    result = regret(HELD_OUT, seed=SEED, agents=[], extra=free, workers=WORKERS, progress=_progress("unprojected"))
    return {"n": result["n"], "agents": result["agents"]}


def stock() -> dict[str, Any]:
    """Every agent that serves the stock site on its days, of whole-site agents those that learned the objective."""
    extra: dict[str, Agent] = {"plan": Learned()}
    days = draw_days(SITES["stock"], STOCK, "test", SEED)
    names = [
        name for name, info in AGENTS.items() if info.fits(days[0]) and info.reward in ("", OBJECTIVE)
    ]  # those of the original's rewards are compared in its own experiment
    result = regret(0, scenarios=days, agents=names, extra=extra, progress=_progress("stock"))
    return {"n": result["n"], "agents": result["agents"]}


def weights() -> dict[str, Any]:
    """What raising one weight from `LOW` to `HIGH` changes in its stakeholder's own money, mean over scenarios."""
    drawn = draw_scenarios(WEIGHTS, "test", SEED)
    names = [*(name for name in everywhere() if AGENTS[name].learned), "best"]
    out: dict[str, Any] = {name: {} for name in names}
    for weight, money in MONEY.items():
        progress = _progress(f"weights {weight}")
        found: dict[str, list[Floats]] = {name: [] for name in names}
        for value in (LOW, HIGH):
            middle = {name: MIDDLE for name in MONEY if name != weight}
            worlds = [build_world(scenario.replace(**middle, **{weight: value})) for scenario in drawn]
            for i, name in enumerate(names):
                found[name].append(totals_many(worlds, make_agent(name))[money])
                progress(i + 1, len(names))
        for name, (low, high) in found.items():
            out[name][weight] = _change(low, high)
    return {"n": WEIGHTS, "low": LOW, "high": HIGH, "others": MIDDLE, "agents": out}


def _change(low: Floats, high: Floats) -> dict[str, float]:
    """Means, and the mean difference with its 95 % bootstrap interval over scenarios."""
    change = high - low
    bottom, top = interval(change)
    return {
        "low": float(low.mean()),
        "high": float(high.mean()),
        "change": float(change.mean()),
        "change_low": bottom,
        "change_high": top,
    }


SECTIONS: dict[str, Callable[[], dict[str, Any]]] = {
    "held_out": held_out,
    "stock": stock,
    "unprojected": unprojected,
    "weights": weights,
    "decomposition": lambda: decomposition.decomposition(progress=_progress("decomposition")),
    "anticipation": lambda: anticipation.anticipation(progress=_progress("anticipation")),
    "published": lambda: published.published(workers=WORKERS, progress=_progress("published")),
    "generalisation": lambda: generalisation.generalisation(workers=WORKERS, progress=_progress("generalisation")),
    "cost": lambda: cost.cost(load()),
}

TABLES: dict[str, Callable[[dict[str, Any]], None]] = {
    "decomposition": lambda content: decomposition.write_page(content["decomposition"]),
    "anticipation": lambda content: anticipation.write_page(content["anticipation"]),
    "published": lambda content: published.write_page(content["published"]),
    "generalisation": lambda content: generalisation.write_page(content["generalisation"], content.get("held_out")),
    "cost": lambda content: cost.write_page(content["cost"]),
}
"""What writes a section's table into a page of docs/."""


def readme_table(content: dict[str, Any]) -> str:
    """README's table: every agent on held-out scenarios, with its share on stock days beside."""
    agents, days = content["held_out"]["agents"], content["stock"]["agents"]
    lines = [
        "| agent | captured (95 % interval) | median | less `mpc`, points | ready | overload, kWh | wear, kWh |"
        " decision, ms | stock days |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    order = sorted(agents, key=lambda name: -agents[name]["captured"])
    for name in [*order, *(name for name in days if name not in agents)]:
        row, day = agents.get(name), days.get(name)
        cells = ["–"] * 7
        if row is not None:
            low, high = 100 * row["captured_low"], 100 * row["captured_high"]
            cells = [
                f"{share_text(row['captured'])} ({number(low, 1)} to {number(high, 1)})",
                share_text(row["median_captured"]),
                _paired(content["held_out"], name),
                f"{100 * row['ready_frac']:.1f} %",
                f"{row['overload_kwh']:,.0f}",
                f"{row['wear_kwh']:,.0f}",
                f"{row['decision_ms']:.2f}",
            ]
        share = "–" if day is None else share_text(day["captured"])
        lines.append(f"| `{name}` | {' | '.join(cells)} | {share} |")
    return "\n".join(lines)


def _paired(section: dict[str, Any], name: str) -> str:
    """How much more an agent captures than `mpc` on the same scenarios, in points, with its 95 % interval."""
    found = paired(section, name)
    if found is None:
        return "–"
    mean, low, high = (number(100 * value, 1) for value in found)
    return f"{mean} ({low} to {high})"


def _progress(what: str) -> Any:
    from tqdm import tqdm

    bar = tqdm(desc=what, file=sys.stderr, disable=None)

    def step(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)
        if done == total:
            bar.close()

    return step


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all sections, or some, and write the file; the others stay as they are."""
    parser = argparse.ArgumentParser(prog="python -m core.measure.quality", description=__doc__.split("\n")[0])
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(SECTIONS)} (all)")
    asked = parser.parse_args(arguments).sections or list(SECTIONS)
    unknown = [name for name in asked if name not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]}")
    content: dict[str, Any] = load() or {"schema_version": SCHEMA_VERSION}
    for name in asked:
        content[name] = SECTIONS[name]()
        content["made"] = made()
        (FOLDER / FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        if name in TABLES:
            TABLES[name](content)
    if "held_out" in content and "stock" in content:
        readme.put("quality", readme_table(content))
    return 0


def made() -> dict[str, Any]:
    """When, by which command and with what."""
    packages = ("ev2gym", "numpy", "scipy", "stable-baselines3", "sb3-contrib", "torch")
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "command": "make quality",
        "versions": {name: version(name) for name in packages},
    }


if __name__ == "__main__":
    sys.exit(main())
