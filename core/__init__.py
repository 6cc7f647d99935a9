"""EnerV2Gize's library: Scenario -> World -> Trace -> Ledger.

Example
-------
>>> from core import Scenario, simulate, compare
>>> result = simulate(Scenario(stations=25, seed=7), agent="best")  # result.world, result.trace, result.ledger
>>> table = compare(Scenario(), agents=["afap", "cheapest", "best"])  # tidy, one row an agent
"""

from core.errors import EnerV2GizeError
from core.scenario import PRESETS, Scenario
from core.studies.run import Result, compare, simulate
from core.world import World, build_world

__all__ = ["PRESETS", "EnerV2GizeError", "Result", "Scenario", "World", "build_world", "compare", "simulate"]
