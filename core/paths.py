"""Where the project's own files lie."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
DATA: Final = ROOT / "data"
PRETRAINED: Final = ROOT / "pretrained"
OWN_AGENTS: Final = Path(os.environ.get("ENERV2GIZE_AGENTS") or ROOT / "runs" / "agents")
"""Policies trained or imported on this machine; not part of the repository, so never on a public app."""


def write(path: Path, content: bytes) -> None:
    """Write a file: whole or not at all. Raises `OSError` that names it, whatever is wrong."""
    try:
        if path.exists() and not path.is_file():  # a pipe or a device
            path.write_bytes(content)
            return
        partial = path.with_name(f"{path.name}.partial")
        try:
            partial.write_bytes(content)
            os.replace(partial, path)  # atomic
        except OSError:
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:  # a full disk names no file
        raise OSError(error.errno, error.strerror, str(path)) from None


@lru_cache(maxsize=1)
def ev2gym_data() -> Path:
    """Folder of the data files inside the installed EV2Gym, found without importing it."""
    spec = find_spec("ev2gym")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("ev2gym is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / "data"
