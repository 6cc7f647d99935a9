"""What is written of a trained policy for any site: its files, its card, and its entry in the manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.agents.info import LearnedFamily
from core.agents.learned import Policy
from core.studies.draw import draw_scenarios
from core.training.loop import trained
from core.training.manifest import write_manifest
from core.training.validate import choices, ranges

TRAINED_DRAW = 20_000
"""Training scenarios from which a card tells ranges and choices."""


def export(
    name: str, family: LearnedFamily, run: Path, folder: Path, *, model: Any, policy: Policy,
    observation: Sequence[str], judged: Sequence[str], said: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Write the best model of a run to `folder`/FAMILY/NAME and enter it in the manifest.

    Parameters
    ----------
    name : str
        The agent's.
    family : {"planner_corrected", "shared_port"}
    run : Path
        Where the training kept its curve.
    folder : Path
        Where agents are kept.
    model : BaseAlgorithm
        The best one of the run.
    policy : Policy
        The same in plain arrays.
    observation : sequence of str
        Names of what it observes.
    judged : sequence of str
        Columns of the curve that are figures of quality.
    said : mapping
        What the card says besides.

    Returns
    -------
    dict
        The card.
    """
    target = folder / family / name
    target.mkdir(parents=True, exist_ok=True)
    model.save(target / "model.zip", exclude=["replay_buffer", "action_noise"])
    policy.save(target / "policy.npz", observation)
    (target / "curve.csv").write_bytes((run / "curve.csv").read_bytes())
    best = max(trained(run), key=lambda row: row["score"])
    drawn = draw_scenarios(TRAINED_DRAW, "train", 0)
    weights = sum(w.size + b.size for w, b in policy.layers) + sum(part.size for part in policy.lstm or ())
    card = {
        "name": name,
        "family": family,
        "parameters": int(weights),
        "observation": list(observation),
        "trained_ranges": ranges(drawn),
        "trained_choices": choices(drawn),
        "splits": "by week of the date and by seed; see core/studies/draw.py",
        "validation": {key: best[key] for key in ("timesteps", "seconds", *judged)},
        **said,
    }
    (target / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    write_manifest(folder)
    return card
