"""EV2Gym's dynamics for many worlds and ports at once, equal to the real EV2Gym within 1e-9.

Worlds of the same site are packed into flat arrays (`Batch`); what changes while they run is a `BatchState`, whose
`step` moves every port of every world; `simulate_many` and `totals_many` let an agent drive. The physics is compiled
and lives in `core.engines.kernels`; see docs/engines.md for the array layout and for what a change must touch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cached_property
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.accounts.batch_ledger import Books, Flows
from core.accounts.trace import Trace
from core.agents.base import Agent, share_current
from core.agents.heuristics import AsFastAsPossible
from core.engines.views import ViewBuilder, site_shape
from core.scenario import STEP_MINUTES
from core.threads import deal_out
from core.world import TRANSITION_MULTIPLIER, World
from core.world.battery import ACTION_DECIMALS, GRID_HAIR

if TYPE_CHECKING:
    from core.engines.kernels import Cars, Site, State

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BLOCK_PORTS = 20_000
"""Ports that are stepped together. What an agent sees of them then stays within the processor's caches."""


def _kernels() -> ModuleType:
    """The compiled part, imported on first use: numba is not for whoever only looks at a page."""
    from core.engines import kernels

    compiled_in = (kernels.MINUTES, kernels.TRANSITION_MULTIPLIER, kernels.GRID_HAIR)
    if any(a != b for a, b in zip(compiled_in, (STEP_MINUTES, TRANSITION_MULTIPLIER, GRID_HAIR), strict=True)):
        raise ValueError("core.engines.kernels has another step, transition multiplier or grid compiled in")
    return kernels


def warm_up() -> None:
    """Load (on the first run of an installation: compile, about a quarter of a minute) the kernels now."""
    from core.scenario import Scenario
    from core.world import build_world

    batch = Batch([build_world(Scenario(stations=1))])
    state = BatchState(batch)
    state.step(np.zeros((1, batch.n_ports)))
    state.run_actions(np.zeros((1, batch.n_steps, batch.n_ports)))
    state.run_full_current()


class Batch:
    """Worlds of one shape as flat arrays. Constant; any number of states may run on it.

    Parameters
    ----------
    worlds : sequence of World
        Of one `core.engines.views.site_shape`; `ValueError` otherwise. Dates, seeds, cars, prices, limits, loads and
        weights may differ.

    Attributes
    ----------
    cars : kernels.Cars
        Sessions sorted by world, port and arrival.
    site : kernels.Site
    order : array of int
        [sessions]: position of each of `cars`' sessions in the worlds' own order, world after world.
    """

    def __init__(self, worlds: Sequence[World]) -> None:
        kernels = _kernels()
        if len({site_shape(world) for world in worlds}) != 1:
            raise ValueError("worlds of a batch must agree in what `site_shape` names")
        self.worlds = worlds
        scenario = worlds[0].scenario
        self.n_worlds, self.n_ports, self.n_steps = len(worlds), scenario.n_ports, worlds[0].n_steps
        self.n_transformers, self.ports_per_station = scenario.transformers, scenario.ports_per_station
        counts = np.array([len(world.sessions) for world in worlds])
        self.world_of_session = np.repeat(np.arange(self.n_worlds), counts)
        tables, rows = _distinct([world.efficiency for world in worlds])

        def joined(name: str) -> NDArray[Any]:
            return np.concatenate([getattr(world.sessions, name) for world in worlds])

        place = self.world_of_session * self.n_ports + joined("port")
        arrival = joined("arrival_step")
        self.order: Ints = np.lexsort((arrival, place))

        def packed(name: str) -> NDArray[Any]:
            return np.ascontiguousarray(joined(name)[self.order])

        self.cars: Cars = kernels.Cars(
            first=np.searchsorted(place[self.order], np.arange(self.n_worlds * self.n_ports + 1)),
            arrival=packed("arrival_step"),
            departure=packed("departure_step"),
            arrival_energy=packed("arrival_energy_kwh"),
            capacity=packed("capacity_kwh"),
            min_energy=packed("min_energy_kwh"),
            charge_limit=packed("charge_limit_kw"),
            discharge_limit=packed("discharge_limit_kw"),
            transition=packed("transition_soc"),
            model=(joined("model") + np.repeat(rows, counts))[self.order],
        )
        self.site: Site = kernels.Site(
            ports_per_station=scenario.ports_per_station,
            transformer=worlds[0].station_transformer.astype(np.int64),
            charge_a=float(scenario.charger_current_a),
            discharge_a=float(scenario.charger_current_a) if scenario.v2g else 0.0,
            volts=float(scenario.charger_voltage_v * np.sqrt(scenario.charger_phases)),
            efficiency=np.concatenate([_as_ev2gym_reads(table) for table in tables]),
            buy=np.stack([world.prices.buy_eur_per_kwh for world in worlds]).astype(np.float64),
            sell=np.stack([world.prices.sell_eur_per_kwh for world in worlds]).astype(np.float64),
        )

    @cached_property
    def views(self) -> ViewBuilder:
        """What agents see of these worlds."""
        return ViewBuilder(self.worlds)

    @cached_property
    def books(self) -> Books:
        """What prices these worlds' energy."""
        return Books(self.worlds)


