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


@pytest.mark.parametrize("said", ["max", "nothing"])
def test_without_a_limit_there_is_what_the_machine_has_left(tmp_path, monkeypatch, said):
    (tmp_path / "memory.max").write_text(said)
    monkeypatch.setattr(memory, "LIMITS", (tmp_path / "memory.max", tmp_path / "missing"))
    assert memory.free_mb() == pytest.approx(psutil.virtual_memory().available / 2**20, rel=0.2)


@pytest.mark.parametrize(("beside_mb", "free_mb"), [(300, 300), (-300, 0)])
def test_a_container_has_left_what_this_process_does_not_hold(tmp_path, monkeypatch, beside_mb, free_mb):
    held = psutil.Process().memory_info().rss
    (tmp_path / "memory.max").write_text(str(held + beside_mb * 2**20))
    monkeypatch.setattr(memory, "LIMITS", (tmp_path / "memory.max",))
    assert memory.free_mb() == pytest.approx(free_mb, abs=30)
