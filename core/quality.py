"""Measured quality of agents, as it was committed: `pretrained/quality.json`.

| section       | figures of                                                                                      |
|---------------|-------------------------------------------------------------------------------------------------|
| `made`        | date, command and versions                                                                      |
| `held_out`    | every agent on random held-out scenarios (`core.regret`), also by group                         |
| `stock`       | every agent, and the whole-site policy, on EV2Gym's own V2GProfitMax days                       |
| `unprojected` | learned agents without their projection, on the held-out scenarios                              |
| `weights`     | by agent and weight, what raising the weight changes in that stakeholder's own money [EUR/day]  |
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.agents.learned import FOLDER, available

FILE = "quality.json"
SCHEMA_VERSION = 1


def load(folder: Path = FOLDER) -> dict[str, Any]:
    """What was measured; empty where there is no file, or one that cannot be read."""
    try:
        content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        return {}
    return content


def best_learned(folder: Path = FOLDER) -> str | None:
    """The learned agent that captured most on the held-out scenarios, of those that can be used; None without any."""
    usable = available(folder)
    measured = load(folder).get("held_out", {}).get("agents", {})
    shares = {name: measured[name]["captured"] for name in usable if name in measured}
    return max(shares, key=shares.__getitem__) if shares else next(iter(usable), None)
