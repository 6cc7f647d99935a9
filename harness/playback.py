"""How smoothly a day plays on the Stations page, in a browser.

`python -m harness.playback` prints it as JSON; `python -m core bench` runs it.
"""

from __future__ import annotations

import argparse
import json

from playwright.sync_api import Page, sync_playwright

from harness.browser import launch
from harness.server import running_app

SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"
"""The page when nothing is being computed."""

FASTEST = "4"

WATCH = """
head => new Promise(done => {
  const times = [];
  new MutationObserver(() => times.push(performance.now())).observe(head, { attributes: true });
  const look = () => times.length && performance.now() - times.at(-1) > 500 ? done(times) : setTimeout(look, 100);
  look();
})
"""
"""Times at which the line that runs through the day was moved [ms], when it has stood still for half a second."""


def play(page: Page) -> list[float]:
    """Play a day at its fastest, and tell when each frame was drawn [ms]; the page shows Stations."""
    player = page.locator(".player")
    player.locator(".speed").select_option(FASTEST)
    player.locator(".play").click()
    times: list[float] = player.locator(".head").evaluate(WATCH)
    return times


def frames_per_s(times: list[float]) -> float:
    """Mean over the whole of `times` [ms]."""
    return 1000 * (len(times) - 1) / (times[-1] - times[0])


def measure(stations: int = 25) -> dict[str, float]:
    """Frames a second while a day plays, and in the second that has fewest."""
    with running_app() as (address, _), sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.goto(f"{address}/stations?stations={stations}&lang=en", timeout=120_000)
        page.locator("[data-testid=stMain] h2").wait_for(timeout=120_000)
        page.wait_for_selector(SETTLED, timeout=120_000)
        times = play(page)
        browser.close()
    seconds = [sum(1 for time in times if 0 <= time - begin < 1000) for begin in times if begin <= times[-1] - 1000]
    return {"playback_fps": frames_per_s(times), "playback_worst_fps": float(min(seconds))}


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=25, help="charging stations (25)")
    print(json.dumps(measure(parser.parse_args().stations)))


if __name__ == "__main__":
    main()
