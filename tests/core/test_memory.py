"""Memory of a long-running server."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from core import memory
from core.paths import ROOT

PROBE = """
import pyarrow
from core.memory import give_back
give_back()
print(pyarrow.default_memory_pool().backend_name)
table = pyarrow.table({"kw": list(range(100_000))})
held = pyarrow.total_allocated_bytes()
del table
print(held > 0 == pyarrow.total_allocated_bytes())
"""


def test_tables_share_the_systems_memory_and_give_it_back():
    ended = subprocess.run([sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["system", "True"]


@pytest.mark.parametrize(("said", "limited"), [("max", False), ("1073741824", True), ("nothing", False)])
def test_a_containers_limit_is_what_is_left_at_most(tmp_path, monkeypatch, said, limited):
    file = tmp_path / "memory.max"
    file.write_text(said)
    monkeypatch.setattr(memory, "LIMITS", (file, tmp_path / "missing"))
    machine_mb = psutil.virtual_memory().total / 2**20
    assert 0 < memory.free_mb() < (1024 if limited else machine_mb)
