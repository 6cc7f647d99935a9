"""Compiled kernels that are shipped: there for every source, and used instead of compiling."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import zipfile

import numba
import pytest

from core.agents.info import FAMILIES
from core.compiled import archive_of, folder_of, hash_of
from core.paths import ROOT
from core.studies.shipped_quality import best_of

TRAINING = ["core/environments/alone.py", "core/rewards/kernels.py"]
"""Kernels that only training runs; it may compile."""

SOURCES = [
    path
    for path in ROOT.glob("core/**/*.py")
    if "\n@compiled\n" in path.read_text("utf-8") and path.relative_to(ROOT).as_posix() not in TRAINING
]

PROBE = """
import sys
from core.agents.registry import AGENTS, make_agent
from core.engines import batch, ev2gym
from core.scenario import PRESETS
from core.world import build_world

worlds = [build_world(PRESETS["crisis"].replace(seed=seed)) for seed in range(3)]
batch.warm_up()
for name in sys.argv[1:]:
    if AGENTS[name].ports:
        continue  # plain NumPy, and made for sites of another size
    batch.totals_by_agent(worlds, [make_agent(name)])
    ev2gym.simulate(worlds[0], make_agent(name))
kernels = [k for m in list(sys.modules.values()) if m and m.__name__.startswith("core.") for k in vars(m).values()]
missed = {k.__name__: list(k.stats.cache_misses) for k in kernels if hasattr(k, "stats") and k.stats.cache_misses}
print(sorted(missed))
"""
"""Several days at once, as Robustness sees them, and one in EV2Gym, as Explore does."""


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
        [sys.executable, "-c", PROBE, *filter(None, map(best_of, FAMILIES))],
        cwd=ROOT,
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == "[]"


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
