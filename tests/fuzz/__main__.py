"""`python -m tests.fuzz`: bad input in numbers, with what it took. `make fuzz` runs it."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time

from tests.fuzz.doors import DOORS
from tests.fuzz.drive import MOST_MB, MOST_S, hypothesis_cases, limited, mutated


def main() -> int:
    """Run all doors or those named; one line for each, then what failed; 1 where anything did."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000, help="in all (100,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (1)")
    parser.add_argument("--only", choices=list(DOORS), action="append", help="one door; may be repeated")
    options = parser.parse_args()
    names = options.only or list(DOORS)
    shares = {name: DOORS[name].share for name in names}
    failed = False
    total = 0
    print(f"{'door':16}{'cases':>9}{'taken':>9}{'refused':>9}{'longest':>10}{'memory':>10}{'faults':>8}")
    with limited():
        for name in names:
            door = DOORS[name]
            n = -(-options.cases * shares[name] // sum(shares.values()))
            started = time.perf_counter()
            told = mutated(door, n - n // 8, options.seed)
            told += hypothesis_cases(door, n // 8)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            faults = [*told.faults]
            if peak > MOST_MB:
                faults.append((b"", f"memory rose to {peak:.0f} MB; at most {MOST_MB} MB"))
            print(
                f"{name:16}{told.cases:9,}{told.taken:9,}{told.refused:9,}{told.longest_s:8.2f} s{peak:7.0f} MB"
                f"{len(faults):8}   ({time.perf_counter() - started:.0f} s)",
                flush=True,
            )
            total += told.cases
            for case, what in faults[:10]:
                print(f"  {what}\n    {json.dumps(case.decode('latin-1'))[:400]}", file=sys.stderr)
            failed |= bool(faults)
    print(f"{total:,} cases; none may take {MOST_S} s of processor time or bring the process above {MOST_MB} MB")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
