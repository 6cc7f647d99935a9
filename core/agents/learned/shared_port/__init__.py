"""Shared-port agents: one policy for every port of every site, learned without any plan, and run without torch.

A policy sees one car at a time (`observation.OBSERVATION`): the car, prices over its stay, limits, sums over the other
cars, and the objective's weights. It answers with a number in [-1, 1]: the share of what the car can charge or, below
0, discharge in this step (`observation.Observer.power`). Between answer and car
stand physics, the transformer's limit and, where it is dear, the peak.
"""

from core.agents.learned.shared_port.agent import COLUMNS, SharedPort, maker
from core.agents.learned.shared_port.observation import HIGHEST, LOWEST, N_OBSERVED, OBSERVATION, Observer

__all__ = ["COLUMNS", "HIGHEST", "LOWEST", "N_OBSERVED", "OBSERVATION", "Observer", "SharedPort", "maker"]
