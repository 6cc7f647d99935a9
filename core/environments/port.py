"""One car at a port as a Gymnasium environment, the rest of the site driven by others; see docs/environments.md."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from core.agents.learned import available, load_policy
from core.agents.learned.shared_port import COLUMNS, HIGHEST, LOWEST
from core.environments.arguments import AnyScenario, Days, among, scenario_of
from core.environments.ports import Answers, Followed
from core.errors import EnerV2GizeError

Singles = NDArray[np.float32]

MOST_STEPS = 2000
"""So long is waited for a car: three weeks."""


def driver(name: str | None) -> Answers | None:
    """What drives other cars: a shipped shared-port policy, or nobody. Raises `EnerV2GizeError`."""
    if name is None:
        return None
    known = [agent for agent in available("shared_port") if agent != "recurrentppo"]  # which has a memory
    policy = load_policy(among("others", name, known), observation=COLUMNS)
    return lambda seen: policy.answers(seen)[0]


class Port(gymnasium.Env[Singles, Singles]):
    """`EnerV2Gize/Port-v0`: one bid a step for one car, a stay an episode.

    Parameters
    ----------
    scenario : Scenario, mapping or str, optional
        The site; without one, every day brings another, drawn at random.
    days : {"train", "validation", "test", "own"}
    others : str, optional
        The shipped shared-port agent that bids for all other cars; None lets them idle.
    shaped : bool
        Whether rewards are shaped by what the car could gain alone; without, those of a stay add up to its worth.

    Raises
    ------
    EnerV2GizeError
        For an argument that cannot be.
    """

    metadata = {"render_modes": []}  # noqa: RUF012 - Gymnasium declares it so

    def __init__(
        self, scenario: AnyScenario = None, *, days: Days = "train", others: str | None = "ppo", shaped: bool = True
    ) -> None:  # fmt: skip
        site = None if scenario is None else scenario_of(scenario)
        self._cars = Followed(1, site, days, self.np_random, raw=not shaped)
        self._cars.others = driver(others)
        self._begun = False
        self.observation_space = gymnasium.spaces.Box(LOWEST, HIGHEST, dtype=np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), dtype=np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Singles, dict[str, Any]]:  # fmt: skip
        """The next car; the first of a new day where a seed is given or the day is over."""
        super().reset(seed=seed)
        self._cars.stream = self.np_random
        if seed is not None or not self._begun:
            self._seen = self._cars.reset()
            self._begun = True
        waited = 0
        while self._cars.port[0] < 0:  # nobody is there: the site goes on without
            if waited > MOST_STEPS:
                raise EnerV2GizeError("scenario: no car comes to this site in weeks")
            self._seen, _, _ = self._cars.step(np.zeros(1))
            waited += 1
        market = self._cars.market
        _, port = divmod(int(self._cars.port[0]), market.batch.n_ports)
        return self._seen[0], {"port": port, "step": market.view.step}

    def step(self, action: Singles) -> tuple[Singles, float, bool, bool, dict[str, Any]]:
        """One step of the car, and of all others."""
        before = self._seen
        self._seen, reward, done = self._cars.step(np.asarray(action))
        # After its last step the car is gone; what comes next is another's.
        seen = before[0] if done[0] else self._seen[0]
        return seen, float(reward[0]), bool(done[0]), False, {}
