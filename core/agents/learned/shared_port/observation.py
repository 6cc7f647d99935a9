"""What a shared-port policy sees of a car, and what its answer means: what training and running have in common."""

from __future__ import annotations

from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.agents.base import FleetView, Floats
from core.agents.learned.common import COMMON, scale_and_common
from core.scenario import STEP_HOURS
from core.threads import deal_out

Singles = NDArray[np.float32]

BID = 20.0
"""Price scales that an answer of 1 is worth: beyond what unmet energy costs in most worlds."""
CURVE = 5.0
"""How much finer small answers are than large ones."""
LEAST_KWH = 0.05
"""Less than this is not missing."""

OBSERVATION: tuple[tuple[str, str, float, float, str], ...] = (
    ("soc", "1", 0, 1.1, "energy in the battery over its capacity"),
    ("missing", "of capacity", -1, 1, "energy still wanted"),
    ("steps_left", "96 steps", 0, 2, "time until departure"),
    ("slack", "96 steps", -2, 2, "time it could still wait and yet be ready"),
    ("slack_hour", "4 steps", -1, 1, "the same, as it runs out"),
    ("urgency", "1", 0, 2, "share of its remaining steps in which it must charge at full power"),
    ("charge_limit", "50 kW", 0, 2, "most it can store"),
    ("discharge_limit", "50 kW", 0, 2, "most it can give"),
    ("taper", "1", 0, 1, "share of the missing energy that one step can store at most"),
    ("room", "of charge limit", 0, 1, "what this step can store"),
    ("stock", "of discharge limit", 0, 1, "what this step can give"),
    ("charge_cost", "price scale", -3, 3, "objective lost per kWh charged now, shared costs included"),
    ("discharge_gain", "price scale", -3, 3, "objective gained per kWh discharged now, likewise"),
    ("reserve", "price scale", -3, 3, "the car's price of stored energy over the cost now"),
    ("reserve_near", "tenth of price scale", -1, 1, "the same near 0"),
    ("give", "price scale", -3, 3, "gain of discharging now over the car's price of stored energy"),
    ("give_near", "tenth of price scale", -1, 1, "the same near 0"),
    ("sale", "price scale", -3, 3, "best later gain of discharging over the cost now"),
    ("better_sale", "price scale", -3, 3, "best later gain of discharging over the one now"),
    ("above_cheapest", "price scale", -3, 3, "cost now over the cheapest later step"),
    ("charge_rank", "1", 0, 1, "share of the stay's steps that are cheaper for charging"),
    ("discharge_rank", "1", 0, 1, "share of the stay's steps that are better for discharging"),
    ("mean_ahead", "price scale", -3, 3, "mean cost of later steps over the cost now"),
    ("hour_ahead", "price scale", -3, 3, "mean cost of the next hour over the cost now"),
    ("shared", "price scale", -3, 3, "price of shared costs now"),
    ("shared_stay", "price scale", -3, 3, "its mean over the stay"),
    ("worth_it", "price scale", -3, 3, "price of unmet energy over the car's price of stored energy"),
    ("headroom", "of cars' power", -2, 2, "what its transformer can carry now"),
    ("place", "charge limit", -1, 1, "what the limit leaves after cars that would lose more by waiting"),
    ("place_back", "discharge limit", -1, 1, "the same for feeding back"),
    ("must", "of headroom", -2, 2, "power of cars at its transformer that cannot wait"),
    ("crowd_now", "of limit", -2, 3, "load that all cars' answers to prices would make, now"),
    ("crowd_stay", "of limit", -2, 3, "its mean over the stay"),
    ("crowd_cheap", "of limit", -2, 3, "its mean over later steps at which this car would buy"),
    ("even_now", "of limit", -2, 3, "load if each car, and expected guests, charged evenly, now"),
    ("even_stay", "of limit", -2, 3, "its mean over the stay"),
    ("spare", "of need", 0, 2, "steps in which the transformer, with all charging evenly, could still carry this car"),
    ("below_peak", "charge limit", -1, 1, "what the peak leaves after cars that lose more by waiting"),
    ("crowd_peak", "of peak", -3, 3, "power of all cars' answers to prices"),
    ("even_peak", "of peak", 0, 3, "power of all cars charging evenly"),
    ("full_peak", "of peak", 0, 3, "power of all cars charging at full power"),
    ("setpoint", "of cars' power", 0, 2, "set-point, 0 without one"),
    ("below_setpoint", "charge limit", -1, 1, "what the set-point leaves after cars that lose more by waiting"),
    ("even_setpoint", "of set-point", -2, 2, "power of all charging evenly over the set-point"),
    ("crowd_setpoint", "of set-point", -2, 2, "power of all cars' answers to prices over the set-point"),
    ("full", "of ports", 0, 1, "cars that are plugged in"),
    ("station", "1", 0, 2, "share of its station's current that cars take which lose more by waiting"),
    ("sale_soon", "price scale", -3, 3, "best gain of discharging in the next four hours over the cost now"),
    ("rebuy_soon", "price scale", -3, 3, "gain of discharging now over the least cost in the next four hours"),
    *COMMON,
)
"""What a policy sees of a car: name, unit, lowest and highest value (beyond them it is cut), and meaning.

"Price scale" is the mean size of a world's retail and wholesale prices, so that currencies and price levels do not
matter; "log" stands for log(1 + x) / 4. Limits are the transformer's at the present step."""

