"""Environments for learners over the batch engine; docs/environments.md describes each.

Importing this room registers `EnerV2Gize/Site-v0` and `EnerV2Gize/Port-v0` with Gymnasium. `core.environments.parallel`
needs PettingZoo, `core.environments.sb3` stable-baselines3.

>>> import gymnasium, core.environments
>>> env = gymnasium.make("EnerV2Gize/Site-v0", scenario=Scenario(stations=5))
"""

import gymnasium

gymnasium.register("EnerV2Gize/Site-v0", entry_point="core.environments.site:Site")
gymnasium.register("EnerV2Gize/Port-v0", entry_point="core.environments.port:Port")
