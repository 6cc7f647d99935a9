"""`pretrained/manifest.json`: every learned agent whose files are there, with its family and their SHA-256."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from core.agents.info import LEARNED
from core.agents.learned import FOLDER


def write_manifest(folder: Path = FOLDER) -> None:
    """Enter every agent of `folder`/FAMILY/NAME that has a policy (`*.npz`) and a card.

    An entry has `family`, `sha256` of every file by name, the card's `training` and, where the card says for which
    numbers of ports the agent serves, `ports`. A name that stands in two families is entered with the later one.
    """
    agents: dict[str, Any] = {}
    for family in LEARNED:
        for card in sorted((folder / family).glob("*/card.json")):
            if any(card.parent.glob("*.npz")):
                agents[card.parent.name] = _entry(family, card)
    content = {"schema_version": 1, "agents": agents}
    (folder / "manifest.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _entry(family: str, card: Path) -> dict[str, Any]:
    said = json.loads(card.read_text(encoding="utf-8"))
    files = sorted(path for path in card.parent.iterdir() if path.is_file() and not path.name.startswith("."))
    return {
        "family": family,
        **({"ports": said["ports"]} if "ports" in said else {}),
        "sha256": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "training": said.get("training", {}),
    }
