"""What results were made with: versions, and the hashes of sources, data and policies."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.agents.learned.files import manifest
from core.agents.registry import AGENTS
from core.scenario import Scenario
from core.version import results_key, versions
from core.world.series import in_use, shipped

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

KEY = b"enerv2gize"
"""Under which it stands in a Parquet file's metadata."""


def made_with(scenarios: Iterable[Scenario], agents: Sequence[str]) -> dict[str, Any]:
    """What results of these scenarios and agents were computed with, for whoever keeps or repeats them.

    Returns
    -------
    dict
        ``versions`` of this project, the packages that results depend on and Python; ``results_key``, the stable name
        of sources, data and policies together; ``data_sha256``, the hash of each series that the Worlds are made of,
        by name; ``policies_sha256``, those of learned agents' policies by agent and file, and of own agents' sources.
    """
    used: frozenset[str] = frozenset().union(*(in_use(scenario) for scenario in scenarios))
    return {
        "versions": {**versions(), "python": platform.python_version()},
        "results_key": results_key(),
        "data_sha256": {series.name: series.sha256 for series in shipped() if series.name in used},
        "policies_sha256": {name: hashes for name in dict.fromkeys(agents) if (hashes := _policies(name))},
    }


def _policies(name: str) -> dict[str, str]:
    info = AGENTS.get(name)
    if info is None or info.source:
        return {"source": info.source} if info else {}
    hashes = manifest().get(name, {}).get("sha256", {})
    return {file: digest for file, digest in hashes.items() if file.endswith(".npz")}


def noted(table: pd.DataFrame, note: Mapping[str, Any]) -> pa.Table:
    """The table for a Parquet file whose metadata hold `note` as JSON under `KEY`."""
    import pyarrow as pa

    arrow = pa.Table.from_pandas(table, preserve_index=False)
    return arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), KEY: json.dumps(note).encode()})
