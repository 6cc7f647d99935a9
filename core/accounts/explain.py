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
from core.scenario import STEP_HOURS
from core.world import World
from core.world.battery import car_limits, steps_to_reach

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POWER_KW: Final = 0.01
"""Less power than this is idling."""

ENERGY_KWH: Final = 0.011
"""Less energy than this is nothing: EV2Gym rounds batteries to 0.01 kWh."""

PRICE_EUR: Final = 1e-9
"""Prices (EUR/kWh) closer than this are equal."""

CLOSE_KW: Final = 1e-6

REASONS: Final[tuple[str, ...]] = (
    "empty",
    "charge_must",
    "charge_limited",
    "charge_feed_in",
    "charge_cheap",
    "charge_resale",
    "charge_peak",
    "charge_weights",
    "charge_setpoint",
    "charge_early",
    "charge_beyond",
    "discharge_grid",
    "discharge_dear",
    "discharge_resale",
    "discharge_spare",
    "discharge_unmet",
    "discharge_weights",
    "discharge_setpoint",
    "discharge_loss",
    "discharge_plain",
    "idle_full",
    "idle_limited",
    "idle_late",
    "idle_cheaper_later",
    "idle_weights",
    "idle_setpoint",
    "idle_slack",
    "idle_ready",
    "idle_done",
    "idle_plain",
)
"""Reasons in the order in which they are tried.

Each says no more than what holds in the trace and the World (`tests/properties/test_reasons.py`): a reason that speaks
of giving back or charging later or earlier is given only where the same car does so in the same stay. *Weighed* means
in terms of the objective: EUR times the weights of drivers and provider.

========================  ==========================================================================================
empty                     no car is plugged in
charge_must               charges, and needs every step that is left (slack <= 0)
charge_limited            charges below the car's power, and the transformer has no room for the rest
charge_feed_in            charges, and without it more would be fed back than the transformer carries
charge_cheap              charges, and fewer cheaper steps are left than it needs: waiting would not pay
charge_resale             charges, and later gives back at a price above this one, wear included
charge_peak               charges, and later gives back when the transformer would be above its limit without it
charge_weights            charges, and weighed, fewer better steps are left than it needs: the provider's margin decides
charge_setpoint           charges, and without it the site would be further below its set-point
charge_early              charges although enough cheaper steps are left
charge_beyond             charges although the car has what the driver wants
discharge_grid            gives back, and without it the transformer would be above its limit
discharge_dear            gives back, and later charges again for less, wear included
discharge_resale          gives back, and charged before for less, wear included
discharge_spare           gives back energy beyond what the driver wants
discharge_unmet           gives back and leaves short, and is paid more than wear and unmet energy cost
discharge_weights         gives back, and weighed, it is worth more than the energy costs: that charged before or later,
                          or that which is missing at departure
discharge_setpoint        gives back, and without it the site would be further above its set-point
discharge_loss            gives back, and charges again later, at no time for less
discharge_plain           gives back; nothing more can be said
idle_full                 the battery is full
idle_limited              needs energy, but the transformer has no room
idle_late                 needs energy and has no slack left, yet idles: it will leave short
idle_cheaper_later        needs energy, and later charges in a cheaper step
idle_weights              needs energy, and later charges in a step that is better weighed, by the provider's margin
idle_setpoint             needs energy, and the site is at its set-point or above
idle_slack                needs energy, has time to spare, and charges later
idle_ready                has what the driver wants and no more, and giving back would not pay
idle_done                 has what the driver wants
idle_plain                idles; nothing more can be said
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
        - ``limit_kw`` in force at the station's transformer, ``headroom_kw`` left below it, ``limit_share`` used
          (NaN where the limit is 0);
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
    stays = _Stays(at)
    cheaper, cheaper_left = stays.below(objective.buy)
    transformer = world.station_transformer[station]
    site = transformer_power_kw(world, trace)[transformer]
    limit = world.limit_kw[transformer]
    headroom = limit - site
    share = np.divide(site, limit, out=np.full(len(site), np.nan), where=limit > 0)  # an event can take all of it
    can_give = scenario.v2g & (of_car(limits.discharge_kw) > 0)
    slack = steps_left - needed_steps
    wear, buy, sell = objective.wear_price, objective.buy, objective.sell

    short = needed > ENERGY_KWH
    charging, giving = here & (power > POWER_KW), here & (power < -POWER_KW)
    idle = here & ~charging & ~giving
    most_now = np.minimum(charge_kw, taper * np.maximum(0.0, capacity - before) / STEP_HOURS)
    no_room = headroom < 0.05 * np.maximum(charge_kw, 1.0)
    over_without = giving & (site - power > limit)
    leaves_short = of_car(s.wanted_energy_kwh - trace.energy_kwh[s.port, s.departure_step]) > ENERGY_KWH

    # What the same car does and meets in the rest of its stay, and did before.
    dearest_given_later = stays.later_max(np.where(giving, sell, -np.inf))
    cheapest_charged_later = -stays.later_max(np.where(charging, -buy, -np.inf))
    cheapest_charged_before = -stays.earlier_max(np.where(charging, -buy, -np.inf))
    cheapest_later = -stays.later_max(np.where(here, -buy, -np.inf))
    relieves_later = stays.later_max(np.where(over_without, 1.0, 0.0)) > 0
    charges_later = np.isfinite(cheapest_charged_later)

    # The same in terms of the objective. Where only drivers count, their prices say it all.
    worth, given_worth = objective.charge_value, objective.discharge_value
    worth_charged = np.where(charging, worth, -np.inf)
    best_worth_charged_later = stays.later_max(worth_charged)
    energy_cost = np.minimum(
        -np.maximum(best_worth_charged_later, stays.earlier_max(worth_charged)),
        np.where(leaves_short, objective.w_user * objective.unmet_price, np.inf),
    )
    by_margin = objective.w_provider > 0
    better_left, worse_left = stays.below(-worth)[1], stays.below(worth)[1]

    if world.setpoint_kw is None:
        under_setpoint = over_setpoint = at_setpoint = np.zeros_like(here)
    else:
        off = trace.power_kw.sum(axis=0) - world.setpoint_kw
        closer = np.abs(off) < np.abs(off - power) - CLOSE_KW
        under_setpoint, over_setpoint = closer & (off - power < 0), closer & (off - power > 0)
        at_setpoint = here & (off > -POWER_KW)

    tests = {
        "empty": ~here,
        "charge_must": charging & short & (slack <= 0),
        "charge_limited": charging & no_room & (headroom > -POWER_KW) & (power < 0.98 * most_now),
        "charge_feed_in": charging & (site - power < world.lower_limit_kw[transformer]),
        "charge_cheap": charging & short & (cheaper_left < needed_steps),
        "charge_resale": charging & (dearest_given_later > buy + wear + PRICE_EUR),
        "charge_peak": charging & relieves_later,
        "charge_weights": charging & by_margin & (better_left < np.maximum(1, needed_steps)) & (worse_left > 0),
        "charge_setpoint": charging & under_setpoint,
        "charge_early": charging & (cheaper_left >= np.maximum(1, np.where(short, needed_steps, 1))),
        "charge_beyond": charging,  # has what is wanted: a car that needs energy has cheaper steps enough, or not
        "discharge_grid": over_without,
        "discharge_dear": giving & (sell > cheapest_charged_later + wear + PRICE_EUR),
        "discharge_resale": giving & (sell > cheapest_charged_before + wear + PRICE_EUR),
        "discharge_spare": giving & (after >= wanted - ENERGY_KWH),
        "discharge_unmet": giving & leaves_short & (sell > wear + objective.unmet_price + PRICE_EUR),
        "discharge_weights": giving & (given_worth > energy_cost + PRICE_EUR),
        "discharge_setpoint": giving & over_setpoint,
        "discharge_loss": giving & charges_later,
        "discharge_plain": giving,
        "idle_full": idle & (before > capacity - ENERGY_KWH),
        "idle_limited": idle & short & no_room,
        "idle_late": idle & short & (slack <= 0),
        "idle_cheaper_later": idle & short & (cheapest_charged_later < buy - PRICE_EUR),
        "idle_weights": idle & short & by_margin & (best_worth_charged_later > worth + PRICE_EUR),
        "idle_setpoint": idle & short & at_setpoint,
        "idle_slack": idle & short & charges_later,
        "idle_ready": (
            idle & ~short & can_give & (before > of_car(s.min_energy_kwh)) & (before <= wanted + ENERGY_KWH)
            & (sell <= np.minimum(cheapest_later, objective.unmet_price) + wear)
        ),
        "idle_done": idle & ~short,
        "idle_plain": idle,
    }  # fmt: skip
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
            "price_rank": np.where(here, cheaper + 1, 0).ravel(),
            "stay_steps": np.where(here, of_car(s.departure_step) - of_car(s.arrival_step) + 1, 0)
            .astype(np.int64)
            .ravel(),
            "cheaper_steps_left": cheaper_left.ravel(),
            "energy_needed_kwh": needed.ravel(),
            "steps_needed": needed_steps.ravel(),
            "slack_steps": slack.ravel(),
            "limit_kw": np.tile(limit, n),
            "headroom_kw": np.tile(headroom, n),
            "limit_share": np.tile(share, n),
            "reason": reason.ravel(),
        }
    )


class _Stays:
    """Looks ahead and back within each car's stay; values and results are [ports, steps].

    Parameters
    ----------
    at : array of int
        [ports, steps] session, -1 where the port is empty.
    """

    def __init__(self, at: Ints) -> None:
        self._shape = at.shape
        self._stays: list[tuple[int, slice]] = []
        for port, sessions in enumerate(at):
            for session in np.unique(sessions[sessions >= 0]):
                steps = np.flatnonzero(sessions == session)
                self._stays.append((port, slice(int(steps[0]), int(steps[-1]) + 1)))

    def later_max(self, values: Floats) -> Floats:
        """Largest value in the steps of the stay still to come; -inf in its last step and where no car is."""
        out = np.full(self._shape, -np.inf)
        for port, stay in self._stays:
            out[port, stay][:-1] = np.maximum.accumulate(values[port, stay][:0:-1])[::-1]
        return out

    def earlier_max(self, values: Floats) -> Floats:
        """The same of the steps of the stay gone by."""
        out = np.full(self._shape, -np.inf)
        for port, stay in self._stays:
            out[port, stay][1:] = np.maximum.accumulate(values[port, stay][:-1])
        return out

    def below(self, values: Floats) -> tuple[Ints, Ints]:
        """How many steps have a value [steps] below this step's: of the whole stay, and of its steps still to come."""
        of_stay, to_come = np.zeros(self._shape, dtype=np.int64), np.zeros(self._shape, dtype=np.int64)
        for port, stay in self._stays:
            lower = values[None, stay] < values[stay, None] - PRICE_EUR  # [step, other step]
            of_stay[port, stay] = lower.sum(axis=1)
            to_come[port, stay] = np.triu(lower, 1).sum(axis=1)
        return of_stay, to_come
