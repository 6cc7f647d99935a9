"""A day step by step, as a walk-through plays it: what every port does, and one station's money so far.

A day comes from a run (`of_run`) or from charge levels that a file holds (`of_soc`). Both are priced alike, and as the
ledger does: a run's sums at the end of the day are the ledger's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.accounts.explain import POWER_KW
from core.accounts.ledger import Ledger, charged_and_discharged, transformer_power_kw
from core.accounts.objective import Objective
from core.accounts.trace import Trace
from core.scenario import STEP_HOURS, STEP_MINUTES
from core.world import World

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EMPTY, IDLE, CHARGING, DISCHARGING = range(4)
"""What a port does in a step."""

FASTEST_KW: Final = 50.0
"""No car of a scenario, nor of the original project, charges or discharges faster."""


@dataclass(frozen=True, slots=True)
class Transformers:
    """What the site's transformers carry; power and limits [transformers, steps]."""

    of_station: Ints
    """[stations]: index of the transformer."""
    power_kw: Floats
    """Cars' power and other load less PV."""
    limit_kw: Floats
    lower_limit_kw: Floats
    """Limit for feeding back, negative."""


@dataclass(frozen=True, slots=True)
class SiteDay:
    """A day of a site under one agent; arrays are read only, ports of a station stand one after another."""

    times_local: NDArray[np.datetime64]
    """[steps]: begins of the steps."""
    stations: tuple[int, ...]
    """Numbers of the stations."""
    ports_per_station: int
    power_kw: Floats
    """[ports, steps]: mean power over the step, as in `Trace`."""
    soc_before_frac: Floats
    """[ports, steps]: state of charge at the beginning of the step, NaN where no car is plugged in."""
    soc_after_frac: Floats
    """[ports, steps]: the same at its end."""
    buy_eur_per_kwh: Floats
    """[steps], like `sell_eur_per_kwh`."""
    sell_eur_per_kwh: Floats
    wear_price_eur_per_kwh: float | None = None
    """None where the source does not tell, like `unmet_cost_eur` and `transformers`."""
    unmet_cost_eur: Floats | None = None
    """[stations, steps]: of cars that leave at the end of the step."""
    transformers: Transformers | None = None
    step_hours: float = STEP_HOURS

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return len(self.times_local)

    @property
    def edges_local(self) -> NDArray[np.datetime64]:
        """[steps + 1]: begins of all steps, and the end of the last."""
        step = np.timedelta64(round(self.step_hours * 3600), "s")
        out: NDArray[np.datetime64] = np.append(self.times_local, self.times_local[-1] + step)
        return out

    @property
    def status(self) -> NDArray[np.int8]:
        """[ports, steps]: `EMPTY`, `IDLE`, `CHARGING` or `DISCHARGING`."""
        out = np.full(self.power_kw.shape, IDLE, dtype=np.int8)
        out[self.power_kw >= POWER_KW] = CHARGING
        out[self.power_kw <= -POWER_KW] = DISCHARGING
        out[np.isnan(self.soc_before_frac)] = EMPTY
        return out

    def ports_of(self, place: int) -> slice:
        """Rows of a station's ports; `place` counts `stations`."""
        return slice(place * self.ports_per_station, (place + 1) * self.ports_per_station)


@dataclass(frozen=True, slots=True)
class RunningMoney:
    """What one station's drivers have paid and gained so far, in EUR; arrays [steps + 1].

    The first entry is nothing; entry *t* holds what steps before *t* brought, the last one the whole day.
    """

    energy_cost_eur: Floats
    v2g_revenue_eur: Floats
    wear_cost_eur: Floats | None
    """None where it is not known, like `unmet_cost_eur`."""
    unmet_cost_eur: Floats | None
    """Counts when a car leaves."""

    @property
    def total_eur(self) -> Floats:
        """V2G revenue less all costs: the drivers' profit, or their bill where wear and unmet energy are not known."""
        total: Floats = self.v2g_revenue_eur - self.energy_cost_eur
        for cost in (self.wear_cost_eur, self.unmet_cost_eur):
            total = total if cost is None else total - cost
        return total


def running_money(day: SiteDay, place: int) -> RunningMoney:
    """One station's money so far, by the ledger's formulas; `place` counts `day.stations`."""
    longer = day.step_hours / STEP_HOURS
    both = charged_and_discharged(day.power_kw[day.ports_of(place)])
    charged, discharged = (longer * part.sum(axis=0) for part in both)
    wear, unmet = day.wear_price_eur_per_kwh, day.unmet_cost_eur
    return RunningMoney(
        energy_cost_eur=_so_far(charged * day.buy_eur_per_kwh),
        v2g_revenue_eur=_so_far(discharged * day.sell_eur_per_kwh),
        wear_cost_eur=None if wear is None else _so_far(wear * discharged),
        unmet_cost_eur=None if unmet is None else _so_far(unmet[place]),
    )


