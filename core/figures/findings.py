"""What a run shows, as catalogue keys and numbers; the words are in `data/locales`.

Each function looks at results only and returns a `Finding`; sentences are picked by case, so that no template has to
bend words around numbers, in any language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.accounts.ledger import overload_kw, transformer_power_kw
from core.figures.style import Style
from core.scenario import STEP_HOURS, STEP_MINUTES
from core.studies.run import Result

SHORT_KWH = 0.05
"""A car that lacks less than this is called ready: a twentieth of a kWh is a few hundred metres."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence: its catalogue key and what fills it."""

    key: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)


def headline(result: Result, reference: Result, style: Style) -> list[Finding]:
    """What happened, in up to three sentences: money for the drivers, cars ready, overload."""
    agent, base = result.ledger.totals, reference.ledger.totals
    if agent.cars == 0:
        return [Finding("headline.empty")]
    name = style.text(f"agents.{result.trace.agent}.name")
    if result.trace.agent == reference.trace.agent:
        first = Finding(
            "headline.reference", {"agent": name, "amount": style.money(agent.user_profit_eur, signed=True)}
        )
    else:
        gain = agent.user_profit_eur - base.user_profit_eur
        printed = style.rounded(gain)
        key = "gain" if printed > 0 else "loss" if printed < 0 else "same"
        first = Finding(f"headline.{key}", {"agent": name, "amount": style.money(abs(gain))})
    return [first, _readiness(result), _overload(result, reference)]


def _readiness(result: Result) -> Finding:
    totals = result.ledger.totals
    short = cars_short(result)
    if short == 0:
        return Finding("headline.all_ready", {"cars": totals.cars})
    return Finding("headline.short", {"short": short, "cars": totals.cars, "unmet": totals.unmet_kwh})


def cars_short(result: Result) -> int:
    """Number of cars that leave without the energy they want."""
    return int((result.ledger.sessions["unmet_kwh"] > SHORT_KWH).sum())


def _overload(result: Result, reference: Result) -> Finding:
    over, base = result.ledger.totals.overload_kwh, reference.ledger.totals.overload_kwh
    if over < 0.05:
        if base < 0.05 or result.trace.agent == reference.trace.agent:
            return Finding("headline.within_limit")
        return Finding("headline.overload_gone", {"base": base})
    if result.trace.agent == reference.trace.agent:
        return Finding("headline.overload", {"over": over})
    return Finding("headline.overload_left", {"over": over, "base": base})


def when_cars_charge(result: Result) -> Finding:
    """The shortest stretches of the day that hold half of all charging, and half of all discharging."""
    steps = result.ledger.steps
    charged, discharged = steps["charged_kwh"].to_numpy(), steps["discharged_kwh"].to_numpy()
    if charged.sum() < 0.05:
        return Finding("finding.no_charging")
    values: dict[str, str] = {}
    values["from"], values["to"] = _clock(result, *shortest_window(charged))
    if discharged.sum() < 0.05:
        return Finding("finding.charging", values)
    values["back_from"], values["back_to"] = _clock(result, *shortest_window(discharged))
    return Finding("finding.charging_and_discharging", values)


def shortest_window(energy_kwh: NDArray[np.float64], share: float = 0.5) -> tuple[int, int]:
    """First and last step, both included, of the shortest (then earliest) stretch with `share` of the energy [kWh]."""
    total = np.concatenate([[0.0], energy_kwh.cumsum()])
    goal = share * total[-1] * (1 - 1e-9)
    end = np.searchsorted(total, total[:-1] + goal)  # first index whose sum reaches the goal from each start
    length = np.where(end < len(total), end - np.arange(len(end)), len(total) + 1)
    first = int(length.argmin())
    return first, int(end[first]) - 1


def _clock(result: Result, first: int, last: int) -> tuple[str, str]:
    times = result.world.times_local
    return _hm(times[first]), _hm(times[last] + np.timedelta64(STEP_MINUTES, "m"))


def _hm(time: np.datetime64) -> str:
    return str(time.astype("datetime64[m]"))[-5:]


def peak_and_limit(result: Result, reference: Result, transformer: int | None = None) -> Finding:
    """How close to the limit the site (or one transformer) comes, and how much beyond, against the reference."""
    world = result.world
    pick = slice(None) if transformer is None else slice(transformer, transformer + 1)
    limit = world.limit_kw[pick]
    each = transformer_power_kw(world, result.trace)[pick]
    power = each.sum(axis=0)
    at = int(power.argmax())

    def over_kwh(run: Result) -> float:
        return float(overload_kw(world, transformer_power_kw(world, run.trace))[pick].sum() * STEP_HOURS)

    over, base = over_kwh(result), over_kwh(reference)
    values: dict[str, str | float] = {
        "peak": float(power[at]), "limit": float(limit.sum(axis=0)[at]), "time": _hm(world.times_local[at]),
        "over": over, "base": base,
    }  # fmt: skip
    if over >= 0.05:
        return Finding("finding.over_limit", values)
    same = result.trace.agent == reference.trace.agent
    return Finding("finding.within_limit" if base < 0.05 or same else "finding.within_limit_now", values)


def station_gains(result: Result, reference: Result, style: Style) -> Finding:
    """At how many stations drivers gain over the reference, and where most and least."""
    agent, base = result.ledger.stations, reference.ledger.stations
    used = agent["cars"].to_numpy() > 0
    if not used.any():
        return Finding("finding.no_cars")
    profit = agent["user_profit_eur"].to_numpy()
    if result.trace.agent == reference.trace.agent:
        best = int(np.where(used, profit, -np.inf).argmax())
        return Finding(
            "finding.stations_alone",
            {"used": int(used.sum()), "best": best, "amount": style.money(profit[best], signed=True)},
        )
    gain = profit - base["user_profit_eur"].to_numpy()
    gainers = int((used & np.array([style.rounded(v) > 0 for v in gain])).sum())
    best = int(np.where(used, gain, -np.inf).argmax())
    values: dict[str, str | int | float] = {
        "gainers": gainers, "used": int(used.sum()), "best": best, "amount": style.money(gain[best], signed=True)
    }  # fmt: skip
    return Finding("finding.stations_gain" if gainers else "finding.stations_none", values)


def who_gains(result: Result, reference: Result, style: Style) -> Finding:
    """Each stakeholder's difference to the reference."""
    agent, base = result.ledger.totals, reference.ledger.totals
    if agent.cars == 0:
        return Finding("finding.no_cars")
    same = result.trace.agent == reference.trace.agent
    names = {"drivers": "user_profit_eur", "provider": "provider_margin_eur", "grid": "grid_value_eur"}
    values = {
        key: style.amount(getattr(agent, name) - (0.0 if same else getattr(base, name)), signed=True)
        for key, name in names.items()
    }
    return Finding("finding.accounts" if same else "finding.accounts_change", {**values, "currency": style.currency})


def station_day(result: Result, reference: Result, station: int, style: Style) -> Finding:
    """One station's energy and profit."""
    row, base = result.ledger.stations.iloc[station], reference.ledger.stations.iloc[station]
    if row["cars"] == 0:
        return Finding("finding.station_empty", {"station": station})
    values: dict[str, str | int | float] = {
        "station": station, "cars": int(row["cars"]),
        "charged": float(row["charged_kwh"]), "discharged": float(row["discharged_kwh"]),
        "profit": style.money(float(row["user_profit_eur"]), signed=True),
        "base": style.money(float(base["user_profit_eur"]), signed=True),
    }  # fmt: skip
    same = result.trace.agent == reference.trace.agent
    return Finding("finding.station_day_alone" if same else "finding.station_day", values)
