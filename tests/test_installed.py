"""The library by its own name: from a clone, as a package, and in the notebook of docs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import core
import enerv2gize

ROOT = Path(__file__).resolve().parents[1]


def test_it_shows_what_core_shows():
    assert set(enerv2gize.__all__) == {*core.__all__, "__version__", "main"}
    assert enerv2gize.Scenario is core.Scenario


def test_the_notebook_runs():
    cells = json.loads((ROOT / "docs" / "first-steps.ipynb").read_text(encoding="utf-8"))["cells"]
    space: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            assert not cell["outputs"]
            exec("".join(cell["source"]), space)
    assert list(space["table"]["agent"]) == ["afap", "best", "half"]
    assert space["env"].observation_space.contains(space["seen"])


def test_a_package_holds_every_room_and_the_data():
    """What setup.py would install, without installing it."""
    asked = (
        "import json, setuptools; setuptools.setup = lambda cmdclass, **said: print(json.dumps(said)); "
        "exec(open('setup.py').read())"
    )
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    rooms = {path.parent.relative_to(ROOT).as_posix().replace("/", ".") for path in ROOT.glob("core/**/__init__.py")}
    assert {f"enerv2gize._library.{room}" for room in rooms} <= set(said["packages"])
    assert {"enerv2gize._library.data", "enerv2gize._library.pretrained"} <= set(said["packages"])
    assert not [line for line in said["install_requires"] if line.startswith(("streamlit", "torch"))]
    assert [line for line in said["extras_require"]["training"] if line.startswith("torch==")]
