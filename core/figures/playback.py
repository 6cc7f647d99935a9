"""A station's day as it plays, and who serves its drivers best."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.accounts.playback import CHARGING, DISCHARGING, RunningMoney, SiteDay, running_money
from core.figures.channels import named_rows, quantity, rule_at, tip
from core.figures.figure import Figure, specification, table
from core.figures.findings import Finding
from core.figures.marks import in_one_breath
from core.figures.style import UNKNOWN, Style, number

Floats = NDArray[np.float64]

EMPTY_BYTE = 255
"""In place of a state of charge in percent, where no car is plugged in."""

PARTS = (
    ("energy_cost", -1, "charge"),
    ("v2g_revenue", 1, "discharge"),
    ("wear", -1, "load"),
    ("unmet", -1, "limit"),
)
"""What the drivers' profit consists of: its name in the catalogues under ``account``, its sign and its colour."""

ROW_PX = 26


def _parts(money: RunningMoney) -> dict[str, Floats]:
    """Those of `PARTS` that are known, so far [EUR]."""
    values = (money.energy_cost_eur, money.v2g_revenue_eur, money.wear_cost_eur, money.unmet_cost_eur)
    return {name: value for (name, _, _), value in zip(PARTS, values, strict=True) if value is not None}


# --- the day as it plays ----------------------------------------------------------------------------------------------
def player(day: SiteDay, place: int, style: Style) -> dict[str, Any]:
    """All that the walk-through draws, as plain numbers, texts and lists.

    Every figure is written here; who plays it only shows it. Lists along time have an entry a step; those that tell
    what has been until then have one more, for the end of the day.

    Parameters
    ----------
    day : SiteDay
    place : int
        The station that is looked at, counted in `day.stations`.
    style : Style
    """
    mine, money, colours = day.ports_of(place), running_money(day, place), style.colours
    sign = {name: sign for name, sign, _ in PARTS}
    amounts = {**{name: sign[name] * values for name, values in _parts(money).items()}, "total": money.total_eur}
    charge, give = (np.maximum(way * day.power_kw[mine], 0.0).sum(axis=0) for way in (1, -1))
    buy = day.buy_eur_per_kwh * style.rate
    status = day.status
    acting = ((status == CHARGING) | (status == DISCHARGING)).sum(axis=0)
    edges = day.edges_local.astype("datetime64[m]")
    return {
        "steps": day.n_steps,
        "poster": int(acting.argmax()),
        "clock": [str(time)[11:16] for time in edges],
        "dates": [str(time)[5:10] for time in edges],
        "stations": list(day.stations),
        "ports": day.ports_per_station,
        "place": place,
        "status": ["".join(map(str, row)) for row in status.tolist()],
        "before": [_percents(row) for row in day.soc_before_frac],
        "after": [_percents(row) for row in day.soc_after_frac],
        "transformers": _transformers(day),
        "lines": [line for before, after in zip(day.soc_before_frac[mine], day.soc_after_frac[mine], strict=True)
                  for line in _soc_lines(before, after)],
        "power": {"charge": charge.round(3).tolist(), "give": (-give).round(3).tolist(),
                  **_axis([0.0, 1.0, charge.max(), -give.max()])},
        "price": {"buy": buy.round(5).tolist(), **_axis([*buy, buy.max() + 0.01 * style.rate], most=2)},
        "money": {**{name: (values * style.rate).round(4).tolist() for name, values in amounts.items()},
                  **_axis([*(np.concatenate(list(amounts.values())) * style.rate), 10.0**-style.digits])},
        "shown": {
            "power": [[f"{number(kw, 1, signed=True)} kW" for kw in row] for row in day.power_kw[mine]],
            "soc": [_at_edges(day.soc_before_frac[port], day.soc_after_frac[port])
                    for port in range(mine.start, mine.stop)],
            "buy": [style.price(value) for value in day.buy_eur_per_kwh],
            "sell": [style.price(value) for value in day.sell_eur_per_kwh],
            "money": {name: [style.amount(value, signed=True) for value in values]
                      for name, values in amounts.items()},
        },
        "colours": {name: getattr(colours, name) for name in COLOURS},
    }  # fmt: skip


COLOURS = (
    "charge", "discharge", "price", "limit", "drivers", "text", "muted", "line", "idle", "load", "over", "background",
)  # fmt: skip


def _percents(soc_frac: Floats) -> str:
    """A byte a step in base64: whole percent, `EMPTY_BYTE` where no car is plugged in."""
    whole = np.where(np.isnan(soc_frac), EMPTY_BYTE, np.round(100 * np.nan_to_num(soc_frac)))
    return base64.b64encode(whole.astype(np.uint8).tobytes()).decode("ascii")


