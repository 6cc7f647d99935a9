"""Compiled kernels that are shipped: there for every source, and used instead of compiling."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import zipfile

import numba
import pytest

from core.compiled import archive_of, folder_of, hash_of
from core.paths import ROOT

TRAINING = ["core/environments/alone.py", "core/rewards/kernels.py"]
"""Kernels that only training runs; it may compile."""

SOURCES = [
    path
    for path in ROOT.glob("core/**/*.py")
    if "\n@compiled\n" in path.read_text("utf-8") and path.relative_to(ROOT).as_posix() not in TRAINING
]

PROBE = """
from core.engines import batch, kernels
batch.warm_up()
print(sum(sum(k.stats.cache_misses.values()) for k in vars(kernels).values() if hasattr(k, "stats")))
"""


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_kernel_is_shipped_as_its_source_says(source):
    assert archive_of(source).exists(), "a kernel was changed: `make kernels` compiles all again"
    with zipfile.ZipFile(archive_of(source)) as packed:
        assert packed.testzip() is None
        assert any(name.endswith(".nbi") for name in packed.namelist())


def test_nothing_else_is_shipped():
    expected = {archive_of(source).name for source in SOURCES}
    assert {path.name for path in archive_of(SOURCES[0]).parent.iterdir()} == expected


@pytest.mark.skipif(
    (sys.version_info[:2], platform.system(), platform.machine()) != ((3, 11), "Linux", "x86_64")
    or f"numba=={numba.__version__}"
    not in (ROOT / "constraints.txt").read_text() + (ROOT / "requirements.txt").read_text(),
    reason="shipped for the pinned numba, Python 3.11, Linux and x86-64",
)
def test_a_fresh_machine_compiles_nothing(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == "0"


def test_a_changed_source_is_not_taken_for_the_shipped_one(tmp_path, monkeypatch):
    monkeypatch.setattr("core.compiled.ROOT", tmp_path)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    names = set()
    for text in ("a = 1\n", "a = 2\n"):
        source = tmp_path / f"kernels{len(names)}.py"
        source.write_text(text)
        names.add(hash_of(source))
        assert not folder_of(source).exists()
    assert len(names) == 2
