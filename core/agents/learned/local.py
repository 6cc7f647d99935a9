"""Policies of this installation alone: trained or imported here, each in a folder of `core.paths.OWN_AGENTS`.

A folder NAME holds `policy.npz` (arrays, read without pickle) and `card.json`, which says what it observes: one port
(`core.agents.learned.shared_port`) or a whole site under one of the states (`core.agents.learned.whole_site`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from core.agents.base import Agent
from core.agents.learned.policy import Policy
from core.agents.learned.shared_port import COLUMNS, SharedPort
from core.agents.learned.whole_site import STATE_OF, SiteAgent, columns
from core.errors import AgentError, quoted
from core.paths import OWN_AGENTS


def names(folder: Path = OWN_AGENTS) -> list[str]:
    """Folders with a card and a policy, in order."""
    return sorted(path.parent.name for path in folder.glob("*/card.json") if (path.parent / "policy.npz").is_file())


def card(name: str, folder: Path = OWN_AGENTS) -> dict[str, Any]:
    """What is known of one. Raises `AgentError`."""
    try:
        said = json.loads((folder / name / "card.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        said = None
    if not isinstance(said, dict) or said.get("form") not in ("port", "site"):
        raise AgentError(quoted(name), "its card cannot be read")
    return said


def observed(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of what a policy with this card observes."""
    return COLUMNS if said["form"] == "port" else columns(said["state"], said["ports"])


def write(name: str, policy: Policy, said: Mapping[str, Any], folder: Path = OWN_AGENTS) -> dict[str, Any]:
    """Keep a policy; gives its card.

    Parameters
    ----------
    name : str
    policy : Policy
    said : mapping
        `form` ("port" or "site"), for a site `state` and `ports`; `title`, `description` and whatever else is known.
    folder : Path
    """
    target = folder / name
    target.mkdir(parents=True, exist_ok=True)
    policy.save(target / "policy.npz", observed(said))
    digest = hashlib.sha256((target / "policy.npz").read_bytes()).hexdigest()
    content = {"name": name, **said, "sha256": {"policy.npz": digest}}
    (target / "card.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return content


def maker(name: str, folder: Path = OWN_AGENTS) -> Callable[[], Agent]:
    """What makes a fresh agent.

    Raises
    ------
    AgentError
        Now for a card that cannot be; for a policy that is not the card's, when it is called.
    """
    said = card(name, folder)
    if said["form"] == "site" and not (said.get("state") in STATE_OF.values() and type(said.get("ports")) is int):
        raise AgentError(quoted(name), "its card names no state and number of ports that are known")

    def policy() -> Policy:
        try:
            content = (folder / name / "policy.npz").read_bytes()
            if hashlib.sha256(content).hexdigest() != said["sha256"]["policy.npz"]:
                raise AgentError(quoted(name), "its policy is not the one that its card names, so it is not used")
            return Policy.load(content, observed(said))
        except (ValueError, KeyError, TypeError, OSError, EOFError, BadZipFile):
            raise AgentError(quoted(name), "its policy cannot be read") from None

    def make() -> Agent:
        if said["form"] == "port":
            made: Agent = type(f"Own_{name}", (SharedPort,), {"name": name})(policy())
        else:
            made = type(f"Own_{name}", (SiteAgent,), {"name": name})(said["state"], {said["ports"]: policy})
        return made

    return make