def _distinct(tables: Sequence[Floats]) -> tuple[list[Floats], Ints]:
    """Tables without repetitions, and the row at which each of `tables` begins when they stand one below another."""
    begins: dict[int, int] = {}
    kept: list[Floats] = []
    rows = 0
    for table in tables:
        if id(table) not in begins:
            begins[id(table)] = rows
            kept.append(table)
            rows += len(table)
    return kept, np.array([begins[id(table)] for table in tables])


def _as_ev2gym_reads(table: Floats) -> Floats:
    """[models, 102]: fractions as EV2Gym gets them from percentages; above 100 A it falls back on 1 %.

    A uniform car has one efficiency for all currents, not a table.
    """
    percent = (table * 100).round(9)
    beyond = np.where((percent == 100).all(axis=1), 100.0, 1.0)
    return np.column_stack([percent, beyond]) / 100


class BatchState:
    """A batch of worlds while they run.

    Parameters
    ----------
    batch : Batch
    threads : int
        Worlds are dealt out to this many threads; results do not depend on it.

    Notes
    -----
    Arrays that properties return are the state itself: read them, or copy them, before the next `step`.
    """

    def __init__(self, batch: Batch, *, threads: int = 1) -> None:
        self.batch = batch
        self._threads = threads
        self._kernels = _kernels()
        b = batch
        shape = (b.n_worlds, b.n_ports)
        flows = (b.n_worlds, b.n_transformers, b.n_steps)
        self._state: State = self._kernels.State(
            cursor=np.zeros(shape, dtype=np.int64),
            connected=np.zeros(shape, dtype=np.bool_),
            energy=np.zeros(shape),
            departure_energy=np.zeros(len(b.order)),
            charged=np.zeros(flows),
            discharged=np.zeros(flows),
            rounding=np.zeros(b.n_worlds),
            profit=np.zeros((b.n_worlds, len(b.site.transformer))),
        )
        self.reset()

    def reset(self) -> None:
        """Back to the start of the day."""
        self.step_index = 0
        self._deal_out(lambda begin, end: self._kernels.reset(begin, end, self.batch.cars, self._state))

    @property
    def done(self) -> bool:
        """Whether the day is over."""
        return self.step_index >= self.batch.n_steps

    @property
    def connected(self) -> Bools:
        """[worlds, ports]: where a car may act in the coming step."""
        return self._state.connected

    @property
    def session(self) -> Ints:
        """[worlds, ports]: index into `Batch.cars` of that car; means nothing where none is connected."""
        return self._state.cursor

    @property
    def energy_kwh(self) -> Floats:
        """[worlds, ports]: energy in that car's battery, 0 where none is connected."""
        return self._state.energy

    @property
    def station_profit_eur(self) -> Floats:
        """[worlds, stations]: EV2Gym's `total_profits` up to now."""
        return self._state.profit

    @property
    def departure_energy_kwh(self) -> Floats:
        """[sessions], in the worlds' own order, world after world; NaN for cars that have not left."""
        energy = np.empty(len(self.batch.order))
        energy[self.batch.order] = self._state.departure_energy
        return energy

    @property
    def satisfaction(self) -> Floats:
        """[sessions], likewise: EV2Gym's `get_user_satisfaction`."""
        wanted = np.concatenate([world.sessions.wanted_energy_kwh for world in self.batch.worlds])
        energy = self.departure_energy_kwh
        return np.where(energy < wanted - 0.001, energy / wanted, np.where(np.isnan(energy), np.nan, 1.0))

    @property
    def flows(self) -> Flows:
        """Energy exchanged up to now."""
        return Flows(self._state.charged, self._state.discharged, self.departure_energy_kwh, self._state.rounding)

    def step(
        self,
        actions: Floats,
        *,
        power_kw: Floats | None = None,
        energy_kwh: Floats | None = None,
        exchanged_kwh: Floats | None = None,
    ) -> tuple[Floats, Floats]:
        """Move every port of every world by one step, exactly as `EV2Gym.step` does.

        Parameters
        ----------
        actions : array of float
            [worlds, ports] in [-1, 1]: share of the station's current, > 0 charges. Ignored where no car is. Where a
            station's actions add up to more than 1 (less than -1) they are scaled down as EV2Gym does it.
        power_kw, energy_kwh : array of float, optional
            [worlds, ports], to be filled and returned instead of new arrays.
        exchanged_kwh : array of float, optional
            [worlds, ports], to be filled: energy stored (> 0) or given, as EV2Gym counts it before it rounds up.

        Returns
        -------
        power_kw : array of float
            [worlds, ports]: mean power over the step that the battery's change in energy implies.
        energy_kwh : array of float
            [worlds, ports]: energy at the end of the step, NaN where no car was.

        Raises
        ------
        ValueError
            When the day is over, or where EV2Gym itself stops: the ports of a station together draw more than its
            current. That takes actions of both signs at one station; `share_current` prevents it.
        """
        if self.done:
            raise ValueError("the day is over: reset")
        shape = self._state.energy.shape
        if np.shape(actions) != shape:
            raise ValueError(f"actions must have shape {shape}, not {np.shape(actions)}")
        power = np.empty(shape) if power_kw is None else power_kw
        energy = np.empty(shape) if energy_kwh is None else energy_kwh
        exchanged = np.empty((shape[0], 0, shape[1])) if exchanged_kwh is None else exchanged_kwh[:, None]
        self._advance(actions[:, None], power[:, None], energy[:, None], exchanged)
        return power, energy

    def run_actions(self, actions: Floats) -> None:
        """The whole day under given actions, [worlds, steps, ports], in one call; as `step` otherwise."""
        self.reset()
        b = self.batch
        shape = (b.n_worlds, b.n_steps, b.n_ports)
        if np.shape(actions) != shape:
            raise ValueError(f"actions must have shape {shape}, not {np.shape(actions)}")
        nothing = np.empty((b.n_worlds, 0, b.n_ports))
        self._advance(actions, nothing, nothing, nothing)

    def _advance(self, actions: Floats, power_kw: Floats, energy_kwh: Floats, exchanged_kwh: Floats) -> None:
        """Through the steps that `actions` has; arrays [worlds, steps, ports]."""
        actions = np.ascontiguousarray(actions, dtype=np.float64)
        b, step = self.batch, self.step_index
        self._deal_out(
            lambda begin, end: self._kernels.advance(
                begin, end, step, actions, b.cars, b.site, self._state, power_kw, energy_kwh, exchanged_kwh
            )
        )
        self.step_index += actions.shape[1]

    def run_full_current(self) -> None:
        """The whole day with every car asking for full current, in one call: what `afap` does, without asking it.

        Leaves totals, profits and departures, but says nothing about single steps.
        """
        b = self.batch
        self._deal_out(lambda begin, end: self._kernels.run_full_current(begin, end, b.cars, b.site, self._state))
        self.step_index = b.n_steps

    def _deal_out(self, work: Callable[[int, int], int | None]) -> None:
        """Call `work(begin, end)` for ranges of worlds, in threads."""
        failed = deal_out(self.batch.n_worlds, self._threads, work)
        for place in failed:
            if place is not None and place >= 0:
                world, station = divmod(place, len(self.batch.site.transformer))
                raise ValueError(f"world {world}, station {station}: its ports together draw more than its current")


