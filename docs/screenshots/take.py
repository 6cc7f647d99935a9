"""Screenshots of every page from the running app: wide and phone, light and dark, English and Korean.

`make screenshots` writes them beside this file; `python docs/screenshots/take.py explore` takes those of one page.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from harness.browser import launch  # noqa: E402 - run as a script, from anywhere
from harness.server import running_app  # noqa: E402
from pages.ui.frame import PAGES  # noqa: E402

MORE: dict[str, dict[str, str]] = {"explore": {"station": "4"}}
"""What else a page's address holds."""

WIDTHS = {"wide": 1280, "phone": 390}
SCHEMES = ("light", "dark")
LANGUAGES = ("en", "ko")
TALLEST_PX = 3600
LONGEST_S = 300
"""So long anything may take on a machine that does other work, too; studies run in the meantime."""

COLOURS = 256
"""Of a picture; more could not be told apart, and make files three times as large."""


def settle(page: Page) -> None:
    """Wait until the page has been computed and drawn, and until whatever runs in the background is done."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_function(
        "document.querySelectorAll('[data-testid=stProgress]').length === 0", timeout=3000 * LONGEST_S
    )
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_function("document.querySelectorAll('[data-testid=stSkeleton], [data-stale=true]').length === 0")
    page.wait_for_function(
        "[...document.querySelectorAll('[data-testid=stVegaLiteChart]')].every(x => x.querySelector('.marks'))"
    )
    page.evaluate("document.fonts.ready")


def take(browser: Browser, url: str, file: Path, *, width: int, scheme: str) -> None:
    """One page as a small PNG, as tall as the page up to `TALLEST_PX`."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(1000 * LONGEST_S)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("[data-testid=stMain] h2")
    settle(page)
    # A page may grow while it is drawn: look again until its height stays.
    seen = 0
    while seen != (height := page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")):
        seen = height
        page.set_viewport_size({"width": width, "height": min(height, TALLEST_PX)})
        page.wait_for_timeout(1500)  # sections that came near are asked for, and computed
        settle(page)
    page.screenshot(path=file, animations="disabled")
    context.close()
    with Image.open(file) as image:
        small = image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        small.save(file, optimize=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", default=list(PAGES), help="pages to take (all)")
    parser.add_argument("--into", type=Path, default=HERE, help="folder to write to")
    parser.add_argument("--query", default="", help="more of the address, such as stations=1&date=2022-01-22")
    asked = parser.parse_args()
    more = dict(part.split("=", 1) for part in asked.query.split("&") if part)
    asked.into.mkdir(parents=True, exist_ok=True)
    with running_app() as (address, _), sync_playwright() as playwright:
        browser = launch(playwright)
        for name in asked.pages:
            for shape, width in WIDTHS.items():
                for scheme in SCHEMES:
                    for language in LANGUAGES:
                        parts = [shape, scheme, language]
                        # The plain name is the README's picture.
                        plain = parts == ["wide", "light", "en"]
                        file = asked.into / (f"{name}.png" if plain else f"{name}-{'-'.join(parts)}.png")
                        query = {"lang": language, **MORE.get(name, {}), **more}
                        # The default page has no path.
                        path = "" if name == PAGES[0] else name
                        take(browser, f"{address}/{path}?{urlencode(query)}", file, width=width, scheme=scheme)
                        print(f"{file} {file.stat().st_size // 1024} kB")
        browser.close()


if __name__ == "__main__":
    main()
