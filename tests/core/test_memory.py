"""Memory of a long-running server."""

from __future__ import annotations

import subprocess
import sys

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