N_OBSERVED = len(OBSERVATION)
LOWEST: Singles = np.array([row[2] for row in OBSERVATION], dtype=np.float32)
HIGHEST: Singles = np.array([row[3] for row in OBSERVATION], dtype=np.float32)

PORTS_A_THREAD = 1000
"""Fewer ports are not worth a thread."""


def _kernels() -> ModuleType:
    """The compiled part, imported on first use."""
    from core.agents.learned.shared_port import kernels

    return kernels


class Observer:
    """Looks at views of the same worlds, one step after the other."""

    def __init__(self) -> None:
        self._kernels = _kernels()
        self._objective: Objective[Floats] | None = None
        self.peak_kw: Floats = np.zeros(0)

    def look(self, view: FleetView) -> Singles:
        """[worlds, ports, columns], 0 where no car is."""
        k, worlds = self._kernels, len(view.connected)
        if len(self.peak_kw) != worlds:
            self.peak_kw = np.zeros(worlds)
            shape = view.limit_kw.shape
            self._crowd = k.Crowd(np.zeros(shape), np.zeros(shape), np.zeros(worlds, dtype=np.int64), np.zeros(worlds))
        if view.objective is not self._objective:
            self._weigh(view)
        out: Singles = np.empty((*view.connected.shape, N_OBSERVED), dtype=np.float32)
        setpoint = np.empty((worlds, 0)) if view.setpoint_kw is None else view.setpoint_kw
        self._site = k.Site(view.limit_forecast_kw, view.lower_limit_kw, view.base_load_kw, setpoint, self.peak_kw)
        objective = view.objective
        self._prices = k.Prices(
            self._cost, self._gain, objective.unmet_value, objective.overload_value, objective.deviation_value,
            objective.peak_value,
        )  # fmt: skip
        groups = (
            k.Cars(
                view.connected, view.steps_left, view.energy_kwh, view.capacity_kwh, view.wanted_kwh,
                view.min_energy_kwh, view.charge_kw, view.discharge_kw, view.taper,
            ),
            self._site,
            self._prices,
            k.Arrivals(view.arrival_rate, view.arrival_need_kwh, view.arrival_stay_steps),
            k.Scales(self.scale, self._common),
            self._crowd,
        )  # fmt: skip

        def observe(begin: int, end: int) -> None:
            parts = (tuple(array[begin:end] for array in group) for group in groups)
            k.observe(
                view.step, view.ports_per_station, view.transformer_of_port, *parts, LOWEST, HIGHEST, out[begin:end]
            )

        deal_out(worlds, max(1, min(2, view.connected.size // PORTS_A_THREAD)), observe)
        return out

    def power(self, view: FleetView, answers: Floats) -> Floats:
        """Power that answers in [-1, 1] bring, [worlds, ports] kW at the battery; once a step, after `look`.

        An answer is the car's price of stored energy, relative to what charging costs now: `BID` price scales at 1,
        exponential between. The site's market is cleared at these prices (`kernels.clear_worlds`): the car charges
        where stored energy is worth more than it costs, shared costs included, up to the energy wanted first; it
        discharges where it is worth less than it brings. `toll` [worlds, ports] EUR/kWh is the price of shared costs
        that results.
        """
        k = self._kernels
        size = np.clip(answers, -1.0, 1.0)
        worth = np.sign(size) * np.expm1(CURVE * np.abs(size)) / np.expm1(CURVE) * BID * self.scale[:, None]
        bid = self._cost[:, view.step, None] + worth
        missing = np.maximum(view.wanted_kwh - view.energy_kwh, 0.0)
        most = view.most_kwh
        up = np.where(missing > LEAST_KWH, np.minimum(most, missing), most) / STEP_HOURS
        least = np.minimum(view.energy_kwh - view.min_energy_kwh, view.discharge_kw * STEP_HOURS)
        down = np.where(view.connected & view.v2g, np.maximum(least, 0.0), 0.0) / STEP_HOURS
        power, self.toll = np.empty(bid.shape), np.empty(bid.shape)
        site = (view.limit_kw, *self._site[1:])
        k.clear(
            view.step, view.transformer_of_port, bid, up, down, site, tuple(self._prices), self._crowd.cap, power,
            self.toll,
        )  # fmt: skip
        np.maximum(self.peak_kw, power.sum(axis=1), out=self.peak_kw)
        return power

    def _weigh(self, view: FleetView) -> None:
        """What no step changes where prices are known ahead."""
        self._objective = objective = view.objective
        self._cost, self._gain = -objective.charge_value, objective.discharge_value
        self.scale, self._common = scale_and_common(view)