def _so_far(each_step: Floats) -> Floats:
    return np.concatenate([[0.0], each_step.cumsum()])


def of_run(world: World, trace: Trace, ledger: Ledger) -> SiteDay:
    """The day of a run.

    Parameters
    ----------
    world : World
    trace : Trace
        Of a run on `world`.
    ledger : Ledger
        Of `trace`.

    Returns
    -------
    SiteDay
    """
    scenario, objective, s = world.scenario, Objective.of(world), world.sessions
    before, after = (np.full(trace.power_kw.shape, np.nan) for _ in range(2))
    for i in range(len(s)):
        port, first, last = s.port[i], s.arrival_step[i], s.departure_step[i] + 1
        after[port, first:last] = trace.energy_kwh[port, first:last] / s.capacity_kwh[i]
        before[port, first] = s.arrival_energy_kwh[i] / s.capacity_kwh[i]
        before[port, first + 1 : last] = after[port, first : last - 1]
    unmet = np.zeros((scenario.stations, world.n_steps))
    np.add.at(unmet, (s.station, s.departure_step), ledger.sessions["unmet_cost_eur"].to_numpy(dtype=np.float64))
    return SiteDay(
        times_local=world.times_local,
        stations=tuple(range(scenario.stations)),
        ports_per_station=scenario.ports_per_station,
        power_kw=trace.power_kw,
        soc_before_frac=before,
        soc_after_frac=after,
        buy_eur_per_kwh=objective.buy,
        sell_eur_per_kwh=objective.sell,
        wear_price_eur_per_kwh=objective.wear_price,
        unmet_cost_eur=unmet,
        transformers=Transformers(
            world.station_transformer, transformer_power_kw(world, trace), world.limit_kw, world.lower_limit_kw
        ),
    )


def of_soc(
    times_local: NDArray[np.datetime64], stations: tuple[int, ...], soc_frac: Floats, capacity_kwh: float,
    buy_eur_per_kwh: Floats, sell_eur_per_kwh: Floats, steps: slice = slice(None),
) -> SiteDay:  # fmt: skip
    """The day that charge levels tell, with one port a station and batteries of one size.

    A level says how full the battery is at the end of a step. Energy is its change times the capacity. Where a car
    comes or leaves (from or to 0), nothing flows, nor after a gap in time. A change faster than `FASTEST_KW` is another
    car in the place of the last one: what it does in its first step cannot be told from what it brings.

    Parameters
    ----------
    times_local : array of datetime64 [all steps]
        Ascending.
    stations : tuple of int
    soc_frac : array [all steps, stations]
        0 where no car is plugged in.
    capacity_kwh : float
        Of every battery [kWh].
    buy_eur_per_kwh, sell_eur_per_kwh : array [all steps]
        What drivers pay and get [EUR/kWh].
    steps : slice
        Those of the day, such as `days_of` gives; the step before tells what cars bring into the first one.

    Returns
    -------
    SiteDay
        Without wear, unmet energy and transformers, which are not known.
    """
    step = _step(times_local)
    hours = float(step / np.timedelta64(1, "h"))
    after = np.where(soc_frac.T > 0, soc_frac.T, np.nan)
    before = np.full_like(after, np.nan)
    before[:, 1:] = np.where(np.diff(times_local) == step, after[:, :-1], np.nan)
    same_car = np.abs(after - before) * capacity_kwh / hours <= FASTEST_KW
    before = np.where(same_car, before, after)
    power = np.nan_to_num(after - before) * capacity_kwh / hours
    return SiteDay(
        times_local=times_local[steps],
        stations=stations,
        ports_per_station=1,
        power_kw=power[:, steps],
        soc_before_frac=before[:, steps],
        soc_after_frac=after[:, steps],
        buy_eur_per_kwh=buy_eur_per_kwh[steps],
        sell_eur_per_kwh=sell_eur_per_kwh[steps],
        step_hours=hours,
    )


def days_of(times_local: NDArray[np.datetime64]) -> list[slice]:
    """Days in a series of steps: a new one begins after each gap, and every 24 hours while a whole day is left."""
    step, day = _step(times_local), np.timedelta64(24, "h")
    runs = np.flatnonzero(np.diff(times_local) != step) + 1
    out = []
    for first, end in zip([0, *runs], [*runs, len(times_local)], strict=True):
        begin = first
        while times_local[end - 1] + step - times_local[begin] >= 2 * day:
            after = int(np.searchsorted(times_local, times_local[begin] + day))
            out.append(slice(begin, after))
            begin = after
        out.append(slice(int(begin), int(end)))
    return out


def _step(times_local: NDArray[np.datetime64]) -> np.timedelta64:
    """Length of a step: the least time between two; that of a scenario where there is but one."""
    return np.diff(times_local).min() if len(times_local) > 1 else np.timedelta64(STEP_MINUTES, "m")
