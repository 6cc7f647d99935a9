"""The largest site that may be asked for: how long it takes, and whether it holds anybody else up.

`python -m harness.largest` prints, as JSON, the seconds until Explore shows its first chart of the largest site under
plug-and-charge, a rule and a learned agent (what the optimum would bring comes later), and the median seconds in which
another visitor's slider answers on a site of the default size: alone, and while the first waits for `best`.
"""

from __future__ import annotations

import json
import statistics
from typing import Any

from harness.server import running_app
from harness.visitor import Visitor

LARGEST: dict[str, Any] = {"stations": 200, "ports_per_station": 4, "length_h": 48, "place": "public", "intensity": 100}
QUICK = ("afap", "cheapest", "ppo")
MOVES = 7


def _moves(visitor: Visitor, first: int) -> float:
    return statistics.median(visitor.move({"seed": seed}).seconds for seed in range(first, first + MOVES))


def measure() -> dict[str, float]:
    """Seconds by what was asked for."""
    figures: dict[str, float] = {}
    with running_app() as (address, _), Visitor(address) as other:
        other.open(lang="en", agent="cheapest")
        other.move({"seed": 1})
        for name in QUICK:
            with Visitor(address) as visitor:  # the server is warm: imports and kernels are there
                visitor.open(lang="en", agent=name, seed=99)
            with Visitor(address) as visitor:
                visitor.begin(lang="en", agent=name, **LARGEST)
                figures[f"largest_{name}_s"] = visitor.first_chart()
        figures["slider_alone_s"] = _moves(other, 100)
        with Visitor(address) as visitor:
            visitor.begin(lang="en", agent="best", **LARGEST)
            figures["slider_beside_best_s"] = _moves(other, 200)
    return figures


if __name__ == "__main__":
    print(json.dumps(measure()))
