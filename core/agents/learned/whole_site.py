"""Policies for one whole site, as EV2Gym and the original train them: nine algorithms, seven rewards, two sites.

Each is shown one of the original's states, or EV2Gym's `V2G_profit_max`, and answers with one action for each port. So
it serves sites with as many ports as its own alone: the original's (20) or EV2Gym's V2GProfitMax (25). One name,
`site_ALGO_REWARD`, stands for both, and the number of ports says which policy answers.

A FleetView does not tell what the cars exchanged in the step before, which the states show: `Watch` works it out from
the batteries' energy, and for the cars that left from what was asked of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from core.agents.base import Agent, FleetView, Floats
from core.agents.info import LearnedFamily
from core.agents.learned.files import FOLDER, load_policy, manifest
from core.agents.learned.policy import Policy
from core.agents.looks import OBJECTIVE, SITE_PARTS
from core.errors import AgentError
from core.rewards.registry import REWARDS, STATES
from core.rewards.states import Seen, row
from core.scenario import PRESETS, STEP_HOURS, Scenario
from core.world import World
from core.world.battery import ACTION_DECIMALS, ROUNDING_KWH

Singles = NDArray[np.float32]

FAMILY: Final[LearnedFamily] = "whole_site"

SITES: Final[Mapping[str, Scenario]] = MappingProxyType({"original": PRESETS["busan-original"], "stock": Scenario()})
"""The original's site and EV2Gym's V2GProfitMax; dates and seeds are drawn."""

PROFIT_MAX: Final = "V2G_profit_max"
"""EV2Gym's state, which goes with the objective."""

STATE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {name: name if name in STATES else "combined" for name in REWARDS} | {OBJECTIVE: PROFIT_MAX}
)
"""Which state each reward is learned with: each stakeholder's own, the shared one for the integrated rewards."""

PRICES_AHEAD = 20
"""Steps of prices that EV2Gym's `V2G_profit_max` shows."""

POLICY_FILES: Final[Mapping[str, str]] = MappingProxyType({site: f"policy_{site}.npz" for site in SITES})


# --- what is seen -----------------------------------------------------------------------------------------------------
def observe(state: str, seen: Seen, step: int, buy: Floats) -> Singles:
    """Observations as a policy takes them, [worlds, columns].

    Parameters
    ----------
    state : str
        One of `STATE_OF`'s values.
    seen : Seen
        Numbers [worlds].
    step : int
        The coming one.
    buy : array of float
        [worlds, steps] EUR/kWh.

    Notes
    -----
    `V2G_profit_max` of EV2Gym lists ports transformer by transformer; here they stand in their own order, which is the
    same on sites with one transformer, as `SITES` are.
    """
    if state != PROFIT_MAX:
        return STATES[state].of(seen).astype(np.float32)
    prices = np.zeros((len(buy), PRICES_AHEAD))
    ahead = np.abs(buy[:, step : step + PRICES_AHEAD])
    prices[:, : ahead.shape[1]] = ahead
    now = np.full(len(buy), float(step))
    return row(now, seen.power_kw, ports=np.concatenate([prices, seen.ports], axis=1)).astype(np.float32)


def columns(state: str, n_ports: int) -> tuple[str, ...]:
    """Names of what `observe` shows."""
    ports = [f"{what}_{port}" for port in range(n_ports) for what in ("soc_frac", "steps_left")]
    names: dict[str, list[str]] = {
        "grid_operator": ["day_frac", "setpoint_kw", "power_kw", "discharged_kwh", "overload_kw", *ports],
        "ev_user": ["day_frac", "power_kw", "buy_eur_per_kwh", "charged_kwh", *ports, "satisfaction_frac"],
        "provider": ["day_frac", "power_kw", "buy_eur_per_kwh", "discharged_kwh", "cars_served"],
        "combined": [
            "day_frac", "setpoint_kw", "power_kw", "buy_eur_per_kwh", "sell_eur_per_kwh", "charged_kwh",
            "discharged_kwh", "overload_kw", "satisfaction_frac", "cars_served", *ports,
        ],
        PROFIT_MAX: ["step", "power_kw", *(f"price_{k}" for k in range(PRICES_AHEAD)), *ports],
    }  # fmt: skip
    return tuple(names[state])


