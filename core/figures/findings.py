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
from core.accounts.objective import Objective
from core.figures.channels import clock
from core.figures.style import Style
from core.scenario import STEP_HOURS, STEP_MINUTES
from core.studies.run import Result
from core.world import World

Floats = NDArray[np.float64]

SHORT_KWH = 0.05
"""A car that lacks less than this is called ready: a twentieth of a kWh is a few hundred metres."""

USED_KWH = 0.05
"""Less given back than this is written as nothing."""

OVER_KWH = 0.05
"""Less overload than this is none: it is written as 0.0 kWh."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence: its catalogue key and what fills it."""

    key: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)


GRAVE = 0.05
"""Faults from this severity on are named before any money: a twentieth beyond the limit, or of what a car wants."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a run does badly, on a scale that makes faults comparable.

    Parameters
    ----------
    severity : float
        How far from what should be, as a share of it: the highest power beyond a transformer's limit over the highest
        limit of its day, or the energy missing in the car served worst over what its driver wants.
    leading, following : Finding
        The sentence where it is the headline, and where it comes after one.
    """

    severity: float
    leading: Finding
    following: Finding


def headline(result: Result, reference: Result, style: Style) -> list[Finding]:
    """What happened, worst first, in up to three sentences.

    In order: faults of `GRAVE` severity, the gravest first; money for the drivers; slighter faults; what is well.
    """
    agent, base = result.ledger.totals, reference.ledger.totals
    found = faults(result, reference, style)
    if agent.cars == 0:
        return [Finding("headline.empty"), *(fault.following for fault in found)]
    name = style.text(f"agents.{result.trace.agent}.name")
    if result.trace.agent == reference.trace.agent:
        money = Finding(
            "headline.reference", {"agent": name, "amount": style.money(agent.user_profit_eur, signed=True)}
        )
    else:
        gain = agent.user_profit_eur - base.user_profit_eur
        printed = style.rounded(gain)
        key = "gain" if printed > 0 else "loss" if printed < 0 else "same"
        money = Finding(f"headline.{key}", {"agent": name, "amount": style.money(abs(gain))})
    grave = [fault for fault in found if fault.severity >= GRAVE]
    first = [fault.leading if fault is grave[0] else fault.following for fault in grave]
    after = [fault.following for fault in found if fault.severity < GRAVE]
    return [*first, money, *after, *_well(result, reference, style)]


def faults(result: Result, reference: Result, style: Style) -> list[Fault]:
    """What a run does badly, gravest first: overload, and cars that leave short."""
    out = [fault for fault in (_overload(result, reference, style), _shortage(result, style)) if fault]
    return sorted(out, key=lambda fault: -fault.severity)


def _shortage(result: Result, style: Style) -> Fault | None:
    totals, short = result.ledger.totals, cars_short(result)
    if short == 0:
        return None
    values: dict[str, str | int | float] = {"short": short, "cars": totals.cars, "unmet": totals.unmet_kwh}
    return Fault(
        1.0 - totals.worst_ready_frac,
        Finding("headline.short_first", {**values, "agent": style.text(f"agents.{result.trace.agent}.name")}),
        Finding("headline.short", values),
    )


def cars_short(result: Result) -> int:
    """Number of cars that leave without the energy they want."""
    return int((result.ledger.sessions["unmet_kwh"] > SHORT_KWH).sum())


def _overload(result: Result, reference: Result, style: Style) -> Fault | None:
    world, over = result.world, result.ledger.totals.overload_kwh
    if over < OVER_KWH:
        return None
    power = transformer_power_kw(world, result.trace)
    beyond = overload_kw(world, power)
    worst = np.unravel_index(int(beyond.argmax()), beyond.shape)
    back = power[worst] < 0
    limit = np.abs((world.lower_limit_kw if back else world.limit_kw)[worst[0]])
    rated = float(world.limit_kw[worst[0]].max())
    values: dict[str, str | int | float] = {
        "over": over, "base": reference.ledger.totals.overload_kwh,
        "transformers": result.scenario.transformers, "peak": abs(float(power[worst])),
        "limit": float(limit[worst[1]]), "lowered": int(round(limit[worst[1]]) < round(limit.max())),
        "agent": style.text(f"agents.{result.trace.agent}.name"),
        "against": style.text(f"agents.{reference.trace.agent}.name"),
    }  # fmt: skip
    without_cars = float(overload_kw(world, world.base_load_kw).sum() * STEP_HOURS)
    if without_cars >= over - OVER_KWH:  # nobody's cars do this
        key = "headline.overload_anyway" if result.ledger.totals.cars else "headline.overload_empty"
        sentence = Finding(key, {**values, "anyway": without_cars})
        return Fault(float(beyond[worst]) / rated, sentence, sentence)
    alone = "_alone" if result.trace.agent == reference.trace.agent else ""
    way = "_back" if back else ""
    return Fault(
        float(beyond[worst]) / rated,
        Finding(f"headline.overload_first{way}{alone}", values),
        Finding("headline.overload" if alone else "headline.overload_left", values),
    )


def lowest_limit(limit_kw: Floats, world: World) -> tuple[dict[str, str | float], slice] | None:
    """When a limit [steps] is lowest, first, as sentences name it, and those steps; None where it is always the same.

    Demand-response events lower a limit, and a visitor's own may be another at each hour.
    """
    least = float(limit_kw.min())
    if round(float(limit_kw.max())) == round(least):
        return None
    low = np.append(limit_kw < least + 0.05, False)
    begin = int(low.argmax())
    end = begin + int((~low[begin:]).argmax())
    until = world.times_local[end - 1] + np.timedelta64(STEP_MINUTES, "m")
    return {"from": clock(world.times_local[begin]), "to": clock(until), "low": least}, slice(begin, end)


