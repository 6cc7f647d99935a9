"""A World and its parts: what is known of a day before any agent acts. Frozen arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.scenario import Scenario
from core.tariffs import PriceCurves

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sessions:
    """Charging sessions, one entry a car, in order of arrival; arrays of length [sessions].

    A car may act from step `arrival_step` to `departure_step`, both included.
    """

    station: Ints
    port: Ints
    """Index of the port over the whole site, ``station * ports_per_station + plug``."""
    arrival_step: Ints
    departure_step: Ints
    arrival_energy_kwh: Floats
    wanted_energy_kwh: Floats
    capacity_kwh: Floats
    min_energy_kwh: Floats
    emergency_energy_kwh: Floats
    charge_limit_kw: Floats
    discharge_limit_kw: Floats
    """Positive; what the car can give."""
    transition_soc: Floats
    model: Ints
    """Row of `World.efficiency` and of `World.models`."""

    def __len__(self) -> int:
        return len(self.station)


@dataclass(frozen=True, slots=True)
class DemandResponseEvent:
    """One lowering of a transformer's limit, from `start_step` to before `end_step`, by `percent`."""

    transformer: int
    start_step: int
    end_step: int
    percent: float


@dataclass(frozen=True, slots=True)
class OwnDay:
    """What became of a visitor's own sessions on the run's day; counts of sessions."""

    arriving: int
    """That begin within the run; those left out below are among them, but `before`."""
    turned_away: int
    """That found no free port."""
    too_short: int
    """Without a whole step at the port."""
    outlasting: int
    """That go on after the run's end; EV2Gym has none."""
    before: int
    """That were there before the run began; what was left to charge is not known."""
    beyond_battery: int
    """That wanted more energy than fits into the battery; it wants no more than that now."""
    beyond_battery_kwh: float


@dataclass(frozen=True, slots=True)
class World:
    """What happens whatever an agent does. All arrays are read-only.

    Shapes: [steps], [transformers, steps], [stations], [models, 101].
    """

    scenario: Scenario
    times_local: NDArray[np.datetime64]
    sessions: Sessions
    models: tuple[str, ...]
    efficiency: Floats
    """[models, 101]: stored (or drawn) energy over energy at the plug, by rounded current in A; both directions."""
    prices: PriceCurves
    limit_kw: Floats
    """[transformers, steps]: upper limit, lowered during demand-response events."""
    lower_limit_kw: Floats
    """[transformers, steps]: limit for feeding back, negative. Events leave it alone, as in EV2Gym."""
    load_kw: Floats
    pv_kw: Floats
    """[transformers, steps], positive: generated power."""
    load_forecast_kw: Floats
    pv_forecast_kw: Floats
    events: tuple[DemandResponseEvent, ...]
    setpoint_kw: Floats | None
    """[steps] for the power of all stations together, or None where none is set."""
    station_transformer: Ints
    expected_prices: PriceCurves | None = None
    """What agents may expect of prices when the run begins; None where these are known ahead."""
    own_day: OwnDay | None = None
    """What became of the sessions of a visitor's file; None where cars are drawn."""
    _occupancy: Ints | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def n_steps(self) -> int:
        """Number of 15-minute steps."""
        return len(self.times_local)

    @property
    def base_load_kw(self) -> Floats:
        """[transformers, steps]: other load less PV."""
        return self.load_kw - self.pv_kw

    @property
    def occupancy(self) -> Ints:
        """[ports, steps]: index of the session that may act, -1 where the port is empty; computed once."""
        if self._occupancy is None:
            s = self.sessions
            at = np.full((self.scenario.n_ports, self.n_steps), -1, dtype=np.int64)
            for i in range(len(s)):
                at[s.port[i], s.arrival_step[i] : s.departure_step[i] + 1] = i
            at.setflags(write=False)
            object.__setattr__(self, "_occupancy", at)
            return at
        return self._occupancy