# --- agents drive -----------------------------------------------------------------------------------------------------
def simulate_many(worlds: Sequence[World], agent: Agent) -> list[Trace]:
    """Run one agent through many worlds, with the results that `core.engines.ev2gym.simulate` gives for each.

    Parameters
    ----------
    worlds : sequence of World
        Of any sites; those of one shape are stepped together.
    agent : Agent
        Is told to `prepare` once for each block of worlds that is stepped together.

    Returns
    -------
    list of Trace
        In the order of `worlds`. `decision_ms` and `simulation_ms` are each world's share of the time. `ev2gym_stats`
        is empty.
    """
    traces: dict[int, Trace] = {}
    for block in blocks(worlds):
        batch = Batch([worlds[i] for i in block])
        traces.update(zip(block, simulate_batch(batch, agent), strict=True))
    return [traces[i] for i in range(len(worlds))]


def totals_many(worlds: Sequence[World], agent: Agent, *, threads: int = 1) -> dict[str, Floats]:
    """Ledger totals of one agent in many worlds, without keeping traces.

    Parameters
    ----------
    worlds : sequence of World
        Of any sites.
    agent : Agent
    threads : int
        For the engine; agents run in the calling thread.

    Returns
    -------
    dict of array
        [worlds] for every figure of `core.accounts.indicators.FIGURES`; equal within 1e-9
        to `core.accounts.ledger.settle` of the trace.
    """
    return totals_by_agent(worlds, [agent], threads=threads)[agent.name]


