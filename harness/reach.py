"""What a visitor with a phone, a keyboard or a screen reader meets on each page, in a browser.

`python -m harness.reach` prints it as JSON: how far down a phone's page its finding and its first chart are [screens];
what of the page the Tab key does not reach; charts without words; and, of a first visit, what is moved over the network
and when anything is painted.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from core.paths import ROOT
from harness.browser import launch, weigh
from harness.server import running_app

PHONE: ViewportSize = {"width": 390, "height": 844}
WIDE: ViewportSize = {"width": 1280, "height": 900}

PAGES = tuple(sorted(path.stem for path in (ROOT / "pages/views").glob("[a-z]*.py")))

MOST_SCREENS = {"explore": 2.0}
"""Within so many screens of a phone the finding and the beginning of the first chart are; `USUAL_SCREENS` elsewhere."""

USUAL_SCREENS = 3.0

CHART = "[data-testid=stVegaLiteChart] .marks, .player, [data-testid=stMain] [data-testid=stImage] img"
"""The first chart of a page: Vega's, the day of Stations, or the picture of About."""

SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"

MORE = {"robustness": "&n=10&agents=afap,rr,best"}
"""What else a page's address holds: a study that is soon done."""

SHOWN_S = 180

CONTROLS = """
() => {
  const some = 'a[href], button, input, select, textarea, summary, [tabindex="0"], [role=slider], [role=combobox]'
  const seen = x => {
    const box = x.getBoundingClientRect(), look = getComputedStyle(x)
    return box.width > 2 && box.height > 2 && look.visibility !== 'hidden' && !x.disabled && !x.closest('[inert]')
  }
  const deep = root => [...root.querySelectorAll('*')].flatMap(x => x.shadowRoot ? [x, ...deep(x.shadowRoot)] : [x])
  const all = deep(document).filter(x => x.matches(some) && seen(x))
  all.forEach((x, i) => { x.dataset.control = i })
  // One Tab stop stands for a group whose members are reached by other keys: arrows, or Backspace in a box of chips.
  const box = '[data-testid=stSelectbox], [data-testid=stMultiSelect], [data-testid=stDateInput]'
  const group = x => x.closest(`[role=radiogroup], [role=toolbar], [role=tablist], [role=grid], .player .grid, ${box}`)
  return all.map((x, i) => {
    const inside = group(x), first = inside && all.findIndex(y => group(y) === inside)
    const words = [x.getAttribute('aria-label'), x.innerText, x.labels?.[0]?.innerText, x.title, x.type]
    const said = words.find(y => y) ?? ''
    return { i, group: inside ? first : i, name: `${x.tagName.toLowerCase()} ${said.trim().slice(0, 60)}` }
  })
}
"""
"""Every control that can be seen, those of components among them."""

FOCUSED = """
() => {
  let at = document.activeElement
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  return at === document.body ? 'nowhere' : at?.closest('[data-control]')?.dataset.control ?? null
}
"""
"""Which of them has the focus."""

NAMELESS = """
() => [...document.querySelectorAll('[data-testid=stVegaLiteChart]')]
  .filter(x => !(x.querySelector('[role=graphics-document], [role=img], svg[aria-label], [aria-label]')
    ?.getAttribute('aria-label') || '').trim())
  .length + [...document.querySelectorAll('[data-testid=stMain] img')].filter(x => !x.alt.trim()).length
"""
"""How many charts have no words for who does not see them."""


@dataclass(frozen=True, slots=True)
class Reached:
    """One page."""

    page: str
    finding_screens: float
    """End of the finding on a phone [screens]."""
    chart_screens: float
    """Beginning of the first chart on a phone [screens]."""
    chart_end_screens: float
    charts: int
    nameless_charts: int
    controls: int
    unreached: list[str]
    """Controls that Tab, and arrow keys within their group, do not reach."""
    first_paint_ms: float
    """First paint of a first visit, wide."""
    chart_ms: float
    """First chart of a first visit, wide."""
    moved_kb: float
    """What a first visit moves over the network until its charts stand."""


