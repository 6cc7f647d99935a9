"""A whole site as one Gymnasium environment, on the batch engine; see docs/environments.md."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from core.accounts.objective import Objective
from core.agents.base import share_current
from core.agents.learned.whole_site import PROFIT_MAX, STATE_OF, columns, observe
from core.agents.looks import OBJECTIVE, SITE_REWARDS
from core.engines.batch import Batch, BatchState
from core.environments.arguments import AnyScenario, Days, among, next_day, scenario_of
from core.rewards import REWARDS, STATES
from core.rewards.stepwise import Days as RewardDays
from core.rewards.stepwise import Running
from core.scenario import STEP_HOURS
from core.world import World, build_world
from core.world.battery import ACTION_DECIMALS

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

SITE_STATES = (*STATES, PROFIT_MAX)
"""States that the batch engine shows."""

FARTHEST = 1e6
"""No figure of an observation is larger: kW, kWh, steps, EUR/kWh."""


class Group:
    """Days that are stepped together, and what each kWh of them is worth in the objective. Constant."""

    def __init__(self, worlds: list[World]) -> None:
        self.batch, self.days = Batch(worlds), RewardDays(worlds)
        self.wanted_kwh = np.concatenate([world.sessions.wanted_energy_kwh for world in worlds])
        self.objective = Objective.of_all(worlds)
        self.tracked = worlds[0].setpoint_kw is not None


class Run:
    """One group of days from the first step to the last, with one reward and one state.

    Parameters
    ----------
    group : Group
    reward : str
        One of `core.agents.looks.SITE_REWARDS`.
    state : str, optional
        One of the values of `STATE_OF`; the reward's own by default.
    """

    def __init__(self, group: Group, reward: str, state: str | None = None) -> None:
        self._group, self._reward, self._state = group, reward, state or STATE_OF[reward]
        self.state = BatchState(group.batch)
        self._running = Running(group.days, self.state.energy_kwh)
        self._peak = np.zeros(group.batch.n_worlds)

    @property
    def done(self) -> bool:
        """Whether the day is over."""
        return self.state.done

    def observation(self) -> Singles:
        """[worlds, columns]: what is seen before the coming step."""
        running = self._running
        return observe(self._state, running.seen, running.step, self._group.days.buy)

    def step(self, asked: Floats) -> Floats:
        """Make a step; gives [worlds]: the reward.

        Parameters
        ----------
        asked : array of float
            [worlds, ports]; cut to what a charger can do.
        """
        group, batch, step = self._group, self._group.batch, self._running.step
        connected = self.state.connected.copy()
        actions = np.round(share_current(asked, connected, batch.ports_per_station), ACTION_DECIMALS)
        exchanged = np.empty(actions.shape)
        power, end = self.state.step(actions, exchanged_kwh=exchanged)
        facts = self._running.after(actions, exchanged, end, self.state.energy_kwh)
        if self._reward != OBJECTIVE:
            return REWARDS[self._reward].formula(facts)
        at = group.days.at[step]
        leaving = group.days.departure[at] == step
        unmet = np.where(leaving, np.maximum(0.0, group.days.wanted_kwh[at] - np.nan_to_num(end)), 0.0).sum(axis=1)
        return self._earned(step, power, unmet)

    def _earned(self, step: int, power: Floats, unmet_kwh: Floats) -> Floats:
        """[worlds] EUR: the objective's change; adds up to the ledger's."""
        now, days = self._group.objective, self._group.days
        up, down = np.maximum(power, 0.0).sum(axis=1), np.maximum(-power, 0.0).sum(axis=1)
        load = days.base_kw[:, :, step].copy()
        np.add.at(load.T, days.transformer_of_port, power.T)
        over = np.maximum(0.0, np.maximum(load - days.limit_kw[:, :, step], days.lower_limit_kw[:, :, step] - load))
        value = (now.charge_value[:, step] * up + now.discharge_value[:, step] * down) * STEP_HOURS
        value = value - now.unmet_value * unmet_kwh - now.overload_value * over.sum(axis=1) * STEP_HOURS
        site = up - down
        if self._group.tracked:
            value = value - now.deviation_value * np.abs(site - days.setpoint_kw[:, step]) * STEP_HOURS
        value = value - now.peak_value * np.maximum(0.0, site - self._peak)
        self._peak = np.maximum(self._peak, site)
        return np.asarray(value)


def spaces(state: str, n_ports: int, v2g: bool) -> tuple[gymnasium.spaces.Box, gymnasium.spaces.Box]:
    """Observation and action space of a site."""
    shape = (len(columns(state, n_ports)),)
    return (
        gymnasium.spaces.Box(-FARTHEST, FARTHEST, shape, dtype=np.float32),
        gymnasium.spaces.Box(-1.0 if v2g else 0.0, 1.0, (n_ports,), dtype=np.float32),
    )


class Site(gymnasium.Env[Singles, Singles]):
    """`EnerV2Gize/Site-v0`: one action a port, one reward a step, a day an episode.

    Parameters
    ----------
    scenario : Scenario, mapping or str, optional
        The site: a scenario, its fields, or its JSON; `Scenario()` by default.
    reward : str
        One of `core.agents.looks.SITE_REWARDS`.
    state : str, optional
        One of `SITE_STATES`; by default the one that goes with the reward (`STATE_OF`).
    days : {"train", "validation", "test", "own"}
        Each episode is the site on a random date with other cars, of one of three splits that never meet, or always
        the scenario's own day.

    Raises
    ------
    EnerV2GizeError
        For an argument that cannot be.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 - Gymnasium declares it so

    def __init__(
        self, scenario: AnyScenario = None, *, reward: str = OBJECTIVE, state: str | None = None, days: Days = "train"
    ) -> None:  # fmt: skip
        self.scenario = scenario_of(scenario)
        self._reward = among("reward", reward, SITE_REWARDS)
        self._state = among("state", state or STATE_OF[reward], SITE_STATES)
        self._days = days
        seen, acting = spaces(self._state, self.scenario.n_ports, self.scenario.v2g)
        self.observation_space: gymnasium.spaces.Space[Singles] = seen  # type: ignore[assignment]
        self.action_space: gymnasium.spaces.Space[Singles] = acting  # type: ignore[assignment]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Singles, dict[str, Any]]:  # fmt: skip
        """A new day; `info` names its date and seed."""
        super().reset(seed=seed)
        day = next_day(self.scenario, self._days, self.np_random)
        self._run = Run(Group([build_world(day)]), self._reward, self._state)
        return self._run.observation()[0], {"date": day.date.isoformat(), "seed": day.seed}

    def step(self, action: Singles) -> tuple[Singles, float, bool, bool, dict[str, Any]]:
        """One step of all ports."""
        reward = self._run.step(np.asarray(action, dtype=np.float64)[None])
        return self._run.observation()[0], float(reward[0]), self._run.done, False, {}
