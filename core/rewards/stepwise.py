"""The same facts and states for many runs at once while they go on: what a learner needs after every step.

`facts_of_run` needs a whole trace; this keeps what the formulas and states look back at (energy since the day began,
what each car went through since it came) and is told what every step did. Equal to what EV2Gym's environment gives
with the functions of `core.rewards.functions`, for all worlds in one call.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.rewards.counts import ageing, effective, most_energy_kwh
from core.rewards.facts import Facts, is_peak, price_factor
from core.rewards.kernels import COLUMNS, follow
from core.rewards.states import Seen
from core.scenario import STEP_HOURS
from core.world import World
from core.world.battery import kw_per_ampere

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Days:
    """Worlds of one `core.engines.views.site_shape`, as `Running` needs them. Constant; may serve many runs.

    Parameters
    ----------
    worlds : sequence of World
    """

    def __init__(self, worlds: Sequence[World]) -> None:
        scenario = worlds[0].scenario
        self.n_worlds, self.n_steps = len(worlds), worlds[0].n_steps
        self.ports_per_station = scenario.ports_per_station
        self.stations, self.transformers = scenario.stations, scenario.transformers
        self.transformer_of_port = np.repeat(worlds[0].station_transformer, scenario.ports_per_station)
        counts = [len(world.sessions) for world in worlds]
        offsets = np.concatenate([[0], np.cumsum(counts)])[:-1]
        self.nobody = sum(counts)
        """Index of the row that stands for an empty port."""
        self.at: Ints = np.stack(
            [
                np.where(world.occupancy >= 0, world.occupancy + offset, self.nobody).T
                for world, offset in zip(worlds, offsets, strict=True)
            ],
            axis=1,
        )
        """[steps, worlds, ports]: session there."""
        self.kw_per_ampere = kw_per_ampere(scenario)

        def joined(parts: Sequence[NDArray[np.float64] | NDArray[np.int64]], empty: float) -> Floats:
            return np.concatenate([*parts, np.array([empty])])

        sessions = [world.sessions for world in worlds]
        self.capacity_kwh = joined([s.capacity_kwh for s in sessions], 1.0)
        self.wanted_kwh = joined([s.wanted_energy_kwh for s in sessions], 1.0)
        self.most_kwh = joined([most_energy_kwh(world) for world in worlds], 1.0)
        self.arrival: Ints = joined([s.arrival_step for s in sessions], -1).astype(np.int64)
        self.departure: Ints = joined([s.departure_step for s in sessions], -1).astype(np.int64)
        full_kw = scenario.charger_current_a * self.kw_per_ampere
        self.full_kw = full_kw
        self.potential_kw = joined([np.minimum(full_kw, s.charge_limit_kw) for s in sessions], 0.0)
        self.buy = np.stack([world.prices.buy_eur_per_kwh for world in worlds])
        self.sell = np.stack([world.prices.sell_eur_per_kwh for world in worlds])
        self.factor = np.array([price_factor(buy, sell) for buy, sell in zip(self.buy, self.sell, strict=True)])
        self.setpoint_kw = np.stack(
            [np.zeros(self.n_steps) if world.setpoint_kw is None else world.setpoint_kw for world in worlds]
        )
        self.base_kw = np.stack([world.base_load_kw for world in worlds])
        self.limit_kw = np.stack([world.limit_kw for world in worlds])
        self.lower_limit_kw = np.stack([world.lower_limit_kw for world in worlds])
        hours = np.stack([world.times_local.astype("datetime64[h]").astype(np.int64) % 24 for world in worlds])
        self.peak: Bools = is_peak(hours)


class Running:
    """Runs of `Days`, from the first step on.

    Parameters
    ----------
    days : Days
    """

    def __init__(self, days: Days, energy_kwh: Floats) -> None:
        self.days, self.step = days, 0
        d = days
        self._energy = energy_kwh.copy()
        self._soc = np.zeros(d.at.shape)
        self._moved = np.zeros(d.at.shape)
        self._since_arrival = np.zeros(d.at.shape[1:])
        self._power, self._overload, self._satisfaction = (np.zeros(d.n_worlds) for _ in range(3))
        self._charged, self._discharged, self._served = (np.zeros(d.n_worlds) for _ in range(3))

    @property
    def seen(self) -> Seen:
        """What is known before the coming step; numbers [worlds], of ports [worlds, ports]."""
        d, step = self.days, self.step
        over = step >= d.n_steps
        nothing = np.zeros(d.n_worlds)
        at = np.full(d.at.shape[1:], d.nobody) if over else d.at[step]
        here = at != d.nobody
        return Seen(
            day_frac=np.full(d.n_worlds, step / d.n_steps),
            setpoint_kw=nothing if over else d.setpoint_kw[:, step],
            power_kw=self._power,
            buy_eur_per_kwh=nothing if over else d.buy[:, step],
            sell_eur_per_kwh=nothing if over else d.sell[:, step],
            charged_kwh=self._charged,
            discharged_kwh=self._discharged,
            overload_kw=self._overload,
            satisfaction_frac=self._satisfaction,
            cars_served=self._served,
            soc_frac=np.where(here, self._energy / d.capacity_kwh[at], 0.0),
            steps_left=np.where(here, d.departure[at] - step, 0).astype(np.float64),
        )

    def after(self, actions: Floats, exchanged_kwh: Floats, end_kwh: Floats, next_kwh: Floats) -> Facts:
        """Facts of the step that has just been made.

        Parameters
        ----------
        actions : array of float
            [worlds, ports], as `core.agents.base.share_current` leaves them.
        exchanged_kwh, end_kwh : array of float
            [worlds, ports]: what each car exchanged, and its energy at the end, as `BatchState.step` gives them.
        next_kwh : array of float
            [worlds, ports]: energy of each car that may act next, 0 where none may.

        Returns
        -------
        Facts
            Numbers [worlds]; of transformers [worlds, transformers], of cars [worlds, ports].
        """
        d, step = self.days, self.step
        asked = effective(actions.T, d.ports_per_station).T
        load = d.base_kw[:, :, step].copy()
        totals = np.zeros((len(COLUMNS), d.n_worlds))
        follow(
            step, d.n_steps, d.at, d.nobody, asked, exchanged_kwh, self._energy, end_kwh, next_kwh, d.capacity_kwh,
            d.wanted_kwh, d.most_kwh, d.arrival, d.departure, d.potential_kw, d.full_kw, d.ports_per_station,
            d.transformer_of_port, self._soc, self._moved, self._since_arrival, load, totals,
        )  # fmt: skip
        t = dict(zip(COLUMNS, totals, strict=True))
        leaving, plugged = np.maximum(t["leaving"], 1), np.maximum(t["plugged"], 1)
        steps, moved = np.maximum(t["steps"], 1), np.maximum(t["moved"], 1e-300)
        calendar, cyclic = ageing(t["steps"], t["steps_soc"] / steps, t["moved_depth"] / moved, t["moved"])
        site = t["exchanged"] / STEP_HOURS
        self._charged = self._charged + t["charged"]
        self._discharged = self._discharged + t["discharged"]
        self._served = self._served + t["leaving"]
        facts = Facts(
            power_kw=site,
            setpoint_kw=d.setpoint_kw[:, step],
            potential_kw=t["potential"],
            station_power_kw=site / d.stations,
            transformer_kw=load,
            limit_kw=d.limit_kw[:, :, step],
            lower_limit_kw=d.lower_limit_kw[:, :, step],
            drivers_eur=t["discharged"] * d.sell[:, step] - t["charged"] * d.buy[:, step],
            satisfaction_frac=t["satisfaction"] / leaving,
            energy_satisfaction_frac=t["energy_satisfaction"] / leaving,
            calendar_loss_frac=calendar,
            cyclic_loss_frac=cyclic,
            charged_kwh=self._charged,
            discharged_kwh=self._discharged,
            buy_eur_per_kwh=d.buy[:, step],
            sell_eur_per_kwh=d.sell[:, step],
            price_factor=d.factor,
            soc_frac=t["soc"] / plugged,
            exchanged_kwh=t["since_arrival"] / plugged,
            current_a=exchanged_kwh / (STEP_HOURS * d.kw_per_ampere),
            peak=d.peak[:, step],
        )
        self._power, self._overload = site, facts.overload_kw.sum(axis=1)
        self._satisfaction = facts.satisfaction_frac
        self._energy = np.array(next_kwh)
        self.step += 1
        return facts
