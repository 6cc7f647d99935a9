"""What a hand feels: from a key press on a slider to what changes on the screen, in a browser.

`python -m harness.felt` prints it as JSON; `python -m core bench` runs it. The same presses are timed on a page that
only repeats its slider in one chart (`harness.floor`): the least that Streamlit takes on this machine at that time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, Request, sync_playwright

from harness import browser
from harness.server import running_app

STILL_MS = 500
"""The page stands when nothing has moved for so long and nothing is being computed."""

WAIT_MS = 120_000

CHART = "[data-testid=stVegaLiteChart] svg"

WATCH = """
(() => {
  const felt = window.felt = { pressed: 0, cards: 0, moved: 0, ran: 0 }
  const now = () => performance.now()
  addEventListener("keydown", () => { felt.pressed = now(); felt.cards = felt.moved = felt.ran = 0 }, true)
  const inside = (node, what) => (node.nodeType === 1 ? node : node.parentElement)?.closest(what)
  new MutationObserver(records => {
    for (const record of records) {
      if (record.attributeName === "data-test-script-state") felt.ran = now()
      if (record.type === "attributes" && !inside(record.target, "svg.marks")) continue
      if (!felt.cards && inside(record.target, "[data-testid=stMetricValue]")) felt.cards = now()
      if (inside(record.target, "[data-testid=stMain]")) felt.moved = now()
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
})()
"""
"""Times [ms] of the last key press, of the first card that changed after it, of the last change of anything on the
page, and of the script's last beginning or end."""

STANDS = f"""
() => document.querySelector("[data-testid=stApp]").dataset.testScriptState === "notRunning"
  && (felt.moved || felt.ran) && performance.now() - Math.max(felt.moved, felt.ran) > {STILL_MS}
"""


@dataclass(frozen=True, slots=True)
class Felt:
    """One key press."""

    cards_ms: float | None
    """Until the first card had another value; None where none changed."""
    settled_ms: float
    """Until the last chart, table or text changed; where none did, until the script had run."""


def stands(page: Page) -> None:
    """Wait until nothing is computed or drawn any more."""
    page.wait_for_function(STANDS, polling=50, timeout=WAIT_MS)


def press(page: Page, key: str) -> Felt:
    """Press a key on what has the focus."""
    page.keyboard.press(key)
    stands(page)
    felt = page.evaluate("felt")
    cards = felt["cards"] - felt["pressed"] if felt["cards"] else None
    return Felt(cards, (felt["moved"] or felt["ran"]) - felt["pressed"])


def show(page: Page, address: str, *, unfold: str = "") -> None:
    """Open a page, unfold a group of its sidebar, and wait until it stands."""
    page.goto(address, timeout=WAIT_MS)
    page.locator(CHART).first.wait_for(timeout=WAIT_MS)
    page.evaluate("felt.ran = 1")
    stands(page)
    if unfold:
        browser.unfold(page, unfold)
        page.evaluate("felt.ran = performance.now()")
        stands(page)


def slide(page: Page, slider: str, presses: int, key: str) -> list[Felt]:
    """Press a key on a slider, again and again; the first two presses warm up and do not count."""
    page.locator(f"{slider} input[type=range]").first.focus()
    return [press(page, key) for _ in range(presses + 2)][2:]


def choose(page: Page, box: str, times: int) -> list[Felt]:
    """Choose the next option of a box, again and again, with the keyboard; the first choice does not count."""
    found = []
    for _ in range(times + 1):
        page.locator(f"{box} input").focus()
        page.keyboard.press("ArrowDown")  # opens the list, at the next one
        page.wait_for_timeout(300)
        found.append(press(page, "Enter"))
    return found[1:]


@contextmanager
def compressed(page: Page) -> Iterator[list[int]]:
    """What each file weighs where a proxy compresses them [bytes]; Streamlit itself sends its own as they are."""
    sizes: list[int] = []

    def look(request: Request) -> None:
        answer = request.response()
        if answer is not None and answer.ok:
            body = answer.body()
            sizes.append(min(len(body), len(gzip.compress(body, 6))))

    page.on("requestfinished", look)
    yield sizes
    page.remove_listener("requestfinished", look)


def visit(chromium: Browser, address: str) -> tuple[float, float, float]:
    """A first visit's weight until its page stands [MB], the same compressed, and a reload's time to a chart [s]."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    weight = browser.weigh(context.new_cdp_session(page))
    with compressed(page) as sizes:
        show(page, address)
    came, small = weight(), sum(sizes) / 1e6
    reloads = []
    for _ in range(3):
        page.reload(wait_until="commit")
        page.locator(CHART).first.wait_for(timeout=WAIT_MS)
        reloads.append(page.evaluate("performance.now()") / 1000)
        page.evaluate("felt.ran = 1")
        stands(page)
    context.close()
    return came, small, statistics.median(reloads)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def figures(floor: Sequence[Felt], felt: Sequence[Felt], name: str) -> dict[str, float]:
    """Medians and 95th percentiles of a page, and medians as multiples of the floor's."""
    out: dict[str, float] = {}
    for what in ("cards_ms", "settled_ms"):
        mine, least = ([v for one in some if (v := getattr(one, what)) is not None] for some in (felt, floor))
        if mine:
            key = f"felt_{name}_{what}".replace("_cards", "")
            out[key] = statistics.median(mine)
            out[key.replace("_ms", "_p95_ms")] = quantile(mine, 0.95)
            out[key.replace("_ms", "_vs_floor")] = statistics.median(mine) / statistics.median(least)
    return out


def measure(presses: int = 20) -> dict[str, float]:
    """All of it, in one run: the floor first, then the app's pages."""
    with sync_playwright() as playwright:
        chromium = browser.launch(playwright)

        def fresh() -> Page:
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            page.add_init_script(WATCH)
            return page

        with running_app(script="harness/floor.py") as (address, _):
            page = fresh()
            show(page, address)
            floor = slide(page, "[data-testid=stSlider]", presses, "ArrowRight")
            page.close()
            floor_mb, _, floor_reload_s = visit(chromium, address)
        with running_app() as (address, _):
            page = fresh()
            show(page, f"{address}/?v=1&lang=en&agent=a2c&v2g_price_factor=0.8", unfold="tariff")
            weights = slide(page, ".st-key-field-w_provider", presses // 2, "ArrowLeft")
            prices = slide(page, ".st-key-field-v2g_price_factor", presses // 2, "ArrowRight")
            agents = choose(page, ".st-key-agent", 6)
            page.close()
            page = fresh()
            show(page, f"{address}/compare?v=1&lang=en&v2g_price_factor=0.8", unfold="tariff")
            compare = slide(page, ".st-key-field-v2g_price_factor", presses // 2, "ArrowRight")
            page.close()
            first_mb, first_gzip_mb, reload_s = visit(chromium, f"{address}/?v=1&lang=en")
        chromium.close()
    return {
        **figures(floor, floor, "floor"),
        **figures(floor, [*weights, *prices], "explore"),
        **figures(floor, agents, "agent"),
        **figures(floor, compare, "compare"),
        "first_visit_mb": first_mb,
        "first_visit_gzip_mb": first_gzip_mb,
        "first_visit_floor_mb": floor_mb,
        "reload_s": reload_s,
        "reload_floor_s": floor_reload_s,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=20, help="key presses that count on each page (20)")
    print(json.dumps(measure(parser.parse_args().presses), indent=2))


if __name__ == "__main__":
    main()
