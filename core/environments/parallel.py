"""A whole site as a PettingZoo parallel environment, an agent a port; see docs/environments.md.

The one module that knows PettingZoo, which neither the app nor training needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from core.agents.learned.shared_port import HIGHEST, LOWEST
from core.environments.arguments import AnyScenario, Days, next_day, scenario_of
from core.environments.ports import Market
from core.world import build_world

Singles = NDArray[np.float32]


class Site(ParallelEnv[str, Singles, Singles]):  # type: ignore[misc]
    """`EnerV2Gize/Ports-v0`: every port bids for the car that is there; a day an episode.

    Parameters
    ----------
    scenario : Scenario, mapping or str, optional
        The site; `Scenario()` by default.
    days : {"train", "validation", "test", "own"}

    Raises
    ------
    EnerV2GizeError
        For an argument that cannot be.
    """

    metadata = {"name": "EnerV2Gize/Ports-v0", "render_modes": []}  # noqa: RUF012 - PettingZoo declares it so

    def __init__(self, scenario: AnyScenario = None, *, days: Days = "train") -> None:
        self._scenario, self._days = scenario_of(scenario), days
        self.possible_agents = [f"port_{port}" for port in range(self._scenario.n_ports)]
        self.agents: list[str] = []
        self._stream = np.random.default_rng()
        seen = gymnasium.spaces.Box(LOWEST, HIGHEST, dtype=np.float32)
        bids = gymnasium.spaces.Box(-1.0, 1.0, (1,), dtype=np.float32)
        self.observation_spaces = dict.fromkeys(self.possible_agents, seen)
        self.action_spaces = dict.fromkeys(self.possible_agents, bids)

    def observation_space(self, agent: str) -> gymnasium.spaces.Box:
        """`core.agents.learned.shared_port.OBSERVATION`."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.spaces.Box:
        """A bid in [-1, 1]."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Singles], dict[str, dict[str, Any]]]:  # fmt: skip
        """A new day."""
        if seed is not None:
            self._stream = np.random.default_rng(seed)
        self._market = Market([build_world(next_day(self._scenario, self._days, self._stream))])
        self.agents = self.possible_agents[:]
        return self._each(self._market.seen[0]), {agent: {} for agent in self.agents}

    def step(
        self, actions: Mapping[str, Singles]
    ) -> tuple[
        dict[str, Singles], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]
    ]:  # fmt: skip
        """One step of all ports; a port without an action bids 0."""
        market, agents = self._market, self.agents
        nobody = np.zeros(1)
        bids = np.array([float(np.asarray(actions.get(agent, nobody)).reshape(-1)[0]) for agent in agents])
        step = market.view.step
        power, unmet, _ = market.move(bids[None])
        rewards = market.purse.split(step, power, unmet)[0]
        over = market.done
        if over:
            self.agents = []
        else:
            market.go_on()
        return (
            dict(zip(agents, market.seen[0], strict=True)),
            dict(zip(agents, rewards.tolist(), strict=True)),
            dict.fromkeys(agents, over),
            dict.fromkeys(agents, False),
            {agent: {} for agent in agents},
        )

    def _each(self, rows: Singles) -> dict[str, Singles]:
        return dict(zip(self.agents, rows, strict=True))

    def render(self) -> None:
        """Nothing: pages of the app draw days."""
