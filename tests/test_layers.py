"""The layers at run time: what importing `core` pulls in. `lint-imports` checks the same on the source."""

from __future__ import annotations

import ast
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import grimp
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
    """Names of all modules of `core`, except what needs torch (training, its environments) and the command's entry."""
    names = ["core"]
    for module in pkgutil.walk_packages([str(ROOT / "core")], "core."):
        torch = module.name.split(".")[1] == "training" or module.name == "core.environments.sb3"
        if not torch and not module.name.endswith(".__main__"):
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


UNPICKLES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "shelve", "marshal"}


def imported_names(path: Path) -> set[str]:
    """Top-level packages that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_one_module_alone_unpickles() -> None:
    files = [*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "streamlit_app.py"]
    assert [path for path in files if imported_names(path) & UNPICKLES] == [ROOT / "core/cli/pickled.py"]
    assert not [path for path in files if "read_pickle" in path.read_text("utf-8")]


def test_the_app_cannot_reach_what_unpickles() -> None:
    """Neither directly nor through anything that it imports, now or later in its run."""
    graph = grimp.build_graph("core", "pages")
    assert "core.cli.pickled" in graph.modules
    reached = {far for page in graph.modules if page.startswith("pages") for far in graph.find_upstream_modules(page)}
    assert "core.studies.study" in reached
    assert not [name for name in reached if name.startswith("core.cli")]
    assert imported_names(ROOT / "streamlit_app.py") == {"__future__", "pages", "streamlit"}
    assert "core.cli" not in (ROOT / "streamlit_app.py").read_text("utf-8")
    importers = graph.find_modules_that_directly_import("core.cli.pickled")
    assert importers == {"core.cli.export"}
