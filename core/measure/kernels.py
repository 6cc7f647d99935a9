"""Compiles every kernel that the app runs and packs what came of it into `data/kernels`: `make kernels`.

A kernel is compiled once for each kind of arguments; what is driven here covers pages and studies. What is not covered
is compiled where it is first used.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from core.paths import ROOT


def drive() -> None:
    """Run each family of agents through both engines, and a day on which directions are searched."""
    from core.agents.learned import available
    from core.agents.registry import AGENTS, make_agent
    from core.engines import batch, ev2gym
    from core.scenario import Scenario
    from core.world import build_world

    batch.warm_up()
    one_of_each = {
        info.family: name for name, info in reversed(AGENTS.items()) if name in available() and not info.ports
    }
    everybody = [*one_of_each.values(), "afap", "rr", "cheapest", "mpc", "best"]
    small = Scenario(stations=2, intensity=50, length_h=12, load_share=0.5, pv_share=0.5, dr_events=1)
    both_pay = dict(w_provider=0.25, w_grid=0.25, v2g_price_factor=1.5, retail_markup_eur_per_kwh=0.1)
    days = [small, small.replace(**both_pay), small.replace(ports_per_station=2, transformers=2)]
    for day in days:
        world = build_world(day)
        for name in everybody:
            ev2gym.simulate(world, make_agent(name))
            batch.totals_by_agent([world], [make_agent(name)])
            batch.simulate_many([world], make_agent(name))
            batch.totals_by_agent([world, build_world(day.replace(seed=1))], [make_agent(name)])


def main() -> None:
    """Compile into an empty folder, in a process of its own, and pack each source file's part."""
    if "--drive" in sys.argv:
        drive()
        return
    from core.compiled import NOTHING_SHIPPED, SHIPPED

    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder, NOTHING_SHIPPED: "1"}
        subprocess.run([sys.executable, "-m", __spec__.name, "--drive"], cwd=ROOT, env=environment, check=True)
        SHIPPED.mkdir(exist_ok=True)
        for old in SHIPPED.glob("*.zip"):
            old.unlink()
        for part in sorted(Path(folder).iterdir()):
            with zipfile.ZipFile(SHIPPED / f"{part.name}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
                for file in sorted(part.iterdir()):
                    entry = zipfile.ZipInfo(file.name)  # without the time, which is not part of it
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    packed.writestr(entry, file.read_bytes())


if __name__ == "__main__":
    main()
