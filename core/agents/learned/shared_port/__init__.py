"""Shared-port agents: one policy for every port of every site, learned without any plan, and run without torch.

A policy sees one car at a time (`observation.OBSERVATION`): the car, prices over its stay, limits, the objective's
weights, and the others as a crowd: sums, and prices of shared costs that come about when all cars answer prices
(fictitious play). Its answer is a bid, the price that stored energy has for this car; the site's market is cleared at
all bids (`Observer.power`). Nothing is planned ahead: where, when and whether to charge is what it has learned to bid.
"""

from core.agents.learned.shared_port.agent import COLUMNS, SharedPort, maker
from core.agents.learned.shared_port.observation import HIGHEST, LOWEST, N_OBSERVED, OBSERVATION, Observer

__all__ = ["COLUMNS", "HIGHEST", "LOWEST", "N_OBSERVED", "OBSERVATION", "Observer", "SharedPort", "maker"]
