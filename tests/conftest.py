"""Settings that every test shares."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# EV2Gym imports pyplot; no test opens a window.
os.environ.setdefault("MPLBACKEND", "Agg")

# Time limits belong to the benchmarks: a busy machine is no reason for a property test to fail.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True)
def agents_in_order() -> Iterator[None]:
    """A test that takes agents out or puts some in leaves the list as it was, its order too, which pages show."""
    from core.agents.registry import AGENTS  # not on every import of this file: it loads all agents

    before = dict(AGENTS)
    yield
    if list(AGENTS.items()) != list(before.items()):
        AGENTS.clear()
        AGENTS.update(before)
