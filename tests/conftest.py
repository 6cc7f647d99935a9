"""Settings that every test shares."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# EV2Gym imports pyplot; no test opens a window.
os.environ.setdefault("MPLBACKEND", "Agg")

# Time limits belong to the benchmarks: a busy machine is no reason for a property test to fail.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
