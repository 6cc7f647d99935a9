"""What not knowing prices costs each agent: J at known prices less J at expected ones, the same days, in money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from core.agents.registry import AGENTS, REFERENCE, everywhere, make_agent
from core.engines.batch import totals_many
from core.measure import readme
from core.measure.forecasts import PAGE
from core.scenario import Scenario
from core.studies.bootstrap import interval
from core.tariffs import PERFECT, PRICE_FORECASTS
from core.tariffs.forecast import MODELS
from core.world import build_world

SITES: Final = {
    "workplace": Scenario(),
    "homes": Scenario(place="private", start_hour=12, length_h=24, intensity=20),
}
"""The default site, and homes through a night."""
DAYS: Final = tuple(dt.date(2024, 1, 2) + dt.timedelta(days=13 * k) for k in range(28))
"""All days of the week alike, over the year of the back-test."""


def cost(scenarios: Sequence[Scenario], agent: str) -> pd.DataFrame:
    """One agent's J on days under each of `PRICE_FORECASTS`.

    Returns
    -------
    DataFrame
        [days, price forecasts] EUR.
    """
    out = {}
    for known in PRICE_FORECASTS:
        worlds = [build_world(scenario.replace(price_forecast=known)) for scenario in scenarios]
        out[known] = totals_many(worlds, make_agent(agent))["objective_eur"]
    return pd.DataFrame(out)


def measure(days: Sequence[dt.date] = DAYS, agents: Sequence[str] = ()) -> pd.DataFrame:
    """Every agent that looks at prices ahead, on `SITES`.

    Returns
    -------
    DataFrame
        A row a site, agent and model: `gain_eur`, the mean day's gain over the reference with known prices; `cost_eur`,
        what of it is lost under the forecast, mean of a day, and `low`, `high`, its 95 % interval.
    """
    names = agents or [
        name for name in everywhere() if not (AGENTS[name].blind_to_weights or make_agent(name).foresight)
    ]
    rows = []
    for site, base in SITES.items():
        scenarios = [base.replace(date=day, seed=k) for k, day in enumerate(days)]
        reference = cost(scenarios, REFERENCE)[PERFECT]
        for name in names:
            reached = cost(scenarios, name)
            for model in MODELS:
                lost = (reached[PERFECT] - reached[model]).to_numpy()
                low, high = interval(lost)
                gain = float((reached[PERFECT] - reference).mean())
                rows.append(
                    {
                        "site": site, "agent": name, "model": model, "gain_eur": gain, "cost_eur": float(lost.mean()),
                        "low": low, "high": high,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def write_page(rows: pd.DataFrame, path: Path = PAGE) -> None:
    """Put the table into `docs/forecast.md`: a row a site and agent."""
    lines = [
        "| site | agent | gain over plug and charge, prices known | cost: same hour a week before | seasonal ARIMA"
        " | boosted trees |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for (site, agent), part in rows.groupby(["site", "agent"], sort=False):
        by_model = part.set_index("model")
        cells = [f"{by_model['gain_eur'].iloc[0]:.2f}"]
        numbers = by_model.loc[list(MODELS), ["cost_eur", "low", "high"]].round(2) + 0.0  # no negative zero
        cells += [f"{cost:.2f} ({low:.2f} to {high:.2f})" for cost, low, high in numbers.to_numpy()]
        lines.append(f"| {site} | `{agent}` | {' | '.join(cells)} |")
    readme.put("forecast-cost", "\n".join(lines), path)