class Watch:
    """What the states show, out of a FleetView in each step and what was asked for after it.

    Parameters
    ----------
    n_worlds : int
    """

    def __init__(self, n_worlds: int) -> None:
        self._before: tuple[FleetView, Floats] | None = None
        self._charged, self._discharged, self._served = (np.zeros(n_worlds) for _ in range(3))

    def look(self, view: FleetView) -> Seen:
        """What is known before the view's step; numbers [worlds], of ports [worlds, ports]."""
        n, step = len(view.connected), view.step
        power, overload, satisfaction = np.zeros(n), np.zeros(n), np.zeros(n)
        if self._before is not None:
            then, asked = self._before
            exchanged = _exchanged(then, asked, view)
            power = exchanged.sum(axis=1) / STEP_HOURS
            self._charged = self._charged + np.where(asked > 0, exchanged, 0.0).sum(axis=1)
            self._discharged = self._discharged - np.where(asked < 0, exchanged, 0.0).sum(axis=1)
            load = view.base_load_kw[:, :, then.step].copy()
            np.add.at(load.T, view.transformer_of_port, exchanged.T / STEP_HOURS)
            limit, lower = view.limit_kw[:, :, then.step], view.lower_limit_kw[:, :, then.step]
            overload = np.maximum(0.0, np.maximum(load - limit, lower - load)).sum(axis=1)
            left = then.connected & (then.steps_left == 1)
            energy = np.ceil((then.energy_kwh + exchanged) / ROUNDING_KWH - 1e-6) * ROUNDING_KWH
            wanted = np.where(then.connected, then.wanted_kwh, 1.0)
            content = np.where(energy < wanted - 0.001, energy / wanted, 1.0)
            number = left.sum(axis=1)
            satisfaction = np.where(left, content, 0.0).sum(axis=1) / np.maximum(number, 1)
            self._served = self._served + number
        soc = view.energy_kwh / np.where(view.connected, view.capacity_kwh, 1.0)
        return Seen(
            day_frac=np.full(n, step / view.n_steps),
            setpoint_kw=np.zeros(n) if view.setpoint_kw is None else view.setpoint_kw[:, step],
            power_kw=power,
            buy_eur_per_kwh=view.objective.buy[:, step],
            sell_eur_per_kwh=view.objective.sell[:, step],
            charged_kwh=self._charged,
            discharged_kwh=self._discharged,
            overload_kw=overload,
            satisfaction_frac=satisfaction,
            cars_served=self._served,
            soc_frac=np.where(view.connected, soc, 0.0),
            steps_left=np.where(view.connected, view.steps_left - 1, 0).astype(np.float64),
        )

    def note(self, view: FleetView, actions: Floats) -> None:
        """Remember what was asked for; [worlds, ports]."""
        self._before = view, np.where(view.connected, np.round(np.clip(actions, -1, 1), ACTION_DECIMALS), 0.0)


def _exchanged(then: FleetView, asked: Floats, now: FleetView) -> Floats:
    """[worlds, ports] kWh: what the step between two views exchanged, before EV2Gym's rounding up, as far as it shows.

    Of a car that is still there, the battery tells it to `ROUNDING_KWH`; of one that left, its limits do.
    """
    amps = asked * then.charger_current_a
    column = np.minimum(np.rint(np.abs(amps)), then.efficiency.shape[1] - 1).astype(np.int64)
    wanted = then.efficiency[then.model, column] * amps * then.kw_per_ampere * STEP_HOURS
    least = np.minimum(0.0, then.min_energy_kwh - then.energy_kwh)
    most = np.minimum(then.charge_kw * STEP_HOURS, then.taper * np.maximum(0.0, then.capacity_kwh - then.energy_kwh))
    likely = np.clip(wanted, np.maximum(least, -then.discharge_kw * STEP_HOURS), most)
    stays = then.connected & (then.steps_left > 1)
    gained = now.energy_kwh - then.energy_kwh
    known = np.clip(likely, gained - ROUNDING_KWH, gained)
    return np.where(then.connected & (asked != 0), np.where(stays, known, likely), 0.0)


# --- files ------------------------------------------------------------------------------------------------------------
def sites_of(name: str, folder: Path = FOLDER) -> tuple[str, ...]:
    """Sites that an agent has a policy for."""
    known = manifest(folder).get(name, {}).get("sha256", {})
    return tuple(site for site, file in POLICY_FILES.items() if file in known)


def load_site_policy(name: str, site: str, folder: Path = FOLDER) -> Policy:
    """The policy of one agent for one site. Raises `AgentError`."""
    observed = columns(STATE_OF[SITE_PARTS[name][1]], SITES[site].n_ports)
    return load_policy(name, folder, file=POLICY_FILES[site], observation=observed)


def site_card(name: str, folder: Path = FOLDER) -> dict[str, Any]:
    """What is known of an agent: for each site how it was trained, and every seed's figures; empty where nothing is."""
    try:
        content: dict[str, Any] = json.loads((folder / FAMILY / name / "card.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


# --- the agent --------------------------------------------------------------------------------------------------------
class SiteAgent(Agent):
    """One policy for a whole site.

    Parameters
    ----------
    state : str
        What it is shown.
    policies : mapping of int to callable
        What loads the policy for sites with so many ports.
    """

    name: ClassVar[str] = "site"

    def __init__(self, state: str, policies: Mapping[int, Callable[[], Policy]]) -> None:
        self._state, self._policies = state, policies

    def prepare(self, worlds: Sequence[World]) -> None:
        """Raises `AgentError` where there is no policy for so many ports."""
        ports = worlds[0].scenario.n_ports
        if ports not in self._policies:
            known = " or ".join(str(n) for n in sorted(self._policies))
            raise AgentError(self.name, f"it was trained for a whole site with {known} ports, and this one has {ports}")
        self._policy = self._policies[ports]()
        self._watch = Watch(len(worlds))
        self._memory: Singles | None = None

    def act(self, view: FleetView) -> Floats:
        seen = self._watch.look(view)
        observed = observe(self._state, seen, view.step, view.objective.buy)
        answers, self._memory = self._policy.outputs(observed, self._memory)
        actions = np.where(view.connected, answers.astype(np.float64), 0.0)
        self._watch.note(view, actions)
        return actions


def maker(name: str, folder: Path = FOLDER) -> Callable[[], Agent]:
    """What makes a fresh agent of this name; raises `AgentError` only when a run begins."""

    def make() -> Agent:
        policies = {
            SITES[site].n_ports: (lambda site=site: load_site_policy(name, site, folder))
            for site in sites_of(name, folder)
        }
        agent = type(f"Learned_{name}", (SiteAgent,), {"name": name})(STATE_OF[SITE_PARTS[name][1]], policies)
        assert isinstance(agent, SiteAgent)
        return agent

    return make