def _at_edges(before: Floats, after: Floats) -> list[str]:
    """State of charge at the begin of each step and the end of the last, as it is read."""
    return [UNKNOWN if soc != soc else f"{number(100 * soc, 0)} %" for soc in (*before, after[-1])]


def _soc_lines(before: Floats, after: Floats) -> list[dict[str, Any]]:
    """A line a car: the step in which it begins, and the state of charge there and at the end of each step."""
    out: list[dict[str, Any]] = []
    for step in np.flatnonzero(~np.isnan(before)).tolist():
        goes_on = bool(out) and out[-1]["from"] + len(out[-1]["soc"]) - 1 == step
        if not goes_on or before[step] != after[step - 1]:
            out.append({"from": step, "soc": [round(float(before[step]), 4)]})
        out[-1]["soc"].append(round(float(after[step]), 4))
    return out


def _transformers(day: SiteDay) -> list[dict[str, Any]]:
    """What each transformer carries, with its stations; one group without figures where nothing is known of them."""
    known = day.transformers
    if known is None:
        return [{"stations": list(range(len(day.stations)))}]
    out = []
    for i, (power, limit, lower) in enumerate(zip(known.power_kw, known.limit_kw, known.lower_limit_kw, strict=True)):
        low, high = min(0.0, power.min() * 1.04), max(power.max(), limit.max()) * 1.04
        out.append({
            "number": i,
            "stations": np.flatnonzero(known.of_station == i).tolist(),
            "power": power.round(1).tolist(), "limit": limit.round(1).tolist(), "low": low, "high": high,
            "over": (np.maximum(power - limit, lower - power) > 0.05).astype(int).tolist(),
            "shown": [f"{number(kw, 1)} kW" for kw in power],
            "shown_limit": [f"{number(kw, 1)} kW" for kw in limit],
        })  # fmt: skip
    return out


