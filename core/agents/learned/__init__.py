"""Learned agents at run time, without torch.

One policy is shared by all ports of all sites. It sees one port at a time, through `OBSERVATION`, and answers with a
number in [-1, 1]: how far to leave the coordinated plan (`core.agents.planner.plan`). 0 is the plan, 1 goes the share
`REACH` of the way to the most that the car can charge, -1 likewise towards discharging (squared between, so that small
answers are fine corrections). Where the answers of many ports together would exceed a transformer's limit beyond what
the plan does itself, the least urgent ports give way (`project`). Weights, prices and limits are part of the
observation, so one policy serves every scenario.

Files are `pretrained/FAMILY/NAME/policy.npz` and others, read without pickle and checked against
`pretrained/manifest.json`.
"""

from collections.abc import Callable, Mapping

from core.agents.base import Agent
from core.agents.info import LearnedFamily
from core.agents.learned.agent import Learned, maker
from core.agents.learned.files import (
    FOLDER,
    NAMES,
    Outside,
    Unseen,
    available,
    card,
    check,
    family_of,
    folder_of,
    judged_fields,
    load_policy,
    manifest,
    outside,
    read_checked,
    unseen,
)
from core.agents.learned.observation import HIGHEST, LOWEST, N_OBSERVED, OBSERVATION, Observer, project
from core.agents.learned.policy import Policy

MAKERS: Mapping[LearnedFamily, Callable[[str], Callable[[], Agent]]] = {"planner_corrected": maker}
"""By family, what makes the agent of a name; agents of a family that is not in here are not offered."""

__all__ = [
    "FOLDER",
    "HIGHEST",
    "LOWEST",
    "MAKERS",
    "NAMES",
    "N_OBSERVED",
    "OBSERVATION",
    "Learned",
    "Observer",
    "Outside",
    "Policy",
    "Unseen",
    "available",
    "card",
    "check",
    "family_of",
    "folder_of",
    "judged_fields",
    "load_policy",
    "maker",
    "manifest",
    "outside",
    "project",
    "read_checked",
    "unseen",
]
