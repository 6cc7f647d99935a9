"""Builds what agents see (`FleetView`), the same way for every engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.agents.base import FleetView
from core.scenario import STEP_HOURS, STEP_MINUTES
from core.world import World, arrival_forecast, event_start_chance, first_unknown_step
from core.world.battery import car_limits, kw_per_ampere, on_grid, on_grid_below

Floats = NDArray[np.float64]


def site_shape(world: World) -> tuple[object, ...]:
    """What worlds must share to be seen together: sizes, chargers, V2G, and whether there is a set-point."""
    s = world.scenario
    return (
        s.stations,
        s.ports_per_station,
        s.transformers,
        world.n_steps,
        s.v2g,
        s.charger_current_a,
        kw_per_ampere(s),
        s.setpoint,
    )


class ViewBuilder:
    """Views of one or many worlds of the same `site_shape`.

    Parameters
    ----------
    worlds : sequence of World
        Of one `site_shape`; `ValueError` otherwise.
    """

    def __init__(self, worlds: Sequence[World]) -> None:
        first = worlds[0].scenario
        if len({site_shape(w) for w in worlds}) != 1:
            raise ValueError("worlds seen together must agree in what `site_shape` names")
        self._ports = first.ports_per_station
        self._n_steps = worlds[0].n_steps
        self._transformer_of_port = np.repeat(worlds[0].station_transformer, self._ports)
        counts = [len(w.sessions) for w in worlds]
        offsets = np.concatenate([[0], np.cumsum(counts)])[:-1]
        self._empty = sum(counts)  # index of the row that stands for an empty port
        at = [w.occupancy for w in worlds]
        # [steps, worlds, ports]: what one step needs lies together. Kernels are compiled for this order alone.
        self._session_at = np.ascontiguousarray(
            np.stack(
                [np.where(a >= 0, a + offset, self._empty).T for a, offset in zip(at, offsets, strict=True)], axis=1
            )
        )
        limits = [car_limits(w) for w in worlds]

        def column(parts: Sequence[NDArray[np.float64] | NDArray[np.int64]]) -> Floats:
            return np.concatenate([*parts, np.zeros(1)])

        self._departure = column([w.sessions.departure_step for w in worlds]).astype(np.int64)
        self._per_session: dict[str, Any] = {
            "capacity_kwh": column([w.sessions.capacity_kwh for w in worlds]),
            "wanted_kwh": column([w.sessions.wanted_energy_kwh for w in worlds]),
            "min_energy_kwh": column([w.sessions.min_energy_kwh for w in worlds]),
            "charge_kw": column([on_grid(x.charge_kw * STEP_HOURS) / STEP_HOURS for x in limits]),
            "discharge_kw": column([on_grid_below(x.discharge_kw * STEP_HOURS) / STEP_HOURS for x in limits]),
            "taper": column([x.taper for x in limits]),
            "full_charge_action": column([x.full_charge_action for x in limits]),
            "full_discharge_action": column([x.full_discharge_action for x in limits]),
        }
        # Worlds seen together may have different cars: their efficiency tables stand one below the other.
        rows = np.concatenate([[0], np.cumsum([len(w.models) for w in worlds])])[:-1]
        self._efficiency = np.concatenate([w.efficiency for w in worlds])
        self._model = column([w.sessions.model + row for w, row in zip(worlds, rows, strict=True)]).astype(np.int64)
        forecasts = [arrival_forecast(w.scenario) for w in worlds]
        self._constant: dict[str, Any] = {
            "arrival_rate": np.stack([f.rate for f in forecasts]),
            "arrival_need_kwh": np.stack([f.need_kwh for f in forecasts]),
            "arrival_stay_steps": np.stack([f.stay_steps for f in forecasts]),
            "arrival_charge_kw": np.array([f.charge_kw for f in forecasts]),
            "ports_per_station": self._ports,
            "n_steps": self._n_steps,
            "transformer_of_port": self._transformer_of_port,
            "v2g": first.v2g,
            "efficiency": self._efficiency,
            "charger_current_a": first.charger_current_a,
            "kw_per_ampere": kw_per_ampere(first),
            "lower_limit_kw": np.stack([w.lower_limit_kw for w in worlds]),
            "setpoint_kw": None
            if worlds[0].setpoint_kw is None
            else np.stack([w.setpoint_kw for w in worlds if w.setpoint_kw is not None]),
        }
        self._objective = Objective.of_all(worlds)
        sure = all(w.expected_prices is None for w in worlds)
        self._expected = None if sure else Objective.of_all(worlds, expected=True)
        self._limit = np.stack([w.limit_kw for w in worlds])
        # Step of announcement, world, transformer, steps, and the limit outside of the event.
        self._events = [
            (
                event.start_step - w.scenario.dr_notice_min // STEP_MINUTES,
                i,
                event.transformer,
                slice(event.start_step, event.end_step),
                -float(w.lower_limit_kw[0, 0]),
            )
            for i, w in enumerate(worlds)
            for event in w.events
        ]
        self._event_odds = _EventOdds(worlds) if any(w.scenario.dr_events for w in worlds) else None
        self._base = np.stack([w.base_load_kw for w in worlds])
        self._base_forecast = np.stack([w.load_forecast_kw - w.pv_forecast_kw for w in worlds])
        self._exact = bool((self._base == self._base_forecast).all())

    def connected(self, step: int) -> NDArray[np.bool_]:
        """[worlds, ports]: where a car may act in `step`."""
        here: NDArray[np.bool_] = self._session_at[step] != self._empty
        return here

    def view(self, step: int, energy_kwh: Floats) -> FleetView:
        """The view before `step`, given the energy in each battery, [worlds, ports] kWh (0 where there is no car)."""
        at = self._session_at[step]
        connected = at != self._empty
        return FleetView(
            step=step,
            connected=connected,
            energy_kwh=energy_kwh,
            steps_left=np.where(connected, self._departure[at] - step + 1, 0),
            model=self._model[at],
            limit_kw=(known := self._known_limit(step)),
            limit_forecast_kw=known if self._event_odds is None else self._event_odds.lower(step, known),
            base_load_kw=self._known_base_load(step),
            objective=self._known_objective(step),
            **{name: values[at] for name, values in self._per_session.items()},
            **self._constant,
        )

    def _known_limit(self, step: int) -> Floats:
        """[worlds, transformers, steps]: limits as announced by `step`."""
        hidden = [event for event in self._events if step < event[0]]
        if not hidden:
            return self._limit
        known = self._limit.copy()
        for _, i, transformer, window, nominal in hidden:
            known[i, transformer, window] = nominal
        return known

    def _known_objective(self, step: int) -> Objective[Floats]:
        """Prices that are known at `step`, and what is expected of the others."""
        if self._expected is None:
            return self._objective
        return self._objective.known_until(first_unknown_step(step), self._expected)

    def _known_base_load(self, step: int) -> Floats:
        if self._exact:
            return self._base
        known = self._base_forecast.copy()
        known[:, :, : step + 1] = self._base[:, :, : step + 1]
        return known


class _EventOdds:
    """What demand-response events that were not announced yet take of limits on average.

    Hours and depths of events are drawn from a scenario's settings, which an agent may know; when they really come, it
    learns with their notice.
    """

    def __init__(self, worlds: Sequence[World]) -> None:
        self._worlds = [i for i, world in enumerate(worlds) if world.scenario.dr_events > 0]
        scenarios = [worlds[i].scenario for i in self._worlds]
        self._begun = np.stack([event_start_chance(s) for s in scenarios])
        self._length = np.array([s.dr_length_min // STEP_MINUTES for s in scenarios])
        self._notice = np.array([s.dr_notice_min // STEP_MINUTES for s in scenarios])
        self._left = np.array([1 - s.dr_depth_percent / 100 for s in scenarios])
        # [worlds, transformers, events]: when each becomes known.
        most = max(s.dr_events for s in scenarios)
        self._events = np.array([s.dr_events for s in scenarios])
        self._known_from = np.full((len(scenarios), scenarios[0].transformers, most), np.iinfo(np.int64).max)
        for row, i in enumerate(self._worlds):
            for event in worlds[i].events:
                times = self._known_from[row, event.transformer]
                times[np.argmax(times)] = event.start_step - self._notice[row]

    def lower(self, step: int, known_kw: Floats) -> Floats:
        """Known limits [worlds, transformers, steps], lowered where events may still come."""
        rows, steps = np.arange(len(self._worlds))[:, None], np.arange(known_kw.shape[2])
        # An event that was not announced begins after `seen`: chances are taken among those.
        seen = np.minimum(step + self._notice, self._begun.shape[1] - 1)
        before = self._begun[rows[:, 0], seen]
        first = np.maximum(steps - self._length[:, None], seen[:, None])
        covers = np.maximum(
            self._begun[rows, steps] - self._begun[rows, np.minimum(first, self._begun.shape[1] - 1)], 0.0
        )
        covers /= np.maximum(1.0 - before, 1e-9)[:, None]
        factor = 1.0 - covers * (1.0 - self._left)[:, None]
        to_come = self._events[:, None] - (self._known_from <= step).sum(axis=2)
        out = known_kw.copy()
        out[self._worlds] *= factor[:, None, :] ** to_come[:, :, None]
        return out
