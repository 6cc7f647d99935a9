"""What agents cost: training as their cards have it, decisions a second as measured, size of their files.

`make quality` writes the section `cost` and the table "cost" of `docs/learning.md`. Nothing is run for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from core.agents import learned
from core.agents.registry import AGENTS
from core.errors import AgentError
from core.figures.style import number
from core.measure import readme
from core.paths import ROOT
from core.reports.words import translate
from core.studies.shipped_quality import known, load

PAGE = ROOT / "docs" / "learning.md"

SECTIONS: Final = ("held_out", "stock")
"""Where decisions were timed, the first that has the agent; whole-site policies run on stock days alone."""


def cost(measured: Mapping[str, Any] | None = None, folder: Path = learned.FOLDER) -> dict[str, Any]:
    """The section `cost`.

    Parameters
    ----------
    measured : mapping, optional
        All sections measured before; those committed by default.
    folder : Path
        Where the learned agents' files are.

    Returns
    -------
    dict
        `agents`: by name, `decisions_per_s` (of one whole site each, one core; None if it was not timed), and of
        learned ones `training_s`, `timesteps`, `parameters` (None where the card does not have them),
        `policy_bytes` (all that the app loads) and `bytes` (all files).
    """
    content = load(folder) if measured is None else measured
    timed: dict[str, Any] = {}
    for section in reversed(SECTIONS):
        timed |= {n: row.get("decision_ms") for n, row in content.get(section, {}).get("agents", {}).items()}
    out: dict[str, Any] = {}
    for name, info in AGENTS.items():
        if info.family == "own":
            continue
        ms = timed.get(name)
        row: dict[str, Any] = {"decisions_per_s": round(1000 / ms, 1) if ms and known(ms) else None}
        if info.learned:
            row |= _of_files(name, folder)
        out[name] = row
    return {"agents": out}


def _of_files(name: str, folder: Path) -> dict[str, Any]:
    """What card and files of a learned agent tell; a damaged card tells nothing."""
    try:
        card = learned.card(name, folder)
        files = {file: (learned.folder_of(name, folder) / file) for file in learned.manifest(folder)[name]["sha256"]}
        sizes = {file: path.stat().st_size for file, path in files.items()}
    except (AgentError, OSError):
        return {}
    training = card.get("training", {})
    return {
        "training_s": training.get("seconds"),
        "timesteps": training.get("timesteps"),
        "parameters": card.get("parameters"),
        "policy_bytes": sum(size for file, size in sizes.items() if file.endswith(".npz")),
        "bytes": sum(sizes.values()),
    }


def page(section: Mapping[str, Any]) -> str:
    """The generated table of `docs/learning.md`, a row an agent, by family."""
    lines = [
        "| agent | family | training, h | steps, millions | decisions a second | policy, kB | all files, kB |",
        "|---|---|---:|---:|---:|---:|---:|",
    ]
    for name, row in section["agents"].items():
        if name not in AGENTS:
            continue
        family = translate("en", f"families.{AGENTS[name].family}").lower()
        cells = [
            number(_scaled(row, "training_s", 1 / 3600), 2), number(_scaled(row, "timesteps", 1e-6), 1),
            number(row.get("decisions_per_s"), 0), number(_scaled(row, "policy_bytes", 1e-3), 0),
            number(_scaled(row, "bytes", 1e-3), 0),
        ]  # fmt: skip
        lines.append(f"| `{name}` | {family} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _scaled(row: Mapping[str, Any], name: str, factor: float) -> float | None:
    value = row.get(name)
    return None if value is None else factor * value


def write_page(section: Mapping[str, Any]) -> None:
    """Put the table into `docs/learning.md`."""
    readme.put("cost", page(section), PAGE)
