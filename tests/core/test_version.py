"""What tells results of one state of the sources from those of another."""

from __future__ import annotations

import shutil
import tomllib

import pytest

from core.paths import ROOT
from core.version import FILES, ROOMS, results_key


@pytest.fixture
def copy(tmp_path):
    """The files that results depend on, and some of others."""
    for pattern in ("core/**/*.py", *FILES):
        for path in ROOT.glob(pattern):
            place = tmp_path / path.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
    return tmp_path


def key(folder) -> str:
    """Read anew: a process reads once."""
    results_key.cache_clear()
    return results_key(folder)


def test_it_is_the_same_wherever_the_sources_lie(copy):
    assert key(copy) == key(ROOT)


@pytest.mark.parametrize(
    "file",
    [
        "core/accounts/indicators.py",
        "core/agents/planner/kernels.py",
        "core/tariffs/kinds/kepco.py",
        "core/compiled.py",
        "data/kepco_ev_tariffs.json",
        "pretrained/shared_port/sac/policy.npz",
    ],
)
def test_a_change_of_what_results_depend_on_changes_it(copy, file):
    before = key(copy)
    content = (copy / file).read_bytes()
    (copy / file).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert key(copy) != before
    (copy / file).write_bytes(content)
    assert key(copy) == before
    (copy / file).rename((copy / file).with_stem("other"))
    assert key(copy) != before


def test_a_change_of_what_only_shows_them_does_not(copy):
    before = key(copy)
    for file in ("core/figures/site.py", "core/cli/main.py", "core/reports/exports.py"):
        (copy / file).write_text("# other\n")
    assert key(copy) == before


def test_every_room_below_studies_counts():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == ["core"])
    assert tuple(layers[layers.index("studies") : -1]) == ROOMS
