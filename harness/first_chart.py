"""From `streamlit run` to the first chart in a browser, and the server's memory after that.

`python -m harness.first_chart` prints both as JSON; `python -m core bench` runs it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import psutil
from playwright.sync_api import sync_playwright

from harness.browser import launch
from harness.server import running_app

CHART = "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg"


def measure(repeats: int = 3) -> dict[str, float]:
    """Medians over some fresh servers and browsers: `first_chart_s`, and `rss_mb` of the server then."""
    times, memory = [], []
    for _ in range(repeats):
        with sync_playwright() as playwright:
            browser = launch(playwright)
            page = browser.new_page()
            started = time.perf_counter()
            with running_app() as (address, server):
                page.goto(address)
                page.wait_for_selector(CHART)
                times.append(time.perf_counter() - started)
                memory.append(psutil.Process(server.pid).memory_info().rss / 2**20)
            browser.close()
    return {"first_chart_s": statistics.median(times), "rss_mb": statistics.median(memory)}


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="fresh servers (3)")
    print(json.dumps(measure(parser.parse_args().repeats)))


if __name__ == "__main__":
    main()
