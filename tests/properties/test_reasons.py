"""Reasons: what "Why, step by step" says of a step holds in the trace and in the World, whoever decides.

Each sentence makes a claim; here every claim is written down a second time, in plain Python from the World, the trace
and the scenario, without a look at the quantities that `core.accounts.explain` works with.

`REASON_RUNS` sets the number of random runs; `make reasons` does 500.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core import Scenario, World, build_world
from core.accounts.explain import REASONS, explain_station
from core.accounts.trace import Trace
from core.agents.base import Agent, FleetView
from core.agents.registry import everywhere, make_agent
from core.engines.batch import simulate_many
from core.world.battery import car_limits
from tests.strategies import SMALL, random_scenario, scenarios

RUNS = int(os.environ.get("REASON_RUNS", "25"))

STORY = Scenario(w_user=0.05, w_provider=0.0, w_grid=1.0, seed=0)

MOVES_KW = 0.01
"""Less is idling."""

NOTHING_KWH = 0.011
"""Less is a rounding of EV2Gym's."""

CLOSE = 1e-6

EQUAL_EUR = 1e-9
"""Prices closer than this are equal."""


class Day:
    """A run."""

    def __init__(self, world: World, trace: Trace) -> None:
        self.world, self.trace = world, trace
        self.limits = car_limits(world)
        self.site_kw = world.load_kw - world.pv_kw
        for port in range(world.scenario.n_ports):
            self.site_kw[world.station_transformer[port // world.scenario.ports_per_station]] += trace.power_kw[port]


class Step:
    """One step of one car's stay."""

    def __init__(self, day: Day, car: int, step: int) -> None:
        self.world, self.scenario, self.day, self.car, self.step = day.world, day.world.scenario, day, car, step
        s = day.world.sessions
        port = int(s.port[car])
        self.station, first, self.last = int(s.station[car]), int(s.arrival_step[car]), int(s.departure_step[car])
        self.later, self.earlier = range(step + 1, self.last + 1), range(first, step)
        self.kw = day.trace.power_kw[port]
        self.power = float(self.kw[step])
        stored = day.trace.energy_kwh[port]
        self.energy = float(s.arrival_energy_kwh[car] if step == first else stored[step - 1])
        self.energy_after, self.energy_left_with = float(stored[step]), float(stored[self.last])
        self.capacity, self.wanted = float(s.capacity_kwh[car]), float(s.wanted_energy_kwh[car])
        self.floor = float(s.min_energy_kwh[car])
        self.full_power = float(day.limits.charge_kw[car])
        self.can_give = self.scenario.v2g and day.limits.discharge_kw[car] > 0
        self.wear, self.unmet = self.scenario.wear_price_eur_per_kwh, self.scenario.unmet_price_eur_per_kwh
        self.buy, self.sell = day.world.prices.buy_eur_per_kwh, day.world.prices.sell_eur_per_kwh

    # --- the battery --------------------------------------------------------------------------------------------------
    @property
    def ready(self) -> bool:
        return self.energy >= self.wanted - NOTHING_KWH - CLOSE

    @property
    def leaves_short(self) -> bool:
        return self.energy_left_with < self.wanted - NOTHING_KWH + CLOSE

    @cached_property
    def full(self) -> list[float]:
        """Energy after 0, 1, 2 … steps at full power, until what is wanted is there or the car leaves."""
        out, taper = [self.energy], float(self.day.limits.taper[self.car])
        while out[-1] < self.wanted - CLOSE and len(out) <= self.last - self.step + 1:
            gain = min(self.full_power * 0.25, taper * (self.capacity - out[-1]))
            out.append(float(np.ceil((out[-1] + gain) * 100) / 100))
        return out

    @property
    def every_step_needed(self) -> bool:
        """One step less, and the car leaves short."""
        return not self.ready and len(self.full) > self.last - self.step + 1

    @property
    def needed(self) -> int:
        """Steps at full power; one more than there are where they do not suffice."""
        return len(self.full) - 1

    @property
    def most_now(self) -> float:
        taper = float(self.day.limits.taper[self.car])
        return min(self.full_power, 4 * taper * (self.capacity - self.energy))

    # --- prices -------------------------------------------------------------------------------------------------------
    def charge_worth(self, step: int) -> float:
        """EUR of the weighted objective for a kWh charged."""
        margin = self.buy[step] - self.world.prices.wholesale_eur_per_kwh[step]
        return float(self.scenario.w_provider * margin - self.scenario.w_user * self.buy[step])

    def give_worth(self, step: int) -> float:
        """EUR of the weighted objective for a kWh given back."""
        margin = self.world.prices.wholesale_eur_per_kwh[step] - self.sell[step]
        return float(self.scenario.w_provider * margin + self.scenario.w_user * (self.sell[step] - self.wear))

    def charging(self, steps: range) -> list[int]:
        return [i for i in steps if self.kw[i] > MOVES_KW]

    def giving(self, steps: range) -> list[int]:
        return [i for i in steps if self.kw[i] < -MOVES_KW]

    @property
    def cheaper_left(self) -> int:
        return sum(self.buy[i] < self.buy[self.step] - EQUAL_EUR for i in self.later)

    @property
    def least_later_price(self) -> float:
        return min((float(self.buy[i]) for i in self.later), default=np.inf)

    # --- the site -----------------------------------------------------------------------------------------------------
    def over_without(self, step: int) -> bool:
        """Without what this car gives back, its transformer would be above its limit."""
        place = self.world.station_transformer[self.station]
        return self.day.site_kw[place, step] - self.kw[step] > self.world.limit_kw[place, step] - CLOSE

    @property
    def under_without(self) -> bool:
        place = self.world.station_transformer[self.station]
        without = self.day.site_kw[place, self.step] - self.power
        return without < self.world.lower_limit_kw[place, self.step] + CLOSE

    @property
    def room_kw(self) -> float:
        place = self.world.station_transformer[self.station]
        return float(self.world.limit_kw[place, self.step] - self.day.site_kw[place, self.step])

    @property
    def no_room(self) -> bool:
        """Less than a twentieth of the car's power is left."""
        return self.room_kw < 0.05 * max(self.full_power, 1.0) + CLOSE

    @property
    def off_setpoint(self) -> tuple[float, float]:
        """Cars' power less the set-point, and what it would be without this car."""
        assert self.world.setpoint_kw is not None
        now = float(self.day.trace.power_kw[:, self.step].sum() - self.world.setpoint_kw[self.step])
        return now, now - self.power


def charges(x: Step) -> bool:
    return x.power > MOVES_KW - CLOSE


def gives(x: Step) -> bool:
    return x.power < -MOVES_KW + CLOSE


def idles(x: Step) -> bool:
    return abs(x.power) < MOVES_KW + CLOSE


CLAIMS: dict[str, Callable[[Step], bool]] = {
    "charge_must": lambda x: x.every_step_needed,
    "charge_limited": lambda x: x.no_room and x.room_kw > -MOVES_KW - CLOSE and x.power < x.most_now - CLOSE,
    "charge_feed_in": lambda x: x.under_without,
    "charge_cheap": lambda x: not x.ready and x.cheaper_left < x.needed,
    "charge_resale": lambda x: any(x.sell[i] > x.buy[x.step] + x.wear for i in x.giving(x.later)),
    "charge_peak": lambda x: any(x.over_without(i) for i in x.giving(x.later)),
    "charge_weights": lambda x: (
        x.scenario.w_provider > 0
        and sum(x.charge_worth(i) > x.charge_worth(x.step) + EQUAL_EUR for i in x.later) < max(1, x.needed)
        and any(x.charge_worth(i) < x.charge_worth(x.step) for i in x.later)
    ),
    "charge_setpoint": lambda x: x.off_setpoint[1] < 0 and abs(x.off_setpoint[0]) < abs(x.off_setpoint[1]),
    "charge_early": lambda x: x.cheaper_left >= max(1, x.needed if not x.ready else 1),
    "charge_beyond": lambda x: x.ready,
    "discharge_grid": lambda x: x.over_without(x.step),
    "discharge_dear": lambda x: any(x.buy[i] + x.wear < x.sell[x.step] for i in x.charging(x.later)),
    "discharge_resale": lambda x: any(x.buy[i] + x.wear < x.sell[x.step] for i in x.charging(x.earlier)),
    "discharge_spare": lambda x: x.energy_after >= x.wanted - NOTHING_KWH - CLOSE,
    "discharge_unmet": lambda x: x.leaves_short and x.sell[x.step] > x.wear + x.unmet,
    "discharge_weights": lambda x: (
        any(
            x.give_worth(x.step) + x.charge_worth(i) > 0
            for i in [*x.charging(x.earlier), *x.charging(x.later)]
        )
        or (x.leaves_short and x.give_worth(x.step) > x.scenario.w_user * x.unmet)
    ),
    "discharge_setpoint": lambda x: x.off_setpoint[1] > 0 and abs(x.off_setpoint[0]) < abs(x.off_setpoint[1]),
    "discharge_loss": lambda x: (
        bool(x.charging(x.later)) and all(x.buy[i] + x.wear >= x.sell[x.step] - CLOSE for i in x.charging(x.later))
    ),
    "discharge_plain": lambda x: True,
    "idle_full": lambda x: x.energy > x.capacity - NOTHING_KWH - CLOSE,
    "idle_limited": lambda x: not x.ready and x.no_room,
    "idle_late": lambda x: x.every_step_needed,
    "idle_cheaper_later": lambda x: not x.ready and any(x.buy[i] < x.buy[x.step] for i in x.charging(x.later)),
    "idle_weights": lambda x: (
        not x.ready
        and x.scenario.w_provider > 0
        and any(x.charge_worth(i) > x.charge_worth(x.step) for i in x.charging(x.later))
    ),
    "idle_setpoint": lambda x: not x.ready and x.off_setpoint[0] > -MOVES_KW - CLOSE,
    "idle_slack": lambda x: not x.ready and not x.every_step_needed and bool(x.charging(x.later)),
    "idle_ready": lambda x: (
        x.ready
        and x.can_give
        and x.energy > x.floor
        and x.energy <= x.wanted + NOTHING_KWH + CLOSE
        and x.sell[x.step] <= x.wear + min(x.least_later_price, x.unmet) + CLOSE
    ),
    "idle_done": lambda x: x.ready,
    "idle_plain": lambda x: True,
}  # fmt: skip
"""What each sentence says, apart from the first word of it."""

VERBS: dict[str, Callable[[Step], bool]] = {"charge": charges, "discharge": gives, "idle": idles}


def false_reasons(world: World, trace: Trace) -> list[str]:
    """Every reason of the run whose claim does not hold."""
    day, wrong = Day(world, trace), []
    for station in range(world.scenario.stations):
        table = explain_station(world, trace, station)
        for row in table[["session", "port", "step", "reason"]].itertuples(index=False):
            if row.session < 0:
                s = world.sessions
                here = (s.port == row.port) & (s.arrival_step <= row.step) & (row.step <= s.departure_step)
                if row.reason != "empty" or here.any():
                    wrong.append(f"port {row.port}, step {row.step}: {row.reason} where no car is")
                continue
            x = Step(day, row.session, row.step)
            if not (VERBS[row.reason.split("_")[0]](x) and CLAIMS[row.reason](x)):
                wrong.append(f"port {row.port}, step {row.step}: {row.reason}")
    return wrong


def run(scenario: Scenario, agent: str | Agent) -> tuple[World, Trace]:
    world = build_world(scenario)
    return world, simulate_many([world], make_agent(agent) if isinstance(agent, str) else agent)[0]


def test_every_reason_makes_a_claim():
    assert {"empty", *CLAIMS} == set(REASONS)


@settings(max_examples=RUNS)
@given(scenario=scenarios(**SMALL, car_discharge_kw=[0.0, 3.7, 11.0, 50.0]), agent=st.sampled_from(everywhere()))
@example(STORY, "best")
@example(STORY, "td3")
@example(STORY, "mpc")
@example(Scenario(), "td3")
@example(Scenario(), "best")
def test_what_a_reason_says_is_so(scenario, agent):
    assert false_reasons(*run(scenario, agent)) == []


@pytest.mark.parametrize("agent", everywhere())
def test_what_a_reason_says_is_so_of_every_agent(agent):
    for seed in range(max(2, RUNS // 20)):
        assert false_reasons(*run(random_scenario(seed, **SMALL, v2g=True), agent)) == []


class Drain(Agent):
    """Empties every car, whatever it costs."""

    name = "drain"

    def act(self, view: FleetView) -> NDArray[np.float64]:
        return np.where(view.connected, -1.0, 0.0)


class Seesaw(Agent):
    """Charges for an hour and gives back for an hour, every second port the other way round."""

    name = "seesaw"

    def act(self, view: FleetView) -> NDArray[np.float64]:
        turns = (view.step // 4 + np.arange(view.connected.shape[1])) % 2
        return np.where(view.connected, 1.0 - 2.0 * turns, 0.0)


SHOWN: list[tuple[Scenario, str | Agent]] = [
    (STORY, "best"),
    (Scenario(stations=6, v2g_price_factor=1.8), "best"),
    (Scenario(stations=6, unmet_price_eur_per_kwh=0.05, w_provider=0), "best"),
    (Scenario(stations=6, w_user=0, retail="flat", v2g_price_factor=0.5), "best"),
    (Scenario(stations=10, transformer_limit_kw=30, load_share=1.2, wanted_soc=0.6), "best"),
    (Scenario(stations=6, cars="uniform", wanted_soc=0.5, v2g_price_factor=1.5), "best"),
    (Scenario(stations=6, setpoint=True, wanted_soc=0.6, deviation_price_eur_per_kwh=1, retail="flat"), "best"),
    (Scenario(stations=6, setpoint=True, w_user=0.1, w_provider=0, retail="flat", seed=2), "best"),
    (Scenario(stations=2, retail="flat"), Drain()),
    (Scenario(stations=8, transformer_limit_kw=15, load_share=1, wanted_soc=0.5, wear_price_eur_per_kwh=1), Seesaw()),
    (Scenario(stations=8, setpoint=True, retail="flat", w_provider=0), Seesaw()),
    (Scenario(stations=4, transformer_limit_kw=20, pv_share=3).replace(date="2022-06-20"), Seesaw()),
]  # fmt: skip


def test_every_reason_is_given_somewhere():
    """A reason that no run ever gets would be a dead sentence, and its claim would never be tried."""
    given_somewhere = set()
    for scenario, agent in SHOWN:
        world, trace = run(scenario, agent)
        assert false_reasons(world, trace) == []
        for station in range(scenario.stations):
            given_somewhere |= set(explain_station(world, trace, station)["reason"])
    assert set(REASONS) - given_somewhere == set()
