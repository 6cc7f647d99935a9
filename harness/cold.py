"""A fresh machine: nothing compiled or cached beside what is shipped.

`python -m harness.cold` prints, as JSON, the seconds from `streamlit run` until Explore has sent its first chart, and
from opening Robustness on a second such server until it has sent its first.
"""

from __future__ import annotations

import json
import tempfile
import time

from harness.server import running_app
from harness.visitor import Visitor


def measure() -> dict[str, float]:
    """`cold_first_chart_s` and `cold_robustness_first_s`."""
    figures: dict[str, float] = {}
    for name, page in (("cold_first_chart_s", ""), ("cold_robustness_first_s", "robustness")):
        with tempfile.TemporaryDirectory() as empty:
            began = time.monotonic()
            with running_app(NUMBA_CACHE_DIR=empty) as (address, _):
                if page:
                    with Visitor(address) as first:  # whoever comes to this page comes by another, or waits for imports
                        first.begin(v=1, lang="en", agent="afap")
                        first.first_chart()
                    began = time.monotonic()
                with Visitor(address) as visitor:
                    visitor.begin(page, v=1, lang="en")
                    visitor.first_chart()
                    figures[name] = time.monotonic() - began
    return figures


if __name__ == "__main__":
    print(json.dumps(measure()))