def settle(page: Page) -> None:
    """Wait until the page stands, whatever runs behind it."""
    page.locator("[data-testid=stMain] h2").first.wait_for(timeout=1000 * SHOWN_S)
    page.wait_for_selector(SETTLED, timeout=1000 * SHOWN_S)
    page.locator(CHART).filter(visible=True).first.wait_for(timeout=1000 * SHOWN_S)
    page.wait_for_function("!document.querySelector('[data-testid=stProgress]')", timeout=1000 * SHOWN_S)
    page.wait_for_selector(SETTLED, timeout=1000 * SHOWN_S)
    page.wait_for_timeout(300)


def on_a_phone(browser: Browser, url: str) -> tuple[float, float, float]:
    """Ends of the finding and the first chart, and where that begins [screens]; of a first visit, its tour shown."""
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = context.new_page()
    page.goto(url)
    settle(page)
    from_top = page.evaluate("-document.querySelector('[data-testid=stMain]').scrollTop")
    finding = page.locator("[data-testid=stMain] h2").first.bounding_box()
    chart = page.locator(CHART).filter(visible=True).first.bounding_box()
    context.close()
    assert finding is not None
    assert chart is not None
    ends = (finding["y"] + finding["height"], chart["y"], chart["y"] + chart["height"])
    first, second, third = ((end - from_top) / PHONE["height"] for end in ends)
    return first, second, third


def unreached(page: Page, most: int = 400) -> tuple[int, list[str]]:
    """How many controls there are, and which the Tab key does not come by."""
    controls = page.evaluate(CONTROLS)
    page.evaluate("document.activeElement?.blur()")
    came: set[int] = set()
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at == "nowhere":
            if came:
                break
            continue
        if at is not None:
            came.add(int(at))
    groups = {control["group"] for control in controls if control["i"] in came}
    return len(controls), [c["name"] for c in controls if c["i"] not in came and c["group"] not in groups]


def look(browser: Browser, address: str, name: str, language: str = "en") -> Reached:
    """One page, on a phone and wide."""
    path = "" if name == "explore" else name
    url = f"{address}/{path}?{urlencode({'lang': language})}{MORE.get(name, '')}"
    finding, chart, end = on_a_phone(browser, url)
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    weight = weigh(context.new_cdp_session(page))
    page.goto(url)
    page.locator(CHART).filter(visible=True).first.wait_for(timeout=1000 * SHOWN_S)
    chart_ms = page.evaluate("performance.now()")
    settle(page)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
    charts = page.locator("[data-testid=stVegaLiteChart]").count()
    kilobytes = 1000 * weight()
    nameless = page.evaluate(NAMELESS)
    controls, missed = unreached(page)
    context.close()
    return Reached(
        page=name, finding_screens=round(finding, 2), chart_screens=round(chart, 2), chart_end_screens=round(end, 2),
        charts=charts, nameless_charts=nameless, controls=controls, unreached=missed,
        first_paint_ms=round(paint), chart_ms=round(chart_ms), moved_kb=round(kilobytes),
    )  # fmt: skip


def problems(found: Reached) -> list[str]:
    """What is wrong with a page, in words; nothing where all is as it should be."""
    most = MOST_SCREENS.get(found.page, USUAL_SCREENS)
    said = []
    if max(found.finding_screens, found.chart_screens) > most:
        said.append(f"{found.page}: its finding or first chart is more than {most:g} screens down a phone")
    if found.nameless_charts:
        said.append(f"{found.page}: {found.nameless_charts} charts have no words")
    said += [f"{found.page}: Tab does not reach {name}" for name in found.unreached]
    return said


def main() -> None:
    """Print every page; exit code 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", default=list(PAGES), help="pages to look at (all)")
    parser.add_argument("--lang", default="en", help="language (en)")
    asked = parser.parse_args()
    wrong = []
    with running_app() as (address, _), sync_playwright() as playwright:
        browser = launch(playwright)
        for name in asked.pages:
            found = look(browser, address, name, asked.lang)
            print(json.dumps(asdict(found), ensure_ascii=False), flush=True)
            wrong += problems(found)
        browser.close()
    for problem in wrong:
        print(problem)
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