def _axis(values: ArrayLike, most: int = 3) -> dict[str, Any]:
    """A range of round numbers that holds all values: ``low``, ``high`` and labelled ``ticks``, at most `most` + 2."""
    low, high = float(np.min(values)), float(np.max(values))
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(power * factor for factor in (1, 2, 5, 10) if high - low <= most * power * factor * (1 + 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [i * step for i in range(first, last + 1)]
    return {"low": ticks[0], "high": ticks[-1], "ticks": [[tick, number(tick)] for tick in ticks]}


# --- who serves them best ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Served:
    """What one agent does for the drivers at a station."""

    name: str
    """As readers know it."""
    money: RunningMoney
    foresight: bool = False
    """Whether it knows the future: nobody is praised for that."""
    reference: bool = False
    """Whether the others are measured against it."""

    @property
    def total_eur(self) -> float:
        """Of the whole day."""
        return float(self.money.total_eur[-1])


def by_profit(served: Sequence[Served]) -> list[Served]:
    """Best first."""
    return sorted(served, key=lambda one: -one.total_eur)


def serves_best(served: Sequence[Served], station: int, cars: int, style: Style) -> list[Finding]:
    """Who serves a station's drivers best and by how much, against the next one and the reference; ties are said.

    Parameters
    ----------
    served : sequence of Served
        All of the same kind: with wear and unmet energy, or, as files have them, without.
    station : int
        Its number.
    cars : int
        That came to it.
    style : Style
    """
    if not cars:
        return [Finding("stations.nobody", {"station": station})]
    ranked = by_profit([one for one in served if not one.foresight] or served)
    kind = "bill" if ranked[0].money.unmet_cost_eur is None else "profit"
    printed = [style.rounded(one.total_eur) for one in ranked]
    first = [one for one, amount in zip(ranked, printed, strict=True) if amount == printed[0]]
    values: dict[str, str | int | float] = {
        "station": station, "agent": ranked[0].name, "n": len(first),
        "agents": in_one_breath([one.name for one in first], style),
        "amount": style.money(ranked[0].total_eur, signed=True),
    }  # fmt: skip
    if len(ranked) == 1:
        out = [Finding(f"stations.{kind}_alone", values)]
    elif len(first) == len(ranked):
        out = [Finding(f"stations.{kind}_all_alike", values)]
    else:
        second = ranked[len(first)]
        values |= {"second": second.name, "gap": style.money((printed[0] - printed[len(first)]) / style.rate)}
        out = [Finding(f"stations.{kind}_{'best' if len(first) == 1 else 'tied'}", values)]
    base = next((one for one in ranked if one.reference), None)
    if base is not None and base not in first:
        gain = (printed[0] - style.rounded(base.total_eur)) / style.rate
        out.append(Finding("stations.over_reference", {"base": base.name, "gain": style.money(gain)}))
    for one in (one for one in served if one.foresight and one not in ranked):
        amount = style.money(one.total_eur, signed=True)
        out.append(Finding("stations.with_foresight", {"agent": one.name, "amount": amount}))
    return out


def station_ranking(served: Sequence[Served], station: int, chosen: str, style: Style) -> Figure:
    """What each agent's day costs and brings the drivers at a station, best first.

    Parameters
    ----------
    served : sequence of Served
    station : int
        Its number.
    chosen : str
        Name of the one whose day plays.
    style : Style

    Returns
    -------
    Figure
        Data `bars` (a row an agent and part of its sum), `sums` (a row an agent) and `chosen`.
    """
    colour, label = style.colours, style.text
    ranked = by_profit(served)
    names = [one.name for one in ranked]
    kind = "bill" if any(one.money.unmet_cost_eur is None for one in ranked) else "profit"
    parts = [{name: values[-1] * style.rate for name, values in _parts(one.money).items()} for one in ranked]
    known = [(name, sign, getattr(colour, tint)) for name, sign, tint in PARTS if any(name in row for row in parts)]
    bars: dict[str, list[Any]] = {key: [] for key in ("name", "part", "from", "to", "low", "high", "shown")}
    for i, row in enumerate(parts):
        ends = {1: 0.0, -1: 0.0}
        for name, sign, _ in known:
            amount = sign * row[name]
            side = 1 if amount > 0 else -1
            bar = (names[i], label(f"account.{name}"), ends[side], ends[side] + amount, i - 0.36, i + 0.36,
                   style.money(amount / style.rate, signed=True))  # fmt: skip
            ends[side] += amount
            for key, value in zip(bars, bar, strict=True):
                bars[key].append(value)
    totals = np.array([one.total_eur for one in ranked])
    height = max(1, len(names)) * ROW_PX
    total_title = label(f"stations.{kind}_axis", currency=style.unit)
    x, y = quantity("from", total_title, padding=8), named_rows("low", names, height, style)
    row_of = {"y": {**y, "field": "low"}, "y2": {"field": "high"}}
    layers: list[dict[str, Any]] = [
        {
            "data": {"name": "chosen"},
            "mark": {"type": "rect", "color": colour.idle, "opacity": 0.7},
            "encoding": {"x": {"value": 0}, "x2": {"value": "width"}, **row_of},
        },
        {
            "data": {"name": "bars"},
            "mark": {"type": "rect"},
            "encoding": {
                "x": x,
                "x2": {"field": "to"},
                **row_of,
                "color": {
                    "field": "part",
                    "type": "nominal",
                    "scale": {
                        "domain": [label(f"account.{name}") for name, _, _ in known],
                        "range": [tint for _, _, tint in known],
                    },
                    "legend": {
                        "title": None, "symbolType": "square", "symbolSize": 80,
                        "columns": {"expr": "width < 420 ? 2 : 4"},
                    },
                },
                "tooltip": [tip("name", label("axis.agent")), tip("part", label("tip.line")),
                            tip("shown", style.unit)],
            },
        },
        rule_at("x", 0, colour.muted),
        {
            "data": {"name": "sums"},
            "mark": {
                "type": "point", "shape": "diamond", "filled": True, "size": 90, "opacity": 1, "color": colour.text,
                "stroke": colour.background, "strokeWidth": 1,
            },
            "encoding": {
                "x": {**x, "field": "total"},
                "y": {**y, "field": "place"},
                "tooltip": [tip("name", label("axis.agent")), tip("shown", total_title)],
            },
        },
    ]  # fmt: skip
    gap = style.rounded(totals[0]) - style.rounded(totals[-1])
    title = label(
        f"stations.{kind}_{'spread' if gap > 0 else 'no_spread'}", station=station, gap=style.money(gap / style.rate)
    )
    here = np.array([i for i, name in enumerate(names) if name == chosen], dtype=float)
    return Figure(
        title=title,
        subtitle=label(f"stations.{kind}_reading", currency=style.unit),
        alt=label("stations.ranking_alt", n=len(names), finding=title),
        spec=specification(style, height, layers),
        data={
            "bars": table(**{
                key: np.array(column, dtype=str if key in ("name", "part", "shown") else float)
                for key, column in bars.items()
            }),
            "sums": table(
                name=np.array(names, dtype=str),
                place=np.arange(len(names), dtype=float),
                total=(totals * style.rate).round(4),
                shown=np.array([style.money(value, signed=True) for value in totals], dtype=str),
            ),
            "chosen": table(low=here - 0.5, high=here + 0.5),
        },
    )  # fmt: skip
