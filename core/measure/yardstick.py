"""`make yardstick`: does anybody beat the bound, or executed `best`, over the whole scenario space?

=========  ====================================================================================
set        scenarios
=========  ====================================================================================
`random`   as training and `regret` draw them: every field from its range (`core.studies.draw`)
`corners`  fields at the ends of their ranges, up to 30 stations
`weights`  each weight 0, 0.05 or 1 in all combinations but all zero, on `WEIGHT_DAYS`
=========  ====================================================================================

Every registered agent runs on every scenario, `mpc` on every `--mpc`-th of the first two sets and on all of the third.
The findings go into `docs/yardstick.md`.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from core.agents.optimum.best import Best
from core.agents.registry import AGENTS, REFERENCE, everywhere, make_agent
from core.engines.batch import Batch, totals_batch
from core.figures.style import MINUS
from core.measure import readme
from core.paths import ROOT
from core.scenario import WEIGHT_FIELDS, Scenario
from core.studies.captured import LEAST_EUR
from core.studies.draw import draw_corner, draw_scenario
from core.studies.processes import each
from core.world import build_world

PAGE: Final = ROOT / "docs" / "yardstick.md"
EUR: Final = 1e-6
"""Nobody may be above the bound by more than this."""
SECOND_EUR, SECOND_SHARE = 0.02, 0.002
"""Nobody may be above executed `best` by more than this, or by this share of what can be gained over the reference."""
SLOW: Final = "mpc"
WEIGHT_DAYS: Final = (
    {"seed": 0},
    {"seed": 1, "load_share": 1.0, "pv_share": 1.0, "dr_events": 1},
    {"seed": 2, "setpoint": True, "v2g_price_factor": 1.2, "transformer_limit_kw": 60.0},
)


def scenarios(n: int, seed: int) -> list[tuple[str, Scenario]]:
    """`n` scenarios, half `random`, half `corners`, and those of `weights`, each with the name of its set."""
    drawn = [("random", draw_scenario(np.random.default_rng([seed, 1, i]), "test")) for i in range(n - n // 2)]
    drawn += [("corners", draw_corner(np.random.default_rng([seed, 2, i]))) for i in range(n // 2)]
    for day in WEIGHT_DAYS:
        for weights in itertools.product((0.0, 0.05, 1.0), repeat=3):
            if any(weights):
                fields = dict(zip(WEIGHT_FIELDS, weights, strict=True))
                drawn.append(("weights", Scenario(**{**fields, **day})))
    return drawn


def measure(kind: str, scenario: Scenario, agents: Sequence[str]) -> dict[str, Any]:
    """One scenario: `set`, `link`, `bound`, `gap`, and J of every agent by name [EUR]."""
    batch = Batch([build_world(scenario)])
    best = Best()
    reached = {"best": float(totals_batch(batch, best)["objective_eur"][0])}
    assert best.bound_eur is not None
    assert best.bound_gap_eur is not None
    for name in agents:
        reached[name] = float(totals_batch(batch, make_agent(name))["objective_eur"][0])
    link = "&".join(f"{key}={value}" for key, value in scenario.to_query().items())
    proven = {"bound": float(best.bound_eur[0]), "gap": float(best.bound_gap_eur[0])}
    return {"set": kind, "link": link, **proven, **reached}


def _rows(drawn: Sequence[tuple[str, Scenario]], every: int, workers: int) -> Iterator[dict[str, Any]]:
    quick = [name for name in everywhere() if name not in ("best", SLOW)]
    jobs = (
        (kind, scenario, [*quick, SLOW] if kind == "weights" or i % every == 0 else quick)
        for i, (kind, scenario) in enumerate(drawn)
    )
    yield from each(measure, jobs, workers)


def judge(table: pd.DataFrame) -> pd.DataFrame:
    """A row a set, and one of all together.

    Parameters
    ----------
    table : DataFrame
        Rows of `measure`.

    Returns
    -------
    DataFrame
        `scenarios`, `runs`; `above_bound`: runs above the bound by more than `EUR`, `worst_eur`: the largest J less
        bound; `above_best`: scenarios in which somebody is above executed `best` by more than is allowed, `second_eur`:
        the most; and the distribution of bound less J of `best`: `lost_50`, `lost_90`, `lost_99`, `lost_100` in EUR,
        `share_50` to `share_99` of what can be gained over the reference (where at least a cent can be).
    """
    names = [name for name in AGENTS if name in table]
    rows = []
    for kind in [*dict.fromkeys(table["set"]), "all"]:
        part = table if kind == "all" else table[table["set"] == kind]
        reached = part[names].to_numpy()
        bound, best = part["bound"].to_numpy(), part["best"].to_numpy()
        possible = bound - part[REFERENCE].to_numpy()
        above_best = np.nanmax(reached, axis=1) - best
        lost = bound - best
        share = lost[possible >= LEAST_EUR] / possible[possible >= LEAST_EUR]
        rows.append(
            {
                "set": kind,
                "scenarios": len(part),
                "runs": int(np.isfinite(reached).sum()),
                "above_bound": int((reached > bound[:, None] + EUR).sum()),
                "worst_eur": float(np.nanmax(reached - bound[:, None])),
                "above_best": int((above_best > np.maximum(SECOND_EUR, SECOND_SHARE * possible)).sum()),
                "second_eur": float(above_best.max()),
                **{f"lost_{q}": float(np.quantile(lost, q / 100)) for q in (50, 90, 99, 100)},
                **{f"share_{q}": float(np.quantile(share, q / 100)) for q in (50, 90, 99)},
            }
        )
    return pd.DataFrame(rows)


def _page(judged: pd.DataFrame) -> str:
    """The table of `docs/yardstick.md`."""
    lines = [
        "| set | scenarios | runs | above the bound | nearest to it, EUR | above `best` | by at most, EUR |"
        " bound − `best`, EUR: median, 90 %, 99 %, most | of the possible gain: median, 90 %, 99 % |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in judged.itertuples():
        lost = " / ".join(f"{getattr(row, f'lost_{q}'):,.3f}" for q in (50, 90, 99, 100))
        share = " / ".join(f"{100 * getattr(row, f'share_{q}'):.2f} %" for q in (50, 90, 99))
        cells = (
            row.set, f"{row.scenarios:,}", f"{row.runs:,}", row.above_bound, f"{row.worst_eur:.7f}", row.above_best,
            f"{row.second_eur:,.3f}", lost, share,
        )  # fmt: skip
        lines.append("| " + " | ".join(str(cell) for cell in cells).replace("-", MINUS) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the page; exit code 1 where anybody is above the bound."""
    from tqdm import tqdm

    parser = argparse.ArgumentParser(prog="python -m core.measure.yardstick", description=__doc__.split("\n")[0])
    parser.add_argument("--scenarios", type=int, default=2000, help="random ones and corners together (2000)")
    parser.add_argument("--mpc", type=int, default=20, help="mpc runs on every so many (20)")
    parser.add_argument("--seed", type=int, default=9, help="of the draw (9)")
    parser.add_argument("--workers", type=int, default=2, help="number of processes (2)")
    parser.add_argument("--rows", help="also write every row to this CSV file")
    options = parser.parse_args(arguments)
    drawn = scenarios(options.scenarios, options.seed)
    rows = list(tqdm(_rows(drawn, options.mpc, options.workers), total=len(drawn), file=sys.stderr, disable=None))
    table = pd.DataFrame(rows)
    if options.rows:
        table.to_csv(options.rows, index=False)
    judged = judge(table)
    print(judged.T.to_string(header=False))
    readme.put("yardstick", _page(judged), PAGE)
    return int(judged["above_bound"].max() > 0)


if __name__ == "__main__":
    raise SystemExit(main())
