"""EnerV2Gize's library: Scenario -> World -> Trace -> Ledger.

Example
-------
>>> from core import Scenario, simulate, compare
>>> result = simulate(Scenario(stations=25, seed=7), agent="best")  # result.world, result.trace, result.ledger
>>> table = compare(Scenario(), agents=["afap", "cheapest", "best"])  # tidy, one row an agent

Own agents are objects with a method ``act(view)`` or functions of a view (`core.agents.base.FleetView`);
`register_agent` puts one on every page.

>>> simulate(Scenario(), agent=lambda view: 0.5 * view.connected)
"""

from core.agents.registry import register_agent
from core.errors import EnerV2GizeError
from core.scenario import PRESETS, Scenario
from core.studies.run import Result, compare, simulate
from core.world import World, build_world

__all__ = [
    "PRESETS",
    "EnerV2GizeError",
    "Result",
    "Scenario",
    "World",
    "build_world",
    "compare",
    "register_agent",
    "simulate",
]
