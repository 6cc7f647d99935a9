"""Faults put in on purpose, one at a time, each of which some test must find.

`python -m harness.mutants` copies the project's files, changes one line of the ledger, the objective, the bound or an
engine, and runs the tests named for that part. Exit code 1 where a fault goes unnoticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from core.paths import ROOT

ACCOUNTS = ("tests/core/accounts", "tests/properties/test_best.py")
OPTIMUM = ("tests/core/agents/optimum", "tests/properties/test_best.py")
ENGINES = ("tests/parity/test_batch.py", "tests/parity/test_engine.py", "tests/core/engines")
WORLD = ("tests/core/world", "tests/parity/test_batch.py")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: in `file` the text `good`, which stands there once, becomes `bad`; `tests` should see it."""

    file: str
    good: str
    bad: str
    tests: tuple[str, ...]


LEDGER, OBJECTIVE = "core/accounts/ledger.py", "core/accounts/objective.py"
FORMULATION, PROGRAM = "core/agents/optimum/formulation.py", "core/agents/optimum/linear_program.py"
KERNELS, BATTERY = "core/engines/kernels.py", "core/world/kernels.py"

MUTANTS = (
    Mutant(LEDGER, "np.maximum(-power_kw, 0.0) * STEP_HOURS", "np.maximum(-power_kw, 0.0)", ACCOUNTS),
    Mutant(LEDGER, "world.lower_limit_kw - power_kw", "power_kw - world.lower_limit_kw", ACCOUNTS),
    Mutant(LEDGER, "per_session(discharged * objective.sell)", "per_session(discharged * objective.buy)", ACCOUNTS),
    Mutant(LEDGER, "s.wanted_energy_kwh - departure)", "s.capacity_kwh - departure)", ACCOUNTS),
    Mutant(LEDGER, '"bill_eur": revenue - energy_cost,', '"bill_eur": energy_cost - revenue,', ACCOUNTS),
    Mutant(LEDGER, '"wear_cost_eur": objective.wear_price * discharged_kwh,',
           '"wear_cost_eur": objective.wear_price * charged_kwh,', ACCOUNTS),
    Mutant(LEDGER, "(charged - discharged) * objective.wholesale", "(charged + discharged) * objective.wholesale",
           ACCOUNTS),
    Mutant(LEDGER, "np.abs(cars_kw - world.setpoint_kw)", "np.maximum(0.0, cars_kw - world.setpoint_kw)", ACCOUNTS),
    Mutant(LEDGER, "np.timedelta64(15, \"m\")", "np.timedelta64(0, \"m\")", ACCOUNTS),
    Mutant(LEDGER, "ready = 1 - np.divide", "ready = np.divide", ACCOUNTS),
    Mutant(OBJECTIVE, "+ w_provider * (self.buy - self.wholesale)", "+ w_provider * self.buy", ACCOUNTS),
    Mutant(OBJECTIVE, "w_user * (self.sell - wear_price)", "w_user * self.sell", ACCOUNTS),
    Mutant(OBJECTIVE, "w_provider * (self.wholesale - self.sell)", "w_provider * (self.sell - self.wholesale)",
           ACCOUNTS),
    Mutant(OBJECTIVE, "return self.w_user * self.unmet_price", "return self.w_grid * self.unmet_price", ACCOUNTS),
    Mutant(OBJECTIVE, "return self.w_grid * self.overload_price", "return self.w_user * self.overload_price",
           ACCOUNTS),
    Mutant(OBJECTIVE, "return self.w_provider * self.demand_price", "return self.w_grid * self.demand_price",
           ACCOUNTS),
    Mutant(FORMULATION, "least = np.minimum(p.min_energy, p.energy)", "least = p.energy", OPTIMUM),
    Mutant(FORMULATION, "charge_most = np.minimum(limit, first_most + MEAN_ROUNDING_KWH)",
           "charge_most = limit / 2", OPTIMUM),
    Mutant(FORMULATION, "(later, energy[later - 1], -1.0)", "(later, energy[later - 1], -0.99)", OPTIMUM),
    Mutant(FORMULATION, "rows.add(len(rounding), [(row, charge[shared], share)], 1.0 + rounding, rounding)",
           "rows.add(len(rounding), [(row, charge[shared], share)], 0.5 + rounding, rounding)", OPTIMUM),
    Mutant(FORMULATION, "p.values.unmet, 0.0, np.maximum", "0.5 * p.values.unmet, 0.0, np.maximum", OPTIMUM),
    Mutant(PROGRAM, "reduced * (self.high + self.ease)).sum()", "reduced * self.high).sum()", OPTIMUM),
    Mutant(PROGRAM, "return self.once.worth(reduced) - float(columns + rows)", "return -float(columns + rows)",
           OPTIMUM),
    Mutant(PROGRAM, "np.minimum(optimum.ineqlin.marginals, 0.0)", "0.5 * optimum.ineqlin.marginals", OPTIMUM),
    Mutant(KERNELS, "begin - soc >= added", "begin - soc >= 2.0 * added", ENGINES),
    Mutant(KERNELS, "given = power * efficiency * MINUTES / 60.0", "given = power / efficiency * MINUTES / 60.0",
           ENGINES),
    Mutant(KERNELS, "return np.ceil(energy * 100.0) / 100.0  #", "return np.floor(energy * 100.0) / 100.0  #",
           ENGINES),
    Mutant(KERNELS, "action = -action / total", "action = action / total", ENGINES),
    Mutant(BATTERY, "current / current_a, full_action[i]) * scale + 1e-6)",
           "current / current_a, full_action[i]) * scale + 0.5)", WORLD),
    Mutant(BATTERY, "max(np.floor(max(current, again) + 0.5) - 0.501, 0.0)", "max(current, again)", WORLD),
)  # fmt: skip


def is_found(mutant: Mutant, folder: Path) -> bool:
    """Whether a test fails once the fault is in; the file is as it was afterwards."""
    file = folder / mutant.file
    right = file.read_text("utf-8")
    if right.count(mutant.good) != 1:
        raise SystemExit(f"{mutant.file}: {mutant.good!r} stands there {right.count(mutant.good)} times")
    file.write_text(right.replace(mutant.good, mutant.bad), "utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", "0", *mutant.tests]
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder), "CI": "1"}, capture_output=True, check=False
    )
    file.write_text(right, "utf-8")
    if ended.returncode not in (0, 1):
        raise SystemExit(ended.stdout.decode()[-2000:])
    return ended.returncode == 1


def main() -> None:
    """Try them all, and print a line each."""
    unnoticed = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        for mutant in MUTANTS:
            began = time.monotonic()
            found = is_found(mutant, folder)
            unnoticed += not found
            print(
                f"{'found' if found else 'NOT FOUND':10}{time.monotonic() - began:6.1f} s  {mutant.file}: {mutant.bad}"
            )
            sys.stdout.flush()
    print(f"{len(MUTANTS) - unnoticed} of {len(MUTANTS)} found")
    raise SystemExit(1 if unnoticed else 0)


if __name__ == "__main__":
    main()