def totals_by_agent(
    worlds: Sequence[World], agents: Sequence[Agent], *, threads: int = 1
) -> dict[str, dict[str, Floats]]:
    """`totals_many` for several agents, by name: prepares the worlds once."""
    out: dict[str, dict[str, Floats]] = {agent.name: {} for agent in agents}
    for block in blocks(worlds):
        batch = Batch([worlds[i] for i in block])
        for agent in agents:
            for name, values in totals_batch(batch, agent, threads=threads).items():
                out[agent.name].setdefault(name, np.empty(len(worlds)))[block] = values
    return out


def blocks(worlds: Sequence[World]) -> Iterator[list[int]]:
    """Indices of worlds that can be stepped together, at most `BLOCK_PORTS` ports at a time."""
    shapes: dict[Hashable, list[int]] = {}
    for i, world in enumerate(worlds):
        shapes.setdefault(site_shape(world), []).append(i)
    for members in shapes.values():
        size = max(1, BLOCK_PORTS // worlds[members[0]].scenario.n_ports)
        for begin in range(0, len(members), size):
            yield members[begin : begin + size]


def simulate_batch(batch: Batch, agent: Agent) -> list[Trace]:
    """`simulate_many` for one prepared batch."""
    shape = (batch.n_worlds, batch.n_steps, batch.n_ports)  # a step's values lie together, traces are views of it
    power, energy, action = np.empty(shape), np.empty(shape), np.empty(shape)
    state = BatchState(batch)

    def record(step: int, *values: Floats) -> None:
        for array, value in zip((action, power, energy), values, strict=True):
            array[:, step] = value

    decision_ms, simulation_s = _drive(state, agent, record)
    for array in (power, energy, action, decision_ms):
        array.setflags(write=False)
    return [
        Trace(
            agent=agent.name,
            power_kw=power[i].T,
            energy_kwh=energy[i].T,
            action=action[i].T,
            decision_ms=decision_ms,
            simulation_ms=simulation_s * 1000 / batch.n_worlds,
            rounding_kwh=float(state.flows.rounding_kwh[i]),
            ev2gym_stats=MappingProxyType({}),
            bound_eur=None if agent.bound_eur is None else float(agent.bound_eur[i]),
            bound_gap_eur=0.0 if agent.bound_gap_eur is None else float(agent.bound_gap_eur[i]),
        )
        for i in range(batch.n_worlds)
    ]


def totals_batch(batch: Batch, agent: Agent, *, threads: int = 1) -> dict[str, Floats]:
    """`totals_many` for one prepared batch, with `bound_eur` where the agent proves one."""
    state = BatchState(batch, threads=threads)
    if type(agent) is AsFastAsPossible:  # the same, without asking it 112 times
        state.run_full_current()
    else:
        _drive(state, agent, None)
    totals = batch.books.totals(state.flows)
    return totals if agent.bound_eur is None else {**totals, "bound_eur": agent.bound_eur}


def _drive(state: BatchState, agent: Agent, record: Callable[..., None] | None) -> tuple[Floats, float]:
    """Let `agent` act through the day: its time per step and world [ms], and the engine's time [s]."""
    batch = state.batch
    decision_ms = np.zeros(batch.n_steps)
    simulation_s = 0.0
    started = time.perf_counter()
    agent.prepare(batch.worlds)
    prepared_s = time.perf_counter() - started
    shape = (batch.n_worlds, batch.n_ports)
    power, energy = np.empty(shape), np.empty(shape)
    for step in range(batch.n_steps):
        view = batch.views.view(step, state.energy_kwh.copy())
        started = time.perf_counter()
        asked = agent.act(view)
        decision_ms[step] = (time.perf_counter() - started) * 1000 / batch.n_worlds
        actions = share_current(asked, view.connected, batch.ports_per_station)
        started = time.perf_counter()
        # Rounded before a station adds its ports up, as `core.engines.ev2gym.simulate` does it.
        state.step(np.round(actions, ACTION_DECIMALS), power_kw=power, energy_kwh=energy)
        simulation_s += time.perf_counter() - started
        if record is not None:
            record(step, actions, power, energy)
    decision_ms[0] += prepared_s * 1000 / batch.n_worlds
    return decision_ms, simulation_s
