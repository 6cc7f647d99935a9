"""What an agent does with one car, by the price of the moment, the battery and the time left: a slice of its policy.

The agent is asked once, through the same `act` as in every run, about many sites that differ in these three things
alone. At each, one car has just been plugged in and is the only one; no other load, no event and no set-point is in its
way. Weights, prices of the objective, V2G and the car are the scenario's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.agents.base import FleetView
from core.agents.registry import AGENTS, make_agent
from core.engines.views import ViewBuilder
from core.errors import AgentError
from core.scenario import Scenario
from core.world import World, build_world

Floats = NDArray[np.float64]

RATIOS: Final = tuple(float(x) for x in np.round(np.linspace(0.4, 1.6, 17), 3))
"""Price of the present step over the price of all later ones."""

SOCS: Final = tuple(float(x) for x in np.round((np.arange(13) + 0.5) / 13, 3))

STEPS_LEFT: Final = (4, 12, 32)
"""Steps in which the car can act: an hour, three and eight."""

LEAST_EUR_PER_KWH = 0.01
"""Later prices are at least this, so that a ratio to them means something."""

_OF_CAR = (
    "capacity_kwh", "wanted_kwh", "min_energy_kwh", "charge_kw", "discharge_kw", "taper", "full_charge_action",
    "full_discharge_action", "model",
)  # fmt: skip
"""Fields of a view that are the car's."""


def policy_slice(
    world: World, agent: str, *, ratios: Sequence[float] = RATIOS, socs: Sequence[float] = SOCS,
    steps_left: Sequence[int] = STEPS_LEFT,
) -> pd.DataFrame:  # fmt: skip
    """Ask an agent about every combination of price, battery and time left.

    Parameters
    ----------
    world : World
        The day whose car of middle size is taken, and whose mean prices hold for all later steps.
    agent : str
        Name of an agent without foresight that serves the site.
    ratios, socs : sequence of float
        Price now over the later price; energy in the battery over its capacity.
    steps_left : sequence of int
        Steps in which the car can act, at most the day's.

    Returns
    -------
    DataFrame
        A row a combination: `steps_left`, `price_ratio`, `soc_frac`, `action` in [-1, 1], `power_frac`, the action as a
        share of what charges (> 0) or discharges (< 0) at full power, and `wanted_frac`, the car's wanted energy over
        its capacity. Empty where no car comes to `world`.

    Raises
    ------
    AgentError
        For an unknown agent, one that knows the future, and one that was trained for sites of other sizes.
    """
    driver = make_agent(agent)
    if driver.foresight:
        raise AgentError(agent, "it knows the whole day, so that what it does is no answer to what it sees")
    if not AGENTS[agent].fits(world.scenario):
        raise AgentError(agent, "it was trained for sites with other numbers of ports")
    columns = ["steps_left", "price_ratio", "soc_frac", "action", "power_frac", "wanted_frac"]
    if not len(world.sessions):
        return pd.DataFrame(columns=columns, dtype=np.float64)
    steps = [min(n, world.n_steps) for n in steps_left]
    left, ratio, soc = (x.ravel() for x in np.meshgrid(steps, ratios, socs, indexing="ij"))
    site = build_world(_alone(world.scenario, whole=bool(AGENTS[agent].ports)))
    view = _views(site, world, left.astype(np.int64), ratio, soc)
    driver.prepare([site] * len(left))  # sizes alone are what it may look at
    action = np.clip(driver.act(view)[:, 0], -1.0, 1.0)
    most = np.where(action >= 0, view.full_charge_action[:, 0], view.full_discharge_action[:, 0])
    power = np.divide(action, most, out=np.zeros_like(action), where=most > 0)
    wanted = view.wanted_kwh[:, 0] / view.capacity_kwh[:, 0]
    found = (left, ratio, soc, action, np.clip(power, -1.0, 1.0), wanted)
    return pd.DataFrame(dict(zip(columns, found, strict=True)))


def _alone(scenario: Scenario, *, whole: bool) -> Scenario:
    """The scenario's site with nothing that limits a car; one station, unless the agent is for a whole site."""
    size = {} if whole else {"stations": 1, "ports_per_station": 1, "transformers": 1}
    highest = next(row["maximum"] for row in Scenario.fields() if row["name"] == "transformer_limit_kw")
    free = {
        "transformer_limit_kw": highest,
        "load_share": 0.0,
        "pv_share": 0.0,
        "dr_events": 0,
        "setpoint": False,
        "own_site": None,
    }
    return scenario.replace(**size, **free)


def _views(site: World, day: World, left: NDArray[np.int64], ratio: Floats, soc: Floats) -> FleetView:
    """One view of `len(left)` worlds before their first step: the car stands at the first port of each."""
    n, ports = len(left), site.scenario.n_ports
    empty = ViewBuilder([site]).view(0, np.zeros((1, ports)))
    car = _middle_car(day)

    def first(value: Any, dtype: Any = np.float64) -> NDArray[Any]:
        out = np.zeros((n, ports), dtype=dtype)
        out[:, 0] = value
        return out

    def tiled(value: Any) -> Any:
        return np.repeat(value, n, axis=0)

    of_world = {
        name: tiled(getattr(empty, name))
        for name in (
            "limit_kw", "limit_forecast_kw", "lower_limit_kw", "base_load_kw", "arrival_rate", "arrival_need_kwh",
            "arrival_stay_steps", "arrival_charge_kw",
        )
    }  # fmt: skip
    of_car: dict[str, Any] = {name: first(car[name], np.int64 if name == "model" else np.float64) for name in _OF_CAR}
    return replace(
        empty,
        **of_world,
        **of_car,
        connected=first(True, np.bool_),
        energy_kwh=first(soc * car["capacity_kwh"]),
        steps_left=first(left, np.int64),
        efficiency=car["efficiency"],
        objective=_priced(empty.objective, day, ratio),
    )


def _middle_car(day: World) -> dict[str, Any]:
    """What a view says of the day's car of middle size, by field, and the efficiency table that its model refers to."""
    sessions = day.sessions
    middle = int(np.argsort(sessions.capacity_kwh, kind="stable")[len(sessions) // 2])
    view = ViewBuilder([day]).view(int(sessions.arrival_step[middle]), np.zeros((1, day.scenario.n_ports)))
    port = int(sessions.port[middle])
    return {"efficiency": view.efficiency, **{name: getattr(view, name)[0, port] for name in _OF_CAR}}


def _priced(objective: Objective[Floats], day: World, ratio: Floats) -> Objective[Floats]:
    """The objective [worlds] at the day's mean prices, each world's own share of them in the first step."""
    n, prices = len(ratio), ("buy", "sell", "wholesale")
    priced = {f.name: np.repeat(getattr(objective, f.name), n, axis=0) for f in fields(Objective)}
    of_day = Objective.of(day)
    for name in prices:
        later = max(float(getattr(of_day, name).mean()), LEAST_EUR_PER_KWH)
        priced[name] = np.full(priced[name].shape, later)
        priced[name][:, 0] = later * ratio
    return Objective(**priced)