def _well(result: Result, reference: Result, style: Style) -> list[Finding]:
    """What is as it should be: cars that are ready, and transformers within their limit, also where it is lowered."""
    out = []
    totals, base = result.ledger.totals, reference.ledger.totals
    lowest = lowest_limit(result.world.limit_kw.sum(axis=0), result.world)
    also = style.text("headline.also_lowered", **lowest[0]) if lowest else ""
    if cars_short(result) == 0:
        out.append(Finding("headline.all_ready", {"cars": totals.cars}))
    if totals.overload_kwh < OVER_KWH:
        gone = base.overload_kwh >= OVER_KWH and result.trace.agent != reference.trace.agent
        out.append(
            Finding("headline.overload_gone", {"base": base.overload_kwh, "also": also})
            if gone
            else Finding("headline.within_limit", {"transformers": result.scenario.transformers, "also": also})
        )
    return out


def nothing_left(result: Result, reference: Result, style: Style) -> list[Finding]:
    """For which stakeholders nothing is left to gain on this day, and why: raising their weight cannot help them.

    Only what follows from the day itself or from what the run reached: where it is not known, nothing is said.
    """
    scenario, totals, objective = result.scenario, result.ledger.totals, Objective.of(result.world)
    if totals.cars == 0:
        return []
    out = []
    if _price_is_all_alike(result) and style.rounded(totals.user_profit_eur) >= style.rounded(_least_bill(result)):
        out.append(Finding("nothing_left.drivers"))
    prices = [objective.buy, objective.sell] if scenario.v2g else [objective.buy]
    if objective.demand_price == 0 and np.abs(np.stack(prices) - objective.wholesale).max() < 1e-9:
        out.append(Finding("nothing_left.provider"))
    free = objective.overload_price == 0 and (objective.deviation_price == 0 or result.world.setpoint_kw is None)
    if free:
        out.append(Finding("nothing_left.grid_free"))
    elif style.rounded(totals.grid_value_eur) == 0 and totals.overload_kwh < OVER_KWH:
        gone = reference.ledger.totals.overload_kwh >= OVER_KWH and result.trace.agent != reference.trace.agent
        out.append(Finding("nothing_left.grid_gone" if gone else "nothing_left.grid"))
    return out


def _price_is_all_alike(result: Result) -> bool:
    """Whether drivers can gain nothing by timing: one price, no use in giving back, none in leaving short."""
    objective, s = Objective.of(result.world), result.world.sessions
    price = float(objective.buy[0])
    if np.abs(objective.buy - price).max() > 1e-9 or objective.unmet_price < price:
        return False
    if not result.scenario.v2g:
        return True
    paid = float(objective.sell.max()) - objective.wear_price
    spare = bool((s.arrival_energy_kwh > s.wanted_energy_kwh).any())
    return paid <= (0.0 if spare else min(price, objective.unmet_price))


def _least_bill(result: Result) -> float:
    """Drivers' profit where every car is charged just what is wanted, at the first step's price [EUR]."""
    s, price = result.world.sessions, float(result.world.prices.buy_eur_per_kwh[0])
    return -price * float(np.maximum(0.0, s.wanted_energy_kwh - s.arrival_energy_kwh).sum())


def v2g_effect(result: Result, without: Result, style: Style) -> list[Finding]:
    """What V2G itself does: this run less the same agent's run of the same day without V2G.

    Where drivers gain, a second sentence says what that changes for the others; where they gain nothing though energy
    was given back, whom it serves at which weight, or that nobody gains.
    """
    scenario, totals, base = result.scenario, result.ledger.totals, without.ledger.totals
    change = {
        "drivers": totals.user_profit_eur - base.user_profit_eur,
        "provider": totals.provider_margin_eur - base.provider_margin_eur,
        "grid": totals.grid_value_eur - base.grid_value_eur,
    }
    gain, printed = change["drivers"], style.rounded(change["drivers"])
    if totals.discharged_kwh < USED_KWH:
        return [Finding("explore.v2g_unused")]
    key = "gains" if printed > 0 else "costs" if printed < 0 else "nothing"
    car = abs(gain) / max(1, totals.cars)
    each = style.text("explore.v2g_each", car=style.money(car)) if totals.cars > 1 and style.rounded(car) else ""
    out = [Finding(f"explore.v2g_{key}", {"amount": style.money(abs(gain)), "each": each})]
    weighed = totals.objective_eur - base.objective_eur
    if printed > 0:
        others = {who: style.money(change[who], signed=True) for who in ("provider", "grid")}
        if any(style.rounded(change[who]) for who in others):
            out.append(Finding("explore.v2g_others", {**others, "weighed": style.money(weighed, signed=True)}))
        return out
    served = [who for who in ("provider", "grid") if style.rounded(change[who]) > 0]
    out.append(
        Finding(
            f"explore.v2g_for_{'_and_'.join(served) or 'nobody'}",
            {
                **{who: style.amount(value, signed=True) for who, value in change.items()},
                "currency": style.unit, "wear": style.money(totals.wear_cost_eur),
                "w_user": f"{scenario.w_user:g}", "w_provider": f"{scenario.w_provider:g}",
                "w_grid": f"{scenario.w_grid:g}", "weighed": style.money(weighed, signed=True),
            },
        )
    )  # fmt: skip
    if style.rounded(weighed) < 0:
        out.append(Finding("explore.v2g_worse", {"amount": style.money(-weighed)}))
    return out
