"""The layers at run time: what importing `core` pulls in. `lint-imports` checks the same on the source."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = {"streamlit", "torch", "stable_baselines3", "sb3_contrib", "sklearn", "statsmodels"}

PROBE = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def core_modules() -> list[str]:
    """Names of all modules of `core`, except training (which needs torch) and the command line's entry."""
    names = ["core"]
    for module in pkgutil.walk_packages([str(ROOT / "core")], "core."):
        if module.name.split(".")[1] != "training" and not module.name.endswith(".__main__"):
            names.append(module.name)
    return names


def packages_after_importing(modules: list[str]) -> set[str]:
    """Top-level packages in `sys.modules` of a fresh interpreter that imported `modules`."""
    run = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(modules)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_core_imports_neither_streamlit_nor_torch() -> None:
    modules = core_modules()
    assert len(modules) > 1
    assert packages_after_importing(modules).isdisjoint(FORBIDDEN)


@pytest.mark.parametrize("package", ["streamlit", "torch"])
def test_the_probe_would_notice(package: str) -> None:
    assert package in packages_after_importing([package])
