"""Why a station did what it did, step by step: the quantities an agent could weigh, and a reason that fits them.

A reason is read off the quantities, never off the agent's mind: the same rules explain a rule of thumb, an optimum and
a learned policy. They are tried in the order of `REASONS`; the first that holds is given.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.accounts.ledger import transformer_power_kw
from core.accounts.objective import Objective
from core.accounts.trace import Trace
from core.world import World
from core.world.battery import car_limits, steps_to_reach

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POWER_KW: Final = 0.01
"""Less power than this is idling."""

ENERGY_KWH: Final = 0.011
"""Less energy than this is nothing: EV2Gym rounds batteries to 0.01 kWh."""

PRICE_EUR: Final = 1e-9

REASONS: Final[tuple[str, ...]] = (
    "empty",
    "charge_must",
    "charge_limited",
    "charge_cheap",
    "charge_resale",
    "charge_early",
    "discharge_grid",
    "discharge_dear",
    "discharge_spare",
    "discharge_loss",
    "idle_full",
    "idle_limited",
    "idle_late",
    "idle_cheaper_later",
    "idle_ready",
    "idle_slack",
)
"""Reasons in the order in which they are tried.

========================  ==========================================================================================
empty                     no car is plugged in
charge_must               charges, and needs every step that is left (slack <= 0)
charge_limited            charges below the car's power, and the transformer has no room for the rest
charge_cheap              charges, and fewer cheaper steps are left than it needs: waiting would not pay
charge_resale             charges more than it needs in cheap steps: a later step of the stay pays more than this costs
charge_early              charges although enough cheaper steps are left
discharge_grid            gives back, and without it the transformer would be above its limit
discharge_dear            gives back, and can be charged again for less later in the stay, wear included
discharge_spare           gives back energy beyond what the driver wants
discharge_loss            gives back although charging again costs more
idle_full                 the battery is full, or cannot give and has what is wanted
idle_limited              needs energy, but the transformer has no room
idle_late                 needs energy and has no slack left, yet idles: it will leave short
idle_cheaper_later        needs energy; cheaper steps of the stay are still to come
idle_ready                has what the driver wants, and no step pays enough to give back
idle_slack                needs energy, no cheaper step is to come, but there is still time
========================  ==========================================================================================
"""


def explain_station(world: World, trace: Trace, station: int) -> pd.DataFrame:
    """Every step of every port of one station, with quantities and a reason.

    Parameters
    ----------
    world : World
    trace : Trace
        What an agent did to it.
    station : int

    Returns
    -------
    pandas.DataFrame
        A row a port and step, by port and time:

        - ``time_local``, ``step``, ``port``; ``session`` (row of the ledger's sessions, -1 at an empty port), ``car``;
        - ``power_kw``; ``soc_frac`` at the end of the step;
        - ``buy_eur_per_kwh``, ``sell_eur_per_kwh``; ``price_rank`` of the charging price among the ``stay_steps``
          of the stay (1 is cheapest, equal prices share a rank); ``cheaper_steps_left``: cheaper steps still to come;
        - ``energy_needed_kwh`` before the step; ``steps_needed`` for it at full power; ``slack_steps``: steps left,
          this one included, minus steps needed;
        - ``limit_kw`` in force at the station's transformer, ``headroom_kw`` left below it, ``limit_share`` used;
        - ``reason``: one of `REASONS`.
    """
    scenario = world.scenario
    ports = np.arange(station * scenario.ports_per_station, (station + 1) * scenario.ports_per_station)
    steps = np.arange(world.n_steps)
    at = world.occupancy[ports]  # [ports, steps]
    here = at >= 0
    s, limits, objective = world.sessions, car_limits(world), Objective.of(world)

    def of_car(values: NDArray[np.generic]) -> Floats:
        """[ports, steps]: a session's value where its car is plugged in, 0 elsewhere."""
        return np.where(here, np.append(values, 0)[at], 0).astype(np.float64)

    power = trace.power_kw[ports]
    after = np.nan_to_num(trace.energy_kwh[ports])
    before = np.where(steps == of_car(s.arrival_step), of_car(s.arrival_energy_kwh), np.roll(after, 1, axis=1))
    before = np.where(here, before, 0.0)
    capacity, wanted = of_car(s.capacity_kwh), of_car(s.wanted_energy_kwh)
    charge_kw, taper = of_car(limits.charge_kw), of_car(limits.taper)
    needed = np.maximum(0.0, wanted - before)
    needed_steps = steps_to_reach(
        before, wanted, charge_kw=charge_kw, taper=taper, capacity_kwh=capacity, most_steps=world.n_steps
    )
    steps_left = np.where(here, of_car(s.departure_step) - steps + 1, 0).astype(np.int64)
    rank, cheaper_left, best_sell, cheapest_buy = _prices_of_stays(at, objective, s.arrival_step, s.departure_step)
    transformer = world.station_transformer[station]
    site = transformer_power_kw(world, trace)[transformer]
    limit = world.limit_kw[transformer]
    headroom = limit - site
    can_give = scenario.v2g & (of_car(limits.discharge_kw) > 0)
    slack = steps_left - needed_steps
    wear, buy, sell = objective.wear_price, objective.buy, objective.sell

    short = needed > ENERGY_KWH
    charging, giving = here & (power > POWER_KW), here & (power < -POWER_KW)
    idle = here & ~charging & ~giving
    most_now = np.minimum(charge_kw, taper * np.maximum(0.0, capacity - before) * 4)  # 4 steps an hour
    no_room = headroom < 0.05 * np.maximum(charge_kw, 1.0)
    tests = {
        "empty": ~here,
        "charge_must": charging & short & (slack <= 0),
        "charge_limited": charging & no_room & (headroom > -POWER_KW) & (power < 0.98 * most_now),
        "charge_cheap": charging & short & (cheaper_left < needed_steps),
        "charge_resale": charging & can_give & (best_sell > buy + wear + PRICE_EUR),
        "charge_early": charging,
        "discharge_grid": giving & (site - power > limit),
        "discharge_dear": giving & (sell > cheapest_buy + wear + PRICE_EUR),
        "discharge_spare": giving & (before > wanted + ENERGY_KWH),
        "discharge_loss": giving,
        "idle_full": idle & ((before > capacity - ENERGY_KWH) | (~short & ~can_give)),
        "idle_limited": idle & short & no_room,
        "idle_late": idle & short & (slack <= 0),
        "idle_cheaper_later": idle & short & (cheaper_left > 0),
        "idle_ready": idle & ~short,
        "idle_slack": idle,
    }
    reason = np.select([tests[name] for name in REASONS], list(REASONS), default="")
    n = len(ports)
    return pd.DataFrame(
        {
            "time_local": np.tile(world.times_local.astype("datetime64[s]"), n),
            "step": np.tile(steps, n),
            "port": np.repeat(ports, world.n_steps),
            "session": at.ravel(),
            "car": np.array([*(world.models[m] for m in s.model), ""], dtype=object)[at.ravel()],
            "power_kw": power.ravel(),
            "soc_frac": np.where(here, after / np.where(capacity > 0, capacity, 1.0), np.nan).ravel(),
            "buy_eur_per_kwh": np.tile(buy, n),
            "sell_eur_per_kwh": np.tile(sell, n),
            "price_rank": rank.ravel(),
            "stay_steps": np.where(here, of_car(s.departure_step) - of_car(s.arrival_step) + 1, 0)
            .astype(np.int64)
            .ravel(),
            "cheaper_steps_left": cheaper_left.ravel(),
            "energy_needed_kwh": needed.ravel(),
            "steps_needed": needed_steps.ravel(),
            "slack_steps": slack.ravel(),
            "limit_kw": np.tile(limit, n),
            "headroom_kw": np.tile(headroom, n),
            "limit_share": np.tile(site / limit, n),
            "reason": reason.ravel(),
        }
    )


def _prices_of_stays(
    at: Ints, objective: Objective, arrival: Ints, departure: Ints
) -> tuple[Ints, Ints, Floats, Floats]:
    """By port and step: rank of the charging price in the stay, cheaper steps left, and over the steps still to come
    of the stay the highest selling and the lowest charging price (-inf and inf in its last step)."""
    rank, cheaper = np.zeros_like(at), np.zeros_like(at)
    best_sell, cheapest_buy = np.full(at.shape, -np.inf), np.full(at.shape, np.inf)
    for port in range(len(at)):
        for session in np.unique(at[port][at[port] >= 0]):
            stay = slice(int(arrival[session]), int(departure[session]) + 1)
            buy, sell = objective.buy[stay], objective.sell[stay]
            lower = buy[None, :] < buy[:, None] - PRICE_EUR  # [step, other step]
            rank[port, stay] = lower.sum(axis=1) + 1
            cheaper[port, stay] = np.triu(lower, 1).sum(axis=1)
            best_sell[port, stay] = np.append(np.maximum.accumulate(sell[::-1])[::-1][1:], -np.inf)
            cheapest_buy[port, stay] = np.append(np.minimum.accumulate(buy[::-1])[::-1][1:], np.inf)
    return rank, cheaper, best_sell, cheapest_buy
